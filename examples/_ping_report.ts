/**
 * What ping says: a line for each answer, and the summary, in iputils' words.
 *
 * @module
 */
import type { PingResult } from "@octet/internet";
import { Ipv4Options, Ipv4OptionType } from "@octet/ipv4";
import { formatIpv4 } from "@octet/netip";
import { readU32 } from "@octet/wire";
import type { PingSettings } from "./_ping_options.ts";

/** Length of the IP and ICMP headers, in bytes. */
const headers = 28;

/** What was counted, and what is said of it. */
export class PingReport {
  /** How many requests were sent. */
  transmitted = 0;
  /** How many were answered. */
  received = 0;
  /** How many answers came once more. */
  duplicates = 0;
  /** How many errors were reported. */
  errors = 0;
  /** The longest round trip, in milliseconds. */
  longest = 0;
  /** The addresses of this host: an error of theirs is a local one. */
  readonly ownAddresses: readonly string[];
  readonly #settings: PingSettings;
  readonly #address: string;
  readonly #results: PingResult[] = [];
  #shortest = Infinity;
  #sum = 0;
  #squares = 0;
  /** The round-trip time with a weight of an eighth for the latest (RFC 793's smoothing, as iputils has it). */
  #smoothed = 0;
  /** How many requests were on their way at once, at most. */
  #pipe = 0;
  #lastOptions = "";

  /** Begins a report on a host. */
  constructor(settings: PingSettings, address: string, ownAddresses: readonly string[]) {
    this.ownAddresses = ownAddresses;
    this.#settings = settings;
    this.#address = address;
  }

  /** The first line. */
  get head(): string {
    const { target, size, options } = this.#settings;
    const total = size + headers + (options?.length ?? 0);
    return `PING ${target} (${this.#address}) ${size}(${total}) bytes of data.`;
  }

  /** Counts what has come back; gives the line about it. */
  add(result: PingResult): string {
    if (this.#settings.link.json && !this.#settings.quiet) this.#results.push(result);
    if (result.kind === "error") {
      this.errors++;
      this.#countPipe(result.sequence);
      if (result.type === 3 && result.code === 4 && this.ownAddresses.includes(result.address)) {
        return `ping: local error: message too long, mtu=${result.info & 0xffff}`;
      }
      return `From ${result.address} icmp_seq=${result.sequence} ${describeError(result)}`;
    }
    if (result.isDuplicate) this.duplicates++;
    else this.received++;
    this.#countPipe(result.sequence);
    const { time } = result;
    this.#smoothed = this.#sum === 0 ? time : this.#smoothed + (time - this.#smoothed) / 8;
    this.#shortest = Math.min(this.#shortest, time);
    this.longest = Math.max(this.longest, time);
    this.#sum += time;
    this.#squares += time * time;
    const { target } = this.#settings;
    const from = target === result.address ? target : `${target} (${result.address})`;
    return `${result.size + 8} bytes from ${from}: icmp_seq=${result.sequence} ttl=${result.ttl} ` +
      `time=${shortTime(time)} ms${result.isDuplicate ? " (DUP!)" : ""}${
        this.#options(result.options)
      }`;
  }

  /** What routers wrote down; not again when it is what it was. */
  #options(bytes: Uint8Array): string {
    const text = describeOptions(bytes);
    if (text === "") return "";
    const isSame = text === this.#lastOptions;
    this.#lastOptions = text;
    return isSame && text.startsWith("\nRR:") ? "\t(same route)" : `${text}\n`;
  }

  #countPipe(sequence: number): void {
    const ahead = (this.transmitted - sequence) & 0xffff;
    if (ahead < 0x8000) this.#pipe = Math.max(this.#pipe, ahead + 1);
  }

  /** The lines at the end, the last of which may be empty; `elapsed` in milliseconds, until the last request. */
  summary(elapsed: number): string[] {
    const { transmitted, received } = this;
    const parts = [`${transmitted} packets transmitted`, `${received} received`];
    if (this.duplicates > 0) parts.push(`+${this.duplicates} duplicates`);
    if (this.errors > 0) parts.push(`+${this.errors} errors`);
    parts.push(
      `${Number(this.#loss.toPrecision(6))}% packet loss`,
      `time ${Math.round(elapsed)}ms`,
    );
    const lines = ["", `--- ${this.#settings.target} ping statistics ---`, parts.join(", ")];
    const figures: string[] = [];
    if (received > 0) {
      const { min, avg, max, mdev } = this.#times;
      const times = [min, avg, max, mdev].map((time) => time.toFixed(3)).join("/");
      figures.push(`rtt min/avg/max/mdev = ${times} ms`);
    }
    if (this.#pipe > 1) figures.push(`pipe ${this.#pipe}`);
    if (received > 0 && this.#settings.flood && transmitted > 1) {
      const gap = elapsed / (transmitted - 1);
      figures.push(`ipg/ewma ${gap.toFixed(3)}/${this.#smoothed.toFixed(3)} ms`);
    }
    lines.push(figures.join(", "));
    return lines;
  }

  /** All of it, for machines. */
  toJson(elapsed: number): Record<string, unknown> {
    const { target, size } = this.#settings;
    const { transmitted, received, duplicates, errors } = this;
    return {
      target,
      address: this.#address,
      size,
      transmitted,
      received,
      duplicates,
      errors,
      loss: this.#loss,
      time: elapsed,
      ...(received > 0 && { rtt: this.#times }),
      ...(!this.#settings.quiet && {
        results: this.#results.map(({ options: _options, info: _info, ...rest }) => rest),
      }),
    };
  }

  get #loss(): number {
    return this.transmitted === 0 ? 0 : 100 * (1 - this.received / this.transmitted);
  }

  get #times(): { min: number; avg: number; max: number; mdev: number } {
    const count = this.received + this.duplicates;
    const avg = this.#sum / count;
    const mdev = Math.sqrt(Math.max(0, this.#squares / count - avg * avg));
    return { min: this.#shortest, avg, max: this.longest, mdev };
  }
}

/** Three digits at least, as iputils has it. */
function shortTime(time: number): string {
  return time.toFixed(time >= 100 ? 0 : time >= 10 ? 1 : time >= 1 ? 2 : 3);
}

const unreachable: readonly string[] = [
  "Destination Net Unreachable",
  "Destination Host Unreachable",
  "Destination Protocol Unreachable",
  "Destination Port Unreachable",
  "Frag needed and DF set",
  "Source Route Failed",
  "Destination Net Unknown",
  "Destination Host Unknown",
  "Source Host Isolated",
  "Destination Net Prohibited",
  "Destination Host Prohibited",
  "Destination Net Unreachable for Type of Service",
  "Destination Host Unreachable for Type of Service",
  "Packet filtered",
  "Precedence Violation",
  "Precedence Cutoff",
];

function describeError({ type, code, info }: PingResult): string {
  switch (type) {
    case 3:
      if (code === 4) return `${unreachable[4]} (mtu = ${info & 0xffff})`;
      return unreachable[code] ?? `Dest Unreachable, Bad Code: ${code}`;
    case 4:
      return "Source Quench";
    case 5:
      return "Redirect";
    case 11:
      return code === 0
        ? "Time to live exceeded"
        : code === 1
        ? "Frag reassembly time exceeded"
        : `Time exceeded, Bad Code: ${code}`;
    case 12:
      return `Parameter problem: pointer = ${info >>> 24}`;
    default:
      return `Bad ICMP type: ${type}`;
  }
}

/** The way, or the times, that routers wrote down. */
function describeOptions(bytes: Uint8Array): string {
  if (bytes.length === 0) return "";
  const options = new Ipv4Options();
  options.reset(bytes, 0, bytes.length);
  let text = "";
  while (options.next()) {
    const first = options.dataOffset + 1;
    const end = Math.min(options.dataOffset - 2 + bytes[options.dataOffset]! - 1, options.dataEnd);
    if (options.type === Ipv4OptionType.RecordRoute) {
      for (let at = first; at + 4 <= end; at += 4) {
        text += `${at === first ? "\nRR: \t" : "\n\t"}${formatIpv4(readU32(bytes, at))}`;
      }
    } else if (options.type === Ipv4OptionType.Timestamp) {
      text += describeStamps(bytes, first, end);
    }
  }
  return text;
}

function describeStamps(bytes: Uint8Array, first: number, end: number): string {
  const flag = bytes[first]! & 0x0f;
  const size = flag === 0 ? 4 : 8;
  let text = "";
  let before = 0;
  for (let at = first + 1; at + size <= end; at += size) {
    const stamp = readU32(bytes, at + size - 4);
    const address = flag === 0 ? "" : `${formatIpv4(readU32(bytes, at))}\t`;
    const isFirst = at === first + 1;
    text += isFirst ? "\nTS: \t" : "\n\t";
    text += address + (isFirst ? `${stamp} absolute` : `${stamp - before}`);
    before = stamp;
  }
  const unrecorded = bytes[first]! >>> 4;
  return unrecorded === 0 ? text : `${text}\nUnrecorded hops: ${unrecorded}`;
}

/**
 * iperf's report for people, in iperf3's columns.
 *
 * @module
 */
import type { TestSettings } from "./_iperf_options.ts";
import type { Results, StreamResult } from "./_iperf_protocol.ts";
import type { Interval, StreamInterval, TestRun } from "./_iperf_run.ts";
import type { DataStream } from "./_iperf_stream.ts";

/** A number with a unit, three digits wide: ` 411 M`, `3.44 G`. */
function scaledTo(value: number, base: 1000 | 1024, unit: string): string {
  const prefixes = ["", "K", "M", "G", "T"];
  let power = 0;
  let scaled = value;
  while (scaled >= base && power < prefixes.length - 1) {
    scaled /= base;
    power++;
  }
  const digits = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
  const text = Number.isInteger(scaled) && power === 0 ? String(scaled) : scaled.toFixed(digits);
  return `${text.padStart(4)} ${prefixes[power]}${unit}`;
}

const bytesText = (bytes: number) => scaledTo(bytes, 1024, "Bytes");
const rateText = (bytes: number, seconds: number) =>
  `${scaledTo(seconds > 0 ? bytes * 8 / seconds : 0, 1000, "bits")}/sec`;

const rule = "- ".repeat(25).trimEnd();

/** Writes lines about a test. */
export class TextReport {
  readonly #settings: TestSettings;
  readonly #isServer: boolean;
  readonly #print: (line: string) => void;
  #hasHead = false;

  /** Prepares to write about a test. */
  constructor(settings: TestSettings, isServer: boolean, print: (line: string) => void) {
    this.#settings = settings;
    this.#isServer = isServer;
    this.#print = print;
  }

  /** The streams, when all are there. */
  connected(streams: readonly DataStream[]): void {
    for (const { socket, local, remote } of streams) {
      this.#print(
        `[${String(socket).padStart(3)}] local ${local.hostname} port ${local.port} connected to ` +
          `${remote.hostname} port ${remote.port}`,
      );
    }
  }

  /** One interval, a line a stream, and their sum. */
  interval(interval: Interval): void {
    const { start, end, streams, omitted } = interval;
    if (!this.#hasHead) this.#print(this.#head("interval", streams.some((one) => one.sender)));
    this.#hasHead = true;
    for (const isSender of this.#directions()) {
      const members = streams.filter((one) => one.stream.isSender === isSender);
      for (const one of members) {
        this.#line(String(one.stream.socket), isSender, start, end, one.bytes, [
          this.#intervalColumns(one),
          omitted ? "(omitted)" : "",
        ]);
      }
      if (members.length < 2) continue;
      const sum = members.reduce((a, b) => ({ ...add(a, b), stream: a.stream, sender: null }));
      this.#line("SUM", isSender, start, end, sum.bytes, [this.#intervalColumns(sum)]);
    }
    if (streams.length > 1) this.#print(rule);
  }

  /** What came of it: on both sides where the peer's results are known. */
  summary(run: TestRun, theirs: Results | null): void {
    if (run.streams.length === 1) this.#print(rule);
    const { udp } = this.#settings;
    this.#print(this.#head("summary", !udp && run.streams.some((one) => one.isSender)));
    const remote = new Map(theirs?.streams.map((one) => [one.id, one]));
    const ours = new Map(run.results().streams.map((one) => [one.id, one]));
    for (const isSender of this.#directions()) {
      const streams = run.streams.filter((one) => one.isSender === isSender);
      const sides = streams.map(({ id }) =>
        isSender ? [ours.get(id), remote.get(id)] : [remote.get(id), ours.get(id)]
      );
      for (const [i, { socket }] of streams.entries()) {
        this.#ends(String(socket), isSender, run.seconds, sides[i]!);
      }
      if (streams.length < 2) continue;
      this.#ends("SUM", isSender, run.seconds, [
        total(sides.map(([sent]) => sent)),
        total(sides.map(([, received]) => received)),
      ]);
    }
  }

  #ends(
    name: string,
    isSender: boolean,
    seconds: number,
    [sent, received]: readonly (StreamResult | undefined)[],
  ): void {
    for (const [one, end] of [[sent, "sender"], [received, "receiver"]] as const) {
      if (one === undefined) continue;
      const time = one.end_time > 0 ? one.end_time : seconds;
      const columns = this.#settings.udp
        ? datagramColumns(end === "sender" ? 0 : one.jitter, received?.errors ?? 0, one.packets)
        : end === "sender" && one.retransmits >= 0
        ? String(one.retransmits).padStart(3)
        : "";
      this.#line(name, isSender, 0, time, one.bytes, [columns.padEnd(16), end]);
    }
  }

  #line(
    name: string,
    isSender: boolean,
    start: number,
    end: number,
    bytes: number,
    columns: readonly string[],
  ): void {
    const span = `${start.toFixed(2).padStart(6)}-${end.toFixed(2).padEnd(6)} sec`;
    const amount = `${bytesText(bytes)}  ${rateText(bytes, end - start)}`;
    this.#print(
      `[${name.padStart(3)}]${this.#role(isSender)} ${span}  ${amount}  ${columns.join("  ")}`
        .trimEnd(),
    );
  }

  #intervalColumns(one: StreamInterval): string {
    if (this.#settings.udp) {
      return one.stream.isSender
        ? String(one.packets)
        : datagramColumns(one.jitter, one.lost, one.packets);
    }
    if (!one.stream.isSender) return "";
    const cwnd = one.sender === null ? "" : `  ${bytesText(one.sender.cwnd)}`;
    return `${String(one.retransmits).padStart(3)} ${cwnd}`;
  }

  #head(of: "interval" | "summary", hasRetransmits: boolean): string {
    const role = this.#settings.direction === "bidirectional" ? "[Role]" : "";
    const isSending = this.#directions().includes(true);
    const columns = !this.#settings.udp
      ? hasRetransmits ? `Retr${of === "interval" ? "  Cwnd" : ""}` : ""
      : of === "interval" && isSending
      ? "Total Datagrams"
      : "Jitter    Lost/Total Datagrams";
    return `[ ID]${role} Interval           Transfer     Bitrate         ${columns}`.trimEnd();
  }

  #role(isSender: boolean): string {
    if (this.#settings.direction !== "bidirectional") return "";
    return `[${isSender ? "TX" : "RX"}-${this.#isServer ? "S" : "C"}]`;
  }

  /** Whether this side's streams send, the client's direction first. */
  #directions(): boolean[] {
    const { direction } = this.#settings;
    if (direction === "bidirectional") return this.#isServer ? [false, true] : [true, false];
    return [(direction === "forward") !== this.#isServer];
  }
}

function datagramColumns(jitter: number, lost: number, packets: number): string {
  const percent = packets === 0 ? 0 : Number((100 * lost / packets).toPrecision(2));
  return `${(jitter * 1000).toFixed(3)} ms  ${lost}/${packets} (${percent}%)`;
}

function add(a: StreamInterval, b: StreamInterval): Omit<StreamInterval, "stream" | "sender"> {
  return {
    bytes: a.bytes + b.bytes,
    packets: a.packets + b.packets,
    lost: a.lost + b.lost,
    jitter: (a.jitter + b.jitter) / 2,
    retransmits: a.retransmits + b.retransmits,
  };
}

function total(results: readonly (StreamResult | undefined)[]): StreamResult | undefined {
  const known = results.filter((one) => one !== undefined);
  if (known.length === 0) return undefined;
  const sum = (of: (one: StreamResult) => number) => known.reduce((all, one) => all + of(one), 0);
  return {
    id: 0,
    bytes: sum((one) => one.bytes),
    retransmits: known.some((one) => one.retransmits < 0) ? -1 : sum((one) => one.retransmits),
    jitter: sum((one) => one.jitter) / known.length,
    errors: sum((one) => one.errors),
    packets: sum((one) => one.packets),
    start_time: 0,
    end_time: Math.max(...known.map((one) => one.end_time)),
  };
}

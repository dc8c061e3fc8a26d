/**
 * Prints packets that were taken apart: one line each, a layer after another, fields named.
 *
 * @module
 */
import { recordTypeName } from "@octet/dns";
import type { MacAddress } from "@octet/netip";
import { equalIpv6, writeIpv6 } from "@octet/netip/ipv6-bytes";
import { readI32, readU16, readU32, type Verdict, verdictName } from "@octet/wire";
import { ascii, LineWriter } from "./_line_writer.ts";
import { dhcpMessageTypeName, icmpTypeName } from "./_names.ts";
import { Direction } from "./capture_format.ts";
import { type Dissection, readBits } from "./dissection.ts";
import {
  FieldClass,
  fieldClass,
  fieldCount,
  FieldFormat,
  fieldFormat,
  fieldName,
  Protocol,
  protocolName,
} from "./field_table.ts";

/** Whose addresses are printed as `us`. */
export interface Us {
  /** The MAC address of this host. */
  readonly mac?: MacAddress;
  /** The IP addresses of this host: IPv4 as numbers in host order, IPv6 as `bigint`s. 0 is left out. */
  readonly addresses?: readonly (number | bigint)[];
}

/** How much is printed, and how. */
export interface FormatterOptions {
  /** Whether every field is printed, not only those that tell one packet from another. */
  verbose?: boolean;
  /** Whose addresses are printed as `us`. */
  us?: Us;
  /** What stands between two layers; ` | ` when left out. ASCII. */
  layerSeparator?: string;
}

/** The classes of fields that a line shows. */
const lineClasses: readonly FieldClass[] = [
  FieldClass.Source,
  FieldClass.Destination,
  FieldClass.Operation,
  FieldClass.Flags,
  FieldClass.Exchange,
  FieldClass.Address,
  FieldClass.Timestamp,
  FieldClass.Name,
];

/** Texts from the network are cut at this many bytes in a line. */
const longestText = 80;

const labels = Array.from({ length: fieldCount }, (_, id) => ascii(`; ${fieldName(id)}=`));
const formats = Uint8Array.from(labels, (_, id) => fieldFormat(id));
const inLine = Uint8Array.from(labels, (_, id) => lineClasses.includes(fieldClass(id)) ? 1 : 0);
const layerNames = Object.values(Protocol).map((protocol) => ascii(protocolName(protocol)));
const layerLengths = Object.values(Protocol).map((protocol) =>
  ascii(`${protocolName(protocol)} len=`)
);
const directions = ["---", "IN ", "OUT"].map((text) => ascii(`${text} `));
const flagNames = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"].map(ascii);
const usText = ascii("us");
const ellipsis = ascii("...");
const malformed = ascii("; malformed: ");
const malformedLayer = ascii(" malformed: ");

/** Seconds from 1900 to 1970. */
const ntpOffset = 2_208_988_800;

/**
 * Prints packets that a {@linkcode Dissector} took apart, into a buffer that is used again.
 *
 * @example
 * ```ts
 * import { Direction, Dissector, Formatter } from "@octet/pcap";
 * import { assertEquals } from "@std/assert";
 *
 * const frame = new Uint8Array(16);
 * frame.set([0x88, 0xcc], 12);
 * const dissector = new Dissector();
 * dissector.dissect(frame, 0, frame.length);
 * assertEquals(
 *   new Formatter().format(dissector.packet, Direction.In),
 *   "IN   16 [Ethernet len=14; destination=00:00:00:00:00:00; source=00:00:00:00:00:00 | payload? len=2; protocol=0x88cc]",
 * );
 * ```
 */
export class Formatter {
  readonly #line: LineWriter = new LineWriter();
  readonly #verbose: boolean;
  readonly #separator: Uint8Array;
  #macHigh = -1;
  #macLow = 0;
  #ipv4: number[] = [];
  #ipv6: Uint8Array[] = [];

  /**
   * Says how lines look.
   *
   * @param options What is to be printed.
   */
  constructor(options: FormatterOptions = {}) {
    this.#verbose = options.verbose ?? false;
    this.#separator = ascii(options.layerSeparator ?? " | ");
    if (options.us !== undefined) this.setUs(options.us);
  }

  /** The buffer: what {@linkcode Formatter.write} wrote stands at its beginning. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#line.bytes;
  }

  /**
   * Says whose addresses are printed as `us` from now on.
   *
   * @param us The addresses; those left out are forgotten.
   */
  setUs(us: Us): void {
    const mac = us.mac?.toNumber();
    this.#macHigh = mac === undefined ? -1 : Math.floor(mac / 0x1_0000_0000);
    this.#macLow = mac === undefined ? 0 : mac | 0;
    this.#ipv4 = [];
    this.#ipv6 = [];
    for (const address of us.addresses ?? []) {
      if (typeof address === "bigint") {
        if (address === 0n) continue;
        const bytes = new Uint8Array(16);
        writeIpv6(bytes, 0, address);
        this.#ipv6.push(bytes);
      } else if (address !== 0) this.#ipv4.push(address | 0);
    }
  }

  /**
   * Prints a packet as a string.
   *
   * @param packet What was taken apart; its bytes must still be there.
   * @param direction Which way it went.
   * @returns One line, without an end of line.
   */
  format(packet: Dissection, direction: Direction = Direction.Unknown): string {
    this.write(packet, direction);
    return this.#line.toString();
  }

  /**
   * Prints a packet into {@linkcode Formatter.bytes}.
   *
   * @param packet What was taken apart; its bytes must still be there.
   * @param direction Which way it went.
   * @returns How many bytes of ASCII text were written, without an end of line.
   */
  write(packet: Dissection, direction: Direction = Direction.Unknown): number {
    const line = this.#line;
    line.length = 0;
    line.put(directions[direction] ?? directions[0]!);
    line.decimal(packet.end - packet.offset, 3);
    line.byte(0x20);
    line.byte(0x5b);
    for (let layer = 0; layer < packet.layerCount; layer++) {
      if (layer > 0) line.put(this.#separator);
      this.#layer(packet, layer);
    }
    if (packet.isCut) line.put(ellipsis);
    line.byte(0x5d);
    return line.length;
  }

  /**
   * Prints the value of one field.
   *
   * @param packet What was taken apart; its bytes must still be there.
   * @param index The field's index in the packet.
   * @returns The value as in a line, without the field's name.
   * @throws {RangeError} When the packet has no field of that index.
   */
  formatField(packet: Dissection, index: number): string {
    if (!(index >= 0 && index < packet.fieldCount)) {
      throw new RangeError(
        `Cannot print field ${index} as the packet has ${packet.fieldCount} fields`,
      );
    }
    let layer = 0;
    while (packet.layerFields[layer + 1]! <= index) layer++;
    this.#line.length = 0;
    this.#value(packet, layer, index, formats[packet.fieldId(index)] as FieldFormat);
    return this.#line.toString();
  }

  #layer(packet: Dissection, layer: number): void {
    const line = this.#line;
    const protocol = packet.layerProtocols[layer]!;
    const verdict = packet.layerVerdicts[layer] as Verdict;
    const last = packet.layerFields[layer + 1]!;
    let index = packet.layerFields[layer]!;
    // A layer without length is one whose header did not validate.
    const isWhole = packet.layerLengths[layer] !== 0;
    if (isWhole) {
      line.put(layerLengths[protocol]!);
      line.decimal(packet.layerLengths[layer]!);
    } else line.put(layerNames[protocol]!);
    for (; index < last; index++) {
      const id = packet.fieldId(index);
      if (!this.#verbose && inLine[id] === 0) continue;
      line.put(labels[id]!);
      this.#value(packet, layer, index, formats[id] as FieldFormat);
    }
    if (verdict !== 0) {
      line.put(isWhole ? malformed : malformedLayer);
      line.text(verdictName(verdict));
    }
  }

  #value(packet: Dissection, layer: number, index: number, format: FieldFormat): void {
    const line = this.#line;
    const bytes = packet.bytes;
    const bits = packet.fieldLength(index);
    const at = packet.offset + (packet.fieldOffset(index) >>> 3);
    const end = at + (bits >>> 3);
    switch (format) {
      case FieldFormat.Decimal:
        line.decimal(bits === 16 ? readU16(bytes, at) : packet.number(index));
        return;
      case FieldFormat.Signed: {
        const value = bytes[at]! << 24 >> 24;
        if (value < 0) line.byte(0x2d);
        line.decimal(Math.abs(value));
        return;
      }
      case FieldFormat.Hex:
        this.#hex(packet, index, at, end, bits);
        return;
      case FieldFormat.Mac:
        if (readU16(bytes, at) === this.#macHigh && readI32(bytes, at + 2) === this.#macLow) {
          line.put(usText);
        } else line.mac(bytes, at);
        return;
      case FieldFormat.Ipv4:
        for (let next = at; next + 4 <= end; next += 4) {
          if (next > at) line.byte(0x2c);
          if (this.#ipv4.includes(readI32(bytes, next))) line.put(usText);
          else line.ipv4(bytes, next);
        }
        return;
      case FieldFormat.Ipv6:
        if (this.#isOurIpv6(bytes, at)) line.put(usText);
        else line.ipv6(bytes, at);
        return;
      case FieldFormat.TcpFlags:
        this.#tcpFlags(readU16(bytes, at) & 0x1ff);
        return;
      case FieldFormat.NtpTime:
        this.#ntpTime(readU32(bytes, at), readU32(bytes, at + 4));
        return;
      case FieldFormat.Text:
        this.#text(bytes, at, end);
        return;
      case FieldFormat.DnsName:
        this.#dnsName(bytes, packet.offset + packet.layerOffsets[layer]!, at);
        return;
      case FieldFormat.DnsType:
        line.text(recordTypeName(readU16(bytes, at)));
        return;
      case FieldFormat.DhcpType:
        line.text(dhcpMessageTypeName(bytes[at]!));
        return;
      case FieldFormat.IcmpType:
        line.text(icmpTypeName(bytes[at]!));
        return;
    }
  }

  #isOurIpv6(bytes: Uint8Array, at: number): boolean {
    for (const address of this.#ipv6) if (equalIpv6(bytes, at, address, 0)) return true;
    return false;
  }

  #hex(packet: Dissection, index: number, at: number, end: number, bits: number): void {
    const line = this.#line;
    line.byte(0x30);
    line.byte(0x78);
    if (bits === 16) line.hex(readU16(packet.bytes, at), 4);
    else if (bits <= 32) {
      const offset = packet.offset * 8 + packet.fieldOffset(index);
      line.hex(readBits(packet.bytes, offset, bits), (bits + 3) >>> 2);
    } else for (; at < end; at++) line.hex(packet.bytes[at]!, 2);
  }

  #tcpFlags(flags: number): void {
    const line = this.#line;
    let isFirst = true;
    for (let i = 0; flags >>> i !== 0; i++) {
      if ((flags >>> i & 1) === 0) continue;
      if (!isFirst) line.byte(0x2c);
      line.put(flagNames[i]!);
      isFirst = false;
    }
    if (isFirst) line.byte(0x30);
  }

  /** The date by counting in eras of 400 years that begin in March, after Hinnant's `civil_from_days`. */
  #ntpTime(seconds: number, fraction: number): void {
    const line = this.#line;
    // RFC 4330 §3: with the top bit set it is a year from 1968 to 2036, else one from 2036 on. All zero
    // means unknown and is printed as the epoch.
    const isLater = seconds < 0x8000_0000 && (seconds !== 0 || fraction !== 0);
    const unix = seconds - ntpOffset + (isLater ? 0x1_0000_0000 : 0);
    const days = Math.floor(unix / 86_400);
    const second = unix - days * 86_400;
    const shifted = days + 719_468;
    const era = Math.floor(shifted / 146_097);
    const dayOfEra = shifted - era * 146_097;
    const yearOfEra = Math.floor(
      (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) -
        Math.floor(dayOfEra / 146_096)) / 365,
    );
    const dayOfYear = dayOfEra -
      (365 * yearOfEra + (yearOfEra >>> 2) - Math.floor(yearOfEra / 100));
    const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
    const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
    line.decimal(yearOfEra + era * 400 + (month <= 2 ? 1 : 0));
    line.byte(0x2d);
    line.two(month);
    line.byte(0x2d);
    line.two(dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1);
    line.byte(0x54);
    line.two(Math.floor(second / 3600));
    line.byte(0x3a);
    line.two(Math.floor(second / 60) % 60);
    line.byte(0x3a);
    line.two(second % 60);
    const parts = Math.floor(fraction * 10_000 / 0x1_0000_0000);
    if (parts === 0) return;
    line.byte(0x2e);
    line.two(Math.floor(parts / 100));
    line.two(parts % 100);
    while (line.bytes[line.length - 1] === 0x30) line.length--;
  }

  #text(bytes: Uint8Array, at: number, end: number): void {
    const line = this.#line;
    const stop = this.#verbose ? end : Math.min(end, at + longestText);
    line.byte(0x22);
    for (; at < stop; at++) line.escaped(bytes[at]!, 0x22);
    line.byte(0x22);
    if (stop < end) line.put(ellipsis);
  }

  /** A name that has been checked: pointers lead backward only. */
  #dnsName(bytes: Uint8Array, start: number, at: number): void {
    const line = this.#line;
    let isFirst = true;
    for (;;) {
      while (bytes[at]! >= 0xc0) at = start + ((bytes[at]! & 0x3f) << 8 | bytes[at + 1]!);
      const size = bytes[at]!;
      if (size === 0) break;
      if (!isFirst) line.byte(0x2e);
      isFirst = false;
      for (let i = 1; i <= size; i++) line.escaped(bytes[at + i]!, 0x2e);
      at += size + 1;
    }
    if (isFirst) line.byte(0x2e);
  }
}

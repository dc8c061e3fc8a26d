/**
 * The IPv4 header (RFC 791 §3.1; the type-of-service octet as RFC 2474 and RFC 3168 have it).
 *
 * @module
 */
import { checksum, readU16, readU32, sumBytes, Verdict, writeU16, writeU32 } from "@octet/wire";

/** Bytes of an IPv4 header without options. */
export const ipv4HeaderLength = 20;
/** Bytes of the longest IPv4 header. */
export const ipv4MaximumHeaderLength = 60;
/** Bytes of the longest IPv4 datagram. */
export const ipv4MaximumLength = 65_535;

/**
 * A view of an IPv4 datagram in place. Call {@linkcode Ipv4Frame.validate} first: once it says ok,
 * no getter reads outside the range given to {@linkcode Ipv4Frame.reset}. The setters of
 * {@linkcode Ipv4Frame.headerLength} and {@linkcode Ipv4Frame.totalLength} make that untrue again.
 *
 * @example
 * ```ts
 * import { encodeIpv4, Ipv4Frame } from "@octet/ipv4";
 * import { parseIpv4 } from "@octet/netip";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeIpv4({
 *   source: parseIpv4("10.0.0.1"),
 *   destination: parseIpv4("10.0.0.2"),
 *   protocol: 17,
 *   payload: Uint8Array.of(1, 2, 3),
 * });
 * const frame = new Ipv4Frame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assertEquals(frame.hasValidChecksum, true);
 * assertEquals(frame.payloadEnd - frame.payloadOffset, 3);
 * ```
 */
export class Ipv4Frame {
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #end = 0;

  /** Aims the view at `bytes[offset…end)`; what follows the datagram's own length is padding. */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
  }

  /**
   * Checks version and lengths; the checksum is {@linkcode hasValidChecksum}'s matter.
   *
   * @returns `Short` when the range ends before the header, `BadVersion` when it is not IPv4,
   *     `BadLength` when a length field contradicts the range or the header's own minimum.
   */
  validate(): Verdict {
    const bytes = this.#bytes;
    const offset = this.#offset;
    const available = this.#end - offset;
    if (available < ipv4HeaderLength) return Verdict.Short;
    const first = bytes[offset]!;
    if (first >>> 4 !== 4) return Verdict.BadVersion;
    const header = (first & 0x0f) << 2;
    const total = readU16(bytes, offset + 2);
    return header < ipv4HeaderLength || total < header || total > available
      ? Verdict.BadLength
      : Verdict.Ok;
  }

  /** The version field, 4. */
  get version(): number {
    return this.#bytes[this.#offset]! >>> 4;
  }

  /** The header's length in bytes, options included: 20 to 60. */
  get headerLength(): number {
    return (this.#bytes[this.#offset]! & 0x0f) << 2;
  }

  set headerLength(length: number) {
    this.#bytes[this.#offset] = 0x40 | (length >>> 2);
  }

  /** The type-of-service octet whole: DSCP and ECN. */
  get trafficClass(): number {
    return this.#bytes[this.#offset + 1]!;
  }

  set trafficClass(value: number) {
    this.#bytes[this.#offset + 1] = value;
  }

  /** The Differentiated Services code point, 0 to 63 (RFC 2474). */
  get dscp(): number {
    return this.trafficClass >>> 2;
  }

  /** Explicit Congestion Notification, 0 to 3 (RFC 3168). */
  get ecn(): number {
    return this.trafficClass & 3;
  }

  /** The length of header and payload in bytes. */
  get totalLength(): number {
    return readU16(this.#bytes, this.#offset + 2);
  }

  set totalLength(length: number) {
    writeU16(this.#bytes, this.#offset + 2, length);
  }

  /** Which datagram a fragment belongs to. */
  get identification(): number {
    return readU16(this.#bytes, this.#offset + 4);
  }

  set identification(value: number) {
    writeU16(this.#bytes, this.#offset + 4, value);
  }

  /** Whether routers must not fragment the datagram. */
  get dontFragment(): boolean {
    return (this.#bytes[this.#offset + 6]! & 0x40) !== 0;
  }

  set dontFragment(value: boolean) {
    const old = this.#bytes[this.#offset + 6]!;
    this.#bytes[this.#offset + 6] = value ? old | 0x40 : old & ~0x40;
  }

  /** Whether this is a fragment and not the last. */
  get moreFragments(): boolean {
    return (this.#bytes[this.#offset + 6]! & 0x20) !== 0;
  }

  set moreFragments(value: boolean) {
    const old = this.#bytes[this.#offset + 6]!;
    this.#bytes[this.#offset + 6] = value ? old | 0x20 : old & ~0x20;
  }

  /** Whether the reserved flag is set, which must be zero (and says "evil" in RFC 3514). */
  get reservedFlag(): boolean {
    return (this.#bytes[this.#offset + 6]! & 0x80) !== 0;
  }

  /** Where a fragment's payload belongs in the datagram's, in bytes: a multiple of 8, at most 65,528. */
  get fragmentOffset(): number {
    return (readU16(this.#bytes, this.#offset + 6) & 0x1fff) << 3;
  }

  set fragmentOffset(value: number) {
    const at = this.#offset + 6;
    writeU16(this.#bytes, at, (readU16(this.#bytes, at) & 0xe000) | ((value >>> 3) & 0x1fff));
  }

  /** Whether this is a piece of a datagram. */
  get isFragment(): boolean {
    return (readU16(this.#bytes, this.#offset + 6) & 0x3fff) !== 0;
  }

  /** How many more routers may forward the datagram. */
  get timeToLive(): number {
    return this.#bytes[this.#offset + 8]!;
  }

  set timeToLive(value: number) {
    this.#bytes[this.#offset + 8] = value;
  }

  /** What the payload is; see {@linkcode IpProtocol}. */
  get protocol(): number {
    return this.#bytes[this.#offset + 9]!;
  }

  set protocol(value: number) {
    this.#bytes[this.#offset + 9] = value;
  }

  /** The header checksum as it stands in the header. */
  get checksum(): number {
    return readU16(this.#bytes, this.#offset + 10);
  }

  set checksum(value: number) {
    writeU16(this.#bytes, this.#offset + 10, value);
  }

  /** Whether the header checksum holds. */
  get hasValidChecksum(): boolean {
    return sumBytes(this.#bytes, this.#offset, this.#offset + this.headerLength) === 0xffff;
  }

  /** The source address, host order. */
  get source(): number {
    return readU32(this.#bytes, this.#offset + 12);
  }

  set source(address: number) {
    writeU32(this.#bytes, this.#offset + 12, address);
  }

  /** The destination address, host order. */
  get destination(): number {
    return readU32(this.#bytes, this.#offset + 16);
  }

  set destination(address: number) {
    writeU32(this.#bytes, this.#offset + 16, address);
  }

  /** Where the options begin. */
  get optionsOffset(): number {
    return this.#offset + ipv4HeaderLength;
  }

  /** Where the payload begins, and the options end. */
  get payloadOffset(): number {
    return this.#offset + this.headerLength;
  }

  /** Where the payload ends (exclusive). */
  get payloadEnd(): number {
    return this.#offset + this.totalLength;
  }

  /** Computes the header checksum and writes it. */
  updateChecksum(): void {
    this.checksum = 0;
    this.checksum = checksum(this.#bytes, this.#offset, this.#offset + this.headerLength);
  }
}

/** What {@linkcode encodeIpv4} writes. */
export interface Ipv4Fields {
  /** From whom, host order. */
  readonly source: number;
  /** To whom, host order. */
  readonly destination: number;
  /** What the payload is; see {@linkcode IpProtocol}. */
  readonly protocol: number;
  /** The payload; none when left out. */
  readonly payload?: Uint8Array;
  /** Hops left; 64 when left out. */
  readonly timeToLive?: number;
  /** DSCP and ECN; 0 when left out. */
  readonly trafficClass?: number;
  /** Which datagram a fragment belongs to; 0 when left out. */
  readonly identification?: number;
  /** Whether routers must not fragment; `false` when left out. */
  readonly dontFragment?: boolean;
  /** Whether more fragments follow; `false` when left out. */
  readonly moreFragments?: boolean;
  /** Where the fragment belongs, in bytes, a multiple of 8; 0 when left out. */
  readonly fragmentOffset?: number;
  /** Options, at most 40 bytes; padded with zeros (end of options) to a multiple of four. */
  readonly options?: Uint8Array;
}

/**
 * Builds a datagram with its header checksum, for tests and for crafting; stacks write in place.
 *
 * @example
 * ```ts
 * import { encodeIpv4 } from "@octet/ipv4";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeIpv4({ source: 0x0a000001, destination: 0x0a000002, protocol: 1 });
 * assertEquals(bytes.length, 20);
 * assertEquals(bytes[0], 0x45);
 * ```
 *
 * @param fields What to write.
 * @returns The datagram.
 * @throws {RangeError} When options, payload or fragment offset do not fit.
 */
export function encodeIpv4(fields: Ipv4Fields): Uint8Array<ArrayBuffer> {
  const { payload = new Uint8Array(0), options = new Uint8Array(0), fragmentOffset = 0 } = fields;
  if (options.length > ipv4MaximumHeaderLength - ipv4HeaderLength) {
    throw new RangeError(
      `Cannot encode IPv4 header as its options take ${options.length} of 40 bytes`,
    );
  }
  if (fragmentOffset < 0 || fragmentOffset > 65_528 || fragmentOffset % 8 !== 0) {
    throw new RangeError(
      `Cannot encode IPv4 header as fragment offset ${fragmentOffset} is not a multiple of 8 up to 65528`,
    );
  }
  const headerLength = ipv4HeaderLength + ((options.length + 3) & ~3);
  const total = headerLength + payload.length;
  if (total > ipv4MaximumLength) {
    throw new RangeError(`Cannot encode IPv4 datagram as its ${total} bytes exceed 65535`);
  }
  const bytes = new Uint8Array(total);
  const frame = new Ipv4Frame();
  frame.reset(bytes, 0, total);
  frame.headerLength = headerLength;
  frame.trafficClass = fields.trafficClass ?? 0;
  frame.totalLength = total;
  frame.identification = fields.identification ?? 0;
  frame.fragmentOffset = fragmentOffset;
  frame.dontFragment = fields.dontFragment ?? false;
  frame.moreFragments = fields.moreFragments ?? false;
  frame.timeToLive = fields.timeToLive ?? 64;
  frame.protocol = fields.protocol;
  frame.source = fields.source;
  frame.destination = fields.destination;
  bytes.set(options, ipv4HeaderLength);
  frame.updateChecksum();
  bytes.set(payload, headerLength);
  return bytes;
}

/**
 * The UDP header (RFC 768).
 *
 * @module
 */
import { foldSum, pseudoHeaderSum, readU16, sumBytes, Verdict, writeU16 } from "@octet/wire";

/** Bytes of a UDP header. */
export const udpHeaderLength = 8;
/** Bytes of the longest payload over IPv4: 65,535 less both headers. */
export const udpMaximumPayload = 65_507;
/** The IP protocol number of UDP. */
export const udpProtocol = 17;

/**
 * A view of a UDP datagram in place. Call {@linkcode UdpFrame.validate} first: once it says ok, no
 * getter reads outside the range given to {@linkcode UdpFrame.reset}. The setter of
 * {@linkcode UdpFrame.length} makes that untrue again.
 *
 * @example
 * ```ts
 * import { encodeUdp, UdpFrame } from "@octet/udp";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeUdp({ sourcePort: 68, destinationPort: 67, payload: Uint8Array.of(1, 2) });
 * const frame = new UdpFrame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assertEquals(frame.destinationPort, 67);
 * assertEquals(frame.payloadEnd - frame.payloadOffset, 2);
 * ```
 */
export class UdpFrame {
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #end = 0;

  /** Aims the view at `bytes[offset…end)`; what follows the datagram's own length is padding. */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
  }

  /** Checks the lengths: `Short` when the header does not fit, `BadLength` when the length field contradicts the range. */
  validate(): Verdict {
    const available = this.#end - this.#offset;
    if (available < udpHeaderLength) return Verdict.Short;
    const length = this.length;
    return length < udpHeaderLength || length > available ? Verdict.BadLength : Verdict.Ok;
  }

  /** The sender's port, 0 when it wants no answer. */
  get sourcePort(): number {
    return readU16(this.#bytes, this.#offset);
  }

  set sourcePort(port: number) {
    writeU16(this.#bytes, this.#offset, port);
  }

  /** The receiver's port. */
  get destinationPort(): number {
    return readU16(this.#bytes, this.#offset + 2);
  }

  set destinationPort(port: number) {
    writeU16(this.#bytes, this.#offset + 2, port);
  }

  /** The length of header and payload in bytes. */
  get length(): number {
    return readU16(this.#bytes, this.#offset + 4);
  }

  set length(length: number) {
    writeU16(this.#bytes, this.#offset + 4, length);
  }

  /** The checksum as it stands in the header; 0 when the sender computed none. */
  get checksum(): number {
    return readU16(this.#bytes, this.#offset + 6);
  }

  set checksum(value: number) {
    writeU16(this.#bytes, this.#offset + 6, value);
  }

  /**
   * Whether the checksum holds, or there is none.
   *
   * @param source The IPv4 source address, host order.
   * @param destination The IPv4 destination address, host order.
   */
  hasValidChecksum(source: number, destination: number): boolean {
    if (this.checksum === 0) return true;
    const pseudo = pseudoHeaderSum(source, destination, udpProtocol, this.length);
    return sumBytes(this.#bytes, this.#offset, this.payloadEnd, pseudo) === 0xffff;
  }

  /** Where the payload begins. */
  get payloadOffset(): number {
    return this.#offset + udpHeaderLength;
  }

  /** Where the payload ends (exclusive). */
  get payloadEnd(): number {
    return this.#offset + this.length;
  }
}

/** What {@linkcode encodeUdp} writes. */
export interface UdpFields {
  /** The sender's port. */
  readonly sourcePort: number;
  /** The receiver's port. */
  readonly destinationPort: number;
  /** The payload; none when left out. */
  readonly payload?: Uint8Array;
  /** The IPv4 source address, host order; with both addresses the checksum is computed, else it is 0. */
  readonly source?: number;
  /** The IPv4 destination address, host order. */
  readonly destination?: number;
}

/**
 * Builds a UDP datagram, for tests and for crafting; stacks write in place.
 *
 * @example
 * ```ts
 * import { encodeUdp, UdpFrame } from "@octet/udp";
 * import { assert } from "@std/assert";
 *
 * const [source, destination] = [0x0a000001, 0x0a000002];
 * const bytes = encodeUdp({ sourcePort: 1, destinationPort: 2, source, destination });
 * const frame = new UdpFrame();
 * frame.reset(bytes, 0, bytes.length);
 * assert(frame.checksum !== 0 && frame.hasValidChecksum(source, destination));
 * ```
 *
 * @param fields What to write.
 * @returns The datagram.
 * @throws {RangeError} When the payload exceeds 65,507 bytes.
 */
export function encodeUdp(fields: UdpFields): Uint8Array<ArrayBuffer> {
  const { payload = new Uint8Array(0), source, destination } = fields;
  if (payload.length > udpMaximumPayload) {
    throw new RangeError(
      `Cannot encode UDP datagram as its payload of ${payload.length} bytes exceeds 65507`,
    );
  }
  const length = udpHeaderLength + payload.length;
  const bytes = new Uint8Array(length);
  writeU16(bytes, 0, fields.sourcePort);
  writeU16(bytes, 2, fields.destinationPort);
  writeU16(bytes, 4, length);
  bytes.set(payload, udpHeaderLength);
  if (source !== undefined && destination !== undefined) {
    const pseudo = pseudoHeaderSum(source, destination, udpProtocol, length);
    // RFC 768: a checksum that comes out as zero is sent as all ones.
    writeU16(bytes, 6, 0xffff - foldSum(sumBytes(bytes, 0, length, pseudo)) || 0xffff);
  }
  return bytes;
}

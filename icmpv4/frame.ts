/**
 * The ICMP message (RFC 792).
 *
 * @module
 */
import { checksum, readU16, readU32, sumBytes, Verdict, writeU16, writeU32 } from "@octet/wire";
import { Icmpv4Type, isIcmpv4Error } from "./message_type.ts";

/** Bytes of an ICMP header: type, code, checksum, and four that depend on the type. */
export const icmpv4HeaderLength = 8;

/**
 * A view of an ICMP message in place. Call {@linkcode Icmpv4Frame.validate} first: once it says ok,
 * no getter reads outside the range given to {@linkcode Icmpv4Frame.reset}. Getters of fields that
 * the message's type does not have give what lies there.
 *
 * @example
 * ```ts
 * import { encodeIcmpv4, Icmpv4Frame, Icmpv4Type } from "@octet/icmpv4";
 * import { Verdict } from "@octet/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const bytes = encodeIcmpv4({ type: Icmpv4Type.Echo, identifier: 7, sequence: 1 });
 * const frame = new Icmpv4Frame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assert(frame.hasValidChecksum);
 * assertEquals([frame.identifier, frame.sequence], [7, 1]);
 * ```
 */
export class Icmpv4Frame {
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #end = 0;

  /** Aims the view at `bytes[offset…end)`; the message ends where the IP payload ends. */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
  }

  /**
   * Checks the length the type demands: 8 bytes, 20 for timestamps, 12 for address masks, and 28 for errors, which
   * quote a header at least. `Short` when it is less.
   */
  validate(): Verdict {
    const length = this.#end - this.#offset;
    if (length < icmpv4HeaderLength) return Verdict.Short;
    return length < minimumLength(this.type) ? Verdict.Short : Verdict.Ok;
  }

  /** What the message is; see {@linkcode Icmpv4Type}. */
  get type(): number {
    return this.#bytes[this.#offset]!;
  }

  set type(type: number) {
    this.#bytes[this.#offset] = type;
  }

  /** Which of its type. */
  get code(): number {
    return this.#bytes[this.#offset + 1]!;
  }

  set code(code: number) {
    this.#bytes[this.#offset + 1] = code;
  }

  /** The checksum as it stands in the message. */
  get checksum(): number {
    return readU16(this.#bytes, this.#offset + 2);
  }

  set checksum(value: number) {
    writeU16(this.#bytes, this.#offset + 2, value);
  }

  /** Whether the checksum holds. */
  get hasValidChecksum(): boolean {
    return sumBytes(this.#bytes, this.#offset, this.#end) === 0xffff;
  }

  /** The 32 bits behind the checksum, whatever they mean. */
  get info(): number {
    return readU32(this.#bytes, this.#offset + 4);
  }

  set info(value: number) {
    writeU32(this.#bytes, this.#offset + 4, value);
  }

  /** Whose request it is: echo, timestamp, information and address mask messages. */
  get identifier(): number {
    return readU16(this.#bytes, this.#offset + 4);
  }

  set identifier(value: number) {
    writeU16(this.#bytes, this.#offset + 4, value);
  }

  /** Which request it is: echo, timestamp, information and address mask messages. */
  get sequence(): number {
    return readU16(this.#bytes, this.#offset + 6);
  }

  set sequence(value: number) {
    writeU16(this.#bytes, this.#offset + 6, value);
  }

  /** The MTU of the next link, 0 when the router does not say: "fragmentation needed" (RFC 1191 §4). */
  get nextHopMtu(): number {
    return readU16(this.#bytes, this.#offset + 6);
  }

  set nextHopMtu(value: number) {
    writeU16(this.#bytes, this.#offset + 6, value);
  }

  /** The better router, host order: redirects. */
  get gateway(): number {
    return this.info;
  }

  set gateway(address: number) {
    this.info = address;
  }

  /** Which octet of the quoted datagram is wrong: parameter problems. */
  get pointer(): number {
    return this.#bytes[this.#offset + 4]!;
  }

  set pointer(value: number) {
    this.#bytes[this.#offset + 4] = value;
  }

  /** When the request was sent, in milliseconds since midnight UT: timestamps. 0 for any other type. */
  get originateTime(): number {
    return this.#word(8);
  }

  /** When the request was received, in milliseconds since midnight UT: timestamps. 0 for any other type. */
  get receiveTime(): number {
    return this.#word(12);
  }

  /** When the reply was sent, in milliseconds since midnight UT: timestamps. 0 for any other type. */
  get transmitTime(): number {
    return this.#word(16);
  }

  /** The subnet mask: address mask messages. 0 for any other type. */
  get addressMask(): number {
    const type = this.type;
    const isMask = type === Icmpv4Type.AddressMaskRequest || type === Icmpv4Type.AddressMaskReply;
    return isMask ? readU32(this.#bytes, this.#offset + 8) : 0;
  }

  /** Whether the message reports an error; then the payload is the datagram that it is about, or its beginning. */
  get isError(): boolean {
    return isIcmpv4Error(this.type);
  }

  /** Where the data begin: what an echo carries, or the datagram that an error quotes. */
  get payloadOffset(): number {
    return this.#offset + icmpv4HeaderLength;
  }

  /**
   * Where the data end (exclusive). An error may carry extensions behind the quote (RFC 4884), as
   * {@linkcode quoteEnd} knows.
   */
  get payloadEnd(): number {
    return this.#end;
  }

  /** Where the quoted datagram ends (exclusive) when the length attribute of RFC 4884 §4 says so, else {@linkcode payloadEnd}. */
  get quoteEnd(): number {
    const type = this.type;
    const hasLength = type === Icmpv4Type.DestinationUnreachable ||
      type === Icmpv4Type.TimeExceeded || type === Icmpv4Type.ParameterProblem;
    const words = hasLength ? this.#bytes[this.#offset + 5]! : 0;
    const end = this.payloadOffset + 4 * words;
    return words === 0 || end > this.#end ? this.#end : end;
  }

  /** Computes the checksum and writes it. */
  updateChecksum(): void {
    this.checksum = 0;
    this.checksum = checksum(this.#bytes, this.#offset, this.#end);
  }

  #word(at: number): number {
    const type = this.type;
    const isTimestamp = type === Icmpv4Type.Timestamp || type === Icmpv4Type.TimestampReply;
    return isTimestamp ? readU32(this.#bytes, this.#offset + at) : 0;
  }
}

function minimumLength(type: number): number {
  if (isIcmpv4Error(type)) return icmpv4HeaderLength + 20;
  switch (type) {
    case Icmpv4Type.Timestamp:
    case Icmpv4Type.TimestampReply:
      return 20;
    case Icmpv4Type.AddressMaskRequest:
    case Icmpv4Type.AddressMaskReply:
      return 12;
    default:
      return icmpv4HeaderLength;
  }
}

/** What {@linkcode encodeIcmpv4} writes. */
export interface Icmpv4Fields {
  /** What the message is; see {@linkcode Icmpv4Type}. */
  readonly type: number;
  /** Which of its type; 0 when left out. */
  readonly code?: number;
  /** The 32 bits behind the checksum; 0 when left out. */
  readonly info?: number;
  /** The upper 16 of these bits, in place of `info`. */
  readonly identifier?: number;
  /** The lower 16 of these bits, in place of `info`. */
  readonly sequence?: number;
  /** What follows; nothing when left out. */
  readonly payload?: Uint8Array;
}

/**
 * Builds a message with its checksum, for tests and for crafting; stacks write in place.
 *
 * @example
 * ```ts
 * import { encodeIcmpv4 } from "@octet/icmpv4";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeIcmpv4({ type: 8, identifier: 1, sequence: 2 });
 * assertEquals([...bytes], [8, 0, 0xf7, 0xfc, 0, 1, 0, 2]);
 * ```
 *
 * @param fields What to write.
 * @returns The message.
 */
export function encodeIcmpv4(fields: Icmpv4Fields): Uint8Array<ArrayBuffer> {
  const { payload = new Uint8Array(0), info = 0 } = fields;
  const bytes = new Uint8Array(icmpv4HeaderLength + payload.length);
  const frame = new Icmpv4Frame();
  frame.reset(bytes, 0, bytes.length);
  frame.type = fields.type;
  frame.code = fields.code ?? 0;
  frame.info = info;
  if (fields.identifier !== undefined) frame.identifier = fields.identifier;
  if (fields.sequence !== undefined) frame.sequence = fields.sequence;
  bytes.set(payload, icmpv4HeaderLength);
  frame.updateChecksum();
  return bytes;
}

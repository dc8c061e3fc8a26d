/**
 * The TCP header (RFC 9293 §3.1) over `(bytes, offset, end)`.
 *
 * @module
 */
import { Verdict } from "@octet/wire";
import * as wire from "@octet/wire";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const readI32 = wire.readI32;
const readU16 = wire.readU16;
const writeU16 = wire.writeU16;
const writeU32 = wire.writeU32;
const { BadLength, Ok, Short } = Verdict;

/** The control bits, as they stand in the header's 14th octet (RFC 9293 §3.1, RFC 3168 §6.1). */
export const TcpFlag = {
  /** No more data from the sender. */
  Fin: 0x01,
  /** Synchronise sequence numbers. */
  Syn: 0x02,
  /** Reset the connection. */
  Rst: 0x04,
  /** Push: give the data to the user. */
  Psh: 0x08,
  /** The acknowledgement field counts. */
  Ack: 0x10,
  /** The urgent pointer counts. */
  Urg: 0x20,
  /** ECN echo. */
  Ece: 0x40,
  /** Congestion window reduced. */
  Cwr: 0x80,
} as const;

/** The length of a header without options, in bytes. */
export const tcpHeaderLength = 20;

/**
 * A view of one TCP segment. After {@linkcode TcpFrame.validate} says ok no getter reads outside;
 * setting `headerLength` makes that untrue again.
 *
 * @example
 * ```ts
 * import { encodeTcp, TcpFlag, TcpFrame } from "@octet/tcp";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeTcp({ sourcePort: 49152, destinationPort: 80, flags: TcpFlag.Syn });
 * const frame = new TcpFrame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assertEquals(frame.destinationPort, 80);
 * ```
 */
export class TcpFrame {
  /** The buffer. */
  bytes: Uint8Array = empty;
  /** Where the header begins. */
  offset: number = 0;
  /** Where the segment ends (exclusive). */
  end: number = 0;

  /** Aims the view at the segment in `bytes[offset…end)`. */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  /** Checks that header and options lie inside; the checksum is not looked at. */
  validate(): Verdict {
    if (this.end - this.offset < tcpHeaderLength || this.end > this.bytes.length) {
      return Short;
    }
    const length = this.headerLength;
    if (length < tcpHeaderLength || length > this.end - this.offset) return BadLength;
    return Ok;
  }

  /** Source port. */
  get sourcePort(): number {
    return readU16(this.bytes, this.offset);
  }
  set sourcePort(port: number) {
    writeU16(this.bytes, this.offset, port);
  }

  /** Destination port. */
  get destinationPort(): number {
    return readU16(this.bytes, this.offset + 2);
  }
  set destinationPort(port: number) {
    writeU16(this.bytes, this.offset + 2, port);
  }

  /** Sequence number of the first octet (of the SYN when there is one), as a signed 32-bit number. */
  get sequence(): number {
    return readI32(this.bytes, this.offset + 4);
  }
  set sequence(sequence: number) {
    writeU32(this.bytes, this.offset + 4, sequence);
  }

  /** The next sequence number the sender waits for, as a signed 32-bit number. */
  get acknowledgment(): number {
    return readI32(this.bytes, this.offset + 8);
  }
  set acknowledgment(acknowledgment: number) {
    writeU32(this.bytes, this.offset + 8, acknowledgment);
  }

  /** Length of header and options in bytes, 20 to 60 in steps of 4. */
  get headerLength(): number {
    return (this.bytes[this.offset + 12]! >>> 4) * 4;
  }
  set headerLength(length: number) {
    this.bytes[this.offset + 12] = (length / 4) << 4;
  }

  /** The control bits, {@linkcode TcpFlag}. */
  get flags(): number {
    return this.bytes[this.offset + 13]!;
  }
  set flags(flags: number) {
    this.bytes[this.offset + 13] = flags;
  }

  /** The window field as it stands, not scaled. */
  get window(): number {
    return readU16(this.bytes, this.offset + 14);
  }
  set window(window: number) {
    writeU16(this.bytes, this.offset + 14, window);
  }

  /** The checksum field. */
  get checksum(): number {
    return readU16(this.bytes, this.offset + 16);
  }
  set checksum(checksum: number) {
    writeU16(this.bytes, this.offset + 16, checksum);
  }

  /** Offset of the octet after the urgent data from the sequence number. */
  get urgentPointer(): number {
    return readU16(this.bytes, this.offset + 18);
  }
  set urgentPointer(pointer: number) {
    writeU16(this.bytes, this.offset + 18, pointer);
  }

  /** Where the options begin in the buffer. */
  get optionsOffset(): number {
    return this.offset + tcpHeaderLength;
  }

  /** Where the payload begins in the buffer. */
  get payloadOffset(): number {
    return this.offset + this.headerLength;
  }

  /** Where the payload ends in the buffer (exclusive). */
  get payloadEnd(): number {
    return this.end;
  }
}

const empty = new Uint8Array(0);

/** What {@linkcode encodeTcp} writes; what is not given is zero. */
export interface TcpFields {
  /** Source port. */
  sourcePort?: number;
  /** Destination port. */
  destinationPort?: number;
  /** Sequence number. */
  sequence?: number;
  /** Acknowledgement number. */
  acknowledgment?: number;
  /** Control bits, {@linkcode TcpFlag}. */
  flags?: number;
  /** Window field, not scaled. */
  window?: number;
  /** Urgent pointer. */
  urgentPointer?: number;
  /** Option bytes; padded with End of Option List to a multiple of four, at most 40. */
  options?: Uint8Array;
  /** Payload. */
  payload?: Uint8Array;
}

/**
 * Makes a segment for tests and crafting. The checksum field is left 0, as it needs the pseudo
 * header.
 *
 * @param fields The header's fields.
 * @returns The segment.
 * @throws {RangeError} When the options are longer than 40 bytes.
 */
export function encodeTcp(fields: TcpFields): Uint8Array<ArrayBuffer> {
  const options = fields.options ?? empty;
  if (options.length > 40) {
    throw new RangeError(`Cannot encode TCP options of ${options.length} bytes as 40 is the limit`);
  }
  const headerLength = tcpHeaderLength + Math.ceil(options.length / 4) * 4;
  const payload = fields.payload ?? empty;
  const bytes = new Uint8Array(headerLength + payload.length);
  const frame = new TcpFrame();
  frame.reset(bytes, 0, bytes.length);
  frame.sourcePort = fields.sourcePort ?? 0;
  frame.destinationPort = fields.destinationPort ?? 0;
  frame.sequence = fields.sequence ?? 0;
  frame.acknowledgment = fields.acknowledgment ?? 0;
  frame.headerLength = headerLength;
  frame.flags = fields.flags ?? 0;
  frame.window = fields.window ?? 0;
  frame.urgentPointer = fields.urgentPointer ?? 0;
  bytes.set(options, tcpHeaderLength);
  bytes.set(payload, headerLength);
  return bytes;
}

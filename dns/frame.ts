/**
 * The message header as a view over bytes (RFC 1035 §4.1.1, RFC 6895 §2).
 *
 * @module
 */
import { readU16, Verdict, writeU16 } from "@octet/wire";

/**
 * The 12 bytes every message begins with, read and written in place. `validate()` comes first;
 * after it says ok no getter reads outside `[offset, end)`. No setter makes that untrue.
 *
 * @example
 * ```ts
 * import { DnsFrame } from "@octet/dns";
 * import { assertEquals } from "@std/assert";
 *
 * const frame = new DnsFrame();
 * frame.reset(new Uint8Array(12), 0, 12);
 * frame.id = 0x1234;
 * frame.recursionDesired = true;
 * assertEquals(frame.bytes.slice(0, 4), Uint8Array.of(0x12, 0x34, 0x01, 0x00));
 * ```
 */
export class DnsFrame {
  /** Length of the header, in bytes. */
  static readonly headerLength = 12;

  /** The buffer. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the message begins. */
  offset = 0;
  /** Where the message ends (exclusive). */
  end = 0;

  /** Aims the view at a message; nothing is read yet. */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  /** `Short` when the header does not fit, else `Ok`. */
  validate(): Verdict {
    return this.end - this.offset < DnsFrame.headerLength ? Verdict.Short : Verdict.Ok;
  }

  /** Where the questions begin. */
  get payloadOffset(): number {
    return this.offset + DnsFrame.headerLength;
  }
  /** Where the message ends (exclusive). */
  get payloadEnd(): number {
    return this.end;
  }

  /** Chosen by who asks, repeated by who answers; 0 to 65535. */
  get id(): number {
    return readU16(this.bytes, this.offset);
  }
  set id(value: number) {
    writeU16(this.bytes, this.offset, value);
  }

  /** The second 16 bits whole: QR, opcode, AA, TC, RD, RA, Z, AD, CD, rcode, from the top bit down. */
  get flags(): number {
    return readU16(this.bytes, this.offset + 2);
  }
  set flags(value: number) {
    writeU16(this.bytes, this.offset + 2, value);
  }

  /** QR: whether this is a response. */
  get isResponse(): boolean {
    return (this.flags & 0x8000) !== 0;
  }
  set isResponse(value: boolean) {
    this.#setFlag(0x8000, value);
  }

  /** What is asked for, 0 to 15; see {@linkcode Opcode}. */
  get opcode(): number {
    return (this.flags >> 11) & 15;
  }
  set opcode(value: number) {
    this.flags = (this.flags & 0x87ff) | ((value & 15) << 11);
  }

  /** AA: whether the server is an authority for the name asked about. */
  get isAuthoritative(): boolean {
    return (this.flags & 0x400) !== 0;
  }
  set isAuthoritative(value: boolean) {
    this.#setFlag(0x400, value);
  }

  /** TC: whether the message was cut to fit. */
  get isTruncated(): boolean {
    return (this.flags & 0x200) !== 0;
  }
  set isTruncated(value: boolean) {
    this.#setFlag(0x200, value);
  }

  /** RD: whether the server should ask others. */
  get recursionDesired(): boolean {
    return (this.flags & 0x100) !== 0;
  }
  set recursionDesired(value: boolean) {
    this.#setFlag(0x100, value);
  }

  /** RA: whether the server would ask others. */
  get recursionAvailable(): boolean {
    return (this.flags & 0x80) !== 0;
  }
  set recursionAvailable(value: boolean) {
    this.#setFlag(0x80, value);
  }

  /** AD: whether the server vouches for the data, RFC 6840 §5.7. */
  get authenticData(): boolean {
    return (this.flags & 0x20) !== 0;
  }
  set authenticData(value: boolean) {
    this.#setFlag(0x20, value);
  }

  /** CD: whether the asker checks signatures itself, RFC 4035 §3.2.2. */
  get checkingDisabled(): boolean {
    return (this.flags & 0x10) !== 0;
  }
  set checkingDisabled(value: boolean) {
    this.#setFlag(0x10, value);
  }

  /** The low four bits of the response code; the rest stands in the OPT record. */
  get rcode(): number {
    return this.flags & 15;
  }
  set rcode(value: number) {
    this.flags = (this.flags & 0xfff0) | (value & 15);
  }

  /** How many questions are said to follow. */
  get questionCount(): number {
    return readU16(this.bytes, this.offset + 4);
  }
  set questionCount(value: number) {
    writeU16(this.bytes, this.offset + 4, value);
  }

  /** How many records are said to stand in the answer section. */
  get answerCount(): number {
    return readU16(this.bytes, this.offset + 6);
  }
  set answerCount(value: number) {
    writeU16(this.bytes, this.offset + 6, value);
  }

  /** How many records are said to stand in the authority section. */
  get authorityCount(): number {
    return readU16(this.bytes, this.offset + 8);
  }
  set authorityCount(value: number) {
    writeU16(this.bytes, this.offset + 8, value);
  }

  /** How many records are said to stand in the additional section. */
  get additionalCount(): number {
    return readU16(this.bytes, this.offset + 10);
  }
  set additionalCount(value: number) {
    writeU16(this.bytes, this.offset + 10, value);
  }

  #setFlag(mask: number, value: boolean): void {
    this.flags = value ? this.flags | mask : this.flags & ~mask;
  }
}

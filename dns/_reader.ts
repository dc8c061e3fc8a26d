/**
 * Reads one field after another from untrusted bytes. A failure is remembered: what is read after it is
 * zero or empty, and the caller looks once, at the end.
 *
 * @module
 */
import { readU16, readU32 } from "@octet/wire";
import { checkName, formatName } from "./name.ts";

/** A position in a message, which never passes `end`. */
export class WireReader {
  /** The buffer. */
  readonly bytes: Uint8Array;
  /** Where the message begins; pointers count from there. */
  readonly start: number;
  /** Where the next field begins. */
  position: number;
  /** Where the fields end (exclusive). */
  end: number;
  /** Whether all that was asked for was there. */
  ok = true;

  /** Begins at `offset`. */
  constructor(bytes: Uint8Array, start: number, offset: number, end: number) {
    this.bytes = bytes;
    this.start = start;
    this.position = offset;
    this.end = end;
  }

  /** Moves on by `length` bytes; gives where they begin, or -1 when they are not all there. */
  take(length: number): number {
    const at = this.position;
    if (!this.ok || at + length > this.end) {
      this.ok = false;
      return -1;
    }
    this.position = at + length;
    return at;
  }

  /** An unsigned 8-bit number. */
  u8(): number {
    const at = this.take(1);
    return at < 0 ? 0 : this.bytes[at]!;
  }

  /** An unsigned 16-bit number. */
  u16(): number {
    const at = this.take(2);
    return at < 0 ? 0 : readU16(this.bytes, at);
  }

  /** An unsigned 32-bit number. */
  u32(): number {
    const at = this.take(4);
    return at < 0 ? 0 : readU32(this.bytes, at);
  }

  /** A name as text, pointers followed. */
  name(): string {
    const after = this.ok ? checkName(this.bytes, this.start, this.position, this.end) : -1;
    if (after < 0) {
      this.ok = false;
      return ".";
    }
    const text = formatName(this.bytes, this.start, this.position);
    this.position = after;
    return text;
  }

  /** A name that must stand here whole, without a pointer. */
  plainName(): string {
    let at = this.position;
    while (at < this.end && this.bytes[at]! !== 0 && this.bytes[at]! < 0x40) {
      at += this.bytes[at]! + 1;
    }
    if (at >= this.end || this.bytes[at]! !== 0) this.ok = false;
    return this.name();
  }

  /** A copy of the next `length` bytes. */
  copy(length: number): Uint8Array<ArrayBuffer> {
    const at = this.take(length);
    return at < 0 ? new Uint8Array(0) : new Uint8Array(this.bytes.subarray(at, at + length));
  }

  /** A copy of all that is left. */
  rest(): Uint8Array<ArrayBuffer> {
    return this.copy(this.end - this.position);
  }

  /** A copy of a string with its length in the byte before it (RFC 1035 §3.3). */
  string(): Uint8Array<ArrayBuffer> {
    return this.copy(this.u8());
  }

  /** Whether fields are left to read. */
  get hasMore(): boolean {
    return this.ok && this.position < this.end;
  }
}

/** Bytes as text, one character each. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

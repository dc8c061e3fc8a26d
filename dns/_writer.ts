/**
 * Writes a message field by field, up to a limit, with name compression (RFC 1035 §4.1.4).
 *
 * @module
 */
import { writeU16, writeU32 } from "@octet/wire";
import { parseName } from "./name.ts";
import { latin1 } from "./_reader.ts";

/** Pointers have 14 bits. */
const maxPointer = 0x3fff;

/** Bytes that grow as they are written. Past the limit nothing is kept and `overflow` is set. */
export class WireWriter {
  /** The buffer; longer than what is written. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Where the next field goes. */
  position = 0;
  /** How many bytes there may be. */
  limit: number;
  /** Whether something did not fit. */
  overflow = false;
  /** Where a name, as its wire form, one character a byte, stands already. */
  readonly #names: Map<string, number> | null;

  /** Starts empty. */
  constructor(limit: number, compress: boolean, room: number = 512) {
    this.bytes = new Uint8Array(room);
    this.limit = limit;
    this.#names = compress ? new Map() : null;
  }

  /** Makes room; gives where it begins, or -1 past the limit. */
  reserve(length: number): number {
    const at = this.position;
    if (at + length > this.limit) {
      this.overflow = true;
      return -1;
    }
    if (at + length > this.bytes.length) {
      const bytes = new Uint8Array(Math.max(2 * this.bytes.length, at + length));
      bytes.set(this.bytes);
      this.bytes = bytes;
    }
    this.position = at + length;
    return at;
  }

  /** An unsigned 8-bit number. */
  u8(value: number): void {
    const at = this.reserve(1);
    if (at >= 0) this.bytes[at] = value;
  }

  /** An unsigned 16-bit number. */
  u16(value: number): void {
    const at = this.reserve(2);
    if (at >= 0) writeU16(this.bytes, at, value);
  }

  /** An unsigned 32-bit number. */
  u32(value: number): void {
    const at = this.reserve(4);
    if (at >= 0) writeU32(this.bytes, at, value);
  }

  /** Bytes as they are. */
  put(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    if (at >= 0) this.bytes.set(bytes, at);
  }

  /** A name; its longest tail that was written before becomes a pointer, if compression is on. */
  name(text: string, compress: boolean): void {
    const names = compress ? this.#names : null;
    // The text itself is a key too: a name met before need not be taken apart again.
    const known = names?.get(text);
    if (known !== undefined) return this.u16(0xc000 | known);
    const wire = parseName(text);
    if (wire[0]! !== 0 && this.position <= maxPointer) names?.set(text, this.position);
    const key = names === null ? "" : latin1(wire);
    let from = 0;
    let pointer = -1;
    while (names !== null && wire[from]! !== 0) {
      const tail = key.slice(from);
      pointer = names.get(tail) ?? -1;
      if (pointer >= 0) break;
      if (this.position + from <= maxPointer) names.set(tail, this.position + from);
      from += wire[from]! + 1;
    }
    if (pointer < 0) return this.put(wire);
    this.put(wire.subarray(0, from));
    this.u16(0xc000 | pointer);
  }

  /** Takes back what was written since `position`, and that it did not fit. */
  rollback(position: number): void {
    this.position = position;
    this.overflow = false;
    for (const [name, at] of this.#names ?? []) if (at >= position) this.#names!.delete(name);
  }

  /** Leaves two bytes for a length; gives the position after them for {@linkcode WireWriter.closeLength}. */
  openLength(): number {
    this.u16(0);
    return this.position;
  }

  /** Fills in the length of what was written since `openLength`. */
  closeLength(from: number): void {
    if (!this.overflow) writeU16(this.bytes, from - 2, this.position - from);
  }

  /** What was written, without the spare room. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.position);
  }
}

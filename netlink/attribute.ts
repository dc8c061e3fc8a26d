/**
 * Netlink attributes: type, length, value (RFC 3549 §2.3.2, `struct nlattr`).
 *
 * @module
 */
import { Verdict } from "@octet/wire";
import { readHost16, readHost32, readHost64, readHostI32 } from "./host_order.ts";
import { alignNetlink } from "./message.ts";

const headerLength = 4;
/** The upper two bits of the type say "nested" and "network byte order". */
const typeMask = 0x3fff;
const decoder = new TextDecoder();

/**
 * Walks over attributes. The cursor has one sticky {@linkcode AttributeCursor.verdict}: a malformed attribute, or
 * a value read as something longer than it is, ends the walk, and is asked for once, afterwards.
 *
 * @example
 * ```ts
 * import { AttributeCursor } from "@octet/netlink";
 * import { assertEquals } from "@std/assert";
 *
 * // IFLA_MTU (4) = 1500, then IFLA_IFNAME (3) = "lo".
 * const bytes = Uint8Array.of(8, 0, 4, 0, 0xdc, 5, 0, 0, 7, 0, 3, 0, 0x6c, 0x6f, 0, 0);
 * const cursor = new AttributeCursor().reset(bytes, 0, bytes.length);
 * assertEquals([cursor.next(), cursor.type, cursor.u32()], [true, 4, 1500]);
 * assertEquals([cursor.next(), cursor.type, cursor.text()], [true, 3, "lo"]);
 * assertEquals([cursor.next(), cursor.verdict], [false, 0]);
 * ```
 */
export class AttributeCursor {
  /** What is wrong with the attributes; `Ok` as long as nothing is. */
  verdict: Verdict = Verdict.Ok;
  /** The current attribute's type, without its flag bits. */
  type = 0;
  /** Where the current value begins. */
  valueOffset = 0;
  /** Where the current value stops (exclusive). */
  valueEnd = 0;

  #bytes: Uint8Array = new Uint8Array(0);
  #next = 0;
  #end = 0;

  /** Stands before the first attribute of `bytes[offset…end)`. */
  reset(bytes: Uint8Array, offset: number, end: number): this {
    this.#bytes = bytes;
    this.#next = offset;
    this.#end = end;
    this.verdict = Verdict.Ok;
    this.type = 0;
    this.valueOffset = offset;
    this.valueEnd = offset;
    return this;
  }

  /** Moves to the next attribute; `false` at the end, or when what follows is malformed. */
  next(): boolean {
    if (this.verdict !== Verdict.Ok) return false;
    const left = this.#end - this.#next;
    if (left <= 0) return false;
    if (left < headerLength) return this.#fail(Verdict.Short);
    const length = readHost16(this.#bytes, this.#next);
    if (length < headerLength || length > left) return this.#fail(Verdict.BadLength);
    this.type = readHost16(this.#bytes, this.#next + 2) & typeMask;
    this.valueOffset = this.#next + headerLength;
    this.valueEnd = this.#next + length;
    this.#next += alignNetlink(length);
    return true;
  }

  /** The value's length in bytes. */
  get length(): number {
    return this.valueEnd - this.valueOffset;
  }

  /** The value as an unsigned 8-bit number. */
  u8(): number {
    return this.#has(1) ? this.#bytes[this.valueOffset]! : 0;
  }

  /** The value as an unsigned 16-bit number, host order. */
  u16(): number {
    return this.#has(2) ? readHost16(this.#bytes, this.valueOffset) : 0;
  }

  /** The value as an unsigned 32-bit number, host order. */
  u32(): number {
    return this.#has(4) ? readHost32(this.#bytes, this.valueOffset) : 0;
  }

  /** The value as a signed 32-bit number, host order. */
  i32(): number {
    return this.#has(4) ? readHostI32(this.#bytes, this.valueOffset) : 0;
  }

  /** The value as an unsigned 64-bit number, host order; beyond 2^53 it loses its last bits. */
  u64(): number {
    return this.#has(8) ? readHost64(this.#bytes, this.valueOffset) : 0;
  }

  /** The value as an unsigned 16-bit number, network order: ports and EtherTypes. */
  u16be(): number {
    return this.#has(2)
      ? this.#bytes[this.valueOffset]! << 8 | this.#bytes[this.valueOffset + 1]!
      : 0;
  }

  /** The value as text, up to the first NUL byte where there is one. */
  text(): string {
    let end = this.valueOffset;
    while (end < this.valueEnd && this.#bytes[end] !== 0) end++;
    return decoder.decode(this.#bytes.subarray(this.valueOffset, end));
  }

  /** A copy of the value's bytes. */
  value(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes.subarray(this.valueOffset, this.valueEnd));
  }

  /**
   * A cursor over the attributes nested in the value; it has a verdict of its own.
   *
   * @param skip How many bytes of another header stand before them.
   */
  nested(skip: number = 0): AttributeCursor {
    const start = this.#has(skip) ? this.valueOffset + skip : this.valueEnd;
    return new AttributeCursor().reset(this.#bytes, start, this.valueEnd);
  }

  /** Takes over what a nested cursor found wrong. */
  settle(nested: AttributeCursor): void {
    if (this.verdict === Verdict.Ok) this.verdict = nested.verdict;
  }

  #has(length: number): boolean {
    return this.length >= length || this.#fail(Verdict.BadLength);
  }

  #fail(verdict: Verdict): false {
    this.verdict = verdict;
    return false;
  }
}

/**
 * Walking the options of a DHCP message: `code, length, value` with Pad and End (RFC 2132 §2),
 * through the fields an overloaded message uses (RFC 2131 §4.1, RFC 3396 §5).
 *
 * @module
 */
import { readU16, readU32, Verdict } from "@octet/wire";
import { DhcpOption } from "./option_code.ts";
import type { Dhcpv4Frame } from "./frame.ts";

/** The value of option 52 when the file field holds options (RFC 2132 §9.3). */
export const overloadFile = 1;
/** The value of option 52 when the sname field holds options (RFC 2132 §9.3). */
export const overloadSname = 2;

/**
 * A reusable cursor over options. {@linkcode Dhcpv4OptionCursor.next} moves to the next one; when it
 * says `false` the walk is over and {@linkcode Dhcpv4OptionCursor.verdict} tells whether it ended well.
 * An option longer than 255 bytes comes in several pieces under the same code (RFC 3396), which the
 * cursor shows one by one and in order.
 *
 * @example
 * ```ts
 * import { DhcpOption, Dhcpv4OptionCursor } from "@octet/dhcpv4";
 * import { Verdict } from "@octet/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const bytes = Uint8Array.of(0, 53, 1, 2, 57, 2, 5, 220, 255);
 * const cursor = new Dhcpv4OptionCursor().reset(bytes, 0, bytes.length);
 * assert(cursor.next());
 * assertEquals([cursor.code, cursor.u8()], [DhcpOption.MessageType, 2]);
 * assert(cursor.next());
 * assertEquals([cursor.code, cursor.u16()], [DhcpOption.MaximumMessageSize, 1500]);
 * assertEquals([cursor.next(), cursor.verdict], [false, Verdict.Ok]);
 * ```
 */
export class Dhcpv4OptionCursor {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #fileOffset = 0;
  #snameOffset = 0;
  #fileEnd = 0;
  #snameEnd = 0;
  #overload = 0;
  #mayOverload = false;
  #verdict: Verdict = Verdict.Ok;

  /** The current option's code, one of {@linkcode DhcpOption}. */
  code = 0;
  /** Where the current option's value begins in the buffer. */
  valueOffset = 0;
  /** Where the current option's value stops (exclusive). */
  valueEnd = 0;

  /**
   * Aims the cursor at a range of options; option 52 has no effect there.
   *
   * @param bytes The buffer.
   * @param offset Where the options begin.
   * @param end Where they stop (exclusive); an End option may come before.
   * @returns This cursor.
   */
  reset(bytes: Uint8Array, offset: number, end: number): this {
    this.#bytes = bytes;
    this.#at = offset;
    this.#end = end;
    this.#overload = 0;
    this.#mayOverload = false;
    this.#verdict = Verdict.Ok;
    return this;
  }

  /**
   * Aims the cursor at all options of a message: those of the options field, then those of the file
   * field, then those of the sname field where option 52 says so.
   *
   * @param frame A frame whose `validate` said ok.
   * @returns This cursor.
   */
  resetFrame(frame: Dhcpv4Frame): this {
    this.reset(frame.bytes, frame.payloadOffset, frame.payloadEnd);
    this.#fileOffset = frame.fileOffset;
    this.#fileEnd = frame.fileEnd;
    this.#snameOffset = frame.snameOffset;
    this.#snameEnd = frame.snameEnd;
    this.#mayOverload = true;
    return this;
  }

  /** `Ok`, or `BadOption` once an option proved to reach beyond its field. */
  get verdict(): Verdict {
    return this.#verdict;
  }

  /** Which fields option 52 has given to options so far, as its bits; 0 for none. */
  get overload(): number {
    return this.#overload;
  }

  /**
   * Moves to the next option, over Pad.
   *
   * @returns `false` at the end, or when the list is malformed.
   */
  next(): boolean {
    const bytes = this.#bytes;
    for (;;) {
      const fieldEnd = this.#end;
      let at = this.#at;
      while (at < fieldEnd && bytes[at] === DhcpOption.Pad) at++;
      if (at >= fieldEnd || bytes[at] === DhcpOption.End) {
        if (!this.#nextField()) return false;
        continue;
      }
      const value = at + 2;
      if (value > fieldEnd) return this.#fail();
      const end = value + bytes[at + 1]!;
      if (end > fieldEnd) return this.#fail();
      const code = bytes[at]!;
      this.code = code;
      this.valueOffset = value;
      this.valueEnd = end;
      this.#at = end;
      if (code !== DhcpOption.Overload || !this.#mayOverload) return true;
      const fields = bytes[value]!;
      if (end - value !== 1 || fields < 1 || fields > 3) return this.#fail();
      this.#overload = fields;
    }
  }

  /** The length of the current value in bytes. */
  get length(): number {
    return this.valueEnd - this.valueOffset;
  }

  /** The current value as an 8-bit number; `BadOption` becomes the verdict and 0 the result when it is not one byte long. */
  u8(): number {
    if (this.#expect(1)) return this.#bytes[this.valueOffset]!;
    return 0;
  }

  /** The current value as a 16-bit number in network byte order; else as {@linkcode Dhcpv4OptionCursor.u8}. */
  u16(): number {
    if (this.#expect(2)) return readU16(this.#bytes, this.valueOffset);
    return 0;
  }

  /** The current value as an unsigned 32-bit number (an address, seconds) in network byte order; else as {@linkcode Dhcpv4OptionCursor.u8}. */
  u32(): number {
    if (this.#expect(4)) return readU32(this.#bytes, this.valueOffset);
    return 0;
  }

  #expect(length: number): boolean {
    if (this.length === length) return true;
    this.#fail();
    return false;
  }

  #fail(): false {
    this.#verdict = Verdict.BadOption;
    this.#at = this.#end;
    this.#overload = 0;
    this.#fileEnd = 0;
    this.#snameEnd = 0;
    this.#mayOverload = false;
    return false;
  }

  #nextField(): boolean {
    this.#mayOverload = false;
    this.#at = this.#end;
    if ((this.#overload & overloadFile) !== 0 && this.#fileEnd !== 0) {
      this.#at = this.#fileOffset;
      this.#end = this.#fileEnd;
      this.#fileEnd = 0;
      return true;
    }
    if ((this.#overload & overloadSname) !== 0 && this.#snameEnd !== 0) {
      this.#at = this.#snameOffset;
      this.#end = this.#snameEnd;
      this.#snameEnd = 0;
      return true;
    }
    return false;
  }
}

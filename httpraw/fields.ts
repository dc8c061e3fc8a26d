// Field lines (RFC 9112 §5): header and trailer sections, found as offsets into the caller's bytes and left as they are.

import { equalsIgnoreCase, latin1, textTable, tokenBytes, tokenTable } from "./characters.ts";
import { HttpVerdict } from "./verdict.ts";

const COLON = 0x3a;
const COMMA = 0x2c;
const token = tokenTable;
const CR = 0xd;
const HTAB = 0x9;
const LF = 0xa;
const SP = 0x20;

/** Length in bytes up to which an incomplete line is parsed anew with every call. */
const REREAD = 256;

/** Limits and latitude of a head or trailer section. */
export interface FieldOptions {
  /** The longest section in bytes, start line and empty line included; 65,536. */
  readonly maxLength?: number;
  /** The most field lines; 128. */
  readonly maxFields?: number;
  /**
   * Whether an LF without CR ends a line too, as RFC 9112 §2.2 permits. Refused by default, since two
   * parties that disagree about it can be made to see different messages.
   */
  readonly bareLineFeed?: boolean;
}

/**
 * A section of field lines. `parse` may be called again with more bytes of the same section until its verdict is other
 * than `Incomplete`; bytes that were parsed are not parsed again. Offsets are absolute in the bytes last given.
 *
 * @example
 * ```ts
 * import { FieldSection, HttpVerdict } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("Expires: 0\r\n\r\n");
 * const section = new FieldSection();
 * assertEquals(section.parse(bytes, 0, 11), HttpVerdict.Incomplete);
 * assertEquals(section.parse(bytes, 0, bytes.length), HttpVerdict.Ok);
 * assertEquals(section.get("expires"), "0");
 * ```
 */
export class FieldSection {
  /** The buffer given last. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the section begins. */
  offset = 0;
  /** Where the section ends, behind the empty line; set when the verdict is ok. */
  end = 0;
  /** How many field lines there are. */
  fieldCount = 0;

  /** Four offsets a field: name, end of name, value, end of value. */
  protected readonly spans: Int32Array;
  /** The longest section. */
  protected readonly maxLength: number;
  /** The most fields. */
  protected readonly maxFields: number;
  /** Whether an LF alone ends a line. */
  protected readonly bareLineFeed: boolean;
  /** Whether a line that begins with a space continues the value before it; only where a response is read. */
  protected acceptsFolds = false;
  /** Where the first line that is not parsed yet begins, relative to `offset`; -1 when parsing begins anew. */
  protected resume: number = -1;
  /** Up to where that line holds nothing but text, relative to `offset`. */
  protected scanned = 0;

  /**
   * Takes memory for the most fields allowed, once.
   *
   * @param options Limits and latitude.
   * @throws {RangeError} When a limit is not a positive integer.
   */
  constructor(options: FieldOptions = {}) {
    this.maxLength = checkLimit("length", options.maxLength ?? 65_536);
    this.maxFields = checkLimit("number of fields", options.maxFields ?? 128);
    this.bareLineFeed = options.bareLineFeed ?? false;
    this.spans = new Int32Array(4 * this.maxFields);
  }

  /** Forgets a section that is incomplete, so that `parse` begins anew. */
  reset(): void {
    this.resume = -1;
    this.scanned = 0;
    this.fieldCount = 0;
  }

  /**
   * Parses a section from its first byte, or goes on with one that was incomplete.
   *
   * @param bytes The buffer; it may be another, and the section may have moved in it.
   * @param offset Where the section begins.
   * @param end Where the bytes received end.
   * @returns `Ok`, `Incomplete`, or what is wrong.
   */
  parse(bytes: Uint8Array, offset: number, end: number): HttpVerdict {
    this.bytes = bytes;
    const limit = end - offset > this.maxLength ? offset + this.maxLength : end;
    let position = offset;
    if (this.resume >= 0) {
      if (!this.canResume(bytes, offset, limit)) return HttpVerdict.Incomplete;
      position = offset + this.resume;
    } else {
      this.fieldCount = 0;
    }
    this.offset = offset;
    return this.settle(this.parseLines(bytes, position, limit), limit);
  }

  /** Where the name of a field begins. */
  nameOffset(index: number): number {
    return this.spans[4 * index]!;
  }

  /** Where the name of a field ends (exclusive). */
  nameEnd(index: number): number {
    return this.spans[4 * index + 1]!;
  }

  /** Where the value of a field begins, behind optional whitespace. */
  valueOffset(index: number): number {
    return this.spans[4 * index + 2]!;
  }

  /** Where the value of a field ends (exclusive), before optional whitespace. */
  valueEnd(index: number): number {
    return this.spans[4 * index + 3]!;
  }

  /**
   * Finds a field by its name, no matter the case.
   *
   * @param name The name in lower case: {@linkcode tokenBytes}.
   * @param from The first index to look at.
   * @returns Its index, or -1.
   * @example
   * ```ts
   * import { FieldSection, tokenBytes } from "@octet/httpraw";
   * import { assertEquals } from "@std/assert";
   *
   * const bytes = new TextEncoder().encode("A: 1\r\nB: 2\r\na: 3\r\n\r\n");
   * const section = new FieldSection();
   * section.parse(bytes, 0, bytes.length);
   * assertEquals(section.findField(tokenBytes("a")), 0);
   * assertEquals(section.findField(tokenBytes("a"), 1), 2);
   * ```
   */
  findField(name: Uint8Array, from = 0): number {
    const spans = this.spans;
    const length = name.length;
    for (let index = from; index < this.fieldCount; index++) {
      const start = spans[4 * index]!;
      const end = spans[4 * index + 1]!;
      if (end - start === length && equalsIgnoreCase(this.bytes, start, end, name)) return index;
    }
    return -1;
  }

  /** Whether a field's value is these bytes, to the letter. */
  fieldValueEquals(index: number, value: Uint8Array): boolean {
    const start = this.valueOffset(index);
    if (this.valueEnd(index) - start !== value.length) return false;
    for (let i = 0; i < value.length; i++) {
      if (this.bytes[start + i] !== value[i]) return false;
    }
    return true;
  }

  /** Whether a field's value is these bytes, no matter the case; `lower` is in lower case. */
  fieldValueEqualsIgnoreCase(index: number, lower: Uint8Array): boolean {
    return equalsIgnoreCase(this.bytes, this.valueOffset(index), this.valueEnd(index), lower);
  }

  /**
   * Whether an element of a comma-separated list is this token, over all fields of that name
   * (RFC 9110 §5.6.1), as in `Connection: keep-alive, close`.
   *
   * @param name The name in lower case.
   * @param token The element in lower case.
   */
  hasToken(name: Uint8Array, token: Uint8Array): boolean {
    for (let index = this.findField(name); index >= 0; index = this.findField(name, index + 1)) {
      const end = this.valueEnd(index);
      let start = this.valueOffset(index);
      while (start < end) {
        let comma = start;
        while (comma < end && this.bytes[comma] !== COMMA) comma++;
        let last = comma;
        while (last > start && isBlank(this.bytes[last - 1]!)) last--;
        while (start < last && isBlank(this.bytes[start]!)) start++;
        if (equalsIgnoreCase(this.bytes, start, last, token)) return true;
        start = comma + 1;
      }
    }
    return false;
  }

  /** A field's name as it was sent. */
  fieldName(index: number): string {
    return latin1(this.bytes, this.nameOffset(index), this.nameEnd(index));
  }

  /** A field's value, a character per byte; a fold becomes a space (RFC 9112 §5.2). */
  fieldValue(index: number): string {
    const text = latin1(this.bytes, this.valueOffset(index), this.valueEnd(index));
    return this.acceptsFolds ? text.replace(/[ \t]*\r?\n[ \t]+/g, " ") : text;
  }

  /**
   * The value of the first field with a name.
   *
   * @param name The name, in any case.
   * @returns The value as text, or `null`.
   * @throws {TypeError} When the name is no token.
   */
  get(name: string): string | null {
    const index = this.findField(tokenBytes(name));
    return index < 0 ? null : this.fieldValue(index);
  }

  /** All fields in their order, each a name as it was sent and a value. */
  *fields(): Generator<[name: string, value: string], void, undefined> {
    for (let index = 0; index < this.fieldCount; index++) {
      yield [this.fieldName(index), this.fieldValue(index)];
    }
  }

  /** Whether going on is worth it: a line end has come, or there will be no more. */
  protected canResume(bytes: Uint8Array, offset: number, limit: number): boolean {
    const moved = offset - this.offset;
    if (moved !== 0) this.move(moved);
    if (limit - offset >= this.maxLength) return true;
    // A short line is cheap to read again, and then a fault in it shows at once. In a long one that comes byte by byte
    // only a control character is worth another look: the line's end, or a fault.
    if (limit - offset - this.resume <= REREAD) return true;
    for (let i = offset + this.scanned; i < limit; i++) {
      if (textTable[bytes[i]!] === 0) return true;
    }
    this.scanned = limit - offset;
    return false;
  }

  /** Shifts what was found: the bytes stand elsewhere now. */
  protected move(by: number): void {
    this.offset += by;
    for (let i = 0; i < 4 * this.fieldCount; i++) this.spans[i]! += by;
  }

  /** Makes the verdict on a window of the bytes one on the whole: what is incomplete at the limit is too long. */
  protected settle(verdict: HttpVerdict, limit: number): HttpVerdict {
    if (verdict !== HttpVerdict.Incomplete) {
      this.resume = -1;
      this.scanned = 0;
      return verdict;
    }
    if (limit - this.offset >= this.maxLength) {
      const inStartLine = this.resume < 0;
      this.reset();
      return inStartLine ? HttpVerdict.StartLineTooLong : HttpVerdict.HeadTooLong;
    }
    // The last byte may be the CR whose LF is yet to come.
    this.scanned = Math.max(0, limit - this.offset - 1);
    if (this.resume < 0) this.resume = 0;
    return verdict;
  }

  /** Parses field lines from `position` on, which is the beginning of a line, up to the empty line. */
  protected parseLines(bytes: Uint8Array, position: number, end: number): HttpVerdict {
    const spans = this.spans;
    let index = 4 * this.fieldCount;
    for (;;) {
      let i = position;
      if (i >= end) return this.suspend(position);
      let byte = bytes[i]!;
      while (token[byte] === 1) {
        if (++i >= end) return this.suspend(position);
        byte = bytes[i]!;
      }
      if (byte !== COLON || i === position) {
        if (i !== position) return HttpVerdict.BadField;
        if (byte === CR) {
          if (i + 1 >= end) return this.suspend(position);
          if (bytes[i + 1] !== LF) return HttpVerdict.BadLineEnd;
          this.end = i + 2;
          return HttpVerdict.Ok;
        }
        if (byte === LF) {
          this.end = i + 1;
          return this.bareLineFeed ? HttpVerdict.Ok : HttpVerdict.BadLineEnd;
        }
        if (!isBlank(byte) || !this.acceptsFolds || index === 0) return HttpVerdict.BadField;
      }
      const nameEnd = i;
      do {
        if (++i >= end) return this.suspend(position);
        byte = bytes[i]!;
      } while (byte === SP || byte === HTAB);
      const valueOffset = i;
      while (byte > 31 && byte !== 127 || byte === HTAB) {
        if (++i >= end) return this.suspend(position);
        byte = bytes[i]!;
      }
      let valueEnd = i;
      if (byte === CR) {
        if (++i >= end) return this.suspend(position);
        if (bytes[i] !== LF) return HttpVerdict.BadLineEnd;
      } else if (byte !== LF) {
        return HttpVerdict.BadField;
      } else if (!this.bareLineFeed) {
        return HttpVerdict.BadLineEnd;
      }
      while (valueEnd > valueOffset && isBlank(bytes[valueEnd - 1]!)) valueEnd--;
      if (nameEnd === position) {
        // A line of blanks alone adds nothing to the value.
        if (valueEnd > valueOffset) {
          if (spans[index - 2] === spans[index - 1]) spans[index - 2] = valueOffset;
          spans[index - 1] = valueEnd;
        }
      } else {
        if (index === spans.length) return HttpVerdict.TooManyFields;
        spans[index] = position;
        spans[index + 1] = nameEnd;
        spans[index + 2] = valueOffset;
        spans[index + 3] = valueEnd;
        index += 4;
        this.fieldCount++;
      }
      position = i + 1;
    }
  }

  /** Remembers the line to go on with. */
  protected suspend(position: number): HttpVerdict {
    this.resume = position - this.offset;
    return HttpVerdict.Incomplete;
  }
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

function checkLimit(what: string, value: number): number {
  if (!Number.isInteger(value) || value < 1 || value > 0x100_0000) {
    throw new RangeError(
      `Cannot limit ${what} as it must be an integer from 1 to 16,777,216: it is ${value}`,
    );
  }
  return value;
}

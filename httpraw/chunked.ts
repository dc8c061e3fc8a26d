// The chunked transfer coding (RFC 9112 §7.1), taken apart as the bytes come, and made.

import { hexTable, textTable, tokenTable } from "./characters.ts";
import { HttpEvent } from "./event.ts";
import { type FieldOptions, FieldSection } from "./fields.ts";
import { HttpVerdict } from "./verdict.ts";

const CR = 0xd;
const HTAB = 0x9;
const LF = 0xa;
const SP = 0x20;
const QUOTE = 0x22;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const BACKSLASH = 0x5c;

/** Bytes that all chunk extensions of a body may take together; they carry nothing that anybody reads. */
const MAX_EXTENSIONS = 16_384;

const State = {
  Size: 0,
  BeforeExtension: 1,
  BeforeName: 2,
  Name: 3,
  AfterName: 4,
  BeforeValue: 5,
  Value: 6,
  Quoted: 7,
  QuotedPair: 8,
  SizeLf: 9,
  Data: 10,
  DataCr: 11,
  DataLf: 12,
  Trailer: 13,
  End: 14,
  Error: 15,
} as const;
type State = (typeof State)[keyof typeof State];

/**
 * Takes a chunked body apart. The caller gives bytes, acts on the event, and gives the bytes from
 * `position` on again; nothing is copied. Lines end in CR LF and nothing else, whatever latitude heads have.
 *
 * @example
 * ```ts
 * import { ChunkedDecoder, HttpEvent } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("4\r\nWiki\r\n0\r\n\r\nGET");
 * const decoder = new ChunkedDecoder();
 * assertEquals(decoder.next(bytes, 0, bytes.length), HttpEvent.Data);
 * assertEquals([decoder.dataOffset, decoder.dataEnd], [3, 7]);
 * assertEquals(decoder.next(bytes, decoder.position, bytes.length), HttpEvent.End);
 * assertEquals(decoder.position, 14);
 * ```
 */
export class ChunkedDecoder {
  /** The trailer section; its fields are to be read when the event is `End`, before the bytes move. */
  readonly trailers: FieldSection;
  /** Up to where the bytes have been read: the next call begins there. */
  position = 0;
  /** Where the data of the last `Data` event begins. */
  dataOffset = 0;
  /** Where it ends (exclusive). */
  dataEnd = 0;
  /** What is wrong when the event is `Error`. */
  verdict: HttpVerdict = HttpVerdict.Ok;

  #state: State = State.Size;
  #size = 0;
  #digits = 0;
  #extensions = 0;
  #quoteClosed = false;

  /**
   * Makes a decoder at the beginning of a body.
   *
   * @param options Limits of the trailer section.
   */
  constructor(options: FieldOptions = {}) {
    this.trailers = new FieldSection(options);
  }

  /** Begins a new body. */
  reset(): void {
    this.#state = State.Size;
    this.#size = 0;
    this.#digits = 0;
    this.#extensions = 0;
    this.#quoteClosed = false;
    this.verdict = HttpVerdict.Ok;
    this.trailers.reset();
  }

  /**
   * Reads up to the next event.
   *
   * @param bytes The buffer.
   * @param offset Where to go on: {@linkcode ChunkedDecoder.position} of the call before, wherever those bytes stand now.
   * @param end Where the bytes received end.
   * @returns The event. After `NeedMore` bytes from `position` on must be given again, which are some only in a trailer section.
   */
  next(bytes: Uint8Array, offset: number, end: number): HttpEvent {
    let i = offset;
    while (i < end) {
      switch (this.#state) {
        case State.Data: {
          const length = Math.min(this.#size, end - i);
          this.#size -= length;
          if (this.#size === 0) this.#state = State.DataCr;
          this.dataOffset = i;
          this.dataEnd = this.position = i + length;
          return HttpEvent.Data;
        }
        case State.Trailer:
          return this.#readTrailers(bytes, i, end);
        case State.End:
          this.position = i;
          return HttpEvent.End;
        case State.Error:
          this.position = i;
          return HttpEvent.Error;
        default:
          this.#readFraming(bytes[i]!);
          i++;
      }
    }
    this.position = i;
    // Even a state that no byte leads out of is told again to who asks with no bytes.
    if (this.#state === State.End) return HttpEvent.End;
    return this.#state === State.Error ? HttpEvent.Error : HttpEvent.NeedMore;
  }

  #readTrailers(bytes: Uint8Array, offset: number, end: number): HttpEvent {
    const verdict = this.trailers.parse(bytes, offset, end);
    this.position = offset;
    if (verdict === HttpVerdict.Incomplete) return HttpEvent.NeedMore;
    if (verdict !== HttpVerdict.Ok) {
      this.#fail(verdict);
      return HttpEvent.Error;
    }
    this.position = this.trailers.end;
    this.#state = State.End;
    return HttpEvent.End;
  }

  /** One byte of a chunk's size line, or of the line end after its data. */
  #readFraming(byte: number): void {
    switch (this.#state) {
      case State.Size: {
        const digit = hexTable[byte]!;
        if (digit === 255) {
          if (this.#digits === 0) this.#fail(HttpVerdict.BadChunk);
          else this.#endItem(byte, State.BeforeExtension);
          return;
        }
        this.#size = this.#size * 16 + digit;
        // Leading zeros are allowed, but not without end.
        if (++this.#digits > 16 || this.#size > Number.MAX_SAFE_INTEGER) {
          this.#fail(HttpVerdict.BadChunk);
        }
        return;
      }
      case State.SizeLf:
        if (byte !== LF) this.#fail(HttpVerdict.BadChunk);
        else this.#state = this.#size === 0 ? State.Trailer : State.Data;
        return;
      case State.DataCr:
        if (byte === CR) this.#state = State.DataLf;
        else this.#fail(HttpVerdict.BadChunk);
        return;
      case State.DataLf:
        this.#digits = 0;
        if (byte === LF) this.#state = State.Size;
        else this.#fail(HttpVerdict.BadChunk);
        return;
      default:
        if (++this.#extensions > MAX_EXTENSIONS) this.#fail(HttpVerdict.BadChunk);
        else this.#readExtension(byte);
    }
  }

  /** chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS value ] ) (RFC 9112 §7.1.1). */
  #readExtension(byte: number): void {
    const isBlank = byte === SP || byte === HTAB;
    const isToken = tokenTable[byte] === 1;
    switch (this.#state) {
      case State.BeforeExtension:
        if (byte === SEMICOLON) this.#state = State.BeforeName;
        else if (!isBlank) this.#fail(HttpVerdict.BadChunk);
        return;
      case State.BeforeName:
        if (isToken) this.#state = State.Name;
        else if (!isBlank) this.#fail(HttpVerdict.BadChunk);
        return;
      case State.Name:
        if (byte === EQUALS) this.#state = State.BeforeValue;
        else if (!isToken) this.#endItem(byte, State.AfterName);
        return;
      case State.AfterName:
        if (byte === EQUALS) this.#state = State.BeforeValue;
        else if (byte === SEMICOLON) this.#state = State.BeforeName;
        else if (!isBlank) this.#fail(HttpVerdict.BadChunk);
        return;
      case State.BeforeValue:
        if (byte === QUOTE) this.#state = State.Quoted;
        else if (isToken) this.#state = State.Value;
        else if (!isBlank) this.#fail(HttpVerdict.BadChunk);
        return;
      case State.Value:
        if (!isToken || this.#quoteClosed) this.#endItem(byte, State.BeforeExtension);
        return;
      case State.Quoted:
        if (byte === QUOTE) {
          this.#quoteClosed = true;
          this.#state = State.Value;
        } else if (byte === BACKSLASH) {
          this.#state = State.QuotedPair;
        } else if (textTable[byte] === 0) {
          this.#fail(HttpVerdict.BadChunk);
        }
        return;
      case State.QuotedPair:
        if (textTable[byte] === 0) this.#fail(HttpVerdict.BadChunk);
        else this.#state = State.Quoted;
    }
  }

  /** What may follow a size, a name or a value: the line's end, another extension, or blanks before one. */
  #endItem(byte: number, afterBlank: State): void {
    this.#quoteClosed = false;
    if (byte === CR) this.#state = State.SizeLf;
    else if (byte === SEMICOLON) this.#state = State.BeforeName;
    else if (byte === SP || byte === HTAB) this.#state = afterBlank;
    else this.#fail(HttpVerdict.BadChunk);
  }

  #fail(verdict: HttpVerdict): void {
    this.verdict = verdict;
    this.#state = State.Error;
  }
}

/** The last chunk and an empty trailer section: `0 CR LF CR LF` (RFC 9112 §7.1). */
export const lastChunkLength = 5;

/**
 * How many bytes {@linkcode writeChunkHeader} writes for a size.
 *
 * @param size The chunk's data in bytes, from 1.
 */
export function chunkHeaderLength(size: number): number {
  let digits = 1;
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 16)) digits++;
  return digits + 2;
}

/**
 * Writes the line before a chunk's data; behind the data comes {@linkcode writeChunkEnd}.
 *
 * @param bytes The buffer.
 * @param offset Where the line goes.
 * @param size The data's length in bytes, from 1: a chunk of 0 would end the body.
 * @returns The bytes written.
 * @throws {RangeError} When the size is not a positive integer, or the line does not fit.
 * @example
 * ```ts
 * import { writeChunkEnd, writeChunkHeader, writeLastChunk } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(16);
 * let length = writeChunkHeader(bytes, 0, 4);
 * bytes.set(new TextEncoder().encode("Wiki"), length);
 * length += 4;
 * length += writeChunkEnd(bytes, length);
 * length += writeLastChunk(bytes, length);
 * assertEquals(new TextDecoder().decode(bytes.subarray(0, length)), "4\r\nWiki\r\n0\r\n\r\n");
 * ```
 */
export function writeChunkHeader(bytes: Uint8Array, offset: number, size: number): number {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(
      `Cannot write chunk as its size must be a positive integer: it is ${size}`,
    );
  }
  const length = chunkHeaderLength(size);
  checkRoom(bytes, offset, length);
  let rest = size;
  for (let i = offset + length - 3; i >= offset; i--) {
    const digit = rest % 16;
    bytes[i] = digit < 10 ? 0x30 + digit : 0x61 + digit - 10;
    rest = (rest - digit) / 16;
  }
  bytes[offset + length - 2] = CR;
  bytes[offset + length - 1] = LF;
  return length;
}

/**
 * Writes the line end behind a chunk's data.
 *
 * @param bytes The buffer.
 * @param offset Where it goes.
 * @returns 2, the bytes written.
 * @throws {RangeError} When it does not fit.
 */
export function writeChunkEnd(bytes: Uint8Array, offset: number): number {
  checkRoom(bytes, offset, 2);
  bytes[offset] = CR;
  bytes[offset + 1] = LF;
  return 2;
}

/**
 * Writes the last chunk and an empty trailer section.
 *
 * @param bytes The buffer.
 * @param offset Where they go.
 * @returns 5, the bytes written.
 * @throws {RangeError} When they do not fit.
 */
export function writeLastChunk(bytes: Uint8Array, offset: number): number {
  checkRoom(bytes, offset, lastChunkLength);
  bytes[offset] = 0x30;
  writeChunkEnd(bytes, offset + 1);
  writeChunkEnd(bytes, offset + 3);
  return lastChunkLength;
}

function checkRoom(bytes: Uint8Array, offset: number, length: number): void {
  if (offset < 0 || offset + length > bytes.length) {
    throw new RangeError(
      `Cannot write ${length} bytes of chunk at ${offset} as the buffer has ${bytes.length}`,
    );
  }
}

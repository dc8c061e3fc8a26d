// A body as it comes in, whatever its framing (RFC 9112 §6.3).

import { ChunkedDecoder } from "./chunked.ts";
import { HttpEvent } from "./event.ts";
import type { FieldOptions, FieldSection } from "./fields.ts";
import { type BodyFraming, BodyKind } from "./framing.ts";
import { HttpVerdict } from "./verdict.ts";

/**
 * Finds a body's bytes in those received; nothing is copied.
 *
 * @example
 * ```ts
 * import { BodyFraming, BodyKind, BodyReader, HttpEvent } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const framing = new BodyFraming();
 * framing.kind = BodyKind.Length;
 * framing.length = 3;
 * const reader = new BodyReader();
 * reader.begin(framing);
 * const bytes = new TextEncoder().encode("abcGET /");
 * assertEquals(reader.next(bytes, 0, 8), HttpEvent.Data);
 * assertEquals([reader.dataOffset, reader.dataEnd], [0, 3]);
 * assertEquals(reader.next(bytes, reader.position, 8), HttpEvent.End);
 * assertEquals(reader.position, 3);
 * ```
 */
export class BodyReader {
  /** Up to where the bytes have been read. */
  position = 0;
  /** Where the data of the last `Data` event begins. */
  dataOffset = 0;
  /** Where it ends (exclusive). */
  dataEnd = 0;
  /** How many bytes of body have come. */
  received = 0;
  /** What is wrong when the event is `Error`. */
  verdict: HttpVerdict = HttpVerdict.Ok;

  readonly #decoder: ChunkedDecoder;
  readonly #maxLength: number;
  #kind: BodyKind = BodyKind.None;
  #left = 0;

  /**
   * Makes a reader, to be used for one body after another.
   *
   * @param maxLength The longest body in bytes; Infinity for any.
   * @param options Limits of trailer sections.
   */
  constructor(maxLength: number = Infinity, options: FieldOptions = {}) {
    this.#maxLength = maxLength;
    this.#decoder = new ChunkedDecoder(options);
  }

  /** The trailer section of a chunked body; read it when the event is `End`, before the bytes move. */
  get trailers(): FieldSection {
    return this.#decoder.trailers;
  }

  /**
   * Begins a body.
   *
   * @param framing Its framing.
   * @returns `Ok`, or `BodyTooLong` where the framing already says so.
   */
  begin(framing: BodyFraming): HttpVerdict {
    this.#kind = framing.kind;
    this.#left = framing.length;
    this.received = 0;
    this.verdict = HttpVerdict.Ok;
    this.#decoder.reset();
    return framing.length > this.#maxLength ? HttpVerdict.BodyTooLong : HttpVerdict.Ok;
  }

  /**
   * Reads up to the next event.
   *
   * @param bytes The buffer.
   * @param offset Where to go on: `position` of the call before, wherever those bytes stand now.
   * @param end Where the bytes received end.
   * @returns `NeedMore`, `Data`, `End` or `Error`.
   */
  next(bytes: Uint8Array, offset: number, end: number): HttpEvent {
    this.position = offset;
    switch (this.#kind) {
      case BodyKind.Length: {
        if (this.#left === 0) return HttpEvent.End;
        const length = Math.min(this.#left, end - offset);
        if (length === 0) return HttpEvent.NeedMore;
        this.#left -= length;
        return this.#data(offset, offset + length);
      }
      case BodyKind.Chunked: {
        const event = this.#decoder.next(bytes, offset, end);
        this.position = this.#decoder.position;
        if (event === HttpEvent.Error) this.verdict = this.#decoder.verdict;
        if (event !== HttpEvent.Data) return event;
        return this.#data(this.#decoder.dataOffset, this.#decoder.dataEnd);
      }
      case BodyKind.UntilClose:
        return offset < end ? this.#data(offset, end) : HttpEvent.NeedMore;
      default:
        return HttpEvent.End;
    }
  }

  /** The peer sends no more: the end of a body that lasts until then, otherwise a message cut short (RFC 9112 §8). */
  close(): HttpEvent {
    const isComplete = this.#kind === BodyKind.UntilClose || this.#kind === BodyKind.None ||
      this.#kind === BodyKind.Length && this.#left === 0;
    if (isComplete) return HttpEvent.End;
    this.verdict = HttpVerdict.Truncated;
    return HttpEvent.Error;
  }

  #data(offset: number, end: number): HttpEvent {
    this.position = end;
    this.dataOffset = offset;
    this.dataEnd = end;
    this.received += end - offset;
    if (this.received <= this.#maxLength) return HttpEvent.Data;
    this.verdict = HttpVerdict.BodyTooLong;
    return HttpEvent.Error;
  }
}

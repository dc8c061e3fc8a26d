// A body as it goes out: what must stand before, between and behind its pieces (RFC 9112 §6, §7.1).

import { writeChunkEnd, writeChunkHeader, writeLastChunk } from "./chunked.ts";
import { BodyKind } from "./framing.ts";

/**
 * Frames a body's pieces. For each piece: `open` before it, its bytes, `close` behind it; in the end `finish`.
 *
 * @example
 * ```ts
 * import { BodyKind, BodyWriter } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const body = new BodyWriter();
 * body.begin(BodyKind.Chunked, 0);
 * const bytes = new Uint8Array(32);
 * let position = body.open(bytes, 0, 2);
 * bytes.set([0x68, 0x69], position);
 * position += 2;
 * position += body.close(bytes, position);
 * position += body.finish(bytes, position);
 * assertEquals(new TextDecoder().decode(bytes.subarray(0, position)), "2\r\nhi\r\n0\r\n\r\n");
 * assertEquals(body.isComplete, true);
 * ```
 */
export class BodyWriter {
  /** Bytes that {@linkcode BodyWriter.open}, `close` and `finish` may need at most beside the data. */
  static readonly overhead = 23;

  /** How the body's end is known. */
  kind: BodyKind = BodyKind.None;
  /** Whether everything has been written. */
  isComplete = true;
  #left = 0;

  /**
   * Begins a body.
   *
   * @param kind How its end is known.
   * @param length Its length where that is `Length`.
   */
  begin(kind: BodyKind, length: number): void {
    this.kind = kind;
    this.#left = kind === BodyKind.Length ? length : 0;
    this.isComplete = kind === BodyKind.None || kind === BodyKind.Length && length === 0;
  }

  /** Bytes still to come where the length was announced, otherwise 0. */
  get left(): number {
    return this.#left;
  }

  /**
   * Announces a piece.
   *
   * @param bytes Where it goes.
   * @param offset Where the framing before it goes.
   * @param size The piece's length in bytes; 0 writes nothing.
   * @returns How many bytes were written before it.
   * @throws {TypeError} When the body is complete already, or there is none.
   * @throws {RangeError} When that is more than was announced, or it does not fit.
   */
  open(bytes: Uint8Array, offset: number, size: number): number {
    if (size === 0) return 0;
    if (this.isComplete) {
      throw new TypeError(
        `Cannot write ${size} bytes of body as ${
          this.kind === BodyKind.None ? "the message has none" : "it is complete"
        }`,
      );
    }
    if (this.kind === BodyKind.Chunked) return writeChunkHeader(bytes, offset, size);
    if (this.kind === BodyKind.Length) {
      if (size > this.#left) {
        throw new RangeError(
          `Cannot write ${size} bytes of body as only ${this.#left} are left of its length`,
        );
      }
      this.#left -= size;
      this.isComplete = this.#left === 0;
    }
    return 0;
  }

  /**
   * Ends a piece of one byte or more.
   *
   * @param bytes Where it went.
   * @param offset Where the piece ends.
   * @returns How many bytes were written behind it.
   * @throws {RangeError} When they do not fit.
   */
  close(bytes: Uint8Array, offset: number): number {
    return this.kind === BodyKind.Chunked ? writeChunkEnd(bytes, offset) : 0;
  }

  /**
   * Ends the body. Twice is once.
   *
   * @param bytes Where it goes.
   * @param offset Where to write.
   * @returns How many bytes were written.
   * @throws {TypeError} When bytes of the announced length are missing.
   * @throws {RangeError} When the last chunk does not fit.
   */
  finish(bytes: Uint8Array, offset: number): number {
    if (this.#left > 0) {
      throw new TypeError(`Cannot end body as ${this.#left} bytes of its length are missing`);
    }
    const isNew = !this.isComplete;
    const length = isNew && this.kind === BodyKind.Chunked ? writeLastChunk(bytes, offset) : 0;
    this.isComplete = true;
    return length;
  }
}

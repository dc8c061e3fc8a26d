/**
 * The bytes of a connection that have come and are not understood yet, and the one read under way.
 *
 * @module
 */
import type { HttpConn } from "./conn.ts";

/**
 * A buffer before a connection. At most one read is under way, also while nobody waits for it: so the end
 * of a connection is noticed where nothing is expected, and what comes first is not lost.
 */
export class HttpInput {
  /** The buffer; another one after it had to grow. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Where the bytes that are not used up begin. */
  start = 0;
  /** Where they end. */
  end = 0;
  readonly #conn: HttpConn;
  readonly #maxLength: number;
  #reading: Promise<number | null> | null = null;

  /**
   * Makes an empty buffer.
   *
   * @param conn Where bytes come from.
   * @param length Its size in bytes at first.
   * @param maxLength Its size at most.
   */
  constructor(conn: HttpConn, length: number, maxLength: number) {
    this.#conn = conn;
    this.#maxLength = maxLength;
    this.bytes = new Uint8Array(length);
  }

  /** How many bytes are there. */
  get length(): number {
    return this.end - this.start;
  }

  /** Whether a read is under way: `bytes` must not be replaced. */
  get isReading(): boolean {
    return this.#reading !== null;
  }

  /** Whether nothing more fits: all that is there belongs to one head, which is too long then. */
  get isFull(): boolean {
    return this.start === 0 && this.end === this.#maxLength;
  }

  /**
   * Waits for more bytes.
   *
   * @returns How many have come; `null` at the end of the stream.
   */
  fill(): Promise<number | null> {
    if (this.#reading !== null) return this.#reading;
    this.#makeRoom();
    const room = this.end === 0 ? this.bytes : this.bytes.subarray(this.end);
    return this.#reading = this.#conn.read(room).then(this.#onRead, this.#onFailure);
  }

  readonly #onRead = (count: number | null): number | null => {
    this.#reading = null;
    if (count !== null) this.end += count;
    return count;
  };

  readonly #onFailure = (error: unknown): never => {
    this.#reading = null;
    throw error;
  };

  /** Adds bytes that were read elsewhere. There must be no read under way. */
  append(source: Uint8Array): void {
    if (source.length === 0) return;
    this.#makeRoom(source.length);
    this.bytes.set(source, this.end);
    this.end += source.length;
  }

  #makeRoom(wanted = 1): void {
    if (this.start > 0) {
      if (this.start < this.end) this.bytes.copyWithin(0, this.start, this.end);
      this.end -= this.start;
      this.start = 0;
    }
    if (this.bytes.length - this.end >= wanted) return;
    let length = this.bytes.length * 2;
    while (length - this.end < wanted) length *= 2;
    const grown = new Uint8Array(Math.max(this.end + wanted, Math.min(length, this.#maxLength)));
    grown.set(this.bytes.subarray(0, this.end));
    this.bytes = grown;
  }
}

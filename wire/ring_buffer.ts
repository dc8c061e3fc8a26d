/**
 * A queue of bytes between an application and its connection. Memory is taken with the first byte,
 * grows by doubling, and is given back with the last, so that the idle hold none.
 *
 * @module
 */
import { allocate, type Block, release } from "./memory.ts";
import * as memory from "./memory.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const copyBytes = memory.copyBytes;

const smallest = 2048;

/** First in, first out, with access by position: to send again, and to fill in out of order. */
export class RingBuffer {
  #block: Block | null = null;
  #start = 0;
  #length = 0;
  #reserved = 0;
  #limit: number;

  /**
   * Makes an empty queue, which holds no memory yet.
   *
   * @param limit How many bytes it may hold, at most 2^30.
   */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many bytes it holds. */
  get length(): number {
    return this.#length;
  }

  /** How many bytes it may hold. */
  get limit(): number {
    return this.#limit;
  }

  /**
   * Changes how many bytes it may hold; what it holds already stays.
   *
   * @throws {RangeError} When it is no integer from 0 on: half a byte would shift all that follow.
   */
  set limit(limit: number) {
    if (!(Number.isInteger(limit) && limit >= 0)) {
      throw new RangeError(`Cannot limit ring buffer to ${limit} bytes`);
    }
    this.#limit = limit;
  }

  /** How many more bytes it takes. */
  get free(): number {
    return Math.max(0, this.#limit - this.#length);
  }

  /** How much memory it holds, in bytes. */
  get capacity(): number {
    return this.#block === null ? 0 : this.#block.bytes.length;
  }

  /**
   * Appends as much as fits.
   *
   * @param source The bytes.
   * @param offset Where in `source` to begin.
   * @param end Where in `source` to stop (exclusive).
   * @returns How many bytes were taken.
   */
  write(source: Uint8Array, offset: number = 0, end: number = source.length): number {
    const length = Math.min(end - offset, this.free);
    if (length > 0) {
      this.place(0, source, -1, offset, length);
      this.commit(length);
    }
    return length;
  }

  /**
   * Writes beyond the end without making the bytes part of the queue: what arrived out of order.
   * {@linkcode RingBuffer.commit} takes them in once the gap is filled.
   *
   * @param distance How far beyond the end, in bytes.
   * @param source The bytes.
   * @param address Where `source` begins in the slab, -1 when outside.
   * @param offset Where in `source` to begin.
   * @param length How many bytes; `distance + length` must not exceed {@linkcode RingBuffer.free}.
   */
  place(
    distance: number,
    source: Uint8Array,
    address: number,
    offset: number,
    length: number,
  ): void {
    const need = this.#length + distance + length;
    this.#reserve(need);
    if (need > this.#reserved) this.#reserved = need;
    const block = this.#block!;
    const capacity = block.bytes.length;
    const at = (this.#start + this.#length + distance) & (capacity - 1);
    const first = Math.min(length, capacity - at);
    copyBytes(source, address, offset, block.bytes, block.address, at, first);
    if (first < length) {
      copyBytes(source, address, offset + first, block.bytes, block.address, 0, length - first);
    }
  }

  /** Makes `length` bytes that {@linkcode RingBuffer.place} wrote part of the queue. */
  commit(length: number): void {
    this.#length += length;
  }

  /**
   * Copies bytes out and leaves them in the queue.
   *
   * @param position How far from the oldest byte to begin.
   * @param target Where they go.
   * @param address Where `target` begins in the slab, -1 when outside.
   * @param offset Where in `target` to begin.
   * @param length How many bytes; `position + length` must not exceed {@linkcode RingBuffer.length}.
   */
  peek(
    position: number,
    target: Uint8Array,
    address: number,
    offset: number,
    length: number,
  ): void {
    if (length === 0) return;
    const block = this.#block!;
    const capacity = block.bytes.length;
    const at = (this.#start + position) & (capacity - 1);
    const first = Math.min(length, capacity - at);
    copyBytes(block.bytes, block.address, at, target, address, offset, first);
    if (first < length) {
      copyBytes(block.bytes, block.address, 0, target, address, offset + first, length - first);
    }
  }

  /** Drops the oldest `length` bytes. */
  discard(length: number): void {
    this.#length -= length;
    this.#reserved -= length;
    if (this.#reserved <= 0) this.clear();
    else this.#start = (this.#start + length) & (this.#block!.bytes.length - 1);
  }

  /**
   * Takes bytes out.
   *
   * @param target Where they go.
   * @param offset Where in `target` to begin.
   * @param end Where in `target` to stop (exclusive).
   * @returns How many bytes it gave.
   */
  read(target: Uint8Array, offset: number = 0, end: number = target.length): number {
    const length = Math.min(end - offset, this.#length);
    if (length > 0) {
      this.peek(0, target, -1, offset, length);
      this.discard(length);
    }
    return length;
  }

  /** Forgets everything and gives the memory back. */
  clear(): void {
    if (this.#block !== null) release(this.#block);
    this.#block = null;
    this.#start = 0;
    this.#length = 0;
    this.#reserved = 0;
  }

  #reserve(size: number): void {
    const old = this.#block;
    if (old !== null && size <= old.bytes.length) return;
    let capacity = smallest;
    while (capacity < size) capacity *= 2;
    const block = allocate(capacity);
    const kept = this.#reserved;
    if (old !== null) {
      const first = Math.min(kept, old.bytes.length - this.#start);
      copyBytes(old.bytes, old.address, this.#start, block.bytes, block.address, 0, first);
      copyBytes(old.bytes, old.address, 0, block.bytes, block.address, first, kept - first);
      release(old);
    }
    this.#block = block;
    this.#start = 0;
  }
}

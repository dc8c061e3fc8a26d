/**
 * A queue of bytes between an application and its connection. Memory is taken with the first byte,
 * grows by doubling, and is given back with the last, so that the idle hold none. It begins
 * with half of what it came to the last time: who needs as much again copies once, who needs less
 * holds less and less.
 *
 * @module
 */
import type { Block } from "./memory.ts";
import * as memory from "./memory.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const allocate = memory.allocate;
const copyBytes = memory.copyBytes;
const release = memory.release;

const smallest = 2048;

/** A block of the smallest size that was given back last: what comes and goes at once takes it without asking the slab. */
let spare: Block | null = null;

function takeBlock(capacity: number): Block {
  const block = spare;
  if (capacity !== smallest || block === null) return allocate(capacity);
  spare = null;
  return block;
}

function returnBlock(block: Block, capacity: number): void {
  if (capacity === smallest && spare === null) spare = block;
  else release(block);
}

/** First in, first out, with access by position: to send again, and to fill in out of order. */
export class RingBuffer {
  #block: Block | null = null;
  /** The capacity, a power of two, less one. */
  #mask = -1;
  #start = 0;
  #length = 0;
  /** Up to where bytes have been written, those beyond the end included. */
  #reserved = 0;
  /** How much memory to begin with. */
  #first: number = smallest;
  #limit = 0;

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
    // Who allows less begins small.
    if (limit < this.#limit) this.#first = smallest;
    this.#limit = limit;
  }

  /** How many more bytes it takes. */
  get free(): number {
    return Math.max(0, this.#limit - this.#length);
  }

  /** How much memory it holds, in bytes. */
  get capacity(): number {
    return this.#mask + 1;
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
    if (length > 0) this.append(source, -1, offset, length);
    return length;
  }

  /**
   * Appends bytes that are known to fit.
   *
   * @param source The bytes.
   * @param address Where `source` begins in the slab, -1 when outside.
   * @param offset Where in `source` to begin.
   * @param length How many bytes, at most {@linkcode RingBuffer.free}.
   */
  append(source: Uint8Array, address: number, offset: number, length: number): void {
    const end = this.#length;
    this.#length = end + length;
    if (end + length > this.#reserved) this.#reserve(end + length);
    this.#copyIn(end, source, address, offset, length);
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
    const position = this.#length + distance;
    if (position + length > this.#reserved) this.#reserve(position + length);
    this.#copyIn(position, source, address, offset, length);
  }

  #copyIn(
    position: number,
    source: Uint8Array,
    address: number,
    offset: number,
    length: number,
  ): void {
    const { bytes, address: target } = this.#block!;
    const at = (this.#start + position) & this.#mask;
    const first = this.#mask + 1 - at;
    if (length <= first) {
      copyBytes(source, address, offset, bytes, target, at, length);
    } else {
      copyBytes(source, address, offset, bytes, target, at, first);
      copyBytes(source, address, offset + first, bytes, target, 0, length - first);
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
    const { bytes, address: source } = this.#block!;
    const at = (this.#start + position) & this.#mask;
    const first = this.#mask + 1 - at;
    if (length <= first) {
      copyBytes(bytes, source, at, target, address, offset, length);
    } else {
      copyBytes(bytes, source, at, target, address, offset, first);
      copyBytes(bytes, source, 0, target, address, offset + first, length - first);
    }
  }

  /** Drops the oldest `length` bytes. */
  discard(length: number): void {
    this.#length -= length;
    this.#reserved -= length;
    if (this.#reserved <= 0) this.clear();
    else this.#start = (this.#start + length) & this.#mask;
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
    if (this.#block !== null) {
      returnBlock(this.#block, this.#mask + 1);
      if (this.#mask >= smallest) this.#first = (this.#mask + 1) >> 1;
    }
    this.#block = null;
    this.#mask = -1;
    this.#start = 0;
    this.#length = 0;
    this.#reserved = 0;
  }

  /** Bytes are about to be written up to `size`. */
  #reserve(size: number): void {
    if (size > this.#mask + 1) this.#grow(size);
    this.#reserved = size;
  }

  #grow(size: number): void {
    const old = this.#block;
    let capacity = this.#first;
    while (capacity < size) capacity *= 2;
    const block = takeBlock(capacity);
    if (old !== null) {
      const kept = this.#reserved;
      const first = Math.min(kept, this.#mask + 1 - this.#start);
      copyBytes(old.bytes, old.address, this.#start, block.bytes, block.address, 0, first);
      copyBytes(old.bytes, old.address, 0, block.bytes, block.address, first, kept - first);
      returnBlock(old, this.#mask + 1);
    }
    this.#block = block;
    this.#mask = capacity - 1;
    this.#start = 0;
  }
}

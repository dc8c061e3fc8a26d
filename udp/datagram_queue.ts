/**
 * Datagrams that wait, for the application or for the network: bytes in one ring, facts in another.
 * Bounded in both; memory is given back when the queue is empty.
 *
 * @module
 */
import { RingBuffer } from "@octet/wire";

/** Numbers kept of each datagram: length, and four that belong to the user of the queue. */
const fields = 5;

/** First in, first out. */
export class DatagramQueue {
  /** The first number kept of the oldest datagram; an address, signed. */
  address = 0;
  /** The second number kept of the oldest datagram. */
  port = 0;
  /** The third number kept of the oldest datagram; an address, signed. */
  local = 0;
  /** The fourth number kept of the oldest datagram. */
  flags = 0;

  /** The bytes of the datagrams that {@linkcode countRun} has counted. */
  runLength = 0;

  readonly #bytes: RingBuffer;
  readonly #limit: number;
  #facts: Int32Array<ArrayBuffer> = new Int32Array(0);
  #head = 0;
  #count = 0;

  /**
   * Makes an empty queue.
   *
   * @param byteLimit How many bytes of payload it keeps.
   * @param datagramLimit How many datagrams it keeps.
   */
  constructor(byteLimit: number, datagramLimit: number) {
    this.#bytes = new RingBuffer(byteLimit);
    this.#limit = datagramLimit;
  }

  /** How many datagrams wait. */
  get count(): number {
    return this.#count;
  }

  /** How many bytes of payload wait. */
  get byteLength(): number {
    return this.#bytes.length;
  }

  /** Whether a datagram of so many bytes fits. */
  fits(length: number): boolean {
    return this.#count < this.#limit && length <= this.#bytes.free;
  }

  /**
   * Appends a datagram that {@linkcode fits}.
   *
   * @param bytes Where it lies.
   * @param slabAddress Where `bytes` begins in the slab, -1 when outside.
   * @param offset Where it begins.
   * @param end Where it ends (exclusive).
   * @param address The first number to keep.
   * @param port The second.
   * @param local The third.
   * @param flags The fourth.
   */
  push(
    bytes: Uint8Array,
    slabAddress: number,
    offset: number,
    end: number,
    address: number,
    port: number,
    local: number,
    flags: number,
  ): void {
    this.#append(bytes, slabAddress, offset, end);
    this.#note(end - offset, address, port, local, flags);
  }

  /**
   * Appends datagrams that lie one behind another, as many as fit.
   *
   * @param bytes Where they lie.
   * @param slabAddress Where `bytes` begins in the slab, -1 when outside.
   * @param offset Where the first begins.
   * @param end Where the last ends (exclusive).
   * @param size The length of each but the last, which may be shorter.
   * @param address The first number to keep of each.
   * @param port The second.
   * @param local The third.
   * @param flags The fourth.
   * @returns Where the first begins that did not fit; `end` when all did.
   */
  pushRun(
    bytes: Uint8Array,
    slabAddress: number,
    offset: number,
    end: number,
    size: number,
    address: number,
    port: number,
    local: number,
    flags: number,
  ): number {
    const most = Math.min(this.#limit - this.#count, Math.floor(this.#bytes.free / size));
    let stop = Math.min(end, offset + most * size);
    // A shorter last one may fit where a whole one does not.
    const hasRoom = this.#count + most < this.#limit;
    if (stop < end && end - stop < size && hasRoom && end - offset <= this.#bytes.free) stop = end;
    if (stop > offset) this.#append(bytes, slabAddress, offset, stop);
    for (let at = offset; at < stop; at += size) {
      this.#note(Math.min(size, stop - at), address, port, local, flags);
    }
    return stop;
  }

  /** The oldest datagram's length, -1 when none waits. Sets the four numbers. */
  peek(): number {
    if (this.#count === 0) return -1;
    const facts = this.#facts;
    const at = this.#head;
    this.address = facts[at + 1]!;
    this.port = facts[at + 2]!;
    this.local = facts[at + 3]!;
    this.flags = facts[at + 4]!;
    return facts[at]!;
  }

  /**
   * Copies the oldest datagram and takes it out.
   *
   * @param target Where it goes.
   * @param slabAddress Where `target` begins in the slab, -1 when outside.
   * @param offset Where in `target` to begin.
   * @param length How many of its bytes to copy; the rest is dropped.
   */
  take(target: Uint8Array, slabAddress: number, offset: number, length: number): void {
    const total = this.#facts[this.#head]!;
    if (length > 0) this.#bytes.peek(0, target, slabAddress, offset, length);
    if (total > 0) this.#bytes.discard(total);
    this.#head = (this.#head + fields) % this.#facts.length;
    this.#count--;
  }

  /**
   * How many of the oldest datagrams may go as one super-datagram: their numbers are the same, and so are their lengths,
   * but that the last may be shorter. Sets {@linkcode runLength}. There must be a datagram.
   *
   * @param limit How many bytes they may have.
   * @param most How many datagrams there may be.
   * @returns At least 1, even when that is longer than the limit.
   */
  countRun(limit: number, most: number): number {
    const facts = this.#facts;
    const first = this.#head;
    const length = facts[first]!;
    const bound = Math.min(most, this.#count);
    let total = length;
    let count = 1;
    let last = length;
    for (let at = first; length > 0 && count < bound && last === length; count++) {
      at += fields;
      if (at === facts.length) at = 0;
      last = facts[at]!;
      if (last === 0 || last > length || total + last > limit || !isSame(facts, first, at)) break;
      total += last;
    }
    this.runLength = total;
    return count;
  }

  /**
   * How many of the oldest datagrams come from one sender, and what their lengths are. Sets {@linkcode runLength}. There
   * must be a datagram.
   *
   * @param limit How many bytes they may have; the first counts whatever its length.
   * @param lengths Where their lengths go; no more than it has room for are counted.
   */
  measureRun(limit: number, lengths: Uint32Array | Uint16Array): number {
    const facts = this.#facts;
    const first = this.#head;
    const bound = Math.min(lengths.length, this.#count);
    let total = 0;
    let count = 0;
    for (let at = first; count < bound; count++) {
      const length = facts[at]!;
      const isOther = facts[at + 1] !== facts[first + 1] || facts[at + 2] !== facts[first + 2];
      if (count > 0 && (isOther || total + length > limit)) break;
      lengths[count] = length;
      total += length;
      at += fields;
      if (at === facts.length) at = 0;
    }
    this.runLength = total;
    return count;
  }

  /**
   * Copies the oldest datagrams one behind another and takes them out.
   *
   * @param count How many, as {@linkcode countRun} or {@linkcode measureRun} has said.
   * @param target Where they go.
   * @param slabAddress Where `target` begins in the slab, -1 when outside.
   * @param offset Where in `target` to begin; {@linkcode runLength} bytes are written.
   */
  takeRun(count: number, target: Uint8Array, slabAddress: number, offset: number): void {
    const total = this.runLength;
    this.#bytes.peek(0, target, slabAddress, offset, total);
    this.#bytes.discard(total);
    this.#head = (this.#head + count * fields) % this.#facts.length;
    this.#count -= count;
  }

  /** Drops all datagrams and gives the memory back. */
  clear(): void {
    this.#bytes.clear();
    this.#facts = new Int32Array(0);
    this.#head = 0;
    this.#count = 0;
  }

  #append(bytes: Uint8Array, slabAddress: number, offset: number, end: number): void {
    const length = end - offset;
    if (length === 0) return;
    this.#bytes.place(0, bytes, slabAddress, offset, length);
    this.#bytes.commit(length);
  }

  #note(length: number, address: number, port: number, local: number, flags: number): void {
    if (this.#count * fields === this.#facts.length) this.#grow();
    const facts = this.#facts;
    const at = (this.#head + this.#count++ * fields) % facts.length;
    facts[at] = length;
    facts[at + 1] = address;
    facts[at + 2] = port;
    facts[at + 3] = local;
    facts[at + 4] = flags;
  }

  #grow(): void {
    const old = this.#facts;
    const facts = new Int32Array(Math.max(8 * fields, 2 * old.length));
    for (let i = 0; i < old.length; i++) facts[i] = old[(this.#head + i) % old.length]!;
    this.#facts = facts;
    this.#head = 0;
  }
}

/** Whether two datagrams go the same way: all their numbers but the length are equal. */
function isSame(facts: Int32Array, a: number, b: number): boolean {
  for (let i = 1; i < fields; i++) if (facts[a + i] !== facts[b + i]) return false;
  return true;
}

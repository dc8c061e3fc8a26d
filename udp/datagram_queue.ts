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
    const length = end - offset;
    if (length > 0) {
      this.#bytes.place(0, bytes, slabAddress, offset, length);
      this.#bytes.commit(length);
    }
    if (this.#count * fields === this.#facts.length) this.#grow();
    const facts = this.#facts;
    const at = (this.#head + this.#count++ * fields) % facts.length;
    facts[at] = length;
    facts[at + 1] = address;
    facts[at + 2] = port;
    facts[at + 3] = local;
    facts[at + 4] = flags;
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

  /** Drops all datagrams and gives the memory back. */
  clear(): void {
    this.#bytes.clear();
    this.#facts = new Int32Array(0);
    this.#head = 0;
    this.#count = 0;
  }

  #grow(): void {
    const old = this.#facts;
    const facts = new Int32Array(Math.max(8 * fields, 2 * old.length));
    for (let i = 0; i < old.length; i++) facts[i] = old[(this.#head + i) % old.length]!;
    this.#facts = facts;
    this.#head = 0;
  }
}

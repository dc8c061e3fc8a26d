/**
 * Datagrams that wait for their interface: those that are forwarded, and those whose device was full.
 *
 * @module
 */
import { type Packet, RingBuffer } from "@octet/wire";

const fields = 8;

/** First in, first out; bounded in bytes and datagrams. Memory is given back when the queue is empty. */
export class TransmitQueue {
  readonly #bytes: RingBuffer;
  #facts: Int32Array<ArrayBuffer> = new Int32Array(0);
  readonly #limit: number;
  #head = 0;
  #count = 0;

  /**
   * Makes an empty queue.
   *
   * @param limit How many datagrams it keeps; Linux's `txqueuelen`.
   * @param byteLimit How many bytes it keeps.
   */
  constructor(limit: number, byteLimit: number) {
    this.#limit = limit;
    this.#bytes = new RingBuffer(byteLimit);
  }

  /** How many datagrams wait. */
  get count(): number {
    return this.#count;
  }

  /** How many bytes they have. */
  get length(): number {
    return this.#bytes.length;
  }

  /**
   * Appends a copy of a datagram with what the link and the device have to know of it.
   *
   * @param packet Where it lies; `source`, `destination`, `nextHop`, `hopLimit` and the offload facts count.
   * @param offset Where its header begins.
   * @param end Where it ends (exclusive).
   * @returns `false` when there is no room.
   */
  push(packet: Packet, offset: number, end: number): boolean {
    const length = end - offset;
    const bytes = this.#bytes;
    if (this.#count === this.#limit || length > bytes.free) return false;
    if (this.#facts.length === 0) this.#facts = new Int32Array(fields * this.#limit);
    bytes.place(0, packet.bytes, packet.address, offset, length);
    bytes.commit(length);
    const at = fields * ((this.#head + this.#count++) % this.#limit);
    const facts = this.#facts;
    facts[at] = length;
    facts[at + 1] = packet.nextHop;
    facts[at + 2] = packet.source;
    facts[at + 3] = packet.destination;
    facts[at + 4] = packet.checksumStart === 0 ? 0 : packet.checksumStart - offset;
    facts[at + 5] = packet.checksumOffset;
    facts[at + 6] = packet.segmentSize;
    return true;
  }

  /**
   * Writes the oldest datagram and takes it out.
   *
   * @param packet Where it goes; facts that `push` kept are set.
   * @param offset Where its header begins.
   * @returns Its length in bytes; 0 when there is none, or when it does not fit the packet and was dropped.
   */
  take(packet: Packet, offset: number): number {
    if (this.#count === 0) return 0;
    const facts = this.#facts;
    const at = fields * this.#head;
    const length = facts[at]!;
    const fits = offset + length <= packet.bytes.length;
    if (fits) this.#bytes.peek(0, packet.bytes, packet.address, offset, length);
    this.#bytes.discard(length);
    packet.nextHop = facts[at + 1]! >>> 0;
    packet.source = facts[at + 2]! >>> 0;
    packet.destination = facts[at + 3]! >>> 0;
    packet.checksumStart = facts[at + 4] === 0 ? 0 : facts[at + 4]! + offset;
    packet.checksumOffset = facts[at + 5]!;
    packet.segmentSize = facts[at + 6]!;
    packet.networkOffset = offset;
    this.#head = (this.#head + 1) % this.#limit;
    this.#count--;
    return fits ? length : 0;
  }

  /** Drops all that waits; gives how many datagrams that were. */
  clear(): number {
    const count = this.#count;
    this.#bytes.clear();
    this.#count = 0;
    this.#head = 0;
    return count;
  }
}

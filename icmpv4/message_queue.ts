/**
 * ICMP messages that wait to be sent: replies and errors.
 *
 * @module
 */
import { type Packet, RingBuffer } from "@octet/wire";

const fields = 4;

/** First in, first out; bounded in bytes and messages. Memory is given back when the queue is empty. */
export class MessageQueue {
  readonly #bytes: RingBuffer;
  readonly #facts: Int32Array<ArrayBuffer>;
  readonly #limit: number;
  #head = 0;
  #count = 0;

  /**
   * Makes an empty queue.
   *
   * @param byteLimit How many bytes it keeps.
   * @param messageLimit How many messages it keeps.
   */
  constructor(byteLimit: number, messageLimit: number) {
    this.#bytes = new RingBuffer(byteLimit);
    this.#facts = new Int32Array(fields * messageLimit);
    this.#limit = messageLimit;
  }

  /** How many messages wait. */
  get count(): number {
    return this.#count;
  }

  /** The oldest message's length in bytes; there must be one. */
  get nextLength(): number {
    return this.#facts[fields * this.#head]!;
  }

  /**
   * Appends a message that answers a packet: a header and what follows. It goes from the packet's
   * destination to its source.
   *
   * @param header Eight bytes.
   * @param packet Where the rest lies.
   * @param offset Where it begins.
   * @param end Where it ends (exclusive).
   * @param trafficClass The type-of-service octet.
   * @returns `false` when there is no room.
   */
  push(
    header: Uint8Array,
    packet: Packet,
    offset: number,
    end: number,
    trafficClass: number,
  ): boolean {
    const rest = end - offset;
    if (this.#count === this.#limit || rest + 8 > this.#bytes.free) return false;
    this.#bytes.place(0, header, -1, 0, 8);
    this.#bytes.commit(8);
    this.#bytes.place(0, packet.bytes, packet.address, offset, rest);
    this.#bytes.commit(rest);
    const at = fields * ((this.#head + this.#count++) % this.#limit);
    this.#facts[at] = rest + 8;
    this.#facts[at + 1] = packet.destination;
    this.#facts[at + 2] = packet.source;
    this.#facts[at + 3] = trafficClass;
    return true;
  }

  /** Writes the oldest message at `offset`, sets the packet's addresses, and takes the message out. */
  take(packet: Packet, offset: number): number {
    const facts = this.#facts;
    const at = fields * this.#head;
    const length = facts[at]!;
    packet.source = facts[at + 1]! >>> 0;
    packet.destination = facts[at + 2]! >>> 0;
    packet.trafficClass = facts[at + 3]!;
    this.#bytes.peek(0, packet.bytes, packet.address, offset, length);
    this.#bytes.discard(length);
    this.#head = (this.#head + 1) % this.#limit;
    this.#count--;
    return length;
  }
}

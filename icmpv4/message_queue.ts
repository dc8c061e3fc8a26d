/**
 * ICMP messages that wait to be sent: replies and errors.
 *
 * @module
 */
import { type Packet, RingBuffer } from "@octet/wire";

const fields = 5;

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

  /** The oldest message's length in bytes, its IPv4 options included; there must be one. */
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
   * @param options IPv4 options to send it with.
   * @param optionsLength How many bytes of these.
   * @returns `false` when there is no room.
   */
  push(
    header: Uint8Array,
    packet: Packet,
    offset: number,
    end: number,
    trafficClass: number,
    options: Uint8Array,
    optionsLength: number,
  ): boolean {
    const rest = end - offset;
    const total = optionsLength + 8 + rest;
    if (this.#count === this.#limit || total > this.#bytes.free) return false;
    if (optionsLength > 0) {
      this.#bytes.place(0, options, -1, 0, optionsLength);
      this.#bytes.commit(optionsLength);
    }
    this.#bytes.place(0, header, -1, 0, 8);
    this.#bytes.commit(8);
    this.#bytes.place(0, packet.bytes, packet.address, offset, rest);
    this.#bytes.commit(rest);
    const at = fields * ((this.#head + this.#count++) % this.#limit);
    this.#facts[at] = total;
    this.#facts[at + 1] = packet.destination;
    this.#facts[at + 2] = packet.source;
    this.#facts[at + 3] = trafficClass;
    this.#facts[at + 4] = optionsLength;
    return true;
  }

  /** Writes the oldest message's options and the message at `offset`, sets the packet's facts, and takes it out. */
  take(packet: Packet, offset: number): number {
    const facts = this.#facts;
    const at = fields * this.#head;
    const length = facts[at]!;
    packet.source = facts[at + 1]! >>> 0;
    packet.destination = facts[at + 2]! >>> 0;
    packet.trafficClass = facts[at + 3]!;
    packet.optionsLength = facts[at + 4]!;
    this.#bytes.peek(0, packet.bytes, packet.address, offset, length);
    this.#bytes.discard(length);
    this.#head = (this.#head + 1) % this.#limit;
    this.#count--;
    return length;
  }
}

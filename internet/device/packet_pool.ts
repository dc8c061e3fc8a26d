/**
 * Packets in waiting: a pool that lends them, and a queue that keeps them in order.
 *
 * @module
 */
import { copyBytes, Packet } from "@octet/wire";

/** Memory that a pool keeps for reuse, in bytes; what comes back beyond it is released. */
const keptBytes = 16 * 1024 * 1024;
const smallestShift = 11;

/**
 * Copies what a device passes on, bytes, length and offload facts, and leaves the target's other facts
 * alone: they are the stack's.
 *
 * @param from The frame.
 * @param to Where it goes; large enough.
 */
export function copyFrame(from: Packet, to: Packet): void {
  copyBytes(from.bytes, from.address, 0, to.bytes, to.address, 0, from.length);
  to.length = from.length;
  to.checksumVerified = from.checksumVerified;
  to.checksumStart = from.checksumStart;
  to.checksumOffset = from.checksumOffset;
  to.segmentSize = from.segmentSize;
}

/** Lends packets by size, so that steady traffic allocates none. */
export class PacketPool {
  readonly #free: Packet[][] = [];
  #kept = 0;

  /**
   * Takes a packet.
   *
   * @param length The frame that it must hold, in bytes.
   */
  take(length: number): Packet {
    const shift = Math.max(smallestShift, 32 - Math.clz32(length + Packet.headroom - 1));
    const packet = this.#free[shift]?.pop();
    if (packet === undefined) return new Packet((1 << shift) - Packet.headroom);
    this.#kept -= packet.room.length;
    return packet;
  }

  /** Gives a packet back. */
  put(packet: Packet): void {
    const size = packet.room.length;
    if (this.#kept + size > keptBytes) {
      packet.release();
      return;
    }
    this.#kept += size;
    (this.#free[31 - Math.clz32(size)] ??= []).push(packet);
  }

  /** Releases the memory of all packets that are in the pool. */
  clear(): void {
    for (const packets of this.#free) {
      while (packets !== undefined && packets.length > 0) packets.pop()!.release();
    }
    this.#kept = 0;
  }
}

/** First in, first out, bounded. */
export class PacketQueue {
  readonly #packets: (Packet | null)[];
  readonly #mask: number;
  readonly #limit: number;
  #start = 0;
  #length = 0;

  /**
   * Makes an empty queue.
   *
   * @param limit How many packets it holds at most.
   */
  constructor(limit: number) {
    const capacity = 1 << Math.max(0, 32 - Math.clz32(limit - 1));
    this.#packets = new Array<Packet | null>(capacity).fill(null);
    this.#mask = capacity - 1;
    this.#limit = limit;
  }

  /** How many packets it holds. */
  get length(): number {
    return this.#length;
  }

  /** Whether it takes no more. */
  get isFull(): boolean {
    return this.#length >= this.#limit;
  }

  /** Appends a packet; the queue must not be full. */
  push(packet: Packet): void {
    this.#packets[(this.#start + this.#length++) & this.#mask] = packet;
  }

  /** Takes the oldest packet out. */
  shift(): Packet | null {
    if (this.#length === 0) return null;
    const packet = this.#packets[this.#start]!;
    this.#packets[this.#start] = null;
    this.#start = (this.#start + 1) & this.#mask;
    this.#length--;
    return packet;
  }
}

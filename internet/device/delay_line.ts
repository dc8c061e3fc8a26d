/**
 * One direction of an impaired wire: what becomes of each frame, and the frames that are under way.
 *
 * @module
 */
import { type Packet, type Random, randomBelow } from "@octet/wire";
import type { Impairment } from "./impairment.ts";
import { copyFrame, type PacketPool } from "./packet_pool.ts";

/** How long a reordered frame is held back where there is no delay for it to skip, in milliseconds. */
const reorderHold = 1;
/** What Ethernet adds to a frame on the wire: preamble, start delimiter, CRC and the gap (IEEE 802.3 §3.1, §4.4). */
const wireOverhead = 24;

/** What happened to frames on an impaired wire. */
export interface ImpairmentCounters {
  /** Frames that came through, copies included. */
  delivered: number;
  /** Frames lost. */
  lost: number;
  /** Frames that were sent twice. */
  duplicated: number;
  /** Frames of which a bit was flipped. */
  corrupted: number;
  /** Frames sent out of order. */
  reordered: number;
  /** Frames dropped as too many were under way. */
  overflowed: number;
}

/**
 * Frames on their way, in the order in which they arrive. Loss, duplication, corruption and
 * reordering are drawn for each frame in the order and the manner of Linux's netem.
 */
export class DelayLine {
  /** What happened so far. */
  readonly counters: ImpairmentCounters = {
    delivered: 0,
    lost: 0,
    duplicated: 0,
    corrupted: 0,
    reordered: 0,
    overflowed: 0,
  };

  readonly #spec: Impairment;
  readonly #random: Random;
  readonly #pool: PacketPool;
  // A binary heap by time of arrival, then by order of admission.
  readonly #packets: Packet[] = [];
  readonly #times: Float64Array;
  readonly #orders: Float64Array;
  #length = 0;
  #order = 0;
  #lineFree = -Infinity;

  /**
   * Makes an empty line.
   *
   * @param spec What goes wrong.
   * @param random Where chance comes from.
   * @param pool Where packets come from.
   */
  constructor(spec: Impairment, random: Random, pool: PacketPool) {
    this.#spec = spec;
    this.#random = random;
    this.#pool = pool;
    this.#times = new Float64Array(spec.limit);
    this.#orders = new Float64Array(spec.limit);
  }

  /** When the next frame arrives, in milliseconds; Infinity when none is under way. */
  deadline(): number {
    return this.#length === 0 ? Infinity : this.#times[0]!;
  }

  /** The frame that arrives next; its time may not have come. `null` when none is under way. */
  peek(): Packet | null {
    return this.#length === 0 ? null : this.#packets[0]!;
  }

  /**
   * Puts a copy of a frame on the wire, or two, or none.
   *
   * @param frame A frame as on a wire: not a super-segment.
   * @param now Milliseconds.
   */
  admit(frame: Packet, now: number): void {
    const isDuplicated = this.#happens(this.#spec.duplicate);
    const isLost = this.#happens(this.#spec.loss);
    if (isDuplicated) this.counters.duplicated++;
    if (isLost) this.counters.lost++;
    const copies = 1 + (isDuplicated ? 1 : 0) - (isLost ? 1 : 0);
    for (let i = 0; i < copies; i++) this.#send(frame, now);
  }

  /** Takes off the wire what {@linkcode DelayLine.peek} gave, and gives it back to the pool. */
  drop(): void {
    const packet = this.#packets[0]!;
    const last = --this.#length;
    const moved = this.#packets[last]!;
    this.#packets.length = last;
    if (last > 0) this.#sink(moved, this.#times[last]!, this.#orders[last]!);
    this.counters.delivered++;
    this.#pool.put(packet);
  }

  /** Gives all frames back to the pool. */
  clear(): void {
    for (const packet of this.#packets) this.#pool.put(packet);
    this.#packets.length = 0;
    this.#length = 0;
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#random.uint32() < probability * 0x1_0000_0000;
  }

  #send(frame: Packet, now: number): void {
    const { corrupt, delay, jitter, limit, rate, reorder } = this.#spec;
    if (this.#length >= limit) {
      this.counters.overflowed++;
      return;
    }
    const packet = this.#pool.take(frame.length);
    copyFrame(frame, packet);
    if (this.#happens(corrupt)) this.#flipBit(packet);
    const start = Math.max(now, this.#lineFree);
    // Infinity for a rate makes this the time when it started.
    const departure = start + (packet.length + wireOverhead) * 8000 / rate;
    this.#lineFree = departure;
    let wait = delay;
    if (jitter > 0) {
      wait += (this.#random.uint32() / 0x8000_0000 - 1) * jitter;
      if (wait < 0) wait = 0;
    }
    if (this.#happens(reorder)) {
      this.counters.reordered++;
      wait = delay > 0 ? 0 : wait + reorderHold;
    }
    this.#rise(packet, departure + wait);
  }

  #flipBit(packet: Packet): void {
    this.counters.corrupted++;
    packet.completeChecksum();
    packet.checksumVerified = false;
    const bit = randomBelow(this.#random, packet.length * 8);
    packet.bytes[bit >>> 3] = packet.bytes[bit >>> 3]! ^ (1 << (bit & 7));
  }

  #rise(packet: Packet, time: number): void {
    let index = this.#length++;
    while (index > 0) {
      const up = (index - 1) >> 1;
      if (this.#times[up]! <= time) break;
      this.#place(index, this.#packets[up]!, this.#times[up]!, this.#orders[up]!);
      index = up;
    }
    this.#place(index, packet, time, this.#order++);
  }

  #sink(packet: Packet, time: number, order: number): void {
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#length) break;
      if (child + 1 < this.#length && this.#isBefore(child + 1, child)) child++;
      const childTime = this.#times[child]!;
      if (childTime > time || (childTime === time && this.#orders[child]! > order)) break;
      this.#place(index, this.#packets[child]!, childTime, this.#orders[child]!);
      index = child;
    }
    this.#place(index, packet, time, order);
  }

  #isBefore(a: number, b: number): boolean {
    const difference = this.#times[a]! - this.#times[b]!;
    return difference < 0 || (difference === 0 && this.#orders[a]! < this.#orders[b]!);
  }

  #place(index: number, packet: Packet, time: number, order: number): void {
    this.#packets[index] = packet;
    this.#times[index] = time;
    this.#orders[index] = order;
  }
}

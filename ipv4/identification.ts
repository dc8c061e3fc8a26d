/**
 * The identification field (RFC 6864): only datagrams that may be fragmented need one.
 *
 * @module
 */
import { type Random, randomBelow } from "@octet/wire";

const bucketBits = 11;
/** While nothing is sent, a counter moves on by up to one a tick of so many milliseconds. */
const tick = 4;

/**
 * Counters by source, destination and protocol, within which RFC 6864 §4.3 wants numbers not to repeat. They are kept by
 * a secret hash and move on at random with time, so that no peer can tell from its own numbers how much we send
 * to others (RFC 7739 §5.3).
 */
export class Identification {
  readonly #counters: Uint16Array<ArrayBuffer> = new Uint16Array(1 << bucketBits);
  readonly #ticks: Int32Array<ArrayBuffer> = new Int32Array(1 << bucketBits);
  readonly #random: Random;
  readonly #key: number;
  readonly #mask: number;

  /** Begins at random numbers. */
  constructor(random: Random) {
    this.#random = random;
    this.#key = random.uint32() | 1;
    this.#mask = random.uint32() | 0;
    for (let i = 0; i < this.#counters.length; i++) this.#counters[i] = random.uint32();
  }

  /**
   * The next number for a datagram, or the first of several.
   *
   * @param source Host order, signed or unsigned.
   * @param destination Host order, signed or unsigned.
   * @param protocol The IP protocol number.
   * @param now Milliseconds.
   * @param count How many numbers are wanted: one each for the datagrams that a device cuts.
   */
  next(
    source: number,
    destination: number,
    protocol: number,
    now: number,
    count: number = 1,
  ): number {
    let hash = Math.imul(destination ^ this.#mask, this.#key);
    hash = Math.imul(hash ^ (hash >>> 15) ^ source, this.#key);
    hash = Math.imul(hash ^ (hash >>> 13) ^ protocol, this.#key);
    const bucket = (hash ^ (hash >>> 16)) >>> (32 - bucketBits);
    const time = (now / tick) | 0;
    const elapsed = (time - this.#ticks[bucket]!) | 0;
    this.#ticks[bucket] = time;
    const step = elapsed > 1 ? 1 + randomBelow(this.#random, Math.min(elapsed, 0x8000)) : 1;
    const first = (this.#counters[bucket]! + step) & 0xffff;
    this.#counters[bucket] = first + count - 1;
    return first;
  }
}

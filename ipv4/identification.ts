/**
 * The identification field (RFC 6864): only datagrams that may be fragmented need one.
 *
 * @module
 */
import type { Random } from "@octet/wire";

const bucketBits = 8;

/**
 * Counters by destination, as Linux has them: a single counter for all would tell any peer how much
 * we send to others (RFC 7739).
 */
export class Identification {
  readonly #counters: Uint16Array<ArrayBuffer> = new Uint16Array(1 << bucketBits);
  readonly #key: number;

  /** Begins at random numbers. */
  constructor(random: Random) {
    this.#key = random.uint32() | 1;
    for (let i = 0; i < this.#counters.length; i++) this.#counters[i] = random.uint32();
  }

  /** The next number for a destination (signed or unsigned). */
  next(destination: number): number {
    const bucket = Math.imul(destination, this.#key) >>> (32 - bucketBits);
    return this.#counters[bucket] = (this.#counters[bucket]! + 1) & 0xffff;
  }
}

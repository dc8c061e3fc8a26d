/**
 * Random numbers as an argument: a protocol draws from the generator it was given, so that a seed
 * repeats a whole network to the bit.
 *
 * @module
 */

/** A source of random numbers. */
export interface Random {
  /** The next number: an integer from 0 to 2^32 - 1, uniformly distributed. */
  uint32(): number;
}

/**
 * A random integer below a bound, without modulo bias that matters here (the bound is far below
 * 2^32).
 *
 * @example
 * ```ts
 * import { randomBelow, SeededRandom } from "@octet/wire";
 * import { assert } from "@std/assert";
 *
 * assert(randomBelow(new SeededRandom(1), 6) < 6);
 * ```
 *
 * @param random Where the numbers come from.
 * @param bound One more than the largest result; from 1 to 2^32.
 * @returns An integer from 0 to `bound - 1`.
 */
export function randomBelow(random: Random, bound: number): number {
  return Math.floor((random.uint32() / 0x1_0000_0000) * bound);
}

/**
 * A fast generator that repeats itself from a seed (sfc32, Chris Doty-Humphrey's small fast
 * chaotic generator). For simulations and tests, and good enough for anything that need not be
 * secret; what an attacker must not guess comes from {@linkcode CryptoRandom}.
 *
 * @example
 * ```ts
 * import { SeededRandom } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new SeededRandom(7).uint32(), new SeededRandom(7).uint32());
 * ```
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /**
   * Starts the sequence that belongs to `seed`.
   *
   * @param seed Any integer; its low 32 bits and the bits above them count.
   */
  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) | 0;
    this.#c = 0x9e3779b9 | 0;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** The next number: an integer from 0 to 2^32 - 1. */
  uint32(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + result | 0;
    return result >>> 0;
  }
}

/**
 * The platform's cryptographic generator (`crypto.getRandomValues`), read in blocks so that a
 * number costs a few nanoseconds.
 */
export class CryptoRandom implements Random {
  readonly #block: Uint32Array<ArrayBuffer> = new Uint32Array(256);
  #next = 256;

  /** The next number: an integer from 0 to 2^32 - 1. */
  uint32(): number {
    if (this.#next === this.#block.length) {
      crypto.getRandomValues(this.#block);
      this.#next = 0;
    }
    const index = this.#next++;
    const result = this.#block[index]!;
    this.#block[index] = 0;
    return result;
  }
}

/**
 * Makes new inputs out of old ones.
 *
 * @module
 */

import { type Random, randomBelow } from "@octet/wire";

/** Values at the edges of 8, 16 and 32 bits (rows 0, 1, 2), where counts and lengths go wrong. */
const INTERESTING: readonly (readonly number[])[] = [
  [0, 1, 0x7f, 0x80, 0xff, 4, 16, 32, 64, 0xc0],
  [0, 1, 0x7f, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff, 0xc00c, 1500, 20],
  [0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff],
];

/** The kinds of change that {@linkcode Mutator} chooses from, in the order of its switch. */
const KINDS = 15;

/**
 * Mutates inputs: flips bits, does arithmetic on big- and little-endian integers, puts edge values
 * and dictionary words, cuts, inserts, repeats, moves and splices blocks, and writes lengths that
 * nearly fit. The same generator gives the same inputs.
 *
 * @example
 * ```ts
 * import { Mutator } from "@octet/testing/fuzz";
 * import { SeededRandom } from "@octet/wire";
 * import { assert } from "@std/assert";
 *
 * const mutator = new Mutator(new SeededRandom(1), 64);
 * const other = new Uint8Array(8);
 * for (let i = 0; i < 100; i++) assert(mutator.mutate(new Uint8Array(4), other).length <= 64);
 * ```
 */
export class Mutator {
  readonly #random: Random;
  readonly #dictionary: readonly Uint8Array[];
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  /**
   * Makes a mutator.
   *
   * @param random Where the numbers come from.
   * @param maxLength The longest input to make, in bytes.
   * @param dictionary Byte strings to insert or to write over others.
   */
  constructor(random: Random, maxLength: number, dictionary: readonly Uint8Array[] = []) {
    this.#random = random;
    this.#bytes = new Uint8Array(maxLength);
    this.#dictionary = dictionary.filter((word) => word.length > 0 && word.length <= maxLength);
  }

  /**
   * Makes one new input.
   *
   * @param base The input to start from; it is left as it is.
   * @param other Another input, from which blocks may be taken.
   * @returns A new array, no longer than the maximum.
   */
  mutate(base: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
    this.#length = Math.min(base.length, this.#bytes.length);
    this.#bytes.set(base.subarray(0, this.#length));
    // One change most of the time, rarely many: small steps keep what made the base interesting.
    let changes = 1;
    while (changes < 16 && this.#below(5) < 2) changes *= 2;
    for (let i = 0; i < changes; i++) this.#change(other);
    return this.#bytes.slice(0, this.#length);
  }

  #below(bound: number): number {
    return randomBelow(this.#random, bound);
  }

  #change(other: Uint8Array): void {
    const bytes = this.#bytes;
    const length = this.#length;
    const at = this.#below(length || 1);
    if (length === 0) {
      this.#insertRandom(0);
      return;
    }
    switch (this.#below(KINDS)) {
      case 0:
        this.#flip(at);
        break;
      case 1:
        bytes[at] = this.#below(256);
        break;
      case 2:
      case 3:
        this.#arithmetic(at, 1 << this.#below(3));
        break;
      case 4:
        this.#interesting(at, 1 << this.#below(3));
        break;
      case 5:
        this.#remove(at, 1 + this.#below(Math.min(length - at, 1 << this.#below(10))));
        break;
      case 6:
        this.#insertRandom(this.#below(length + 1));
        break;
      case 7:
        this.#copyWithin(at, true);
        break;
      case 8:
        this.#copyWithin(at, false);
        break;
      case 9:
        if (other.length > 0) this.#takeFrom(other, true);
        else this.#flip(at);
        break;
      case 10:
        if (other.length > 0) this.#takeFrom(other, false);
        else this.#flip(at);
        break;
      case 11:
      case 12:
        if (this.#dictionary.length > 0) this.#word();
        else this.#flip(at);
        break;
      case 13:
        this.#length = at;
        break;
      default:
        this.#lengthField(at);
    }
  }

  #read(at: number, width: number, little: boolean): number {
    let value = 0;
    for (let i = 0; i < width; i++) {
      value = value * 256 + this.#bytes[little ? at + width - 1 - i : at + i]!;
    }
    return value;
  }

  #write(at: number, width: number, value: number, little: boolean): void {
    let rest = value >>> 0;
    for (let i = width - 1; i >= 0; i--) {
      this.#bytes[little ? at + width - 1 - i : at + i] = rest & 0xff;
      rest >>>= 8;
    }
  }

  #flip(at: number): void {
    this.#bytes[at]! ^= 1 << this.#below(8);
  }

  /** The width asked for, or the largest power of two below it that fits. */
  #fitting(at: number, width: number): number {
    let result = width;
    while (at + result > this.#length) result >>= 1;
    return result;
  }

  #arithmetic(at: number, wanted: number): void {
    const width = this.#fitting(at, wanted);
    const little = width > 1 && this.#below(4) === 0;
    const step = 1 + this.#below(35);
    const value = this.#read(at, width, little);
    this.#write(at, width, this.#below(2) === 0 ? value + step : value - step, little);
  }

  #interesting(at: number, wanted: number): void {
    const width = this.#fitting(at, wanted);
    const values = INTERESTING[width >> 1]!;
    const value = values[this.#below(values.length)]!;
    this.#write(at, width, value, width > 1 && this.#below(4) === 0);
  }

  /** Writes how many bytes there are behind or in all, give or take one: most lengths count that. */
  #lengthField(at: number): void {
    const width = this.#fitting(at, 1 << this.#below(2));
    const whole = this.#below(2) === 0 ? this.#length : this.#length - at - width;
    this.#write(at, width, Math.max(0, whole + this.#below(3) - 1), false);
  }

  #remove(at: number, size: number): void {
    this.#bytes.copyWithin(at, at + size, this.#length);
    this.#length -= size;
  }

  /** Opens a gap as large as fits; returns its size. */
  #open(at: number, size: number): number {
    const gap = Math.min(size, this.#bytes.length - this.#length);
    this.#bytes.copyWithin(at + gap, at, this.#length);
    this.#length += gap;
    return gap;
  }

  #insertRandom(at: number): void {
    const gap = this.#open(at, 1 + this.#below(1 << this.#below(7)));
    const same = this.#below(2) === 0 ? this.#below(256) : -1;
    for (let i = 0; i < gap; i++) this.#bytes[at + i] = same >= 0 ? same : this.#below(256);
  }

  #copyWithin(from: number, insert: boolean): void {
    const size = 1 + this.#below(Math.min(this.#length - from, 1 << this.#below(10)));
    const block = this.#bytes.slice(from, from + size);
    this.#put(block, insert);
  }

  #takeFrom(other: Uint8Array, insert: boolean): void {
    const from = this.#below(other.length);
    const size = 1 + this.#below(other.length - from);
    this.#put(other.subarray(from, from + size), insert);
  }

  #word(): void {
    this.#put(this.#dictionary[this.#below(this.#dictionary.length)]!, this.#below(2) === 0);
  }

  #put(block: Uint8Array, insert: boolean): void {
    const at = this.#below(this.#length + (insert ? 1 : 0));
    const size = insert ? this.#open(at, block.length) : Math.min(block.length, this.#length - at);
    this.#bytes.set(block.subarray(0, size), at);
  }
}

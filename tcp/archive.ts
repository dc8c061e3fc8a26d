/**
 * The numbers of a connection in one place, so that the objects around them can serve another one
 * meanwhile. What is to be kept is listed once, and the same list writes and reads.
 *
 * @module
 */

/** How many whole numbers a connection may keep. */
export const archiveInts = 56;
/** How many numbers with fractions, or beyond 32 bits, it may keep. */
export const archiveReals = 32;

/**
 * A cursor over one connection's numbers. Every part of a connection has a method `archive` that
 * passes each of its variables through it, and stores what comes back: the same value when the
 * archive is being written, the value of that time when it is being read.
 */
export class Archive {
  #ints: Int32Array = new Int32Array(0);
  #reals: Float64Array = new Float64Array(0);
  #isReading = false;
  #int = 0;
  #intLimit = 0;
  #real = 0;
  #realLimit = 0;
  #flagsAt = 0;
  #flag = 0;

  /**
   * Begins to write or to read.
   *
   * @param ints Where the whole numbers are.
   * @param reals Where the others are.
   * @param slot Which connection's.
   * @param isReading Whether to read.
   */
  open(ints: Int32Array, reals: Float64Array, slot: number, isReading: boolean): void {
    this.#ints = ints;
    this.#reals = reals;
    this.#isReading = isReading;
    this.#flagsAt = slot * archiveInts;
    this.#int = this.#flagsAt + 1;
    this.#intLimit = this.#flagsAt + archiveInts;
    this.#real = slot * archiveReals;
    this.#realLimit = this.#real + archiveReals;
    this.#flag = 0;
    if (!isReading) ints[this.#flagsAt] = 0;
  }

  /** A signed 32-bit number. */
  int(value: number): number {
    const at = this.#int++;
    if (at >= this.#intLimit) {
      throw new RangeError("Cannot archive connection as it has too many whole numbers");
    }
    if (this.#isReading) return this.#ints[at]!;
    this.#ints[at] = value;
    return value;
  }

  /** Any number. */
  real(value: number): number {
    const at = this.#real++;
    if (at >= this.#realLimit) {
      throw new RangeError("Cannot archive connection as it has too many numbers");
    }
    if (this.#isReading) return this.#reals[at]!;
    this.#reals[at] = value;
    return value;
  }

  /** One bit; there may be 32. */
  flag(value: boolean): boolean {
    const bit = 1 << this.#flag++;
    const flags = this.#ints[this.#flagsAt]!;
    if (this.#isReading) return (flags & bit) !== 0;
    if (value) this.#ints[this.#flagsAt] = flags | bit;
    return value;
  }
}

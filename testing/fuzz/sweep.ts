/**
 * The systematic part of the search: what chance would take long to hit is tried one by one.
 *
 * @module
 */

/** How many bytes of an input are swept; headers are in front. */
const SPAN = 64;

/**
 * Tries all 256 values at each of the first bytes of an input, and those that a further byte might
 * have. With coverage to tell which one went deeper, a magic number of n bytes takes 256 n runs.
 */
export class Sweep {
  readonly #input: Uint8Array<ArrayBuffer>;
  readonly #end: number;
  #step = 0;

  /**
   * @param input The input to change, one byte at a time.
   * @param maxLength The longest input to make, in bytes.
   */
  constructor(input: Uint8Array<ArrayBuffer>, maxLength: number) {
    this.#input = input;
    this.#end = Math.min(input.length + 1, maxLength, SPAN) * 256;
  }

  /** The next input, or `undefined` when all have been tried. */
  next(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#step === this.#end) return undefined;
    const at = this.#step >> 8;
    const value = this.#step++ & 0xff;
    const result = new Uint8Array(Math.max(this.#input.length, at + 1));
    result.set(this.#input);
    result[at] = value;
    return result;
  }
}

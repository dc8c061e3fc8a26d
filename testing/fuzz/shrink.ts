/**
 * Makes a failing input smaller and plainer while it still fails.
 *
 * The way is that of delta debugging (Zeller and Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input", 2002): cut blocks, halving their size, until no byte can be spared; then
 * make the bytes that are left as small as they may be.
 *
 * @module
 */

/** Says whether a candidate still fails in the same way. */
export type ShrinkPredicate = (candidate: Uint8Array<ArrayBuffer>) => boolean | Promise<boolean>;

/** Limits of {@linkcode shrink}. */
export interface ShrinkOptions {
  /**
   * How many candidates may be tried.
   *
   * @default {5000}
   */
  attempts?: number;
  /** The clock's reading, as `performance.now()` gives it, after which to stop trying. */
  until?: number;
}

/**
 * Shrinks an input.
 *
 * @example
 * ```ts
 * import { shrink } from "@octet/testing/fuzz";
 * import { assertEquals } from "@std/assert";
 *
 * const input = new Uint8Array(100).fill(200);
 * assertEquals(await shrink(input, (c) => c.some((byte) => byte > 3)), Uint8Array.of(4));
 * ```
 *
 * @param input An input for which `fails` holds.
 * @param fails Whether a candidate still fails.
 * @param options How long to try.
 * @returns The smallest input found, at worst `input` itself.
 */
export async function shrink(
  input: Uint8Array<ArrayBuffer>,
  fails: ShrinkPredicate,
  options: ShrinkOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const until = options.until ?? Infinity;
  let left = options.attempts ?? 5000;
  let best = input;

  async function better(candidate: Uint8Array<ArrayBuffer>): Promise<boolean> {
    if (left <= 0 || performance.now() > until) return false;
    left--;
    if (!await fails(candidate)) return false;
    best = candidate;
    return true;
  }

  let before: Uint8Array<ArrayBuffer>;
  do {
    before = best;
    for (let size = best.length; size >= 1; size = size >> 1) {
      // From the back, so that what a header declares in front stays true for longest.
      for (let start = best.length - size; start > -size; start -= size) {
        const from = Math.max(start, 0);
        if (from + size <= best.length) await better(without(best, from, size));
      }
    }
    for (let size = best.length; size >= 2; size = size >> 1) {
      for (let start = 0; start < best.length; start += size) {
        const end = Math.min(start + size, best.length);
        if (isZero(best, start, end)) continue;
        await better(best.slice().fill(0, start, end));
      }
    }
    for (let i = 0; i < best.length; i++) await lowerByte(i);
  } while (before !== best && left > 0 && performance.now() <= until);
  return best;

  /** Finds the smallest value of one byte: zero, else by bisection, which suits thresholds. */
  async function lowerByte(index: number): Promise<void> {
    if (best[index] === 0 || await better(withByte(best, index, 0))) return;
    let low = 0;
    while (low + 1 < best[index]!) {
      const middle = (low + best[index]!) >> 1;
      if (!await better(withByte(best, index, middle))) low = middle;
    }
  }
}

function without(
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  size: number,
): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length - size);
  result.set(bytes.subarray(0, start));
  result.set(bytes.subarray(start + size), start);
  return result;
}

function withByte(
  bytes: Uint8Array<ArrayBuffer>,
  index: number,
  value: number,
): Uint8Array<ArrayBuffer> {
  const result = bytes.slice();
  result[index] = value;
  return result;
}

function isZero(bytes: Uint8Array<ArrayBuffer>, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false;
  return true;
}

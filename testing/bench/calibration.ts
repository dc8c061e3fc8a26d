/**
 * How this machine compares with the one on which the peers' figures were taken.
 *
 * @module
 */

import { type BenchBody, measure } from "./measure.ts";

/** What the reference machine needs for the two pieces of work, in nanoseconds. */
const REFERENCE = { sum: 218, copy: 42 } as const;

/**
 * Runs two pieces of work whose time on the reference machine is known: the sum of 1,460 bytes
 * through a `Uint32Array`, and a copy of 1,460 bytes with `set(subarray)`.
 *
 * @example
 * ```ts
 * import { calibrate } from "@octet/testing/bench";
 * import { assert } from "@std/assert";
 *
 * const factor = await calibrate({ time: 10 });
 * assert(factor > 0.01 && factor < 100);
 * ```
 *
 * @param options `time` is how long each of them is measured, in milliseconds.
 * @returns By how much longer this machine takes: the geometric mean; 1 for the reference machine.
 */
export async function calibrate(options: { time?: number } = {}): Promise<number> {
  const time = options.time ?? 200;
  const bytes = new Uint8Array(2048);
  const target = new Uint8Array(2048);
  const words = new Uint32Array(bytes.buffer);
  let sink = 0;
  const work: Record<keyof typeof REFERENCE, BenchBody> = {
    sum: () => {
      sink ^= sumWords(words, 365);
    },
    copy: () => target.set(bytes.subarray(14, 1474), 14),
  };
  let product = sink + 1;
  for (const [name, body] of Object.entries(work)) {
    const { nsPerOpBest } = await measure(name, body, { time });
    product *= nsPerOpBest / REFERENCE[name as keyof typeof REFERENCE];
  }
  return Math.sqrt(product);
}

/** Adds with the carry kept apart, as the Internet checksum does (RFC 1071 §2). */
function sumWords(words: Uint32Array, count: number): number {
  let high = 0;
  let low = 0;
  for (let i = 0; i < count; i++) {
    const word = words[i]!;
    high += word >>> 16;
    low += word & 0xffff;
  }
  return (high + low) | 0;
}

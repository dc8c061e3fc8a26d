/**
 * Sequence number arithmetic (RFC 9293 §3.4): 32-bit numbers compared modulo 2^32.
 *
 * Inside this package a sequence number is the *signed* reading of its 32 bits (`x | 0`): V8 then
 * keeps it as a small integer, where an unsigned one above 2^31 would be a boxed double. Whoever
 * shows one to people writes `x >>> 0`.
 *
 * @module
 */

/** Whether `a` comes before `b`. */
export function seqBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Whether `a` comes before `b` or is `b`. */
export function seqBeforeOrAt(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0;
}

/** Whether `a` comes after `b`. */
export function seqAfter(a: number, b: number): boolean {
  return ((a - b) | 0) > 0;
}

/** The sequence number `length` octets after `a`. */
export function seqAdd(a: number, length: number): number {
  return (a + length) | 0;
}

/**
 * How many octets lie between two sequence numbers.
 *
 * @example
 * ```ts
 * import { seqDistance } from "@octet/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(seqDistance(0xffff_fffe | 0, 1), 3);
 * ```
 *
 * @returns Negative when `to` comes before `from`.
 */
export function seqDistance(from: number, to: number): number {
  return (to - from) | 0;
}

/** The later of two sequence numbers. */
export function seqMax(a: number, b: number): number {
  return seqAfter(a, b) ? a : b;
}

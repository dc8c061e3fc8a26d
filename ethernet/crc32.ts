/**
 * CRC-32 of IEEE 802.3 §3.2.9: the frame check sequence that ends an Ethernet frame on the cable.
 * Devices add and remove it; programs see it in some captures.
 *
 * @module
 */

/** The polynomial 0x04c11db7, bits reversed as the cable carries them. */
const polynomial = 0xedb88320;

const table: Int32Array = Int32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
  return value;
});

/**
 * The CRC-32 of a range of bytes.
 *
 * @example
 * ```ts
 * import { crc32 } from "@octet/ethernet";
 * import { assertEquals } from "@std/assert";
 *
 * // The check value that every CRC catalogue gives.
 * assertEquals(crc32(new TextEncoder().encode("123456789"), 0, 9), 0xcbf43926);
 * ```
 *
 * @param bytes The buffer.
 * @param offset Where to begin.
 * @param end Where to stop (exclusive).
 * @param initial The result for the bytes before these, 0 at the beginning.
 * @returns 0 to 2^32 - 1. On the cable the frame check sequence is sent least significant byte first.
 */
export function crc32(bytes: Uint8Array, offset: number, end: number, initial: number = 0): number {
  let crc = ~initial;
  for (let at = offset; at < end; at++) crc = (crc >>> 8) ^ table[(crc ^ bytes[at]!) & 0xff]!;
  return ~crc >>> 0;
}

/**
 * Whether a frame that still carries its frame check sequence in the last four bytes is intact.
 *
 * @example
 * ```ts
 * import { hasValidFrameCheck } from "@octet/ethernet";
 * import { assert } from "@std/assert";
 *
 * // "123456789" and its CRC, least significant byte first.
 * const bytes = Uint8Array.of(...new TextEncoder().encode("123456789"), 0x26, 0x39, 0xf4, 0xcb);
 * assert(hasValidFrameCheck(bytes, 0, bytes.length));
 * ```
 *
 * @param bytes The buffer.
 * @param offset Where the frame begins.
 * @param end Where the frame check sequence ends (exclusive).
 * @returns `false` also when there are fewer than four bytes.
 */
export function hasValidFrameCheck(bytes: Uint8Array, offset: number, end: number): boolean {
  // The CRC over a message followed by its own CRC is a constant.
  return end - offset >= 4 && crc32(bytes, offset, end) === 0x2144df1c;
}

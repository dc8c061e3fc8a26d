/**
 * Numbers in network byte order (big-endian), read and written in place. The caller has checked
 * that the bytes are there: outside the buffer a read gives 0 and a write is dropped.
 *
 * @module
 */

/**
 * Reads an unsigned 16-bit number in network byte order.
 *
 * @example
 * ```ts
 * import { readU16 } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readU16(Uint8Array.of(0x12, 0x34), 0), 0x1234);
 * ```
 */
export function readU16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}

/** Reads an unsigned 24-bit number in network byte order. */
export function readU24(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 16) | (bytes[offset + 1]! << 8) | bytes[offset + 2]!;
}

/** Reads an unsigned 32-bit number in network byte order. */
export function readU32(bytes: Uint8Array, offset: number): number {
  return readI32(bytes, offset) >>> 0;
}

/**
 * Reads a signed 32-bit number in network byte order. For fields compared modulo 2^32 (sequence
 * numbers, timestamps): the result is always a small integer to V8, where an unsigned one above
 * 2^31 becomes a boxed double.
 */
export function readI32(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) |
    bytes[offset + 3]!;
}

/** Reads an unsigned 48-bit number in network byte order: a safe integer. */
export function readU48(bytes: Uint8Array, offset: number): number {
  return readU16(bytes, offset) * 0x1_0000_0000 + readU32(bytes, offset + 2);
}

/** Writes the low 16 bits of `value` in network byte order. */
export function writeU16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 8;
  bytes[offset + 1] = value;
}

/** Writes the low 24 bits of `value` in network byte order. */
export function writeU24(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 16;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value;
}

/** Writes the low 32 bits of `value`, signed or unsigned, in network byte order. */
export function writeU32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

/** Writes the low 48 bits of a non-negative safe integer in network byte order. */
export function writeU48(bytes: Uint8Array, offset: number, value: number): void {
  writeU16(bytes, offset, Math.floor(value / 0x1_0000_0000));
  writeU32(bytes, offset + 2, value);
}

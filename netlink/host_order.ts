/**
 * Numbers in the host's byte order, which is what netlink speaks. Octet knows Linux on x86-64 and
 * aarch64, both little-endian, so host order is little-endian here.
 *
 * @module
 */

/** Reads an unsigned 16-bit number in host order. */
export function readHost16(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8);
}

/** Reads an unsigned 32-bit number in host order. */
export function readHost32(bytes: Uint8Array, offset: number): number {
  return readHostI32(bytes, offset) >>> 0;
}

/** Reads a signed 32-bit number in host order. */
export function readHostI32(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) |
    (bytes[offset + 3]! << 24);
}

/** Reads an unsigned 64-bit number in host order; beyond 2^53 it loses its last bits. */
export function readHost64(bytes: Uint8Array, offset: number): number {
  return readHost32(bytes, offset + 4) * 2 ** 32 + readHost32(bytes, offset);
}

/** Writes the low 16 bits of `value` in host order. */
export function writeHost16(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
}

/** Writes the low 32 bits of `value`, signed or unsigned, in host order. */
export function writeHost32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value;
  bytes[offset + 1] = value >>> 8;
  bytes[offset + 2] = value >>> 16;
  bytes[offset + 3] = value >>> 24;
}

/**
 * IPv6 addresses where they lie in a packet: sixteen bytes at an offset.
 *
 * @module
 */
const SIZE = 16;

function readUint32(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 24 | bytes[offset + 1]! << 16 | bytes[offset + 2]! << 8 |
    bytes[offset + 3]!) >>> 0;
}

function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}

/**
 * Reads an address from sixteen bytes in network byte order; for people, as it allocates.
 *
 * @param bytes The buffer; `offset + 16` must lie inside it, which is not checked.
 * @param offset Where the address starts.
 * @returns The address.
 * @example
 * ```ts
 * import { formatIpv6, readIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(16);
 * bytes[15] = 1;
 * assertEquals(formatIpv6(readIpv6(bytes, 0)), "::1");
 * ```
 */
export function readIpv6(bytes: Uint8Array, offset: number): bigint {
  return BigInt(readUint32(bytes, offset)) << 96n | BigInt(readUint32(bytes, offset + 4)) << 64n |
    BigInt(readUint32(bytes, offset + 8)) << 32n | BigInt(readUint32(bytes, offset + 12));
}

/**
 * Writes an address as sixteen bytes in network byte order.
 *
 * @param bytes The buffer; `offset + 16` must lie inside it, which is not checked.
 * @param offset Where the address goes.
 * @param address The address.
 * @example
 * ```ts
 * import { parseIpv6, readIpv6, writeIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(20);
 * writeIpv6(bytes, 4, parseIpv6("2001:db8::1"));
 * assertEquals([...bytes.subarray(4, 8)], [0x20, 0x01, 0x0d, 0xb8]);
 * assertEquals(readIpv6(bytes, 4), parseIpv6("2001:db8::1"));
 * ```
 */
export function writeIpv6(bytes: Uint8Array, offset: number, address: bigint): void {
  writeUint32(bytes, offset, Number(BigInt.asUintN(32, address >> 96n)));
  writeUint32(bytes, offset + 4, Number(BigInt.asUintN(32, address >> 64n)));
  writeUint32(bytes, offset + 8, Number(BigInt.asUintN(32, address >> 32n)));
  writeUint32(bytes, offset + 12, Number(BigInt.asUintN(32, address)));
}

/**
 * Tells whether the same address lies at two places; allocates nothing.
 *
 * @param bytes One buffer; `offset + 16` must lie inside it, which is not checked.
 * @param offset Where the one address starts.
 * @param other The other buffer, which may be the same one.
 * @param otherOffset Where the other address starts.
 * @returns True when all sixteen bytes agree.
 * @example
 * ```ts
 * import { equalIpv6 } from "@octet/netip";
 * import { assert } from "@std/assert";
 *
 * assert(equalIpv6(new Uint8Array(16), 0, new Uint8Array(40), 24));
 * ```
 */
export function equalIpv6(
  bytes: Uint8Array,
  offset: number,
  other: Uint8Array,
  otherOffset: number,
): boolean {
  // Addresses of one network differ at the end, so look there first.
  for (let i = SIZE - 1; i >= 0; i--) {
    if (bytes[offset + i] !== other[otherOffset + i]) return false;
  }
  return true;
}

/**
 * Orders the addresses at two places by value; allocates nothing.
 *
 * @param bytes One buffer; `offset + 16` must lie inside it, which is not checked.
 * @param offset Where the one address starts.
 * @param other The other buffer, which may be the same one.
 * @param otherOffset Where the other address starts.
 * @returns -1 when the one is lower, 1 when it is higher, 0 when they are equal.
 * @example
 * ```ts
 * import { compareIpv6Bytes } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(compareIpv6Bytes(new Uint8Array(16), 0, new Uint8Array(16).fill(1), 0), -1);
 * ```
 */
export function compareIpv6Bytes(
  bytes: Uint8Array,
  offset: number,
  other: Uint8Array,
  otherOffset: number,
): number {
  for (let i = 0; i < SIZE; i++) {
    const difference = bytes[offset + i]! - other[otherOffset + i]!;
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return 0;
}

/**
 * Copies an address from one place to another; allocates nothing.
 *
 * @param bytes Where it comes from; `offset + 16` must lie inside it, which is not checked.
 * @param offset Where the address starts.
 * @param target Where it goes; `targetOffset + 16` must lie inside it, and not overlap the source.
 * @param targetOffset Where the copy starts.
 * @example
 * ```ts
 * import { copyIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const target = new Uint8Array(17);
 * copyIpv6(new Uint8Array(16).fill(7), 0, target, 1);
 * assertEquals([target[0], target[1], target[16]], [0, 7, 7]);
 * ```
 */
export function copyIpv6(
  bytes: Uint8Array,
  offset: number,
  target: Uint8Array,
  targetOffset: number,
): void {
  for (let i = 0; i < SIZE; i++) target[targetOffset + i] = bytes[offset + i]!;
}

/**
 * Tells whether the address at a place is a multicast address, ff00::/8 (RFC 4291 §2.7).
 *
 * @param bytes The buffer; `offset` must lie inside it.
 * @param offset Where the address starts.
 * @returns True when its first byte is 0xff.
 * @example
 * ```ts
 * import { isMulticastIpv6At } from "@octet/netip";
 * import { assert } from "@std/assert";
 *
 * assert(isMulticastIpv6At(Uint8Array.of(0xff, 0x02), 0));
 * ```
 */
export function isMulticastIpv6At(bytes: Uint8Array, offset: number): boolean {
  return bytes[offset] === 0xff;
}

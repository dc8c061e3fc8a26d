/**
 * IPv6 addresses as points on a line of 2^128: neighbours, distances, order.
 *
 * @module
 */
import { formatIpv6 } from "./ipv6.ts";

const LAST = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_ffffn;

/**
 * Gives the address after this one.
 *
 * @param address The address.
 * @returns The next address, or `undefined` after the last one.
 * @example
 * ```ts
 * import { formatIpv6, nextIpv6, parseIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpv6(nextIpv6(parseIpv6("2001:db8::ffff"))!), "2001:db8::1:0");
 * ```
 */
export function nextIpv6(address: bigint): bigint | undefined {
  return address >= LAST ? undefined : address + 1n;
}

/**
 * Gives the address before this one.
 *
 * @param address The address.
 * @returns The previous address, or `undefined` before ::.
 * @example
 * ```ts
 * import { previousIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(previousIpv6(1n), 0n);
 * assertEquals(previousIpv6(0n), undefined);
 * ```
 */
export function previousIpv6(address: bigint): bigint | undefined {
  return address <= 0n ? undefined : address - 1n;
}

/**
 * Moves an address by a number of addresses.
 *
 * @param address The address.
 * @param count How far; negative moves down.
 * @returns The address that far away.
 * @throws {RangeError} If the result is not an IPv6 address.
 * @example
 * ```ts
 * import { addIpv6, formatIpv6, parseIpv6 } from "@octet/netip";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(formatIpv6(addIpv6(parseIpv6("2001:db8::"), 0x10000n)), "2001:db8::1:0");
 * assertThrows(() => addIpv6(0n, -1n), RangeError);
 * ```
 */
export function addIpv6(address: bigint, count: bigint): bigint {
  const sum = address + count;
  if (sum < 0n || sum > LAST) {
    throw new RangeError(
      `Cannot add ${count} to ${formatIpv6(address)} as the result is not an IPv6 address`,
    );
  }
  return sum;
}

/**
 * Gives the signed distance between two addresses, so that `addIpv6(from, distance)` is `to`.
 *
 * @param from Where to start.
 * @param to Where to end.
 * @returns `to - from`, negative when `to` is the lower one.
 * @example
 * ```ts
 * import { distanceIpv6, parseIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(distanceIpv6(parseIpv6("2001:db8::1"), parseIpv6("2001:db8::1:1")), 65536n);
 * ```
 */
export function distanceIpv6(from: bigint, to: bigint): bigint {
  return to - from;
}

/**
 * Orders two addresses by their value; fits `Array.prototype.sort`.
 *
 * @param a One address.
 * @param b The other address.
 * @returns -1 when `a` is lower, 1 when it is higher, 0 when they are equal.
 * @example
 * ```ts
 * import { compareIpv6, parseIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(compareIpv6(parseIpv6("::9"), parseIpv6("::10")), -1);
 * ```
 */
export function compareIpv6(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Sorts addresses from low to high into a new array.
 *
 * @param addresses The addresses in any order.
 * @returns A sorted copy; duplicates stay.
 * @example
 * ```ts
 * import { formatIpv6, parseIpv6, sortIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const sorted = sortIpv6(["fe80::1", "::10", "::9"].map(parseIpv6));
 * assertEquals(sorted.map(formatIpv6), ["::9", "::10", "fe80::1"]);
 * ```
 */
export function sortIpv6(addresses: Iterable<bigint>): bigint[] {
  return [...addresses].sort(compareIpv6);
}

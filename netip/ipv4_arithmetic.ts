/**
 * IPv4 addresses as points on a line of 2^32: neighbours, distances, order.
 *
 * @module
 */
import { formatIpv4 } from "./ipv4.ts";

const LAST = 0xffffffff;

/**
 * Gives the address after this one.
 *
 * @param address The address, host order.
 * @returns The next address, or `undefined` after 255.255.255.255.
 * @example
 * ```ts
 * import { formatIpv4, nextIpv4, parseIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpv4(nextIpv4(parseIpv4("10.0.0.255"))!), "10.0.1.0");
 * assertEquals(nextIpv4(0xffffffff), undefined);
 * ```
 */
export function nextIpv4(address: number): number | undefined {
  return address >= LAST ? undefined : address + 1;
}

/**
 * Gives the address before this one.
 *
 * @param address The address, host order.
 * @returns The previous address, or `undefined` before 0.0.0.0.
 * @example
 * ```ts
 * import { formatIpv4, parseIpv4, previousIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpv4(previousIpv4(parseIpv4("10.0.1.0"))!), "10.0.0.255");
 * assertEquals(previousIpv4(0), undefined);
 * ```
 */
export function previousIpv4(address: number): number | undefined {
  return address <= 0 ? undefined : address - 1;
}

/**
 * Moves an address by a number of addresses.
 *
 * @param address The address, host order.
 * @param count How far, an integer; negative moves down.
 * @returns The address that far away, host order.
 * @throws {RangeError} If `count` is not an integer or the result is not an IPv4 address.
 * @example
 * ```ts
 * import { addIpv4, formatIpv4, parseIpv4 } from "@octet/netip";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(formatIpv4(addIpv4(parseIpv4("10.0.0.0"), 300)), "10.0.1.44");
 * assertThrows(() => addIpv4(parseIpv4("0.0.0.1"), -2), RangeError);
 * ```
 */
export function addIpv4(address: number, count: number): number {
  const sum = address + count;
  if (!Number.isInteger(count) || sum < 0 || sum > LAST) {
    throw new RangeError(
      `Cannot add ${count} to ${formatIpv4(address)} as the result is not an IPv4 address`,
    );
  }
  return sum;
}

/**
 * Gives the signed distance between two addresses, so that `addIpv4(from, distance)` is `to`.
 *
 * @param from Where to start, host order.
 * @param to Where to end, host order.
 * @returns `to - from`, negative when `to` is the lower one.
 * @example
 * ```ts
 * import { distanceIpv4, parseIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(distanceIpv4(parseIpv4("10.0.0.1"), parseIpv4("10.0.1.1")), 256);
 * ```
 */
export function distanceIpv4(from: number, to: number): number {
  return to - from;
}

/**
 * Orders two addresses by their value; fits `Array.prototype.sort`.
 *
 * @param a One address, host order.
 * @param b The other address, host order.
 * @returns -1 when `a` is lower, 1 when it is higher, 0 when they are equal.
 * @example
 * ```ts
 * import { compareIpv4, parseIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(compareIpv4(parseIpv4("9.0.0.0"), parseIpv4("10.0.0.0")), -1);
 * ```
 */
export function compareIpv4(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Sorts addresses from low to high into a new array.
 *
 * @param addresses The addresses, host order, in any order.
 * @returns A sorted copy; duplicates stay.
 * @example
 * ```ts
 * import { formatIpv4, parseIpv4, sortIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const sorted = sortIpv4(["10.0.0.10", "10.0.0.9", "9.0.0.0"].map(parseIpv4));
 * assertEquals(sorted.map(formatIpv4), ["9.0.0.0", "10.0.0.9", "10.0.0.10"]);
 * ```
 */
export function sortIpv4(addresses: Iterable<number>): number[] {
  return [...addresses].sort(compareIpv4);
}

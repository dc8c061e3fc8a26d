/**
 * Netmasks and the prefix lengths they stand for (RFC 4632 §3.1).
 *
 * @module
 */
const LAST = 0xffffffff;

/**
 * Gives the netmask of a prefix length.
 *
 * @param length Bits in the prefix, 0 to 32; not checked.
 * @returns The mask, unsigned 32-bit, host order.
 * @example
 * ```ts
 * import { formatIpv4, ipv4Mask } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpv4(ipv4Mask(20)), "255.255.240.0");
 * ```
 */
export function ipv4Mask(length: number): number {
  return length === 0 ? 0 : LAST << 32 - length >>> 0;
}

/**
 * Gives the prefix length of a netmask.
 *
 * @param mask The mask, host order.
 * @returns 0 to 32, or `undefined` when the ones are not all in front.
 * @example
 * ```ts
 * import { ipv4MaskLength, parseIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ipv4MaskLength(parseIpv4("255.255.255.0")), 24);
 * assertEquals(ipv4MaskLength(parseIpv4("255.0.255.0")), undefined);
 * ```
 */
export function ipv4MaskLength(mask: number): number | undefined {
  const length = Math.clz32(~mask);
  return ipv4Mask(length) === mask >>> 0 ? length : undefined;
}

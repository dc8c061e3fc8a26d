/**
 * What kind of address it is, as far as the first bits of an IPv6 address tell (RFC 4291 §2.4).
 *
 * @module
 */
/**
 * Tells whether an address is link-local unicast, fe80::/10 (RFC 4291 §2.5.6).
 *
 * @param address The address.
 * @returns True when it is.
 * @example
 * ```ts
 * import { isLinkLocalIpv6, parseIpv6 } from "@octet/netip";
 * import { assert } from "@std/assert";
 *
 * assert(isLinkLocalIpv6(parseIpv6("febf::1")));
 * ```
 */
export function isLinkLocalIpv6(address: bigint): boolean {
  return address >> 118n === 0x3fan;
}

/**
 * Tells whether an address is unique local, fc00::/7 (RFC 4193 §3.1).
 *
 * @param address The address.
 * @returns True when it is.
 * @example
 * ```ts
 * import { isUniqueLocalIpv6, parseIpv6 } from "@octet/netip";
 * import { assert } from "@std/assert";
 *
 * assert(isUniqueLocalIpv6(parseIpv6("fd12:3456:789a::1")));
 * ```
 */
export function isUniqueLocalIpv6(address: bigint): boolean {
  return address >> 121n === 0x7en;
}

/**
 * Tells whether an address is multicast, ff00::/8 (RFC 4291 §2.7).
 *
 * @param address The address.
 * @returns True when it is.
 * @example
 * ```ts
 * import { Ipv6, isMulticastIpv6 } from "@octet/netip";
 * import { assert } from "@std/assert";
 *
 * assert(isMulticastIpv6(Ipv6.allNodes));
 * ```
 */
export function isMulticastIpv6(address: bigint): boolean {
  return address >> 120n === 0xffn;
}

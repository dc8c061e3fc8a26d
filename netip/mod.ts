/**
 * IPv4, IPv6 and MAC addresses, prefixes, and a longest-prefix-match table for a million routes.
 *
 * IPv4 addresses are unsigned 32-bit numbers in host order, IPv6 addresses are `bigint`s, MAC
 * addresses are {@linkcode MacAddress}. Text is parsed strictly.
 *
 * @example
 * ```ts
 * import { formatIpv4, Ipv4Prefix, parseIpv4 } from "@octet/netip";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const lan = Ipv4Prefix.parse("192.168.0.0/16");
 * const address = parseIpv4("192.168.0.1");
 * assertEquals(address, 0xc0a80001);
 * assert(lan.contains(address));
 * assertEquals(formatIpv4(lan.last), "192.168.255.255");
 * ```
 *
 * @module
 */
export * from "./ipv4.ts";
export * from "./ipv4_arithmetic.ts";
export * from "./ipv4_interface.ts";
export * from "./ipv4_mask.ts";
export * from "./ipv4_prefix.ts";
export * from "./ipv4_ranges.ts";
export * from "./ipv4_special.ts";
export * from "./ipv6.ts";
export * from "./ipv6_arithmetic.ts";
export * from "./ipv6_bytes.ts";
export * from "./ipv6_embedded.ts";
export * from "./ipv6_interface.ts";
export * from "./ipv6_interface_id.ts";
export * from "./ipv6_prefix.ts";
export * from "./ipv6_prefix_table.ts";
export * from "./ipv6_ranges.ts";
export * from "./ipv6_scoped.ts";
export * from "./ipv6_special.ts";
export * from "./ipv6_type.ts";
export * from "./mac_address.ts";
export * from "./multicast_mac.ts";
export * from "./prefix_table.ts";
export type * from "./special_block.ts";

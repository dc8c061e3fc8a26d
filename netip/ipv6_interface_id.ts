/**
 * Interface identifiers made from MAC addresses, and the addresses made of them.
 * RFC 4291 Appendix A (modified EUI-64), RFC 4862 §5.3, RFC 4291 §2.7.1 (solicited-node).
 *
 * @module
 */
import type { Ipv6Prefix } from "./ipv6_prefix.ts";
import { MacAddress } from "./mac_address.ts";

const UNIVERSAL_BIT = 0x0200_0000_0000_0000n;
const LINK_LOCAL = 0xfe80_0000_0000_0000_0000_0000_0000_0000n;
const SOLICITED_NODE = 0xff02_0000_0000_0000_0000_0001_ff00_0000n;

/**
 * Makes the modified EUI-64 interface identifier of a MAC address (RFC 4291 Appendix A).
 *
 * @param mac The MAC address.
 * @returns 64 bits: ff:fe in the middle, the universal/local bit inverted.
 * @example
 * ```ts
 * import { eui64, MacAddress } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(eui64(MacAddress.parse("34:56:78:9a:bc:de")), 0x365678fffe9abcden);
 * ```
 */
export function eui64(mac: MacAddress): bigint {
  const value = BigInt(mac.toNumber());
  return (value >> 24n << 40n | 0xfffen << 24n | value & 0xffffffn) ^ UNIVERSAL_BIT;
}

/**
 * Finds the MAC address that an IPv6 address's interface identifier was made from.
 *
 * @param address The address.
 * @returns The MAC address, or `undefined` when the low 64 bits have no ff:fe in the middle.
 * @example
 * ```ts
 * import { macFromEui64, parseIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(`${macFromEui64(parseIpv6("fe80::3656:78ff:fe9a:bcde"))}`, "34:56:78:9a:bc:de");
 * assertEquals(macFromEui64(parseIpv6("fe80::1")), undefined);
 * ```
 */
export function macFromEui64(address: bigint): MacAddress | undefined {
  const id = BigInt.asUintN(64, address) ^ UNIVERSAL_BIT;
  if ((id >> 24n & 0xffffn) !== 0xfffen) return undefined;
  return MacAddress.fromNumber(Number(id >> 40n << 24n | id & 0xffffffn));
}

/**
 * Makes the address of a station under a /64 prefix by stateless autoconfiguration (RFC 4862 §5.5.3).
 *
 * @param prefix The link's prefix; it must be 64 bits long.
 * @param mac The station's MAC address.
 * @returns The address.
 * @throws {RangeError} If the prefix is not 64 bits long.
 * @example
 * ```ts
 * import { eui64Address, formatIpv6, Ipv6Prefix, MacAddress } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const mac = MacAddress.parse("34:56:78:9a:bc:de");
 * const address = eui64Address(Ipv6Prefix.parse("2001:db8::/64"), mac);
 * assertEquals(formatIpv6(address), "2001:db8::3656:78ff:fe9a:bcde");
 * ```
 */
export function eui64Address(prefix: Ipv6Prefix, mac: MacAddress): bigint {
  if (prefix.length !== 64) {
    throw new RangeError(`Cannot add an interface identifier to ${prefix} as it is not a /64`);
  }
  return prefix.address | eui64(mac);
}

/**
 * Makes the link-local address of a station (RFC 4862 §5.3).
 *
 * @param mac The station's MAC address.
 * @returns The address in fe80::/64.
 * @example
 * ```ts
 * import { formatIpv6, linkLocalIpv6, MacAddress } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const mac = MacAddress.parse("02:00:00:00:00:01");
 * assertEquals(formatIpv6(linkLocalIpv6(mac)), "fe80::ff:fe00:1");
 * ```
 */
export function linkLocalIpv6(mac: MacAddress): bigint {
  return LINK_LOCAL | eui64(mac);
}

/**
 * Gives the solicited-node multicast group of a unicast or anycast address (RFC 4291 §2.7.1).
 *
 * @param address The address.
 * @returns ff02::1:ff00:0 with the address's low 24 bits.
 * @example
 * ```ts
 * import { formatIpv6, parseIpv6, solicitedNode } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpv6(solicitedNode(parseIpv6("4037::01:800:200e:8c6c"))), "ff02::1:ff0e:8c6c");
 * ```
 */
export function solicitedNode(address: bigint): bigint {
  return SOLICITED_NODE | address & 0xffffffn;
}

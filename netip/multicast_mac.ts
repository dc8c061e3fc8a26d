/**
 * How multicast addresses of IP become multicast addresses of Ethernet (RFC 1112 §6.4, RFC 2464 §7).
 *
 * @module
 */
import { formatIpv4 } from "./ipv4.ts";
import { isMulticastIpv4 } from "./ipv4_special.ts";
import { formatIpv6 } from "./ipv6.ts";
import { isMulticastIpv6 } from "./ipv6_type.ts";
import { MacAddress } from "./mac_address.ts";

/**
 * Gives the MAC address to which packets for a multicast group are sent.
 *
 * IPv4: 01:00:5e and the group's low 23 bits (RFC 1112 §6.4). IPv6: 33:33 and its low 32 bits
 * (RFC 2464 §7).
 *
 * @param group The group: a number (host order) for IPv4, a `bigint` for IPv6.
 * @returns The multicast MAC address.
 * @throws {RangeError} If the address is not multicast.
 * @example
 * ```ts
 * import { multicastMac, parseIpv4, parseIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(`${multicastMac(parseIpv4("224.0.0.251"))}`, "01:00:5e:00:00:fb");
 * assertEquals(`${multicastMac(parseIpv6("ff02::1:ff00:1"))}`, "33:33:ff:00:00:01");
 * ```
 */
export function multicastMac(group: number | bigint): MacAddress {
  if (typeof group === "number") {
    if (!isMulticastIpv4(group)) {
      throw new RangeError(`Cannot map ${formatIpv4(group)} to a MAC address as it is unicast`);
    }
    return MacAddress.fromNumber(0x01005e000000 + (group & 0x7fffff));
  }
  if (!isMulticastIpv6(group)) {
    throw new RangeError(`Cannot map ${formatIpv6(group)} to a MAC address as it is unicast`);
  }
  return MacAddress.fromNumber(0x333300000000 + Number(BigInt.asUintN(32, group)));
}

/**
 * Writes the MAC address of an IPv4 multicast group (RFC 1112 §6.4); allocates nothing.
 *
 * @param bytes The buffer; `offset + 6` must lie inside it, which is not checked.
 * @param offset Where the MAC address goes.
 * @param group The group, host order, which is not checked to be multicast.
 * @example
 * ```ts
 * import { parseIpv4, writeMulticastMac } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(6);
 * writeMulticastMac(bytes, 0, parseIpv4("239.255.255.250"));
 * assertEquals([...bytes], [0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa]);
 * ```
 */
export function writeMulticastMac(bytes: Uint8Array, offset: number, group: number): void {
  bytes[offset] = 0x01;
  bytes[offset + 1] = 0x00;
  bytes[offset + 2] = 0x5e;
  bytes[offset + 3] = group >>> 16 & 0x7f;
  bytes[offset + 4] = group >>> 8;
  bytes[offset + 5] = group;
}

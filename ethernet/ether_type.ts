/**
 * EtherTypes: what an Ethernet frame carries.
 *
 * @module
 */

/** EtherType numbers (IEEE 802, IANA "ieee-802-numbers"). */
export const EtherType = {
  /** Internet Protocol version 4 (RFC 894). */
  Ipv4: 0x0800,
  /** Address Resolution Protocol (RFC 826). */
  Arp: 0x0806,
  /** Wake-on-LAN. */
  WakeOnLan: 0x0842,
  /** IEEE 802.1Q customer VLAN tag. */
  Vlan: 0x8100,
  /** Internet Protocol version 6 (RFC 2464). */
  Ipv6: 0x86dd,
  /** IEEE 802.3x flow control. */
  FlowControl: 0x8808,
  /** Multiprotocol Label Switching, unicast (RFC 3032). */
  Mpls: 0x8847,
  /** Point-to-point protocol over Ethernet, discovery (RFC 2516). */
  PppoeDiscovery: 0x8863,
  /** Point-to-point protocol over Ethernet, session (RFC 2516). */
  PppoeSession: 0x8864,
  /** Port authentication, IEEE 802.1X. */
  Eapol: 0x888e,
  /** IEEE 802.1Q (once 802.1ad) service VLAN tag. */
  ServiceVlan: 0x88a8,
  /** Link Layer Discovery Protocol, IEEE 802.1AB. */
  Lldp: 0x88cc,
  /** Precision Time Protocol, IEEE 1588. */
  Ptp: 0x88f7,
} as const;

/** One of the numbers of {@linkcode EtherType}. */
export type EtherType = (typeof EtherType)[keyof typeof EtherType];

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(EtherType).map(([name, value]) => [value, name]),
);

/**
 * The name of an EtherType, for messages.
 *
 * @example
 * ```ts
 * import { etherTypeName } from "@octet/ethernet";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(etherTypeName(0x0800), "Ipv4");
 * assertEquals(etherTypeName(0x1234), "0x1234");
 * ```
 *
 * @param type The EtherType.
 * @returns Its name as in {@linkcode EtherType}, or four hexadecimal digits.
 */
export function etherTypeName(type: number): string {
  return names.get(type) ?? `0x${type.toString(16).padStart(4, "0")}`;
}

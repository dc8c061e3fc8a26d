/**
 * IP protocol numbers: what a datagram carries.
 *
 * @module
 */

/** Protocol numbers (IANA "protocol-numbers"). */
export const IpProtocol = {
  /** Internet Control Message Protocol (RFC 792). */
  Icmp: 1,
  /** Internet Group Management Protocol (RFC 3376). */
  Igmp: 2,
  /** IPv4 in IPv4 (RFC 2003). */
  Ipip: 4,
  /** Transmission Control Protocol (RFC 9293). */
  Tcp: 6,
  /** User Datagram Protocol (RFC 768). */
  Udp: 17,
  /** IPv6 in IPv4 (RFC 4213). */
  Ipv6: 41,
  /** Generic Routing Encapsulation (RFC 2784). */
  Gre: 47,
  /** IPsec Encapsulating Security Payload (RFC 4303). */
  Esp: 50,
  /** IPsec Authentication Header (RFC 4302). */
  Ah: 51,
  /** ICMP for IPv6 (RFC 4443). */
  Icmpv6: 58,
  /** Open Shortest Path First (RFC 2328). */
  Ospf: 89,
  /** Protocol Independent Multicast (RFC 7761). */
  Pim: 103,
  /** Virtual Router Redundancy Protocol (RFC 5798). */
  Vrrp: 112,
  /** Stream Control Transmission Protocol (RFC 9260). */
  Sctp: 132,
  /** UDP-Lite (RFC 3828). */
  UdpLite: 136,
} as const;

/** One of the numbers of {@linkcode IpProtocol}. */
export type IpProtocol = (typeof IpProtocol)[keyof typeof IpProtocol];

const names: ReadonlyMap<number, string> = new Map(
  Object.entries(IpProtocol).map(([name, value]) => [value, name]),
);

/**
 * The name of a protocol number, for messages.
 *
 * @example
 * ```ts
 * import { ipProtocolName } from "@octet/ipv4";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ipProtocolName(6), "Tcp");
 * assertEquals(ipProtocolName(254), "254");
 * ```
 *
 * @param protocol 0 to 255.
 * @returns Its name as in {@linkcode IpProtocol}, or the number.
 */
export function ipProtocolName(protocol: number): string {
  return names.get(protocol) ?? String(protocol);
}

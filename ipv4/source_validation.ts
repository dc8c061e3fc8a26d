/**
 * Whether the source of a datagram that came in is one that can be: ingress filtering (RFC 3704), and sources that
 * do not stand in the public Internet (RFC 6890).
 *
 * @module
 */
import { isGloballyReachableIpv4 } from "@octet/netip/ipv4-special";
import { type Packet, readU16 } from "@octet/wire";
import type { Ipv4Counters } from "./counters.ts";
import type { Ipv4Interface } from "./interface.ts";
import { IpProtocol } from "./protocol.ts";
import type { RouteTable } from "./route_table.ts";

/** UDP port 68 (RFC 2131 §4.1). */
export const dhcpClientPort = 68;

/**
 * RFC 3704 §2.2, §2.3: whether a route leads back to the source, by the interface it came in by when that is asked for.
 *
 * @param node Whose routes are asked, and who counts what is refused.
 * @param via Where the datagram came in.
 * @param packet Where it lies; `protocol` and `destination` are set.
 * @param source Its source, signed.
 * @param transport Where the transport header begins.
 */
export function isPlausible(
  node: { readonly routes: RouteTable; readonly counters: Ipv4Counters },
  via: Ipv4Interface,
  packet: Packet,
  source: number,
  transport: number,
): boolean {
  // A lease's server may be anywhere behind a relay, and before there is a lease, there is no route to it.
  if (
    packet.protocol === IpProtocol.Udp &&
    readU16(packet.bytes, transport + 2) === dhcpClientPort &&
    (via.addresses.primary === 0 || via.addresses.owns(packet.destination))
  ) return true;
  if (via.filtersBogons && source !== 0 && !isGloballyReachableIpv4(source >>> 0)) {
    node.counters.inBogons++;
    return false;
  }
  const { sourceValidation } = via;
  if (source === 0 || sourceValidation === "off") return true;
  const route = node.routes.find(source);
  if (route !== null) {
    if (sourceValidation === "loose" || route.interface === via) return true;
    const other = node.routes.findVia(source, via);
    if (other !== null && other.prefix.length === route.prefix.length) return true;
  }
  node.counters.reversePathFilter++;
  return false;
}

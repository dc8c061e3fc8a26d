/**
 * What becomes of a datagram whose next hop does not answer.
 *
 * @module
 */
import type { Icmpv4 } from "@octet/icmpv4";
import type { Ipv4 } from "@octet/ipv4";
import { type Packet, readU16 } from "@octet/wire";

/**
 * Sends a datagram that is passed on by another way, when there is one; else its sender hears "host unreachable", as if
 * a router had said it (RFC 1122 §2.4); we are that router where the datagram was another's.
 *
 * @param ipv4 The IP layer; it knows already which router is silent.
 * @param icmp Who tells others.
 * @param packet The datagram, with the facts it was sent with; it is gone after the call.
 * @param now Milliseconds.
 */
export function giveUp(ipv4: Ipv4, icmp: Icmpv4, packet: Packet, now: number): void {
  const { networkOffset, length } = packet;
  const isTranslated = ipv4.translator?.revert(packet, networkOffset, length) ?? false;
  if (!isTranslated && ipv4.isLocal(packet.source)) {
    packet.nextHop = packet.source;
    ipv4.deliverError(3, 1, 0, packet, networkOffset, length, now);
  } else if (ipv4.isForwarding && (isTranslated || !sendOtherwise(ipv4, packet))) {
    icmp.reportError(3, 1, 0, packet, networkOffset, length, now);
  }
}

/** Own traffic takes the other way when it is sent again; what is translated speaks for the way it took. */
function sendOtherwise(ipv4: Ipv4, packet: Packet): boolean {
  const route = ipv4.routes.find(packet.destination);
  if (route === null || route.gateway === 0 || route.gateway === packet.nextHop) return false;
  const { bytes, networkOffset } = packet;
  const headerLength = (bytes[networkOffset]! & 0x0f) << 2;
  const end = networkOffset + readU16(bytes, networkOffset + 2);
  packet.nextHop = route.gateway;
  ipv4.departure.leave(route.interface, packet, networkOffset, headerLength, end);
  return true;
}

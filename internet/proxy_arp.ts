/**
 * Proxy ARP: a router answers for hosts behind it, whose neighbours believe them on their own link (RFC 1027).
 *
 * @module
 */
import type { ArpProxy } from "@octet/arp";
import type { Ipv4, Ipv4Interface } from "@octet/ipv4";
import type { Ipv4Prefix } from "@octet/netip";

/**
 * Answers on an interface for what is reached by another one. What lies on the same link answers for itself.
 *
 * @param ipv4 The IP layer, which must forward.
 * @param via The interface.
 * @param prefixes For which addresses; `true` for all that a route leads to.
 * @throws {TypeError} When the IP layer does not forward.
 */
export function proxyArp(
  ipv4: Ipv4,
  via: Ipv4Interface,
  prefixes: true | readonly Ipv4Prefix[],
): ArpProxy {
  if (!ipv4.isForwarding) {
    throw new TypeError(`Cannot answer for others on ${via.name} as the stack does not forward`);
  }
  return (target) => {
    if (prefixes !== true && !prefixes.some((prefix) => prefix.contains(target))) return false;
    if (ipv4.isLocal(target) || ipv4.isBroadcast(target)) return false;
    const route = ipv4.routes.find(target);
    return route !== null && route.interface !== via;
  };
}

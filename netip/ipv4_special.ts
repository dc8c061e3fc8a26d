/**
 * What an IPv4 address is for: the IANA IPv4 Special-Purpose Address Registry and multicast.
 *
 * @module
 */
import { buildRegistry, type SpecialRow } from "./_special_registry.ts";
import { Ipv4Prefix } from "./ipv4_prefix.ts";
import type { SpecialBlock } from "./special_block.ts";

/** What an IPv4 address is for; `global` is ordinary unicast. */
export type Ipv4Kind =
  | "unspecified"
  | "this-network"
  | "private"
  | "shared"
  | "loopback"
  | "link-local"
  | "protocol-assignment"
  | "documentation"
  | "as112"
  | "amt"
  | "6to4-relay"
  | "benchmarking"
  | "multicast"
  | "reserved"
  | "broadcast"
  | "global";

const ROWS: readonly SpecialRow<Ipv4Kind>[] = [
  ["0.0.0.0/8", "this-network", '"This network"', "RFC 791 §3.2", "TFFFT"],
  ["0.0.0.0/32", "unspecified", '"This host on this network"', "RFC 1122 §3.2.1.3", "TFFFT"],
  ["10.0.0.0/8", "private", "Private-Use", "RFC 1918", "TTTFF"],
  ["100.64.0.0/10", "shared", "Shared Address Space", "RFC 6598", "TTTFF"],
  ["127.0.0.0/8", "loopback", "Loopback", "RFC 1122 §3.2.1.3", "FFFFT"],
  ["169.254.0.0/16", "link-local", "Link Local", "RFC 3927", "TTFFT"],
  ["172.16.0.0/12", "private", "Private-Use", "RFC 1918", "TTTFF"],
  ["192.0.0.0/24", "protocol-assignment", "IETF Protocol Assignments", "RFC 6890 §2.1", "FFFFF"],
  ["192.0.0.0/29", "protocol-assignment", "IPv4 Service Continuity Prefix", "RFC 7335", "TTTFF"],
  ["192.0.0.8/32", "protocol-assignment", "IPv4 dummy address", "RFC 7600", "TFFFF"],
  ["192.0.0.9/32", "protocol-assignment", "Port Control Protocol Anycast", "RFC 7723", "TTTTF"],
  [
    "192.0.0.10/32",
    "protocol-assignment",
    "Traversal Using Relays around NAT Anycast",
    "RFC 8155",
    "TTTTF",
  ],
  ["192.0.0.170/32", "protocol-assignment", "NAT64/DNS64 Discovery", "RFC 8880", "FFFFT"],
  ["192.0.0.171/32", "protocol-assignment", "NAT64/DNS64 Discovery", "RFC 8880", "FFFFT"],
  ["192.0.2.0/24", "documentation", "Documentation (TEST-NET-1)", "RFC 5737", "FFFFF"],
  ["192.31.196.0/24", "as112", "AS112-v4", "RFC 7535", "TTTTF"],
  ["192.52.193.0/24", "amt", "AMT", "RFC 7450", "TTTTF"],
  ["192.88.99.0/24", "6to4-relay", "Deprecated (6to4 Relay Anycast)", "RFC 7526", "-----"],
  ["192.88.99.2/32", "6to4-relay", "6a44-relay anycast address", "RFC 6751", "TTTFF"],
  ["192.168.0.0/16", "private", "Private-Use", "RFC 1918", "TTTFF"],
  ["192.175.48.0/24", "as112", "Direct Delegation AS112 Service", "RFC 7534", "TTTTF"],
  ["198.18.0.0/15", "benchmarking", "Benchmarking", "RFC 2544", "TTTFF"],
  ["198.51.100.0/24", "documentation", "Documentation (TEST-NET-2)", "RFC 5737", "FFFFF"],
  ["203.0.113.0/24", "documentation", "Documentation (TEST-NET-3)", "RFC 5737", "FFFFF"],
  ["240.0.0.0/4", "reserved", "Reserved", "RFC 1112 §4", "FFFFT"],
  ["255.255.255.255/32", "broadcast", "Limited Broadcast", "RFC 919 §7", "FTFFT"],
];

/** The IANA IPv4 Special-Purpose Address Registry, longest prefixes first (RFC 6890, RFC 8190). */
export const ipv4SpecialBlocks: readonly SpecialBlock<Ipv4Prefix, Ipv4Kind>[] =
  /* @__PURE__ */ buildRegistry(
    ROWS,
    (text) => Ipv4Prefix.parse(text),
  );

/**
 * Finds the most specific registry entry that holds an address.
 *
 * @param address The address, host order.
 * @returns The entry, or `undefined` for an ordinary or a multicast address.
 * @example
 * ```ts
 * import { findIpv4Special, parseIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(findIpv4Special(parseIpv4("198.19.0.1"))?.specification, "RFC 2544");
 * ```
 */
export function findIpv4Special(address: number): SpecialBlock<Ipv4Prefix, Ipv4Kind> | undefined {
  for (const block of ipv4SpecialBlocks) {
    if (block.prefix.contains(address)) return block;
  }
  return undefined;
}

/**
 * Says what an address is for.
 *
 * @param address The address, host order.
 * @returns One of {@linkcode Ipv4Kind}.
 * @example
 * ```ts
 * import { classifyIpv4, parseIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(classifyIpv4(parseIpv4("172.31.0.1")), "private");
 * assertEquals(classifyIpv4(parseIpv4("224.0.0.251")), "multicast");
 * assertEquals(classifyIpv4(parseIpv4("1.1.1.1")), "global");
 * ```
 */
export function classifyIpv4(address: number): Ipv4Kind {
  if (isMulticastIpv4(address)) return "multicast";
  return findIpv4Special(address)?.kind ?? "global";
}

/**
 * Tells whether packets to an address may leave an administrative domain.
 *
 * The registry decides for special blocks, and where it does not say, the answer is no. Multicast
 * is reachable except for the local network control block (224.0.0.0/24, RFC 5771 §4) and the
 * administratively scoped one (239.0.0.0/8, RFC 2365 §6).
 *
 * @param address The address, host order.
 * @returns True when they may.
 * @example
 * ```ts
 * import { isGloballyReachableIpv4, parseIpv4 } from "@octet/netip";
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isGloballyReachableIpv4(parseIpv4("9.9.9.9")));
 * assertFalse(isGloballyReachableIpv4(parseIpv4("100.64.0.1")));
 * ```
 */
export function isGloballyReachableIpv4(address: number): boolean {
  if (isMulticastIpv4(address)) return address >>> 8 !== 0xe00000 && address >>> 24 !== 239;
  const block = findIpv4Special(address);
  return block === undefined || block.globallyReachable === true;
}

/**
 * Tells whether an address is in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16 (RFC 1918 §3).
 *
 * @param address The address, host order.
 * @returns True when it is.
 * @example
 * ```ts
 * import { isPrivateIpv4, parseIpv4 } from "@octet/netip";
 * import { assert } from "@std/assert";
 *
 * assert(isPrivateIpv4(parseIpv4("192.168.1.1")));
 * ```
 */
export function isPrivateIpv4(address: number): boolean {
  return address >>> 24 === 10 || address >>> 20 === 0xac1 || address >>> 16 === 0xc0a8;
}

/**
 * Tells whether an address is in 127.0.0.0/8 (RFC 1122 §3.2.1.3).
 *
 * @param address The address, host order.
 * @returns True when it is.
 * @example
 * ```ts
 * import { isLoopbackIpv4, parseIpv4 } from "@octet/netip";
 * import { assert } from "@std/assert";
 *
 * assert(isLoopbackIpv4(parseIpv4("127.0.0.53")));
 * ```
 */
export function isLoopbackIpv4(address: number): boolean {
  return address >>> 24 === 127;
}

/**
 * Tells whether an address is in 169.254.0.0/16 (RFC 3927 §2.1).
 *
 * @param address The address, host order.
 * @returns True when it is.
 * @example
 * ```ts
 * import { isLinkLocalIpv4, parseIpv4 } from "@octet/netip";
 * import { assert } from "@std/assert";
 *
 * assert(isLinkLocalIpv4(parseIpv4("169.254.7.7")));
 * ```
 */
export function isLinkLocalIpv4(address: number): boolean {
  return address >>> 16 === 0xa9fe;
}

/**
 * Tells whether an address is in 224.0.0.0/4 (RFC 1112 §4).
 *
 * @param address The address, host order.
 * @returns True when it is.
 * @example
 * ```ts
 * import { isMulticastIpv4, parseIpv4 } from "@octet/netip";
 * import { assert } from "@std/assert";
 *
 * assert(isMulticastIpv4(parseIpv4("239.255.255.250")));
 * ```
 */
export function isMulticastIpv4(address: number): boolean {
  return address >>> 28 === 0xe;
}

/**
 * Tells whether one host may have an address: not multicast, not 0.0.0.0/8, not 240.0.0.0/4
 * (RFC 1122 §3.2.1.3).
 *
 * @param address The address, host order.
 * @returns True when it may; a subnet's broadcast address is for {@linkcode Ipv4Prefix} to know.
 * @example
 * ```ts
 * import { Ipv4, isUnicastIpv4 } from "@octet/netip";
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isUnicastIpv4(Ipv4.loopback));
 * assertFalse(isUnicastIpv4(Ipv4.any));
 * assertFalse(isUnicastIpv4(Ipv4.broadcast));
 * ```
 */
export function isUnicastIpv4(address: number): boolean {
  const top = address >>> 24;
  return top !== 0 && top < 224;
}

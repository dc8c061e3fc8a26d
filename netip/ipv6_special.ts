/**
 * What an IPv6 address is for: the IANA IPv6 Special-Purpose Address Registry and multicast.
 *
 * @module
 */
import { buildRegistry, type SpecialRow } from "./_special_registry.ts";
import { Ipv6Prefix } from "./ipv6_prefix.ts";
import { isMulticastIpv6 } from "./ipv6_type.ts";
import type { SpecialBlock } from "./special_block.ts";

/** What an IPv6 address is for; `global` is ordinary unicast. */
export type Ipv6Kind =
  | "unspecified"
  | "loopback"
  | "ipv4-mapped"
  | "nat64"
  | "discard"
  | "dummy"
  | "protocol-assignment"
  | "teredo"
  | "benchmarking"
  | "amt"
  | "as112"
  | "orchid"
  | "drone-id"
  | "documentation"
  | "6to4"
  | "segment-routing"
  | "unique-local"
  | "link-local"
  | "site-local"
  | "multicast"
  | "reserved"
  | "global";

const ROWS: readonly SpecialRow<Ipv6Kind>[] = [
  ["::1/128", "loopback", "Loopback Address", "RFC 4291 §2.5.3", "FFFFT"],
  ["::/128", "unspecified", "Unspecified Address", "RFC 4291 §2.5.2", "TFFFT"],
  ["::ffff:0:0/96", "ipv4-mapped", "IPv4-mapped Address", "RFC 4291 §2.5.5.2", "FFFFT"],
  ["64:ff9b::/96", "nat64", "IPv4-IPv6 Translat.", "RFC 6052", "TTTTF"],
  ["64:ff9b:1::/48", "nat64", "IPv4-IPv6 Translat.", "RFC 8215", "TTTFF"],
  ["100::/64", "discard", "Discard-Only Address Block", "RFC 6666", "TTTFF"],
  ["100:0:0:1::/64", "dummy", "Dummy IPv6 Prefix", "RFC 9780", "TFFFF"],
  ["2001::/23", "protocol-assignment", "IETF Protocol Assignments", "RFC 2928", "FFFFF"],
  ["2001::/32", "teredo", "TEREDO", "RFC 4380", "TTT-F"],
  ["2001:1::1/128", "protocol-assignment", "Port Control Protocol Anycast", "RFC 7723", "TTTTF"],
  [
    "2001:1::2/128",
    "protocol-assignment",
    "Traversal Using Relays around NAT Anycast",
    "RFC 8155",
    "TTTTF",
  ],
  [
    "2001:1::3/128",
    "protocol-assignment",
    "DNS-SD Service Registration Protocol Anycast",
    "RFC 9665",
    "TTTTF",
  ],
  ["2001:2::/48", "benchmarking", "Benchmarking", "RFC 5180", "TTTFF"],
  ["2001:3::/32", "amt", "AMT", "RFC 7450", "TTTTF"],
  ["2001:4:112::/48", "as112", "AS112-v6", "RFC 7535", "TTTTF"],
  ["2001:10::/28", "orchid", "Deprecated (previously ORCHID)", "RFC 4843", "-----"],
  ["2001:20::/28", "orchid", "ORCHIDv2", "RFC 7343", "TTTTF"],
  [
    "2001:30::/28",
    "drone-id",
    "Drone Remote ID Protocol Entity Tags (DETs) Prefix",
    "RFC 9374",
    "TTTTF",
  ],
  ["2001:db8::/32", "documentation", "Documentation", "RFC 3849", "FFFFF"],
  ["2002::/16", "6to4", "6to4", "RFC 3056", "TTT-F"],
  ["2620:4f:8000::/48", "as112", "Direct Delegation AS112 Service", "RFC 7534", "TTTTF"],
  ["3fff::/20", "documentation", "Documentation", "RFC 9637", "FFFFF"],
  ["5f00::/16", "segment-routing", "Segment Routing (SRv6) SIDs", "RFC 9602", "TTTFF"],
  ["fc00::/7", "unique-local", "Unique-Local", "RFC 4193", "TTTFF"],
  ["fe80::/10", "link-local", "Link-Local Unicast", "RFC 4291 §2.5.6", "TTFFT"],
];

/** The IANA IPv6 Special-Purpose Address Registry, longest prefixes first (RFC 6890, RFC 8190). */
export const ipv6SpecialBlocks: readonly SpecialBlock<Ipv6Prefix, Ipv6Kind>[] =
  /* @__PURE__ */ buildRegistry(
    ROWS,
    (text) => Ipv6Prefix.parse(text),
  );

/**
 * Finds the most specific registry entry that holds an address.
 *
 * @param address The address.
 * @returns The entry, or `undefined` for an ordinary, a multicast or an unassigned address.
 * @example
 * ```ts
 * import { findIpv6Special, parseIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(findIpv6Special(parseIpv6("2001:db8::1"))?.specification, "RFC 3849");
 * ```
 */
export function findIpv6Special(address: bigint): SpecialBlock<Ipv6Prefix, Ipv6Kind> | undefined {
  for (const block of ipv6SpecialBlocks) {
    if (block.prefix.contains(address)) return block;
  }
  return undefined;
}

/**
 * Says what an address is for.
 *
 * Unicast outside the registry's blocks is `global` within 2000::/3, the part that IANA allocates
 * from, and `reserved` elsewhere (RFC 4291 §2.4).
 *
 * @param address The address.
 * @returns One of {@linkcode Ipv6Kind}.
 * @example
 * ```ts
 * import { classifyIpv6, parseIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(classifyIpv6(parseIpv6("fd00::1")), "unique-local");
 * assertEquals(classifyIpv6(parseIpv6("2002:c000:201::1")), "6to4");
 * assertEquals(classifyIpv6(parseIpv6("2606:4700::1111")), "global");
 * ```
 */
export function classifyIpv6(address: bigint): Ipv6Kind {
  if (isMulticastIpv6(address)) return "multicast";
  const block = findIpv6Special(address);
  if (block !== undefined) return block.kind;
  if (address >> 118n === 0x3fbn) return "site-local";
  return address >> 125n === 1n ? "global" : "reserved";
}

/**
 * Tells whether packets to an address may leave an administrative domain.
 *
 * The registry decides for special blocks, and where it does not say (6to4, Teredo), the answer is
 * no. Multicast is reachable at global scope alone (RFC 4291 §2.7).
 *
 * @param address The address.
 * @returns True when they may.
 * @example
 * ```ts
 * import { isGloballyReachableIpv6, parseIpv6 } from "@octet/netip";
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isGloballyReachableIpv6(parseIpv6("2606:4700::1111")));
 * assertFalse(isGloballyReachableIpv6(parseIpv6("fe80::1")));
 * ```
 */
export function isGloballyReachableIpv6(address: bigint): boolean {
  if (isMulticastIpv6(address)) return (address >> 112n & 0xfn) === 0xen;
  const block = findIpv6Special(address);
  if (block !== undefined) return block.globallyReachable === true;
  return address >> 125n === 1n;
}

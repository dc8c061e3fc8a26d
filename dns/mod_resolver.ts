/**
 * A stub resolver of the Domain Name System, without I/O: it is handed packets and the time. Its cache,
 * the names that are answered without asking, and the framing of messages over TCP.
 *
 * @example
 * ```ts
 * import { DnsResolver } from "@octet/dns/resolver";
 * import { parseIpv4 } from "@octet/netip";
 * import { SeededRandom } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const resolver = new DnsResolver({ random: new SeededRandom(1), servers: [parseIpv4("10.77.0.1")] });
 * // RFC 6761 §6.3: nobody is asked for localhost.
 * assertEquals(resolver.resolve("localhost", 0).state, "answered");
 * ```
 *
 * @module
 */
export * from "./cache.ts";
export * from "./query.ts";
export * from "./resolver.ts";
export * from "./special_names.ts";
export * from "./stream.ts";

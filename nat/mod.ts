/**
 * Network address and port translation: endpoint-independent mapping, filters, TCP and ICMP, hairpinning, port forwards,
 * bounded tables and timeouts.
 *
 * @example
 * ```ts
 * import { Nat } from "@octet/nat";
 * import { parseIpv4 } from "@octet/netip";
 * import { SeededRandom } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const nat = new Nat({ random: new SeededRandom(1), filtering: "endpoint-independent" });
 * nat.forward({
 *   protocol: 6,
 *   externalAddress: parseIpv4("203.0.113.1"),
 *   externalPort: 80,
 *   internalAddress: parseIpv4("192.168.1.2"),
 *   internalPort: 8080,
 * });
 * assertEquals(nat.mappingCount, 1);
 * ```
 *
 * @module
 */
export * from "./mapping.ts";
export * from "./nat.ts";
export * from "./options.ts";

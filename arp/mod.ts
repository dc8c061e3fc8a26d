/**
 * ARP: frames (RFC 826), the neighbour cache, and probing for address conflicts (RFC 5227).
 *
 * @example
 * ```ts
 * import { ArpFrame, ArpOperation, encodeArp } from "@octet/arp";
 * import { formatIpv4, MacAddress, parseIpv4 } from "@octet/netip";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeArp({
 *   operation: ArpOperation.Reply,
 *   senderHardware: MacAddress.parse("02:00:00:00:00:01"),
 *   senderAddress: parseIpv4("10.0.0.1"),
 *   targetHardware: MacAddress.parse("02:00:00:00:00:02"),
 *   targetAddress: parseIpv4("10.0.0.2"),
 * });
 * const frame = new ArpFrame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assertEquals(`${formatIpv4(frame.senderAddress)} is at ${frame.senderHardware}`,
 *   "10.0.0.1 is at 02:00:00:00:00:01");
 * ```
 *
 * @module
 */
export * from "./address_claim.ts";
export * from "./announcer.ts";
export * from "./arp.ts";
export type * from "./arp_options.ts";
export * from "./conflict_detection.ts";
export * from "./frame.ts";
export * from "./held_packets.ts";
export * from "./neighbour_cache.ts";
export * from "./neighbour_state.ts";
export * from "./neighbour_table.ts";
export * from "./probe.ts";

/**
 * IPv4: frames with options, fragmentation and reassembly, addresses, routes, and the node that
 * transports stand on.
 *
 * @example
 * ```ts
 * import { encodeIpv4, Ipv4Frame, IpProtocol } from "@octet/ipv4";
 * import { formatIpv4, parseIpv4 } from "@octet/netip";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeIpv4({
 *   source: parseIpv4("192.168.0.1"),
 *   destination: parseIpv4("192.168.0.199"),
 *   protocol: IpProtocol.Udp,
 *   payload: new Uint8Array(8),
 * });
 * const frame = new Ipv4Frame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assertEquals(formatIpv4(frame.destination), "192.168.0.199");
 * ```
 *
 * @module
 */
export * from "./address_table.ts";
export * from "./addressing.ts";
export * from "./counters.ts";
export * from "./departure.ts";
export type * from "./errors.ts";
export * from "./forward.ts";
export * from "./frame.ts";
export * from "./igmp.ts";
export * from "./igmp_frame.ts";
export { everySource, type MulticastFilter } from "./igmp_group.ts";
export * from "./interface.ts";
export * from "./ipv4.ts";
export * from "./link_local.ts";
export * from "./option_encode.ts";
export * from "./option_rules.ts";
export * from "./options.ts";
export * from "./output.ts";
export * from "./protocol.ts";
export * from "./reassembly.ts";
export * from "./route_table.ts";
export * from "./translator.ts";
export * from "./transmit_queue.ts";

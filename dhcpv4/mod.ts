/**
 * DHCP for IPv4: messages with typed options, a client and a server (RFC 2131, RFC 2132 and later).
 *
 * Addresses are unsigned 32-bit numbers in host order, as in `@octet/netip`; times are milliseconds
 * on the clock of `now`, lease times seconds.
 *
 * @example
 * ```ts
 * import { decodeMessage, DhcpMessageType, DhcpOp, encodeMessage } from "@octet/dhcpv4";
 * import { parseIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeMessage({
 *   op: DhcpOp.Reply,
 *   xid: 0x12345678,
 *   hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 1),
 *   yiaddr: parseIpv4("10.77.0.50"),
 *   options: {
 *     messageType: DhcpMessageType.Offer,
 *     serverIdentifier: parseIpv4("10.77.0.1"),
 *     leaseTime: 120,
 *     domainSearch: ["lan.example", "example"],
 *   },
 * });
 * const message = decodeMessage(bytes);
 * const search = typeof message === "object" ? message.options.domainSearch : [];
 * assertEquals(search, ["lan.example", "example"]);
 * ```
 *
 * @module
 */
export * from "./client.ts";
export * from "./client_identifier.ts";
export * from "./client_options.ts";
export * from "./frame.ts";
export * from "./lease.ts";
export * from "./message.ts";
export * from "./option_code.ts";
export type * from "./option_types.ts";
export type * from "./option_values.ts";
export * from "./options.ts";
export * from "./server.ts";
export type * from "./server_options.ts";

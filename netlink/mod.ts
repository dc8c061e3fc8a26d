/**
 * Linux rtnetlink: messages and attributes as plain codecs, and a connection to the kernel that
 * lists and changes links, addresses and routes without calling `ip`.
 *
 * @example
 * ```ts
 * import { MessageWriter, NetlinkMessage, NetlinkType, writeGetLink } from "@octet/netlink";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new MessageWriter();
 * writeGetLink(writer, "tap0");
 * const bytes = writer.finish();
 * const message = new NetlinkMessage().reset(bytes, 0, bytes.length);
 * assertEquals(message.validate(), 0);
 * assertEquals(message.type, NetlinkType.GetLink);
 * ```
 *
 * @module
 */
export * from "./acknowledgement.ts";
export * from "./address.ts";
export * from "./address_bytes.ts";
export * from "./attribute.ts";
export * from "./change.ts";
export * from "./connection.ts";
export * from "./errno.ts";
export * from "./exchange.ts";
export * from "./host_order.ts";
export * from "./link.ts";
export * from "./link_connection.ts";
export * from "./link_constants.ts";
export * from "./link_kind.ts";
export * from "./link_name.ts";
export * from "./link_request.ts";
export * from "./link_statistics.ts";
export * from "./message.ts";
export * from "./monitor.ts";
export * from "./neighbour.ts";
export * from "./route.ts";
export * from "./route_constants.ts";
export * from "./route_request.ts";
export * from "./rule.ts";
export * from "./tuntap.ts";
export * from "./writer.ts";
export type { NamespaceReference } from "./namespace.ts";
export type { NetlinkRequestError } from "./request_error.ts";
export type { MacAddress } from "@octet/netip";
export type { Verdict } from "@octet/wire";

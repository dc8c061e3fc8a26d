/**
 * Routes: `struct rtmsg` and its attributes (RFC 3549 §3.1.1, `linux/rtnetlink.h`).
 *
 * @module
 */
import {
  AddressFamily,
  formatAddressBytes,
  parseAddressBytes,
  parsePrefixBytes,
} from "./address_bytes.ts";
import { AttributeCursor } from "./attribute.ts";
import { NetlinkFlag, type NetlinkMessage, NetlinkType } from "./message.ts";
import type { MessageWriter } from "./writer.ts";

/** Attributes of a route. */
export const RouteAttribute = {
  /** The destination prefix's address. */
  Destination: 1,
  /** The index of the outgoing link. */
  OutLink: 4,
  /** The gateway. */
  Gateway: 5,
  /** The metric: the lowest wins. */
  Priority: 6,
  /** The source address preferred. */
  PreferredSource: 7,
  /** The routing table, 32 bits wide. */
  Table: 15,
} as const;

/** Kinds of routes (`rtm_type`). */
export const RouteType = {
  /** To a gateway or a direct neighbour. */
  Unicast: 1,
  /** To this host. */
  Local: 2,
  /** A broadcast address. */
  Broadcast: 3,
  /** Dropped in silence. */
  Blackhole: 6,
  /** Answered with ICMP unreachable. */
  Unreachable: 7,
} as const;

/** The main routing table. */
export const mainTable = 254;

/** A route as the kernel describes it. */
export interface KernelRoute {
  /** 4 or 6. */
  readonly version: 4 | 6;
  /** The destination such as `10.77.0.0/24`; the default route's is `0.0.0.0/0` or `::/0`. */
  readonly destination: string;
  /** The gateway. */
  readonly gateway?: string;
  /** The index of the outgoing link, 0 when none is named. */
  readonly index: number;
  /** The source address preferred. */
  readonly preferredSource?: string;
  /** The metric, 0 when none is named. */
  readonly metric: number;
  /** The routing table. */
  readonly table: number;
  /** The kind, see {@linkcode RouteType}. */
  readonly type: number;
  /** Who made it (`RTPROT_…`): 2 the kernel, 3 boot, 4 static, 16 DHCP. */
  readonly origin: number;
  /** How far the destination is: 0 beyond a gateway, 253 on the link, 254 on the host. */
  readonly scope: number;
}

/** Options of {@linkcode writeNewRoute} and {@linkcode writeDeleteRoute}. */
export interface RouteOptions {
  /** The gateway; without one the destination is on the link itself. */
  readonly gateway?: string;
  /** The index of the outgoing link; the kernel finds it from the gateway when absent. */
  readonly index?: number;
  /** The source address preferred. */
  readonly preferredSource?: string;
  /** The metric. */
  readonly metric?: number;
  /** The routing table, the main one by default. */
  readonly table?: number;
  /** Replaces a route that exists instead of failing. */
  readonly replace?: boolean;
}

const headerLength = 12;
const originStatic = 4;
const scopeUniverse = 0;
const scopeLink = 253;
const scopeNowhere = 255;

/**
 * Reads a message of type {@linkcode NetlinkType}`.NewRoute` or `DeleteRoute`.
 *
 * @param message A message that {@linkcode NetlinkMessage.validate} found well formed.
 * @returns The route, or `undefined` when the payload is malformed or of another family than IP.
 */
export function decodeRoute(message: NetlinkMessage): KernelRoute | undefined {
  const { bytes, payloadOffset: at, payloadEnd: end } = message;
  if (end - at < headerLength) return undefined;
  const family = bytes[at]!;
  if (family !== AddressFamily.Inet && family !== AddressFamily.Inet6) return undefined;
  let destination = family === AddressFamily.Inet ? "0.0.0.0" : "::";
  let gateway = "";
  let preferredSource = "";
  let index = 0;
  let metric = 0;
  let table: number = bytes[at + 4]!;
  const attributes = new AttributeCursor().reset(bytes, at + headerLength, end);
  while (attributes.next()) {
    const { type, valueOffset, valueEnd } = attributes;
    if (type === RouteAttribute.Destination) {
      destination = formatAddressBytes(bytes, valueOffset, valueEnd);
    } else if (type === RouteAttribute.Gateway) {
      gateway = formatAddressBytes(bytes, valueOffset, valueEnd);
    } else if (type === RouteAttribute.PreferredSource) {
      preferredSource = formatAddressBytes(bytes, valueOffset, valueEnd);
    } else if (type === RouteAttribute.OutLink) index = attributes.u32();
    else if (type === RouteAttribute.Priority) metric = attributes.u32();
    else if (type === RouteAttribute.Table) table = attributes.u32();
  }
  if (attributes.verdict !== 0 || destination === "") return undefined;
  return {
    version: family === AddressFamily.Inet ? 4 : 6,
    destination: `${destination}/${bytes[at + 1]!}`,
    ...(gateway !== "" && { gateway }),
    index,
    ...(preferredSource !== "" && { preferredSource }),
    metric,
    table,
    type: bytes[at + 7]!,
    origin: bytes[at + 5]!,
    scope: bytes[at + 6]!,
  };
}

/** Writes the request for all routes of both families. */
export function writeGetRoutes(writer: MessageWriter): void {
  writer.begin(NetlinkType.GetRoute, NetlinkFlag.Request | NetlinkFlag.Dump, 0)
    .bytes(new Uint8Array(headerLength));
}

function writeRoute(
  writer: MessageWriter,
  type: number,
  flags: number,
  destination: string,
  options: RouteOptions,
): void {
  const { family, bytes, length } = parsePrefixBytes(destination);
  const header = new Uint8Array(headerLength);
  header[0] = family;
  header[1] = length;
  const table = options.table ?? mainTable;
  header[4] = table < 256 ? table : 0;
  if (type === NetlinkType.NewRoute) {
    header[5] = originStatic;
    header[6] = options.gateway === undefined ? scopeLink : scopeUniverse;
    header[7] = RouteType.Unicast;
  } else header[6] = scopeNowhere;
  writer.begin(type, flags, 0).bytes(header);
  if (length > 0) writer.attribute(RouteAttribute.Destination, bytes);
  if (options.gateway !== undefined) {
    writer.attribute(RouteAttribute.Gateway, parseAddressBytes(options.gateway).bytes);
  }
  if (options.preferredSource !== undefined) {
    const source = parseAddressBytes(options.preferredSource).bytes;
    writer.attribute(RouteAttribute.PreferredSource, source);
  }
  if (options.index !== undefined) writer.u32(RouteAttribute.OutLink, options.index);
  if (options.metric !== undefined) writer.u32(RouteAttribute.Priority, options.metric);
  if (table > 255) writer.u32(RouteAttribute.Table, table);
}

/**
 * Writes the request to add a route.
 *
 * @param writer Where it goes.
 * @param destination The prefix, such as `0.0.0.0/0`; no bit may be set behind its length.
 * @param options Where it leads.
 * @throws {SyntaxError} When an address is not one.
 */
export function writeNewRoute(
  writer: MessageWriter,
  destination: string,
  options: RouteOptions = {},
): void {
  const flags = NetlinkFlag.Request | NetlinkFlag.Ack | NetlinkFlag.Create |
    (options.replace ? NetlinkFlag.Replace : NetlinkFlag.Exclusive);
  writeRoute(writer, NetlinkType.NewRoute, flags, destination, options);
}

/**
 * Writes the request to remove a route.
 *
 * @param writer Where it goes.
 * @param destination The prefix.
 * @param options What else must match.
 * @throws {SyntaxError} When an address is not one.
 */
export function writeDeleteRoute(
  writer: MessageWriter,
  destination: string,
  options: RouteOptions = {},
): void {
  writeRoute(
    writer,
    NetlinkType.DeleteRoute,
    NetlinkFlag.Request | NetlinkFlag.Ack,
    destination,
    options,
  );
}

/**
 * Requests about routes: list, look up, add, remove (RFC 3549 §3.1.1, `linux/rtnetlink.h`).
 *
 * @module
 */
import { RouteScope } from "./address.ts";
import { AddressFamily, familyOf, parseAddressBytes, parsePrefixBytes } from "./address_bytes.ts";
import { writeHost32 } from "./host_order.ts";
import { NetlinkFlag, NetlinkType } from "./message.ts";
import { routeHeaderLength, type RouteMetrics } from "./route.ts";
import {
  mainTable,
  RouteAttribute,
  RouteFlag,
  RouteMetricAttribute,
  RouteOrigin,
  RouteType,
} from "./route_constants.ts";
import type { MessageWriter } from "./writer.ts";

/** What {@linkcode writeGetRoutes} asks for; everything when nothing is given. */
export interface RouteFilter {
  /** Routes of one version alone. */
  readonly version?: 4 | 6;
  /** Routes of this table alone. */
  readonly table?: number;
  /** Routes out of this link alone, by its index. */
  readonly index?: number;
  /** Routes that this origin made alone, see {@linkcode RouteOrigin}. */
  readonly origin?: number;
  /** Routes of this kind alone, see {@linkcode RouteType}. */
  readonly type?: number;
}

/** One way of a route to be added. */
export interface NextHopOptions {
  /** The gateway; without one the destination is on the link itself. */
  readonly gateway?: string;
  /** The index of the outgoing link. */
  readonly index?: number;
  /** Its share among the ways, 1 to 256; 1 when left out. */
  readonly weight?: number;
  /** Takes the gateway as being on the link, whatever addresses say. */
  readonly onLink?: boolean;
}

/** Options of {@linkcode writeNewRoute} and {@linkcode writeDeleteRoute}. */
export interface RouteOptions {
  /** The gateway; without one the destination is on the link itself. */
  readonly gateway?: string;
  /** The index of the outgoing link; the kernel finds it from the gateway when absent. */
  readonly index?: number;
  /** Several ways, in place of `gateway` and `index`. */
  readonly nextHops?: readonly NextHopOptions[];
  /** Takes the gateway as being on the link, whatever addresses say. */
  readonly onLink?: boolean;
  /** The source address preferred. */
  readonly preferredSource?: string;
  /** The metric. */
  readonly metric?: number;
  /** The routing table, the main one by default. */
  readonly table?: number;
  /** The kind, see {@linkcode RouteType}; unicast by default. */
  readonly type?: number;
  /** Who makes it, see {@linkcode RouteOrigin}; static by default. */
  readonly origin?: number;
  /** How far the destination is, see {@linkcode RouteScope}; by default what follows from the rest. */
  readonly scope?: number;
  /** The type of service that it is for. */
  readonly tos?: number;
  /** What connections over it begin with. */
  readonly metrics?: RouteMetrics;
  /** How much an IPv6 router is preferred (RFC 4191 §2.1): 0 medium, 1 high, 3 low. */
  readonly preference?: number;
  /** Seconds until it ends; IPv6 alone. */
  readonly expires?: number;
  /** Replaces a route that exists instead of failing. */
  readonly replace?: boolean;
  /** Puts an IPv4 route behind those of the same destination and metric instead of failing. */
  readonly append?: boolean;
}

/** Options of {@linkcode writeGetRoute}. */
export interface RouteLookupOptions {
  /** The packet's source address. */
  readonly source?: string;
  /** The index of the link that it must leave by. */
  readonly index?: number;
  /** The index of the link that it came in by: a packet to be forwarded. */
  readonly incoming?: number;
  /** The packet's mark. */
  readonly mark?: number;
}

/** Gives the table as it is, not as the lookup's (`RTM_F_LOOKUP_TABLE`). */
const lookupTable = 0x1000;

/**
 * Writes the request for all routes, or for those that pass a filter. Kernels before 5.0 filter by
 * version alone.
 */
export function writeGetRoutes(writer: MessageWriter, filter: RouteFilter = {}): void {
  const header = new Uint8Array(routeHeaderLength);
  header[0] = familyOf(filter.version);
  header[5] = filter.origin ?? 0;
  header[7] = filter.type ?? 0;
  writer.begin(NetlinkType.GetRoute, NetlinkFlag.Request | NetlinkFlag.Dump, 0).bytes(header);
  if (filter.table !== undefined) writer.u32(RouteAttribute.Table, filter.table);
  if (filter.index !== undefined) writer.u32(RouteAttribute.OutLink, filter.index);
}

/**
 * Writes the question which way a packet would take.
 *
 * @param writer Where it goes.
 * @param destination The packet's destination address.
 * @param options What else is known of the packet.
 * @throws {SyntaxError} When an address is not one.
 */
export function writeGetRoute(
  writer: MessageWriter,
  destination: string,
  options: RouteLookupOptions = {},
): void {
  const { family, bytes } = parseAddressBytes(destination);
  const header = new Uint8Array(routeHeaderLength);
  header[0] = family;
  header[1] = bytes.length * 8;
  writeHost32(header, 8, lookupTable);
  const source = options.source === undefined ? undefined : parseAddressBytes(options.source).bytes;
  if (source !== undefined) header[2] = source.length * 8;
  writer.begin(NetlinkType.GetRoute, NetlinkFlag.Request, 0).bytes(header)
    .attribute(RouteAttribute.Destination, bytes);
  if (source !== undefined) writer.attribute(RouteAttribute.Source, source);
  if (options.incoming !== undefined) writer.u32(RouteAttribute.InLink, options.incoming);
  if (options.index !== undefined) writer.u32(RouteAttribute.OutLink, options.index);
  if (options.mark !== undefined) writer.u32(RouteAttribute.Mark, options.mark);
}

/** Kinds of routes that lead nowhere, and so have neither gateway nor link. */
function leadsNowhere(type: number): boolean {
  return type >= RouteType.Blackhole && type <= RouteType.Throw;
}

/** The scope that `ip route add` would choose. */
function defaultScope(type: number, options: RouteOptions): number {
  if (type === RouteType.Local) return RouteScope.Host;
  if (type === RouteType.Broadcast || type === RouteType.Anycast) return RouteScope.Link;
  if (leadsNowhere(type) || options.gateway !== undefined || options.nextHops !== undefined) {
    return RouteScope.Global;
  }
  return RouteScope.Link;
}

function writeGateway(writer: MessageWriter, family: number, text: string): void {
  const gateway = parseAddressBytes(text);
  if (gateway.family === family) {
    writer.attribute(RouteAttribute.Gateway, gateway.bytes);
    return;
  }
  const via = new Uint8Array(2 + gateway.bytes.length);
  via[0] = gateway.family;
  via.set(gateway.bytes, 2);
  writer.attribute(RouteAttribute.Via, via);
}

function writeNextHops(
  writer: MessageWriter,
  family: number,
  hops: readonly NextHopOptions[],
): void {
  const mark = writer.beginNest(RouteAttribute.Multipath, false);
  for (const { gateway, index = 0, weight = 1, onLink } of hops) {
    if (!Number.isInteger(weight) || weight < 1 || weight > 256) {
      throw new RangeError(`Cannot write a next hop as its weight ${weight} is not from 1 to 256`);
    }
    const header = new Uint8Array(8);
    header[2] = onLink ? RouteFlag.OnLink : 0;
    header[3] = weight - 1;
    writeHost32(header, 4, index);
    const at = writer.length;
    writer.bytes(header);
    if (gateway !== undefined) writeGateway(writer, family, gateway);
    writer.patch16(at, writer.length - at);
  }
  writer.endNest(mark);
}

const metricTypes = {
  mtu: RouteMetricAttribute.Mtu,
  window: RouteMetricAttribute.Window,
  advertisedMss: RouteMetricAttribute.AdvertisedMss,
  hopLimit: RouteMetricAttribute.HopLimit,
  initialWindow: RouteMetricAttribute.InitialWindow,
  initialReceiveWindow: RouteMetricAttribute.InitialReceiveWindow,
} as const;

function writeMetrics(writer: MessageWriter, metrics: RouteMetrics): void {
  const mark = writer.beginNest(RouteAttribute.Metrics);
  for (const name of Object.keys(metricTypes) as (keyof RouteMetrics)[]) {
    const value = metrics[name];
    if (value !== undefined) writer.u32(metricTypes[name], value);
  }
  writer.endNest(mark);
}

function writeRoute(
  writer: MessageWriter,
  message: number,
  flags: number,
  destination: string,
  options: RouteOptions,
): void {
  const { family, bytes, length } = parsePrefixBytes(destination);
  const header = new Uint8Array(routeHeaderLength);
  header[0] = family;
  header[1] = length;
  header[3] = options.tos ?? 0;
  const table = options.table ?? mainTable;
  header[4] = table < 256 ? table : 0;
  if (message === NetlinkType.NewRoute) {
    const type = options.type ?? RouteType.Unicast;
    header[5] = options.origin ?? RouteOrigin.Static;
    // IPv6 knows no scopes of routes, and reports 0 whatever is asked.
    header[6] = options.scope ??
      (family === AddressFamily.Inet ? defaultScope(type, options) : RouteScope.Global);
    header[7] = type;
  } else {
    header[5] = options.origin ?? 0;
    header[6] = options.scope ?? RouteScope.Nowhere;
    header[7] = options.type ?? 0;
  }
  if (options.onLink && options.nextHops === undefined) {
    writeHost32(header, 8, RouteFlag.OnLink);
  }
  writer.begin(message, flags, 0).bytes(header);
  if (length > 0) writer.attribute(RouteAttribute.Destination, bytes);
  if (options.gateway !== undefined) writeGateway(writer, family, options.gateway);
  if (options.preferredSource !== undefined) {
    const source = parseAddressBytes(options.preferredSource).bytes;
    writer.attribute(RouteAttribute.PreferredSource, source);
  }
  if (options.index !== undefined) writer.u32(RouteAttribute.OutLink, options.index);
  if (options.metric !== undefined) writer.u32(RouteAttribute.Priority, options.metric);
  if (table > 255) writer.u32(RouteAttribute.Table, table);
  if (options.nextHops !== undefined) writeNextHops(writer, family, options.nextHops);
  if (options.metrics !== undefined) writeMetrics(writer, options.metrics);
  if (options.preference !== undefined) {
    writer.u8(RouteAttribute.Preference, options.preference);
  }
  if (options.expires !== undefined) writer.u32(RouteAttribute.Expires, options.expires);
}

/**
 * Writes the request to add a route.
 *
 * @param writer Where it goes.
 * @param destination The prefix, such as `0.0.0.0/0`; no bit may be set behind its length.
 * @param options Where it leads.
 * @throws {SyntaxError} When an address is not one.
 * @throws {RangeError} When a weight is not from 1 to 256.
 */
export function writeNewRoute(
  writer: MessageWriter,
  destination: string,
  options: RouteOptions = {},
): void {
  const flags = NetlinkFlag.Request | NetlinkFlag.Ack | NetlinkFlag.Create |
    (options.replace
      ? NetlinkFlag.Replace
      : options.append
      ? NetlinkFlag.Append
      : NetlinkFlag.Exclusive);
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

/**
 * Routes as the kernel describes them: `struct rtmsg` and its attributes (RFC 3549 §3.1.1,
 * `linux/rtnetlink.h`).
 *
 * @module
 */
import { AddressFamily, formatAddressBytes } from "./address_bytes.ts";
import { AttributeCursor } from "./attribute.ts";
import { readHost16, readHost32, readHostI32 } from "./host_order.ts";
import { alignNetlink, type NetlinkMessage } from "./message.ts";
import { RouteAttribute, RouteMetricAttribute } from "./route_constants.ts";

/** One way to a destination. */
export interface NextHop {
  /** The gateway, of the route's version or, with IPv4, of IPv6 (RFC 8950); absent on the link itself. */
  readonly gateway?: string;
  /** The index of the outgoing link, 0 when none is named. */
  readonly index: number;
  /** Its share among the ways, 1 to 256. */
  readonly weight: number;
  /** Flags, see {@linkcode RouteFlag}. */
  readonly flags: number;
}

/** What connections over a route are to begin with; what is absent is the system's default. */
export interface RouteMetrics {
  /** The path's MTU in bytes. */
  readonly mtu?: number;
  /** The largest window in bytes. */
  readonly window?: number;
  /** The MSS told to peers, in bytes. */
  readonly advertisedMss?: number;
  /** TTL or hop limit. */
  readonly hopLimit?: number;
  /** The congestion window to begin with, in segments. */
  readonly initialWindow?: number;
  /** The receive window to begin with, in segments. */
  readonly initialReceiveWindow?: number;
}

/** A route as the kernel describes it. */
export interface KernelRoute {
  /** 4 or 6. */
  readonly version: 4 | 6;
  /** The destination such as `10.77.0.0/24`; the default route's is `0.0.0.0/0` or `::/0`. */
  readonly destination: string;
  /** The prefix that a packet's source must be in, where there is one. */
  readonly source?: string;
  /** The gateway. */
  readonly gateway?: string;
  /** The index of the outgoing link, 0 when none is named. */
  readonly index: number;
  /** All ways, of a route that has several; empty otherwise. */
  readonly nextHops: readonly NextHop[];
  /** The source address preferred. */
  readonly preferredSource?: string;
  /** The metric, 0 when none is named. */
  readonly metric: number;
  /** The routing table. */
  readonly table: number;
  /** The kind, see {@linkcode RouteType}. */
  readonly type: number;
  /** Who made it, see {@linkcode RouteOrigin}. */
  readonly origin: number;
  /** How far the destination is: 0 beyond a gateway, 253 on the link, 254 on the host. */
  readonly scope: number;
  /** The type of service that it is for, 0 for any. */
  readonly tos: number;
  /** Flags, see {@linkcode RouteFlag}. */
  readonly flags: number;
  /** What connections over it begin with. */
  readonly metrics: RouteMetrics;
  /** How much an IPv6 router is preferred (RFC 4191 §2.1): 0 medium, 1 high, 3 low. */
  readonly preference?: number;
  /** Seconds until it ends; absent for a route without end. */
  readonly expires?: number;
}

/** The length of `struct rtmsg` in bytes. */
export const routeHeaderLength = 12;

const nextHopLength = 8;
const cacheInfoLength = 32;
/** `USER_HZ`: in how many parts the kernel cuts a second for user space. */
const ticks = 100;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const metricNames: ReadonlyMap<number, keyof RouteMetrics> = new Map([
  [RouteMetricAttribute.Mtu, "mtu"],
  [RouteMetricAttribute.Window, "window"],
  [RouteMetricAttribute.AdvertisedMss, "advertisedMss"],
  [RouteMetricAttribute.HopLimit, "hopLimit"],
  [RouteMetricAttribute.InitialWindow, "initialWindow"],
  [RouteMetricAttribute.InitialReceiveWindow, "initialReceiveWindow"],
]);

/**
 * Reads a message of type {@linkcode NetlinkType}`.NewRoute` or `DeleteRoute`.
 *
 * @param message A message that {@linkcode NetlinkMessage.validate} found well formed.
 * @returns The route, or `undefined` when the payload is malformed or of another family than IP.
 */
export function decodeRoute(message: NetlinkMessage): KernelRoute | undefined {
  const { bytes, payloadOffset: at, payloadEnd: end } = message;
  if (end - at < routeHeaderLength) return undefined;
  const family = bytes[at]!;
  if (family !== AddressFamily.Inet && family !== AddressFamily.Inet6) return undefined;
  const any = family === AddressFamily.Inet ? "0.0.0.0" : "::";
  const route: Mutable<KernelRoute> = {
    version: family === AddressFamily.Inet ? 4 : 6,
    destination: `${any}/${bytes[at + 1]!}`,
    index: 0,
    nextHops: [],
    metric: 0,
    table: bytes[at + 4]!,
    type: bytes[at + 7]!,
    origin: bytes[at + 5]!,
    scope: bytes[at + 6]!,
    tos: bytes[at + 3]!,
    flags: readHost32(bytes, at + 8),
    metrics: {},
  };
  const attributes = new AttributeCursor().reset(bytes, at + routeHeaderLength, end);
  while (attributes.next()) {
    if (!readAttribute(route, attributes, bytes, at)) return undefined;
  }
  return attributes.verdict === 0 ? route : undefined;
}

/** Reads one attribute; `false` when it is malformed. */
function readAttribute(
  route: Mutable<KernelRoute>,
  attribute: AttributeCursor,
  bytes: Uint8Array,
  header: number,
): boolean {
  const { valueOffset, valueEnd } = attribute;
  const address = formatAddressBytes(bytes, valueOffset, valueEnd);
  switch (attribute.type) {
    case RouteAttribute.Destination:
      route.destination = `${address}/${bytes[header + 1]!}`;
      return address !== "";
    case RouteAttribute.Source:
      route.source = `${address}/${bytes[header + 2]!}`;
      return address !== "";
    case RouteAttribute.Gateway:
      route.gateway = address;
      return address !== "";
    case RouteAttribute.Via:
      route.gateway = formatAddressBytes(bytes, valueOffset + 2, valueEnd);
      return route.gateway !== "";
    case RouteAttribute.PreferredSource:
      route.preferredSource = address;
      return address !== "";
    case RouteAttribute.OutLink:
      route.index = attribute.u32();
      return true;
    case RouteAttribute.Priority:
      route.metric = attribute.u32();
      return true;
    case RouteAttribute.Table:
      route.table = attribute.u32();
      return true;
    case RouteAttribute.Preference:
      route.preference = attribute.u8();
      return true;
    case RouteAttribute.Metrics:
      route.metrics = readMetrics(attribute);
      return true;
    case RouteAttribute.CacheInfo: {
      if (attribute.length < cacheInfoLength) return false;
      const expires = readHostI32(bytes, valueOffset + 8);
      if (expires !== 0) route.expires = Math.trunc(expires / ticks);
      return true;
    }
    case RouteAttribute.Multipath: {
      const hops = readNextHops(bytes, valueOffset, valueEnd);
      if (hops === undefined) return false;
      route.nextHops = hops;
      return true;
    }
    default:
      return true;
  }
}

function readMetrics(attribute: AttributeCursor): RouteMetrics {
  const found: Mutable<RouteMetrics> = {};
  const metrics = attribute.nested();
  while (metrics.next()) {
    const name = metricNames.get(metrics.type);
    if (name !== undefined) found[name] = metrics.u32();
  }
  attribute.settle(metrics);
  return found;
}

/** Reads `struct rtnexthop` after `struct rtnexthop`; `undefined` when one is malformed. */
function readNextHops(bytes: Uint8Array, offset: number, end: number): NextHop[] | undefined {
  const hops: NextHop[] = [];
  let at = offset;
  while (end - at > 0) {
    if (end - at < nextHopLength) return undefined;
    const length = readHost16(bytes, at);
    if (length < nextHopLength || length > end - at) return undefined;
    let gateway = "";
    const attributes = new AttributeCursor().reset(bytes, at + nextHopLength, at + length);
    while (attributes.next()) {
      const { type, valueOffset, valueEnd } = attributes;
      if (type === RouteAttribute.Gateway) {
        gateway = formatAddressBytes(bytes, valueOffset, valueEnd);
      } else if (type === RouteAttribute.Via) {
        gateway = formatAddressBytes(bytes, valueOffset + 2, valueEnd);
      }
    }
    if (attributes.verdict !== 0) return undefined;
    hops.push({
      ...(gateway !== "" && { gateway }),
      index: readHostI32(bytes, at + 4),
      weight: bytes[at + 3]! + 1,
      flags: bytes[at + 2]!,
    });
    at += alignNetlink(length);
  }
  return hops;
}

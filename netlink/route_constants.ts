/**
 * Numbers of routes (`linux/rtnetlink.h`).
 *
 * @module
 */

/** Attributes of a route. */
export const RouteAttribute = {
  /** The destination prefix's address. */
  Destination: 1,
  /** The source prefix's address. */
  Source: 2,
  /** The index of the incoming link. */
  InLink: 3,
  /** The index of the outgoing link. */
  OutLink: 4,
  /** The gateway. */
  Gateway: 5,
  /** The metric: the lowest wins. */
  Priority: 6,
  /** The source address preferred. */
  PreferredSource: 7,
  /** Nested: what connections over the route are to begin with. */
  Metrics: 8,
  /** Several ways to the destination. */
  Multipath: 9,
  /** When it ends, and more. */
  CacheInfo: 12,
  /** The routing table, 32 bits wide. */
  Table: 15,
  /** The packet's mark. */
  Mark: 16,
  /** A gateway of another family. */
  Via: 18,
  /** How much an IPv6 router is preferred (RFC 4191). */
  Preference: 20,
  /** Seconds left, in a request. */
  Expires: 23,
  /** The number of a next hop object. */
  NextHopId: 30,
} as const;

/** Attributes inside {@linkcode RouteAttribute}`.Metrics` (`RTAX_…`). */
export const RouteMetricAttribute = {
  /** The path's MTU. */
  Mtu: 2,
  /** The largest window. */
  Window: 3,
  /** The MSS told to peers. */
  AdvertisedMss: 8,
  /** TTL or hop limit. */
  HopLimit: 10,
  /** The congestion window to begin with. */
  InitialWindow: 11,
  /** The receive window to begin with. */
  InitialReceiveWindow: 14,
} as const;

/** Kinds of routes (`rtm_type`). */
export const RouteType = {
  /** To a gateway or a direct neighbour. */
  Unicast: 1,
  /** To this host. */
  Local: 2,
  /** A broadcast address. */
  Broadcast: 3,
  /** To this host, one of many that have the address. */
  Anycast: 4,
  /** A multicast group. */
  Multicast: 5,
  /** Dropped in silence. */
  Blackhole: 6,
  /** Answered with ICMP unreachable. */
  Unreachable: 7,
  /** Answered with ICMP "administratively prohibited". */
  Prohibit: 8,
  /** To be looked up in the next table. */
  Throw: 9,
} as const;

/** Who made a route (`rtm_protocol`). */
export const RouteOrigin = {
  /** An ICMP redirect. */
  Redirect: 1,
  /** The kernel. */
  Kernel: 2,
  /** Somebody, at boot; what `ip route add` says. */
  Boot: 3,
  /** The administrator. */
  Static: 4,
  /** A router advertisement. */
  RouterAdvertisement: 9,
  /** A DHCP client. */
  Dhcp: 16,
} as const;

/** Flags of a route or one of its ways (`RTNH_F_…`, `RTM_F_…`). */
export const RouteFlag = {
  /** The way cannot be used. */
  Dead: 0x1,
  /** The gateway is on the link, whatever addresses say. */
  OnLink: 0x4,
  /** The hardware forwards. */
  Offload: 0x8,
  /** The link has no carrier. */
  LinkDown: 0x10,
  /** Made for one destination. */
  Cloned: 0x200,
} as const;

/** The main routing table. */
export const mainTable = 254;

/** The table of this host's own addresses. */
export const localTable = 255;

/** The table that comes last. */
export const defaultTable = 253;

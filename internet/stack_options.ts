/**
 * What a stack is made of, and the routes that it is given.
 *
 * @module
 */
import type { HostModel, ReassemblyOptions } from "@octet/ipv4";
import type { Ipv4Prefix } from "@octet/netip";
import type { TcpOptions } from "@octet/tcp";
import type { Random } from "@octet/wire";
import type { Interface, InterfaceOptions } from "./interface.ts";

/** How a {@linkcode Stack} is set up, and its first interface with it. */
export interface StackOptions extends InterfaceOptions {
  /** Random numbers: cryptographic on a real network, from a seed in a simulation. */
  readonly random: Random;
  /** The host's name, for DHCP; `octet` when left out. */
  readonly hostname?: string;
  /** Time to live of what is sent; 64 when left out. */
  readonly timeToLive?: number;
  /**
   * Which addresses an interface speaks for (RFC 1122 §3.3.4.2). When left out, `"strong"` on a host; `"weak"` on a
   * router, which takes what comes for any address of its own (RFC 1812 §5.2.3).
   */
  readonly hostModel?: HostModel;
  /** Whether datagrams for others are passed on between the interfaces (RFC 1812); `false` when left out. */
  readonly forwarding?: boolean;
  /** Whether echo requests are answered; `true` when left out. */
  readonly answersEcho?: boolean;
  /** Whether ICMP timestamp requests are answered; `false` when left out. */
  readonly answersTimestamp?: boolean;
  /** The time since 1970 in milliseconds, from `now`: for timestamps in ICMP and IPv4 options. Unknown when left out. */
  readonly wallTime?: (now: number) => number;
  /** Bounds of reassembly. */
  readonly reassembly?: ReassemblyOptions;
  /** Settings of TCP connections. */
  readonly tcp?: TcpOptions;
}

/** A route as programs give it. */
export interface RouteOptions {
  /** The destinations; all of them when left out. */
  readonly prefix?: Ipv4Prefix;
  /** The router, host order; when left out, the destinations are neighbours. */
  readonly gateway?: number;
  /** Of two routes with the same prefix the smaller metric counts; 0 when left out. */
  readonly metric?: number;
  /** The source address for datagrams that take the route, host order. */
  readonly source?: number;
  /** The interface it leaves by; the one that has the source or the router for a neighbour when left out. */
  readonly interface?: Interface;
}

/**
 * What TCP and the layer below say to each other, and where connections lead.
 *
 * @module
 */
import type { Packet } from "@octet/wire";
import type { TcpConnection } from "./connection.ts";
import type { LimitOptions } from "./limits.ts";
import type { TcpConnectionOptions } from "./settings.ts";

/** What TCP asks of the layer below. */
export interface TcpNetwork {
  /** Our address for a destination, host order; 0 when no route leads there. */
  sourceFor(destination: number): number;
  /** What carries segments to a destination, host order; asked once for each connection. */
  linkTo(destination: number): TcpLink;
}

/** What TCP has to know of the way to a destination. */
export interface TcpLink {
  /** The MTU, in bytes. */
  readonly mtu: number;
  /** The longest IP datagram that one send may hand down, in bytes: the MTU, or more where the device segments. */
  readonly maxSegment: number;
}

/** Settings of a stack's TCP. */
export interface TcpOptions extends TcpConnectionOptions, LimitOptions {}

/** Hears of ICMP errors about connections. */
export type TcpErrorObserver = (
  connection: TcpConnection,
  type: number,
  code: number,
  info: number,
  packet: Packet,
) => void;

/** Where a connection leads. */
export interface TcpConnectTarget {
  /** The peer's IPv4 address, host order. */
  address: number;
  /** The peer's port, 1 to 65535. */
  port: number;
  /** Our address; chosen by route when not given. */
  localAddress?: number;
  /** Our port; an ephemeral one when not given. */
  localPort?: number;
}

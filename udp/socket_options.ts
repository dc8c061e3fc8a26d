/**
 * How a datagram socket is set up.
 *
 * @module
 */

/** How a {@linkcode UdpSocket} is set up. */
export interface UdpSocketOptions {
  /** The port to bind; 0, or left out, for any. */
  readonly localPort?: number;
  /** The address to receive on and to send from, host order; 0, or left out, for all of the host's. */
  readonly localAddress?: number;
  /** How many bytes of payload wait to be received at most; 212,992 when left out, as on Linux. */
  readonly receiveLimit?: number;
  /** How many bytes of payload wait to be sent at most; 212,992 when left out. */
  readonly sendLimit?: number;
  /** How many datagrams wait at most, each way; 1024 when left out. */
  readonly datagramLimit?: number;
  /** Whether it may send to broadcast addresses; `false` when left out. */
  readonly mayBroadcast?: boolean;
  /** Whether routers and we ourselves may fragment what it sends; `true` when left out. */
  readonly mayFragment?: boolean;
  /** Whether others that say so too may bind the same port: Linux's `SO_REUSEADDR`; `false` when left out. */
  readonly reuseAddress?: boolean;
  /** Whether others that say so too may share the port's peers: Linux's `SO_REUSEPORT`; `false` when left out. */
  readonly reusePort?: boolean;
  /** Whether what it sends to a group comes back to sockets of this host that are in it; `true` when left out. */
  readonly multicastLoop?: boolean;
  /** Whether it hears groups that others of this host have joined: Linux's `IP_MULTICAST_ALL`; `true` when left out. */
  readonly multicastAll?: boolean;
  /** Called when a datagram or an error has arrived. */
  readonly onReadable?: () => void;
  /** Called when there is room again after a send was refused for lack of it. */
  readonly onWritable?: () => void;
}

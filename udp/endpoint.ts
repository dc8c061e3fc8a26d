/**
 * What may stand on a UDP port beside others: how alike two bindings may be, and which of several takes a datagram.
 *
 * @module
 */
import { BaseNode, type Packet } from "@octet/wire";

/** A node on a UDP port that can share it. */
export abstract class UdpEndpoint extends BaseNode {
  /** The address it is bound to, signed; 0 for all of the host's. */
  protected boundAddress = 0;
  /** The peer's address, signed; 0 when it is not connected. */
  protected peerAddress = 0;
  /** The peer's port; 0 when it is not connected. */
  protected peerPort = 0;
  /** Whether others that say the same may bind its address and port: Linux's `SO_REUSEADDR`. The last one bound gets what is sent to one host. */
  readonly reuseAddress: boolean;
  /** Whether others that say the same may bind its address and port: Linux's `SO_REUSEPORT`. Peers are shared out among them. */
  readonly reusePort: boolean;
  /** Whether what it sends carries a checksum; RFC 768 leaves it out when 0 stands there. */
  sendsChecksum = true;
  /** Whether what comes without a checksum is refused (RFC 1122 §4.1.3.4). */
  requiresChecksum = false;

  /** Prepares an endpoint. */
  constructor(reuseAddress: boolean, reusePort: boolean) {
    super();
    this.reuseAddress = reuseAddress;
    this.reusePort = reusePort;
  }

  /**
   * Whether this and another endpoint can have one port, as Linux has it: when their addresses differ and neither is
   * bound to all, or when both are willing.
   */
  canShareWith(other: UdpEndpoint): boolean {
    const a = this.boundAddress;
    const b = other.boundAddress;
    if (a !== 0 && b !== 0 && a !== b) return true;
    return (this.reuseAddress && other.reuseAddress) || (this.reusePort && other.reusePort);
  }

  /**
   * How well a datagram fits: -1 when it is not for this endpoint, else more the more it was asked for. `source`,
   * `destination` and `sourcePort` of the packet are set.
   */
  score(packet: Packet): number {
    const isConnected = this.peerPort !== 0;
    if (
      isConnected &&
      (packet.sourcePort !== this.peerPort || (packet.source | 0) !== this.peerAddress)
    ) {
      return -1;
    }
    if (packet.isLinkBroadcast) {
      if (!this.hearsMany(packet)) return -1;
    } else if (this.boundAddress !== 0 && (packet.destination | 0) !== this.boundAddress) {
      return -1;
    }
    const isBound = this.boundAddress !== 0;
    return (isConnected ? 2 : 0) + (isBound ? 1 : 0);
  }

  /**
   * Takes datagrams that came together, one behind another.
   *
   * @param packet Where they lie.
   * @param offset Where the first begins.
   * @param end Where the last ends (exclusive).
   * @param size The length of each but the last, which may be shorter.
   * @returns How many of them were taken; the others found no room. -1 when they are not for this endpoint.
   */
  abstract demuxRun(packet: Packet, offset: number, end: number, size: number): number;

  /** Whether a datagram that went to many is for this endpoint, by the address it is bound to and the groups it is in. */
  protected abstract hearsMany(packet: Packet): boolean;
}

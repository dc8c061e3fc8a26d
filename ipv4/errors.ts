/**
 * How a transport hears that a datagram it sent did not arrive.
 *
 * @module
 */
import type { Packet } from "@octet/wire";

/**
 * What a node below the IP layer implements to hear of errors. The IP layer looks for the method
 * when the node is registered.
 */
export interface ErrorListener {
  /**
   * A datagram that this node sent came to grief.
   *
   * `packet.source` and `packet.destination` are those of the datagram that was sent (so the source
   * is ours), `packet.nextHop` is who reports: a router, the destination, or our own address when
   * the neighbour did not answer ARP.
   *
   * @param type The ICMP type, such as 3 for "destination unreachable".
   * @param code The ICMP code.
   * @param info The 32 bits behind the ICMP checksum: the next hop's MTU in the low 16 for type 3 code 4.
   * @param packet Where the quoted datagram lies.
   * @param offset Where its transport header begins.
   * @param end Where the quote ends (exclusive); at least eight bytes behind `offset`.
   * @param now Milliseconds.
   */
  networkError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): void;
}

/** What tells the sender of a datagram that it came to grief here: the ICMP node. */
export interface ErrorReporter {
  /**
   * Sends an ICMP error about the datagram at `packet.bytes[offset…end)`, unless RFC 1122 §3.2.2
   * forbids it or too many were sent lately.
   *
   * @param type The ICMP type.
   * @param code The ICMP code.
   * @param info The 32 bits behind the ICMP checksum.
   * @param packet Where the datagram lies; its facts are as `demux` has set them.
   * @param offset Where its IP header begins.
   * @param end Where it ends (exclusive).
   * @param now Milliseconds.
   */
  reportError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): void;
}

/** What tells which source address a datagram to some destination carries. */
export interface SourceSelector {
  /**
   * Sets `packet.source` from `packet.destination` where it is 0.
   *
   * @returns Whether the packet can be sent: `false` when no route leads to the destination.
   */
  fillSource(packet: Packet): boolean;
  /**
   * The source address for datagrams to a destination.
   *
   * @param destination Host order.
   * @returns Host order; 0 when no route leads there.
   */
  sourceFor(destination: number): number;
}

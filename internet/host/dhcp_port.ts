/**
 * UDP port 68 of a host with several interfaces: each asks for its own lease, by its own link.
 *
 * @module
 */
import type { Dhcpv4Lease } from "@octet/dhcpv4";
import { dhcpv4ClientPort } from "@octet/dhcpv4/frame";
import type { Packet } from "@octet/wire";
import { InterfacePort } from "./interface_port.ts";

/** The node on port 68, and the leases that its clients have. */
export class DhcpPort extends InterfacePort {
  /** The leases in force, by the indices of their interfaces: name servers come from all of them. */
  readonly leases: Map<number, Dhcpv4Lease> = new Map();

  /** Makes a port without clients. */
  constructor() {
    super(dhcpv4ClientPort);
  }

  /** Writes a client's next message; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, ipOffset: number, offset: number, now: number): number {
    const length = super.encapsulate(packet, ipOffset, offset, now);
    // RFC 2131 §4.1: before it has its lease a client speaks from no address, even where there is another.
    if (length !== 0) packet.isUnspecified = packet.source === 0;
    return length;
  }
}

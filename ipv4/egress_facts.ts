/**
 * What a transport says of the packet that it writes.
 *
 * @module
 */
import type { Packet } from "@octet/wire";

/** Forgets what a child has to say of the packet it writes, and what another child said before it. */
export function clearFacts(packet: Packet): void {
  packet.source = 0;
  packet.destination = 0;
  packet.sourcePort = 0;
  packet.destinationPort = 0;
  packet.nextHop = 0;
  packet.interfaceIndex = -1;
  packet.hopLimit = 0;
  packet.trafficClass = 0;
  packet.mayFragment = false;
  packet.protocol = 0;
  packet.optionsLength = 0;
  packet.loopsBack = false;
  packet.isUnspecified = false;
  packet.isLinkBroadcast = false;
  packet.checksumVerified = false;
  packet.checksumStart = 0;
  packet.segmentSize = 0;
}

/**
 * Several endpoints on one port.
 *
 * @module
 */
import { BaseNode, type Packet, Verdict } from "@octet/wire";
import type { UdpEndpoint } from "./endpoint.ts";

/**
 * The endpoints that share a port, in the order in which they were bound. It stands in the port table in their place;
 * each has the UDP node as its parent all the same.
 */
export class PortGroup extends BaseNode {
  /** Who is bound. */
  readonly members: UdpEndpoint[] = [];

  /** Whether all of them refuse what comes without a checksum. */
  get requiresChecksum(): boolean {
    return this.members.every((member) => member.requiresChecksum);
  }

  /** Takes a datagram: every member that wants it gets a copy when it went to many, else the one that fits best. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    if (packet.isLinkBroadcast) return this.#deliverToAll(packet, offset, end, now);
    const member = this.choose(packet);
    return member === null ? Verdict.NoPort : member.demux(packet, offset, end, now);
  }

  /** Nothing: the members speak for themselves. */
  override encapsulate(): number {
    return 0;
  }

  /** The member for a datagram to one host, as Linux chooses; `null` when there is none. */
  choose(packet: Packet): UdpEndpoint | null {
    const members = this.members;
    let best: UdpEndpoint | null = null;
    let bestScore = -1;
    let equals = 0;
    // The last one bound wins among equals, unless they share.
    for (let i = members.length - 1; i >= 0; i--) {
      const score = members[i]!.score(packet);
      if (score > bestScore) {
        best = members[i]!;
        bestScore = score;
        equals = 1;
      } else if (score === bestScore && score >= 0 && members[i]!.reusePort) equals++;
    }
    if (best === null || !best.reusePort || equals < 2) return best;
    let choice = hashPeer(packet) % equals;
    for (let i = members.length - 1; i >= 0; i--) {
      const member = members[i]!;
      if (!member.reusePort || member.score(packet) !== bestScore) continue;
      if (choice-- === 0) return member;
    }
    return best;
  }

  #deliverToAll(packet: Packet, offset: number, end: number, now: number): Verdict {
    const members = this.members;
    let verdict: Verdict = Verdict.NoPort;
    // A member may close itself, or another, when it hears of it.
    for (let i = members.length - 1; i >= 0; i--) {
      const member = members[i];
      if (member === undefined || member.score(packet) < 0) continue;
      const answer = member.demux(packet, offset, end, now);
      if (verdict !== Verdict.Ok) verdict = answer;
    }
    return verdict;
  }
}

/** The same number for all that one peer sends to one address. */
function hashPeer(packet: Packet): number {
  let hash = Math.imul(packet.source ^ (packet.sourcePort << 16), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ packet.destination, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/**
 * What stands above a TCP where there is no IP: the root of its tree, for tests and benchmarks.
 *
 * @module
 */
import { BranchNode, type Packet, Verdict } from "@octet/wire";

/** Gives those below it their turns, and has their timers. */
export class Root extends BranchNode {
  /** Nothing comes from above. */
  override demux(): Verdict {
    return Verdict.NoProtocol;
  }

  /** Writes the next segment of those below. */
  override encapsulate(packet: Packet, ipOffset: number, offset: number, now: number): number {
    return this.giveTurns(packet, ipOffset, offset, now);
  }
}

/**
 * RACK: what is lost is found by time, not by counting (RFC 8985 §6). A segment is lost once one
 * that was sent sufficiently later has been delivered. Segments in flight stand in order of
 * transmission, so a look at the front finds all that is due: no walk over the flight.
 *
 * @module
 */
import type { Scoreboard } from "./scoreboard.ts";
import { seqAfter, seqBefore } from "./seq.ts";
import type { SentSegment } from "./sent_segment.ts";

/** How many segments beyond a gap make it a loss while no reordering was ever seen (RFC 5681 §3.2). */
const dupThresh = 3;

/** RACK's variables of one connection. */
export class Rack {
  /** RACK.rtt: round-trip time of the segment sent last among those delivered, in milliseconds. */
  rtt: number = 0;
  /** RACK.reordering_seen. */
  reorderingSeen: boolean = false;
  #sentAt = -Infinity;
  #end = 0;
  /** RACK.fack: the highest sequence number known to be delivered. */
  #highest = 0;

  /** A connection begins at `iss`. */
  reset(iss: number): void {
    this.rtt = 0;
    this.reorderingSeen = false;
    this.#sentAt = -Infinity;
    this.#end = iss;
    this.#highest = iss;
  }

  /**
   * Steps 2 and 3: a record was delivered, cumulatively or by SACK.
   *
   * @param minRtt The connection's smallest RTT; an answer to a retransmission that is quicker belongs to the
   *     original.
   */
  delivered(record: SentSegment, minRtt: number, now: number): void {
    const rtt = now - record.sentAt;
    if (record.transmissions > 1 && rtt < minRtt) return;
    if (seqAfter(record.end, this.#highest)) this.#highest = record.end;
    else if (seqBefore(record.end, this.#highest) && record.transmissions === 1) {
      this.reorderingSeen = true;
    }
    if (
      record.sentAt > this.#sentAt ||
      (record.sentAt === this.#sentAt && seqAfter(record.end, this.#end))
    ) {
      this.#sentAt = record.sentAt;
      this.#end = record.end;
      this.rtt = rtt;
    }
  }

  /**
   * Steps 4 and 5: moves what is lost to the lost ones.
   *
   * @param inRecovery Whether a recovery is under way.
   * @returns When to look again, in milliseconds; Infinity when an acknowledgement will tell.
   */
  detect(
    scoreboard: Scoreboard,
    mss: number,
    minRtt: number,
    srtt: number,
    inRecovery: boolean,
    now: number,
  ): number {
    const window = this.#reorderingWindow(scoreboard, mss, minRtt, srtt, inRecovery);
    for (;;) {
      const record = scoreboard.inFlight.first;
      if (record === null || !this.#sentBefore(record)) return Infinity;
      const due = record.sentAt + this.rtt + window;
      if (due > now) return due;
      scoreboard.markLost(record);
    }
  }

  #sentBefore(record: SentSegment): boolean {
    return record.sentAt < this.#sentAt ||
      (record.sentAt === this.#sentAt && seqBefore(record.end, this.#end));
  }

  #reorderingWindow(
    scoreboard: Scoreboard,
    mss: number,
    minRtt: number,
    srtt: number,
    inRecovery: boolean,
  ): number {
    if (
      !this.reorderingSeen &&
      (inRecovery || scoreboard.sackedOctets >= dupThresh * mss)
    ) {
      return 0;
    }
    return minRtt === Infinity ? 0 : Math.min(minRtt / 4, srtt);
  }
}

/**
 * RACK: what is lost is found by time, not by counting (RFC 8985 §6). A segment is lost once one
 * that was sent sufficiently later has been delivered. Segments in flight stand in order of
 * transmission, so a look at the front finds all that is due: no walk over the flight.
 *
 * @module
 */
import type { RttEstimator } from "./rtt.ts";
import type { Scoreboard } from "./scoreboard.ts";
import { seqAfter, seqBefore } from "./seq.ts";
import type { SentSegment } from "./sent_segment.ts";

/** How many segments beyond a gap make it a loss while no reordering was ever seen (RFC 5681 §3.2). */
const dupThresh = 3;

/** For how many recoveries a larger window of tolerance is kept (RFC 8985 §6.2 step 4). */
const persistence = 16;

/** RACK's variables of one connection. */
export class Rack {
  /** RACK.rtt: round-trip time of the segment sent last among those delivered, in milliseconds. */
  rtt: number = 0;
  /** When to look again, in milliseconds; Infinity when an acknowledgement will tell. */
  dueAt: number = Infinity;
  /** RACK.reordering_seen. */
  reorderingSeen: boolean = false;
  #sentAt = -Infinity;
  #end = 0;
  /** RACK.reo_wnd_mult: how many quarters of the smallest round trip are waited for what is reordered. */
  #multiplier = 1;
  /** RACK.reo_wnd_persist: after how many recoveries without duplicates the window is small again. */
  #persist = 0;
  /** RACK.dsack_round: SND.NXT when the window last grew; once a round trip is enough. */
  #duplicateRound = 0;
  #hasDuplicateRound = false;
  /** RACK.fack: the highest sequence number known to be delivered. */
  #highest = 0;

  /** A connection begins at `iss`. */
  reset(iss: number): void {
    this.rtt = 0;
    this.dueAt = Infinity;
    this.reorderingSeen = false;
    this.#sentAt = -Infinity;
    this.#end = iss;
    this.#highest = iss;
    this.#multiplier = 1;
    this.#persist = 0;
    this.#hasDuplicateRound = false;
  }

  /** A D-SACK has come: something was sent again for nothing, so longer waits are called for (step 4). */
  duplicateSeen(una: number, nxt: number): void {
    if (this.#hasDuplicateRound && seqBefore(una, this.#duplicateRound)) return;
    this.#hasDuplicateRound = true;
    this.#duplicateRound = nxt;
    this.#multiplier++;
    this.#persist = persistence;
  }

  /** A recovery is over. */
  recovered(): void {
    if (this.#persist > 0 && --this.#persist === 0) this.#multiplier = 1;
  }

  /**
   * Steps 2 and 3: a record was delivered, cumulatively or by SACK.
   *
   * @param estimator The connection's RTT; an answer to a retransmission that is quicker than its smallest belongs
   *     to the original.
   */
  delivered(record: SentSegment, estimator: RttEstimator, now: number): void {
    const rtt = now - record.sentAt;
    if (record.transmissions > 1 && rtt < estimator.minRtt) return;
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
   * Steps 4 and 5: moves what is lost to the lost ones, and sets {@linkcode Rack.dueAt}.
   *
   * @param inRecovery Whether a recovery is under way.
   */
  detect(
    scoreboard: Scoreboard,
    mss: number,
    estimator: RttEstimator,
    inRecovery: boolean,
    now: number,
  ): void {
    const window = this.#reorderingWindow(scoreboard, mss, estimator, inRecovery);
    this.dueAt = Infinity;
    for (;;) {
      const record = scoreboard.inFlight.first;
      if (record === null || !this.#sentBefore(record)) return;
      const due = record.sentAt + this.rtt + window;
      if (due > now) {
        this.dueAt = due;
        return;
      }
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
    { minRtt, srtt }: RttEstimator,
    inRecovery: boolean,
  ): number {
    if (
      !this.reorderingSeen &&
      (inRecovery || scoreboard.sackedOctets >= dupThresh * mss)
    ) {
      return 0;
    }
    return minRtt === Infinity ? 0 : Math.min((this.#multiplier * minRtt) / 4, srtt);
  }
}

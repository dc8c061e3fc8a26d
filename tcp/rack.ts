/**
 * RACK: what is lost is found by time, not by counting (RFC 8985 §6). A segment is lost once one
 * that was sent sufficiently later has been delivered. Segments in flight stand in order of
 * transmission, so a look at the front finds all that is due: no walk over the flight.
 *
 * @module
 */
import type { Archive } from "./archive.ts";
import type { RttEstimator } from "./rtt.ts";
import type { Scoreboard } from "./scoreboard.ts";
import * as seq from "./seq.ts";
import type { SentSegment } from "./sent_segment.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqAfter, seqBefore } = seq;

/** How many segments beyond a gap make it a loss while no reordering was ever seen (RFC 5681 §3.2). */
const dupThresh = 3;

/** For how many recoveries a larger window of tolerance is kept (RFC 8985 §6.2 step 4). */
const persistence = 16;

/** RACK's variables of one connection. */
export class Rack {
  /** RACK.rtt: round-trip time of the segment delivered last, in milliseconds. */
  rtt: number = 0;
  /** When to look again, in milliseconds; Infinity when an acknowledgement will tell. */
  dueAt: number = Infinity;
  /** Octets that the peer had when the segment was sent that was sent last of those delivered, modulo 2^32. */
  priorDelivered: number = 0;
  /** When it had told of them, in milliseconds. */
  priorDeliveredAt: number = -Infinity;
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
    this.priorDelivered = 0;
    this.priorDeliveredAt = -Infinity;
    this.reorderingSeen = false;
    this.#sentAt = -Infinity;
    this.#end = iss;
    this.#highest = iss;
    this.#multiplier = 1;
    this.#persist = 0;
    this.#hasDuplicateRound = false;
  }

  /** Keeps what a connection needs beyond an idle time; see {@linkcode Archive}. */
  archive(archive: Archive): void {
    this.rtt = archive.real(this.rtt);
    this.priorDelivered = archive.int(this.priorDelivered);
    this.priorDeliveredAt = archive.real(this.priorDeliveredAt);
    this.#sentAt = archive.real(this.#sentAt);
    this.#end = archive.int(this.#end);
    this.#multiplier = archive.int(this.#multiplier);
    this.#persist = archive.int(this.#persist);
    this.#duplicateRound = archive.int(this.#duplicateRound);
    this.#highest = archive.int(this.#highest);
    this.reorderingSeen = archive.flag(this.reorderingSeen);
    this.#hasDuplicateRound = archive.flag(this.#hasDuplicateRound);
    this.dueAt = Infinity;
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

  /** Whether a record that was sent once comes after one that lies beyond it. */
  isReordered(record: SentSegment): boolean {
    return seqBefore(record.end, this.#highest);
  }

  /** Steps 2 and 3 for the last of records that were sent once, none of which {@linkcode Rack.isReordered}. */
  deliveredInOrder(record: SentSegment, now: number): void {
    this.#highest = record.end;
    this.rtt = now - record.sentAt;
    if (record.sentAt < this.#sentAt) return;
    this.#sentAt = record.sentAt;
    this.#end = record.end;
    this.priorDelivered = record.delivered;
    this.priorDeliveredAt = record.deliveredAt;
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
    // Of whatever was delivered last, also when others were sent later: as Linux has it.
    this.rtt = rtt;
    if (
      record.sentAt > this.#sentAt ||
      (record.sentAt === this.#sentAt && seqAfter(record.end, this.#end))
    ) {
      this.#sentAt = record.sentAt;
      this.#end = record.end;
      this.priorDelivered = record.delivered;
      this.priorDeliveredAt = record.deliveredAt;
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

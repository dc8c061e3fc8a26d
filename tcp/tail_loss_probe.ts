/**
 * Tail-loss probe (RFC 8985 §7): when the end of a flight goes unanswered, one segment is sent
 * before the retransmission timer goes off, so that its acknowledgement tells what was lost.
 *
 * @module
 */
import * as seq from "./seq.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqBefore } = seq;

/** What a peer may hold an acknowledgement of a single segment back for, in milliseconds (WCDelAckT). */
const worstDelayedAck = 200;
/** Added to the timeout for clocks that tick in milliseconds. */
const slack = 2;

/** The probe of one connection. Holds no clock. */
export class TailLossProbe {
  /** Whether the timer has gone off and the probe is still to be sent. */
  isDue: boolean = false;
  /** Whether a probe has been sent and is not answered. */
  isOutstanding: boolean = false;
  #end = 0;
  #repeats = false;

  /** No probe. */
  reset(): void {
    this.isDue = false;
    this.isOutstanding = false;
  }

  /** What PTO is beyond two round trips, in milliseconds (§7.2). */
  patience(isSingle: boolean): number {
    return isSingle ? slack + worstDelayedAck : slack;
  }

  /**
   * A probe has been chosen.
   *
   * @param end TLP.end_seq: SND.NXT once it is sent.
   * @param repeats Whether it repeats data.
   */
  begin(end: number, repeats: boolean): void {
    this.isOutstanding = true;
    this.#end = end;
    this.#repeats = repeats;
  }

  /**
   * An acknowledgement has come (§7.4).
   *
   * @param isDuplicateSack Whether it says that data came twice: then the probe was not needed.
   * @param isDuplicateAck Whether it acknowledges nothing new and tells of no block: both copies have arrived.
   * @returns Whether the probe has repaired a loss, which calls for a smaller window like any other.
   */
  answered(ack: number, isDuplicateSack: boolean, isDuplicateAck: boolean): boolean {
    if (!this.isOutstanding || seqBefore(ack, this.#end)) return false;
    if (!this.#repeats || isDuplicateSack || isDuplicateAck) {
      this.isOutstanding = false;
      return false;
    }
    // The end alone may be the answer to the first copy, come late; what lies beyond it tells.
    if (ack === this.#end) return false;
    this.isOutstanding = false;
    return true;
  }
}

/**
 * Where the sender stands in repairing a loss, and how much it may send meanwhile: proportional
 * rate reduction (RFC 9937, which replaces RFC 6937).
 *
 * @module
 */
import * as seq from "./seq.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqBefore } = seq;

/** The states of loss recovery. */
export const RecoveryState = {
  /** Nothing is known to be lost. */
  Open: 0,
  /** A loss was found by acknowledgements (RFC 6675 §5). */
  Recovery: 1,
  /** The retransmission timer went off (RFC 6298 §5). */
  Loss: 2,
  /** A router has marked a packet: the window shrinks, and nothing is lost (RFC 3168 §6.1.2). */
  Reduction: 3,
} as const;

/** One of the states of {@linkcode RecoveryState}. */
export type RecoveryState = (typeof RecoveryState)[keyof typeof RecoveryState];

// V8 folds constants of a module, but not what it exports. See ARCHITECTURE.md.
const { Loss, Open, Recovery: Repair, Reduction } = RecoveryState;

/**
 * Up to this threshold, in segments, one segment more goes with every acknowledgement, safe or not: where so few are
 * in flight a further loss ends in a timeout for want of duplicates, and no burst is to be feared. Ours, not RFC 9937's.
 */
const smallWindow = 4;

/** One connection's recovery. */
export class Recovery {
  /** The state. */
  state: RecoveryState = Open;
  /** RecoveryPoint: SND.NXT when the episode began; it is over when all of that is acknowledged. */
  point: number = 0;
  /** The window during fast recovery, in bytes. */
  cwnd: number = 0;
  #ssthresh = 0;
  /** RecoverFS. */
  #flight = 0;
  #delivered = 0;
  #sent = 0;

  /** No episode. */
  reset(): void {
    this.state = Open;
  }

  /**
   * Fast recovery begins.
   *
   * @param point SND.NXT.
   * @param flight Octets outstanding that no acknowledgement before this one has told of (RFC 9937's RecoverFS).
   * @param ssthresh What the congestion controller says the window shall be.
   */
  enter(point: number, flight: number, ssthresh: number): void {
    this.state = Repair;
    this.point = point;
    this.#ssthresh = ssthresh;
    this.#flight = Math.max(flight, 1);
    this.#delivered = 0;
    this.#sent = 0;
  }

  /** The window shrinks for a mark. */
  reduce(point: number, flight: number, ssthresh: number): void {
    this.enter(point, flight, ssthresh);
    this.state = Reduction;
    this.cwnd = flight;
  }

  /** A loss was found while the window shrinks already. */
  repair(): void {
    this.state = Repair;
  }

  /** Whether proportional rate reduction rules the window. */
  get isReducing(): boolean {
    return this.state === Repair || this.state === Reduction;
  }

  /** The timer went off. */
  enterLoss(point: number): void {
    this.state = Loss;
    this.point = point;
  }

  /** Whether `una` ends the episode. */
  isOver(una: number): boolean {
    return this.state !== Open && !seqBefore(una, this.point);
  }

  /**
   * An acknowledgement has come that begins fast recovery, or comes during it (RFC 9937 §6.2).
   *
   * @param delivered DeliveredData: octets that the acknowledgement tells to have arrived.
   * @param inflight Octets believed to be in the network.
   * @param isSafe SafeACK: it acknowledges new data, and shows no further loss.
   */
  acknowledged(delivered: number, inflight: number, mss: number, isSafe: boolean): void {
    this.#delivered += delivered;
    let allowance: number;
    if (inflight > this.#ssthresh) {
      allowance = Math.ceil((this.#delivered * this.#ssthresh) / this.#flight) - this.#sent;
    } else {
      allowance = Math.max(this.#delivered - this.#sent, delivered);
      if (isSafe || this.#ssthresh <= smallWindow * mss) allowance += mss;
      allowance = Math.min(this.#ssthresh - inflight, allowance);
    }
    // "Force a fast retransmit upon entering recovery."
    if (this.#sent === 0 && this.state === Repair) {
      allowance = Math.max(allowance, mss);
    }
    this.cwnd = inflight + Math.max(allowance, 0);
  }

  /** Octets have been sent during fast recovery. */
  sent(octets: number): void {
    this.#sent += octets;
  }
}

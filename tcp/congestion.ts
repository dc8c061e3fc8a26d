/**
 * What a congestion controller is: it takes numbers and answers a window. It never reaches into
 * the sender.
 *
 * @module
 */
import type { Archive } from "./archive.ts";

/** A congestion controller (RFC 5681 and its successors). All sizes in bytes, all times in milliseconds. */
export interface CongestionControl {
  /** The name by which it is chosen: `"reno"`, `"cubic"`. */
  readonly name: string;
  /** The congestion window. */
  readonly cwnd: number;
  /** The slow-start threshold; Infinity before the first loss. */
  readonly ssthresh: number;
  /** A connection begins, or has learnt its segment size; the window is the initial one (RFC 6928). */
  start(mss: number): void;
  /**
   * New data has been acknowledged outside of recovery, while the window was what held the sender back.
   *
   * @param acked Bytes newly acknowledged.
   * @param srtt The smoothed round-trip time.
   */
  acknowledged(acked: number, srtt: number, now: number): void;
  /**
   * A loss was found by acknowledgements: the threshold and window of the recovery that begins.
   *
   * @param flight Bytes outstanding.
   */
  lost(flight: number, now: number): void;
  /** The retransmission timer went off for the first time in a row: back to one segment (RFC 5681 §3.1). */
  timedOut(flight: number, now: number): void;
  /**
   * An acknowledgement of new data has come.
   *
   * @param rtt Its round-trip sample in milliseconds; negative when there is none.
   * @param isRoundStart Whether all that was outstanding when the last round began is acknowledged.
   */
  roundTrip(rtt: number, isRoundStart: boolean): void;
  /** The last `lost` or `timedOut` was needless: the window is what it was before (RFC 9438 §4.9, RFC 4015). */
  undo(): void;
  /** The segment size has changed; the window stays. */
  resize(mss: number): void;
  /**
   * The sender was idle for longer than an RTO (RFC 2861 §2).
   *
   * @param periods How many whole RTOs, at least 1.
   */
  idled(periods: number): void;
  /**
   * Passes every variable through `archive` and stores what comes back. Connections whose controller can do this
   * take less memory while they are idle.
   */
  archive?(archive: Archive): void;
}

/** Makes a controller for one connection. */
export type CongestionControlFactory = () => CongestionControl;

/** The initial window (RFC 6928 §2). */
export function initialWindow(mss: number): number {
  return Math.min(10 * mss, Math.max(2 * mss, 14_600));
}

/**
 * The window after a pause: half of it for each RTO, as what is known of the path grows old, but not less than the
 * first window (RFC 2861 §2, RFC 5681 §4.1).
 */
export function restartWindow(cwnd: number, mss: number, periods: number): number {
  const least = initialWindow(mss);
  return cwnd <= least ? cwnd : Math.max(cwnd / 2 ** periods, least);
}

/** The slow-start threshold after a pause: it remembers three quarters of the window (RFC 2861 §2). */
export function restartThreshold(cwnd: number, ssthresh: number): number {
  return ssthresh === Infinity ? ssthresh : Math.max(ssthresh, 0.75 * cwnd);
}

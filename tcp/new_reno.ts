/**
 * NewReno's window (RFC 5681 §3.1, RFC 6582): slow start, then one segment a round trip; half on loss.
 *
 * @module
 */
import type { Archive } from "./archive.ts";
import type { CongestionControl } from "./congestion.ts";
import * as congestion from "./congestion.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { initialWindow, restartThreshold, restartWindow } = congestion;

/** The controller that every other one is measured against. */
export class NewReno implements CongestionControl {
  /** `"reno"`, as Linux calls it. */
  readonly name: string = "reno";
  /** The congestion window in bytes. */
  cwnd: number = 0;
  /** The slow-start threshold in bytes. */
  ssthresh: number = Infinity;
  #mss = 0;
  #credit = 0;
  #priorCwnd = 0;
  #priorSsthresh = Infinity;

  /** A connection begins. */
  start(mss: number): void {
    this.#mss = mss;
    this.cwnd = initialWindow(mss);
    this.ssthresh = Infinity;
    this.#credit = 0;
  }

  /** Grows the window; `acked` is counted in bytes (RFC 3465). */
  acknowledged(acked: number): void {
    let rest = acked;
    if (this.cwnd < this.ssthresh) {
      const step = Math.min(rest, this.ssthresh - this.cwnd);
      this.cwnd += step;
      rest -= step;
    }
    this.#credit += rest;
    if (this.#credit >= this.cwnd) {
      this.#credit -= this.cwnd;
      this.cwnd += this.#mss;
    }
  }

  /** Halves what is in flight (RFC 5681 equation 4). */
  lost(flight: number): void {
    this.#remember();
    this.ssthresh = Math.max(flight / 2, 2 * this.#mss);
    this.cwnd = this.ssthresh;
    this.#credit = 0;
  }

  /** One segment, and slow start up to half of what was in flight. */
  timedOut(flight: number): void {
    this.#remember();
    this.ssthresh = Math.max(flight / 2, 2 * this.#mss);
    this.cwnd = this.#mss;
    this.#credit = 0;
  }

  /** Slow start ends by losses alone. */
  roundTrip(): void {}

  /** Window and threshold as before the last reduction. */
  undo(): void {
    this.cwnd = Math.max(this.cwnd, this.#priorCwnd);
    this.ssthresh = this.#priorSsthresh;
  }

  /** Keeps the window beyond an idle time; see {@linkcode Archive}. What could be undone is forgotten. */
  archive(archive: Archive): void {
    this.cwnd = archive.real(this.cwnd);
    this.ssthresh = archive.real(this.ssthresh);
    this.#credit = archive.real(this.#credit);
    this.#mss = archive.int(this.#mss);
  }

  /** The segment size has changed. */
  resize(mss: number): void {
    this.#mss = mss;
  }

  #remember(): void {
    this.#priorCwnd = this.cwnd;
    this.#priorSsthresh = this.ssthresh;
  }

  /** The window decays, as the path may have changed. */
  idled(periods: number): void {
    this.ssthresh = restartThreshold(this.cwnd, this.ssthresh);
    this.cwnd = restartWindow(this.cwnd, this.#mss, periods);
  }
}

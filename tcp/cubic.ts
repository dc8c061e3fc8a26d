/**
 * CUBIC (RFC 9438): the window grows with the cube of the time since the last loss, so that a long
 * fat path fills again in seconds, and never grows slower than Reno would.
 *
 * @module
 */
import type { Archive } from "./archive.ts";
import type { CongestionControl } from "./congestion.ts";
import * as congestion from "./congestion.ts";
import { HyStart } from "./hystart.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { initialWindow, restartThreshold, restartWindow } = congestion;

/** How steep the cubic is, in segments per second cubed (RFC 9438 §5). */
const scaling = 0.4;
/** What is left of the window after a loss (RFC 9438 §4.6). */
const betaCubic = 0.7;
/** Reno's growth that is as fair as its own with {@linkcode betaCubic} (RFC 9438 §4.3). */
const alphaCubic = (3 * (1 - betaCubic)) / (1 + betaCubic);

/** What a reduction changes. */
interface CubicState {
  cwnd: number;
  ssthresh: number;
  wMax: number;
  prior: number;
  epoch: number;
  k: number;
  origin: number;
  wEst: number;
}

/** The controller that Linux uses by default, and so do we. */
export class Cubic implements CongestionControl {
  /** `"cubic"`, as Linux calls it. */
  readonly name: string = "cubic";
  /** The congestion window in bytes. */
  cwnd: number = 0;
  /** The slow-start threshold in bytes. */
  ssthresh: number = Infinity;
  #mss = 0;
  /** The plateau that the window makes for: what it was before the last reduction, or somewhat less; in segments. */
  #wMax = 0;
  /** The window before the last reduction, in segments (cwnd_prior). */
  #prior = 0;
  /** When the current congestion avoidance stage began, -1 when it has not. */
  #epoch = -1;
  /** How long after the epoch the cubic reaches `#origin`, in seconds. */
  #k = 0;
  /** The plateau of the cubic, in segments. */
  #origin = 0;
  /** Reno's window, in segments. */
  #wEst = 0;
  readonly #hystart: HyStart = new HyStart();
  readonly #before: CubicState = {
    cwnd: 0,
    ssthresh: Infinity,
    wMax: 0,
    prior: 0,
    epoch: -1,
    k: 0,
    origin: 0,
    wEst: 0,
  };

  /** A connection begins. */
  start(mss: number): void {
    this.#mss = mss;
    this.cwnd = initialWindow(mss);
    this.ssthresh = Infinity;
    this.#wMax = 0;
    this.#prior = 0;
    this.#epoch = -1;
    this.#hystart.reset();
  }

  /** Grows the window (RFC 9438 §4.2–§4.5, §4.10); `acked` is counted in bytes (RFC 3465). */
  acknowledged(acked: number, srtt: number, now: number): void {
    const slow = Math.min(acked, this.ssthresh - this.cwnd);
    if (slow > 0) this.cwnd += this.#hystart.growth(slow);
    if (slow < acked) this.#avoid(slow > 0 ? acked - slow : acked, srtt, now);
  }

  #avoid(acked: number, srtt: number, now: number): void {
    const mss = this.#mss;
    const window = this.cwnd / mss;
    if (this.#epoch < 0) this.#begin(window, now);
    const elapsed = (now - this.#epoch) / 1000;
    const target = this.#curve(elapsed + srtt / 1000);
    this.#wEst += ((this.#wEst >= this.#prior ? 1 : alphaCubic) * acked) / this.cwnd;
    if (this.#curve(elapsed) < this.#wEst) {
      this.cwnd = Math.max(this.cwnd, this.#wEst * mss);
      return;
    }
    const bounded = Math.min(Math.max(target, window), 1.5 * window);
    this.cwnd += ((bounded - window) / window) * acked;
  }

  /** A loss was found by acknowledgements (RFC 9438 §4.6, with fast convergence of §4.7). */
  lost(_flight: number, _now: number): void {
    this.#reduce();
    this.cwnd = this.ssthresh;
  }

  /** The retransmission timer went off (RFC 9438 §4.8). */
  timedOut(_flight: number, _now: number): void {
    this.#reduce();
    this.cwnd = this.#mss;
    // The next stage begins at its own plateau, K = 0.
    this.#wMax = 0;
  }

  /** Leaves slow start when the round trip grows (RFC 9406). */
  roundTrip(rtt: number, isRoundStart: boolean): void {
    if (this.ssthresh !== Infinity) return;
    if (this.#hystart.acknowledged(rtt, isRoundStart)) this.ssthresh = this.cwnd;
  }

  /** The last reduction was needless (RFC 9438 §4.9). */
  undo(): void {
    const before = this.#before;
    this.cwnd = Math.max(this.cwnd, before.cwnd);
    this.ssthresh = before.ssthresh;
    this.#wMax = before.wMax;
    this.#prior = before.prior;
    this.#epoch = before.epoch;
    this.#k = before.k;
    this.#origin = before.origin;
    this.#wEst = before.wEst;
  }

  /** Keeps the window beyond an idle time; see {@linkcode Archive}. What could be undone is forgotten. */
  archive(archive: Archive): void {
    this.cwnd = archive.real(this.cwnd);
    this.ssthresh = archive.real(this.ssthresh);
    this.#wMax = archive.real(this.#wMax);
    this.#prior = archive.real(this.#prior);
    this.#epoch = archive.real(this.#epoch);
    this.#k = archive.real(this.#k);
    this.#origin = archive.real(this.#origin);
    this.#wEst = archive.real(this.#wEst);
    this.#mss = archive.int(this.#mss);
    this.#hystart.archive(archive);
  }

  /** The segment size has changed. */
  resize(mss: number): void {
    this.#mss = mss;
  }

  #remember(): void {
    const before = this.#before;
    before.cwnd = this.cwnd;
    before.ssthresh = this.ssthresh;
    before.wMax = this.#wMax;
    before.prior = this.#prior;
    before.epoch = this.#epoch;
    before.k = this.#k;
    before.origin = this.#origin;
    before.wEst = this.#wEst;
  }

  /** The window decays; the cubic begins anew. */
  idled(periods: number): void {
    this.ssthresh = restartThreshold(this.cwnd, this.ssthresh);
    this.cwnd = restartWindow(this.cwnd, this.#mss, periods);
    this.#epoch = -1;
  }

  #curve(seconds: number): number {
    const distance = seconds - this.#k;
    return scaling * distance * distance * distance + this.#origin;
  }

  #begin(window: number, now: number): void {
    this.#epoch = now;
    this.#wEst = window;
    if (window < this.#wMax) {
      this.#k = Math.cbrt((this.#wMax - window) / scaling);
      this.#origin = this.#wMax;
    } else {
      this.#k = 0;
      this.#origin = window;
    }
  }

  #reduce(): void {
    this.#remember();
    const window = this.cwnd / this.#mss;
    this.#prior = window;
    this.#wMax = window < this.#wMax ? (window * (1 + betaCubic)) / 2 : window;
    this.ssthresh = Math.max(this.cwnd * betaCubic, 2 * this.#mss);
    this.#epoch = -1;
  }
}

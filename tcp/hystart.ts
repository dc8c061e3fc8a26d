/**
 * HyStart++ (RFC 9406): leaves slow start when the round-trip time grows, before the queue overflows;
 * after a few rounds of conservative slow start that find the growth real, congestion avoidance
 * begins. Holds no clock.
 *
 * @module
 */
import type { Archive } from "./archive.ts";

/** MIN_RTT_THRESH and MAX_RTT_THRESH (§4.3), in milliseconds. */
const minThreshold = 4;
const maxThreshold = 16;
/** MIN_RTT_DIVISOR. */
const divisor = 8;
/** N_RTT_SAMPLE. */
const samplesWanted = 8;
/** CSS_GROWTH_DIVISOR. */
const growthDivisor = 4;
/** CSS_ROUNDS. */
const cssRounds = 5;

/** The state of one connection's slow start. */
export class HyStart {
  #lastRoundMinRtt = Infinity;
  #currentRoundMinRtt = Infinity;
  #samples = 0;
  #baseline = Infinity;
  /** Rounds spent in conservative slow start, -1 outside of it. */
  #rounds = -1;

  /** Whether slow start is conservative: the window grows by a quarter of what it would. */
  get isConservative(): boolean {
    return this.#rounds >= 0;
  }

  /** A slow start begins. */
  reset(): void {
    this.#lastRoundMinRtt = Infinity;
    this.#currentRoundMinRtt = Infinity;
    this.#samples = 0;
    this.#baseline = Infinity;
    this.#rounds = -1;
  }

  /** Keeps what a connection needs beyond an idle time; see {@linkcode Archive}. */
  archive(archive: Archive): void {
    this.#lastRoundMinRtt = archive.real(this.#lastRoundMinRtt);
    this.#currentRoundMinRtt = archive.real(this.#currentRoundMinRtt);
    this.#baseline = archive.real(this.#baseline);
    this.#samples = archive.int(this.#samples);
    this.#rounds = archive.int(this.#rounds);
  }

  /** How much of `acked` bytes the window grows by (§4.2). */
  growth(acked: number): number {
    return this.isConservative ? acked / growthDivisor : acked;
  }

  /**
   * An acknowledgement has come in slow start.
   *
   * @param rtt Its round-trip sample in milliseconds; 0 for none.
   * @param isRoundStart Whether it ends one round and begins the next.
   * @returns Whether slow start is over.
   */
  acknowledged(rtt: number, isRoundStart: boolean): boolean {
    if (isRoundStart) {
      this.#lastRoundMinRtt = this.#currentRoundMinRtt;
      this.#currentRoundMinRtt = Infinity;
      this.#samples = 0;
      if (this.#rounds >= 0 && ++this.#rounds >= cssRounds) return true;
    }
    if (rtt > 0) {
      if (rtt < this.#currentRoundMinRtt) this.#currentRoundMinRtt = rtt;
      this.#samples++;
    }
    if (this.#samples >= samplesWanted) this.#compare();
    return false;
  }

  /** The round has had samples enough: has the round trip grown since the last one? */
  #compare(): void {
    if (this.#rounds >= 0) {
      // The growth was a passing thing: back to slow start (§4.2).
      if (this.#currentRoundMinRtt < this.#baseline) this.#rounds = -1;
    } else if (this.#lastRoundMinRtt !== Infinity) {
      const threshold = Math.min(
        Math.max(this.#lastRoundMinRtt / divisor, minThreshold),
        maxThreshold,
      );
      if (this.#currentRoundMinRtt >= this.#lastRoundMinRtt + threshold) {
        this.#baseline = this.#currentRoundMinRtt;
        this.#rounds = 0;
      }
    }
  }
}

/**
 * Undoing a reaction to a loss that was none: Eifel detection by timestamps (RFC 3522), and by D-SACK
 * where there are none (RFC 3708).
 *
 * Eifel rather than F-RTO (RFC 5682): nearly every peer sends timestamps, the first acknowledgement
 * after the retransmission decides, and it serves fast retransmissions too, where F-RTO knows
 * timeouts alone and needs two acknowledgements and new data to send.
 *
 * @module
 */

import { seqBefore } from "./seq.ts";

/** What one connection remembers of its last reaction. The controllers keep the windows themselves. */
export class Undo {
  /** The number of the episode, so that a segment knows in which one it was first sent again. */
  episode: number = 0;
  /** SND.UNA when the episode began: duplicates of what lies before tell nothing of it. */
  #from = 0;
  /** TSval of the first retransmission of the episode. */
  #retransmittedAt = 0;
  #hasTimestamp = false;
  #isArmed = false;
  /** Retransmissions that no D-SACK has shown to be needless. */
  #unproven = 0;

  /** Nothing to undo. */
  reset(): void {
    this.#isArmed = false;
    this.#hasTimestamp = false;
    this.#unproven = 0;
  }

  /** The window is about to be reduced. */
  arm(una: number): void {
    this.episode = (this.episode + 1) | 0;
    this.#isArmed = true;
    this.#hasTimestamp = false;
    this.#unproven = 0;
    this.#from = una;
  }

  /** A segment has been sent again; `timestamp` is its TSval, which counts when `hasTimestamp`. */
  retransmitted(timestamp: number, hasTimestamp: boolean): void {
    if (!this.#isArmed) return;
    this.#unproven++;
    if (!hasTimestamp || this.#hasTimestamp) return;
    this.#hasTimestamp = true;
    this.#retransmittedAt = timestamp;
  }

  /** An acknowledgement of new data has come, with this TSecr: was it of the original? (RFC 3522 §3.2 step 5) */
  isSpurious(echo: number): boolean {
    return this.#isArmed && this.#hasTimestamp && ((echo - this.#retransmittedAt) | 0) < 0;
  }

  /** A D-SACK from `left` on has come; gives whether all retransmissions are shown to be needless now (RFC 3708 §3). */
  duplicate(left: number): boolean {
    if (!this.#isArmed || this.#unproven === 0 || seqBefore(left, this.#from)) return false;
    return --this.#unproven === 0;
  }
}

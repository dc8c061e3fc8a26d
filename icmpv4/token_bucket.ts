/**
 * A rate limit: so many at once, so many a second.
 *
 * @module
 */

/** Tokens drip in at a constant rate; each use takes one. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #time = -Infinity;

  /**
   * Makes a full bucket.
   *
   * @param rate Tokens a second.
   * @param burst How many it holds.
   */
  constructor(rate: number, burst: number) {
    this.#rate = rate / 1000;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes a token; `false` when there is none. */
  take(now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#time) * this.#rate);
    this.#time = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

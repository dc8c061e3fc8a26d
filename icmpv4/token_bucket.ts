/**
 * A rate limit: about so many at once, about so many a second.
 *
 * @module
 */
import { type Random, randomBelow } from "@octet/wire";

/**
 * Tokens drip in at a constant rate; each use takes none, one or two, by chance. So nobody can count what is left and
 * learn from it what we answered others (as attackers of resolvers did: "SAD DNS", CVE-2020-25705).
 */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  readonly #random: Random;
  #tokens: number;
  #time = -Infinity;

  /**
   * Makes a full bucket.
   *
   * @param rate Tokens a second.
   * @param burst How many it holds.
   * @param random By which chance uses take tokens.
   */
  constructor(rate: number, burst: number, random: Random) {
    this.#rate = rate / 1000;
    this.#burst = burst;
    this.#random = random;
    this.#tokens = burst;
  }

  /** Whether it may be used now; then that takes tokens. */
  take(now: number): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#time) * this.#rate);
    this.#time = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= randomBelow(this.#random, 3);
    return true;
  }
}

// How often an address may ask (RFC 5905 §7.4, RFC 8633 §5.2): a token bucket per address, in a table that never grows.

/** What is to be done with a request. */
export const RateDecision = {
  /** Answer it. */
  Answer: 0,
  /** Answer with the kiss code RATE. */
  Kiss: 1,
  /** Say nothing. */
  Drop: 2,
} as const;

/** One of the decisions of {@linkcode RateDecision}. */
export type RateDecision = (typeof RateDecision)[keyof typeof RateDecision];

/**
 * Token buckets in a table addressed by hash. Two addresses of one slot push each other out, which forgives a client
 * too early and never punishes it for another: the price of a table that an attacker cannot make grow.
 *
 * @example
 * ```ts
 * import { RateDecision, RateLimiter } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * const limiter = new RateLimiter(1024, 2000, 1);
 * assertEquals(limiter.take(0x0a000001, 0), RateDecision.Answer);
 * assertEquals(limiter.take(0x0a000001, 100), RateDecision.Kiss);
 * assertEquals(limiter.take(0x0a000001, 200), RateDecision.Drop);
 * assertEquals(limiter.take(0x0a000001, 2200), RateDecision.Answer);
 * ```
 */
export class RateLimiter {
  readonly #shift: number;
  readonly #interval: number;
  readonly #burst: number;
  readonly #addresses: Uint32Array;
  readonly #tokens: Float64Array;
  readonly #times: Float64Array;
  readonly #kisses: Float64Array;
  /** The poll interval to ask for, log2 of seconds, rounded up. */
  readonly pollExponent: number;

  /**
   * Makes an empty table.
   *
   * @param size How many addresses are remembered; a power of two.
   * @param interval Time in which a bucket gains one request, in milliseconds.
   * @param burst Requests that a bucket holds.
   * @throws {RangeError} When one of them is out of its range.
   */
  constructor(size: number, interval: number, burst: number) {
    if (!Number.isInteger(size) || size < 2 || size > 0x100_0000 || (size & (size - 1)) !== 0) {
      throw new RangeError(
        `Cannot make rate table as its size must be a power of two from 2: it is ${size}`,
      );
    }
    if (!(interval > 0 && interval < Infinity)) {
      throw new RangeError(`Cannot limit rate as the interval must be positive: it is ${interval}`);
    }
    if (!(burst >= 1 && burst < Infinity)) {
      throw new RangeError(`Cannot limit rate as the burst must be 1 or more: it is ${burst}`);
    }
    this.#shift = 32 - Math.log2(size);
    this.#interval = interval;
    this.#burst = burst;
    this.#addresses = new Uint32Array(size);
    this.#tokens = new Float64Array(size);
    this.#times = new Float64Array(size);
    this.#kisses = new Float64Array(size);
    this.pollExponent = Math.max(0, Math.ceil(Math.log2(interval / 1000)));
  }

  /**
   * Counts a request.
   *
   * @param address The IPv4 address that it came from, host order; not 0.
   * @param now Milliseconds.
   * @returns What to do. An address that keeps asking gets one kiss per interval, so that a forged flood is not reflected.
   */
  take(address: number, now: number): RateDecision {
    const slot = Math.imul(address, 0x9e3779b1) >>> this.#shift;
    if (this.#addresses[slot] !== address) {
      this.#addresses[slot] = address;
      this.#tokens[slot] = this.#burst;
      this.#kisses[slot] = -Infinity;
    } else {
      const gained = (now - this.#times[slot]!) / this.#interval;
      this.#tokens[slot] = Math.min(this.#burst, this.#tokens[slot]! + gained);
    }
    this.#times[slot] = now;
    if (this.#tokens[slot]! >= 1) {
      this.#tokens[slot]! -= 1;
      return RateDecision.Answer;
    }
    if (now - this.#kisses[slot]! < this.#interval) return RateDecision.Drop;
    this.#kisses[slot] = now;
    return RateDecision.Kiss;
  }
}

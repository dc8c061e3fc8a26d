// The clock filter (RFC 5905 §10): of the last eight samples the one with the least delay is the most honest.

/** Samples kept (RFC 5905 figure 24: NSTAGE). */
export const clockFilterStages = 8;

/** Frequency tolerance: how fast the local clock may drift, 15 parts per million (RFC 5905 figure 5: PHI). */
export const clockTolerance = 15e-6;

/**
 * The last samples of one server, and what they say together. RFC 5905 counts stages not filled yet with a
 * dispersion of 16 s, for associations that live on; here only real samples count, since a burst ends.
 *
 * @example
 * ```ts
 * import { ClockFilter } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * const filter = new ClockFilter();
 * filter.add(12, 30, 0.1, 0);
 * filter.add(5, 4, 0.1, 10);
 * filter.update(10);
 * assertEquals(filter.offset, 5);
 * assertEquals(filter.delay, 4);
 * assertEquals(filter.jitter, 7);
 * ```
 */
export class ClockFilter {
  readonly #offsets: Float64Array = new Float64Array(clockFilterStages);
  readonly #delays: Float64Array = new Float64Array(clockFilterStages);
  readonly #dispersions: Float64Array = new Float64Array(clockFilterStages);
  readonly #times: Float64Array = new Float64Array(clockFilterStages);
  readonly #order: Uint8Array = new Uint8Array(clockFilterStages);
  #next = 0;
  /** How many samples are kept, 0 to 8. */
  count = 0;
  /** Offset of the sample with the least delay, in milliseconds. */
  offset = 0;
  /** Delay of that sample, in milliseconds. */
  delay = 0;
  /** The filter's dispersion at the time of the last update, in milliseconds. */
  dispersion = 0;
  /** Root mean square of the other samples' distance from the best offset, in milliseconds. */
  jitter = 0;

  /** Forgets all samples. */
  clear(): void {
    this.#next = 0;
    this.count = 0;
    this.offset = 0;
    this.delay = 0;
    this.dispersion = 0;
    this.jitter = 0;
  }

  /**
   * Shifts a sample in; the oldest of eight falls out.
   *
   * @param offset In milliseconds.
   * @param delay In milliseconds.
   * @param dispersion The sample's own, in milliseconds.
   * @param now When it was taken, in milliseconds.
   */
  add(offset: number, delay: number, dispersion: number, now: number): void {
    const slot = this.#next;
    this.#offsets[slot] = offset;
    this.#delays[slot] = delay;
    this.#dispersions[slot] = dispersion;
    this.#times[slot] = now;
    this.#next = (slot + 1) % clockFilterStages;
    if (this.count < clockFilterStages) this.count++;
  }

  /** Computes offset, delay, dispersion and jitter from the samples kept, as of `now` in milliseconds. */
  update(now: number): void {
    const count = this.count;
    if (count === 0) return;
    this.#sort();
    const order = this.#order;
    const best = order[0]!;
    this.offset = this.#offsets[best]!;
    this.delay = this.#delays[best]!;
    let dispersion = 0;
    let squares = 0;
    for (let i = count - 1; i >= 0; i--) {
      const slot = order[i]!;
      // A sample's dispersion grows with its age; the weight halves with each place in the order of delays.
      const aged = this.#dispersions[slot]! + clockTolerance * (now - this.#times[slot]!);
      dispersion = (dispersion + aged) / 2;
      const distance = this.offset - this.#offsets[slot]!;
      squares += distance * distance;
    }
    this.dispersion = dispersion;
    this.jitter = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
  }

  /** Orders the slots by delay, the least first; of equals the one that came first. */
  #sort(): void {
    const order = this.#order;
    const delays = this.#delays;
    for (let i = 0; i < this.count; i++) {
      let place = i;
      while (place > 0 && delays[order[place - 1]!]! > delays[i]!) {
        order[place] = order[place - 1]!;
        place--;
      }
      order[place] = i;
    }
  }
}

/** Splits a time so that both parts are exact: milliseconds since 1970 into seconds and nanoseconds. */
export function nanosecondsOf(time: number): number {
  const rest = Math.round((time - Math.floor(time / 1000) * 1000) * 1e6);
  return rest > 999_999_999 ? 999_999_999 : rest;
}

/** The latest time a timestamp in nanoseconds can say: 2^64 ns, in the year 2554. */
const latest = 18_446_744_073_709;

/**
 * Checks a time that a program gave.
 *
 * @throws {RangeError} When it is not a number from 0 to the year 2554.
 */
export function checkTime(time: number): void {
  if (!(time >= 0 && time <= latest)) {
    throw new RangeError(
      `Cannot write capture record as the time ${time} is not from 0 to ${latest} ms`,
    );
  }
}

/** A timestamp, split so that nothing of its 64 bits is lost. */
export class CaptureTime {
  /** Whole seconds since 1970. */
  seconds = 0;
  /** Nanoseconds, 0 to 999,999,999. */
  nanoseconds = 0;

  /** Milliseconds since 1970 with fractions. */
  get milliseconds(): number {
    return this.seconds * 1000 + this.nanoseconds / 1e6;
  }

  /**
   * Takes a count of units in two halves (pcapng §4.2, `if_tsresol`).
   *
   * @param high The upper 32 bits.
   * @param low The lower 32 bits.
   * @param resolution 10^-n seconds a unit, or 2^-n where the top bit is set.
   */
  set(high: number, low: number, resolution: number): void {
    const exponent = resolution & 0x7f;
    const unit = (resolution & 0x80) === 0 ? 10 ** exponent : 2 ** exponent;
    if (unit <= 0x10_0000_0000) {
      // Long division 16 bits at a time: every remainder times 2^16 is held exactly.
      const q1 = Math.floor(high / unit);
      const r1 = (high % unit) * 0x1_0000 + (low >>> 16);
      const q2 = Math.floor(r1 / unit);
      const r2 = (r1 % unit) * 0x1_0000 + (low & 0xffff);
      const q3 = Math.floor(r2 / unit);
      this.seconds = q1 * 0x1_0000_0000 + q2 * 0x1_0000 + q3;
      this.nanoseconds = Math.floor((r2 % unit) * (1e9 / unit));
    } else {
      const seconds = (high * 0x1_0000_0000 + low) / unit;
      this.seconds = Math.floor(seconds);
      this.nanoseconds = Math.floor((seconds - this.seconds) * 1e9);
    }
  }
}

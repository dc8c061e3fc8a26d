// NTP timestamps as numbers of their own (RFC 5905 §6): 64 bits in a bigint, nanoseconds, and the 128-bit date format
// that carries its era. For people, files and tests; packets are read and written in place by timestamp.ts.

import { ntpUnixOffset } from "./timestamp.ts";

const OFFSET = BigInt(ntpUnixOffset);
const MASK_32 = 0xffff_ffffn;
const MASK_64 = 0xffff_ffff_ffff_ffffn;
const NS = 1_000_000_000n;

/** Divides and rounds to the nearest, halves up; the divisor is positive. */
function divideRounded(dividend: bigint, divisor: bigint): bigint {
  return floorDivide(2n * dividend + divisor, 2n * divisor);
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}

/**
 * Unix time in nanoseconds as a 64-bit timestamp, rounded to the nearest 2^-32 s; the era is dropped (RFC 5905 §6).
 *
 * @param unixNs Unix time in nanoseconds.
 * @returns The 64 bits: seconds in the upper half, the fraction in the lower.
 * @example
 * ```ts
 * import { ntpFromUnixNs } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ntpFromUnixNs(500_000_000n), 0x83aa7e80_80000000n);
 * ```
 */
export function ntpFromUnixNs(unixNs: bigint): bigint {
  return divideRounded((unixNs + OFFSET * NS) << 32n, NS) & MASK_64;
}

/**
 * A 64-bit timestamp as Unix time in nanoseconds; of all eras the one that brings it closest to
 * `pivotNs` is meant (RFC 5905 §6).
 *
 * @param timestamp The 64 bits; bits above them are ignored.
 * @param pivotNs A time known to be within 68 years of the right one, Unix nanoseconds.
 * @returns Unix time in nanoseconds, rounded to the nearest.
 * @example
 * ```ts
 * import { ntpToUnixNs } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ntpToUnixNs(0x83aa7e80_80000000n, 0n), 500_000_000n);
 * ```
 */
export function ntpToUnixNs(timestamp: bigint, pivotNs: bigint): bigint {
  const inEra = timestamp & MASK_64;
  const pivot = floorDivide((pivotNs + OFFSET * NS) << 32n, NS);
  const era = divideRounded(pivot - inEra, 1n << 64n);
  return divideRounded((inEra + (era << 64n)) * NS, 1n << 32n) - OFFSET * NS;
}

/**
 * Unix time in milliseconds as a 64-bit timestamp (RFC 5905 §6).
 *
 * @param unixMs Unix time in milliseconds, fractions allowed.
 * @returns The 64 bits.
 * @throws {RangeError} When `unixMs` is not a finite number.
 * @example
 * ```ts
 * import { ntpFromUnixMs } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ntpFromUnixMs(-1), 0x83aa7e7f_ffbe76c9n);
 * ```
 */
export function ntpFromUnixMs(unixMs: number): bigint {
  if (!Number.isFinite(unixMs)) {
    throw new RangeError(`Cannot convert ${unixMs} to an NTP timestamp as it is not finite`);
  }
  // Multiplying by 2^32 only moves a double's exponent, so that no digit of the argument is lost before the rounding.
  const whole = BigInt(Math.round(unixMs * 0x1_0000_0000));
  return (divideRounded(whole, 1000n) + (OFFSET << 32n)) & MASK_64;
}

/**
 * A 64-bit timestamp as Unix time in milliseconds, in the era closest to `pivotMs` (RFC 5905 §6).
 *
 * @param timestamp The 64 bits; bits above them are ignored.
 * @param pivotMs A time known to be within 68 years of the right one, Unix milliseconds.
 * @returns Unix time in milliseconds, as precise as a double holds it.
 * @throws {RangeError} When `pivotMs` is not a finite number.
 * @example
 * ```ts
 * import { ntpToUnixMs } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ntpToUnixMs(0n, Date.UTC(2030, 0)), Date.UTC(2036, 1, 7, 6, 28, 16));
 * ```
 */
export function ntpToUnixMs(timestamp: bigint, pivotMs: number): number {
  if (!Number.isFinite(pivotMs)) {
    throw new RangeError(`Cannot choose the era closest to ${pivotMs} as it is not finite`);
  }
  const inEra = timestamp & MASK_64;
  const pivot = BigInt(Math.floor(pivotMs / 1000)) + OFFSET;
  const era = divideRounded((pivot << 32n) - inEra, 1n << 64n);
  const sinceUnix = inEra + (era << 64n) - (OFFSET << 32n);
  const seconds = floorDivide(sinceUnix, 1n << 32n);
  return Number(seconds) * 1000 + Number(sinceUnix & MASK_32) * 1000 / 0x1_0000_0000;
}

/** A time in NTP's 128-bit date format (RFC 5905 §6, figure 3): unlike a timestamp it knows its era. */
export interface NtpDate {
  /** The era, a signed 32-bit number; 0 began in 1900. */
  readonly era: number;
  /** Seconds since the era began, 0 to 2^32 - 1. */
  readonly seconds: number;
  /** The fraction of the second, in units of 2^-64 s. */
  readonly fraction: bigint;
}

/**
 * Unix time in nanoseconds as a date, rounded down to 2^-64 s (RFC 5905 §6).
 *
 * @param unixNs Unix time in nanoseconds.
 * @returns The date.
 * @throws {RangeError} When the era does not fit 32 bits.
 * @example
 * ```ts
 * import { ntpDateFromUnixNs } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * const date = ntpDateFromUnixNs(BigInt(Date.UTC(2036, 1, 7, 6, 28, 16)) * 1_000_000n);
 * assertEquals(date, { era: 1, seconds: 0, fraction: 0n });
 * ```
 */
export function ntpDateFromUnixNs(unixNs: bigint): NtpDate {
  const total = unixNs + OFFSET * NS;
  const seconds = floorDivide(total, NS);
  const era = seconds >> 32n;
  if (BigInt.asIntN(32, era) !== era) {
    throw new RangeError(`Cannot express time as an NTP date as its era would be ${era}`);
  }
  return {
    era: Number(era),
    seconds: Number(seconds & MASK_32),
    fraction: ((total - seconds * NS) << 64n) / NS,
  };
}

/**
 * A date as Unix time in nanoseconds, rounded to the nearest (RFC 5905 §6).
 *
 * @param date The date.
 * @returns Unix time in nanoseconds.
 * @example
 * ```ts
 * import { ntpDateToUnixNs } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ntpDateToUnixNs({ era: 0, seconds: 2_208_988_800, fraction: 1n << 63n }), 500_000_000n);
 * ```
 */
export function ntpDateToUnixNs(date: NtpDate): bigint {
  const seconds = (BigInt(date.era) << 32n) + BigInt(date.seconds) - OFFSET;
  return seconds * NS + divideRounded(date.fraction * NS, 1n << 64n);
}

/**
 * Reads a date of 16 bytes in network byte order.
 *
 * @param bytes The buffer.
 * @param offset Where the date begins.
 * @returns The date.
 * @throws {RangeError} When fewer than 16 bytes are there.
 */
export function readNtpDate(bytes: Uint8Array, offset: number): NtpDate {
  const view = viewOf(bytes, offset, "read");
  return { era: view.getInt32(0), seconds: view.getUint32(4), fraction: view.getBigUint64(8) };
}

/**
 * Writes a date as 16 bytes in network byte order.
 *
 * @param bytes The buffer.
 * @param offset Where the date goes.
 * @param date The date.
 * @throws {RangeError} When fewer than 16 bytes are there.
 * @example
 * ```ts
 * import { readNtpDate, writeNtpDate } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(16);
 * writeNtpDate(bytes, 0, { era: -1, seconds: 2, fraction: 3n });
 * assertEquals(readNtpDate(bytes, 0), { era: -1, seconds: 2, fraction: 3n });
 * ```
 */
export function writeNtpDate(bytes: Uint8Array, offset: number, date: NtpDate): void {
  const view = viewOf(bytes, offset, "write");
  view.setInt32(0, date.era);
  view.setUint32(4, date.seconds);
  view.setBigUint64(8, date.fraction);
}

function viewOf(bytes: Uint8Array, offset: number, action: string): DataView {
  if (!Number.isInteger(offset) || offset < 0 || offset + 16 > bytes.length) {
    throw new RangeError(
      `Cannot ${action} NTP date of 16 bytes at ${offset} of a buffer of ${bytes.length}`,
    );
  }
  return new DataView(bytes.buffer, bytes.byteOffset + offset, 16);
}

// NTP timestamps over bytes: the 64-bit timestamp and the 32-bit short format (RFC 5905 §6). Nothing here allocates.

import { readI32, readU16, readU32, writeU16, writeU32 } from "@octet/wire";

/** Seconds from the start of NTP's era 0, 1900-01-01T00:00:00Z, to the Unix epoch (RFC 5905 figure 4). */
export const ntpUnixOffset = 2_208_988_800;

/** Length of one era in milliseconds: 2^32 seconds, about 136 years (RFC 5905 §6). */
export const ntpEraLength = 4_294_967_296_000;

const TWO_32 = 0x1_0000_0000;
const FRACTION_PER_MS = TWO_32 / 1000;

/**
 * The era that a time lies in: 0 from 1900 on, 1 from 2036-02-07T06:28:16Z on, negative before 1900 (RFC 5905 §6).
 *
 * @param unixMs Unix time in milliseconds.
 * @returns The era's number, an integer.
 * @example
 * ```ts
 * import { ntpEra } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ntpEra(Date.UTC(2036, 1, 7, 6, 28, 15, 999)), 0);
 * assertEquals(ntpEra(Date.UTC(2036, 1, 7, 6, 28, 16)), 1);
 * ```
 */
export function ntpEra(unixMs: number): number {
  return Math.floor((unixMs + ntpUnixOffset * 1000) / ntpEraLength);
}

/**
 * Reads a 64-bit timestamp as Unix time. A timestamp does not say its era: of all instants that
 * have these bits the one closest to `pivotMs` is meant (RFC 5905 §6).
 *
 * The result is a double, whose step is a quarter of a microsecond in this century.
 *
 * @param bytes The buffer; eight bytes at `offset` must be inside, network byte order.
 * @param offset Where the timestamp begins.
 * @param pivotMs A time known to be within 68 years of the right one, Unix milliseconds.
 * @returns Unix time in milliseconds, with fraction.
 * @example
 * ```ts
 * import { readNtpTimestamp } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = Uint8Array.of(0, 0, 0, 1, 0x80, 0, 0, 0);
 * assertEquals(readNtpTimestamp(bytes, 0, Date.UTC(2026, 0)), Date.UTC(2036, 1, 7, 6, 28, 17, 500));
 * assertEquals(readNtpTimestamp(bytes, 0, Date.UTC(1910, 0)), Date.UTC(1900, 0, 1, 0, 0, 1, 500));
 * ```
 */
export function readNtpTimestamp(bytes: Uint8Array, offset: number, pivotMs: number): number {
  const inEra = readU32(bytes, offset) * 1000 + readU32(bytes, offset + 4) / FRACTION_PER_MS;
  const pivot = pivotMs + ntpUnixOffset * 1000;
  const era = Math.round((pivot - inEra) / ntpEraLength);
  return inEra - ntpUnixOffset * 1000 + era * ntpEraLength;
}

/**
 * Writes Unix time as a 64-bit timestamp, rounded to the nearest fraction; the era is dropped.
 * All bits zero mean "unknown" (RFC 5905 §6), so the one instant of an era that would come out as that is
 * written as the fraction after it, 233 picoseconds later.
 *
 * @param bytes The buffer.
 * @param offset Where the eight bytes go, network byte order.
 * @param unixMs Unix time in milliseconds, with fraction.
 * @example
 * ```ts
 * import { writeNtpTimestamp } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(8);
 * writeNtpTimestamp(bytes, 0, 500);
 * assertEquals(bytes, Uint8Array.of(0x83, 0xaa, 0x7e, 0x80, 0x80, 0, 0, 0));
 * ```
 */
export function writeNtpTimestamp(bytes: Uint8Array, offset: number, unixMs: number): void {
  let seconds = Math.floor(unixMs / 1000);
  let fraction = Math.round((unixMs - seconds * 1000) * FRACTION_PER_MS);
  if (fraction >= TWO_32) {
    fraction -= TWO_32;
    seconds++;
  }
  seconds += ntpUnixOffset;
  seconds -= Math.floor(seconds / TWO_32) * TWO_32;
  if (seconds === 0 && fraction === 0) fraction = 1;
  writeU32(bytes, offset, seconds);
  writeU32(bytes, offset + 4, fraction);
}

/**
 * The difference of two 64-bit timestamps. It is right over an era's end as long as they are less
 * than 68 years apart, and keeps more digits than a difference of Unix times (RFC 5905 §6).
 *
 * @param a The buffer with the minuend.
 * @param aOffset Where the minuend begins.
 * @param b The buffer with the subtrahend.
 * @param bOffset Where the subtrahend begins.
 * @returns `a - b` in milliseconds.
 * @example
 * ```ts
 * import { ntpDifference } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * const before = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x80, 0, 0, 0);
 * const after = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 0);
 * assertEquals(ntpDifference(after, 0, before, 0), 1500);
 * ```
 */
export function ntpDifference(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
): number {
  const seconds = (readI32(a, aOffset) - readI32(b, bOffset)) | 0;
  return seconds * 1000 + (readU32(a, aOffset + 4) - readU32(b, bOffset + 4)) / FRACTION_PER_MS;
}

/**
 * Whether a 64-bit timestamp is all zeros, which means that the time is unknown (RFC 5905 §6).
 *
 * @param bytes The buffer; eight bytes at `offset` must be inside.
 * @param offset Where the timestamp begins.
 */
export function isNtpTimestampZero(bytes: Uint8Array, offset: number): boolean {
  return (readI32(bytes, offset) | readI32(bytes, offset + 4)) === 0;
}

/**
 * Whether two 64-bit timestamps are the same to the bit.
 *
 * @param a The buffer with the one.
 * @param aOffset Where it begins.
 * @param b The buffer with the other.
 * @param bOffset Where that begins.
 */
export function equalNtpTimestamps(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
): boolean {
  return readI32(a, aOffset) === readI32(b, bOffset) &&
    readI32(a, aOffset + 4) === readI32(b, bOffset + 4);
}

/**
 * Copies a 64-bit timestamp, bit by bit.
 *
 * @param from The buffer to read.
 * @param fromOffset Where the timestamp begins in it.
 * @param to The buffer to write.
 * @param toOffset Where the copy goes.
 */
export function copyNtpTimestamp(
  from: Uint8Array,
  fromOffset: number,
  to: Uint8Array,
  toOffset: number,
): void {
  for (let i = 0; i < 8; i++) to[toOffset + i] = from[fromOffset + i]!;
}

/**
 * Reads a 32-bit short time: unsigned 16.16 fixed-point seconds (RFC 5905 §6, root delay and dispersion).
 *
 * @param bytes The buffer; four bytes at `offset` must be inside, network byte order.
 * @param offset Where the value begins.
 * @returns Milliseconds, 0 to 65,536,000.
 * @example
 * ```ts
 * import { readNtpShort } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readNtpShort(Uint8Array.of(0, 1, 0x80, 0), 0), 1500);
 * ```
 */
export function readNtpShort(bytes: Uint8Array, offset: number): number {
  return readU16(bytes, offset) * 1000 + readU16(bytes, offset + 2) / 65.536;
}

/**
 * Writes a 32-bit short time, rounded to the nearest 15 µs and held within its range.
 *
 * @param bytes The buffer.
 * @param offset Where the four bytes go, network byte order.
 * @param ms Milliseconds; below 0 is written as 0, above the range as its end.
 * @example
 * ```ts
 * import { writeNtpShort } from "@octet/ntp";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(4);
 * writeNtpShort(bytes, 0, 2250);
 * assertEquals(bytes, Uint8Array.of(0, 2, 0x40, 0));
 * ```
 */
export function writeNtpShort(bytes: Uint8Array, offset: number, ms: number): void {
  const value = Math.min(Math.max(Math.round(ms * 65.536), 0), TWO_32 - 1);
  writeU16(bytes, offset, Math.floor(value / 0x1_0000));
  writeU16(bytes, offset + 2, value);
}

import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  ntpDateFromUnixNs,
  ntpDateToUnixNs,
  ntpFromUnixMs,
  ntpFromUnixNs,
  ntpToUnixMs,
  ntpToUnixNs,
  readNtpDate,
  writeNtpDate,
} from "./date.ts";
import {
  copyNtpTimestamp,
  equalNtpTimestamps,
  isNtpTimestampZero,
  ntpDifference,
  ntpEra,
  ntpEraLength,
  readNtpShort,
  readNtpTimestamp,
  writeNtpShort,
  writeNtpTimestamp,
} from "./timestamp.ts";

const rollover = Date.UTC(2036, 1, 7, 6, 28, 16);

function written(unixMs: number): bigint {
  const bytes = new Uint8Array(10).fill(0xa5);
  writeNtpTimestamp(bytes, 1, unixMs);
  assertEquals([bytes[0], bytes[9]], [0xa5, 0xa5]);
  return new DataView(bytes.buffer).getBigUint64(1);
}

// RFC 5905 figure 4: interesting historic NTP dates.
const historic: [string, number, number, number][] = [
  ["first day of NTP era 0", Date.UTC(1900, 0, 1), 0, 0],
  ["last NTP day of Stepanov", Date.UTC(1972, 0, 1), 0, 2_272_060_800],
  ["first day of Unix", Date.UTC(1970, 0, 1), 0, 2_208_988_800],
  ["last day of the 20th century", Date.UTC(1999, 11, 31), 0, 3_155_587_200],
  ["first day of NTP era 1", Date.UTC(2036, 1, 8), 1, 63_104],
  ["last day NTP era 0", Date.UTC(1899, 11, 31), -1, 4_294_880_896],
];

Deno.test("historic dates have the era and seconds of RFC 5905 figure 4", () => {
  for (const [name, unixMs, era, seconds] of historic) {
    assertEquals(ntpEra(unixMs), era, name);
    assertEquals(
      ntpDateFromUnixNs(BigInt(unixMs) * 1_000_000n),
      { era, seconds, fraction: 0n },
      name,
    );
    if (seconds !== 0) assertEquals(written(unixMs), BigInt(seconds) << 32n, name);
  }
});

Deno.test("the timestamp rolls over in 2036 and is read in the pivot's era", () => {
  const bytes = new Uint8Array(8);
  for (const ms of [-1500, -0.5, 0.25, 1, 1500]) {
    writeNtpTimestamp(bytes, 0, rollover + ms);
    for (const pivot of [rollover - 3_600_000, rollover, rollover + 3_600_000]) {
      assertAlmostEquals(readNtpTimestamp(bytes, 0, pivot), rollover + ms, 0.0006);
    }
  }
  assertEquals(written(rollover - 500), 0xffffffff_80000000n);
  assertEquals(written(rollover + 500), 0x00000000_80000000n);
});

Deno.test("the instant of rollover is not written as unknown", () => {
  assertEquals(written(rollover), 1n);
  assertEquals(written(rollover - 1e-5), 1n, "rounds up to the same instant");
});

Deno.test("a fraction that rounds up carries into the seconds", () => {
  assertEquals(written(999.9999999999), (2_208_988_801n << 32n) | 0n);
  assertEquals(written(-0.0000000001), 2_208_988_800n << 32n);
});

Deno.test("eras 0 to 3 survive a round trip with a pivot half an era away", () => {
  const bytes = new Uint8Array(8);
  for (let era = -1; era <= 3; era++) {
    for (const part of [0.01, 0.3, 0.5, 0.99]) {
      const ms = Math.round((era + part) * ntpEraLength) - 2_208_988_800_000;
      writeNtpTimestamp(bytes, 0, ms);
      for (const away of [-0.49, 0, 0.49]) {
        assertAlmostEquals(readNtpTimestamp(bytes, 0, ms + away * ntpEraLength), ms, 0.002);
        const timestamp = ntpFromUnixMs(ms);
        assertEquals(ntpToUnixMs(timestamp, ms + away * ntpEraLength), ms);
      }
    }
  }
});

Deno.test("nanoseconds survive a round trip to the nanosecond", () => {
  fc.assert(
    fc.property(
      fc.bigInt(-(10n ** 19n), 10n ** 20n),
      fc.bigInt(-2_000_000_000n * 10n ** 9n, 2_000_000_000n * 10n ** 9n),
      (ns: bigint, away: bigint) => ntpToUnixNs(ntpFromUnixNs(ns), ns + away) === ns,
    ),
  );
});

Deno.test("dates survive a round trip through 16 bytes, of any era", () => {
  const bytes = new Uint8Array(18);
  fc.assert(fc.property(fc.bigInt(-(10n ** 27n), 10n ** 27n), (ns: bigint) => {
    const date = ntpDateFromUnixNs(ns);
    bytes.fill(0xa5);
    writeNtpDate(bytes, 1, date);
    assertEquals(readNtpDate(bytes, 1), date);
    assertEquals([bytes[0], bytes[17]], [0xa5, 0xa5]);
    assertEquals(ntpDateToUnixNs(date), ns);
  }));
});

Deno.test("a date that does not fit is refused", () => {
  assertThrows(() => ntpDateFromUnixNs(10n ** 29n), RangeError, "era would be");
  assertThrows(() => readNtpDate(new Uint8Array(16), 1), RangeError, "16 bytes at 1");
  assertThrows(() => writeNtpDate(new Uint8Array(15), 0, { era: 0, seconds: 0, fraction: 0n }));
  assertThrows(() => ntpFromUnixMs(NaN), RangeError);
  assertThrows(() => ntpToUnixMs(0n, Infinity), RangeError);
});

Deno.test("both forms of conversion agree", () => {
  const bytes = new Uint8Array(8);
  fc.assert(
    fc.property(fc.double({ min: -2e12, max: 2e13, noNaN: true }), (ms: number) => {
      writeNtpTimestamp(bytes, 0, ms);
      const inPlace = new DataView(bytes.buffer).getBigUint64(0);
      const difference = BigInt.asIntN(64, inPlace - ntpFromUnixMs(ms));
      // Two roundings of a product of doubles: a few units of 233 ps beside the double's own step of 4 µs at most.
      return difference > -20_000n && difference < 20_000n;
    }),
  );
});

Deno.test("differences hold over the end of an era and keep every bit", () => {
  const a = new Uint8Array(9);
  const b = new Uint8Array(8);
  fc.assert(
    fc.property(
      fc.bigInt(0n, (1n << 64n) - 1n),
      fc.bigInt(-(1n << 50n), 1n << 50n),
      (timestamp: bigint, delta: bigint) => {
        new DataView(b.buffer).setBigUint64(0, timestamp);
        new DataView(a.buffer).setBigUint64(1, BigInt.asUintN(64, timestamp + delta));
        const exact = Number(delta) * 1000 / 2 ** 32;
        assertAlmostEquals(ntpDifference(a, 1, b, 0), exact, Math.abs(exact) * 1e-15 + 1e-9);
      },
    ),
  );
});

Deno.test("short times round, and stay within their range", () => {
  const bytes = new Uint8Array(4);
  const cases: [number, number][] = [
    [0, 0],
    [1000, 0x10000],
    [15.625, 0x400],
    [0.0076, 0],
    [0.0077, 1],
    [-5, 0],
    [1e12, 0xffffffff],
    [65_535_999.99, 0xffffffff],
  ];
  for (const [ms, bits] of cases) {
    bytes.fill(0xa5);
    writeNtpShort(bytes, 0, ms);
    assertEquals(new DataView(bytes.buffer).getUint32(0), bits, String(ms));
  }
  fc.assert(fc.property(fc.integer({ min: 0, max: 0xffffffff }), (bits: number) => {
    new DataView(bytes.buffer).setUint32(0, bits);
    writeNtpShort(bytes, 0, readNtpShort(bytes, 0));
    return new DataView(bytes.buffer).getUint32(0) === bits;
  }));
});

Deno.test("timestamps are compared and copied bit by bit", () => {
  const bytes = new Uint8Array(24);
  assertEquals(isNtpTimestampZero(bytes, 3), true);
  for (let i = 0; i < 8; i++) {
    bytes.fill(0);
    bytes[3 + i] = 0x80;
    assertEquals(isNtpTimestampZero(bytes, 3), false, `byte ${i}`);
    assertEquals(equalNtpTimestamps(bytes, 3, bytes, 16), false, `byte ${i}`);
    copyNtpTimestamp(bytes, 3, bytes, 16);
    assertEquals(equalNtpTimestamps(bytes, 3, bytes, 16), true, `byte ${i}`);
  }
});

import { assertEquals, assertThrows } from "@std/assert";
import { Packet, SeededRandom, Verdict } from "@octet/wire";
import fc from "fast-check";
import { encodeIpv4, Ipv4Frame } from "./frame.ts";
import { Fragmenter } from "./fragment.ts";
import { Identification } from "./identification.ts";
import { encodeRecordRoute, encodeRouterAlert, encodeTimestampOption } from "./option_encode.ts";
import {
  copyEchoedOptions,
  copyFragmentOptions,
  internetTimestamp,
  optionFault,
  recordHop,
} from "./option_rules.ts";
import { Ipv4Options, Ipv4OptionType, TimestampFlag } from "./options.ts";

const own = { isLocal: (address: number) => address >>> 0 === 0x0a000001 };

function cursor(bytes: Uint8Array): Ipv4Options {
  const options = new Ipv4Options();
  options.reset(bytes, 0, bytes.length);
  return options;
}

/** The options behind a hop of 10.0.0.1 at time 0x01020304. */
function hop(...bytes: number[]): number[] {
  const list = Uint8Array.from(bytes);
  recordHop(cursor(list), list, 0x0a000001, 0x01020304, own);
  return [...list];
}

Deno.test("which octet of the options is wrong (RFC 1122 §3.2.2.5)", () => {
  const cases: [string, number[], number][] = [
    ["nothing", [], -1],
    ["padding", [1, 1, 1, 0], -1],
    ["behind the end of the list anything goes", [0, 7, 0, 0], -1],
    ["an unknown option", [1, 30, 3, 9, 0], -1],
    ["an unknown option that is too long", [1, 30, 5, 9], 1],
    ["no length", [1, 1, 7], 2],
    ["length 0", [1, 7, 0, 4], 1],
    ["length 1", [7, 1, 0, 0], 0],
    ["a route without pointer", [7, 2, 0, 0], 1],
    ["a route without an entry", [7, 3, 4, 0], -1],
    ["a route's pointer into its head", [7, 7, 3, 0, 0, 0, 0, 0], 2],
    ["a route's pointer into an entry", [7, 7, 5, 0, 0, 0, 0, 0], 2],
    ["a full route", [7, 7, 8, 0, 0, 0, 0, 0], -1],
    ["a pointer far beyond a full route", [7, 7, 255, 0, 0, 0, 0, 0], -1],
    ["two routes", [7, 3, 4, 7, 3, 4, 0, 0], 3],
    ["a loose source route's pointer", [131, 7, 0, 0, 0, 0, 0, 0], 2],
    ["a strict source route without pointer", [137, 2, 0, 0], 1],
    ["a timestamp without flag", [68, 3, 5, 0], 1],
    ["a timestamp's pointer into its head", [68, 8, 4, 0, 0, 0, 0, 0], 2],
    ["a timestamp's pointer into an entry", [68, 8, 6, 0, 0, 0, 0, 0], 2],
    ["room for a time alone", [68, 8, 5, 0, 0, 0, 0, 0], -1],
    ["room for a time, none for the address", [68, 8, 5, 1, 0, 0, 0, 0], 2],
    ["a full timestamp", [68, 8, 9, 0, 0, 0, 0, 0], -1],
    ["a full timestamp whose count of overflows is full", [68, 8, 9, 0xf0, 0, 0, 0, 0], 3],
    ["two timestamps", [1, 68, 4, 5, 0, 68, 4, 5, 0], 5],
    ["a short router alert", [148, 3, 0, 0], 1],
    ["a router alert", [148, 4, 0, 0], -1],
  ];
  for (const [name, bytes, fault] of cases) {
    assertEquals(optionFault(cursor(Uint8Array.from(bytes))), fault, name);
  }
});

Deno.test("what a hop enters in a route and in timestamps of each flag (RFC 791 §3.1)", () => {
  const t = [1, 2, 3, 4];
  const us = [10, 0, 0, 1];
  const other = [10, 0, 0, 9];
  const none = [0, 0, 0, 0];
  const cases: [string, number[], number[]][] = [
    ["a route", [7, 11, 4, ...none, ...none], [7, 11, 8, ...us, ...none]],
    ["a route with an entry", [7, 11, 8, ...other, ...none], [7, 11, 12, ...other, ...us]],
    ["a full route", [7, 7, 8, ...other], [7, 7, 8, ...other]],
    ["times", [68, 12, 5, 0, ...none, ...none], [68, 12, 9, 0, ...t, ...none]],
    ["addresses and times", [68, 12, 5, 1, ...none, ...none], [68, 12, 13, 1, ...us, ...t]],
    ["no room", [68, 8, 9, 0x00, ...other], [68, 8, 9, 0x10, ...other]],
    ["no room again", [68, 8, 9, 0xe1, ...other], [68, 8, 9, 0xf1, ...other]],
    ["our time is wanted", [68, 12, 5, 3, ...us, ...none], [68, 12, 13, 3, ...us, ...t]],
    ["another's is", [68, 12, 5, 3, ...other, ...none], [68, 12, 5, 3, ...other, ...none]],
    ["all have told theirs", [68, 12, 13, 3, ...us, ...t], [68, 12, 13, 3, ...us, ...t]],
    ["a flag that is none", [68, 12, 5, 7, ...us, ...none], [68, 12, 5, 7, ...us, ...none]],
    ["alert and padding", [148, 4, 0, 0, 1, 1], [148, 4, 0, 0, 1, 1]],
  ];
  for (const [name, before, after] of cases) assertEquals(hop(...before), after, name);
});

Deno.test("an echo brings back route and times only, padded to four", () => {
  const cases: [number[], number[]][] = [
    [[148, 4, 0, 0], []],
    [[1, 7, 3, 4, 0, 0, 0, 0], [7, 3, 4, 0]],
    [[7, 7, 4, 1, 2, 3, 4, 30, 3, 9, 68, 4, 5, 0, 1, 1], [7, 7, 4, 1, 2, 3, 4, 68, 4, 5, 0, 0]],
  ];
  const target = new Uint8Array(40).fill(0xa5);
  for (const [from, to] of cases) {
    const bytes = Uint8Array.from(from);
    const length = copyEchoedOptions(cursor(bytes), bytes, target);
    assertEquals([...target.subarray(0, length)], to);
  }
});

Deno.test("options are built to the byte, and read again", () => {
  assertEquals([...encodeRecordRoute(2)], [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  assertEquals(encodeRecordRoute().length, 40);
  const flags = [TimestampFlag.Time, TimestampFlag.AddressAndTime];
  assertEquals(flags.map((flag) => encodeTimestampOption({ flag }).length), [40, 36]);
  const wanted = [0x01020304, 0xff000001];
  const bytes = encodeTimestampOption({ flag: TimestampFlag.Prespecified, addresses: wanted });
  assertEquals([...bytes.subarray(0, 4)], [68, 20, 5, 3]);
  const options = cursor(bytes);
  options.next();
  assertEquals([options.timestampCount, options.filledCount, options.overflow], [2, 0, 0]);
  assertEquals([0, 1, 2].map((index) => options.timestampAddress(index)), [...wanted, 0]);
  assertEquals([...encodeRouterAlert()], [148, 4, 0, 0]);
  for (const count of [0, 10, 1.5]) assertThrows(() => encodeRecordRoute(count), RangeError);
  assertThrows(
    () => encodeTimestampOption({ flag: TimestampFlag.AddressAndTime, count: 5 }),
    RangeError,
    "Cannot encode timestamp option as its 5 entries are not from 1 to 4",
  );
});

Deno.test("entries are read as they were recorded", () => {
  const bytes = encodeTimestampOption({ flag: TimestampFlag.AddressAndTime });
  for (let i = 1; i <= 6; i++) recordHop(cursor(bytes), bytes, i, 0x80000000 + i, own);
  const options = cursor(bytes);
  options.next();
  assertEquals([options.filledCount, options.overflow, options.timestampFlag], [4, 2, 1]);
  assertEquals([options.timestampAddress(3), options.timestamp(3)], [4, 0x80000004]);
  const route = encodeRecordRoute(3);
  for (const address of [0xc0000201, 0x0a000001]) recordHop(cursor(route), route, address, 0, own);
  const read = cursor(route);
  read.next();
  assertEquals([read.filledCount, read.routeAddress(0), read.routeAddress(1)], [
    2,
    0xc0000201,
    0x0a000001,
  ]);
});

Deno.test("whatever the options, nothing outside them is read or written", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (list: Uint8Array) => {
      const bytes = new Uint8Array(60).fill(0xa5);
      bytes.set(list, 10);
      const options = new Ipv4Options();
      const reset = () => options.reset(bytes, 10, 10 + list.length);
      reset();
      const fault = optionFault(options);
      if (fault >= 0) {
        assertEquals(fault < Math.max(1, list.length), true);
        return;
      }
      const target = new Uint8Array(44).fill(0x5a);
      for (const copy of [copyEchoedOptions, copyFragmentOptions]) {
        reset();
        const length = copy(options, bytes, target);
        assertEquals([length % 4, length <= 40, target[40]], [0, true, 0x5a]);
        assertEquals(optionFault(cursor(target.slice(0, length))), -1);
      }
      reset();
      recordHop(options, bytes, 0x0a000001, 7, own);
      for (let i = 0; i < 60; i++) {
        if (i < 10 || i >= 10 + list.length) assertEquals(bytes[i], 0xa5);
      }
      reset();
      // A count of overflows that was full is the one fault that a hop can bring about, and it does not.
      assertEquals(optionFault(options) < 0 || list.includes(68), true);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("of the fragments the first alone carries options without the copied flag", () => {
  const options = Uint8Array.of(7, 7, 4, 0, 0, 0, 0, ...encodeRouterAlert(), 0);
  const payload = Uint8Array.from({ length: 3000 }, (_, i) => i);
  const bytes = encodeIpv4({ source: 1, destination: 2, protocol: 17, options, payload });
  const packet = new Packet(4000);
  packet.bytes.set(bytes, 14);
  const fragmenter = new Fragmenter();
  fragmenter.begin(packet, 14, 32, 14 + bytes.length);
  const target = new Packet(1514);
  const frame = new Ipv4Frame();
  const seen: number[][] = [];
  let at = 0;
  while (fragmenter.isBusy) {
    target.bytes.fill(0xa5);
    const length = fragmenter.write(target, 14, 1500);
    frame.reset(target.bytes, 14, 14 + length);
    assertEquals([frame.validate(), frame.hasValidChecksum], [Verdict.Ok, true]);
    assertEquals(frame.fragmentOffset, at);
    const piece = target.bytes.subarray(frame.payloadOffset, frame.payloadEnd);
    assertEquals(piece, payload.subarray(at, at + piece.length));
    at += piece.length;
    seen.push([...target.bytes.subarray(frame.optionsOffset, frame.payloadOffset)]);
  }
  assertEquals([at, frame.moreFragments], [3000, false]);
  const alert = [...encodeRouterAlert()];
  assertEquals(seen, [[...options], alert, alert]);
  assertEquals(Ipv4OptionType.RouterAlert & 0x80, 0x80);
});

Deno.test("time as the wire has it: since midnight UT, or of another kind with the highest bit set", () => {
  assertEquals(internetTimestamp(Date.UTC(2026, 5, 1, 23, 59, 59, 999), 0), 86_399_999);
  assertEquals(internetTimestamp(Date.UTC(2026, 5, 2), 0), 0);
  assertEquals(internetTimestamp(NaN, 1234.9), 0x80000000 + 1234);
});

Deno.test("identifications: each of 65,536 once in a row, and unlike those to others", () => {
  const ids = new Identification(new SeededRandom(1));
  const seen = new Set<number>();
  for (let i = 0; i < 65_536; i++) seen.add(ids.next(1, 2, 17, 5));
  assertEquals(seen.size, 65_536);
  const near = (a: number, b: number) => Math.abs(((a - b) << 16) >> 16) < 100;
  const starts = Array.from({ length: 200 }, (_, i) => ids.next(1, 1000 + i, 17, 5));
  assertEquals(starts.filter((start, i) => i > 0 && near(start, starts[i - 1]!)).length < 5, true);
  assertEquals(near(ids.next(1, 2, 17, 5), ids.next(1, 2, 6, 5)), false);
  // While a second passes, others may have been sent to: nobody can tell how many.
  const before = ids.next(1, 2, 17, 1000);
  const step = (ids.next(1, 2, 17, 2000) - before) & 0xffff;
  assertEquals(step >= 1 && step <= 251, true);
});

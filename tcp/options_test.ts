import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Verdict } from "@octet/wire";
import {
  TcpOption,
  TcpOptionCursor,
  writeMss,
  writeSack,
  writeSackPermitted,
  writeSackPermittedTimestamps,
  writeTimestamps,
  writeWindowScale,
} from "./options.ts";

/** Walks a list; each option as kind and length of its data, and the verdict at the end. */
function walk(bytes: Uint8Array, offset = 0, end = bytes.length): [number[][], Verdict] {
  const cursor = new TcpOptionCursor();
  cursor.reset(bytes, offset, end);
  const found: number[][] = [];
  while (cursor.next()) {
    assert(cursor.dataOffset >= offset + 2 && cursor.dataOffset + cursor.dataLength <= end);
    found.push([cursor.kind, cursor.dataLength]);
    assert(found.length <= bytes.length);
  }
  assertEquals(cursor.next(), false, "the end stays the end");
  return [found, cursor.verdict];
}

Deno.test("walks what Linux writes in a SYN", () => {
  const bytes = Uint8Array.of(
    ...[2, 4, 0x05, 0xb4],
    ...[4, 2],
    ...[8, 10, 0x4c, 0x2b, 0x19, 0xd0, 0, 0, 0, 0],
    ...[1],
    ...[3, 3, 7],
  );
  const cursor = new TcpOptionCursor();
  cursor.reset(bytes, 0, bytes.length);
  assert(cursor.next());
  assertEquals([cursor.kind, cursor.u16()], [TcpOption.Mss, 1460]);
  assert(cursor.next());
  assertEquals([cursor.kind, cursor.dataLength], [TcpOption.SackPermitted, 0]);
  assert(cursor.next());
  assertEquals([cursor.kind, cursor.i32(0), cursor.i32(4)], [TcpOption.Timestamps, 0x4c2b19d0, 0]);
  assert(cursor.next());
  assertEquals([cursor.kind, cursor.u8()], [TcpOption.WindowScale, 7]);
  assert(!cursor.next());
  assertEquals(cursor.verdict, Verdict.Ok);
});

Deno.test("malformed lists (RFC 9293 §3.1: a length counts kind and length)", () => {
  for (
    const [bytes, found, verdict] of [
      [[], [], Verdict.Ok],
      [[0], [], Verdict.Ok],
      [[0, 2, 4, 1, 1], [], Verdict.Ok],
      [[1, 1, 1], [], Verdict.Ok],
      [[2], [], Verdict.BadOption],
      [[2, 0, 0, 0], [], Verdict.BadOption],
      [[2, 1, 0, 0], [], Verdict.BadOption],
      [[2, 5, 0, 0], [], Verdict.BadOption],
      [[2, 255, 0, 0], [], Verdict.BadOption],
      [[1, 2, 4, 1, 1, 8], [[2, 2]], Verdict.BadOption],
      [[254, 2, 255, 3, 9], [[254, 0], [255, 1]], Verdict.Ok],
    ] as [number[], number[][], Verdict][]
  ) assertEquals(walk(Uint8Array.from(bytes)), [found, verdict], `${bytes}`);
});

Deno.test("a value of another length than the option's is 0, and a bad verdict that stays", () => {
  const cursor = new TcpOptionCursor();
  cursor.reset(Uint8Array.of(2, 3, 9, 3, 2, 8, 6, 1, 2, 3, 4), 0, 11);
  assert(cursor.next());
  assertEquals([cursor.u16(), cursor.verdict], [0, Verdict.BadOption]);
  assert(cursor.next());
  assertEquals(cursor.u8(), 0);
  assert(cursor.next());
  assertEquals([cursor.i32(0), cursor.i32(1), cursor.verdict], [0x01020304, 0, Verdict.BadOption]);
});

Deno.test("what is written fills its bytes over 0xa5, in words, and reads back", () => {
  const edges = Int32Array.of(1, 2, -3, -2, 0x7fffffff, -0x80000000, 7, 8);
  for (
    const [write, length, text] of [
      [(b: Uint8Array) => writeMss(b, 3, 1460), 4, [2, 4, 5, 180]],
      [(b: Uint8Array) => writeWindowScale(b, 3, 14), 4, [1, 3, 3, 14]],
      [(b: Uint8Array) => writeSackPermitted(b, 3), 4, [1, 1, 4, 2]],
      [
        (b: Uint8Array) => writeTimestamps(b, 3, -1, 0x01020304),
        12,
        [1, 1, 8, 10, 255, 255, 255, 255, 1, 2, 3, 4],
      ],
      [
        (b: Uint8Array) => writeSackPermittedTimestamps(b, 3, -1, 0x01020304),
        12,
        [4, 2, 8, 10, 255, 255, 255, 255, 1, 2, 3, 4],
      ],
      [
        (b: Uint8Array) => writeSack(b, 3, edges, 2),
        20,
        [1, 1, 5, 18, 0, 0, 0, 1, 0, 0, 0, 2, 255, 255, 255, 253, 255, 255, 255, 254],
      ],
      [(b: Uint8Array) => writeSack(b, 3, edges, 4), 36, null],
    ] as [(bytes: Uint8Array) => number, number, number[] | null][]
  ) {
    const bytes = new Uint8Array(60).fill(0xa5);
    assertEquals(write(bytes), length);
    if (text !== null) assertEquals([...bytes.subarray(3, 3 + length)], text);
    assert(bytes.subarray(0, 3).every((byte) => byte === 0xa5));
    assert(bytes.subarray(3 + length).every((byte) => byte === 0xa5));
    const [found, verdict] = walk(bytes, 3, 3 + length);
    assertEquals(verdict, Verdict.Ok);
    assert(found.length >= 1);
  }
});

Deno.test("random bytes, cut anywhere: the cursor ends, stays inside, and never throws", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 44 }),
    fc.nat(44),
    fc.nat(44),
    (bytes: Uint8Array, a: number, b: number) => {
      const end = Math.min(Math.max(a, b), bytes.length);
      walk(bytes, Math.min(a, b, end), end);
    },
  ));
});

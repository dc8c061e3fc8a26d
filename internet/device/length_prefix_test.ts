import { Packet, randomBelow, SeededRandom, writeU32 } from "@octet/wire";
import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import {
  FrameAssembler,
  lengthPrefix,
  longestPrefixedFrame,
  writePrefixedFrame,
} from "./length_prefix.ts";

/** A stream of frames as QEMU would write it. */
function stream(frames: readonly Uint8Array[]): Uint8Array {
  const parts = frames.map((frame) => {
    const part = new Uint8Array(4 + frame.length);
    new DataView(part.buffer).setUint32(0, frame.length);
    part.set(frame, 4);
    return part;
  });
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Feeds a stream in pieces that end at `cuts`, and gives the frames that came out. */
function assemble(bytes: Uint8Array, cuts: readonly number[], capacity = 2000): Uint8Array[] {
  const piece = new Packet(4096);
  const assembler = new FrameAssembler(piece);
  const packet = new Packet(capacity);
  packet.checksumStart = 34;
  packet.segmentSize = 1460;
  const frames: Uint8Array[] = [];
  let at = 0;
  for (const end of [...cuts, bytes.length]) {
    piece.bytes.fill(0xa5);
    piece.bytes.set(bytes.subarray(at, end));
    assembler.feed(end - at);
    while (assembler.next(packet)) {
      assertEquals([packet.checksumStart, packet.segmentSize], [0, 0]);
      frames.push(packet.bytes.slice(0, packet.length));
    }
    assert(assembler.isEmpty || assembler.isBroken);
    at = end;
  }
  assert(assembler.isBetweenFrames || assembler.isBroken);
  for (const one of [piece, packet, assembler]) one.release();
  return frames;
}

Deno.test("A frame is written behind its length in network byte order", () => {
  const [packet, to] = [new Packet(100), new Packet(200)];
  to.bytes.fill(0xa5);
  packet.bytes.set([1, 2, 3]);
  packet.length = 3;
  assertEquals(writePrefixedFrame(packet, to, 2), 9);
  assertEquals([...to.bytes.subarray(0, 10)], [0xa5, 0xa5, 0, 0, 0, 3, 1, 2, 3, 0xa5]);
});

Deno.test("Frames come out of a stream cut at any two places", () => {
  const frames = [1, 14, 5, 1].map((length, i) => new Uint8Array(length).fill(i + 1));
  const bytes = stream(frames);
  for (let first = 0; first <= bytes.length; first++) {
    for (let second = first; second <= bytes.length; second++) {
      assertEquals(assemble(bytes, [first, second]), frames, `cut at ${first} and ${second}`);
    }
  }
});

Deno.test("Frames come out of a stream however it is cut", () => {
  const frame = fc.uint8Array({ minLength: 1, maxLength: 1600 });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), fc.integer(), (frames, seed) => {
      const bytes = stream(frames);
      const random = new SeededRandom(seed);
      const cuts: number[] = [];
      for (let at = 0; at < bytes.length; cuts.push(at)) {
        at = Math.min(bytes.length, at + randomBelow(random, 3000));
      }
      assertEquals(assemble(bytes, cuts), frames);
    }),
    { numRuns: 200 },
  );
});

Deno.test("Empty frames are passed by, and so are those too long for the packet", () => {
  const [a, b] = [Uint8Array.of(1), Uint8Array.of(2)];
  assertEquals(assemble(stream([a, new Uint8Array(0), b]), []), [a, b]);
  assertEquals(assemble(stream([a, new Uint8Array(3000), b]), [20], 1500), [a, b]);
  const piece = new Packet(4096);
  const assembler = new FrameAssembler(piece);
  const packet = new Packet(10);
  writeU32(piece.bytes, 0, packet.bytes.length + 1);
  assembler.feed(lengthPrefix + packet.bytes.length + 1);
  assertFalse(assembler.next(packet));
  assertEquals(assembler.oversized, 1);
});

Deno.test("A length that no frame has breaks the stream, wherever it is cut, until it is reset", () => {
  for (const length of [longestPrefixedFrame + 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    for (let cut = 0; cut <= 4; cut++) {
      const piece = new Packet(4096);
      const assembler = new FrameAssembler(piece);
      const packet = new Packet(100);
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setUint32(0, length);
      for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
        piece.bytes.set(part);
        assembler.feed(part.length);
        assertFalse(assembler.next(packet));
      }
      assert(assembler.isBroken);
      assembler.reset();
      piece.bytes.set([0, 0, 0, 1, 9]);
      assembler.feed(5);
      assert(assembler.next(packet));
      assertEquals([packet.length, packet.bytes[0]], [1, 9]);
    }
  }
});

Deno.test("The longest frame passes in pieces of 4 KiB", () => {
  const frame = new Uint8Array(longestPrefixedFrame).map((_, i) => i % 251);
  const bytes = stream([frame]);
  const cuts = Array.from({ length: bytes.length >> 12 }, (_, i) => (i + 1) << 12);
  assertEquals(assemble(bytes, cuts, longestPrefixedFrame), [frame]);
});

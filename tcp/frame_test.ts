import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { pseudoHeaderSum, sumBytes, Verdict } from "@octet/wire";
import { encodeTcp, TcpFlag, TcpFrame, tcpHeaderLength } from "./frame.ts";

/** Bytes from their hexadecimal form. */
function hex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/[0-9a-f]{2}/g)!, (pair) => parseInt(pair, 16));
}

/** A SYN as Linux forms it, from 10.0.2.15:51982 to 142.251.129.142:80, its checksum not filled in. */
const synSource = 0x0a00020f;
const synDestination = 0x8efb818e;
const syn = hex(`
  cb0e 0050 1d2e f0a4 0000 0000 a002 faf0 0000 0000
  0204 05b4 0402 080a 4c2b 19d0 0000 0000 0103 0307
`);

function view(bytes: Uint8Array, offset = 0, end = bytes.length): TcpFrame {
  const frame = new TcpFrame();
  frame.reset(bytes as Uint8Array<ArrayBuffer>, offset, end);
  return frame;
}

/** All that can be read; whatever it is, reading must stay inside. */
function readAll(frame: TcpFrame): number[] {
  return [
    frame.sourcePort,
    frame.destinationPort,
    frame.sequence,
    frame.acknowledgment,
    frame.headerLength,
    frame.flags,
    frame.window,
    frame.checksum,
    frame.urgentPointer,
    frame.optionsOffset,
    frame.payloadOffset,
    frame.payloadEnd,
  ];
}

Deno.test("takes a SYN of Linux apart (RFC 9293 §3.1)", () => {
  const frame = view(syn);
  assertEquals(frame.validate(), Verdict.Ok);
  assertEquals([frame.sourcePort, frame.destinationPort], [51_982, 80]);
  assertEquals([frame.sequence, frame.acknowledgment], [0x1d2ef0a4, 0]);
  assertEquals([frame.headerLength, frame.flags, frame.window], [40, TcpFlag.Syn, 64_240]);
  assertEquals([frame.optionsOffset, frame.payloadOffset, frame.payloadEnd], [20, 40, 40]);
});

Deno.test("builds the same bytes", () => {
  const built = encodeTcp({
    sourcePort: 51_982,
    destinationPort: 80,
    sequence: 0x1d2ef0a4,
    flags: TcpFlag.Syn,
    window: 64_240,
    options: syn.subarray(20),
  });
  assertEquals(built, syn);
});

Deno.test("the checksum of the pseudo header and the segment is a sum of ones (RFC 9293 §3.1)", () => {
  const pseudo = pseudoHeaderSum(synSource, synDestination, 6, syn.length);
  // Computed apart, with arithmetic on whole numbers.
  assertEquals(~sumBytes(syn, 0, syn.length, pseudo) & 0xffff, 0xf149);
});

Deno.test("setters write their field, in network order, and nothing else", () => {
  const fields: [keyof TcpFrame, number, number, string][] = [
    ["sourcePort", 0x1234, 0, "1234"],
    ["destinationPort", 0xffff, 2, "ffff"],
    ["sequence", 0x81020304 | 0, 4, "81020304"],
    ["acknowledgment", 0x7fffffff, 8, "7fffffff"],
    ["headerLength", 60, 12, "f0"],
    ["flags", 0x5a, 13, "5a"],
    ["window", 1, 14, "0001"],
    ["checksum", 0xabcd, 16, "abcd"],
    ["urgentPointer", 0x0102, 18, "0102"],
  ];
  for (const [name, value, at, text] of fields) {
    const bytes = new Uint8Array(60).fill(0xa5);
    const frame = view(bytes, 7, 47);
    (frame as unknown as Record<string, number>)[name] = value;
    const expected = new Uint8Array(60).fill(0xa5);
    expected.set(hex(text), 7 + at);
    assertEquals(bytes, expected, name);
    assertEquals(frame[name], value, name);
  }
});

Deno.test("an unsigned number may be set, a signed one is read", () => {
  const frame = view(new Uint8Array(20));
  frame.sequence = 0xffffffff;
  assertEquals(frame.sequence, -1);
});

Deno.test("every header written over 0xa5 has no byte that nobody wrote", () => {
  const bytes = new Uint8Array(40).fill(0xa5);
  const frame = view(bytes, 10, 30);
  frame.sourcePort = 1;
  frame.destinationPort = 2;
  frame.sequence = 3;
  frame.acknowledgment = 4;
  frame.headerLength = tcpHeaderLength;
  frame.flags = TcpFlag.Ack;
  frame.window = 5;
  frame.checksum = 6;
  frame.urgentPointer = 7;
  assertEquals(bytes.subarray(10, 30), hex("0001 0002 00000003 00000004 50 10 0005 0006 0007"));
});

Deno.test("a buffer cut at every length: a verdict, never a read outside", () => {
  for (let end = 0; end <= syn.length; end++) {
    const frame = view(syn, 0, end);
    const expected = end < 20 ? Verdict.Short : end < 40 ? Verdict.BadLength : Verdict.Ok;
    assertEquals(frame.validate(), expected, `${end}`);
    assertEquals(view(syn.slice(0, end), 0, syn.length).validate(), end === 40 ? 0 : Verdict.Short);
  }
});

Deno.test("every data offset (RFC 9293 §3.1: five words at least)", () => {
  for (let words = 0; words < 16; words++) {
    const bytes = new Uint8Array(44);
    bytes[12] = words << 4 | 0x0f;
    const expected = words >= 5 && words <= 11 ? Verdict.Ok : Verdict.BadLength;
    assertEquals(view(bytes).validate(), expected, `${words}`);
  }
});

Deno.test("after Ok no getter reads outside, whatever the bytes and the cut", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 0, maxLength: 90 }),
    fc.nat(20),
    fc.nat(90),
    (bytes: Uint8Array, offset: number, end: number) => {
      const frame = view(bytes, Math.min(offset, bytes.length), end);
      if (frame.validate() !== Verdict.Ok) return;
      assert(frame.end <= bytes.length && frame.end - frame.offset >= 20);
      assert(frame.payloadOffset >= frame.optionsOffset && frame.payloadOffset <= frame.payloadEnd);
      for (const value of readAll(frame)) assert(Number.isInteger(value), `${value}`);
      assert(frame.payloadEnd <= bytes.length);
      // The same bytes elsewhere, among others, read the same: nothing outside was looked at.
      const moved = new Uint8Array(bytes.length + 64).fill(0xff);
      moved.set(bytes.subarray(frame.offset, frame.end), 32);
      const other = view(moved, 32, 32 + frame.end - frame.offset);
      assertEquals(readAll(other).slice(0, 9), readAll(frame).slice(0, 9));
    },
  ));
});

Deno.test("options are padded to a word with zeros, and more than 40 bytes are refused", () => {
  const segment = encodeTcp({ options: Uint8Array.of(1, 1, 1), payload: Uint8Array.of(9) });
  assertEquals(segment.length, 25);
  assertEquals([...segment.subarray(20)], [1, 1, 1, 0, 9]);
  assertEquals(encodeTcp({ options: new Uint8Array(40) }).length, 60);
  assertThrows(
    () => encodeTcp({ options: new Uint8Array(41) }),
    RangeError,
    "Cannot encode TCP options of 41 bytes as 40 is the limit",
  );
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Packet, Verdict } from "@octet/wire";
import { encodeTcp, type TcpFields, TcpFlag } from "./frame.ts";
import { Segment } from "./segment.ts";

const segment = new Segment();

/** Takes a segment apart that lies among 0xff bytes. */
function parse(fields: TcpFields): Segment {
  const bytes = encodeTcp(fields);
  assertEquals(parseBytes(bytes), Verdict.Ok);
  return segment;
}

function parseBytes(bytes: Uint8Array, end = bytes.length): Verdict {
  const packet = new Packet(2000);
  packet.clear();
  packet.bytes.fill(0xff);
  packet.bytes.set(bytes, 34);
  packet.length = 34 + end;
  const verdict = segment.parse(packet, 34, 34 + end);
  packet.release();
  return verdict;
}

Deno.test("SEG.LEN counts payload, SYN and FIN (RFC 9293 §3.3.1)", () => {
  for (
    const [flags, payload, length] of [
      [TcpFlag.Ack, 0, 0],
      [TcpFlag.Syn, 0, 1],
      [TcpFlag.Fin, 0, 1],
      [TcpFlag.Syn | TcpFlag.Fin, 5, 7],
      [TcpFlag.Rst | TcpFlag.Psh | TcpFlag.Urg | TcpFlag.Ece | TcpFlag.Cwr, 9, 9],
    ] as const
  ) {
    parse({ flags, sequence: 0xffffffff, payload: new Uint8Array(payload) });
    assertEquals(segment.length, length);
    assertEquals(segment.endSequence, (-1 + length) | 0);
    assertEquals(segment.payloadLength, payload);
  }
});

Deno.test("the options of a SYN", () => {
  parse({
    flags: TcpFlag.Syn,
    options: Uint8Array.of(2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0, 1, 3, 3, 7),
  });
  assertEquals([segment.mss, segment.windowScale, segment.sackPermitted], [1460, 7, true]);
  assertEquals([segment.hasTimestamps, segment.timestampValue, segment.timestampEcho], [
    true,
    9,
    0,
  ]);
});

Deno.test("the options of a SYN count in a SYN only", () => {
  const options = Uint8Array.of(2, 4, 0x05, 0xb4, 4, 2, 3, 3, 7);
  parse({ flags: TcpFlag.Ack, options });
  assertEquals([segment.mss, segment.windowScale, segment.sackPermitted], [0, -1, false]);
  parse({ flags: TcpFlag.Syn, options: Uint8Array.of(5, 10, 0, 0, 0, 1, 0, 0, 0, 9) });
  assertEquals(segment.sackCount, 0);
});

Deno.test("one segment's options do not stay for the next", () => {
  const all = Uint8Array.of(2, 4, 1, 1, 4, 2, 3, 3, 7, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0);
  parse({ flags: TcpFlag.Syn, options: all });
  parse({ flags: TcpFlag.Syn });
  assertEquals([segment.mss, segment.windowScale, segment.sackPermitted], [0, -1, false]);
  assertEquals([segment.hasTimestamps, segment.sackCount], [false, 0]);
  parse({
    flags: TcpFlag.Ack,
    options: Uint8Array.of(5, 10, 0, 0, 0, 1, 0, 0, 0, 9),
  });
  assertEquals(segment.sackCount, 1);
  parse({ flags: TcpFlag.Ack });
  assertEquals(segment.sackCount, 0);
});

Deno.test("timestamps in the usual form and in any other (RFC 7323 appendix A)", () => {
  const stamps = [8, 10, 0x80, 0, 0, 1, 0xff, 0xff, 0xff, 0xff];
  for (
    const options of [
      [1, 1, ...stamps],
      [...stamps, 1, 1],
      [...stamps, 0, 0],
      [1, ...stamps, 1],
      [1, 1, 1, 1, ...stamps],
    ]
  ) {
    parse({ flags: TcpFlag.Ack, options: Uint8Array.from(options) });
    assert(segment.hasTimestamps, `${options}`);
    assertEquals([segment.timestampValue, segment.timestampEcho], [-0x7fffffff, -1]);
  }
  parse({ flags: TcpFlag.Ack, options: Uint8Array.of(8, 9, 0, 0, 0, 0, 0, 0, 0) });
  assert(!segment.hasTimestamps, "another length");
});

Deno.test("a window scale above 14 is 14; options of a wrong length do not count", () => {
  for (const [shift, taken] of [[0, 0], [14, 14], [15, 14], [255, 14]] as const) {
    parse({ flags: TcpFlag.Syn, options: Uint8Array.of(3, 3, shift) });
    assertEquals(segment.windowScale, taken);
  }
  parse({ flags: TcpFlag.Syn, options: Uint8Array.of(3, 4, 7, 7, 2, 3, 9, 4, 3, 1) });
  assertEquals([segment.mss, segment.windowScale, segment.sackPermitted], [0, -1, false]);
});

Deno.test("SACK blocks: at most four, the inverted and the empty left out (RFC 2018 §3)", () => {
  const block = (left: number, right: number) => [0, 0, 0, left, 0, 0, 0, right];
  parse({
    flags: TcpFlag.Ack,
    options: Uint8Array.of(5, 34, ...block(1, 5), ...block(9, 9), ...block(8, 6), ...block(7, 8)),
  });
  assertEquals(segment.sackCount, 2);
  assertEquals([...segment.sackEdges.subarray(0, 4)], [1, 5, 7, 8]);
  parse({ flags: TcpFlag.Ack, options: Uint8Array.of(5, 13, ...block(1, 5), 1, 2, 3) });
  assertEquals(segment.sackCount, 1, "a rest of three bytes");
});

Deno.test("a malformed list ends the reading; what came before counts", () => {
  parse({ flags: TcpFlag.Syn, options: Uint8Array.of(2, 4, 4, 0, 8, 77, 3, 3) });
  assertEquals([segment.mss, segment.windowScale], [1024, -1]);
});

Deno.test("the payload begins after the options and ends where the datagram says", () => {
  parse({ options: new Uint8Array(40), payload: new Uint8Array(100) });
  assertEquals([segment.payloadOffset, segment.payloadLength], [34 + 60, 100]);
});

Deno.test("random segments, cut anywhere: a verdict, integers, and never a read outside", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 100 }),
    fc.nat(100),
    fc.constantFrom(0, 5, 6, 8, 15),
    (bytes: Uint8Array, cut: number, words: number) => {
      const input = bytes.slice();
      if (input.length > 12 && words > 0) input[12] = words << 4;
      const end = Math.min(cut, input.length);
      if (parseBytes(input, end) !== Verdict.Ok) return;
      assert(segment.payloadOffset - 34 + segment.payloadLength === end);
      assert(segment.payloadLength >= 0 && segment.sackCount >= 0 && segment.sackCount <= 4);
      assert(segment.windowScale >= -1 && segment.windowScale <= 14);
      assert(segment.mss >= 0 && segment.mss <= 65_535);
      for (let i = 0; i < segment.sackCount; i++) {
        assert(((segment.sackEdges[2 * i + 1]! - segment.sackEdges[2 * i]!) | 0) > 0);
      }
      const { timestampValue, timestampEcho, sequence, acknowledgment } = segment;
      for (const value of [timestampValue, timestampEcho, sequence, acknowledgment]) {
        assertEquals(value, value | 0);
      }
    },
  ));
});

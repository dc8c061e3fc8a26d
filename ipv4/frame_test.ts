import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseIpv4 } from "@octet/netip";
import { Verdict } from "@octet/wire";
import fc from "fast-check";
import { encodeIpv4, Ipv4Frame } from "./frame.ts";
import { sumHeader } from "./header.ts";
import { Ipv4Options, Ipv4OptionType } from "./options.ts";

/** The header that Wikipedia and many courses compute by hand: checksum b861. */
const known = Uint8Array.of(
  ...[0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0xb8, 0x61],
  ...[0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7],
);

function view(bytes: Uint8Array, offset = 0, end = bytes.length): Ipv4Frame {
  const frame = new Ipv4Frame();
  frame.reset(bytes, offset, end);
  return frame;
}

Deno.test("a known header is taken apart", () => {
  const bytes = new Uint8Array(0x73);
  bytes.set(known);
  const frame = view(bytes);
  assertEquals(frame.validate(), Verdict.Ok);
  assert(frame.hasValidChecksum);
  assertEquals(
    [frame.version, frame.headerLength, frame.totalLength, frame.timeToLive, frame.protocol],
    [4, 20, 115, 64, 17],
  );
  assertEquals([frame.dontFragment, frame.moreFragments, frame.isFragment, frame.reservedFlag], [
    true,
    false,
    false,
    false,
  ]);
  assertEquals([frame.source, frame.destination], [
    parseIpv4("192.168.0.1"),
    parseIpv4("192.168.0.199"),
  ]);
  assertEquals([frame.payloadOffset, frame.payloadEnd], [20, 115]);
});

Deno.test("the same header is built over 0xa5, to the byte", () => {
  const bytes = new Uint8Array(115).fill(0xa5);
  const frame = view(bytes);
  frame.headerLength = 20;
  frame.trafficClass = 0;
  frame.totalLength = 115;
  frame.identification = 0;
  frame.fragmentOffset = 0;
  bytes[6] = 0;
  frame.dontFragment = true;
  frame.timeToLive = 64;
  frame.protocol = 17;
  frame.source = parseIpv4("192.168.0.1");
  frame.destination = parseIpv4("192.168.0.199");
  frame.updateChecksum();
  assertEquals(bytes.subarray(0, 20), known);
  const payload = new Uint8Array(95);
  const built = encodeIpv4({
    source: frame.source,
    destination: frame.destination,
    protocol: 17,
    dontFragment: true,
    payload,
  });
  assertEquals(built.subarray(0, 20), known);
});

Deno.test("every flag, fragment offset, DSCP and ECN is kept apart", () => {
  const bytes = new Uint8Array(20).fill(0xa5);
  const frame = view(bytes);
  bytes[6] = 0;
  bytes[7] = 0;
  frame.fragmentOffset = 65_528;
  frame.moreFragments = true;
  assertEquals([frame.fragmentOffset, frame.moreFragments, frame.dontFragment], [
    65_528,
    true,
    false,
  ]);
  frame.fragmentOffset = 8;
  assertEquals([frame.fragmentOffset, frame.moreFragments, frame.isFragment], [8, true, true]);
  frame.moreFragments = false;
  frame.dontFragment = true;
  frame.fragmentOffset = 0;
  assertEquals([frame.isFragment, frame.dontFragment], [false, true]);
  frame.trafficClass = 0xb9;
  assertEquals([frame.dscp, frame.ecn], [46, 1]);
});

Deno.test("lengths at their limits", () => {
  const cases: [string, (bytes: Uint8Array) => void, number, Verdict][] = [
    ["whole", () => {}, 40, Verdict.Ok],
    ["cut header", () => {}, 19, Verdict.Short],
    ["cut payload", () => {}, 39, Verdict.BadLength],
    ["IPv6", (bytes) => bytes[0] = 0x65, 40, Verdict.BadVersion],
    ["header of 16", (bytes) => bytes[0] = 0x44, 40, Verdict.BadLength],
    ["header of 60 in 40", (bytes) => bytes[0] = 0x4f, 40, Verdict.BadLength],
    ["header of 40", (bytes) => bytes[0] = 0x4a, 40, Verdict.Ok],
    ["total 19", (bytes) => bytes[3] = 19, 40, Verdict.BadLength],
    ["total 20", (bytes) => bytes[3] = 20, 40, Verdict.Ok],
    ["total 0", (bytes) => bytes[3] = 0, 40, Verdict.BadLength],
    ["total 65535", (bytes) => bytes.fill(0xff, 2, 4), 40, Verdict.BadLength],
    ["padding behind", () => {}, 60, Verdict.Ok],
  ];
  for (const [name, change, end, verdict] of cases) {
    const bytes = new Uint8Array(60);
    bytes.set(encodeIpv4({ source: 1, destination: 2, protocol: 6, payload: new Uint8Array(20) }));
    change(bytes);
    assertEquals(view(bytes, 0, end).validate(), verdict, name);
  }
});

Deno.test("encodeIpv4 refuses what does not fit", () => {
  const base = { source: 1, destination: 2, protocol: 1 };
  assertThrows(() => encodeIpv4({ ...base, options: new Uint8Array(41) }), RangeError);
  assertThrows(() => encodeIpv4({ ...base, payload: new Uint8Array(65_516) }), RangeError);
  assertThrows(() => encodeIpv4({ ...base, fragmentOffset: 4 }), RangeError);
  assertEquals(encodeIpv4({ ...base, options: new Uint8Array(5) }).length, 28);
});

Deno.test("the header's own sum agrees with the general one", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 60, maxLength: 60 }),
    fc.integer({ min: 5, max: 15 }),
    (bytes: Uint8Array, words: number) => {
      bytes[0] = 0x40 | words;
      const frame = view(bytes);
      frame.updateChecksum();
      assert(frame.hasValidChecksum);
      assertEquals(sumHeader(bytes, 0, words * 4), 0xffff);
      bytes[9]! ^= 0x10;
      assert(sumHeader(bytes, 0, words * 4) !== 0xffff);
    },
  ));
});

Deno.test("options: the ones that RFC 791 shows, one after another", () => {
  const bytes = Uint8Array.of(
    ...[1, 148, 4, 0, 0],
    ...[7, 11, 8, 10, 0, 0, 1, 0, 0, 0, 0],
    ...[68, 12, 5, 0, 0, 0, 0, 1, 0, 0, 0, 2],
    ...[0, 0xff],
  );
  const options = new Ipv4Options();
  options.reset(bytes, 0, bytes.length);
  const seen: number[][] = [];
  while (options.next()) {
    seen.push([
      options.type,
      options.position,
      options.length,
      options.pointer,
      options.routeCount,
    ]);
    if (options.type === Ipv4OptionType.RecordRoute) {
      assertEquals([options.routeAddress(0), options.routeAddress(1), options.routeAddress(2)], [
        0x0a000001,
        0,
        0,
      ]);
    }
    if (options.type === Ipv4OptionType.Timestamp) {
      assertEquals([options.u32(2), options.u32(6), options.u32(7)], [1, 2, 0]);
    }
  }
  assertEquals(seen, [[1, 0, 1, 0, 0], [148, 1, 4, 0, 0], [7, 5, 11, 8, 2], [68, 16, 12, 5, 0]]);
  assertEquals(options.verdict, Verdict.Ok);
});

Deno.test("options: lengths that cannot be stop the cursor for good", () => {
  for (const list of [[7], [7, 0], [7, 1], [7, 3], [1, 1, 130, 40, 0]]) {
    const options = new Ipv4Options();
    options.reset(Uint8Array.from(list), 0, list.length);
    let steps = 0;
    while (options.next() && steps < 10) steps++;
    assert(steps < 10);
    assertEquals(options.verdict, Verdict.BadOption, String(list));
    assertEquals(options.next(), false);
  }
});

Deno.test("whatever the bytes, a verdict comes, and after ok nothing outside is read", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 80 }),
    fc.integer({ min: 0, max: 15 }),
    fc.oneof(fc.integer({ min: 0, max: 90 }), fc.constant(0xffff)),
    (content: Uint8Array, words: number, total: number) => {
      if (content.length > 3) content.set([0x40 | words, 0, total >> 8, total & 0xff]);
      const read = (fill: number) => {
        const bytes = new Uint8Array(content.length + 80).fill(fill);
        bytes.set(content, 5);
        const end = 5 + content.length;
        const frame = view(bytes, 5, end);
        const verdict = frame.validate();
        if (verdict !== Verdict.Ok) return [verdict];
        assert(frame.payloadOffset <= frame.payloadEnd && frame.payloadEnd <= end);
        const seen: number[] = [frame.source, frame.destination, frame.fragmentOffset];
        const options = new Ipv4Options();
        options.reset(bytes, frame.optionsOffset, frame.payloadOffset);
        while (options.next()) {
          assert(options.dataEnd <= frame.payloadOffset && options.dataOffset <= options.dataEnd);
          seen.push(options.type, options.u8(), options.u16(), options.u32(), options.pointer);
          for (let i = 0; i <= options.routeCount; i++) seen.push(options.routeAddress(i));
        }
        return [...seen, options.verdict, Number(frame.hasValidChecksum)];
      };
      assertEquals(read(0), read(0xff));
    },
  ));
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseIpv4 } from "@octet/netip";
import { Verdict } from "@octet/wire";
import fc from "fast-check";
import { encodeUdp, UdpFrame } from "./frame.ts";

function view(bytes: Uint8Array, offset = 0, end = bytes.length): UdpFrame {
  const frame = new UdpFrame();
  frame.reset(bytes, offset, end);
  return frame;
}

const source = parseIpv4("10.0.2.15");
const destination = parseIpv4("10.0.2.3");

Deno.test("a datagram is taken apart, and its checksum covers addresses, ports and payload", () => {
  const payload = Uint8Array.of(1, 2, 3);
  const bytes = encodeUdp({
    sourcePort: 33_333,
    destinationPort: 53,
    payload,
    source,
    destination,
  });
  // 0a00 + 020f + 0a00 + 0203 + 0011 + 000b + 8235 + 0035 + 000b + 0102 + 0300 = 9ea5, summed by hand; its complement is 615a.
  assertEquals([...bytes], [0x82, 0x35, 0, 53, 0, 11, 0x61, 0x5a, 1, 2, 3]);
  const frame = view(bytes);
  assertEquals(frame.validate(), Verdict.Ok);
  assert(frame.hasValidChecksum(source, destination));
  assert(!frame.hasValidChecksum(source + 1, destination));
  assertEquals([frame.sourcePort, frame.destinationPort, frame.length], [33_333, 53, 11]);
  for (let bit = 0; bit < 88; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    const isSound = frame.validate() === Verdict.Ok && frame.hasValidChecksum(source, destination);
    assert(!isSound, `bit ${bit}`);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
});

Deno.test("a checksum of zero says that there is none; a sum of zero is sent as ones", () => {
  assert(
    view(encodeUdp({ sourcePort: 1, destinationPort: 2 })).hasValidChecksum(source, destination),
  );
  const payload = new Uint8Array(2);
  let seen = false;
  for (let value = 0; value < 0x10000; value++) {
    payload[0] = value >> 8;
    payload[1] = value;
    const bytes = encodeUdp({ sourcePort: 1, destinationPort: 2, payload, source, destination });
    const frame = view(bytes);
    assert(frame.checksum !== 0);
    seen ||= frame.checksum === 0xffff;
    if (value % 251 === 0) assert(frame.hasValidChecksum(source, destination));
  }
  assert(seen);
});

Deno.test("lengths at their limits", () => {
  const cases: [number, number, Verdict][] = [
    [7, 8, Verdict.Short],
    [8, 8, Verdict.Ok],
    [8, 7, Verdict.BadLength],
    [8, 0, Verdict.BadLength],
    [8, 9, Verdict.BadLength],
    [8, 0xffff, Verdict.BadLength],
    [18, 8, Verdict.Ok],
    [18, 18, Verdict.Ok],
  ];
  for (const [available, length, verdict] of cases) {
    const bytes = new Uint8Array(32);
    bytes[4] = length >> 8;
    bytes[5] = length;
    assertEquals(view(bytes, 0, available).validate(), verdict, `${available} ${length}`);
  }
  assertThrows(() =>
    encodeUdp({ sourcePort: 1, destinationPort: 2, payload: new Uint8Array(65_508) })
  );
});

Deno.test("the setters write over 0xa5 what the getters read", () => {
  const bytes = new Uint8Array(8).fill(0xa5);
  const frame = view(bytes);
  frame.sourcePort = 1;
  frame.destinationPort = 0xfffe;
  frame.length = 8;
  frame.checksum = 0x1234;
  assertEquals([...bytes], [0, 1, 0xff, 0xfe, 0, 8, 0x12, 0x34]);
  assertEquals([frame.sourcePort, frame.destinationPort, frame.length, frame.checksum], [
    1,
    0xfffe,
    8,
    0x1234,
  ]);
});

Deno.test("whatever the bytes, a verdict comes, and after ok nothing outside is read", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 40 }),
    fc.integer({ min: 0, max: 48 }),
    (content: Uint8Array, length: number) => {
      if (content.length > 5) content.set([0, length], 4);
      const read = (fill: number) => {
        const bytes = new Uint8Array(content.length + 40).fill(fill);
        bytes.set(content, 3);
        const frame = view(bytes, 3, 3 + content.length);
        const verdict = frame.validate();
        if (verdict !== Verdict.Ok) return [verdict];
        assert(frame.payloadOffset <= frame.payloadEnd);
        assert(frame.payloadEnd <= 3 + content.length);
        return [
          frame.sourcePort,
          frame.destinationPort,
          frame.checksum,
          frame.length,
          Number(frame.hasValidChecksum(source, destination)),
        ];
      };
      assertEquals(read(0), read(0xff));
    },
  ));
});

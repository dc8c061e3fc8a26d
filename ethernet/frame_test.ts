import { assert, assertEquals, assertThrows } from "@std/assert";
import { MacAddress } from "@octet/netip";
import { Verdict } from "@octet/wire";
import fc from "fast-check";
import { encodeEthernet, EthernetFrame } from "./frame.ts";
import { EtherType } from "./ether_type.ts";

const destination = MacAddress.parse("01:02:03:04:05:06");
const source = MacAddress.parse("0a:0b:0c:0d:0e:0f");

function view(bytes: Uint8Array, offset = 0, end = bytes.length): EthernetFrame {
  const frame = new EthernetFrame();
  frame.reset(bytes, offset, end);
  return frame;
}

Deno.test("an ARP request captured from Linux is taken apart", () => {
  const bytes = Uint8Array.of(
    ...[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 0x08, 0x06],
    ...[0x00, 0x01, 0x08, 0x00],
  );
  const frame = view(bytes);
  assertEquals(frame.validate(), Verdict.Ok);
  assertEquals(frame.destination.toString(), "ff:ff:ff:ff:ff:ff");
  assertEquals(frame.source.toString(), "52:54:00:12:34:56");
  assert(frame.isBroadcast && frame.isMulticast && !frame.isLengthFrame);
  assertEquals([frame.etherType, frame.tagCount, frame.payloadOffset, frame.payloadEnd], [
    EtherType.Arp,
    0,
    14,
    18,
  ]);
});

Deno.test("tags are read from the outermost inwards", () => {
  const bytes = encodeEthernet({
    destination,
    source,
    etherType: EtherType.Ipv4,
    tags: [{ id: 100, priority: 5, isDropEligible: true, protocol: EtherType.ServiceVlan }, {
      id: 4095,
    }],
    payload: Uint8Array.of(0x45),
  });
  assertEquals(
    bytes.subarray(12, 23),
    Uint8Array.of(
      ...[0x88, 0xa8, 0xb0, 0x64, 0x81, 0x00, 0x0f, 0xff, 0x08, 0x00, 0x45],
    ),
  );
  const frame = view(bytes);
  assertEquals(frame.validate(), Verdict.Ok);
  assertEquals(frame.tagCount, 2);
  assertEquals([frame.vlanId(), frame.priority(), frame.isDropEligible()], [100, 5, true]);
  assertEquals([frame.vlanId(1), frame.priority(1), frame.isDropEligible(1)], [4095, 0, false]);
  assertEquals([frame.tagProtocol(0), frame.tagProtocol(1), frame.tagProtocol(2)], [
    0x88a8,
    0x8100,
    0,
  ]);
  assertEquals(frame.etherType, EtherType.Ipv4);
  assertEquals(frame.payloadOffset, 22);
  frame.setTag(1, 7, 3, true);
  assertEquals([frame.vlanId(1), frame.priority(1), frame.isDropEligible(1)], [7, 3, true]);
});

Deno.test("an 802.3 frame ends where its length says, not where its padding does", () => {
  const frame = view(
    encodeEthernet({ destination, source, payload: Uint8Array.of(0x42, 0x42, 3) }),
  );
  assertEquals(frame.validate(), Verdict.Ok);
  assert(frame.isLengthFrame);
  assertEquals([frame.etherType, frame.payloadOffset, frame.payloadEnd], [0, 14, 17]);
});

Deno.test("types and lengths at their limits", () => {
  const cases: [number, number, Verdict][] = [
    [60, 0, Verdict.Ok],
    [60, 46, Verdict.Ok],
    [60, 47, Verdict.BadLength],
    [1514, 1500, Verdict.Ok],
    [1514, 1501, Verdict.BadValue],
    [1514, 0x05ff, Verdict.BadValue],
    [1514, 0x0600, Verdict.Ok],
    [60, 0xffff, Verdict.Ok],
    [13, 0x0800, Verdict.Short],
    [14, 0x8100, Verdict.Short],
    [17, 0x8100, Verdict.Short],
  ];
  for (const [length, type, verdict] of cases) {
    const bytes = new Uint8Array(length);
    bytes[12] = type >> 8;
    bytes[13] = type;
    assertEquals(view(bytes).validate(), verdict, `${length} ${type}`);
  }
});

Deno.test("building over 0xa5 leaves no byte unwritten", () => {
  const bytes = new Uint8Array(14).fill(0xa5);
  const frame = view(bytes);
  frame.destination = destination;
  frame.source = source;
  frame.etherType = EtherType.Ipv6;
  assertEquals(bytes, Uint8Array.of(1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 0x86, 0xdd));
});

Deno.test("encodeEthernet refuses what does not fit", () => {
  assertThrows(
    () => encodeEthernet({ destination, source, payload: new Uint8Array(1501) }),
    RangeError,
  );
  assertThrows(() => encodeEthernet({ destination, source, etherType: 0x5ff }), RangeError);
  assertThrows(
    () => encodeEthernet({ destination, source, etherType: 0x800, tags: [{ id: 4096 }] }),
    RangeError,
    "Cannot encode VLAN tag as its id is 4096",
  );
});

Deno.test("whatever the bytes, a verdict comes, and after ok nothing outside is read", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 64 }),
    fc.nat(8),
    fc.boolean(),
    (content: Uint8Array, offset: number, isTagged: boolean) => {
      if (isTagged && content.length > 13) content.set([0x81, 0x00], 12);
      const read = (fill: number) => {
        const bytes = new Uint8Array(offset + content.length + 16).fill(fill);
        bytes.set(content, offset);
        const end = offset + content.length;
        const frame = view(bytes, offset, end);
        const verdict = frame.validate();
        if (verdict !== Verdict.Ok) return [verdict];
        assert(frame.payloadOffset <= frame.payloadEnd && frame.payloadEnd <= end);
        return [
          frame.destination.toNumber(),
          frame.source.toNumber(),
          frame.etherType,
          frame.tagCount,
          ...Array.from({ length: frame.tagCount + 1 }, (_, i) => [
            frame.tagProtocol(i),
            frame.vlanId(i),
            frame.priority(i),
          ]).flat(),
          frame.payloadEnd - frame.payloadOffset,
        ];
      };
      // What stands around the frame must not change what is read from it.
      assertEquals(read(0x00), read(0xff));
    },
  ));
});

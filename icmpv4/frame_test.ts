import { assert, assertEquals } from "@std/assert";
import { Verdict } from "@octet/wire";
import fc from "fast-check";
import { encodeIcmpv4, Icmpv4Frame } from "./frame.ts";
import { Icmpv4Type, icmpv4TypeName, isIcmpv4Error } from "./message_type.ts";

function view(bytes: Uint8Array, offset = 0, end = bytes.length): Icmpv4Frame {
  const frame = new Icmpv4Frame();
  frame.reset(bytes, offset, end);
  return frame;
}

Deno.test("an echo request as Windows sends it is taken apart, and built to the byte", () => {
  // The first "ping" after a start of Windows: 32 letters, identifier 1, sequence 1, checksum 4d5a.
  const letters = new TextEncoder().encode("abcdefghijklmnopqrstuvwabcdefghi");
  const bytes = Uint8Array.of(8, 0, 0x4d, 0x5a, 0, 1, 0, 1, ...letters);
  const frame = view(bytes);
  assertEquals(frame.validate(), Verdict.Ok);
  assert(frame.hasValidChecksum);
  assertEquals([frame.type, frame.code, frame.identifier, frame.sequence], [8, 0, 1, 1]);
  assertEquals([frame.payloadOffset, frame.payloadEnd], [8, 40]);
  assertEquals(encodeIcmpv4({ type: 8, identifier: 1, sequence: 1, payload: letters }), bytes);
});

Deno.test("each type demands its length", () => {
  const cases: [number, number][] = [
    [Icmpv4Type.Echo, 8],
    [Icmpv4Type.EchoReply, 8],
    [Icmpv4Type.InformationRequest, 8],
    [Icmpv4Type.Timestamp, 20],
    [Icmpv4Type.TimestampReply, 20],
    [Icmpv4Type.AddressMaskRequest, 12],
    [Icmpv4Type.AddressMaskReply, 12],
    [Icmpv4Type.DestinationUnreachable, 28],
    [Icmpv4Type.SourceQuench, 28],
    [Icmpv4Type.Redirect, 28],
    [Icmpv4Type.TimeExceeded, 28],
    [Icmpv4Type.ParameterProblem, 28],
    [Icmpv4Type.RouterSolicitation, 8],
    [255, 8],
  ];
  for (const [type, minimum] of cases) {
    const bytes = new Uint8Array(64);
    bytes[0] = type;
    for (let end = 0; end < 64; end++) {
      const verdict = end < minimum ? Verdict.Short : Verdict.Ok;
      assertEquals(view(bytes, 0, end).validate(), verdict, `${icmpv4TypeName(type)} ${end}`);
    }
  }
});

Deno.test("what each type keeps behind its checksum", () => {
  const quote = new Uint8Array(28);
  const needed = view(encodeIcmpv4({ type: 3, code: 4, info: 1280, payload: quote }));
  assertEquals(needed.nextHopMtu, 1280);
  const redirect = view(encodeIcmpv4({ type: 5, code: 1, info: 0xc0a80101, payload: quote }));
  assertEquals(redirect.gateway, 0xc0a80101);
  const problem = view(encodeIcmpv4({ type: 12, info: 20 << 24, payload: quote }));
  assertEquals(problem.pointer, 20);
  const times = Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3);
  const timestamp = view(encodeIcmpv4({ type: 14, identifier: 5, sequence: 6, payload: times }));
  assertEquals(
    [timestamp.originateTime, timestamp.receiveTime, timestamp.transmitTime, timestamp.addressMask],
    [1, 2, 3, 0],
  );
  const mask = view(encodeIcmpv4({ type: 18, payload: Uint8Array.of(255, 255, 255, 0) }));
  assertEquals([mask.addressMask, mask.originateTime], [0xffffff00, 0]);
});

Deno.test("the setters write over 0xa5 what the getters read", () => {
  const bytes = new Uint8Array(8).fill(0xa5);
  const frame = view(bytes);
  frame.type = 0;
  frame.code = 0;
  frame.identifier = 0x1234;
  frame.sequence = 0x5678;
  frame.updateChecksum();
  assertEquals([...bytes], [0, 0, 0x97, 0x53, 0x12, 0x34, 0x56, 0x78]);
  frame.pointer = 9;
  frame.nextHopMtu = 576;
  assertEquals([...bytes.subarray(4)], [9, 0x34, 2, 0x40]);
  frame.gateway = 0x0a000001;
  assertEquals(frame.info, 0x0a000001);
});

Deno.test("the length attribute of RFC 4884 ends the quote, when it fits", () => {
  const bytes = encodeIcmpv4({ type: 11, info: 32 << 16, payload: new Uint8Array(128 + 12) });
  assertEquals(view(bytes).quoteEnd, 8 + 128);
  assertEquals(view(bytes, 0, 100).quoteEnd, 100);
  assertEquals(view(encodeIcmpv4({ type: 11, payload: new Uint8Array(40) })).quoteEnd, 48);
});

Deno.test("errors are those that quote a datagram", () => {
  const errors = Array.from({ length: 256 }, (_, type) => type).filter(isIcmpv4Error);
  assertEquals(errors, [3, 4, 5, 11, 12]);
});

Deno.test("whatever the bytes, a verdict comes, and after ok nothing outside is read", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 48 }),
    fc.integer({ min: 0, max: 20 }),
    (content: Uint8Array, type: number) => {
      if (content.length > 0) content[0] = type;
      const read = (fill: number) => {
        const bytes = new Uint8Array(content.length + 40).fill(fill);
        bytes.set(content, 3);
        const end = 3 + content.length;
        const frame = view(bytes, 3, end);
        const verdict = frame.validate();
        if (verdict !== Verdict.Ok) return [verdict];
        assert(frame.payloadOffset <= frame.quoteEnd && frame.quoteEnd <= frame.payloadEnd);
        assertEquals(frame.payloadEnd, end);
        return [
          frame.code,
          frame.info,
          frame.originateTime,
          frame.receiveTime,
          frame.transmitTime,
          frame.addressMask,
          frame.quoteEnd,
          Number(frame.hasValidChecksum),
        ];
      };
      assertEquals(read(0), read(0xff));
    },
  ));
});

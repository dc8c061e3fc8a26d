import { assert, assertEquals } from "@std/assert";
import { MacAddress, parseIpv4 } from "@octet/netip";
import { Verdict } from "@octet/wire";
import { ArpFrame, ArpOperation, encodeArp, writeArpHeader } from "./frame.ts";
import fc from "fast-check";

/** A reply as tcpdump shows it: 10.0.2.2 is at 52:55:0a:00:02:02. */
const reply = Uint8Array.of(
  ...[0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x02],
  ...[0x52, 0x55, 0x0a, 0x00, 0x02, 0x02, 10, 0, 2, 2],
  ...[0x52, 0x54, 0x00, 0x12, 0x34, 0x56, 10, 0, 2, 15],
);

function view(bytes: Uint8Array, offset = 0, end = bytes.length): ArpFrame {
  const frame = new ArpFrame();
  frame.reset(bytes, offset, end);
  return frame;
}

Deno.test("a captured reply is taken apart, and built to the byte", () => {
  const frame = view(reply);
  assertEquals(frame.validate(), Verdict.Ok);
  assert(frame.isEthernetIpv4);
  assertEquals([frame.hardwareType, frame.protocolType, frame.operation], [1, 0x0800, 2]);
  assertEquals(frame.senderHardware.toString(), "52:55:0a:00:02:02");
  assertEquals(frame.senderAddress, parseIpv4("10.0.2.2"));
  assertEquals(frame.targetHardware.toString(), "52:54:00:12:34:56");
  assertEquals(frame.targetAddress, parseIpv4("10.0.2.15"));
  assertEquals(frame.payloadEnd, 28);
  assertEquals(
    encodeArp({
      operation: ArpOperation.Reply,
      senderHardware: MacAddress.parse("52:55:0a:00:02:02"),
      senderAddress: parseIpv4("10.0.2.2"),
      targetHardware: MacAddress.parse("52:54:00:12:34:56"),
      targetAddress: parseIpv4("10.0.2.15"),
    }),
    reply,
  );
});

Deno.test("a packet cut anywhere is short, and padding does no harm", () => {
  for (let end = 0; end < reply.length; end++) {
    assertEquals(view(reply, 0, end).validate(), Verdict.Short);
  }
  assertEquals(view(new Uint8Array([...reply, ...new Uint8Array(18)])).validate(), Verdict.Ok);
});

Deno.test("other address lengths are understood where RFC 826 says they lie", () => {
  const bytes = Uint8Array.of(0, 7, 0x08, 0x00, 1, 2, 0, 1, 0xaa, 1, 2, 0xbb, 3, 4);
  const frame = view(bytes);
  assertEquals(frame.validate(), Verdict.Ok);
  assert(!frame.isEthernetIpv4);
  assertEquals(
    [
      frame.senderHardwareOffset,
      frame.senderProtocolOffset,
      frame.targetHardwareOffset,
      frame.targetProtocolOffset,
    ],
    [8, 9, 11, 12],
  );
  assertEquals([frame.senderAddress, frame.targetAddress], [0, 0]);
  assert(frame.senderHardware.isZero);
});

Deno.test("setters write over 0xa5 what getters read", () => {
  const bytes = new Uint8Array(28).fill(0xa5);
  writeArpHeader(bytes, 0, ArpOperation.Request);
  const frame = view(bytes);
  frame.operation = ArpOperation.Reply;
  frame.senderAddress = 0xc0a80001;
  frame.targetAddress = 0xfffffffe;
  assertEquals([frame.operation, frame.senderAddress, frame.targetAddress], [
    2,
    0xc0a80001,
    0xfffffffe,
  ]);
  assertEquals([...bytes.subarray(0, 8)], [0, 1, 8, 0, 6, 4, 0, 2]);
});

Deno.test("whatever the bytes, a verdict comes, and after ok nothing outside is read", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 48 }),
    fc.constantFrom(0, 1, 4, 6, 255),
    fc.constantFrom(0, 1, 4, 6, 255),
    (content: Uint8Array, hardware: number, protocol: number) => {
      if (content.length > 5) content.set([hardware, protocol], 4);
      const read = (fill: number) => {
        const bytes = new Uint8Array(content.length + 1100).fill(fill);
        bytes.set(content, 3);
        const frame = view(bytes, 3, 3 + content.length);
        const verdict = frame.validate();
        if (verdict !== Verdict.Ok) return [verdict];
        assert(frame.payloadEnd <= 3 + content.length);
        return [
          frame.isEthernetIpv4,
          frame.operation,
          frame.senderAddress,
          frame.targetAddress,
          frame.senderHardware.toNumber(),
          frame.targetHardware.toNumber(),
          frame.hardwareType,
          frame.protocolType,
          frame.payloadEnd,
        ];
      };
      assertEquals(read(0), read(0xff));
    },
  ));
});

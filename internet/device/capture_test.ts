import { MacAddress } from "@octet/netip";
import { Direction } from "@octet/pcap";
import { Packet, writeU16 } from "@octet/wire";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { capture, type FrameSink } from "./capture.ts";
import { FrameReadable, FrameWritable } from "./frame_streams.ts";
import { impair } from "./impair.ts";
import { Lan } from "./lan.ts";
import { sniff } from "./sniff.ts";

interface Seen {
  readonly bytes: Uint8Array;
  readonly direction: Direction;
  readonly time: number;
  readonly partial: boolean;
  readonly segmentSize: number;
}

function recorder(): { seen: Seen[]; sink: FrameSink } {
  const seen: Seen[] = [];
  return {
    seen,
    sink: {
      frame(bytes, length, direction, time, facts): void {
        seen.push({
          bytes: bytes.slice(0, length),
          direction,
          time,
          partial: facts.checksumWasPartial,
          segmentSize: facts.segmentSize,
        });
      },
    },
  };
}

function frame(length: number): Packet {
  const packet = new Packet(4096);
  packet.bytes.fill(0, 0, 4096);
  MacAddress.broadcast.writeTo(packet.bytes, 0);
  packet.bytes.set([2, 0, 0, 0, 0, 1], 6);
  writeU16(packet.bytes, 12, 0x88b5);
  packet.length = length;
  return packet;
}

Deno.test("Both directions are shown, with the time", () => {
  const { seen, sink } = recorder();
  let now = 1000;
  const lan = new Lan();
  const a = capture(lan.attach(), sink, { clock: () => now });
  const b = lan.attach();
  const packet = frame(60);
  a.transmit(packet);
  now = 1001.5;
  assert(!a.receive(packet));
  b.transmit(frame(61));
  assert(a.receive(packet));
  assertEquals(
    seen.map((one) => [one.bytes.length, one.direction, one.time]),
    [[60, Direction.Out, 1000], [61, Direction.In, 1001.5]],
  );
});

Deno.test("A partial checksum is shown complete, and stays partial on its way", () => {
  const out = recorder();
  const into = recorder();
  const lan = new Lan();
  const a = capture(lan.attach({ checksumOffload: true, maxSegment: 9000 }), out.sink);
  const b = capture(lan.attach({ checksumOffload: true, maxSegment: 9000 }), into.sink);
  const packet = frame(3054);
  packet.segmentSize = 1460;
  packet.startChecksum(6, 34, 3020, 16);
  a.transmit(packet);
  assertEquals(packet.checksumStart, 34);
  const received = new Packet(16_000);
  assert(b.receive(received));
  assertEquals([received.checksumStart, received.segmentSize], [34, 1460]);
  packet.completeChecksum();
  for (const { seen } of [out, into]) {
    const [one] = seen;
    assertEquals([seen.length, one!.partial, one!.segmentSize], [1, true, 1460]);
    assertEquals(one!.bytes, packet.bytes.slice(0, 3054));
  }
});

Deno.test("A sniffer prints a line a frame", () => {
  const lines: string[] = [];
  const lan = new Lan();
  const a = sniff(
    lan.attach(),
    (_bytes, length, direction) => `${direction === Direction.Out ? "OUT" : "IN"} ${length}`,
    (line) => lines.push(line),
  );
  const b = lan.attach();
  a.transmit(frame(60));
  b.transmit(frame(70));
  a.receive(frame(0));
  assertEquals(lines, ["OUT 60", "IN 70"]);
});

Deno.test("Wrappers compose: what is captured outside an impairment is what was sent, inside what got through", async () => {
  const outside = recorder();
  const inside = recorder();
  const lan = new Lan();
  const lossy = impair(capture(lan.attach({ name: "x" }), inside.sink), "loss=50%,seed=1", {
    clock: () => 0,
  });
  const device = capture(lossy, outside.sink);
  for (let i = 0; i < 100; i++) device.transmit(frame(60));
  assertEquals(outside.seen.length, 100);
  assertEquals(inside.seen.length, 100 - lossy.outCounters.lost);
  assertEquals([device.name, device.deadline(), device.mtu], ["x", Infinity, 1500]);
  const waiting = device.ready(Infinity);
  device.wake();
  await waiting;
  device.close();
  assert(device.isClosed && lossy.isClosed);
});

Deno.test("Streams carry frames as on a wire, and end with the device", async () => {
  const lan = new Lan();
  const a = lan.attach({ checksumOffload: true, maxSegment: 65_535 });
  const b = lan.attach({ checksumOffload: true, maxSegment: 65_535 });
  const reader = new FrameReadable(b).stream.getReader();
  const writer = new FrameWritable(a).stream.getWriter();
  const reading = reader.read();
  await writer.write(frame(60).bytes.slice(0, 60));
  assertEquals((await reading).value!.length, 60);

  const packet = frame(3054);
  writeU16(packet.bytes, 12, 0x0800);
  packet.bytes[14] = 0x45;
  writeU16(packet.bytes, 16, 3040);
  packet.bytes[23] = 6;
  packet.bytes[46] = 0x50;
  packet.segmentSize = 1460;
  packet.startChecksum(6, 34, 3020, 16);
  a.transmit(packet);
  const lengths: number[] = [];
  for (let i = 0; i < 3; i++) lengths.push((await reader.read()).value!.length);
  assertEquals(lengths, [1514, 1514, 134]);

  const last = reader.read();
  b.close();
  assertEquals((await last).done, true);
  a.close();
  await assertRejects(() => writer.write(new Uint8Array(60)), TypeError, "port0 is closed");
});

import { MacAddress } from "@octet/netip";
import { Packet, writeU16 } from "@octet/wire";
import { impair } from "./impair.ts";
import { Lan } from "./lan.ts";
import { Segmenter } from "./segment.ts";

const lan = new Lan();
const options = { maxSegment: 65_535, checksumOffload: true };
const a = lan.attach(options);
const b = lan.attach(options);
const packet = new Packet(65_553);
const received = new Packet(65_553);

function prepare(length: number, segmentSize: number): void {
  const { bytes } = packet;
  packet.clear();
  bytes.fill(0, 0, length);
  b.hardwareAddress.writeTo(bytes, 0);
  a.hardwareAddress.writeTo(bytes, 6);
  writeU16(bytes, 12, 0x0800);
  bytes[14] = 0x45;
  writeU16(bytes, 16, length - 14);
  bytes[23] = 6;
  bytes[46] = 0x50;
  packet.length = length;
  packet.segmentSize = segmentSize;
  packet.startChecksum(6, 34, length - 34, 16);
}

b.receive(received);
prepare(60, 0);
MacAddress.read(packet.bytes, 6).writeTo(packet.bytes, 0);
b.transmit(packet);

for (const length of [60, 1514, 65_000]) {
  Deno.bench(`lan: a frame of ${length} bytes from port to port`, (bench) => {
    prepare(length, length > 1514 ? 1460 : 0);
    bench.start();
    a.transmit(packet);
    b.receive(received);
    bench.end();
  });
}

Deno.bench("segment: 64 KiB into 45 frames, checksums complete", (bench) => {
  const segmenter = new Segmenter();
  prepare(14 + 40 + 45 * 1448, 1448);
  bench.start();
  segmenter.reset(packet, "ethernet");
  while (segmenter.next(received));
  bench.end();
});

{
  let now = 0;
  const quiet = new Lan();
  const near = impair(quiet.attach(), "loss=1%,delay=1ms,limit=1000", { clock: () => now });
  const far = quiet.attach();
  const frame = new Packet(1518);
  frame.bytes.fill(255, 0, 6);
  frame.length = 1514;
  const arrived = new Packet(1518);
  Deno.bench("impair: a frame of 1,514 bytes, delayed by 1 ms", () => {
    now += 0.01;
    near.transmit(frame);
    while (far.receive(arrived));
  });
}

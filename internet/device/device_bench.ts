import { bench } from "@octet/testing/bench";
import { Packet, writeU16, writeU32 } from "@octet/wire";
import { impair } from "./impair.ts";
import { Lan } from "./lan.ts";
import { Segmenter } from "./segment.ts";

const lan = new Lan();
const offload = { maxSegment: 65_535, checksumOffload: true };
const a = lan.attach(offload);
const b = lan.attach(offload);
const received = new Packet(65_553);

/** A TCP over IPv4 frame from `a` to `b`. */
function frame(length: number, segmentSize: number): Packet {
  const packet = new Packet(65_553);
  const { bytes } = packet;
  bytes.fill(0, 0, length);
  b.hardwareAddress.writeTo(bytes, 0);
  a.hardwareAddress.writeTo(bytes, 6);
  writeU16(bytes, 12, 0x0800);
  writeU32(bytes, 14, 0x4500_0000 | (length - 14));
  bytes[23] = 6;
  bytes[46] = 0x50;
  packet.length = length;
  packet.segmentSize = segmentSize;
  packet.startChecksum(6, 34, length - 34, 16);
  return packet;
}

const hello = frame(60, 0);
a.hardwareAddress.writeTo(hello.bytes, 0);
b.hardwareAddress.writeTo(hello.bytes, 6);
b.transmit(hello);

for (const length of [60, 1514, 65_000]) {
  const sent = frame(length, length > 1514 ? 1460 : 0);
  bench(`LAN, a frame of ${length} B from port to port`, () => {
    a.transmit(sent);
    b.receive(received);
  }, { group: "device", bytes: length });
}

const large = frame(14 + 40 + 45 * 1448, 1448);
const segmenter = new Segmenter();
bench("a super-segment cut into 45 frames of 1,502 B", () => {
  segmenter.reset(large, "ethernet");
  while (segmenter.next(received));
}, { group: "device", operations: 45, bytes: 1448 });

let now = 0;
const quiet = new Lan();
const near = impair(quiet.attach(), "loss=1%,delay=1ms,limit=1000", { clock: () => now });
const far = quiet.attach();
const delayed = frame(1514, 0);
delayed.bytes.fill(255, 0, 6);
bench("impaired LAN, a frame of 1514 B, loss and delay", () => {
  now += 0.01;
  near.transmit(delayed);
  while (far.receive(received));
}, { group: "device", bytes: 1514 });

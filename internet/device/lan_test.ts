import { MacAddress } from "@octet/netip";
import { Packet, SeededRandom, writeU16, writeU32 } from "@octet/wire";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Device, frameCapacity } from "./device.ts";
import { Lan } from "./lan.ts";
import { MacTable } from "./mac_table.ts";

function station(number: number): MacAddress {
  return MacAddress.fromNumber(0x02_0000_0000_00 + number);
}

/** An Ethernet frame of an experimental type whose payload is one byte, again and again. */
function frame(from: Device, to: MacAddress, mark: number, length = 60): Packet {
  const packet = new Packet(70_000);
  packet.bytes.fill(mark);
  to.writeTo(packet.bytes, 0);
  from.hardwareAddress.writeTo(packet.bytes, 6);
  writeU16(packet.bytes, 12, 0x88b5);
  packet.length = length;
  return packet;
}

function marks(device: Device): number[] {
  const packet = new Packet(frameCapacity(device));
  const found: number[] = [];
  while (device.receive(packet)) found.push(packet.bytes[14]!);
  return found;
}

/** A TCP over IPv4 super-segment of 3,000 bytes of payload. */
function superSegment(from: Device, to: Device): Packet {
  const packet = frame(from, to.hardwareAddress, 0, 14 + 40 + 3000);
  const { bytes } = packet;
  writeU16(bytes, 12, 0x0800);
  bytes[14] = 0x45;
  writeU16(bytes, 16, 3040);
  bytes[23] = 6;
  bytes[46] = 0x50;
  packet.source = 0x0a000001;
  packet.destination = 0x0a000002;
  writeU32(bytes, 26, packet.source);
  writeU32(bytes, 30, packet.destination);
  packet.startChecksum(6, 34, 3020, 16);
  packet.segmentSize = 1460;
  return packet;
}

Deno.test("A switch floods what it does not know, and learns", () => {
  const lan = new Lan();
  const [a, b, c] = [1, 2, 3].map((number) => lan.attach({ mac: station(number) })) as [
    Device,
    Device,
    Device,
  ];
  a.transmit(frame(a, b.hardwareAddress, 1));
  assertEquals([marks(a), marks(b), marks(c)], [[], [1], [1]]);
  b.transmit(frame(b, a.hardwareAddress, 2));
  assertEquals([marks(a), marks(b), marks(c)], [[2], [], []]);
  a.transmit(frame(a, b.hardwareAddress, 3));
  assertEquals([marks(a), marks(b), marks(c)], [[], [3], []]);
  c.transmit(frame(c, MacAddress.broadcast, 4));
  assertEquals([marks(a), marks(b), marks(c)], [[4], [4], []]);
  // To itself: the switch knows that its port is where the frame came from.
  a.transmit(frame(a, a.hardwareAddress, 5));
  assertEquals([marks(a), marks(b), marks(c)], [[], [], []]);
  assertEquals([lan.counters.frames, lan.counters.floods], [5, 2]);
});

Deno.test("A station that moves is found at its new port, one that left is flooded to", () => {
  const lan = new Lan();
  const a = lan.attach({ mac: station(1) });
  const old = lan.attach({ mac: station(2) });
  const c = lan.attach({ mac: station(3) });
  old.transmit(frame(old, MacAddress.broadcast, 1));
  const moved = lan.attach({ mac: station(2) });
  moved.transmit(frame(moved, MacAddress.broadcast, 2));
  marks(a), marks(old), marks(c);
  a.transmit(frame(a, station(2), 3));
  assertEquals([marks(old), marks(moved), marks(c)], [[], [3], []]);
  moved.close();
  moved.close();
  a.transmit(frame(a, station(2), 4));
  assertEquals([marks(old), marks(c)], [[4], [4]]);
  assert(moved.isClosed && !moved.receive(frame(a, station(1), 0)));
  moved.transmit(frame(moved, station(1), 5));
  assertEquals(marks(a), []);
});

Deno.test("A full port drops and counts, in order", () => {
  const lan = new Lan();
  const a = lan.attach();
  const b = lan.attach({ queueLimit: 3 });
  for (let mark = 1; mark <= 5; mark++) assert(a.transmit(frame(a, MacAddress.broadcast, mark)));
  assertEquals(marks(b), [1, 2, 3]);
  assertEquals(lan.counters.queueDrops, 2);
  a.transmit(frame(a, MacAddress.broadcast, 6));
  assertEquals(marks(b), [6]);
});

Deno.test("A frame reaches only ports with an MTU that holds it", () => {
  const lan = new Lan();
  const a = lan.attach({ mtu: 9000 });
  const b = lan.attach({ mtu: 1500 });
  const c = lan.attach({ mtu: 9000 });
  a.transmit(frame(a, MacAddress.broadcast, 1, 1514));
  a.transmit(frame(a, MacAddress.broadcast, 2, 1515));
  const tagged = frame(a, MacAddress.broadcast, 3, 1518);
  writeU16(tagged.bytes, 12, 0x8100);
  a.transmit(tagged);
  a.transmit(frame(a, MacAddress.broadcast, 4, 13));
  assertEquals(marks(c), [1, 2, 3]);
  assertEquals(marks(b), [1, 3]);
  assertEquals(lan.counters.badFrames, 2);
});

Deno.test("Super-segments pass whole between ports that take them, and are cut for others", () => {
  const lan = new Lan();
  const a = lan.attach({ maxSegment: 65_535, checksumOffload: true });
  const whole = lan.attach({ maxSegment: 65_535, checksumOffload: true });
  const plain = lan.attach();
  const packet = superSegment(a, plain);
  a.transmit(packet);
  const received = new Packet(70_000);
  assert(whole.receive(received));
  assertEquals([received.length, received.segmentSize, received.checksumStart], [3054, 1460, 34]);
  assert(received.checksumVerified);
  const lengths: number[] = [];
  while (plain.receive(received)) {
    lengths.push(received.length);
    received.source = 0x0a000001;
    received.destination = 0x0a000002;
    assertEquals([received.segmentSize, received.checksumVerified], [0, false]);
    assert(received.verifyTransport(6, 34, received.length));
  }
  assertEquals(lengths, [1514, 1514, 134]);
});

Deno.test("A partial checksum is completed for a port that takes none", () => {
  const lan = new Lan();
  const a = lan.attach({ checksumOffload: true });
  const plain = lan.attach();
  const packet = superSegment(a, plain);
  packet.length = 100;
  writeU16(packet.bytes, 16, 86);
  packet.startChecksum(6, 34, 66, 16);
  packet.segmentSize = 0;
  a.transmit(packet);
  assertEquals(packet.checksumStart, 34, "the sender's packet stays as it is");
  const received = new Packet(2048);
  assert(plain.receive(received));
  received.source = 0x0a000001;
  received.destination = 0x0a000002;
  assertEquals([received.checksumStart, received.checksumVerified], [0, false]);
  assert(received.verifyTransport(6, 34, 100));
});

Deno.test("Receiving leaves the stack's own facts alone", () => {
  const lan = new Lan();
  const a = lan.attach();
  const b = lan.attach();
  const sent = frame(a, b.hardwareAddress, 1);
  sent.nextHop = 7;
  sent.interfaceIndex = 3;
  a.transmit(sent);
  const received = new Packet(2048);
  received.interfaceIndex = 1;
  assert(b.receive(received));
  assertEquals([received.interfaceIndex, received.nextHop], [1, 0]);
});

Deno.test("A port is ready when a frame comes, when it is woken, when time is up, when it is closed", async () => {
  const lan = new Lan();
  const a = lan.attach();
  const b = lan.attach();
  let waiting = b.ready(Infinity);
  a.transmit(frame(a, b.hardwareAddress, 1));
  await waiting;
  await b.ready(Infinity); // There is a frame, so it does not wait.
  marks(b);
  waiting = b.ready(60_000);
  b.wake();
  await waiting;
  await b.ready(1);
  waiting = b.ready(Infinity);
  b.close();
  await waiting;
  await b.ready(Infinity);
});

Deno.test("Options out of range are refused", () => {
  const lan = new Lan({ random: new SeededRandom(1) });
  for (
    const options of [{ mtu: 67 }, { mtu: 65_536 }, { mtu: 1500.5 }, {
      mtu: 1500,
      maxSegment: 1499,
    }, {
      queueLimit: 0,
    }]
  ) assertThrows(() => lan.attach(options), RangeError, "Cannot attach port as its");
  assertThrows(() => lan.attach({ impairment: "x=1" }), SyntaxError);
  const port = lan.attach({ name: "eve" });
  assertEquals([port.name, port.link, port.mtu, port.maxSegment], ["eve", "ethernet", 1500, 1500]);
  assert(port.hardwareAddress.isLocal && !port.hardwareAddress.isMulticast);
  assertEquals(lan.attach().name, "port1");
});

Deno.test("The station table finds what it learnt, and forgets a port", () => {
  const table = new MacTable();
  const bytes = new Uint8Array(6);
  const random = new SeededRandom(3);
  const stations = Array.from({ length: 1000 }, () => MacAddress.random(() => random.uint32()));
  stations.forEach((mac, i) => {
    mac.writeTo(bytes, 0);
    table.set(bytes, 0, i % 5);
  });
  const found = (): number[] =>
    stations.map((mac) => {
      mac.writeTo(bytes, 0);
      return table.get(bytes, 0);
    });
  assertEquals(found(), stations.map((_, i) => i % 5));
  table.forget(3);
  assertEquals(found(), stations.map((_, i) => i % 5 === 3 ? -1 : i % 5));
  // However many there are, learning and finding end.
  for (let i = 0; i < 20_000; i++) {
    MacAddress.random(() => random.uint32()).writeTo(bytes, 0);
    table.set(bytes, 0, 1);
  }
  assert(found().every((port) => port <= 4));
});

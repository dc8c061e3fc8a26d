import { MacAddress } from "@octet/netip";
import { Packet, writeU16 } from "@octet/wire";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Device, frameCapacity } from "./device.ts";
import { impair, type ImpairedDevice } from "./impair.ts";
import { noImpairment, parseImpairment, resolveImpairment } from "./impairment.ts";
import type { ImpairmentOptions } from "./impairment.ts";
import { Lan } from "./lan.ts";

Deno.test("Every key and unit is understood", () => {
  assertEquals(
    parseImpairment(
      "loss=5%,delay=20ms,jitter=500us,reorder=1%,duplicate=0.5%,corrupt=100%,rate=10mbit,limit=50,seed=7",
    ),
    {
      loss: 0.05,
      delay: 20,
      jitter: 0.5,
      reorder: 0.01,
      duplicate: 0.005,
      corrupt: 1,
      rate: 10_000_000,
      limit: 50,
      seed: 7,
    },
  );
  assertEquals(parseImpairment("delay=1.5s"), { ...noImpairment, delay: 1500 });
  for (const [text, rate] of [["1bit", 1], ["56kbit", 56e3], ["1.5gbit", 1.5e9]] as const) {
    assertEquals(parseImpairment(`rate=${text}`).rate, rate);
  }
});

Deno.test("What is not understood is named, with its position", () => {
  const cases: [text: string, message: string][] = [
    ["", '"" at character 1 is none of loss, delay'],
    ["lose=5%", '"lose" at character 1 is none of'],
    ["loss=5%,", '"" at character 9 is none of'],
    ["loss=5%, delay=1ms", '" delay" at character 9 is none of'],
    ["loss=5%,loss=6%", '"loss" at character 9 has been given before'],
    ["toString=1", '"toString" at character 1 is none of'],
    ["loss", '"loss" at character 1 has no value, not a percentage'],
    ["loss=5", '"loss" at character 1 has "5", not a percentage'],
    ["loss=101%", "not a percentage"],
    ["loss=-1%", "not a percentage"],
    ["loss=05%", "not a percentage"],
    ["loss=.5%", "not a percentage"],
    ["loss=1e1%", "not a percentage"],
    ["delay=20", '"delay" at character 1 has "20", not a time'],
    ["delay=20min", "not a time"],
    ["delay=61s", "not a time"],
    ["seed=1,jitter=ms", '"jitter" at character 8 has "ms", not a time'],
    ["rate=0mbit", "not a bandwidth"],
    ["rate=10mbps", "not a bandwidth"],
    ["limit=0", "not a number from 1"],
    ["limit=1.5", "not a number from 1"],
    ["seed=-1", "not a whole number"],
    ["seed=99999999999999999", "not a whole number"],
  ];
  for (const [text, message] of cases) {
    assertThrows(() => parseImpairment(text), SyntaxError, message);
  }
});

Deno.test("Options out of range are refused", () => {
  const cases: ImpairmentOptions[] = [
    { loss: 1.1 },
    { corrupt: NaN },
    { delay: -1 },
    { jitter: Infinity },
    { rate: 0 },
    { limit: 0.5 },
    { seed: -1 },
  ];
  for (const options of cases) {
    assertThrows(
      () => resolveImpairment(options),
      RangeError,
      `Cannot impair as ${Object.keys(options)[0]}`,
    );
  }
});

/** Two stations; the first one's cable is impaired, and time is ours. */
class Wire {
  now = 0;
  readonly a: ImpairedDevice;
  readonly b: Device;
  readonly #packet = new Packet(70_000);

  constructor(impairment: string | ImpairmentOptions) {
    const lan = new Lan();
    this.a = impair(lan.attach(), impairment, { clock: () => this.now });
    this.b = lan.attach({ queueLimit: 100_000 });
  }

  send(from: Device, number: number, length: number = 60): void {
    const packet = this.#packet;
    packet.clear();
    packet.bytes.fill(0, 0, length);
    MacAddress.broadcast.writeTo(packet.bytes, 0);
    from.hardwareAddress.writeTo(packet.bytes, 6);
    writeU16(packet.bytes, 12, 0x88b5);
    writeU16(packet.bytes, 14, number);
    packet.length = length;
    assert(from.transmit(packet));
  }

  receive(at: Device): number[] {
    const packet = new Packet(frameCapacity(at));
    const found: number[] = [];
    while (at.receive(packet)) found.push((packet.bytes[14]! << 8) | packet.bytes[15]!);
    packet.release();
    return found;
  }

  /** Lets time pass until the wire is empty; gives the numbers that arrive at `b`, with the times. */
  drain(): [time: number, number: number][] {
    const found: [number, number][] = [];
    for (;;) {
      this.receive(this.a);
      for (const number of this.receive(this.b)) found.push([this.now, number]);
      const next = this.a.deadline();
      if (next === Infinity) return found;
      this.now = Math.max(this.now, next);
    }
  }
}

function numbers(arrived: readonly [time: number, number: number][]): number[] {
  return arrived.map(([, number]) => number);
}

Deno.test("A delay is the same for all, in both directions", () => {
  const wire = new Wire("delay=20ms");
  wire.send(wire.a, 1);
  wire.now = 5;
  wire.send(wire.a, 2);
  assertEquals(wire.a.deadline(), 20);
  assertEquals(wire.drain(), [[20, 1], [25, 2]]);
  wire.now = 100;
  wire.send(wire.b, 3);
  assertEquals(wire.receive(wire.a), []);
  wire.now = 119.9;
  assertEquals(wire.receive(wire.a), []);
  wire.now = 120;
  assertEquals(wire.receive(wire.a), [3]);
});

Deno.test("Jitter spreads evenly to both sides, and lets frames overtake", () => {
  const wire = new Wire({ delay: 20, jitter: 5, limit: 10_000 });
  for (let i = 0; i < 5000; i++) wire.send(wire.a, i);
  const arrived = wire.drain();
  const times = arrived.map(([time]) => time);
  assert(Math.min(...times) >= 15 && Math.min(...times) < 15.1);
  assert(Math.max(...times) <= 25 && Math.max(...times) > 24.9);
  assert(Math.abs(times.reduce((sum, time) => sum + time, 0) / 5000 - 20) < 0.2);
  assert(numbers(arrived).some((number, i) => number !== i));
});

Deno.test("Loss, duplication and corruption happen as often as they should, and are counted", () => {
  const wire = new Wire({ loss: 0.1, duplicate: 0.05, corrupt: 0.02, limit: 100_000 });
  const count = 20_000;
  for (let i = 0; i < count; i++) wire.send(wire.a, i % 65_536);
  wire.drain();
  const { lost, duplicated, corrupted, delivered, overflowed } = wire.a.outCounters;
  // Four standard deviations of the binomial distribution.
  for (const [seen, p] of [[lost, 0.1], [duplicated, 0.05], [corrupted, 0.02]] as const) {
    assert(Math.abs(seen - count * p) < 4 * Math.sqrt(count * p * (1 - p)), `${seen} for ${p}`);
  }
  assertEquals([delivered, overflowed], [count - lost + duplicated, 0]);
  assertEquals(wire.a.inCounters.delivered, 0);
});

Deno.test("Loss of all loses all, duplication of all doubles all", () => {
  const lossy = new Wire("loss=100%");
  const double = new Wire("duplicate=100%");
  for (const wire of [lossy, double]) for (let i = 0; i < 3; i++) wire.send(wire.a, i);
  assertEquals(numbers(lossy.drain()), []);
  assertEquals(numbers(double.drain()), [0, 0, 1, 1, 2, 2]);
});

Deno.test("Reordered frames skip the delay; without one they are held back for 1 ms", () => {
  const ahead = new Wire("delay=20ms,reorder=30%,seed=3");
  const back = new Wire("reorder=30%,seed=3");
  for (const wire of [ahead, back]) for (let i = 0; i < 20; i++) wire.send(wire.a, i);
  for (const [wire, early, late] of [[ahead, 0, 20], [back, 0, 1]] as const) {
    const arrived = wire.drain();
    assertEquals(arrived.length, 20);
    assertEquals(new Set(arrived.map(([time]) => time)), new Set([early, late]));
    const { reordered } = wire.a.outCounters;
    const moved = arrived.filter(([time]) => time === (wire === ahead ? early : late));
    assertEquals(moved.length, reordered);
    assert(reordered > 0 && reordered < 20);
  }
});

Deno.test("Corruption flips one bit of the frame", () => {
  const lan = new Lan();
  const a = impair(lan.attach({ checksumOffload: true }), "corrupt=100%", { clock: () => 0 });
  const b = lan.attach({ checksumOffload: true });
  const packet = new Packet(2048);
  packet.bytes.fill(0, 0, 2048);
  MacAddress.broadcast.writeTo(packet.bytes, 0);
  a.hardwareAddress.writeTo(packet.bytes, 6);
  packet.length = 500;
  packet.source = 0x0a000001;
  packet.destination = 0x0a000002;
  packet.startChecksum(6, 34, 466, 16);
  const complete = new Packet(2048);
  complete.copyFrom(packet);
  complete.completeChecksum();
  // Now and then the bit that makes the destination a group is hit, and the switch knows no such station.
  const received = new Packet(2048);
  for (let round = 0; round < 200; round++) {
    a.transmit(packet);
    if (!b.receive(received)) continue;
    assertEquals([received.length, received.checksumStart, received.checksumVerified], [
      500,
      0,
      false,
    ]);
    let bits = 0;
    for (let i = 0; i < 500; i++) {
      for (let x = received.bytes[i]! ^ complete.bytes[i]!; x !== 0; x &= x - 1) bits++;
    }
    assertEquals(bits, 1);
  }
  assertEquals(a.outCounters.corrupted, 200);
  assertEquals(packet.checksumStart, 34);
});

Deno.test("A rate spaces frames by their length on the wire", () => {
  const wire = new Wire("rate=1mbit,delay=5ms");
  // 1,226 bytes and Ethernet's 24 more are 10,000 bits: 10 ms.
  for (let i = 0; i < 3; i++) wire.send(wire.a, i, 1226);
  assertEquals(wire.drain(), [[15, 0], [25, 1], [35, 2]]);
  wire.now = 100;
  wire.send(wire.a, 3, 1226);
  assertEquals(wire.drain(), [[115, 3]]);
});

Deno.test("What exceeds the limit is dropped, not refused", () => {
  const wire = new Wire("delay=1ms,limit=10");
  for (let i = 0; i < 15; i++) wire.send(wire.a, i);
  assertEquals(numbers(wire.drain()), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assertEquals(wire.a.outCounters.overflowed, 5);
});

Deno.test("The same seed gives the same wire, another seed another, and directions differ", () => {
  const pattern = (seed: number, isIn: boolean): string => {
    const wire = new Wire({ loss: 0.3, duplicate: 0.1, delay: 5, jitter: 4, reorder: 0.1, seed });
    const [from, to] = isIn ? [wire.b, wire.a] : [wire.a, wire.b];
    const found: number[] = [];
    for (let i = 0; i < 200; i++) {
      wire.send(from, i);
      found.push(...wire.receive(to));
      if (!isIn) wire.receive(wire.a);
      wire.now += 0.5;
    }
    return found.join();
  };
  assertEquals(pattern(1, false), pattern(1, false));
  assertEquals(pattern(1, true), pattern(1, true));
  assert(pattern(1, false) !== pattern(2, false));
  assert(pattern(1, false) !== pattern(1, true));
});

Deno.test("A super-segment goes onto the wire as the frames it stands for, both ways", () => {
  const lan = new Lan();
  const options = { maxSegment: 65_535, checksumOffload: true };
  const a = impair(lan.attach(options), "limit=100", { clock: () => 0 });
  const b = lan.attach(options);
  assertEquals([a.maxSegment, a.mtu, a.checksumOffload, b.maxSegment], [1500, 1500, true, 65_535]);
  const packet = new Packet(70_000);
  packet.bytes.fill(0, 0, 70_000);
  MacAddress.broadcast.writeTo(packet.bytes, 0);
  packet.bytes.set([2, 0, 0, 0, 0, 9], 6);
  writeU16(packet.bytes, 12, 0x0800);
  packet.bytes[14] = 0x45;
  writeU16(packet.bytes, 16, 5040);
  packet.bytes[23] = 6;
  packet.bytes[46] = 0x50;
  packet.length = 5054;
  packet.segmentSize = 1460;
  packet.startChecksum(6, 34, 5020, 16);
  const received = new Packet(70_000);
  for (const [from, to] of [[a, b], [b, a]] as const) {
    from.transmit(packet);
    const lengths: number[] = [];
    while (to.receive(received)) lengths.push(received.length);
    assertEquals(lengths, [1514, 1514, 1514, 674]);
  }
  assertEquals([a.outCounters.delivered, a.inCounters.delivered], [4, 4]);
});

Deno.test("Waiting ends when a frame comes due, by the real clock too", async () => {
  const lan = new Lan();
  const a = impair(lan.attach(), "delay=3ms");
  const b = lan.attach();
  const packet = new Packet(2048);
  MacAddress.broadcast.writeTo(packet.bytes, 0);
  packet.length = 60;
  const started = performance.now();
  a.transmit(packet);
  while (!b.receive(packet)) await a.ready(60_000);
  assert(performance.now() - started >= 3);
  b.transmit(packet);
  while (!a.receive(packet)) await a.ready(Infinity);
  const waiting = a.ready(Infinity);
  a.close();
  await waiting;
  a.close();
  assert(a.isClosed && !a.receive(packet) && a.transmit(packet));
});

Deno.test("A device inside that is full gets its frames later", () => {
  const wire = new Wire("delay=1ms");
  let isFull = true;
  const inner = new Lan().attach();
  const sent: number[] = [];
  const device = impair(
    Object.assign(Object.create(inner) as Device, {
      hardwareAddress: inner.hardwareAddress,
      transmit: (packet: Packet): boolean => !isFull && sent.push(packet.length) > 0,
      receive: () => false,
      isClosed: false,
      mtu: 1500,
      maxSegment: 1500,
    }),
    "delay=1ms",
    { clock: () => wire.now },
  );
  const packet = new Packet(2048);
  packet.length = 60;
  assert(device.transmit(packet));
  wire.now = 5;
  device.receive(packet);
  assertEquals(sent, []);
  isFull = false;
  device.receive(packet);
  assertEquals(sent, [60]);
});

import { assertEquals, assertThrows } from "@std/assert";
import { parseIpv4 } from "@octet/netip";
import { Packet, Verdict, writeU16 } from "@octet/wire";
import fc from "fast-check";
import { Bench, broadcast, own, peer } from "./_bench_test.ts";
import { DatagramQueue } from "./datagram_queue.ts";
import { UdpError } from "./error.ts";
import { encodeUdp } from "./frame.ts";

const offload = { mtu: 1500, maxSegment: 65_535 };

function bytes(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i * 7 + seed);
}

Deno.test("datagrams of one size to one peer leave together where the device cuts them", () => {
  const bench = new Bench();
  bench.path = offload;
  const socket = bench.bind({ localPort: 1 });
  const sizes = [100, 100, 100, 40, 100, 100, 200, 0, 0, 5];
  sizes.forEach((size, i) => socket.send(bytes(size, i), peer, 9));
  socket.send(bytes(5), peer, 10);
  socket.send(bytes(5), peer + 1, 10);
  const sent: number[][] = [];
  let datagrams = 0;
  for (let frame = bench.next(); frame !== null; frame = bench.next()) {
    const length = frame.payloadEnd - frame.payloadOffset;
    const size = bench.packet.segmentSize;
    sent.push([length, size]);
    const step = size || length || 1;
    for (let at = 0; at < length; at += step) {
      const end = Math.min(at + step, length);
      const piece = bench.packet.bytes.slice(frame.payloadOffset + at, frame.payloadOffset + end);
      while (sizes[datagrams] === 0) datagrams++;
      if (datagrams < sizes.length) assertEquals(piece, bytes(sizes[datagrams]!, datagrams));
      datagrams++;
    }
  }
  assertEquals(sent, [[340, 100], [200, 100], [200, 0], [0, 0], [0, 0], [5, 0], [5, 0], [5, 0]]);
  assertEquals(bench.udp.counters.outDatagrams, 12);
});

Deno.test("datagrams leave one by one where the device cuts none, or they would not fit the link", () => {
  for (const [path, size] of [[{ mtu: 1500, maxSegment: 1500 }, 10], [offload, 1473]] as const) {
    const bench = new Bench();
    bench.path = path;
    const socket = bench.bind({ localPort: 1 });
    for (let i = 0; i < 3; i++) socket.send(bytes(size), peer, 9);
    for (let i = 0; i < 3; i++) {
      assertEquals([bench.next()!.length, bench.packet.segmentSize], [size + 8, 0]);
    }
  }
});

Deno.test("a super-datagram has at most 64 datagrams and 65,507 bytes, and fits the packet", () => {
  const bench = new Bench();
  bench.path = offload;
  const socket = bench.bind({ localPort: 1, sendLimit: 1 << 20 });
  assertEquals(socket.sendSegments(bytes(300), 1, peer, 9), 300);
  assertEquals(socket.sendSegments(bytes(100_000), 1472, peer, 9), 100_000);
  const lengths: number[] = [];
  for (let frame = bench.next(); frame !== null; frame = bench.next()) {
    lengths.push(frame.length - 8);
  }
  // 44 times 1472 are 64,768: one more would exceed 65,507.
  assertEquals(lengths, [64, 64, 64, 64, 44, 64_768, 35_232]);
  const small = new Packet(34 + 8 + 500);
  socket.sendSegments(bytes(2000), 200, peer, 9);
  // The block behind it has 1024 bytes, ten of them for the device's own header.
  assertEquals(bench.udp.encapsulate(small, 14, 34, 0), 8 + 800);
});

Deno.test("a payload is cut into datagrams as far as there is room, never within one", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 1, sendLimit: 1000 });
  assertEquals(socket.sendSegments(bytes(5000), 300, peer, 9), 900);
  assertEquals(socket.sendSegments(bytes(5000), 300, peer, 9), 0);
  let total = 0;
  for (let frame = bench.next(); frame !== null; frame = bench.next()) total += frame.length - 8;
  assertEquals(total, 900);
  assertEquals(socket.sendSegments(bytes(500), 300, peer, 9), 500);
  assertThrows(() => socket.sendSegments(bytes(1), 0, peer, 9), RangeError, "datagrams of 0 bytes");
  socket.mayFragment = false;
  assertEquals(socket.sendSegments(bytes(1473), 1473, peer, 9), 0);
});

Deno.test("a super-datagram that comes in is read as the datagrams it was made of", () => {
  for (
    const [length, size, expected] of [
      [1000, 300, [300, 300, 300, 100]],
      [900, 300, [300, 300, 300]],
      [300, 300, [300]],
      [200, 300, [200]],
    ] as const
  ) {
    const bench = new Bench();
    const socket = bench.bind({ localPort: 53 });
    const payload = bytes(length);
    const datagram = encodeUdp({
      sourcePort: 7,
      destinationPort: 53,
      payload,
      source: peer,
      destination: own,
    });
    const { packet } = bench;
    packet.bytes.set(datagram, 34);
    packet.length = 34 + datagram.length;
    packet.source = peer;
    packet.destination = own;
    packet.segmentSize = size;
    assertEquals(bench.udp.demux(packet, 34, packet.length, 0), Verdict.Ok);
    const target = new Uint8Array(2000);
    let at = 0;
    for (const wanted of expected) {
      assertEquals(socket.receive(target), wanted);
      assertEquals(target.slice(0, wanted), payload.slice(at, at + wanted));
      at += wanted;
    }
    assertEquals([socket.receive(target), bench.udp.counters.inDatagrams], [-1, expected.length]);
  }
});

Deno.test("a queue gives in runs what went in one by one", () => {
  const sizes = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 1, max: 2 })));
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 20 }),
      (list: [number, number][], limit: number) => {
        const queue = new DatagramQueue(1000, 100);
        const model: { bytes: number[]; port: number }[] = [];
        list.slice(0, 100).forEach(([size, port], i) => {
          queue.push(bytes(size, i), -1, 0, size, 1, port, 2, 3);
          model.push({ bytes: [...bytes(size, i)], port });
        });
        const target = new Uint8Array(100);
        while (queue.count > 0) {
          const first = queue.peek();
          const count = queue.countRun(limit, 5);
          const total = queue.runLength;
          assertEquals(count >= 1 && count <= 5 && (count === 1 || total <= limit), true);
          queue.takeRun(count, target, -1, 10);
          const taken = model.splice(0, count);
          assertEquals([...target.slice(10, 10 + total)], taken.flatMap((one) => one.bytes));
          assertEquals(new Set(taken.map((one) => one.port)).size, 1);
          taken.forEach((one, i) => {
            if (i < count - 1) assertEquals(one.bytes.length, first);
            else assertEquals(one.bytes.length <= first, true);
          });
        }
        assertEquals(queue.byteLength, 0);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("time to live, type of service, loopback and interface as the socket has them", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 1, mayBroadcast: true });
  const { packet } = bench;
  const facts = (destination: number) => {
    packet.interfaceIndex = -1;
    socket.send(bytes(1), destination, 9);
    bench.next();
    const { hopLimit, trafficClass, loopsBack, interfaceIndex } = packet;
    return [hopLimit, trafficClass, loopsBack, interfaceIndex];
  };
  const group = parseIpv4("239.1.1.1");
  assertEquals(facts(peer).slice(0, 2), [0, 0]);
  assertEquals(facts(group), [1, 0, true, -1]);
  socket.hopLimit = 3;
  socket.multicastHopLimit = 7;
  socket.trafficClass = 0xb8;
  socket.multicastLoop = false;
  socket.multicastInterface = 2;
  assertEquals(facts(peer), [3, 0xb8, true, -1]);
  assertEquals(facts(group), [7, 0xb8, false, 2]);
  assertEquals(facts(0xffffffff), [3, 0xb8, true, 2]);
  assertEquals(facts(broadcast), [3, 0xb8, true, -1]);
  socket.multicastHopLimit = 0;
  assertEquals(facts(group)[0], -1);
});

Deno.test("time to live and type of service of what came are told", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 53 });
  bench.packet.hopLimit = 61;
  bench.packet.trafficClass = 0xb9;
  bench.hear(53);
  socket.receive(new Uint8Array(3));
  assertEquals([socket.receivedHopLimit, socket.receivedTrafficClass], [61, 0xb9]);
});

Deno.test("checksums: none sent when told so, none accepted when told so, one of zero sent as ones", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 1 });
  socket.sendsChecksum = false;
  socket.send(bytes(4), peer, 9);
  const { packet } = bench;
  packet.bytes.fill(0xa5);
  assertEquals(bench.udp.encapsulate(packet, 14, 34, 0), 12);
  assertEquals([packet.bytes[40], packet.bytes[41], packet.checksumStart], [0, 0, 0]);
  const plain = encodeUdp({ sourcePort: 7, destinationPort: 1, payload: bytes(4) });
  assertEquals(bench.hearBytes(plain), Verdict.Ok);
  socket.requiresChecksum = true;
  assertEquals(bench.hearBytes(plain), Verdict.Filtered);
  assertEquals(bench.hear(1), Verdict.Ok);

  socket.sendsChecksum = true;
  const payload = new Uint8Array(2);
  const base = encodeUdp({
    sourcePort: 1,
    destinationPort: 9,
    payload,
    source: own,
    destination: peer,
  });
  // What the checksum is without the payload makes the sum all ones, and the checksum zero.
  writeU16(payload, 0, (base[6]! << 8) | base[7]!);
  socket.send(payload, peer, 9);
  assertEquals(bench.next()!.checksum, 0xffff);
});

Deno.test("what a router says of the path bounds what must not be fragmented, for ten minutes", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 1, mayFragment: false });
  socket.connect(peer, 9);
  assertEquals(socket.send(bytes(1472)), Verdict.Ok);
  assertEquals(socket.send(bytes(1473)), Verdict.BadLength);
  bench.next();
  bench.fail(socket, 3, 4, 1400);
  assertEquals([socket.pathMtu, socket.takeError()], [1400, UdpError.MessageTooLong]);
  assertEquals(socket.send(bytes(1373)), Verdict.BadLength);
  assertEquals(socket.send(bytes(1372)), Verdict.Ok);
  assertEquals(socket.send(bytes(1472), peer + 1, 9), Verdict.Ok);
  // Nobody talks us into tiny datagrams, or into longer ones.
  bench.fail(socket, 3, 4, 68);
  assertEquals(socket.pathMtu, 552);
  bench.fail(socket, 3, 4, 1400);
  assertEquals(socket.pathMtu, 552);
  bench.udp.encapsulate(bench.packet, 14, 34, 600_000);
  assertEquals(socket.pathMtu, Infinity);
  socket.mayFragment = true;
  socket.takeError();
  bench.fail(socket, 3, 4, 1300);
  assertEquals([socket.pathMtu, socket.takeError()], [1300, UdpError.None]);
});

Deno.test("datagrams from one sender are taken in one go, as far as there is room", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 53 });
  const lengths = new Uint16Array(3);
  const target = new Uint8Array(20).fill(0xa5);
  assertEquals(socket.receiveRun(target, lengths), 0);
  const sizes: [number, number][] = [[5, 7], [0, 7], [6, 7], [1, 7], [30, 7], [2, 8], [19, 8], [
    1,
    8,
  ]];
  sizes.forEach(([size, sourcePort], i) => bench.hear(53, bytes(size, i), { sourcePort }));
  const take = () => [...lengths.subarray(0, socket.receiveRun(target, lengths))];
  assertEquals([take(), socket.sourcePort, socket.datagramLength], [[5, 0, 6], 7, 5]);
  assertEquals([...target.subarray(0, 12)], [...bytes(5, 0), ...bytes(6, 2), 0xa5]);
  assertEquals(take(), [1]);
  // One that is longer than the target loses its end.
  assertEquals([take(), socket.datagramLength], [[20], 30]);
  assertEquals([take(), socket.sourcePort], [[2], 8]);
  assertEquals([take(), take()], [[19, 1], []]);
});

Deno.test("of a super-datagram as many datagrams are kept as there is room for, the others counted", () => {
  for (
    const [room, kept, drops] of [[1000, 4, 0], [999, 3, 1], [900, 3, 1], [299, 0, 4]] as const
  ) {
    const bench = new Bench();
    const socket = bench.bind({ localPort: 53, receiveLimit: room });
    const payload = bytes(1000);
    const datagram = encodeUdp({ sourcePort: 7, destinationPort: 53, payload });
    const { packet } = bench;
    packet.bytes.set(datagram, 34);
    packet.length = 34 + datagram.length;
    packet.source = peer;
    packet.destination = own;
    packet.segmentSize = 300;
    const verdict = bench.udp.demux(packet, 34, packet.length, 0);
    assertEquals(verdict, kept > 0 ? Verdict.Ok : Verdict.QueueFull);
    const { inDatagrams, rcvbufErrors, inErrors } = bench.udp.counters;
    assertEquals([inDatagrams, rcvbufErrors, inErrors], [kept, drops, drops]);
    assertEquals([socket.readableCount, socket.receiveDrops], [kept, drops]);
  }
  const bench = new Bench();
  const socket = bench.bind({ localPort: 53, datagramLimit: 2 });
  socket.connect(peer, 9);
  const { packet } = bench;
  packet.bytes.set(encodeUdp({ sourcePort: 7, destinationPort: 53, payload: bytes(900) }), 34);
  packet.length = 34 + 908;
  packet.source = peer;
  packet.segmentSize = 300;
  assertEquals(bench.udp.demux(packet, 34, packet.length, 0), Verdict.NoPort);
  socket.connect(peer, 7);
  packet.segmentSize = 300;
  assertEquals(bench.udp.demux(packet, 34, packet.length, 0), Verdict.Ok);
  assertEquals(socket.readableCount, 2);
});

Deno.test("members of a port share super-datagrams, and each of many gets its copy", () => {
  const bench = new Bench();
  const sockets = [1, 2].map(() => bench.bind({ localPort: 53, reuseAddress: true }));
  const { packet } = bench;
  const hear = (isLinkBroadcast: boolean) => {
    packet.bytes.set(encodeUdp({ sourcePort: 7, destinationPort: 53, payload: bytes(900) }), 34);
    packet.length = 34 + 908;
    packet.source = peer;
    packet.destination = isLinkBroadcast ? broadcast : own;
    packet.isLinkBroadcast = isLinkBroadcast;
    packet.segmentSize = 300;
    assertEquals(bench.udp.demux(packet, 34, packet.length, 0), Verdict.Ok);
    return sockets.map((socket) => socket.readableCount);
  };
  assertEquals(hear(false), [0, 3]);
  assertEquals(hear(true), [3, 6]);
});

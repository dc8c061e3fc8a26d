import { assert, assertEquals, assertThrows } from "@std/assert";
import { BaseNode, Packet, SeededRandom, Verdict } from "@octet/wire";
import { Bench, broadcast, own, peer } from "./_bench_test.ts";
import { UdpError } from "./error.ts";
import { encodeUdp } from "./frame.ts";
import { UdpSocket } from "./socket.ts";
import type { UdpSocketOptions } from "./socket_options.ts";
import { emptyDatagram } from "./udp.ts";

Deno.test("a datagram reaches the socket on its port, and says from whom and to whom", () => {
  const bench = new Bench();
  let told = 0;
  const socket = bench.bind({ localPort: 53, onReadable: () => told++ });
  assertEquals(bench.hear(53), Verdict.Ok);
  assertEquals(bench.hear(53, new Uint8Array(0)), Verdict.Ok);
  assertEquals([told, socket.readableCount, socket.nextLength], [2, 2, 3]);
  const target = new Uint8Array(8);
  assertEquals(socket.receive(target), 3);
  assertEquals([...target], [1, 2, 3, 0, 0, 0, 0, 0]);
  assertEquals([socket.sourceAddress, socket.sourcePort, socket.destinationAddress], [
    peer,
    7,
    own,
  ]);
  assertEquals([socket.nextLength, socket.receive(target), socket.receive(target)], [0, 0, -1]);
});

Deno.test("a datagram longer than the buffer is cut, and the next one is whole", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 53 });
  bench.hear(53, Uint8Array.of(1, 2, 3, 4));
  bench.hear(53, Uint8Array.of(5, 6));
  const target = new Uint8Array(2);
  assertEquals([socket.receive(target), socket.datagramLength], [2, 4]);
  assertEquals([socket.receive(target), socket.datagramLength], [2, 2]);
  assertEquals([...target], [5, 6]);
});

Deno.test("what is wrong with a datagram is counted by cause", () => {
  const bench = new Bench();
  bench.bind({ localPort: 53 });
  const good = encodeUdp({
    sourcePort: 7,
    destinationPort: 53,
    payload: Uint8Array.of(9),
    source: peer,
    destination: own,
  });
  for (let end = 0; end < 8; end++) {
    assertEquals(bench.hearBytes(good.subarray(0, end)), Verdict.Short);
  }
  assertEquals(bench.hearBytes(good.subarray(0, 8)), Verdict.BadLength);
  const flipped = good.slice();
  flipped[8]! ^= 0x40;
  assertEquals(bench.hearBytes(flipped), Verdict.BadChecksum);
  // RFC 768: without a checksum there is nothing to be wrong.
  flipped.fill(0, 6, 8);
  assertEquals(bench.hearBytes(flipped), Verdict.Ok);
  assertEquals(bench.hear(54), Verdict.NoPort);
  const { inErrors, inCsumErrors, noPorts, inDatagrams } = bench.udp.counters;
  assertEquals([inErrors, inCsumErrors, noPorts, inDatagrams], [10, 1, 1, 1]);
});

Deno.test("a full socket drops what comes, and counts it", () => {
  const cases: [UdpSocketOptions, number][] = [
    [{ receiveLimit: 1000 }, 10],
    [{ datagramLimit: 4 }, 4],
  ];
  for (const [options, room] of cases) {
    const bench = new Bench();
    const socket = bench.bind({ localPort: 53, ...options });
    const payload = new Uint8Array(100);
    for (let i = 0; i < 20; i++) {
      assertEquals(bench.hear(53, payload), i < room ? Verdict.Ok : Verdict.QueueFull);
    }
    assertEquals([socket.receiveDrops, bench.udp.counters.rcvbufErrors], [20 - room, 20 - room]);
    const target = new Uint8Array(100);
    socket.receive(target);
    assertEquals(bench.hear(53, payload), Verdict.Ok);
  }
});

Deno.test("a connected socket hears its peer only", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 53 });
  socket.connect(peer, 7);
  assertEquals(bench.hear(53), Verdict.Ok);
  assertEquals(bench.hear(53, undefined, { sourcePort: 8 }), Verdict.NoPort);
  assertEquals(bench.hear(53, undefined, { source: peer + 1 }), Verdict.NoPort);
  socket.connect(0, 0);
  assertEquals(bench.hear(53, undefined, { sourcePort: 8 }), Verdict.Ok);
});

Deno.test("a socket bound to one address hears that address, and broadcasts", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 53, localAddress: own });
  assertEquals(bench.hear(53), Verdict.Ok);
  assertEquals(bench.hear(53, undefined, { destination: own + 5 }), Verdict.NoPort);
  assertEquals(
    bench.hear(53, undefined, { destination: broadcast, isLinkBroadcast: true }),
    Verdict.Ok,
  );
  socket.receive(new Uint8Array(3));
  socket.receive(new Uint8Array(3));
  assert(socket.isBroadcast);
});

Deno.test("ports: a taken one is refused, a freed one is free, 0 is any", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 53 });
  assertThrows(
    () => bench.bind({ localPort: 53 }),
    RangeError,
    "Cannot bind UDP port 53 as it is already bound",
  );
  socket.close();
  assertEquals(bench.udp.portCount, 0);
  bench.bind({ localPort: 53 });
  const ports = Array.from({ length: 2000 }, () => bench.bind().localPort);
  assertEquals(new Set(ports).size, 2000);
  assert(ports.every((port) => port >= 49_152 && port <= 65_535));
  // RFC 6056: the next port cannot be told from the last.
  assert(ports.some((port, i) => i > 0 && Math.abs(port - ports[i - 1]!) > 1000));
  assertThrows(() => new UdpSocket({ localPort: 65_536 }), RangeError, "Cannot use port 65536");
});

Deno.test("when all ephemeral ports are taken, binding says so", () => {
  const bench = new Bench();
  const sockets = Array.from({ length: 16_384 }, () => bench.bind());
  assertThrows(
    () => bench.bind(),
    RangeError,
    "Cannot bind a UDP port as all from 49152 to 65535 are bound",
  );
  sockets[77]!.close();
  assertEquals(bench.bind().localPort, sockets[77]!.localPort);
});

Deno.test("a node whose life has ended makes way", () => {
  const bench = new Bench();
  class Node extends BaseNode {
    override localPort = 68;
    override demux(): Verdict {
      return Verdict.Ok;
    }
    override encapsulate(): number {
      return 0;
    }
  }
  const node = new Node();
  bench.udp.register(node);
  assertEquals(bench.hear(68), Verdict.Ok);
  node.connectionId++;
  assertEquals(bench.hear(68), Verdict.NoPort);
  assertEquals([node.parent, bench.udp.portCount], [null, 0]);
  bench.udp.register(node);
  assertEquals(bench.hear(68), Verdict.Ok);
});

Deno.test("what is sent carries ports, length and checksum, over whatever stood in the buffer", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 1000 });
  for (const length of [0, 1, 2, 100, 1472]) {
    const payload = Uint8Array.from({ length }, (_, i) => i + 1);
    assertEquals(socket.send(payload, peer, 2000), Verdict.Ok);
    const frame = bench.next()!;
    assertEquals([frame.sourcePort, frame.destinationPort, frame.length], [1000, 2000, length + 8]);
    const { bytes, source, destination } = bench.packet;
    assertEquals(bytes.subarray(frame.payloadOffset, frame.payloadEnd), payload);
    assertEquals([source, destination], [own, peer]);
    assertEquals(bench.next(), null);
  }
});

Deno.test("what does not fit the packet asks for room, and gets the next turn", () => {
  const bench = new Bench();
  const large = bench.bind({ localPort: 1 });
  const small = bench.bind({ localPort: 2 });
  large.send(new Uint8Array(5000), peer, 9);
  small.send(new Uint8Array(1), peer, 9);
  assertEquals(bench.udp.encapsulate(new Packet(1514), 14, 34, 0), -5008);
  const roomy = new Packet(34 + 5008);
  assertEquals(bench.udp.encapsulate(roomy, 14, 34, 0), 5008);
  assertEquals(bench.next()!.sourcePort, 2);
});

Deno.test("what the application may not do, and what it hears", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 1, sendLimit: 10 });
  const one = Uint8Array.of(1);
  assertThrows(() => new UdpSocket().send(one, peer, 1), TypeError, "as the socket is not bound");
  assertThrows(() => socket.send(one), TypeError, "as the socket is not connected");
  assertThrows(() => socket.send(one, peer, 0), RangeError, "Cannot use port 0");
  assertThrows(() => socket.send(new Uint8Array(65_508), peer, 1), RangeError, "at most 65507 fit");
  assertThrows(() => socket.connect(peer, 0), RangeError, "Cannot use port 0");
  assertEquals(socket.send(one, broadcast, 1), Verdict.Filtered);
  socket.mayBroadcast = true;
  assertEquals(socket.send(one, broadcast, 1), Verdict.Ok);
  bench.hasRoute = false;
  assertEquals(socket.send(one, peer, 1), Verdict.NoRoute);
  assertEquals(bench.next(), null);
  assertEquals(bench.udp.counters.sndbufErrors, 1);
});

Deno.test("a full send queue refuses, and tells when there is room again", () => {
  const bench = new Bench();
  let told = 0;
  const socket = bench.bind({ localPort: 1, sendLimit: 10, onWritable: () => told++ });
  const payload = new Uint8Array(6);
  assertEquals(socket.send(payload, peer, 1), Verdict.Ok);
  assertEquals(socket.send(payload, peer, 1), Verdict.QueueFull);
  assertEquals([socket.queuedCount, told], [1, 0]);
  assert(bench.next() !== null);
  assertEquals(told, 1);
  assertEquals(socket.send(payload, peer, 1), Verdict.Ok);
  bench.next();
  assertEquals(told, 1);
});

Deno.test("ICMP errors by what they mean, to a connected socket alone", () => {
  const cases: [number, number, UdpError][] = [
    [3, 0, UdpError.NetworkUnreachable],
    [3, 1, UdpError.HostUnreachable],
    [3, 2, UdpError.ProtocolUnavailable],
    [3, 3, UdpError.ConnectionRefused],
    [3, 4, UdpError.MessageTooLong],
    [3, 10, UdpError.HostUnreachable],
    [11, 0, UdpError.HostUnreachable],
    [4, 0, UdpError.None],
  ];
  for (const [type, code, error] of cases) {
    const bench = new Bench();
    const socket = bench.bind({ localPort: 1 });
    bench.fail(socket, type, code);
    assertEquals(socket.error, UdpError.None);
    socket.connect(peer, 10);
    bench.fail(socket, type, code);
    assertEquals(socket.error, UdpError.None);
    socket.connect(peer, 9);
    bench.fail(socket, type, code);
    assertEquals(socket.takeError(), error, `${type} ${code}`);
    assertEquals(socket.takeError(), UdpError.None);
  }
});

Deno.test("a node may speak from other ports and addresses, and send nothing but a header", () => {
  const bench = new Bench();
  class Node extends BaseNode {
    override localPort = 67;
    left = 1;
    override demux(): Verdict {
      return Verdict.Ok;
    }
    override encapsulate(packet: Packet): number {
      if (this.left-- <= 0) return 0;
      packet.source = own + 1;
      packet.sourcePort = 4011;
      packet.destination = peer;
      packet.destinationPort = 68;
      return emptyDatagram;
    }
  }
  const node = new Node();
  bench.udp.register(node);
  node.requestTurn();
  const frame = bench.next()!;
  assertEquals([frame.sourcePort, frame.destinationPort, frame.length], [4011, 68, 8]);
  assertEquals(bench.packet.source, own + 1);
  assertEquals(bench.next(), null);
});

Deno.test("datagrams in and out at random keep their order and their bytes", () => {
  const bench = new Bench();
  const socket = bench.bind({ localPort: 53, receiveLimit: 20_000 });
  const random = new SeededRandom(4);
  const model: Uint8Array[] = [];
  const target = new Uint8Array(1500);
  for (let step = 0; step < 5000; step++) {
    if (random.uint32() % 2 === 0) {
      const payload = Uint8Array.from({ length: random.uint32() % 1400 }, () => step);
      if (bench.hear(53, payload) === Verdict.Ok) model.push(payload);
    } else {
      const expected = model.shift();
      const length = socket.receive(target);
      assertEquals(length, expected?.length ?? -1);
      if (expected !== undefined) assertEquals(target.subarray(0, length), expected);
    }
  }
});

import { assert, assertEquals } from "@std/assert";
import { EchoClient } from "@octet/icmpv4";
import { Ipv4Prefix, MacAddress, parseIpv4 } from "@octet/netip";
import { UdpError, UdpSocket } from "@octet/udp";
import { Packet, SeededRandom, Verdict } from "@octet/wire";
import { NeighbourState } from "@octet/arp";
import { Stack } from "./stack.ts";
import type { StackOptions } from "./stack_options.ts";

const ipA = parseIpv4("10.0.0.1");
const ipB = parseIpv4("10.0.0.2");
const macA = MacAddress.parse("02:00:00:00:00:0a");
const macB = MacAddress.parse("02:00:00:00:00:0b");

/** Two stacks on one cable, and a clock that only moves when told. */
class Pair {
  readonly a: Stack;
  readonly b: Stack;
  now = 1000;
  /** Every frame that crossed, as its sender and a copy. */
  readonly frames: { from: "a" | "b"; bytes: Uint8Array }[] = [];
  drop: (from: "a" | "b", bytes: Uint8Array) => boolean = () => false;
  readonly #packet = new Packet(65_600);

  constructor(options: Partial<StackOptions> = {}, capacity = 65_600) {
    this.a = new Stack({ random: new SeededRandom(1), hardwareAddress: macA, ...options });
    this.b = new Stack({ random: new SeededRandom(2), hardwareAddress: macB, ...options });
    this.a.addAddress(ipA, 24);
    this.b.addAddress(ipB, 24);
    this.#packet = new Packet(capacity);
  }

  /** Carries frames until both are silent. */
  drive(): void {
    for (let round = 0; round < 10_000; round++) {
      if (!this.#carry("a", this.a, this.b) && !this.#carry("b", this.b, this.a)) return;
    }
    throw new Error("Two stacks never fell silent");
  }

  /** Moves the clock, stopping at every deadline on the way. */
  advance(time: number): void {
    const until = this.now + time;
    for (;;) {
      this.drive();
      const next = Math.min(this.a.deadline(), this.b.deadline());
      if (next > until) break;
      this.now = Math.max(this.now, next);
    }
    this.now = until;
    this.drive();
  }

  #carry(name: "a" | "b", from: Stack, to: Stack): boolean {
    const packet = this.#packet;
    if (from.egress(packet, this.now) === 0) return false;
    const bytes = packet.bytes.slice(0, packet.length);
    this.frames.push({ from: name, bytes });
    if (!this.drop(name, bytes)) to.ingress(packet, this.now);
    return true;
  }
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

Deno.test("a ping resolves the neighbour first and comes back with its round-trip time", () => {
  const pair = new Pair();
  const ping = new EchoClient({ destination: ipB });
  pair.a.icmp.register(ping);
  assertEquals(ping.request(), 1);
  pair.drive();
  const types = pair.frames.map(({ from, bytes }) => `${from} ${bytes[12]! << 8 | bytes[13]!}`);
  assertEquals(types, ["a 2054", "b 2054", "a 2048", "b 2048"]);
  const result = ping.takeResult()!;
  assertEquals([result.kind, result.source, result.length, result.hopLimit, result.isDuplicate], [
    "reply",
    ipB,
    56,
    64,
    false,
  ]);
  assertEquals(pair.b.counters.IcmpInEchos, 1);
  assertEquals(pair.b.counters.IcmpOutEchoReps, 1);
  assertEquals(pair.a.counters.IpInDelivers, 1);
  assertEquals(pair.a.arp!.cache.stateOf(ipB), NeighbourState.Reachable);
});

Deno.test("a ping of 65,507 bytes crosses in fragments, both ways, through small packets", () => {
  const pair = new Pair({}, 1514);
  const ping = new EchoClient({ destination: ipB, length: 0 });
  pair.a.icmp.register(ping);
  ping.request();
  pair.drive();
  assertEquals(ping.takeResult()?.length, 0);
  ping.length = 65_507;
  ping.request();
  pair.drive();
  assertEquals(ping.takeResult()?.length, 65_507);
  assertEquals(pair.b.counters.IpReasmOKs, 1);
  assertEquals(pair.a.counters.IpReasmOKs, 1);
  assertEquals(pair.a.counters.IpFragOKs, 1);
  assertEquals(pair.a.counters.IpFragCreates, 45);
  assertEquals(pair.b.ipv4.reassembler.memory, 0);
});

Deno.test("datagrams of every awkward size arrive as they were sent", () => {
  const pair = new Pair({}, 1514);
  const a = new UdpSocket({ localPort: 1000 });
  const b = new UdpSocket({ localPort: 2000 });
  pair.a.udp.register(a);
  pair.b.udp.register(b);
  const target = new Uint8Array(65_507);
  for (const length of [0, 1, 17, 18, 19, 1471, 1472, 1473, 1480, 2953, 40_000, 65_507]) {
    const payload = Uint8Array.from({ length }, (_, i) => i * 7 + length);
    assertEquals(a.send(payload, ipB, 2000), Verdict.Ok);
    pair.drive();
    assertEquals(b.receive(target), length);
    assertEquals(target.subarray(0, length), payload);
    assertEquals([b.sourceAddress, b.sourcePort, b.destinationAddress], [ipA, 1000, ipB]);
    assertEquals(b.receive(target), -1);
  }
  assertEquals(pair.b.counters.UdpInCsumErrors, 0);
});

Deno.test("small datagrams are not starved by large ones that wait for room, nor the other way", () => {
  const pair = new Pair({}, 1514);
  const sockets = [1, 2, 3].map((port) => new UdpSocket({ localPort: port }));
  for (const socket of sockets) pair.a.udp.register(socket);
  const b = new UdpSocket({ localPort: 9 });
  pair.b.udp.register(b);
  // A neighbour that is not known yet has room for one frame only.
  pair.a.arp!.query(ipB, pair.now);
  pair.drive();
  for (let i = 0; i < 5; i++) {
    sockets[0]!.send(new Uint8Array(5000), ipB, 9);
    sockets[1]!.send(new Uint8Array(10), ipB, 9);
    sockets[2]!.send(new Uint8Array(3000), ipB, 9);
  }
  pair.drive();
  const ports: number[] = [];
  const target = new Uint8Array(8);
  while (b.receive(target) >= 0) ports.push(b.sourcePort);
  assertEquals(ports.filter((port) => port === 2).length, 5);
  assertEquals(ports.filter((port) => port === 3).length, 5);
  assertEquals(ports.filter((port) => port === 1).length, 5);
});

Deno.test("a port that nobody is bound to refuses a connected socket", () => {
  const pair = new Pair();
  let told = 0;
  const socket = new UdpSocket({ onReadable: () => told++ });
  pair.a.udp.register(socket);
  assert(socket.localPort >= 49_152);
  socket.connect(ipB, 4242);
  socket.send(text("anybody?"));
  pair.drive();
  assertEquals(socket.takeError(), UdpError.ConnectionRefused);
  assertEquals(socket.takeError(), UdpError.None);
  assertEquals(told, 1);
  assertEquals(pair.b.counters.UdpNoPorts, 1);
  assertEquals(pair.b.counters.IcmpOutDestUnreachs, 1);
  assertEquals(pair.a.counters.IcmpInDestUnreachs, 1);
});

Deno.test("a neighbour that is silent is asked three times, then its sender hears that", () => {
  const pair = new Pair();
  pair.drop = () => true;
  const socket = new UdpSocket();
  pair.a.udp.register(socket);
  socket.connect(ipB, 9);
  socket.send(text("one"));
  socket.send(text("two"));
  pair.advance(2999);
  assertEquals(pair.frames.length, 3);
  assertEquals(socket.error, UdpError.None);
  pair.advance(1);
  assertEquals(pair.frames.length, 3);
  assertEquals(socket.takeError(), UdpError.HostUnreachable);
  assertEquals(pair.a.arp!.cache.stateOf(ipB), NeighbourState.Failed);
  assertEquals(pair.a.counters.ArpHeldDrops, 2);
  assertEquals(pair.a.deadline(), Infinity);

  pair.drop = () => false;
  const target = new Uint8Array(8);
  const b = new UdpSocket({ localPort: 9 });
  pair.b.udp.register(b);
  socket.send(text("three"));
  pair.drive();
  assertEquals(b.receive(target), 5);
});

Deno.test("what waits for a neighbour goes out in order when the answer comes: also a burst of a hundred", () => {
  const pair = new Pair();
  const a = new UdpSocket({ localPort: 1 });
  const b = new UdpSocket({ localPort: 2 });
  pair.a.udp.register(a);
  pair.b.udp.register(b);
  for (let i = 0; i < 100; i++) a.send(Uint8Array.of(i), ipB, 2);
  pair.drive();
  const target = new Uint8Array(16);
  for (let i = 0; i < 100; i++) {
    assertEquals(b.receive(target), 1);
    assertEquals(target[0], i);
  }
  assertEquals(b.receive(target), -1);
});

Deno.test("datagrams to ourselves come back without the link", () => {
  const { a } = new Pair();
  const packet = new Packet(1514);
  const [one, two] = [new UdpSocket({ localPort: 1 }), new UdpSocket({ localPort: 2 })];
  a.udp.register(one);
  a.udp.register(two);
  const target = new Uint8Array(16);
  for (const address of [ipA, parseIpv4("127.0.0.1"), parseIpv4("127.5.5.5")]) {
    assertEquals(one.send(text("hello"), address, 2), Verdict.Ok);
    assertEquals(a.egress(packet, 0), 0);
    assertEquals(two.receive(target), 5);
    assertEquals(two.sourceAddress, address);
  }
  const ping = new EchoClient({ destination: ipA });
  a.icmp.register(ping);
  ping.request();
  assertEquals(a.egress(packet, 0), 0);
  assertEquals(ping.takeResult()?.kind, "reply");
});

Deno.test("two nodes of one host that answer each other forever leave the others their turns", () => {
  const { a } = new Pair();
  const [one, two] = [new UdpSocket({ localPort: 1 }), new UdpSocket({ localPort: 2 })];
  a.udp.register(one);
  a.udp.register(two);
  const target = new Uint8Array(16);
  let bounces = 0;
  one.onReadable = () => {
    bounces++;
    one.receive(target);
    one.send(text("ping"), ipA, 2);
  };
  two.onReadable = () => {
    two.receive(target);
    two.send(text("pong"), ipA, 1);
  };
  one.send(text("ping"), ipA, 2);
  const packet = new Packet(1514);
  assertEquals(a.egress(packet, 0), 0);
  assert(bounces > 0 && bounces < 1000);
  assertEquals(a.deadline(), 0);
});

Deno.test("datagrams off the link go to the gateway of the longest prefix", () => {
  const pair = new Pair();
  const far = parseIpv4("192.0.2.1");
  const socket = new UdpSocket();
  pair.a.udp.register(socket);
  assertEquals(socket.send(text("x"), far, 9), Verdict.NoRoute);
  pair.a.addRoute({ gateway: parseIpv4("10.0.0.254") });
  pair.a.addRoute({ prefix: Ipv4Prefix.parse("192.0.2.0/24"), gateway: ipB, metric: 5 });
  assertEquals(socket.send(text("x"), far, 9), Verdict.Ok);
  pair.drive();
  const last = pair.frames.at(-1)!.bytes;
  assertEquals(last.subarray(0, 6), Uint8Array.of(2, 0, 0, 0, 0, 0x0b));
  assertEquals(last.subarray(30, 34), Uint8Array.of(192, 0, 2, 1));
  assertEquals(pair.b.counters.IpInAddrErrors, 1);
  assertEquals(pair.b.counters.DropNotForUs, 1);
  assertEquals(pair.a.removeRoute(Ipv4Prefix.parse("192.0.2.0/24")), 1);
  assertEquals(pair.a.ipv4.routes.find(far)!.gateway, parseIpv4("10.0.0.254"));
});

Deno.test("a stack on a TUN device speaks IP without Ethernet", () => {
  const pair = new Pair({ link: "ip" });
  const ping = new EchoClient({ destination: ipB });
  pair.a.icmp.register(ping);
  ping.request();
  pair.drive();
  assertEquals(pair.frames.map(({ bytes }) => bytes[0]), [0x45, 0x45]);
  assertEquals(ping.takeResult()?.kind, "reply");
  assertEquals(pair.a.arp, null);
});

Deno.test("two stacks in one VLAN meet, and those outside do not hear them", () => {
  const pair = new Pair({ vlanId: 7 });
  const ping = new EchoClient({ destination: ipB });
  pair.a.icmp.register(ping);
  ping.request();
  pair.drive();
  assertEquals(ping.takeResult()?.kind, "reply");
  assertEquals(
    pair.frames[0]!.bytes.subarray(0, 18),
    Uint8Array.of(
      ...[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0x0a, 0x81, 0x00, 0, 7, 8, 6],
    ),
  );
  const outside = new Stack({ random: new SeededRandom(3), hardwareAddress: macB });
  const packet = new Packet(1514);
  packet.bytes.set(pair.frames[0]!.bytes);
  packet.length = pair.frames[0]!.bytes.length;
  assertEquals(outside.ingress(packet, 0), Verdict.NotForUs);
});

Deno.test("a socket of a host without an address has no route", () => {
  const pair = new Pair();
  pair.a.removeAddress(ipA);
  const client = new UdpSocket({ localPort: 68, mayBroadcast: true });
  const server = new UdpSocket({ localPort: 67, mayBroadcast: true });
  pair.a.udp.register(client);
  pair.b.udp.register(server);
  // The IP layer lets 0.0.0.0 through to the limited broadcast; a socket has no such right.
  assertEquals(client.send(text("?"), 0xffffffff, 67), Verdict.NoRoute);
  assertEquals(pair.a.ipv4.sourceFor(ipB), 0);
});

Deno.test("a TCP connection opens, carries bytes and closes between two stacks", () => {
  const pair = new Pair();
  const listener = pair.b.tcp.listen(80);
  const client = pair.a.tcp.connect({ address: ipB, port: 80 }, pair.now);
  pair.drive();
  const server = listener.accept()!;
  assertEquals(client.write(text("hello")), 5);
  pair.drive();
  const target = new Uint8Array(16);
  assertEquals(server.read(target), 5);
  assertEquals(target.subarray(0, 5), text("hello"));
  assertEquals(pair.a.counters.TcpActiveOpens, 1);
});

Deno.test("bytes that a former frame left in the buffer never leave as padding", () => {
  const stack = new Stack({ random: new SeededRandom(1), hardwareAddress: macA });
  stack.addAddress(ipA, 24);
  stack.arp!.query(ipB, 0);
  const packet = new Packet(1514);
  packet.bytes.fill(0xa5);
  assertEquals(stack.egress(packet, 0), 60);
  assertEquals(packet.bytes.subarray(42, 60), new Uint8Array(18));
  assertEquals(packet.bytes[60], 0xa5);
});

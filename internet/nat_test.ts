import { assert, assertEquals, assertThrows } from "@std/assert";
import { EchoClient } from "@octet/icmpv4";
import { encodeIpv4 } from "@octet/ipv4";
import type { NatOptions } from "@octet/nat";
import { formatIpv4, Ipv4Prefix, parseIpv4 } from "@octet/netip";
import { UdpError, UdpSocket } from "@octet/udp";
import { checksum, Packet, readU16, SeededRandom } from "@octet/wire";
import { Topology } from "./_topology_test.ts";
import type { InterfaceOptions } from "./interface.ts";
import type { Stack } from "./stack.ts";

const outside = parseIpv4("203.0.113.1");
const hello = new TextEncoder().encode("hello");

/** Two hosts inside, a router that translates, and two hosts outside. */
class Home extends Topology {
  readonly alice: Stack;
  readonly bob: Stack;
  readonly gate: Stack;
  readonly server: Stack;
  readonly stranger: Stack;

  constructor(options: Omit<NatOptions, "random"> = {}, far: InterfaceOptions = {}) {
    super();
    this.alice = this.host("alice", "192.168.1.2/24", "192.168.1.1");
    this.bob = this.host("bob", "192.168.1.3/24", "192.168.1.1");
    this.gate = this.router("gate", ["192.168.1.1/24", "203.0.113.1/24"], {}, far);
    this.server = this.host("server", "203.0.113.9/24", "", far);
    this.stranger = this.host("stranger", "203.0.113.10/24", "", far);
    this.gate.translate(this.gate.interfaces[1]!, options);
    this.wire([this.alice, 0], [this.bob, 0], [this.gate, 0]);
    this.wire([this.gate, 1], [this.server, 0], [this.stranger, 0]);
  }

  bind(stack: Stack, localPort: number): UdpSocket {
    const socket = new UdpSocket({ localPort });
    stack.udp.register(socket);
    return socket;
  }

  /** Sends and gives what the other socket got: from where, or nothing. */
  say(from: UdpSocket, to: UdpSocket, address: string | number, port: number): string {
    from.send(hello, typeof address === "string" ? parseIpv4(address) : address, port);
    this.drive();
    const buffer = new Uint8Array(100);
    if (to.receive(buffer) < 0) return "nothing";
    return `${formatIpv4(to.sourceAddress)}:${to.sourcePort}`;
  }
}

Deno.test("UDP out and back: the port stays, and the parity where it cannot (RFC 4787 REQ-3, REQ-4)", () => {
  const net = new Home();
  const server = net.bind(net.server, 53);
  const alice = net.bind(net.alice, 5000);
  const bob = net.bind(net.bob, 5000);
  assertEquals(net.say(alice, server, "203.0.113.9", 53), "203.0.113.1:5000");
  const second = net.say(bob, server, "203.0.113.9", 53);
  const port = Number(second.split(":")[1]);
  assert(port !== 5000 && port % 2 === 0 && port >= 1024, second);
  assertEquals(net.say(server, alice, outside, 5000), "203.0.113.9:53");
  assertEquals(net.say(server, bob, outside, port), "203.0.113.9:53");
  for (const socket of [net.bind(net.alice, 600), net.bind(net.bob, 600)]) {
    const low = net.say(socket, server, "203.0.113.9", 53).split(":")[1];
    assert(Number(low) < 1024 && Number(low) % 2 === 0);
  }
});

Deno.test("a mapping is the same for every destination (RFC 4787 REQ-1)", () => {
  const net = new Home();
  const alice = net.bind(net.alice, 50_001);
  const seen = [
    net.say(alice, net.bind(net.server, 1000), "203.0.113.9", 1000),
    net.say(alice, net.bind(net.server, 1001), "203.0.113.9", 1001),
    net.say(alice, net.bind(net.stranger, 1000), "203.0.113.10", 1000),
  ];
  assertEquals(new Set(seen).size, 1);
  assertEquals(net.gate.nat!.mappingCount, 1);
});

Deno.test("whom a mapping lets in, by each filter (RFC 4787 §5)", () => {
  for (
    const [filtering, otherPort, stranger] of [
      ["endpoint-independent", true, true],
      ["address-dependent", true, false],
      ["address-and-port-dependent", false, false],
    ] as const
  ) {
    const net = new Home({ filtering });
    const alice = net.bind(net.alice, 5000);
    const known = net.bind(net.server, 53);
    net.say(alice, known, "203.0.113.9", 53);
    assertEquals(net.say(known, alice, outside, 5000), "203.0.113.9:53");
    const other = net.say(net.bind(net.server, 54), alice, outside, 5000);
    assertEquals(other !== "nothing", otherPort, filtering);
    const unknown = net.say(net.bind(net.stranger, 53), alice, outside, 5000);
    assertEquals(unknown !== "nothing", stranger, filtering);
    assertEquals(net.gate.counters.NatFiltered, Number(!otherPort) + Number(!stranger));
  }
});

Deno.test("a mapping ends when it was idle, and only what goes out keeps it (RFC 4787 REQ-5, REQ-6)", () => {
  const net = new Home({ timeouts: { udp: 120_000 } });
  const alice = net.bind(net.alice, 5000);
  const server = net.bind(net.server, 53);
  net.say(alice, server, "203.0.113.9", 53);
  net.advance(100_000);
  net.say(alice, server, "203.0.113.9", 53);
  net.advance(100_000);
  assertEquals(net.say(server, alice, outside, 5000), "203.0.113.9:53");
  net.advance(19_000);
  assertEquals(net.gate.nat!.mappingCount, 1);
  net.advance(2000);
  assertEquals([net.gate.nat!.mappingCount, net.gate.nat!.sessionCount], [0, 0]);
  assertEquals(net.say(server, alice, outside, 5000), "nothing");
  assertEquals(net.gate.nat!.deadline(), Infinity);
});

Deno.test("those inside meet at their outside addresses (RFC 4787 REQ-9)", () => {
  const net = new Home();
  const server = net.bind(net.server, 53);
  const alice = net.bind(net.alice, 5000);
  const bob = net.bind(net.bob, 6000);
  net.say(alice, server, "203.0.113.9", 53);
  net.say(bob, server, "203.0.113.9", 53);
  assertEquals(net.say(alice, bob, outside, 6000), "nothing");
  // Bob has spoken to the router's address now, and so lets it in.
  assertEquals(net.say(bob, alice, outside, 5000), "203.0.113.1:6000");
  assertEquals(net.say(alice, bob, outside, 6000), "203.0.113.1:5000");
  const plain = new Home({ hairpinning: false });
  const carol = plain.bind(plain.alice, 5000);
  const dave = plain.bind(plain.bob, 6000);
  plain.say(dave, plain.bind(plain.server, 53), "203.0.113.9", 53);
  assertEquals(plain.say(carol, dave, outside, 6000), "nothing");
});

Deno.test("a forwarded port lets anybody in, those inside too", () => {
  const net = new Home();
  net.gate.nat!.forward({
    protocol: 17,
    externalAddress: outside,
    externalPort: 8080,
    internalAddress: parseIpv4("192.168.1.3"),
    internalPort: 80,
  });
  const bob = net.bind(net.bob, 80);
  assertEquals(net.say(net.bind(net.stranger, 777), bob, outside, 8080), "203.0.113.10:777");
  assertEquals(net.say(net.bind(net.alice, 778), bob, outside, 8080), "203.0.113.1:778");
  const forward = {
    protocol: 17,
    externalAddress: outside,
    externalPort: 8080,
    internalAddress: 1,
  };
  assertThrows(() => net.gate.nat!.forward(forward), TypeError, "Cannot forward port 8080");
  assertThrows(() => net.gate.nat!.forward({ ...forward, externalPort: 0 }), RangeError);
  assert(net.gate.nat!.unforward(17, outside, 8080));
  assertEquals(net.say(net.bind(net.stranger, 779), bob, outside, 8080), "nothing");
});

Deno.test("TCP opens, carries and closes; open for two hours, closed for four minutes (RFC 5382 REQ-5)", () => {
  const net = new Home({}, { maxSegment: 65_535, checksumOffload: true });
  const listener = net.server.tcp.listen(80);
  const client = net.alice.tcp.connect({ address: parseIpv4("203.0.113.9"), port: 80 }, net.now);
  net.drive();
  const server = listener.accept()!;
  assertEquals(formatIpv4(server.remoteAddress), "203.0.113.1");
  const got = new Uint8Array(70_000);
  const sent = new Uint8Array(30_000).map((_, index) => index * 3);
  for (const [from, to] of [[client, server], [server, client]] as const) {
    let written = 0;
    let read = 0;
    for (let round = 0; round < 50 && read < sent.length; round++) {
      written += from.write(sent, written, sent.length);
      net.drive();
      read += Math.max(0, to.read(got, read, got.length));
      net.advance(50);
    }
    assertEquals(got.subarray(0, read), sent);
  }
  net.advance(7_200_000);
  assertEquals(net.gate.nat!.sessionCount, 1);
  client.close(net.now);
  server.close(net.now);
  net.advance(1000);
  net.advance(230_000);
  assertEquals(net.gate.nat!.sessionCount, 1);
  net.advance(60_000);
  assertEquals([net.gate.nat!.sessionCount, net.gate.nat!.mappingCount], [0, 0]);
});

Deno.test("a SYN that nobody asked for is dropped without a word (RFC 5382 REQ-4 a)", () => {
  const net = new Home();
  const listener = net.server.tcp.listen(80);
  const target = { address: parseIpv4("203.0.113.9"), port: 80, localPort: 5000 };
  net.alice.tcp.connect(target, net.now);
  net.drive();
  assert(listener.accept() !== null);
  net.stranger.tcp.connect({ address: outside, port: 5000 }, net.now);
  net.crossings.length = 0;
  net.advance(10_000);
  assertEquals(net.datagrams().filter(({ from }) => from !== "stranger"), []);
  assert(net.gate.counters.NatFiltered! >= 1);
  assertEquals(net.gate.counters.IcmpOutMsgs, 0);
});

Deno.test("pings pass, two hosts with one identifier apart (RFC 5508 REQ-1)", () => {
  const net = new Home();
  net.ping(net.gate, "203.0.113.9");
  const pings = [net.alice, net.bob].map((host) => {
    const ping = new EchoClient({ destination: parseIpv4("203.0.113.9"), identifier: 77 });
    host.icmp.register(ping);
    ping.request();
    return ping;
  });
  net.drive();
  assertEquals(pings.map((ping) => ping.takeResult()?.kind), ["reply", "reply"]);
  assertEquals(net.ping(net.stranger, "203.0.113.1")!.kind, "reply");
  net.advance(61_000);
  assertEquals(net.gate.nat!.mappingCount, 0);
});

Deno.test("errors find the host inside, and quote what it sent (RFC 5508 §4)", () => {
  const net = new Home();
  const alice = net.bind(net.alice, 5000);
  alice.connect(parseIpv4("203.0.113.9"), 99);
  alice.send(hello);
  net.drive();
  assertEquals(alice.takeError(), UdpError.ConnectionRefused);
  const error = net.datagrams().filter(({ from, bytes }) => from === "gate" && bytes[9] === 1).at(
    -1,
  )!;
  const quote = error.bytes.subarray(28);
  assertEquals(checksum(error.bytes, 20, error.bytes.length), 0);
  assertEquals(checksum(quote, 0, 20), 0);
  assertEquals([...quote.subarray(12, 16), readU16(quote, 20)], [192, 168, 1, 2, 5000]);
  const closed = net.alice.tcp.connect({ address: parseIpv4("203.0.113.9"), port: 9 }, net.now);
  net.drive();
  assertEquals(closed.isOpen, false);
  // The other way: a server inside that is not there.
  const gate = net.gate.nat!;
  gate.forward({
    protocol: 17,
    externalAddress: outside,
    externalPort: 8080,
    internalAddress: parseIpv4("192.168.1.3"),
  });
  const stranger = net.bind(net.stranger, 777);
  stranger.connect(outside, 8080);
  stranger.send(hello);
  net.drive();
  assertEquals(stranger.takeError(), UdpError.ConnectionRefused);
  // And a host inside that is not there at all: the router says so, of the address that was asked.
  gate.forward({
    protocol: 17,
    externalAddress: outside,
    externalPort: 8081,
    internalAddress: parseIpv4("192.168.1.77"),
  });
  stranger.connect(outside, 8081);
  stranger.send(hello);
  net.advance(5000);
  assertEquals(stranger.takeError(), UdpError.HostUnreachable);
  alice.connect(parseIpv4("203.0.113.77"), 99);
  alice.send(hello);
  net.advance(5000);
  assertEquals(alice.takeError(), UdpError.HostUnreachable);
});

Deno.test("traceroute sees the hops through the NAT", () => {
  const home = new Home();
  const second = home.router("beyond", ["203.0.113.50/24", "198.51.100.1/24"]);
  const last = home.host("far", "198.51.100.2/24", "198.51.100.1");
  home.gate.addRoute({ gateway: parseIpv4("203.0.113.50") });
  home.join(1, [second, 0]);
  home.wire([second, 1], [last, 0]);
  const hops = [1, 2, 3].map((hopLimit) => {
    const result = home.ping(home.alice, "198.51.100.2", { hopLimit })!;
    return `${result.type} ${formatIpv4(result.source)}`;
  });
  assertEquals(hops, ["11 192.168.1.1", "11 203.0.113.50", "0 198.51.100.2"]);
});

Deno.test("fragments are put together, translated and cut again (RFC 4787 REQ-14)", () => {
  const net = new Home();
  assertEquals(net.ping(net.alice, "203.0.113.9")!.kind, "reply");
  const large = net.ping(net.alice, "203.0.113.9", { length: 5000 })!;
  assertEquals([large.kind, large.length], ["reply", 5000]);
});

Deno.test("tables have bounds, for all and for each host", () => {
  const net = new Home({ hostLimit: 10, mappingLimit: 15 });
  const server = net.bind(net.server, 53);
  const tell = (host: Stack) => {
    let heard = 0;
    for (let i = 0; i < 20; i++) {
      if (net.say(net.bind(host, 2000 + i), server, "203.0.113.9", 53) !== "nothing") heard++;
    }
    return heard;
  };
  assertEquals([tell(net.alice), tell(net.bob)], [10, 5]);
  assertEquals(net.gate.nat!.mappingCount, 15);
  assertEquals(net.gate.counters.NatTableFull, 25);
});

Deno.test("what is not translated stays itself: the router's own traffic, and what comes for it", () => {
  const net = new Home();
  const own = net.bind(net.gate, 5000);
  const server = net.bind(net.server, 53);
  assertEquals(net.say(own, server, "203.0.113.9", 53), "203.0.113.1:5000");
  assertEquals(net.say(server, own, outside, 5000), "203.0.113.9:53");
  // A host inside that wants the port the router uses gets another.
  assert(net.say(net.bind(net.alice, 5000), server, "203.0.113.9", 53) !== "203.0.113.1:5000");
  assertEquals(net.say(net.bind(net.alice, 5001), own, "192.168.1.1", 5000), "192.168.1.2:5001");
});

Deno.test("from outside nothing comes in without a mapping, though a route leads there", () => {
  const net = new Home();
  net.server.addRoute({ prefix: Ipv4Prefix.parse("192.168.1.0/24"), gateway: outside });
  const alice = net.bind(net.alice, 5000);
  assertEquals(net.say(net.bind(net.server, 53), alice, "192.168.1.2", 5000), "nothing");
  assertEquals(net.ping(net.server, "192.168.1.2"), null);
});

Deno.test("the address outside goes, and its mappings with it", () => {
  const net = new Home();
  net.say(net.bind(net.alice, 5000), net.bind(net.server, 53), "203.0.113.9", 53);
  net.gate.removeAddress(outside);
  assertEquals([net.gate.nat!.mappingCount, net.gate.nat!.sessionCount], [0, 0]);
});

Deno.test("hostile datagrams from either side keep sums right and tables bounded", () => {
  const random = new SeededRandom(3);
  const net = new Home({ filtering: "endpoint-independent", mappingLimit: 50, sessionLimit: 80 });
  net.ping(net.alice, "203.0.113.9");
  const packet = new Packet(2100);
  const addresses = ["192.168.1.2", "192.168.1.3", "203.0.113.1", "203.0.113.9", "192.168.1.1"]
    .map(parseIpv4);
  const pick = (list: number[]) => list[random.uint32() % list.length]!;
  for (let i = 0; i < 20_000; i++) {
    const protocol = pick([1, 6, 17, 47]);
    const length = random.uint32() % 80;
    const payload = Uint8Array.from(
      { length },
      () => random.uint32() % 4 === 0 ? random.uint32() : 0,
    );
    if (protocol === 1 && length > 0) payload[0] = pick([0, 3, 5, 8, 11, 12, 13, 14]);
    if (protocol === 1 && length >= 40) {
      const quote = encodeIpv4({
        source: pick(addresses),
        destination: pick(addresses),
        protocol: pick([1, 6, 17]),
        payload: payload.subarray(28, length - 8),
      });
      payload.set(quote.subarray(0, length - 8), 8);
    }
    const side = random.uint32() % 2;
    const bytes = encodeIpv4({
      source: pick(addresses),
      destination: pick(addresses),
      protocol,
      payload,
    });
    net.gate.interfaces[side]!.hardwareAddress.writeTo(packet.bytes, 0);
    packet.bytes.set([2, 0, 0, 0, 0, 9, 8, 0], 6);
    packet.bytes.set(bytes, 14);
    packet.length = 14 + bytes.length;
    packet.interfaceIndex = side;
    packet.checksumVerified = i % 2 === 0;
    packet.checksumStart = 0;
    packet.segmentSize = 0;
    net.gate.ingress(packet, net.now);
    while (net.gate.egress(packet, net.now) > 0) {
      if (packet.bytes[13] === 0) assertEquals(checksum(packet.bytes, 14, 34), 0);
    }
    assert(net.gate.nat!.mappingCount <= 50 && net.gate.nat!.sessionCount <= 80);
    net.now += random.uint32() % 2000;
  }
  net.advance(10_000_000);
  assertEquals([net.gate.nat!.mappingCount, net.gate.nat!.sessionCount], [0, 0]);
});

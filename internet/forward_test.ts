import { assert, assertEquals } from "@std/assert";
import { Ipv4Frame } from "@octet/ipv4";
import { encodeIpv4, encodeRecordRoute, type Ipv4Fields } from "@octet/ipv4";
import { formatIpv4, Ipv4Prefix, parseIpv4 } from "@octet/netip";
import { UdpSocket } from "@octet/udp";
import { checksum, Packet, SeededRandom, Verdict, verdictName } from "@octet/wire";
import { Topology } from "./_topology_test.ts";
import type { InterfaceOptions } from "./interface.ts";
import type { Stack } from "./stack.ts";
import type { StackOptions } from "./stack_options.ts";

/** left 10.0.1.2 — (10.0.1.1) router (10.0.2.1) — right 10.0.2.2 */
class Routed extends Topology {
  readonly left: Stack;
  readonly right: Stack;
  readonly middle: Stack;

  constructor(
    near: Partial<StackOptions> = {},
    far: InterfaceOptions = {},
    router: Partial<StackOptions> = {},
  ) {
    super();
    this.left = this.host("left", "10.0.1.2/24", "10.0.1.1", near);
    this.middle = this.router(
      "router",
      ["10.0.1.1/24", "10.0.2.1/24"],
      { ...near, ...router },
      far,
    );
    this.right = this.host("right", "10.0.2.2/24", "10.0.2.1", far);
    this.wire([this.left, 0], [this.middle, 0]);
    this.wire([this.middle, 1], [this.right, 0]);
  }

  /** What the router does with a datagram that comes in from the left, as if left had sent it. */
  hear(fields: Partial<Ipv4Fields>, change: (packet: Packet) => void = () => {}): string {
    const bytes = encodeIpv4({
      source: parseIpv4("10.0.1.2"),
      destination: parseIpv4("10.0.2.2"),
      protocol: 253,
      payload: new Uint8Array(32),
      ...fields,
    });
    const packet = new Packet(2000);
    this.middle.interfaces[0]!.hardwareAddress.writeTo(packet.bytes, 0);
    packet.bytes.set([2, 0, 0, 0, 0, 9, 8, 0], 6);
    packet.bytes.set(bytes, 14);
    packet.length = 14 + bytes.length;
    change(packet);
    return verdictName(this.middle.ingress(packet, this.now));
  }
}

Deno.test("a router takes one hop, keeps the header sum right, and answers come back", () => {
  const net = new Routed();
  const result = net.ping(net.left, "10.0.2.2")!;
  assertEquals([result.kind, result.hopLimit], ["reply", 63]);
  const frame = new Ipv4Frame();
  for (const { from, bytes } of net.datagrams()) {
    frame.reset(bytes, 0, bytes.length);
    assertEquals(frame.validate(), Verdict.Ok);
    assertEquals(checksum(bytes, 0, 20), 0);
    assertEquals(frame.timeToLive, from === "router" ? 63 : 64);
  }
  assertEquals(net.middle.counters.IpForwDatagrams, 2);
  assertEquals(net.middle.interfaces.map(({ counters }) => counters.outPackets), [1, 1]);
});

Deno.test("the checksum of a header survives every hop count and sum (RFC 1624)", () => {
  const net = new Routed();
  net.ping(net.left, "10.0.2.2");
  net.datagrams();
  for (let identification = 0; identification < 2048; identification++) {
    net.hear({ identification: identification * 32, timeToLive: 2 + identification % 254 });
    net.drive();
    const [passed] = net.datagrams();
    assertEquals(checksum(passed!.bytes, 0, 20), 0);
  }
});

Deno.test("who arrives with no hop left is told by the router's near address (RFC 1812 §5.3.1)", () => {
  const net = new Routed();
  const { kind, type, code, source } = net.ping(net.left, "10.0.2.2", { hopLimit: 1 })!;
  assertEquals([kind, type, code, formatIpv4(source)], ["error", 11, 0, "10.0.1.1"]);
  assertEquals(net.middle.counters.IcmpOutTimeExcds, 1);
  assertEquals(net.ping(net.left, "10.0.1.1", { hopLimit: 1 })!.kind, "reply");
});

Deno.test("no route, and no neighbour, are told (RFC 1812 §5.2.7.1)", () => {
  const net = new Routed();
  const far = net.ping(net.left, "10.9.9.9")!;
  assertEquals([far.kind, far.type, far.code], ["error", 3, 0]);
  const silent = net.ping(net.left, "10.0.2.77")!;
  assertEquals([silent.kind, silent.type, silent.code], ["error", 3, 1]);
  assertEquals(formatIpv4(silent.source), "10.0.1.1");
});

Deno.test("what is too long is cut where it may be, else its sender is told the MTU (RFC 1191)", () => {
  const net = new Routed({}, { mtu: 1000 });
  // A neighbour that is yet to be found costs all but the last fragment (RFC 1122 §2.3.2.2).
  net.ping(net.left, "10.0.2.2");
  const fixed = net.ping(net.left, "10.0.2.2", { length: 1200, mayFragment: false })!;
  assertEquals([fixed.type, fixed.code, fixed.info], [3, 4, 1000]);
  const cut = net.ping(net.left, "10.0.2.2", { length: 1400 })!;
  assertEquals([cut.kind, cut.length], ["reply", 1400]);
  // Fragments of 1500 bytes are cut again, and those fragments put together by the far end alone.
  const twice = net.ping(net.left, "10.0.2.2", { length: 20_000 })!;
  assertEquals([twice.kind, twice.length], ["reply", 20_000]);
  assertEquals(net.middle.counters.IpReasmReqds, 0);
  assert(net.middle.counters.IpFragOKs! > 10);
});

Deno.test("TCP finds the MTU of a narrow link behind the router", () => {
  const net = new Routed({}, { mtu: 600 });
  const listener = net.right.tcp.listen(80);
  const client = net.left.tcp.connect({ address: parseIpv4("10.0.2.2"), port: 80 }, net.now);
  net.drive();
  const server = listener.accept()!;
  const sent = new Uint8Array(50_000).map((_, index) => index);
  const got: number[] = [];
  let written = 0;
  const chunk = new Uint8Array(65_536);
  for (let round = 0; round < 500 && got.length < sent.length; round++) {
    written += client.write(sent, written, sent.length);
    net.advance(20);
    got.push(...chunk.subarray(0, Math.max(0, server.read(chunk))));
  }
  assertEquals(Uint8Array.from(got), sent);
});

Deno.test("super-segments pass whole, or are cut for an interface that cannot", () => {
  const offload = { maxSegment: 65_535, checksumOffload: true };
  for (const [near, far] of [[offload, offload], [offload, {}], [{}, offload], [{}, {}]] as const) {
    const net = new Routed(near, far);
    const listener = net.right.tcp.listen(80);
    const client = net.left.tcp.connect({ address: parseIpv4("10.0.2.2"), port: 80 }, net.now);
    net.drive();
    const server = listener.accept()!;
    const sent = new Uint8Array(60_000).map((_, index) => index * 7);
    const got = new Uint8Array(60_000);
    let written = 0;
    let read = 0;
    for (let round = 0; round < 100 && read < sent.length; round++) {
      written += client.write(sent, written, sent.length);
      net.drive();
      read += Math.max(0, server.read(got, read, got.length));
      net.advance(50);
    }
    assertEquals(got, sent);
    assertEquals(net.left.counters.TcpRetransSegs, 0);
    const passed = net.crossings.filter(({ from }) => from === "router");
    const longest = Math.max(...passed.map(({ bytes }) => bytes.length));
    assertEquals(longest > 1514, near === offload && far === offload);
  }
});

Deno.test("what may not pass does not: link broadcasts, groups, link-local, martians (RFC 1812 §5.3)", () => {
  const cases: [string, Partial<Ipv4Fields>, string][] = [
    ["a directed broadcast of a far subnet", { destination: parseIpv4("10.0.2.255") }, "Filtered"],
    ["a group", { destination: parseIpv4("239.1.2.3") }, "Filtered"],
    ["link-local destination", { destination: parseIpv4("169.254.3.4") }, "Filtered"],
    ["link-local source", { source: parseIpv4("169.254.3.4") }, "Filtered"],
    ["loopback source", { source: parseIpv4("127.0.0.1") }, "Filtered"],
    ["loopback destination", { destination: parseIpv4("127.0.0.1") }, "Filtered"],
    ["class E", { destination: parseIpv4("240.0.0.1") }, "Filtered"],
    ["a group as the source", { source: parseIpv4("224.0.0.1") }, "Filtered"],
    ["our own address as the source", { source: parseIpv4("10.0.2.1") }, "Filtered"],
    ["no source", { source: 0 }, "Filtered"],
    ["no destination", { destination: 1 }, "Filtered"],
  ];
  for (const [name, fields, verdict] of cases) {
    const net = new Routed({}, {}, { sourceValidation: "off" });
    assertEquals(net.hear(fields), verdict, name);
    net.drive();
    assertEquals(net.datagrams(), [], name);
  }
  const net = new Routed();
  assertEquals(net.hear({}, (packet) => packet.bytes.fill(0xff, 0, 6)), "Filtered");
  const promiscuous = new Routed({ promiscuous: true });
  assertEquals(promiscuous.hear({}, (packet) => packet.bytes[5]! ^= 1), "Filtered");
  assertEquals(net.hear({}), "Ok");
});

Deno.test("sources are held against the routes: strict, loose, off (RFC 3704)", () => {
  for (
    const [sourceValidation, beside, nowhere] of [
      ["strict", "Filtered", "Filtered"],
      ["loose", "Ok", "Filtered"],
      ["off", "Ok", "Ok"],
    ] as const
  ) {
    const net = new Routed({}, {}, { sourceValidation });
    assertEquals(net.hear({}), "Ok");
    assertEquals(net.hear({ source: parseIpv4("10.0.2.9") }), beside, sourceValidation);
    assertEquals(net.hear({ source: parseIpv4("10.7.7.7") }), nowhere, sourceValidation);
    const expected = [beside, nowhere].filter((verdict) => verdict === "Filtered").length;
    assertEquals(net.middle.counters.TcpExtIPReversePathFilter, expected);
  }
});

Deno.test("an interface that leads to the Internet refuses what cannot come from there (RFC 6890)", () => {
  const net = new Routed({}, {}, { sourceValidation: "off", filtersBogons: true });
  for (const source of ["10.1.2.3", "100.64.1.1", "192.0.2.1", "198.18.0.1"]) {
    assertEquals(net.hear({ source: parseIpv4(source) }), "Filtered", source);
  }
  assertEquals(net.hear({ source: parseIpv4("9.9.9.9") }), "Ok");
  assertEquals(net.middle.counters.IpExtInBogons, 4);
});

Deno.test("who could have gone straight is told so, and served all the same (RFC 1812 §5.2.7.2)", () => {
  const net = new Topology();
  const host = net.host("host", "10.0.1.2/24", "10.0.1.1");
  const first = net.router("first", ["10.0.1.1/24"]);
  const second = net.router("second", ["10.0.1.3/24", "10.0.2.1/24"]);
  const far = net.host("far", "10.0.2.2/24", "10.0.2.1");
  first.addRoute({ prefix: Ipv4Prefix.parse("10.0.2.0/24"), gateway: parseIpv4("10.0.1.3") });
  net.wire([host, 0], [first, 0], [second, 0]);
  net.wire([second, 1], [far, 0]);
  assertEquals(net.ping(host, "10.0.2.2")!.kind, "reply");
  assertEquals(first.counters.IcmpOutRedirects, 1);
  // A redirect is counted and not believed: the host still asks its own router.
  assertEquals(host.counters.IcmpInRedirects, 1);
  assertEquals(host.ipv4.routes.find(parseIpv4("10.0.2.2"))!.gateway, parseIpv4("10.0.1.1"));
  first.ipv4.forwarder!.sendsRedirects = false;
  assertEquals(net.ping(host, "10.0.2.2")!.kind, "reply");
  assertEquals(first.counters.IcmpOutRedirects, 1);
});

Deno.test("a router enters itself in record route, by the interface a datagram leaves by (RFC 1812 §5.3.13.4)", () => {
  const net = new Routed();
  const { kind, options } = net.ping(net.left, "10.0.2.2", { options: encodeRecordRoute(4) })!;
  const hops = [3, 7, 11, 15].map((at) =>
    formatIpv4(new DataView(options.buffer, options.byteOffset).getUint32(at))
  );
  assertEquals(kind, "reply");
  assertEquals(hops, ["10.0.1.2", "10.0.2.1", "10.0.2.2", "10.0.1.1"]);
  // Source routes are refused on the way, too (RFC 7126).
  const options_ = Uint8Array.of(0x83, 7, 4, 10, 0, 2, 2, 0);
  assertEquals(net.hear({ options: options_ }), "Unsupported");
});

Deno.test("errors about what is passed on are limited, and none answers an error or a later fragment", () => {
  const net = new Routed();
  for (let i = 0; i < 500; i++) net.hear({ timeToLive: 1 });
  assert(net.middle.counters.IcmpOutMsgs! + net.middle.counters.IcmpOutRateLimitGlobal! >= 100);
  net.drive();
  assert(net.middle.counters.IcmpOutTimeExcds! < 120);
  const quiet = new Routed();
  const unreachable = new Uint8Array(36);
  unreachable[0] = 3;
  quiet.hear({ timeToLive: 1, protocol: 1, payload: unreachable });
  quiet.hear({ timeToLive: 1, fragmentOffset: 80 });
  quiet.drive();
  assertEquals(quiet.middle.counters.IcmpOutMsgs, 0);
});

Deno.test("an interface whose device is full does not hold up the others", () => {
  const net = new Routed();
  net.ping(net.left, "10.0.2.2");
  net.middle.interfaces[1]!.isBlocked = true;
  const socket = new UdpSocket();
  net.left.udp.register(socket);
  net.right.udp.register(new UdpSocket({ localPort: 9 }));
  for (let i = 0; i < 10; i++) socket.send(new Uint8Array(100), parseIpv4("10.0.2.2"), 9);
  net.drive();
  assertEquals(net.middle.interfaces[1]!.ip.queue.count, 10);
  assertEquals(net.ping(net.left, "10.0.1.1")!.kind, "reply");
  net.crossings.length = 0;
  net.middle.interfaces[1]!.isBlocked = false;
  net.drive();
  const sizes = net.datagrams().filter(({ from }) => from === "router").map(({ bytes }) =>
    bytes.length
  );
  assertEquals(sizes, new Array(10).fill(128));
  assertEquals(net.middle.interfaces[1]!.counters.outDiscards, 0);
});

Deno.test("a queue has its bounds, and what is dropped is counted", () => {
  const net = new Routed({}, { queueLimit: 4 });
  net.middle.interfaces[1]!.isBlocked = true;
  for (let i = 0; i < 10; i++) net.hear({});
  assertEquals(net.middle.interfaces[1]!.counters.outDiscards, 6);
  net.middle.interfaces[1]!.down();
  assertEquals(net.middle.interfaces[1]!.counters.outDiscards, 10);
});

Deno.test("a host does not pass anything on", () => {
  const net = new Routed({}, {}, { forwarding: false });
  assertEquals(net.hear({}), "NotForUs");
  assertEquals(net.ping(net.left, "10.0.2.2"), null);
  assertEquals(net.middle.counters.IpForwDatagrams, 0);
});

Deno.test("hostile datagrams neither throw nor leave the router malformed", () => {
  const random = new SeededRandom(7);
  const net = new Routed({}, { mtu: 600 }, { sourceValidation: "off" });
  const packet = new Packet(2100);
  const frame = new Ipv4Frame();
  net.ping(net.left, "10.0.2.2");
  for (let i = 0; i < 20_000; i++) {
    const fields = {
      source: random.uint32(),
      destination: i % 3 === 0 ? random.uint32() : parseIpv4("10.0.2.2"),
      timeToLive: random.uint32() % 4,
      protocol: [1, 6, 17, random.uint32() % 256][i % 4]!,
      payload: Uint8Array.from({ length: random.uint32() % 1400 }, () => random.uint32()),
    };
    const bytes = encodeIpv4(fields);
    if (i % 5 === 0) bytes[random.uint32() % bytes.length]! ^= 1 << (i & 7);
    net.middle.interfaces[0]!.hardwareAddress.writeTo(packet.bytes, 0);
    packet.bytes.set([2, 0, 0, 0, 0, 9, 8, 0], 6);
    packet.bytes.set(bytes, 14);
    packet.length = 14 + bytes.length - (i % 11 === 0 ? random.uint32() % bytes.length : 0);
    packet.interfaceIndex = 0;
    packet.segmentSize = i % 7 === 0 ? random.uint32() % 600 : 0;
    packet.checksumStart = packet.segmentSize === 0 ? 0 : 34;
    packet.checksumOffset = packet.segmentSize === 0 ? 0 : 16;
    net.middle.ingress(packet, net.now);
    while (net.middle.egress(packet, net.now) > 0) {
      if (packet.bytes[13] !== 0) continue;
      frame.reset(packet.bytes, 14, packet.length);
      assertEquals(frame.validate(), Verdict.Ok);
      assertEquals(checksum(packet.bytes, 14, 34), 0);
      assert(packet.length <= 614 || packet.interfaceIndex === 0);
    }
    net.now += 1;
  }
  assert(net.middle.counters.IpForwDatagrams! > 1000);
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import { loopbackIndex } from "@octet/ipv4";
import { formatIpv4, Ipv4Prefix, parseIpv4 } from "@octet/netip";
import { UdpSocket } from "@octet/udp";
import { Topology } from "./_topology_test.ts";
import type { Interface } from "./interface.ts";
import type { Stack } from "./stack.ts";

const far = parseIpv4("198.51.100.1");

/** A host on two links, with a router on each that leads to far. */
class TwoLinks extends Topology {
  readonly host_: Stack;
  readonly eth0: Interface;
  readonly eth1: Interface;
  readonly routers: Stack[];
  readonly far: Stack;

  constructor(hostModel?: "strong" | "weak", metrics: [number, number] = [0, 10]) {
    super();
    this.host_ = this.stack("host", hostModel === undefined ? {} : { hostModel });
    this.eth0 = this.host_.interfaces[0]!;
    this.eth1 = this.host_.addInterface();
    this.address(this.host_, "10.0.1.2/24", this.eth0);
    this.address(this.host_, "10.0.2.2/24", this.eth1);
    metrics.forEach((metric, index) =>
      this.host_.addRoute({ gateway: parseIpv4(`10.0.${index + 1}.1`), metric })
    );
    this.routers = [1, 2].map((number) =>
      this.router(`router${number}`, [`10.0.${number}.1/24`, `198.51.100.${number + 10}/24`], {
        sourceValidation: "off",
      }, { sourceValidation: "off" })
    );
    this.far = this.host("far", "198.51.100.1/24", "198.51.100.11");
    this.far.addRoute({
      prefix: Ipv4Prefix.parse("10.0.2.0/24"),
      gateway: parseIpv4("198.51.100.12"),
    });
    this.wire([this.host_, 0], [this.routers[0]!, 0]);
    this.wire([this.host_, 1], [this.routers[1]!, 0]);
    this.wire([this.routers[0]!, 1], [this.routers[1]!, 1], [this.far, 0]);
  }

  sourceFor(destination: string): string {
    return formatIpv4(this.host_.ipv4.sourceFor(parseIpv4(destination)));
  }
}

Deno.test("interfaces have names, numbers and neighbours of their own; numbers are used again", () => {
  const net = new TwoLinks();
  const stack = net.host_;
  assertEquals(stack.interfaces.map(({ name, index }) => `${name} ${index}`), ["eth0 0", "eth1 1"]);
  assertThrows(() => stack.addInterface({ name: "eth1" }), TypeError, "there is one of that name");
  assertThrows(() => stack.addInterface({ name: "lo" }), TypeError);
  assertThrows(() => stack.addInterface({ mtu: 67 }), RangeError);
  assertEquals(net.ping(stack, "198.51.100.1")!.kind, "reply");
  assertEquals([net.eth0.arp!.cache.count, net.eth1.arp!.cache.count], [1, 0]);
  stack.removeInterface(net.eth0);
  assertThrows(() => stack.removeInterface(net.eth0), TypeError, "none of this stack's");
  assertEquals(stack.ipv4.addresses.entries.map(({ address }) => formatIpv4(address)), [
    "10.0.2.2",
  ]);
  assertEquals(stack.ipv4.routes.list().length, 2);
  assertEquals(stack.addInterface().index, 0);
});

Deno.test("a stack whose only interface is gone still talks to itself", () => {
  const net = new Topology();
  const stack = net.stack("alone");
  stack.removeInterface(stack.interfaces[0]!);
  assertEquals(net.ping(stack, "127.0.0.1")!.kind, "reply");
  assertEquals([stack.link, stack.arp, stack.ipv4.sourceFor(far)], [null, null, 0]);
  assertThrows(() => stack.addAddress(far, 24), TypeError);
  assertEquals(stack.ipv4.loopback.counters.inPackets, 2);
});

Deno.test("the loopback has 127.0.0.0/8, carries what is ours, and can be taken down", () => {
  const net = new TwoLinks();
  const { ipv4 } = net.host_;
  assertEquals(ipv4.loopback.index, loopbackIndex);
  for (const address of ["127.0.0.1", "127.9.9.9", "10.0.1.2", "10.0.2.2"]) {
    assertEquals(net.ping(net.host_, address)!.kind, "reply", address);
  }
  assertEquals(net.crossings.length, 0);
  // An address of the loopback is the host's on every link.
  ipv4.addAddress(parseIpv4("192.0.2.7"), 32, ipv4.loopback);
  net.routers[0]!.addRoute({
    prefix: Ipv4Prefix.parse("192.0.2.7/32"),
    gateway: parseIpv4("10.0.1.2"),
  });
  assertEquals(net.ping(net.routers[0]!, "192.0.2.7")!.kind, "reply");
  ipv4.setUp(ipv4.loopback, false);
  assertEquals(net.ping(net.host_, "127.0.0.1"), null);
});

Deno.test("the smaller metric is taken, and the next when its interface goes down (RFC 1812 §5.2.4.3)", () => {
  const net = new TwoLinks();
  const { routes } = net.host_.ipv4;
  assertEquals(routes.find(far)!.interface.name, "eth0");
  net.eth0.down();
  assertEquals(routes.find(far)!.interface.name, "eth1");
  assertEquals(net.ping(net.host_, "198.51.100.1")!.kind, "reply");
  net.eth1.down();
  assertEquals(routes.find(far), null);
  assertEquals(routes.list().length, 4);
  net.eth0.up(net.now);
  assertEquals(routes.find(far)!.interface.name, "eth0");
  // A shorter prefix serves while the longer one's interface is down.
  net.eth1.up(net.now);
  net.host_.addRoute({
    prefix: Ipv4Prefix.parse("198.51.100.0/24"),
    gateway: parseIpv4("10.0.2.1"),
  });
  assertEquals(routes.find(far)!.interface.name, "eth1");
  net.eth1.down();
  assertEquals(routes.find(far)!.interface.name, "eth0");
});

Deno.test("sources fit the way: the subnet, the route's own, the scope (RFC 1122 §3.3.4.3, RFC 6724)", () => {
  const net = new TwoLinks();
  const stack = net.host_;
  assertEquals(["10.0.1.9", "10.0.2.9", "198.51.100.1"].map((to) => net.sourceFor(to)), [
    "10.0.1.2",
    "10.0.2.2",
    "10.0.1.2",
  ]);
  net.address(stack, "10.0.1.130/25", net.eth0);
  assertEquals(net.sourceFor("10.0.1.200"), "10.0.1.130");
  assertEquals(net.sourceFor("10.0.1.9"), "10.0.1.2");
  stack.addRoute({
    prefix: Ipv4Prefix.parse("192.0.2.0/24"),
    gateway: parseIpv4("10.0.1.1"),
    source: parseIpv4("10.0.1.130"),
  });
  assertEquals(net.sourceFor("192.0.2.9"), "10.0.1.130");
  const local = new Topology();
  const mixed = local.host("mixed", "169.254.7.7/16");
  local.address(mixed, "10.5.0.1/24");
  mixed.addRoute({ interface: mixed.interfaces[0]! });
  assertEquals(formatIpv4(mixed.ipv4.sourceFor(far)), "10.5.0.1");
  assertEquals(formatIpv4(mixed.ipv4.sourceFor(parseIpv4("169.254.1.1"))), "169.254.7.7");
  // An interface without an address borrows another's.
  const bare = mixed.addInterface();
  mixed.addRoute({ prefix: Ipv4Prefix.parse("192.0.2.0/24"), interface: bare });
  assertEquals(formatIpv4(mixed.ipv4.sourceFor(parseIpv4("192.0.2.1"))), "10.5.0.1");
});

Deno.test("strong hosts answer for an interface's own address only, weak ones for all (RFC 1122 §3.3.4.2)", () => {
  for (const [model, kind] of [["strong", undefined], ["weak", "reply"]] as const) {
    const net = new TwoLinks(model);
    const [router] = net.routers;
    router!.addRoute({ prefix: Ipv4Prefix.parse("10.0.2.2/32"), gateway: parseIpv4("10.0.1.2") });
    assertEquals(net.ping(router!, "10.0.2.2")?.kind, kind, model);
    // Nor does a strong host let an address out by another's link.
    const socket = new UdpSocket({ localAddress: parseIpv4("10.0.2.2") });
    net.host_.udp.register(socket);
    net.datagrams();
    socket.send(new Uint8Array(9), far, 9);
    net.drive();
    const [first] = net.datagrams().filter(({ from }) => from.startsWith("router"));
    assertEquals(first!.from, model === "strong" ? "router2" : "router1");
  }
});

Deno.test("ARP answers for an interface's own addresses only", () => {
  const net = new TwoLinks();
  net.routers[0]!.addRoute({
    prefix: Ipv4Prefix.parse("10.0.2.2/32"),
    interface: net.routers[0]!.interfaces[0]!,
  });
  assertEquals(net.ping(net.routers[0]!, "10.0.2.2")?.kind, "error");
  assertEquals(net.eth0.arp!.counters.inRequests, 0);
});

Deno.test("a router that does not answer is passed over, and used again when it does (RFC 1122 §3.3.1.5)", () => {
  const net = new TwoLinks("weak");
  const stack = net.host_;
  net.drop = (from) => from === "router1";
  assertEquals(net.ping(stack, "198.51.100.1")?.type, 3);
  assertEquals(stack.ipv4.routes.find(far)!.interface.name, "eth1");
  assertEquals([stack.gateways.silentCount, net.ping(stack, "198.51.100.1")!.kind], [1, "reply"]);
  net.advance(60_000);
  assertEquals(stack.ipv4.routes.find(far)!.interface.name, "eth1");
  net.drop = () => false;
  net.advance(30_000);
  assertEquals(stack.ipv4.routes.find(far)!.interface.name, "eth0");
  assertEquals(stack.gateways.silentCount, 0);
  // When no router answers, the best is tried all the same.
  net.drop = (from) => from.startsWith("router");
  net.advance(120_000);
  net.ping(stack, "198.51.100.1");
  net.ping(stack, "198.51.100.1");
  assertEquals(stack.gateways.silentCount, 2);
  assertEquals(stack.ipv4.routes.find(far)!.interface.name, "eth0");
});

Deno.test("what a router passes on takes the other way when its next hop is silent", () => {
  const net = new Topology();
  const left = net.host("left", "10.0.1.2/24", "10.0.1.1");
  const middle = net.router("middle", ["10.0.1.1/24", "10.0.2.1/24", "10.0.3.1/24"], {
    sourceValidation: "off",
  }, { sourceValidation: "off" });
  const right = net.host("right", "10.0.3.2/24", "10.0.3.1");
  right.ipv4.addAddress(far, 32, right.ipv4.loopback);
  middle.addRoute({ gateway: parseIpv4("10.0.2.9") });
  middle.addRoute({ gateway: parseIpv4("10.0.3.2"), metric: 5 });
  net.wire([left, 0], [middle, 0]);
  net.wire([middle, 2], [right, 0]);
  assertEquals(net.ping(left, "198.51.100.1")!.kind, "reply");
});

Deno.test("a connection lives through a route change, and through an address that comes back", () => {
  const net = new TwoLinks("weak");
  const listener = net.far.tcp.listen(80);
  const client = net.host_.tcp.connect({ address: far, port: 80 }, net.now);
  net.drive();
  const server = listener.accept()!;
  const buffer = new Uint8Array(100);
  const say = () => {
    client.write(new Uint8Array(10));
    net.advance(2000);
    return server.read(buffer);
  };
  assertEquals(say(), 10);
  net.host_.removeRoute(Ipv4Prefix.all, parseIpv4("10.0.1.1"));
  assertEquals(say(), 10);
  net.host_.removeAddress(parseIpv4("10.0.1.2"));
  net.datagrams();
  assertEquals(say(), 0);
  assertEquals(net.datagrams().filter(({ from }) => from === "host"), []);
  assert(client.isOpen);
  net.address(net.host_, "10.0.1.2/24", net.eth0);
  net.host_.addRoute({ gateway: parseIpv4("10.0.1.1") });
  net.advance(10_000);
  assertEquals(server.read(buffer), 10);
});

Deno.test("a connection that sends super-segments goes on by an interface that takes none, and is narrower", () => {
  const net = new Topology();
  const host = net.stack("host", { hostModel: "weak", maxSegment: 65_535, checksumOffload: true });
  const plain = host.addInterface({ mtu: 1200 });
  net.address(host, "10.0.1.2/24");
  net.address(host, "10.0.2.2/24", plain);
  host.addRoute({ gateway: parseIpv4("10.0.1.1") });
  host.addRoute({ gateway: parseIpv4("10.0.2.1"), metric: 5 });
  const middle = net.router("middle", ["10.0.1.1/24", "10.0.2.1/24", "198.51.100.11/24"], {
    sourceValidation: "off",
    maxSegment: 65_535,
    checksumOffload: true,
  }, { sourceValidation: "off" });
  const right = net.host("right", "198.51.100.1/24", "198.51.100.11");
  net.wire([host, 0], [middle, 0]);
  net.wire([host, 1], [middle, 1]);
  net.wire([middle, 2], [right, 0]);
  const listener = right.tcp.listen(80);
  const client = host.tcp.connect({ address: far, port: 80 }, net.now);
  net.drive();
  const server = listener.accept()!;
  const sent = new Uint8Array(400_000).map((_, index) => index * 11);
  const got = new Uint8Array(sent.length);
  let written = 0;
  let read = 0;
  for (let round = 0; round < 200 && read < sent.length; round++) {
    if (round === 3) host.removeRoute(Ipv4Prefix.all, parseIpv4("10.0.1.1"));
    written += client.write(sent, written, Math.min(sent.length, written + 30_000));
    net.advance(20);
    read += Math.max(0, server.read(got, read, got.length));
  }
  assertEquals(got, sent);
  const own = net.crossings.filter(({ from }) => from === "host");
  assert(own.some(({ segmentSize }) => segmentSize > 0));
  const last = own.slice(-50);
  assert(last.every(({ bytes, segmentSize }) => bytes.length <= 1214 && segmentSize === 0));
});

Deno.test("nothing is taken from an interface that is down, nor sent by it", () => {
  const net = new TwoLinks();
  assertEquals(net.ping(net.routers[0]!, "10.0.1.2")!.kind, "reply");
  net.eth0.down();
  net.crossings.length = 0;
  assertEquals(net.ping(net.routers[0]!, "10.0.1.2"), null);
  assertEquals(net.eth0.counters.inDiscards, 1);
  assertEquals(net.crossings.filter(({ from }) => from === "host"), []);
  net.eth0.up(net.now);
  net.drive();
  // The neighbours hear of it (RFC 5227 §2.3).
  assertEquals(
    net.crossings.filter(({ from, bytes }) => from === "host" && bytes[12] === 8 && bytes[13] === 6)
      .length > 0,
    true,
  );
  net.advance(5000);
  assertEquals(net.ping(net.routers[0]!, "10.0.1.2")!.kind, "reply");
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Ipv4Prefix, parseIpv4 } from "@octet/netip";
import { BaseNode, Packet, SeededRandom, Verdict, writeU16 } from "@octet/wire";
import type { ErrorListener } from "./errors.ts";
import { encodeIpv4, type Ipv4Fields, Ipv4Frame } from "./frame.ts";
import { Ipv4 } from "./ipv4.ts";

const own = parseIpv4("192.168.1.10");
const peer = parseIpv4("192.168.1.20");
const router = parseIpv4("192.168.1.1");
const far = parseIpv4("203.0.113.5");

/** A transport that writes what it is told and writes down what it hears. */
class Transport extends BaseNode implements ErrorListener {
  readonly heard: string[] = [];
  readonly errors: string[] = [];
  readonly queue: ((packet: Packet, offset: number) => number)[] = [];
  verdict: Verdict = Verdict.Ok;

  constructor(protocol: number) {
    super();
    this.protocol = protocol;
  }

  override demux(packet: Packet, offset: number, end: number): Verdict {
    const { source, destination, hopLimit, trafficClass, isLinkBroadcast } = packet;
    const facts = [source >>> 0, destination >>> 0, hopLimit, trafficClass].join(" ");
    this.heard.push(`${end - offset} ${facts}${isLinkBroadcast ? " all" : ""}`);
    return this.verdict;
  }

  override encapsulate(packet: Packet, _ipOffset: number, offset: number): number {
    return this.queue.shift()?.(packet, offset) ?? 0;
  }

  networkError(type: number, code: number, info: number, packet: Packet, offset: number): void {
    this.errors.push(`${type} ${code} ${info} ${packet.destination} ${packet.bytes[offset]}`);
  }

  /** Queues a datagram of `length` bytes 0x77. */
  send(destination: number, length: number, change: (packet: Packet) => void = () => {}): void {
    this.queue.push((packet, offset) => {
      packet.destination = destination;
      change(packet);
      if (offset + length > packet.bytes.length) {
        this.send(destination, length, change);
        return -length;
      }
      packet.bytes.fill(0x77, offset, offset + length);
      return length;
    });
    this.requestTurn();
  }
}

class Bench {
  readonly ipv4: Ipv4;
  readonly udp = new Transport(17);
  readonly tcp = new Transport(6);
  readonly reports: string[] = [];
  readonly packet = new Packet(1514);

  constructor(maxSegment = 1500) {
    this.ipv4 = new Ipv4({ mtu: 1500, maxSegment, random: new SeededRandom(1) });
    this.ipv4.register(this.udp);
    this.ipv4.register(this.tcp);
    this.ipv4.errorReporter = {
      reportError: (type, code, info) => this.reports.push(`${type} ${code} ${info}`),
    };
  }

  configure(): this {
    this.ipv4.addAddress(own, 24);
    this.ipv4.routes.add({ prefix: Ipv4Prefix.all, gateway: router, metric: 0, source: 0 });
    return this;
  }

  hear(fields: Partial<Ipv4Fields>, isLinkBroadcast = false): Verdict {
    const bytes = encodeIpv4({
      source: peer,
      destination: own,
      protocol: 17,
      payload: new Uint8Array(12),
      ...fields,
    });
    return this.hearBytes(bytes, isLinkBroadcast);
  }

  hearBytes(bytes: Uint8Array, isLinkBroadcast = false): Verdict {
    this.packet.bytes.set(bytes);
    this.packet.length = bytes.length;
    this.packet.isLinkBroadcast = isLinkBroadcast;
    return this.ipv4.demux(this.packet, 0, bytes.length, 0);
  }

  /** The next datagram sent, behind a link header of 14 bytes; `null` when there is none. */
  next(): Ipv4Frame | null {
    this.packet.bytes.fill(0xa5);
    const length = this.ipv4.encapsulate(this.packet, 14, 14, 0);
    if (length === 0) return null;
    const frame = new Ipv4Frame();
    frame.reset(this.packet.bytes, 14, 14 + length);
    assertEquals(frame.validate(), Verdict.Ok);
    assert(frame.hasValidChecksum);
    assertEquals(frame.totalLength, length);
    return frame;
  }
}

Deno.test("who may speak to whom (RFC 1122 §3.2.1.3)", () => {
  const { Ok, Filtered, NotForUs } = Verdict;
  const cases: [string, string, boolean, Verdict][] = [
    ["192.168.1.20", "192.168.1.10", false, Ok],
    ["203.0.113.5", "192.168.1.10", false, Ok],
    ["192.168.1.20", "192.168.1.255", true, Ok],
    ["192.168.1.20", "255.255.255.255", true, Ok],
    ["0.0.0.0", "255.255.255.255", true, Ok],
    ["192.168.1.20", "224.0.0.1", true, Ok],
    ["192.168.1.20", "224.0.0.251", true, NotForUs],
    ["192.168.1.20", "192.168.1.11", false, NotForUs],
    ["192.168.1.20", "192.168.2.255", true, NotForUs],
    ["192.168.1.20", "192.168.1.10", true, Filtered],
    ["0.0.0.0", "192.168.1.10", false, Filtered],
    ["0.0.0.1", "255.255.255.255", true, Filtered],
    ["127.0.0.1", "192.168.1.10", false, Filtered],
    ["192.168.1.20", "127.0.0.1", false, Filtered],
    ["224.0.0.1", "192.168.1.10", false, Filtered],
    ["240.0.0.1", "192.168.1.10", false, Filtered],
    ["255.255.255.255", "192.168.1.10", false, Filtered],
    ["192.168.1.255", "192.168.1.10", false, Filtered],
    ["192.168.1.10", "192.168.1.10", false, Filtered],
  ];
  for (const [source, destination, isLinkBroadcast, verdict] of cases) {
    const bench = new Bench().configure();
    const name = `${source} to ${destination}`;
    const fields = { source: parseIpv4(source), destination: parseIpv4(destination) };
    assertEquals(bench.hear(fields, isLinkBroadcast), verdict, name);
    assertEquals(bench.udp.heard.length, verdict === Ok ? 1 : 0, name);
    assertEquals(bench.ipv4.counters.inAddrErrors, verdict === Ok ? 0 : 1, name);
    if (verdict === Ok) assertEquals(bench.udp.heard[0]!.endsWith(" all"), isLinkBroadcast, name);
  }
});

Deno.test("what was let in before is judged anew when addresses or rules change", () => {
  const { Ok, Filtered, NotForUs } = Verdict;
  const bench = new Bench().configure();
  const { ipv4 } = bench;
  const hearTwice = (verdict: Verdict) => {
    assertEquals(bench.hear({}), verdict);
    assertEquals(bench.hear({}), verdict);
  };
  hearTwice(Ok);
  assertEquals(bench.hear({}, true), Filtered);
  ipv4.addAddress(peer, 24);
  hearTwice(Filtered);
  ipv4.removeAddress(peer);
  hearTwice(Ok);
  ipv4.addAddress(parseIpv4("192.168.1.17"), 30);
  assertEquals(bench.hear({ source: parseIpv4("192.168.1.19") }), Filtered);
  hearTwice(Ok);
  ipv4.interfaces[0]!.filtersBogons = true;
  hearTwice(Filtered);
  ipv4.interfaces[0]!.filtersBogons = false;
  hearTwice(Ok);
  ipv4.removeAddress(own);
  hearTwice(NotForUs);
});

Deno.test("a host without an address takes UDP to any (RFC 2131 §4.1), and nothing else", () => {
  const bench = new Bench();
  assertEquals(bench.hear({ destination: far }), Verdict.Ok);
  assertEquals(bench.hear({ destination: far, protocol: 6 }), Verdict.NotForUs);
  bench.configure();
  assertEquals(bench.hear({ destination: far }), Verdict.NotForUs);
});

Deno.test("a group is heard between joining and leaving as often", () => {
  const bench = new Bench().configure();
  const group = parseIpv4("224.0.0.251");
  bench.ipv4.joinGroup(group);
  bench.ipv4.joinGroup(group);
  bench.ipv4.leaveGroup(group);
  assertEquals(bench.hear({ destination: group }, true), Verdict.Ok);
  bench.ipv4.leaveGroup(group);
  assertEquals(bench.hear({ destination: group }, true), Verdict.NotForUs);
  assertThrows(() => bench.ipv4.joinGroup(own), RangeError, "Cannot join 192.168.1.10");
});

Deno.test("transports hear what the header says, and padding is not theirs", () => {
  const bench = new Bench().configure();
  const bytes = new Uint8Array(60).fill(0xa5);
  bytes.set(encodeIpv4({
    source: peer,
    destination: own,
    protocol: 6,
    timeToLive: 1,
    trafficClass: 0xb9,
    payload: new Uint8Array(20),
  }));
  assertEquals(bench.hearBytes(bytes), Verdict.Ok);
  assertEquals(bench.tcp.heard, [`20 ${peer} ${own} 1 185`]);
});

Deno.test("malformed headers are counted by cause", () => {
  const bench = new Bench().configure();
  const good = encodeIpv4({ source: peer, destination: own, protocol: 17 });
  for (let end = 0; end < 20; end++) {
    assertEquals(bench.hearBytes(good.subarray(0, end)), Verdict.Short);
  }
  const flipped = good.slice();
  flipped[8]! ^= 1;
  assertEquals(bench.hearBytes(flipped), Verdict.BadChecksum);
  const six = good.slice();
  six[0] = 0x65;
  assertEquals(bench.hearBytes(six), Verdict.BadVersion);
  const long = good.slice();
  long[3] = 21;
  assertEquals(bench.hearBytes(long), Verdict.BadLength);
  assertEquals([bench.ipv4.counters.inHdrErrors, bench.ipv4.counters.inCsumErrors], [23, 1]);
  assertEquals(bench.udp.heard, []);
});

Deno.test("options: harmless ones pass, source routes are refused, nonsense is reported where it lies", () => {
  const bench = new Bench().configure();
  assertEquals(bench.hear({ options: Uint8Array.of(1, 148, 4, 0, 0) }), Verdict.Ok);
  for (const type of [131, 137]) {
    const options = Uint8Array.of(1, type, 7, 4, 10, 0, 0, 1);
    assertEquals(bench.hear({ options }), Verdict.Unsupported);
  }
  assertEquals(bench.ipv4.counters.inSourceRoutes, 2);
  assertEquals(bench.reports, []);
  assertEquals(bench.hear({ options: Uint8Array.of(1, 1, 7, 1) }), Verdict.BadOption);
  assertEquals(bench.reports, [`12 0 ${22 * 0x1000000}`]);
});

Deno.test("who sends to a protocol or port that is not there is told, except for TCP", () => {
  const bench = new Bench().configure();
  assertEquals(bench.hear({ protocol: 132 }), Verdict.NoProtocol);
  assertEquals(bench.reports.splice(0), ["3 2 0"]);
  bench.udp.verdict = Verdict.NoPort;
  assertEquals(bench.hear({}), Verdict.NoPort);
  assertEquals(bench.reports.splice(0), ["3 3 0"]);
  bench.tcp.verdict = Verdict.NoPort;
  assertEquals(bench.hear({ protocol: 6 }), Verdict.NoPort);
  assertEquals(bench.reports, []);
});

Deno.test("fragments reach the transport as one", () => {
  const bench = new Bench().configure();
  const piece = { identification: 5, payload: new Uint8Array(16) };
  assertEquals(bench.hear({ ...piece, fragmentOffset: 16 }), Verdict.Ok);
  assertEquals(bench.udp.heard, []);
  assertEquals(bench.hear({ ...piece, moreFragments: true }), Verdict.Ok);
  assertEquals(bench.udp.heard, [`32 ${peer} ${own} 64 0`]);
});

Deno.test("the end of reassembly's time wakes the node", () => {
  const bench = new Bench().configure();
  bench.hear({ identification: 5, payload: new Uint8Array(16), moreFragments: true });
  assertEquals(bench.ipv4.deadline(), 30_000);
  assertEquals(bench.ipv4.encapsulate(bench.packet, 0, 0, 30_000), 0);
  assertEquals(bench.reports, ["11 1 0"]);
  assertEquals(bench.ipv4.reassembler.count, 0);
});

Deno.test("where datagrams go, from whom, and how far", () => {
  const cases: [string, string | null, number][] = [
    ["192.168.1.20", "192.168.1.20", 64],
    ["203.0.113.5", "192.168.1.1", 64],
    ["255.255.255.255", "255.255.255.255", 64],
    ["192.168.1.255", "255.255.255.255", 64],
    ["224.0.0.251", "224.0.0.251", 1],
    ["240.0.0.1", null, 0],
    ["0.0.0.5", null, 0],
  ];
  for (const [destination, nextHop, timeToLive] of cases) {
    const bench = new Bench().configure();
    bench.udp.send(parseIpv4(destination), 8);
    const frame = bench.next();
    if (nextHop === null) {
      assertEquals(frame, null, destination);
      assertEquals(bench.ipv4.counters.outNoRoutes, 1);
      assertEquals(bench.ipv4.sourceFor(parseIpv4(destination)), 0);
      continue;
    }
    assertEquals(bench.packet.nextHop, parseIpv4(nextHop), destination);
    assertEquals([frame!.source, frame!.destination], [own, parseIpv4(destination)], destination);
    assertEquals(frame!.timeToLive, timeToLive, destination);
    assertEquals(bench.ipv4.sourceFor(parseIpv4(destination)), own, destination);
  }
});

Deno.test("the header is the transport's wish, over whatever stood in the buffer", () => {
  const bench = new Bench().configure();
  bench.udp.send(peer, 8, (packet) => {
    packet.hopLimit = 255;
    packet.trafficClass = 0x10;
  });
  const frame = bench.next()!;
  assertEquals([frame.headerLength, frame.totalLength, frame.protocol], [20, 28, 17]);
  assertEquals([frame.timeToLive, frame.trafficClass], [255, 0x10]);
  // RFC 6864 §4.1: an atomic datagram needs no identification.
  assertEquals([frame.dontFragment, frame.identification, frame.isFragment], [true, 0, false]);
  bench.udp.send(peer, 8, (packet) => packet.mayFragment = true);
  const first = bench.next()!;
  assertEquals([first.dontFragment, first.timeToLive, first.trafficClass], [false, 64, 0]);
  const identification = first.identification;
  bench.udp.send(peer, 8, (packet) => packet.mayFragment = true);
  assertEquals(bench.next()!.identification, (identification + 1) & 0xffff);
});

Deno.test("a host without an address speaks to everybody only", () => {
  const bench = new Bench();
  bench.udp.send(0xffffffff, 8);
  assertEquals([bench.next()?.source, bench.packet.nextHop], [0, 0xffffffff]);
  bench.udp.send(peer, 8);
  assertEquals(bench.next(), null);
  bench.udp.send(peer, 8, (packet) => packet.source = own);
  assertEquals(bench.next(), null);
});

Deno.test("with several addresses each neighbour is spoken to from its own subnet", () => {
  const bench = new Bench().configure();
  bench.ipv4.addAddress(parseIpv4("10.9.0.1"), 16);
  assertEquals(bench.ipv4.sourceFor(parseIpv4("10.9.7.7")), parseIpv4("10.9.0.1"));
  assertEquals(bench.ipv4.sourceFor(peer), own);
  assertEquals(bench.ipv4.sourceFor(far), own);
  assert(bench.ipv4.removeAddress(own));
  assert(!bench.ipv4.removeAddress(own));
  assertEquals(bench.ipv4.sourceFor(peer), parseIpv4("10.9.0.1"));
  assertEquals(bench.ipv4.routes.list().length, 2);
});

Deno.test("a hundred addresses are all ours, and each goes when it is taken away", () => {
  const bench = new Bench();
  const base = parseIpv4("10.0.0.1");
  for (let i = 0; i < 100; i++) bench.ipv4.addAddress(base + i, 24);
  for (let i = 0; i < 100; i++) assert(bench.ipv4.isLocal(base + i));
  assert(!bench.ipv4.isLocal(base + 100));
  for (let i = 0; i < 100; i += 2) bench.ipv4.removeAddress(base + i);
  for (let i = 0; i < 100; i++) assertEquals(bench.ipv4.isLocal(base + i), i % 2 === 1);
});

Deno.test("addresses that are no host's are refused", () => {
  const { ipv4 } = new Bench().configure();
  const cases: [string, number, string][] = [
    ["192.168.1.10", 24, "Cannot add address 192.168.1.10 as it is there already"],
    ["10.0.0.0", 8, "Cannot add address 10.0.0.0 as it names the subnet 10.0.0.0/8 as a whole"],
    ["10.255.255.255", 8, "Cannot add address 10.255.255.255 as it names the subnet"],
    ["0.0.0.0", 0, "Cannot add address 0.0.0.0 as it is no host address"],
    ["224.0.0.1", 32, "Cannot add address 224.0.0.1 as it is no host address"],
    ["127.0.0.1", 8, "Cannot add address 127.0.0.1 as it is no host address"],
  ];
  for (const [address, length, message] of cases) {
    assertThrows(() => ipv4.addAddress(parseIpv4(address), length), RangeError, message);
  }
  // RFC 3021: both addresses of a /31 are hosts.
  ipv4.addAddress(parseIpv4("10.0.0.0"), 31);
});

Deno.test("of routes the longest prefix counts, then the smallest metric", () => {
  const { ipv4 } = new Bench().configure();
  const add = (prefix: string, gateway: number, metric: number) =>
    ipv4.routes.add({ prefix: Ipv4Prefix.parse(prefix), gateway, metric, source: 0 });
  const gateway = () => ipv4.routes.find(far)!.gateway;
  add("203.0.0.0/8", router + 1, 10);
  assertEquals(gateway(), router + 1);
  add("203.0.113.0/24", router + 2, 20);
  assertEquals(gateway(), router + 2);
  add("203.0.113.0/24", router + 3, 5);
  assertEquals(gateway(), router + 3);
  assertEquals(ipv4.routes.remove(Ipv4Prefix.parse("203.0.113.0/24"), router + 3), 1);
  assertEquals(gateway(), router + 2);
  assertEquals(ipv4.routes.remove(Ipv4Prefix.parse("203.0.113.0/24")), 1);
  assertEquals(ipv4.routes.remove(Ipv4Prefix.parse("203.0.113.0/24")), 0);
  assertEquals(gateway(), router + 1);
});

Deno.test("what exceeds the MTU is cut when it may be", () => {
  for (const length of [1480, 1481, 2960, 2961, 9000, 65_515]) {
    const bench = new Bench().configure();
    bench.udp.send(peer, length, (packet) => packet.mayFragment = true);
    let expected = 0;
    let identification = -1;
    for (;;) {
      const frame = bench.next()!;
      assert(frame.totalLength <= 1500);
      assertEquals(frame.fragmentOffset, expected);
      if (identification < 0) identification = frame.identification;
      assertEquals(frame.identification, identification);
      assert(!frame.dontFragment);
      for (let i = frame.payloadOffset; i < frame.payloadEnd; i++) {
        assertEquals(bench.packet.bytes[i], 0x77);
      }
      expected += frame.payloadEnd - frame.payloadOffset;
      if (!frame.moreFragments) break;
    }
    assertEquals(expected, length);
    assertEquals(bench.next(), null);
  }
});

Deno.test("what exceeds the MTU and must not be cut comes back as an error", () => {
  const bench = new Bench().configure();
  bench.tcp.send(peer, 2000);
  assertEquals(bench.next(), null);
  assertEquals(bench.tcp.errors, [`3 4 1500 ${peer} ${0x77}`]);
  assertEquals(bench.ipv4.counters.fragFails, 1);
});

Deno.test("a super-segment passes whole when the device cuts it, and its segments fit the link", () => {
  const bench = new Bench(65_535).configure();
  const packet = new Packet(65_600);
  // The transport writes 0x77 throughout, so its TCP header is 28 bytes long.
  bench.tcp.send(peer, 20_000, (packet) => packet.segmentSize = 1452);
  assertEquals(bench.ipv4.encapsulate(packet, 0, 0, 0), 20_020);
  assertEquals(packet.segmentSize, 1452);
  bench.tcp.send(peer, 20_000, (packet) => packet.segmentSize = 1453);
  assertEquals(bench.ipv4.encapsulate(packet, 0, 0, 0), 0);
  assertEquals(bench.tcp.errors, [`3 4 1500 ${peer} ${0x77}`]);
});

Deno.test("facts of one transport's packet do not leak into the next one's", () => {
  const bench = new Bench().configure();
  bench.tcp.send(peer, 100, (packet) => {
    packet.segmentSize = 50;
    packet.checksumStart = 34;
    packet.hopLimit = 3;
  });
  bench.next();
  bench.udp.send(peer, 10);
  assertEquals(bench.next()?.timeToLive, 64);
  assertEquals([bench.packet.segmentSize, bench.packet.checksumStart], [0, 0]);
});

Deno.test("errors reach the transport whose datagram they quote, if it is ours", () => {
  const bench = new Bench().configure();
  const quote = (fields: Partial<Ipv4Fields>, length = 28) => {
    const payload = new Uint8Array(8).fill(0x44);
    const bytes = encodeIpv4({ source: own, destination: far, protocol: 6, payload, ...fields });
    bench.packet.bytes.set(bytes);
    return bench.ipv4.deliverError(3, 1, 0, bench.packet, 0, length, 0);
  };
  assertEquals(quote({}), Verdict.Ok);
  assertEquals(bench.tcp.errors, [`3 1 0 ${far} ${0x44}`]);
  assertEquals(quote({ source: peer }), Verdict.Unexpected);
  assertEquals(quote({ protocol: 99 }), Verdict.NoProtocol);
  assertEquals(quote({ fragmentOffset: 8 }), Verdict.Filtered);
  for (let length = 0; length < 28; length++) assertEquals(quote({}, length), Verdict.Short);
  assertEquals(bench.tcp.errors.length, 1);
});

Deno.test("what we send to ourselves comes back at once, whole, and does not leave", () => {
  const bench = new Bench().configure();
  bench.udp.send(own, 100);
  bench.udp.send(parseIpv4("127.0.0.1"), 5000, (packet) => packet.mayFragment = true);
  assertEquals(bench.next(), null);
  const loopback = parseIpv4("127.0.0.1");
  assertEquals(bench.udp.heard, [`100 ${own} ${own} 64 0`, `5000 ${loopback} ${loopback} 64 0`]);
});

Deno.test("random bytes never throw", () => {
  const bench = new Bench().configure();
  const random = new SeededRandom(9);
  for (let i = 0; i < 5000; i++) {
    const bytes = Uint8Array.from({ length: random.uint32() % 120 }, () => random.uint32());
    if (i % 2 === 0 && bytes.length >= 20) {
      bytes[0] = 0x45 + (random.uint32() % 3);
      writeU16(bytes, 2, bytes.length);
      bytes.set([192, 168, 1, 20, 192, 168, 1, 10], 12);
      const frame = new Ipv4Frame();
      frame.reset(bytes, 0, bytes.length);
      if (frame.validate() === Verdict.Ok) frame.updateChecksum();
    }
    assert(bench.hearBytes(bytes) <= Verdict.Unsupported);
  }
});

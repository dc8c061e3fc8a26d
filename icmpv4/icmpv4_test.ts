import { assert, assertEquals, assertThrows } from "@std/assert";
import { encodeIpv4, Ipv4, type Ipv4Fields, Ipv4Frame } from "@octet/ipv4";
import { parseIpv4 } from "@octet/netip";
import { Packet, SeededRandom, Verdict } from "@octet/wire";
import { EchoClient } from "./echo_client.ts";
import { encodeIcmpv4, Icmpv4Frame } from "./frame.ts";
import { Icmpv4, type Icmpv4Options } from "./icmpv4.ts";

const own = parseIpv4("10.0.0.1");
const peer = parseIpv4("10.0.0.2");
const router = parseIpv4("10.0.0.254");

class Bench {
  readonly ipv4 = new Ipv4({ mtu: 1500, random: new SeededRandom(1) });
  readonly icmp: Icmpv4;
  readonly packet = new Packet(65_600);
  now = 0;

  constructor(options: Partial<Icmpv4Options> = {}) {
    this.icmp = new Icmpv4({ network: this.ipv4, random: new SeededRandom(1), ...options });
    this.ipv4.register(this.icmp);
    this.ipv4.errorReporter = this.icmp;
    this.ipv4.addAddress(own, 24);
  }

  hear(fields: Partial<Ipv4Fields>, isLinkBroadcast = false): Verdict {
    const bytes = encodeIpv4({ source: peer, destination: own, protocol: 1, ...fields });
    this.packet.bytes.set(bytes);
    this.packet.length = bytes.length;
    this.packet.isLinkBroadcast = isLinkBroadcast;
    return this.ipv4.demux(this.packet, 0, bytes.length, this.now);
  }

  /** The next message that is sent: who gets it, and its bytes. */
  next():
    | { to: number; from: number; trafficClass: number; icmp: Icmpv4Frame; bytes: Uint8Array }
    | null {
    this.packet.bytes.fill(0xa5);
    const length = this.ipv4.encapsulate(this.packet, 0, 0, this.now);
    if (length === 0) return null;
    const frame = new Ipv4Frame();
    frame.reset(this.packet.bytes, 0, length);
    assertEquals(frame.validate(), Verdict.Ok);
    const bytes = this.packet.bytes.slice(20, length);
    const icmp = new Icmpv4Frame();
    icmp.reset(bytes, 0, bytes.length);
    assertEquals(icmp.validate(), Verdict.Ok);
    assert(icmp.hasValidChecksum);
    const { destination, source, trafficClass } = frame;
    return { to: destination, from: source, trafficClass, icmp, bytes };
  }
}

function echo(payload: Uint8Array, identifier = 7, sequence = 1): Uint8Array {
  return encodeIcmpv4({ type: 8, identifier, sequence, payload });
}

Deno.test("an echo request comes back with its data, identifier, sequence and type of service", () => {
  for (const length of [0, 1, 2, 55, 56, 1471, 1472]) {
    const bench = new Bench();
    const payload = Uint8Array.from({ length }, (_, i) => i * 3 + 1);
    assertEquals(bench.hear({ payload: echo(payload), trafficClass: 0x28 }), Verdict.Ok);
    const reply = bench.next()!;
    assertEquals([reply.to, reply.from, reply.trafficClass], [peer, own, 0x28]);
    assertEquals(reply.bytes, encodeIcmpv4({ type: 0, identifier: 7, sequence: 1, payload }));
    assertEquals(bench.next(), null);
  }
});

Deno.test("the checksum of a reply is right for every checksum of a request", () => {
  const bench = new Bench();
  for (let high = 0; high < 256; high++) {
    for (const low of [0, 1, 0x7f, 0xfe, 0xff]) {
      bench.hear({ payload: echo(Uint8Array.of(high, low)) });
      bench.next();
    }
  }
  assertEquals(bench.icmp.counters.outEchoReps, 1280);
});

Deno.test("requests that must not be answered", () => {
  const bench = new Bench();
  const payload = echo(new Uint8Array(8));
  const flipped = payload.slice();
  flipped[9]! ^= 1;
  assertEquals(bench.hear({ payload: flipped }), Verdict.BadChecksum);
  assertEquals(bench.hear({ payload, destination: 0xffffffff }, true), Verdict.Filtered);
  assertEquals(
    bench.hear({ payload, destination: parseIpv4("10.0.0.255") }, true),
    Verdict.Filtered,
  );
  assertEquals(
    bench.hear({ payload, destination: parseIpv4("224.0.0.1") }, true),
    Verdict.Filtered,
  );
  assertEquals(bench.hear({ payload: payload.subarray(0, 7) }), Verdict.Short);
  bench.icmp.answersEcho = false;
  assertEquals(bench.hear({ payload }), Verdict.Filtered);
  assertEquals(bench.next(), null);
  assertEquals([bench.icmp.counters.inErrors, bench.icmp.counters.inCsumErrors], [2, 1]);
});

Deno.test("a flood is answered as far as the queue goes, and the queue gives its memory back", () => {
  const bench = new Bench({ queueLimit: 10 });
  for (let i = 0; i < 15; i++) {
    const verdict = bench.hear({ payload: echo(new Uint8Array(100), 7, i) });
    assertEquals(verdict, i < 10 ? Verdict.Ok : Verdict.QueueFull);
  }
  for (let i = 0; i < 10; i++) assertEquals(bench.next()!.icmp.sequence, i);
  assertEquals(bench.next(), null);
  assertEquals(bench.icmp.counters.outErrors, 5);
});

Deno.test("types that nobody here speaks are ignored, redirects and quenches too", () => {
  const quote = encodeIpv4({
    source: own,
    destination: peer,
    protocol: 17,
    payload: new Uint8Array(8),
  });
  const bench = new Bench();
  const cases: [number, Verdict][] = [
    [4, Verdict.Filtered],
    [5, Verdict.Filtered],
    [9, Verdict.Unsupported],
    [13, Verdict.Filtered],
    [15, Verdict.Unsupported],
    [17, Verdict.Unsupported],
    [200, Verdict.Unsupported],
    [0, Verdict.NoPort],
  ];
  for (const [type, verdict] of cases) {
    assertEquals(
      bench.hear({ payload: encodeIcmpv4({ type, payload: quote }) }),
      verdict,
      `${type}`,
    );
  }
  assertEquals(bench.next(), null);
});

Deno.test("errors quote the header and what fits 576 bytes (RFC 1812 §4.3.2.3)", () => {
  for (const length of [0, 8, 100, 508 + 20, 548 - 20, 1400]) {
    const bench = new Bench();
    const payload = Uint8Array.from({ length }, (_, i) => i + 1);
    assertEquals(bench.hear({ protocol: 99, payload, timeToLive: 3 }), Verdict.NoProtocol);
    const sent = bench.next()!;
    assertEquals([sent.to, sent.from, sent.trafficClass], [peer, own, 0xc0]);
    assertEquals([sent.icmp.type, sent.icmp.code, sent.icmp.info], [3, 2, 0]);
    const quoted = encodeIpv4({
      source: peer,
      destination: own,
      protocol: 99,
      payload,
      timeToLive: 3,
    });
    assertEquals(sent.bytes.subarray(8), quoted.subarray(0, 548));
    assertEquals(bench.next(), null);
  }
});

Deno.test("errors that must not be sent (RFC 1122 §3.2.2)", () => {
  const quote = encodeIpv4({
    source: own,
    destination: peer,
    protocol: 99,
    payload: new Uint8Array(8),
  });
  const payload = new Uint8Array(16);
  const cases: [string, Partial<Ipv4Fields>, boolean][] = [
    ["to a broadcast", { destination: 0xffffffff }, true],
    ["to a subnet's broadcast", { destination: parseIpv4("10.0.0.255") }, true],
    ["to a group", { destination: parseIpv4("224.0.0.1") }, true],
    ["from nobody", { source: 0, destination: 0xffffffff }, true],
    ["from loopback", { source: parseIpv4("127.0.0.1") }, false],
    ["from a broadcast", { source: parseIpv4("10.0.0.255") }, false],
    [
      "about an error",
      { protocol: 1, payload: encodeIcmpv4({ type: 3, code: 2, payload: quote }) },
      false,
    ],
  ];
  for (const [name, fields, isLinkBroadcast] of cases) {
    const bench = new Bench();
    bench.hear({ protocol: 99, payload, ...fields }, isLinkBroadcast);
    assertEquals(bench.next(), null, name);
    assertEquals(bench.icmp.counters.outMsgs, 0, name);
  }
});

Deno.test("an error is not sent about any fragment but the first", () => {
  const bench = new Bench();
  bench.hear({ protocol: 99, payload: new Uint8Array(16), fragmentOffset: 8, moreFragments: true });
  bench.now = 30_000;
  assertEquals(bench.next(), null);
  bench.hear({ protocol: 99, payload: new Uint8Array(16), moreFragments: true, identification: 2 });
  bench.now = 60_000;
  const sent = bench.next()!;
  assertEquals([sent.icmp.type, sent.icmp.code], [11, 1]);
});

Deno.test("errors are limited to a burst and a rate", () => {
  const bench = new Bench({ errorRate: 10, errorBurst: 3 });
  const provoke = () => {
    bench.hear({ protocol: 99, payload: new Uint8Array(8) });
    return bench.next() !== null;
  };
  const burst = () => {
    let count = 0;
    while (provoke()) count++;
    return count;
  };
  // Each takes none, one or two tokens by chance: as many as the burst on average, and never without end.
  const first = burst();
  assert(first >= 2 && first <= 20, `${first}`);
  bench.now = 50;
  assertEquals(provoke(), false);
  let counted = 0;
  for (let second = 1; second <= 200; second++) {
    for (let i = 0; i < 40; i++) {
      bench.now = 1000 * second + 25 * i;
      if (provoke()) counted++;
    }
  }
  assert(Math.abs(counted - 2000) < 200, `${counted} in 200 seconds`);
  bench.now = 1e9;
  assert(burst() <= 20);
});

Deno.test("an echo client asks when told to, and matches replies to requests", () => {
  const bench = new Bench();
  let told = 0;
  const client = new EchoClient({
    destination: peer,
    identifier: 99,
    length: 4,
    onResult: () => told++,
  });
  bench.icmp.register(client);
  assertEquals([client.request(), client.request()], [1, 2]);
  bench.now = 5.5;
  const first = bench.next()!;
  assertEquals(
    first.bytes,
    encodeIcmpv4({
      type: 8,
      identifier: 99,
      sequence: 1,
      payload: Uint8Array.of(0, 1, 2, 3),
    }),
  );
  bench.now = 6;
  assertEquals(bench.next()!.icmp.sequence, 2);
  assertEquals(bench.next(), null);
  bench.now = 10;
  const reply = (sequence: number, identifier = 99) =>
    bench.hear({
      timeToLive: 61,
      payload: encodeIcmpv4({ type: 0, identifier, sequence, payload: new Uint8Array(4) }),
    });
  assertEquals(reply(1), Verdict.Ok);
  assertEquals(reply(1), Verdict.Ok);
  assertEquals(reply(3), Verdict.Unexpected);
  assertEquals(reply(1, 98), Verdict.NoPort);
  assertEquals(told, 2);
  const expected = {
    kind: "reply" as const,
    sequence: 1,
    source: peer,
    roundTripTime: 4.5,
    hopLimit: 61,
    length: 4,
    options: new Uint8Array(0),
    isDuplicate: false,
    type: 0,
    code: 0,
    info: 0,
  };
  assertEquals(client.takeResult(), expected);
  assertEquals(client.takeResult(), { ...expected, isDuplicate: true });
  assertEquals(client.takeResult(), null);
});

Deno.test("a router's errors find the request that they quote", () => {
  const bench = new Bench();
  bench.ipv4.routes.add({
    prefix: bench.ipv4.addresses.entries[0]!.prefix.supernet(0),
    gateway: router,
    metric: 0,
    source: 0,
  });
  const far = parseIpv4("198.51.100.1");
  const client = new EchoClient({ destination: far, identifier: 5, hopLimit: 1 });
  bench.icmp.register(client);
  client.request();
  bench.next();
  const quoted = (source: number, destination: number, sequence: number) =>
    encodeIpv4({
      source,
      destination,
      protocol: 1,
      payload: encodeIcmpv4({ type: 8, identifier: 5, sequence }),
    });
  const error = (type: number, code: number, info: number, quote: Uint8Array) =>
    bench.hear({ source: router, payload: encodeIcmpv4({ type, code, info, payload: quote }) });
  bench.now = 3;
  assertEquals(error(11, 0, 0, quoted(own, far, 1)), Verdict.Ok);
  const result = client.takeResult()!;
  assertEquals([result.kind, result.type, result.code, result.source, result.roundTripTime], [
    "error",
    11,
    0,
    router,
    3,
  ]);
  assertEquals(error(3, 4, 1400, quoted(own, far, 1)), Verdict.Ok);
  assertEquals(client.takeResult()!.info, 1400);
  // Not ours, another destination, a request that was never sent, a quote that is cut.
  assertEquals(error(11, 0, 0, quoted(peer, far, 1)), Verdict.Unexpected);
  error(11, 0, 0, quoted(own, peer, 1));
  error(11, 0, 0, quoted(own, far, 2));
  assertEquals(error(11, 0, 0, quoted(own, far, 1).subarray(0, 27)), Verdict.Short);
  assertEquals(client.takeResult(), null);
});

Deno.test("identifiers are unique, chosen or not", () => {
  const { icmp } = new Bench();
  const clients = Array.from({ length: 500 }, () => new EchoClient({ destination: peer }));
  for (const client of clients) icmp.register(client);
  assertEquals(new Set(clients.map((client) => client.identifier)).size, 500);
  assert(clients.every((client) => client.identifier > 0));
  const { identifier } = clients[0]!;
  assertThrows(
    () => icmp.register(new EchoClient({ destination: peer, identifier })),
    RangeError,
    `Cannot register echo client as identifier ${identifier} is already taken`,
  );
  icmp.unregister(clients[0]!);
  icmp.register(new EchoClient({ destination: peer, identifier }));
});

Deno.test("wrong options of an echo client are refused", () => {
  for (
    const options of [{ identifier: 65_536 }, { length: 65_508 }, { hopLimit: 256 }, {
      length: 1.5,
    }]
  ) {
    assertThrows(
      () => new EchoClient({ destination: peer, ...options }),
      RangeError,
      "Cannot ping",
    );
  }
});

Deno.test("random messages never throw, and errors never answer errors", () => {
  const bench = new Bench();
  const random = new SeededRandom(3);
  for (let i = 0; i < 5000; i++) {
    const payload = Uint8Array.from({ length: random.uint32() % 80 }, () => random.uint32());
    const type = random.uint32() % 20;
    const bytes = encodeIcmpv4({
      type,
      code: random.uint32() % 16,
      info: random.uint32(),
      payload,
    });
    const verdict = bench.hear({ payload: bytes });
    assert(verdict <= Verdict.Unsupported);
    const sent = bench.next();
    assertEquals(sent?.icmp.type, type === 8 ? 0 : undefined);
  }
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  encodeIpv4,
  encodeRecordRoute,
  encodeTimestampOption,
  Ipv4,
  type Ipv4Fields,
  Ipv4Frame,
  Ipv4Options,
  TimestampFlag,
} from "@octet/ipv4";
import { formatIpv4, parseIpv4 } from "@octet/netip";
import { Packet, SeededRandom, Verdict, writeU32 } from "@octet/wire";
import { EchoClient } from "./echo_client.ts";
import { encodeIcmpv4, Icmpv4Frame } from "./frame.ts";
import { Icmpv4, type Icmpv4Options } from "./icmpv4.ts";

const own = parseIpv4("10.0.0.1");
const peer = parseIpv4("10.0.0.2");
const midnight = Date.UTC(2026, 0, 2);

class Bench {
  readonly ipv4 = new Ipv4({
    mtu: 1500,
    random: new SeededRandom(1),
    wallTime: (now) => midnight + now,
  });
  readonly icmp: Icmpv4;
  readonly packet = new Packet(65_600);
  readonly frame = new Ipv4Frame();
  now = 5000;

  constructor(options: Partial<Icmpv4Options> = {}) {
    this.icmp = new Icmpv4({ network: this.ipv4, random: new SeededRandom(1), ...options });
    this.ipv4.register(this.icmp);
    this.ipv4.errorReporter = this.icmp;
    this.ipv4.addAddress(own, 24);
  }

  hear(fields: Partial<Ipv4Fields>): Verdict {
    const bytes = encodeIpv4({ source: peer, destination: own, protocol: 1, ...fields });
    this.packet.bytes.set(bytes);
    this.packet.length = bytes.length;
    this.packet.isLinkBroadcast = false;
    return this.ipv4.demux(this.packet, 0, bytes.length, this.now);
  }

  /** The next message that is sent, with the options of its datagram. */
  next(): { icmp: Icmpv4Frame; options: Ipv4Options; optionsLength: number } | null {
    this.packet.bytes.fill(0xa5);
    const length = this.ipv4.encapsulate(this.packet, 0, 0, this.now);
    if (length === 0) return null;
    const { frame, packet } = this;
    frame.reset(packet.bytes, 0, length);
    assertEquals([frame.validate(), frame.hasValidChecksum], [Verdict.Ok, true]);
    const icmp = new Icmpv4Frame();
    icmp.reset(packet.bytes, frame.payloadOffset, frame.payloadEnd);
    if (!frame.isFragment) assert(icmp.hasValidChecksum);
    const options = new Ipv4Options();
    options.reset(packet.bytes, frame.optionsOffset, frame.payloadOffset);
    return { icmp, options, optionsLength: frame.payloadOffset - frame.optionsOffset };
  }
}

const echo = encodeIcmpv4({ type: 8, identifier: 7, sequence: 1, payload: new Uint8Array(8) });

Deno.test("an echo comes back with the route it took, ourselves added (RFC 1122 §3.2.2.6)", () => {
  const bench = new Bench();
  const options = encodeRecordRoute();
  writeU32(options, 3, peer);
  options[2] = 8;
  assertEquals(bench.hear({ payload: echo, options }), Verdict.Ok);
  const reply = bench.next()!;
  assertEquals(reply.optionsLength, 40);
  assert(reply.options.next());
  assertEquals([reply.options.type, reply.options.routeCount, reply.options.filledCount], [
    7,
    9,
    2,
  ]);
  const route = [0, 1].map((index) => formatIpv4(reply.options.routeAddress(index)));
  assertEquals(route, ["10.0.0.2", "10.0.0.1"]);
  assertEquals([reply.icmp.type, reply.icmp.sequence], [0, 1]);
});

Deno.test("an echo comes back with our time, by each flag", () => {
  const cases: [TimestampFlag, number[], number, number][] = [
    [TimestampFlag.Time, [], 1, 0],
    [TimestampFlag.AddressAndTime, [], 1, own],
    [TimestampFlag.Prespecified, [own, peer], 1, own],
    [TimestampFlag.Prespecified, [peer, own], 0, peer],
  ];
  for (const [flag, addresses, filled, address] of cases) {
    const bench = new Bench();
    bench.hear({ payload: echo, options: encodeTimestampOption({ flag, addresses }) });
    const { options } = bench.next()!;
    options.next();
    const time = filled === 0 ? 0 : 5000;
    assertEquals(
      [options.filledCount, options.timestampAddress(0), options.timestamp(0)],
      [filled, address, time],
    );
  }
});

Deno.test("a reply too long for the link has its options in the first fragment alone", () => {
  const bench = new Bench();
  const payload = encodeIcmpv4({ type: 8, payload: new Uint8Array(3000) });
  bench.hear({ payload, options: encodeRecordRoute(2) });
  const lengths: number[] = [];
  for (let sent = bench.next(); sent !== null; sent = bench.next()) {
    lengths.push(sent.optionsLength);
  }
  assertEquals(lengths, [12, 0, 0]);
});

Deno.test("errors go without options, though the datagram had some", () => {
  const bench = new Bench();
  bench.hear({ protocol: 99, options: encodeRecordRoute(), payload: new Uint8Array(8) });
  const sent = bench.next()!;
  assertEquals([sent.icmp.type, sent.icmp.code, sent.optionsLength], [3, 2, 0]);
  // RFC 1122 §3.2.2: the quote is the datagram as it came, its route still empty.
  assertEquals(bench.packet.bytes[28 + 22], 4);
});

Deno.test("malformed options are answered with the octet that is wrong (RFC 1122 §3.2.2.5)", () => {
  const cases: [number[], number][] = [
    [[7, 7, 3, 0, 0, 0, 0, 0], 22],
    [[1, 68, 8, 5, 1, 0, 0, 0, 0], 23],
    [[1, 1, 1, 7], 23],
  ];
  for (const [options, pointer] of cases) {
    const bench = new Bench();
    assertEquals(
      bench.hear({ payload: echo, options: Uint8Array.from(options) }),
      Verdict.BadOption,
    );
    const { icmp } = bench.next()!;
    assertEquals([icmp.type, icmp.code, icmp.pointer], [12, 0, pointer]);
    assertEquals(bench.ipv4.counters.inHdrErrors, 1);
  }
});

Deno.test("what time it is, we tell when we are to (RFC 792, RFC 1122 §3.2.2.8)", () => {
  const payload = new Uint8Array(16);
  writeU32(payload, 0, 4321);
  const request = encodeIcmpv4({ type: 13, identifier: 9, sequence: 2, payload });
  const silent = new Bench();
  assertEquals(silent.hear({ payload: request }), Verdict.Filtered);
  assertEquals(silent.next(), null);
  const bench = new Bench({ answersTimestamp: true });
  assertEquals(bench.hear({ payload: request }), Verdict.Ok);
  const { icmp } = bench.next()!;
  assertEquals(icmp.validate(), Verdict.Ok);
  assertEquals([icmp.type, icmp.identifier, icmp.sequence], [14, 9, 2]);
  assertEquals([icmp.originateTime, icmp.receiveTime, icmp.transmitTime], [4321, 5000, 5000]);
  assertEquals(icmp.payloadEnd - icmp.payloadOffset, 12);
  assertEquals(bench.icmp.counters.outTimestampReps, 1);
  assertEquals(bench.hear({ payload: request.slice(0, 8) }), Verdict.BadChecksum);
  const short = encodeIcmpv4({ type: 13, payload: new Uint8Array(11) });
  assertEquals(bench.hear({ payload: short }), Verdict.Short);
  assertEquals(bench.next(), null);
});

Deno.test("a client records its route, and gives what came back", () => {
  const bench = new Bench();
  const client = new EchoClient({ destination: peer, options: encodeRecordRoute(3), length: 0 });
  bench.icmp.register(client);
  client.request();
  const sent = bench.next()!;
  sent.options.next();
  assertEquals([sent.options.filledCount, sent.options.routeAddress(0)], [1, own]);
  assertEquals(sent.icmp.validate(), Verdict.Ok);
  const options = encodeRecordRoute(3);
  writeU32(options, 3, own);
  writeU32(options, 7, peer);
  options[2] = 12;
  const payload = encodeIcmpv4({ type: 0, identifier: client.identifier, sequence: 1 });
  bench.hear({ payload, options });
  bench.hear({ payload });
  const first = client.takeResult()!;
  assertEquals([...first.options], [...options]);
  assertEquals(client.takeResult()!.options.length, 0);
  assertThrows(
    () => new EchoClient({ destination: peer, options: new Uint8Array(6) }),
    RangeError,
    "Cannot ping as 6 bytes of options are not a multiple of four up to 40",
  );
});

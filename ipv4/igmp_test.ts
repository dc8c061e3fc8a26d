import { assert, assertEquals, assertThrows } from "@std/assert";
import { formatIpv4, parseIpv4 } from "@octet/netip";
import { Packet, SeededRandom, Verdict } from "@octet/wire";
import { encodeIpv4, type Ipv4Fields, Ipv4Frame } from "./frame.ts";
import { Igmp } from "./igmp.ts";
import {
  encodeIgmpQuery,
  IgmpFrame,
  type IgmpQueryFields,
  IgmpRecords,
  IgmpType,
  writeIgmpMessage,
} from "./igmp_frame.ts";
import { everySource, type MulticastFilter } from "./igmp_group.ts";
import { Ipv4 } from "./ipv4.ts";
import { encodeRouterAlert } from "./option_encode.ts";

const router = parseIpv4("192.0.2.254");
const group = parseIpv4("239.1.2.3");
const other = parseIpv4("239.1.2.4");
const allSystems = parseIpv4("224.0.0.1");
const [s1, s2, s3] = [1, 2, 3].map((n) => 0x0a000000 + n) as [number, number, number];
const only = (...sources: number[]): MulticastFilter => ({ mode: "include", sources });
const allBut = (...sources: number[]): MulticastFilter => ({ mode: "exclude", sources });
const names = ["", "IS_IN", "IS_EX", "TO_IN", "TO_EX", "ALLOW", "BLOCK"];

class Bench {
  readonly ipv4: Ipv4;
  readonly igmp: Igmp;
  readonly packet = new Packet(1514);
  readonly members: string[] = [];
  now = 0;

  constructor(seed = 1, mtu = 1500) {
    const random = new SeededRandom(seed);
    this.ipv4 = new Ipv4({ mtu, random });
    this.ipv4.addAddress(parseIpv4("192.0.2.1"), 24);
    this.igmp = new Igmp(random, {
      mtuOf: (index) => index === 0 ? mtu : 0,
      onMembership: (_index, address, isMember) => {
        this.members.push(`${isMember ? "+" : "-"}${formatIpv4(address)}`);
        if (isMember) this.ipv4.joinGroup(address);
        else this.ipv4.leaveGroup(address);
      },
    });
    this.ipv4.register(this.igmp);
  }

  listen(filter: MulticastFilter | null, listener: object = this, address = group): void {
    this.igmp.listen(0, address, listener, filter);
  }

  hear(payload: Uint8Array, fields: Partial<Ipv4Fields> = {}): Verdict {
    const bytes = encodeIpv4({
      source: router,
      destination: allSystems,
      protocol: 2,
      timeToLive: 1,
      options: encodeRouterAlert(),
      payload,
      ...fields,
    });
    this.packet.bytes.set(bytes);
    this.packet.interfaceIndex = 0;
    this.packet.isLinkBroadcast = true;
    return this.ipv4.demux(this.packet, 0, bytes.length, this.now);
  }

  query(fields: IgmpQueryFields): Verdict {
    return this.hear(encodeIgmpQuery(fields), { destination: fields.group ?? allSystems });
  }

  report(address: number): Verdict {
    const bytes = new Uint8Array(8);
    writeIgmpMessage(bytes, 0, IgmpType.ReportV2, address);
    return this.hear(bytes, { destination: address });
  }

  /** What is sent now, as text. */
  sent(): string[] {
    const result: string[] = [];
    const { packet } = this;
    for (;;) {
      packet.bytes.fill(0xa5);
      const length = this.ipv4.encapsulate(packet, 0, 0, this.now);
      if (length === 0) return result;
      const ip = new Ipv4Frame();
      ip.reset(packet.bytes, 0, length);
      assertEquals([ip.validate(), ip.hasValidChecksum], [Verdict.Ok, true]);
      // RFC 3376 §4: time to live 1, precedence "internetwork control", router alert.
      assertEquals([ip.timeToLive, ip.trafficClass, ip.protocol], [1, 0xc0, 2]);
      assertEquals([...packet.bytes.subarray(20, ip.payloadOffset)], [148, 4, 0, 0]);
      const frame = new IgmpFrame();
      frame.reset(packet.bytes, ip.payloadOffset, ip.payloadEnd);
      assertEquals([frame.validate(), frame.hasValidChecksum], [Verdict.Ok, true]);
      result.push(describe(frame, ip.destination, packet.bytes));
    }
  }

  /** Lets time pass; gives what was sent and when. */
  run(until: number): [number, string][] {
    const result: [number, string][] = this.sent().map((text) => [this.now, text]);
    for (;;) {
      const next = this.ipv4.timers.next();
      if (next > until) break;
      this.now = Math.max(this.now, next);
      this.ipv4.timers.expire(this.now);
      for (const text of this.sent()) result.push([this.now, text]);
    }
    this.now = until;
    return result;
  }

  /** The same without times. */
  texts(until: number): string[] {
    return this.run(until).map(([, text]) => text);
  }
}

function describe(frame: IgmpFrame, destination: number, bytes: Uint8Array): string {
  const to = formatIpv4(destination);
  if (frame.type === IgmpType.ReportV1) return `v1 ${formatIpv4(frame.group)} to ${to}`;
  if (frame.type === IgmpType.ReportV2) return `v2 ${formatIpv4(frame.group)} to ${to}`;
  if (frame.type === IgmpType.Leave) return `leave ${formatIpv4(frame.group)} to ${to}`;
  assertEquals(to, "224.0.0.22");
  const records = new IgmpRecords();
  records.reset(bytes, frame.recordsOffset, frame.recordCount);
  const parts: string[] = [];
  while (records.next()) {
    const sources = Array.from({ length: records.sourceCount }, (_, i) => records.source(i) & 0xff);
    parts.push(`${names[records.type]} .${records.group & 0xff} {${sources.join()}}`);
  }
  return parts.join(" ");
}

Deno.test("joins and leaves are told twice, within a second (RFC 3376 §5.1)", () => {
  const bench = new Bench();
  bench.listen(everySource);
  const joined = bench.run(10_000);
  assertEquals(joined.map(([, text]) => text), ["TO_EX .3 {}", "TO_EX .3 {}"]);
  assertEquals(joined[0]![0], 0);
  assert(joined[1]![0] > 0 && joined[1]![0] <= 1000);
  bench.listen(null);
  assertEquals(bench.texts(20_000), ["TO_IN .3 {}", "TO_IN .3 {}"]);
  assertEquals(bench.members, ["+239.1.2.3", "-239.1.2.3"]);
  assertEquals(bench.ipv4.timers.next(), Infinity);
  assertEquals([bench.igmp.counters.outReports, bench.igmp.counters.outLeaves], [4, 0]);
});

Deno.test("what is told of each change of filters (RFC 3376 §5.1)", () => {
  const cases: [MulticastFilter | null, MulticastFilter | null, string[]][] = [
    [null, everySource, ["TO_EX .3 {}"]],
    [null, only(s1, s2), ["ALLOW .3 {1,2}"]],
    [null, allBut(s1), ["TO_EX .3 {1}"]],
    [null, only(), []],
    [only(s1), only(s1), []],
    [only(s1, s2), only(s2, s3), ["ALLOW .3 {3} BLOCK .3 {1}"]],
    [only(s1), null, ["BLOCK .3 {1}"]],
    [only(s1), everySource, ["TO_EX .3 {}"]],
    [allBut(s1), allBut(s2), ["ALLOW .3 {1} BLOCK .3 {2}"]],
    [allBut(s1), only(s1), ["TO_IN .3 {1}"]],
    [everySource, null, ["TO_IN .3 {}"]],
  ];
  for (const [before, after, expected] of cases) {
    const bench = new Bench();
    bench.listen(before);
    bench.run(10_000);
    bench.listen(after);
    const name = JSON.stringify([before, after]);
    assertEquals(bench.sent(), expected, name);
    assertEquals(bench.texts(20_000), expected, `${name}, again`);
  }
});

Deno.test("the wishes of several listeners become one (RFC 3376 §3.2)", () => {
  const cases: [MulticastFilter[], string][] = [
    [[only(s1), only(s2)], "IS_IN .3 {1,2}"],
    [[only(s1), everySource], "IS_EX .3 {}"],
    [[allBut(s1, s2), allBut(s2, s3)], "IS_EX .3 {2}"],
    [[allBut(s1, s2), only(s1)], "IS_EX .3 {2}"],
    [[only(s1), only(s1)], "IS_IN .3 {1}"],
  ];
  for (const [filters, expected] of cases) {
    const bench = new Bench();
    filters.forEach((filter) => bench.listen(filter, {}));
    bench.run(10_000);
    bench.query({ version: 3 });
    assertEquals(bench.texts(30_000), [expected]);
    assertEquals(bench.members, ["+239.1.2.3"]);
  }
});

Deno.test("a change while another is still to be told again: the last state is told, as often as needs be", () => {
  const bench = new Bench();
  bench.listen(only(s1));
  assertEquals(bench.sent(), ["ALLOW .3 {1}"]);
  bench.listen(only(s1, s2));
  assertEquals(bench.sent(), ["ALLOW .3 {1,2}"]);
  assertEquals(bench.texts(5000), ["ALLOW .3 {2}"]);
  bench.listen(only(s2, s3));
  assertEquals(bench.sent(), ["ALLOW .3 {3} BLOCK .3 {1}"]);
  bench.listen(everySource);
  assertEquals(bench.texts(10_000), ["TO_EX .3 {}", "TO_EX .3 {}"]);
  bench.listen(null);
  bench.listen(everySource);
  assertEquals(bench.texts(20_000), ["TO_EX .3 {}", "TO_EX .3 {}"]);
});

Deno.test("queries are answered within their time, at random (RFC 3376 §5.2)", () => {
  const times = new Set<number>();
  for (let seed = 1; seed <= 20; seed++) {
    const bench = new Bench(seed);
    bench.listen(everySource);
    bench.listen(only(s1), bench, other);
    bench.run(10_000);
    bench.query({ version: 3, maxResponseTime: 5000 });
    assertEquals(bench.sent(), []);
    const answers = bench.run(60_000);
    assertEquals(answers.map(([, text]) => text), ["IS_EX .3 {} IS_IN .4 {1}"]);
    assert(answers[0]![0] > 10_000 && answers[0]![0] <= 15_001);
    times.add(answers[0]![0]);
  }
  assert(times.size > 15);
});

Deno.test("queries about a group and about sources", () => {
  const cases: [MulticastFilter, number[], string[]][] = [
    [everySource, [], ["IS_EX .3 {}"]],
    [only(s1, s2), [], ["IS_IN .3 {1,2}"]],
    [only(s1, s2), [s2, s3], ["IS_IN .3 {2}"]],
    [only(s1), [s2], []],
    [allBut(s1), [s1, s2], ["IS_IN .3 {2}"]],
    [allBut(s1), [s1], []],
  ];
  for (const [filter, sources, expected] of cases) {
    const bench = new Bench();
    bench.listen(filter);
    bench.run(10_000);
    bench.query({ version: 3, group, sources, maxResponseTime: 1000 });
    assertEquals(bench.texts(20_000), expected);
    bench.query({ version: 3, group: other });
    assertEquals(bench.texts(40_000), []);
  }
});

Deno.test("of several queries one answer does (RFC 3376 §5.2 rules 1 to 5)", () => {
  const start = () => {
    const bench = new Bench();
    bench.listen(only(s1, s2, s3));
    bench.run(10_000);
    return bench;
  };
  const two = start();
  two.query({ version: 3, group, sources: [s1], maxResponseTime: 1000 });
  two.query({ version: 3, group, sources: [s2], maxResponseTime: 1000 });
  assertEquals(two.texts(20_000), ["IS_IN .3 {1,2}"]);
  const whole = start();
  whole.query({ version: 3, group, sources: [s1], maxResponseTime: 1000 });
  whole.query({ version: 3, group, maxResponseTime: 1000 });
  whole.query({ version: 3, group, sources: [s2], maxResponseTime: 1000 });
  assertEquals(whole.texts(20_000), ["IS_IN .3 {1,2,3}"]);
  const general = start();
  general.query({ version: 3, maxResponseTime: 100 });
  general.query({ version: 3, group, maxResponseTime: 3_000_000 });
  assertEquals(general.texts(4_000_000), ["IS_IN .3 {1,2,3}"]);
});

Deno.test("a querier of version 2 is spoken to in its words, until it is gone (RFC 3376 §7.2, RFC 2236 §3)", () => {
  const bench = new Bench();
  bench.listen(everySource);
  bench.run(10_000);
  bench.query({ version: 2, maxResponseTime: 10_000 });
  assertEquals(bench.igmp.versionOn(0), 2);
  assertEquals(bench.texts(30_000), ["v2 239.1.2.3 to 239.1.2.3"]);
  bench.listen(only(s1), bench, other);
  const joins = bench.run(60_000);
  assertEquals(joins.map(([, text]) => text), Array(2).fill("v2 239.1.2.4 to 239.1.2.4"));
  assert(joins[1]![0] - joins[0]![0] <= 10_000);
  bench.listen(null, bench, other);
  assertEquals(bench.sent(), ["leave 239.1.2.4 to 224.0.0.2"]);
  // Another host has reported last, so that nobody need hear of our leaving.
  bench.report(group);
  bench.listen(null);
  assertEquals(bench.texts(100_000), []);
  // Robustness times query interval plus response interval: 260 seconds after the query.
  bench.run(269_999);
  assertEquals(bench.igmp.versionOn(0), 2);
  bench.run(270_001);
  assertEquals(bench.igmp.versionOn(0), 3);
  bench.listen(everySource);
  assertEquals(bench.sent(), ["TO_EX .3 {}"]);
});

Deno.test("another host's report spares ours (RFC 2236 §3)", () => {
  const bench = new Bench();
  bench.query({ version: 2 });
  bench.listen(everySource);
  assertEquals(bench.sent(), ["v2 239.1.2.3 to 239.1.2.3"]);
  bench.report(group);
  assertEquals(bench.texts(20_000), []);
  bench.query({ version: 2 });
  bench.report(group);
  assertEquals(bench.texts(40_000), []);
  bench.query({ version: 2 });
  assertEquals(bench.texts(60_000), ["v2 239.1.2.3 to 239.1.2.3"]);
  assertEquals(bench.igmp.counters.inReports, 2);
});

Deno.test("a querier of version 1 hears reports of its version, and no leaves", () => {
  const bench = new Bench();
  bench.hear(encodeIgmpQuery({ version: 1 }), { options: new Uint8Array(0) });
  assertEquals(bench.igmp.versionOn(0), 1);
  bench.listen(everySource);
  assertEquals(bench.sent(), ["v1 239.1.2.3 to 239.1.2.3"]);
  bench.query({ version: 2 });
  assertEquals(bench.igmp.versionOn(0), 1);
  bench.listen(null);
  assertEquals(bench.texts(30_000), []);
});

Deno.test("what is pending ends when the version changes (RFC 3376 §7.2.1)", () => {
  const bench = new Bench();
  bench.listen(everySource);
  assertEquals(bench.sent(), ["TO_EX .3 {}"]);
  bench.query({ version: 2, maxResponseTime: 1000 });
  assertEquals(bench.texts(20_000), ["v2 239.1.2.3 to 239.1.2.3"]);
});

Deno.test("the querier's robustness holds for what is told (RFC 3376 §4.1.6)", () => {
  const bench = new Bench();
  bench.listen(everySource, bench, other);
  bench.run(10_000);
  bench.query({ version: 3, robustness: 4 });
  bench.run(30_000);
  bench.listen(everySource);
  assertEquals(bench.texts(60_000), Array(4).fill("TO_EX .3 {}"));
});

Deno.test("nobody reports 224.0.0.1", () => {
  const bench = new Bench();
  bench.listen(everySource, bench, allSystems);
  assertEquals(bench.texts(10_000), []);
  for (const version of [2, 3] as const) {
    bench.query({ version });
    bench.query({ version, group: allSystems });
  }
  bench.listen(null, bench, allSystems);
  assertEquals(bench.texts(1_000_000), []);
});

Deno.test("what is not as it must be is not listened to (RFC 3376 §9.1)", () => {
  const query = encodeIgmpQuery({ version: 3 });
  const about = encodeIgmpQuery({ version: 3, group });
  const none = new Uint8Array(0);
  const cases: [string, Uint8Array, Partial<Ipv4Fields>, Verdict][] = [
    ["no router alert", query, { options: none }, Verdict.Filtered],
    ["a general query to a group", query, { destination: group }, Verdict.BadValue],
    ["about what is no group", encodeIgmpQuery({ version: 3, group: s1 }), {}, Verdict.BadValue],
    ["a bad checksum", query.with(3, 0), {}, Verdict.BadChecksum],
    ["too short", query.slice(0, 7), {}, Verdict.Short],
    ["of no version's length", query.slice(0, 11), {}, Verdict.BadLength],
    ["an unknown type", Uint8Array.fromHex("3000cfff00000000"), {}, Verdict.Unsupported],
    ["about a group, to us", about, { destination: parseIpv4("192.0.2.1") }, Verdict.Filtered],
  ];
  for (const [name, payload, fields, verdict] of cases) {
    const bench = new Bench();
    bench.listen(everySource);
    bench.run(10_000);
    assertEquals(bench.hear(payload, fields), verdict, name);
    assertEquals(bench.texts(30_000), [], name);
  }
});

Deno.test("what does not fit one report goes in several; of exceptions the rest is left out", () => {
  const many = Array.from({ length: 300 }, (_, i) => 0x0a000000 + i);
  const counts = (text: string) =>
    [...text.matchAll(/\{([^}]*)\}/g)].map((m) => m[1]!.split(",").length);
  const included = new Bench(1, 576);
  included.listen({ mode: "include", sources: many });
  assertEquals(included.sent().map(counts), [[134], [134], [32]]);
  const excluded = new Bench(1, 576);
  excluded.listen({ mode: "exclude", sources: many });
  assertEquals(excluded.sent().map(counts), [[134]]);
  const groups = new Bench(1, 576);
  for (let i = 0; i < 100; i++) groups.listen(everySource, groups, group + i);
  assertEquals(groups.sent().map((text) => text.split(" TO").length), [68, 32]);
});

Deno.test("queries about ever more sources do not fill the memory", () => {
  const bench = new Bench();
  bench.listen(everySource);
  bench.run(10_000);
  for (let i = 0; i < 20; i++) {
    const sources = Array.from({ length: 300 }, (_, j) => 0x0b000000 + 300 * i + j);
    bench.query({ version: 3, group, sources, maxResponseTime: 3_000_000 });
  }
  const answers = bench.texts(4_000_000);
  assert(answers.length <= 2 && answers[0]!.length < 3000, `${answers}`);
});

Deno.test("an interface that was gone tells its groups anew; one that is removed forgets them", () => {
  const bench = new Bench();
  bench.listen(everySource);
  bench.listen(only(s1), bench, other);
  bench.run(10_000);
  bench.igmp.announce(0);
  assertEquals(bench.sent(), ["TO_EX .3 {}", "TO_IN .4 {1}"]);
  bench.igmp.removeInterface(0);
  bench.query({ version: 3 });
  assertEquals(bench.texts(30_000), []);
  assertThrows(() => bench.igmp.listen(7, group, bench, everySource), RangeError, "no interface 7");
  assertThrows(
    () => bench.igmp.listen(0, s1, bench, everySource),
    RangeError,
    "no multicast group",
  );
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Packet, SeededRandom, TimerQueue, Verdict } from "@octet/wire";
import {
  decodeMessage,
  type DnsMessage,
  type DnsMessageInit,
  encodeMessage,
  type RecordTypeName,
} from "./mod.ts";
import {
  type DnsQuery,
  DnsResolver,
  type DnsResolverOptions,
  DnsStreamDecoder,
  frameForStream,
  type ResolveOptions,
} from "./mod_resolver.ts";
import { DnsServer, DnsZone } from "./mod_server.ts";
import { formatRecord, parseRecord, parseZone } from "./mod_text.ts";

const first = 0x0a4d0001;
const second = 0x0a4d0002;

function makeResolver(options: Partial<DnsResolverOptions> = {}): DnsResolver {
  return new DnsResolver({
    random: new SeededRandom(1),
    servers: [first, second],
    timeout: 1000,
    ...options,
  });
}

/** A query in the hands of a test: what it sends is taken apart, answers are made for it, time is given. */
class Link {
  readonly query: DnsQuery;
  readonly packet: Packet = new Packet(1514);
  readonly timers: TimerQueue = new TimerQueue();
  now = 0;
  isReady = false;
  /** The last message sent. */
  sent: DnsMessage | null = null;
  done = 0;

  constructor(resolver: DnsResolver, name: string, options: ResolveOptions = {}, now = 0) {
    this.now = now;
    this.query = resolver.resolve(name, now, {
      ...options,
      onDone: () => {
        this.done++;
      },
    });
    if (this.query.state === "pending") {
      this.query.attach({
        timers: this.timers,
        enqueue: (node) => {
          node.isReady = true;
        },
        dequeue: (node) => {
          node.isReady = false;
        },
      });
    }
  }

  /** Gives a turn if one is wanted: to whom is sent, 0 for nobody. */
  turn(): number {
    this.timers.expire(this.now);
    if (!this.query.isReady) return 0;
    this.query.isReady = false;
    this.packet.clear();
    this.packet.bytes.fill(0xa5);
    const length = this.query.encapsulate(this.packet, 14, 42, this.now);
    if (length === 0) return 0;
    const message = decodeMessage(this.packet.bytes, 42, 42 + length);
    if (typeof message === "number") throw new Error("A malformed query was sent");
    this.sent = message;
    assertEquals([this.packet.destinationPort, this.packet.source], [53, 0]);
    return this.packet.destination;
  }

  /** Lets time pass until the next turn; to whom is sent then. */
  wait(): number {
    this.now = this.timers.next();
    return this.turn();
  }

  /** Brings a message to the query's port. */
  deliver(bytes: Uint8Array, source: number = first, sourcePort: number = 53): Verdict {
    this.packet.clear();
    this.packet.bytes.set(bytes, 42);
    this.packet.source = source;
    this.packet.sourcePort = sourcePort;
    return this.query.demux(this.packet, 42, 42 + bytes.length, this.now);
  }

  /** The answer to what was sent last, with what is given in place of the usual. */
  reply(message: DnsMessageInit, source: number = first): Verdict {
    const { id, questions } = this.sent!;
    return this.deliver(encodeMessage({ id, questions, isResponse: true, ...message }), source);
  }

  /** Answers from records in text. */
  answer(...lines: string[]): Verdict {
    return this.reply({ answers: lines.map((line) => parseRecord(line)) });
  }
}

function texts(query: DnsQuery): string[] {
  return query.records.map((record) => formatRecord(record).replaceAll("\t", " "));
}

const soa = parseRecord("test. 50 SOA ns.test. h.test. 1 2 3 4 20");
const www = "www.octet.test. 60 A 10.77.0.3";

Deno.test("a question, an answer, and the cache", () => {
  const resolver = makeResolver();
  const link = new Link(resolver, "www.octet.test");
  assertEquals(link.turn(), first);
  const { sent } = link;
  assert(sent!.recursionDesired && !sent!.isResponse);
  assertEquals(sent!.questions, [{ name: "www.octet.test.", type: "A" }]);
  assertEquals(sent!.edns, { udpSize: 1232, version: 0, dnssecOk: false, options: [] });
  assertEquals(link.query.deadline(), 1000);
  assertEquals(link.answer(www), Verdict.Ok);
  assertEquals([link.query.state, link.query.connectionId, link.done], ["answered", 1, 1]);
  assertEquals(texts(link.query), ["www.octet.test. 60 IN A 10.77.0.3"]);
  assertEquals(link.query.deadline(), Infinity);
  assertEquals(link.turn(), 0);
  assertEquals(link.deliver(encodeMessage({ isResponse: true })), Verdict.Unexpected);

  const again = new Link(resolver, "WWW.octet.test.", {}, 20_500);
  assertEquals([again.query.state, again.done], ["answered", 1]);
  assertEquals(texts(again.query), ["www.octet.test. 39 IN A 10.77.0.3"]);
  assertEquals(new Link(resolver, "www.octet.test", {}, 60_000).query.state, "pending");
  assertEquals(resolver.counters, {
    sent: 1,
    received: 1,
    ignored: 1,
    timeouts: 0,
    serverErrors: 0,
    cacheHits: 1,
  });
});

Deno.test("what is not the answer is ignored and counted (RFC 5452 §9.1)", () => {
  const resolver = makeResolver();
  const link = new Link(resolver, "www.octet.test");
  const question = { name: "www.octet.test.", type: "A" } as const;
  const good: DnsMessageInit = {
    isResponse: true,
    questions: [question],
    answers: [parseRecord("www.octet.test. 60 A 6.6.6.6")],
  };
  assertEquals(
    link.deliver(encodeMessage({ ...good, id: 0 })),
    Verdict.Unexpected,
    "not asked yet",
  );
  link.turn();
  const id = link.sent!.id;
  const spoofed: [what: string, message: DnsMessageInit, source?: number, port?: number][] = [
    ["id", { ...good, id: id ^ 1 }],
    ["not a response", { ...good, id, isResponse: false }],
    ["opcode", { ...good, id, opcode: 4 }],
    ["name", { ...good, id, questions: [{ ...question, name: "ww.octet.test." }] }],
    ["type", { ...good, id, questions: [{ ...question, type: "AAAA" }] }],
    ["class", { ...good, id, questions: [{ ...question, class: 3 }] }],
    ["no question", { ...good, id, questions: [] }],
    ["two questions", { ...good, id, questions: [question, question] }],
    ["stranger", { ...good, id }, 0x06060606],
    ["server not asked yet", { ...good, id }, second],
    ["port", { ...good, id }, first, 5353],
  ];
  for (const [what, message, source, port] of spoofed) {
    assertEquals(link.deliver(encodeMessage(message), source, port), Verdict.Unexpected, what);
  }
  const whole = encodeMessage({ ...good, id });
  for (let length = 0; length < 12 + 20; length++) {
    assertEquals(link.deliver(whole.slice(0, length)), Verdict.Unexpected, `cut at ${length}`);
  }
  assertEquals(link.query.state, "pending");
  assertEquals(resolver.counters.ignored, spoofed.length + 33);
  assertEquals(resolver.cache.size, 0);
  assertEquals(link.reply({ questions: [{ ...question, name: "WWW.OCTET.TEST." }] }), Verdict.Ok);
});

Deno.test("records that lie beside the way are neither given nor kept", () => {
  const resolver = makeResolver();
  const link = new Link(resolver, "www.octet.test");
  link.turn();
  link.reply({
    answers: [
      parseRecord("bank.test. 999 A 6.6.6.6"),
      parseRecord("www.octet.test. 9 CNAME web.octet.test."),
      parseRecord("www.octet.test. 9 CH TXT x"),
      parseRecord("web.octet.test. 9 A 10.77.0.3"),
    ],
    additionals: [parseRecord("bank.test. 999 A 6.6.6.6")],
  });
  assertEquals(texts(link.query), ["web.octet.test. 9 IN A 10.77.0.3"]);
  assertEquals(link.query.canonicalName, "web.octet.test.");
  assertEquals(resolver.cache.get("bank.test.", "A", 0), undefined);
  assertEquals(resolver.cache.size, 2);
});

Deno.test("silence: every server is asked as often as it is said, then it is a timeout", () => {
  const resolver = makeResolver({ attempts: 3 });
  const link = new Link(resolver, "www.octet.test");
  const asked: [number, number][] = [[link.turn(), link.now]];
  const id = link.sent!.id;
  while (link.query.state === "pending") {
    const server = link.wait();
    if (server !== 0) asked.push([server, link.now]);
    assertEquals(link.sent!.id, id, "the same question has the same id");
  }
  assertEquals(asked, [
    [first, 0],
    [second, 1000],
    [first, 2000],
    [second, 3000],
    [first, 4000],
    [second, 5000],
  ]);
  assertEquals([link.query.error, link.now, link.done], ["timeout", 6000, 1]);
  assertEquals([resolver.counters.sent, resolver.counters.timeouts], [6, 6]);
});

Deno.test("a late answer of a server asked before is taken", () => {
  const link = new Link(makeResolver(), "www.octet.test");
  link.turn();
  assertEquals(link.wait(), second);
  assertEquals(link.answer(www), Verdict.Ok);
  assertEquals(link.query.state, "answered");
});

Deno.test("turns without a cause send nothing and lose no timer", () => {
  const link = new Link(makeResolver(), "www.octet.test");
  link.turn();
  for (link.now = 1; link.now < 1000; link.now += 333) {
    link.query.requestTurn();
    assertEquals(link.turn(), 0);
  }
  assertEquals(link.wait(), second);
  assertEquals(link.now, 1000);
});

Deno.test("a server with an error is left, and not asked again", () => {
  const cases: [rcode: number, error: string][] = [[2, "SERVFAIL"], [5, "REFUSED"], [
    9,
    "SERVFAIL",
  ]];
  for (const [rcode, error] of cases) {
    const resolver = makeResolver();
    const link = new Link(resolver, "www.octet.test");
    assertEquals(link.turn(), first);
    link.reply({ rcode });
    assertEquals(link.turn(), second, "at once");
    assertEquals(link.wait(), second, "the second time round as well");
    link.reply({ rcode }, second);
    assertEquals([link.query.state, link.query.error], ["failed", error]);
    assertEquals(resolver.counters.serverErrors, 2);
    assertEquals(resolver.cache.size, 0);
  }
  const silent = new Link(makeResolver(), "www.octet.test");
  silent.turn();
  silent.reply({ rcode: 2 });
  silent.turn();
  while (silent.query.state === "pending") silent.wait();
  assertEquals(silent.query.error, "SERVFAIL", "an error says more than silence");
});

Deno.test("a malformed answer, and a referral, are as good as an error", () => {
  const link = new Link(makeResolver(), "www.octet.test");
  link.turn();
  const { id, questions } = link.sent!;
  const answers = [parseRecord("www.octet.test. 9 TYPE1000 \\# 1 00")];
  const bytes = encodeMessage({ id, questions, isResponse: true, answers });
  const type = bytes.length - 13;
  bytes[type + 2] = 0;
  bytes[type + 3] = 1;
  assert(typeof decodeMessage(bytes) === "number");
  assertEquals(link.deliver(bytes), Verdict.Ok);
  assertEquals(link.turn(), second);
  link.reply({ authorities: [parseRecord("octet.test. 9 NS ns.octet.test.")] }, second);
  assertEquals([link.query.state, link.query.error], ["failed", "SERVFAIL"]);
});

Deno.test("a server from before EDNS is asked again without it (RFC 6891 §7)", () => {
  for (const rcode of [1, 4, 16]) {
    const link = new Link(makeResolver({ attempts: 1 }), "www.octet.test");
    link.turn();
    const id = link.sent!.id;
    // RFC 1035 servers need not repeat the question when they could not read it.
    link.reply(rcode === 16 ? { rcode, edns: {} } : { rcode, questions: [] });
    assertEquals(link.turn(), first);
    assertEquals(link.sent!.edns, null);
    assert(link.sent!.id !== id);
    link.reply({ rcode: 1 });
    assertEquals(link.turn(), second);
    link.reply({ rcode: 1 }, second);
    assertEquals(link.query.error, "SERVFAIL");
  }
  const plain = new Link(makeResolver({ udpSize: 0 }), "www.octet.test");
  plain.turn();
  assertEquals(plain.sent!.edns, null);
});

Deno.test("negative answers, kept as long as the SOA says (RFC 2308 §5)", () => {
  const cases: [rcode: number, error: string, kept: boolean][] = [
    [3, "NXDOMAIN", true],
    [0, "NODATA", true],
    [3, "NXDOMAIN", false],
    [0, "NODATA", false],
  ];
  for (const [rcode, error, kept] of cases) {
    const resolver = makeResolver();
    const link = new Link(resolver, "www.octet.test");
    link.turn();
    link.reply({ rcode, authorities: kept ? [soa] : [] });
    assertEquals([link.query.state, link.query.error], ["failed", error]);
    const at = (now: number, type: RecordTypeName): string | null =>
      new Link(resolver, "www.octet.test", { type }, now).query.error;
    assertEquals(at(19_999, "A"), kept ? error : null);
    assertEquals(at(19_999, "MX"), kept && rcode === 3 ? error : null);
    assertEquals(at(20_000, "A"), null);
  }
});

Deno.test("aliases are followed within an answer, by another question, and through the cache", () => {
  const resolver = makeResolver();
  const link = new Link(resolver, "a.test");
  link.turn();
  const id = link.sent!.id;
  link.answer("b.test. 50 CNAME C.test.", "a.test. 40 CNAME B.test.");
  assertEquals(link.turn(), first);
  assertEquals(link.sent!.questions[0]!.name, "c.test.");
  assert(link.sent!.id !== id, "another question, another id");
  link.answer("c.test. 30 A 10.0.0.1", "c.test. 30 A 10.0.0.2");
  assertEquals(texts(link.query), ["c.test. 30 IN A 10.0.0.1", "c.test. 30 IN A 10.0.0.2"]);
  assertEquals(link.query.aliases.map((record) => record.name), ["a.test.", "b.test."]);
  assertEquals(link.query.canonicalName, "c.test.");

  const known = new Link(resolver, "a.test", {}, 10_000).query;
  assertEquals([known.state, known.aliases.map((record) => record.ttl)], ["answered", [30, 40]]);
  const alias = new Link(resolver, "a.test", { type: "CNAME" }, 10_000).query;
  assertEquals(texts(alias), ["a.test. 30 IN CNAME B.test."]);
  const partly = new Link(resolver, "a.test", { type: "MX" }, 10_000);
  partly.turn();
  assertEquals(partly.sent!.questions, [{ name: "c.test.", type: "MX" }]);
  partly.reply({ rcode: 3, authorities: [soa] });
  assertEquals(partly.query.error, "NXDOMAIN");
});

Deno.test("aliases that lead round in circles, or too far, fail", () => {
  const inside = new Link(makeResolver(), "a.test");
  inside.turn();
  inside.answer("a.test. 9 CNAME b.test.", "b.test. 9 CNAME a.test.");
  assertEquals(inside.query.error, "SERVFAIL");

  const outside = new Link(makeResolver(), "0.test");
  let questions = 0;
  for (let i = 0; outside.query.state === "pending" && i < 100; i++) {
    if (outside.turn() === 0) break;
    questions++;
    outside.answer(`${i}.test. 0 CNAME ${i + 1}.test.`);
  }
  assertEquals([outside.query.error, questions], ["SERVFAIL", 17]);

  const resolver = makeResolver();
  resolver.cache.setRecords("a.test.", "CNAME", [parseRecord("a.test. 9 CNAME b.test.")], 0);
  resolver.cache.setRecords("b.test.", "CNAME", [parseRecord("b.test. 9 CNAME a.test.")], 0);
  assertEquals(new Link(resolver, "a.test").query.error, "SERVFAIL");
});

Deno.test("names of the search list, one after another; NODATA says more than NXDOMAIN", () => {
  const asked = (codes: number[]): [string[], string | null] => {
    const link = new Link(makeResolver({ search: ["a.test", "b.test"] }), "www");
    const names: string[] = [];
    for (const rcode of codes) {
      link.turn();
      names.push(link.sent!.questions[0]!.name);
      if (rcode < 0) link.answer(`${names.at(-1)} 9 A 10.0.0.1`);
      else link.reply({ rcode, authorities: [soa] });
    }
    assertEquals(link.turn(), 0);
    return [names, link.query.error];
  };
  assertEquals(asked([3, -1]), [["www.a.test.", "www.b.test."], null]);
  assertEquals(asked([3, 3, 3]), [["www.a.test.", "www.b.test.", "www."], "NXDOMAIN"]);
  assertEquals(asked([3, 0, 3]), [["www.a.test.", "www.b.test.", "www."], "NODATA"]);
});

Deno.test("names that nobody is asked for", () => {
  const resolver = makeResolver({
    hosts: { "Gate.octet.test": ["10.77.0.1", "2001:db8::1", "10.77.0.9"] },
    search: ["octet.test"],
  });
  const cases: [name: string, type: RecordTypeName, result: string][] = [
    ["10.0.0.1", "A", "10.0.0.1. 0 IN A 10.0.0.1"],
    ["10.0.0.1", "AAAA", "NODATA"],
    ["::1", "AAAA", "::1. 0 IN AAAA ::1"],
    ["::ffff:1.2.3.4", "A", "NODATA"],
    ["localhost", "A", "localhost. 0 IN A 127.0.0.1"],
    ["localhost.", "A", "localhost. 0 IN A 127.0.0.1"],
    ["a.LOCALHOST", "AAAA", "a.localhost. 0 IN AAAA ::1"],
    ["a.localhost", "MX", "NODATA"],
    ["x.invalid.", "A", "NXDOMAIN"],
    ["x.onion.", "A", "NXDOMAIN"],
    ["gate.octet.test", "A", "gate.octet.test. 0 IN A 10.77.0.1"],
    ["gate", "AAAA", "gate.octet.test. 0 IN AAAA 2001:db8::1"],
    ["gate.octet.test.", "MX", "NODATA"],
    ["9.0.77.10.in-addr.arpa.", "PTR", "9.0.77.10.in-addr.arpa. 0 IN PTR gate.octet.test."],
  ];
  for (const [name, type, result] of cases) {
    const link = new Link(resolver, name, { type });
    const { query } = link;
    const pending = (): string => {
      link.turn();
      return `${link.sent!.questions[0]!.name} asked`;
    };
    assertEquals(
      query.state === "pending" ? pending() : query.error ?? texts(query)[0],
      result,
      name,
    );
  }
});

Deno.test("what the programmer does wrong throws", () => {
  const resolver = makeResolver();
  assertThrows(() => resolver.resolve("a..b", 0), SyntaxError, "a label is empty");
  assertThrows(() => resolver.resolve("1..2.3", 0), SyntaxError);
  assertThrows(() => resolver.resolve("", 0), SyntaxError);
  assertThrows(
    () => resolver.resolve("a", 0, { type: "NONSENSE" as RecordTypeName }),
    TypeError,
    "NONSENSE",
  );
});

Deno.test("no servers, and cancelling", () => {
  const lonely = new Link(makeResolver({ servers: [] }), "www.octet.test");
  assertEquals([lonely.query.error, lonely.done], ["noServers", 1]);
  const link = new Link(makeResolver(), "www.octet.test");
  link.turn();
  link.query.cancel();
  link.query.cancel();
  assertEquals([link.query.state, link.query.error, link.done], ["failed", "cancelled", 1]);
  assertEquals([link.query.deadline(), link.answer(www)], [Infinity, Verdict.Unexpected]);
});

Deno.test("rotation begins each query with the next server", () => {
  const resolver = makeResolver({ rotate: true });
  const servers = ["a.test", "b.test", "c.test"].map((name) => new Link(resolver, name).turn());
  assertEquals(servers, [first, second, first]);
});

Deno.test("ids and letter case are random; answers must repeat the case (0x20)", () => {
  const resolver = makeResolver({ randomizeCase: true });
  const ids = new Set<number>();
  const names = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const link = new Link(resolver, "www.octet-0.test");
    link.turn();
    ids.add(link.sent!.id);
    const { name } = link.sent!.questions[0]!;
    names.add(name);
    assertEquals(name.toLowerCase(), "www.octet-0.test.");
    if (name === name.toLowerCase()) continue;
    const questions = [{ name: name.toLowerCase(), type: "A" as const }];
    assertEquals(link.reply({ questions }), Verdict.Unexpected);
    assertEquals(link.answer(`${name} 0 A 10.0.0.1`), Verdict.Ok);
    assertEquals(texts(link.query), ["www.octet-0.test. 0 IN A 10.0.0.1"]);
  }
  assert(ids.size > 45 && names.size > 40);
});

Deno.test("an ICMP error sends the query on to the next server", () => {
  const link = new Link(makeResolver({ attempts: 1 }), "www.octet.test");
  const report = (type: number, destination: number, port: number): void => {
    link.packet.clear();
    link.packet.destination = destination;
    link.packet.destinationPort = port;
    link.query.networkError(type, 3, 0, link.packet);
  };
  report(3, first, 53);
  link.turn();
  for (const [type, to, port] of [[11, first, 53], [3, second, 53], [3, first, 54]] as const) {
    report(type, to, port);
    assertEquals(link.turn(), 0, "not about this");
  }
  report(3, first, 53);
  assertEquals(link.turn(), second);
  report(3, second, 53);
  assertEquals([link.query.state, link.query.error], ["failed", "timeout"]);
});

Deno.test("a truncated answer without TCP fails as such", () => {
  const link = new Link(makeResolver(), "www.octet.test");
  link.turn();
  assertEquals(link.reply({ isTruncated: true, answers: [parseRecord(www)] }), Verdict.Ok);
  assertEquals([link.query.state, link.query.error], ["failed", "truncated"]);
  assertEquals(link.query.records, []);
});

Deno.test("a truncated answer is fetched over TCP", () => {
  const zone = new DnsZone("octet.test");
  for (let i = 0; i < 40; i++) {
    zone.add({ name: "www.octet.test.", type: "A", ttl: 60, address: i });
  }
  const server = new DnsServer({ zones: [zone] });
  let truncated = 0;
  const link = new Link(makeResolver({ udpSize: 512 }), "www.octet.test", {
    onTruncated: () => {
      truncated++;
    },
  });
  link.turn();
  const sent = encodeMessage(link.sent!);
  const cut = server.answerDatagram(sent, 0, sent.length)!;
  assertEquals(link.deliver(cut), Verdict.Ok);
  assertEquals([truncated, link.query.state, link.query.streamServer], [1, "pending", first]);
  assertEquals(link.deliver(cut), Verdict.Ok, "a copy changes nothing");
  assertEquals([truncated, link.turn()], [1, 0]);

  const decoder = new DnsStreamDecoder();
  const request = link.query.streamRequest;
  decoder.push(request, 0, request.length);
  assert(decoder.next());
  const answer = server.answerStream(decoder.bytes, decoder.offset, decoder.end)!;
  const stray = answer.with(0, answer[0]! ^ 1);
  assertEquals(link.query.acceptStreamAnswer(stray, 0, stray.length, 5), Verdict.Unexpected);
  decoder.push(frameForStream(answer), 0, answer.length + 2);
  assert(decoder.next());
  const { bytes, offset, end } = decoder;
  assertEquals(link.query.acceptStreamAnswer(bytes, offset, end, 5), Verdict.Ok);
  assertEquals([link.query.state, link.query.records.length, link.done], ["answered", 40, 1]);
  assertEquals(link.query.acceptStreamAnswer(bytes, offset, end, 5), Verdict.Unexpected);
});

Deno.test("TCP that fails, or is silent, sends the query on to the next server", () => {
  const truncate = (): Link => {
    const link = new Link(makeResolver({ attempts: 1 }), "www.octet.test", { onTruncated() {} });
    link.turn();
    link.reply({ isTruncated: true });
    assertEquals(link.query.streamServer, first);
    return link;
  };
  const broken = truncate();
  broken.query.serverUnreachable();
  assertEquals([broken.turn(), broken.query.streamServer], [second, 0]);

  const silent = truncate();
  assertEquals([silent.wait(), silent.now, silent.query.streamServer], [second, 1000, 0]);
  silent.reply({ answers: [parseRecord(www)] }, second);
  assertEquals(silent.query.state, "answered");
});

Deno.test("resolver and server together, with loss in both directions", () => {
  const zone = new DnsZone(
    "octet.test",
    parseZone("www.octet.test. 60 CNAME web.octet.test.\nweb.octet.test. 60 A 10.77.0.3"),
  );
  const random = new SeededRandom(7);
  const lose = (): boolean => random.uint32() < 2 ** 31;
  let answered = 0;
  for (let round = 0; round < 200; round++) {
    const server = new DnsServer({ zones: [zone] });
    const resolver = makeResolver({ servers: [first], attempts: 8, random });
    const link = new Link(resolver, "www.octet.test");
    link.turn();
    for (;;) {
      const query = encodeMessage(link.sent!);
      if (!lose()) {
        const reply = server.answerDatagram(query, 0, query.length)!;
        if (!lose()) link.deliver(reply);
      }
      if (link.query.state !== "pending" || link.wait() === 0) break;
    }
    if (link.query.state === "answered") {
      answered++;
      assertEquals(texts(link.query), ["web.octet.test. 60 IN A 10.77.0.3"]);
    } else {
      assertEquals([link.query.error, link.now], ["timeout", 8000]);
    }
  }
  // Each of eight tries comes through with one in four: 90 % of the rounds.
  assert(answered > 160 && answered < 200, String(answered));
});

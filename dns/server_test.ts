import { assert, assertEquals } from "@std/assert";
import { Packet, Verdict } from "@octet/wire";
import {
  decodeMessage,
  type DnsMessage,
  type DnsMessageInit,
  encodeMessage,
  Rcode,
  rcodeName,
  type RecordTypeName,
} from "./mod.ts";
import { DnsServer, DnsZone } from "./mod_server.ts";
import { formatRecord, parseZone } from "./mod_text.ts";

const octet = new DnsZone(
  "octet.test",
  parseZone(
    `
$TTL 60
@          SOA   ns hostmaster 1 2 3 4 30
@          NS    ns
@          MX    10 mail
@          TXT   "v=spf1 -all"
ns         A     10.77.0.1
mail       A     10.77.0.2
mail       AAAA  2001:db8::2
www        CNAME web
web        A     10.77.0.3
hop        CNAME www
gone       CNAME nowhere
out        CNAME www.example.com.
over       CNAME www.other.test.
loop       CNAME loop2
loop2      CNAME loop
*.wild     A     10.77.0.9
*.alias    CNAME web
_sip._udp  SRV   1 2 5060 mail
svc        HTTPS 1 . alpn=h3
svc        A     10.77.0.8
old        DNAME new
a.new      A     10.77.0.7
child      NS    ns.child
child      NS    ns.elsewhere.test.
ns.child   A     10.77.1.1
tochild    CNAME host.child
nowhere.deep.ent TXT x
`,
    { origin: "octet.test" },
  ),
);
const other = new DnsZone("other.test", parseZone("www.other.test. 5 A 10.78.0.1"));

function makeServer(): DnsServer {
  return new DnsServer({
    zones: [octet, other],
    version: "octet",
    nsid: new TextEncoder().encode("n1"),
  });
}

function ask(message: DnsMessageInit, server: DnsServer = makeServer()): DnsMessage {
  const query = encodeMessage(message);
  const reply = decodeMessage(server.answerStream(query, 0, query.length)!);
  if (typeof reply === "number") throw new Error(`Reply refused as ${reply}`);
  assert(reply.isResponse && !reply.recursionAvailable);
  return reply;
}

/** What came back, in short: code, AA, then the sections, without TTLs. */
function summary(reply: DnsMessage): string[] {
  const section = (name: string, records: DnsMessage["answers"]): string[] =>
    records.map((record) => {
      const [owner, , , type, data] = formatRecord(record).split("\t");
      return `${name} ${owner} ${type} ${type === "SOA" ? record.ttl : data}`;
    });
  return [
    `${rcodeName(reply.rcode)}${reply.isAuthoritative ? " aa" : ""}`,
    ...section("an", reply.answers),
    ...section("au", reply.authorities),
    ...section("ad", reply.additionals),
  ];
}

const soa = "au octet.test. SOA 30";

Deno.test("the server's answers", () => {
  const cases: [name: string, type: RecordTypeName, ...expected: string[]][] = [
    ["web.octet.test.", "A", "NOERROR aa", "an web.octet.test. A 10.77.0.3"],
    ["WEB.Octet.Test.", "A", "NOERROR aa", "an WEB.Octet.Test. A 10.77.0.3"],
    ["web.octet.test.", "AAAA", "NOERROR aa", soa],
    ["none.octet.test.", "A", "NXDOMAIN aa", soa],
    ["ent.octet.test.", "A", "NOERROR aa", soa],
    ["deep.ent.octet.test.", "A", "NOERROR aa", soa],
    ["x.deep.ent.octet.test.", "A", "NXDOMAIN aa", soa],
    [
      "octet.test.",
      "MX",
      "NOERROR aa",
      "an octet.test. MX 10 mail.octet.test.",
      "ad mail.octet.test. A 10.77.0.2",
      "ad mail.octet.test. AAAA 2001:db8::2",
    ],
    [
      "octet.test.",
      "NS",
      "NOERROR aa",
      "an octet.test. NS ns.octet.test.",
      "ad ns.octet.test. A 10.77.0.1",
    ],
    [
      "_sip._udp.octet.test.",
      "SRV",
      "NOERROR aa",
      "an _sip._udp.octet.test. SRV 1 2 5060 mail.octet.test.",
      "ad mail.octet.test. A 10.77.0.2",
      "ad mail.octet.test. AAAA 2001:db8::2",
    ],
    [
      "svc.octet.test.",
      "HTTPS",
      "NOERROR aa",
      'an svc.octet.test. HTTPS 1 . alpn="h3"',
      "ad svc.octet.test. A 10.77.0.8",
    ],
    [
      "hop.octet.test.",
      "A",
      "NOERROR aa",
      "an hop.octet.test. CNAME www.octet.test.",
      "an www.octet.test. CNAME web.octet.test.",
      "an web.octet.test. A 10.77.0.3",
    ],
    ["hop.octet.test.", "CNAME", "NOERROR aa", "an hop.octet.test. CNAME www.octet.test."],
    [
      "www.octet.test.",
      "MX",
      "NOERROR aa",
      "an www.octet.test. CNAME web.octet.test.",
      soa,
    ],
    [
      "gone.octet.test.",
      "A",
      "NXDOMAIN aa",
      "an gone.octet.test. CNAME nowhere.octet.test.",
      soa,
    ],
    ["out.octet.test.", "A", "NOERROR aa", "an out.octet.test. CNAME www.example.com."],
    [
      "over.octet.test.",
      "A",
      "NOERROR aa",
      "an over.octet.test. CNAME www.other.test.",
      "an www.other.test. A 10.78.0.1",
    ],
    [
      "loop.octet.test.",
      "A",
      "NOERROR aa",
      "an loop.octet.test. CNAME loop2.octet.test.",
      "an loop2.octet.test. CNAME loop.octet.test.",
    ],
    ["a.b.wild.octet.test.", "A", "NOERROR aa", "an a.b.wild.octet.test. A 10.77.0.9"],
    ["a.wild.octet.test.", "MX", "NOERROR aa", soa],
    ["wild.octet.test.", "A", "NOERROR aa", soa],
    [
      "x.alias.octet.test.",
      "A",
      "NOERROR aa",
      "an x.alias.octet.test. CNAME web.octet.test.",
      "an web.octet.test. A 10.77.0.3",
    ],
    [
      "a.old.octet.test.",
      "A",
      "NOERROR aa",
      "an old.octet.test. DNAME new.octet.test.",
      "an a.old.octet.test. CNAME a.new.octet.test.",
      "an a.new.octet.test. A 10.77.0.7",
    ],
    [
      "x.child.octet.test.",
      "A",
      "NOERROR",
      "au child.octet.test. NS ns.child.octet.test.",
      "au child.octet.test. NS ns.elsewhere.test.",
      "ad ns.child.octet.test. A 10.77.1.1",
    ],
    ["child.octet.test.", "DS", "NOERROR aa", soa],
    [
      "tochild.octet.test.",
      "A",
      "NOERROR aa",
      "an tochild.octet.test. CNAME host.child.octet.test.",
      "au child.octet.test. NS ns.child.octet.test.",
      "au child.octet.test. NS ns.elsewhere.test.",
      "ad ns.child.octet.test. A 10.77.1.1",
    ],
    ["web.octet.test.", "ANY", "NOERROR aa", "an web.octet.test. A 10.77.0.3"],
    ["www.octet.test.", "ANY", "NOERROR aa", "an www.octet.test. CNAME web.octet.test."],
    ["example.com.", "A", "REFUSED"],
    ["test.", "A", "REFUSED"],
    ["xoctet.test.", "A", "REFUSED"],
    ["octet.test.", "AXFR", "REFUSED"],
    ["octet.test.", "IXFR", "REFUSED"],
  ];
  for (const [name, type, ...expected] of cases) {
    const reply = ask({ id: 77, recursionDesired: true, questions: [{ name, type }] });
    assertEquals(summary(reply), expected, `${name} ${type}`);
    assertEquals([reply.id, reply.recursionDesired, reply.edns], [77, true, null]);
    assertEquals(reply.questions, [{ name, type }]);
  }
});

Deno.test("ANY gives one set of several (RFC 8482 §4.1)", () => {
  const { answers } = ask({ questions: [{ name: "octet.test.", type: "ANY" }] });
  assertEquals(new Set(answers.map((record) => record.type)).size, 1);
});

Deno.test("queries that are not plain questions", () => {
  const questions = [{ name: "web.octet.test.", type: "A" as const }];
  const cases: [what: string, message: DnsMessageInit, rcode: number][] = [
    ["no question", {}, Rcode.FORMERR],
    ["two questions", { questions: [...questions, ...questions] }, Rcode.FORMERR],
    ["NOTIFY", { opcode: 4, questions }, Rcode.NOTIMP],
    ["UPDATE", { opcode: 5, questions }, Rcode.NOTIMP],
    ["an opcode nobody knows", { opcode: 15, questions }, Rcode.NOTIMP],
    ["class HS", { questions: [{ ...questions[0]!, class: 4 }] }, Rcode.REFUSED],
    ["EDNS version 1", { questions, edns: { version: 1 } }, Rcode.BADVERS],
    ["chaos of another name", {
      questions: [{ name: "hostname.bind.", type: "TXT", class: 3 }],
    }, Rcode.REFUSED],
  ];
  for (const [what, message, rcode] of cases) {
    const reply = ask(message);
    assertEquals([reply.rcode, reply.answers.length], [rcode, 0], what);
    if (message.edns) assertEquals(reply.edns?.version, 0, "the version it speaks");
  }
});

Deno.test("version.bind in class CH", () => {
  const questions = [{ name: "VERSION.BIND.", type: "TXT" as const, class: 3 }];
  assertEquals(ask({ questions }).answers.map(formatRecord), [
    'VERSION.BIND.\t0\tCH\tTXT\t"octet"',
  ]);
  assertEquals(ask({ questions }, new DnsServer()).rcode, Rcode.REFUSED);
});

Deno.test("EDNS in the query gets EDNS in the reply, DO and NSID with it", () => {
  const questions = [{ name: "web.octet.test.", type: "A" as const }];
  const plain = ask({ questions, edns: { udpSize: 4096 } });
  assertEquals(plain.edns, { udpSize: 1232, version: 0, dnssecOk: false, options: [] });
  const nsid = { kind: "nsid", data: new Uint8Array(0) } as const;
  const asked = ask({ questions, edns: { dnssecOk: true, options: [nsid] } });
  assert(asked.edns!.dnssecOk);
  assertEquals(asked.edns!.options, [{ kind: "nsid", data: Uint8Array.of(0x6e, 0x31) }]);
});

Deno.test("what is malformed gets FORMERR, what is no query gets nothing", () => {
  const server = makeServer();
  const query = encodeMessage({ id: 5, questions: [{ name: "web.octet.test.", type: "A" }] });
  for (let length = 0; length < query.length; length++) {
    const reply = server.answerDatagram(query, 0, length);
    if (length < 12) assertEquals(reply, null);
    else {
      const message = decodeMessage(reply!);
      assert(typeof message !== "number");
      assertEquals(reply!.slice(0, 4), Uint8Array.of(0, 5, 0x80, 1));
    }
  }
  assertEquals(server.counters.ignored, 12);
  assertEquals(server.counters.formErrors, query.length - 12);
  query[2] = 0x80;
  assertEquals(server.answerDatagram(query, 0, query.length), null);
});

Deno.test("over UDP a reply is as long as the asker takes, over TCP it is whole", () => {
  const strings = [new Uint8Array(250)];
  const zone = new DnsZone("big.test");
  for (let i = 0; i < 10; i++) {
    strings[0] = new Uint8Array(250).fill(i);
    zone.add({ name: "big.test.", type: "TXT", ttl: 1, strings: [...strings] });
  }
  const server = new DnsServer({ zones: [zone] });
  const sizes: [udpSize: number | null, limit: number, answers: number][] = [
    [null, 512, 1],
    [0, 512, 1],
    [512, 512, 1],
    [900, 900, 3],
    [1232, 1232, 4],
    [65535, 1232, 4],
  ];
  for (const [udpSize, limit, answers] of sizes) {
    const query = encodeMessage({
      questions: [{ name: "big.test.", type: "TXT" }],
      edns: udpSize === null ? null : { udpSize },
    });
    const bytes = server.answerDatagram(query, 0, query.length)!;
    assert(bytes.length <= limit);
    const reply = decodeMessage(bytes);
    if (typeof reply === "number") throw new Error("Malformed");
    assertEquals([reply.isTruncated, reply.answers.length], [true, answers], String(udpSize));
    const whole = decodeMessage(server.answerStream(query, 0, query.length)!);
    if (typeof whole === "number") throw new Error("Malformed");
    assertEquals([whole.isTruncated, whole.answers.length], [false, 10]);
  }
});

Deno.test("the node: replies go back where the query came from, in order, and the queue is bounded", () => {
  const server = new DnsServer({ zones: [octet], queueLimit: 3 });
  assertEquals([server.protocol, server.localPort], [17, 53]);
  const packet = new Packet(1514);
  const deliver = (id: number, facts: Partial<Packet> = {}): Verdict => {
    packet.clear();
    packet.bytes.fill(0xa5);
    const query = encodeMessage({ id, questions: [{ name: "web.octet.test.", type: "A" }] });
    packet.bytes.set(query, 42);
    packet.source = 0x0a4d0010 + id;
    packet.sourcePort = 40000 + id;
    packet.destination = 0x0a4d0001;
    Object.assign(packet, facts);
    return server.demux(packet, 42, 42 + query.length, 0);
  };
  assertEquals(server.deadline(), Infinity);
  assertEquals([1, 2, 3, 4].map((id) => deliver(id)), [0, 0, 0, Verdict.QueueFull]);
  assert(server.isReady);
  for (const id of [1, 2, 3]) {
    packet.clear();
    const length = server.encapsulate(packet, 14, 42, 0);
    const reply = decodeMessage(packet.bytes, 42, 42 + length);
    if (typeof reply === "number") throw new Error("Malformed");
    assertEquals([reply.id, packet.destination, packet.destinationPort, packet.source], [
      id,
      0x0a4d0010 + id,
      40000 + id,
      0x0a4d0001,
    ]);
  }
  assertEquals(server.encapsulate(packet, 14, 42, 0), 0);
  assertEquals(deliver(1, { isLinkBroadcast: true }), Verdict.Filtered);
  assertEquals(deliver(1, { sourcePort: 0 }), Verdict.Filtered);
  assertEquals(server.demux(packet, 42, 50, 0), Verdict.Filtered);
  packet.sourcePort = 1;
  assertEquals(server.demux(packet, 42, 50, 0), Verdict.Short);
  packet.bytes[44] = 0x80;
  assertEquals(server.demux(packet, 42, 80, 0), Verdict.Unexpected);
  assertEquals(server.counters, {
    received: 3,
    sent: 3,
    ignored: 2,
    formErrors: 0,
    refused: 0,
    dropped: 1,
  });
  packet.release();
});

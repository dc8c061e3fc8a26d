import { assertEquals, assertThrows } from "@std/assert";
import { DnsZone } from "./mod_server.ts";
import { formatRecord, parseRecord, parseZone } from "./mod_text.ts";

/** The zone of RFC 1035 §5.3, its bell and whistles kept. */
const isi = `
@   IN  SOA     VENERA      Action\\.domains (
                                 20     ; SERIAL
                                 7200   ; REFRESH
                                 600    ; RETRY
                                 3600000; EXPIRE
                                 60)    ; MINIMUM

        NS      A.ISI.EDU.
        NS      VENERA
        NS      VAXA
        MX      10      VENERA
        MX      20      VAXA

A       A       26.3.0.103

VENERA  A       10.1.0.52
        A       128.9.0.32

VAXA    A       10.2.0.27
        A       128.9.0.33
`;

Deno.test("parseZone reads the zone of RFC 1035 §5.3", () => {
  assertEquals(
    parseZone(isi, { origin: "ISI.EDU." }).map(formatRecord),
    [
      "ISI.EDU. 60 IN SOA VENERA.ISI.EDU. Action\\.domains.ISI.EDU. 20 7200 600 3600000 60",
      "ISI.EDU. 60 IN NS A.ISI.EDU.",
      "ISI.EDU. 60 IN NS VENERA.ISI.EDU.",
      "ISI.EDU. 60 IN NS VAXA.ISI.EDU.",
      "ISI.EDU. 60 IN MX 10 VENERA.ISI.EDU.",
      "ISI.EDU. 60 IN MX 20 VAXA.ISI.EDU.",
      "A.ISI.EDU. 60 IN A 26.3.0.103",
      "VENERA.ISI.EDU. 60 IN A 10.1.0.52",
      "VENERA.ISI.EDU. 60 IN A 128.9.0.32",
      "VAXA.ISI.EDU. 60 IN A 10.2.0.27",
      "VAXA.ISI.EDU. 60 IN A 128.9.0.33",
    ].map((line) => line.replaceAll(" ", "\t").replace(/(\t(SOA|MX)\t.*)/, untab)),
  );
});

/** Within the data of a record there are spaces. */
function untab(data: string): string {
  const [, type, ...rest] = data.split("\t");
  return `\t${type}\t${rest.join(" ")}`;
}

Deno.test("parseZone: what a line may look like", () => {
  const cases: [text: string, records: string[]][] = [
    ["", []],
    ["; nothing\n\n   \n\t; at all", []],
    ["a 5 IN A 1.2.3.4", ["a.o.\t5\tIN\tA\t1.2.3.4"]],
    ["a IN 5 A 1.2.3.4", ["a.o.\t5\tIN\tA\t1.2.3.4"]],
    ["a A 1.2.3.4", ["a.o.\t300\tIN\tA\t1.2.3.4"]],
    ["a.b. a 1.2.3.4\r\n", ["a.b.\t300\tIN\tA\t1.2.3.4"]],
    ["a CH TXT x", ['a.o.\t300\tCH\tTXT\t"x"']],
    ["a CLASS255 TYPE700 \\# 0", ["a.o.\t300\tANY\tTYPE700\t\\# 0"]],
    ["@ NS @", ["o.\t300\tIN\tNS\to."]],
    ["\\@ NS @", ["\\@.o.\t300\tIN\tNS\to."]],
    ["$ORIGIN p.\na NS b\n$ORIGIN q\na NS .", [
      "a.p.\t300\tIN\tNS\tb.p.",
      "a.q.p.\t300\tIN\tNS\t.",
    ]],
    ["$TTL 1h30m\na NS b", ["a.o.\t5400\tIN\tNS\tb.o."]],
    ["a 1w2d3h4m5s NS b", ["a.o.\t788645\tIN\tNS\tb.o."]],
    ["( a\n 5 ; c )\n IN\n) A ( 1.2.3.4 )\n A 4.3.2.1", [
      "a.o.\t5\tIN\tA\t1.2.3.4",
      "a.o.\t300\tIN\tA\t4.3.2.1",
    ]],
    ['a TXT "a;b(c)" d\\"e "f\\\\" "" \\;g', [
      'a.o.\t300\tIN\tTXT\t"a;b(c)" "d\\"e" "f\\\\" "" ";g"',
    ]],
    ["a TXT \\065\\000", ['a.o.\t300\tIN\tTXT\t"A\\000"']],
    ["a\\ b NS c", ["a\\032b.o.\t300\tIN\tNS\tc.o."]],
    ["a NS b\\.", ["a.o.\t300\tIN\tNS\tb\\..o."]],
    ["a A \\# 4 01020304", ["a.o.\t300\tIN\tA\t1.2.3.4"]],
    ["a TYPE1 \\# 4 0102 0304", ["a.o.\t300\tIN\tA\t1.2.3.4"]],
    ["a AAAA 2001:DB8:0:0::1", ["a.o.\t300\tIN\tAAAA\t2001:db8::1"]],
    ["1 PTR a", ["1.o.\t300\tIN\tPTR\ta.o."]],
    ["in ns ns", ["in.o.\t300\tIN\tNS\tns.o."]],
  ];
  for (const [text, records] of cases) {
    const options = { origin: "o", ttl: 300 };
    assertEquals(parseZone(text, options).map(formatRecord), records, text);
  }
});

Deno.test("parseZone: a TTL that is left out is $TTL's, else that of the record before (RFC 2308 §4)", () => {
  const ttls = (text: string): number[] => parseZone(text).map((record) => record.ttl);
  assertEquals(ttls("a. 5 NS b.\nc. NS d.\n"), [5, 5]);
  assertEquals(ttls("$TTL 9\na. 5 NS b.\nc. NS d.\n$TTL 8\nc. NS e."), [5, 9, 8]);
  assertEquals(ttls("a. SOA b. c. 1 2 3 4 77\na. NS b."), [77, 77]);
});

Deno.test("parseZone names the line of what it refuses", () => {
  const cases: [text: string, line: number, reason: string][] = [
    ["a A 1.2.3", 1, "1.2.3"],
    ["\n\na A 01.2.3.4", 3, "01.2.3.4"],
    ["a NS b\n(\na A\n1.2.3.4.5)", 2, "1.2.3.4.5"],
    [" A 1.2.3.4", 1, "no owner"],
    ["a", 1, "type is missing"],
    ["a IN", 1, "type is missing"],
    ["a NONSENSE 1", 1, '"NONSENSE" is not a record type'],
    ["a AXFR 1", 1, '"AXFR" is not a record type'],
    ["a OPT \\# 0", 1, '"OPT" is not a record type'],
    ["a A", 1, "address is missing"],
    ["a A 1.2.3.4 5", 1, '"5" is too much'],
    ["a MX 70000 b", 1, "70000"],
    ["a MX 010 b", 1, "010"],
    ["a MX -1 b", 1, "-1"],
    ["a..b A 1.2.3.4", 1, "a label is empty"],
    ["a A \\# 3 01020304", 1, "not as long as it says"],
    ["a A \\# 3 010203", 1, "the data is malformed"],
    ["a A \\# 4 0102030g", 1, "not hexadecimal"],
    ["a DNSKEY 256 3 8 AAAA", 1, "must be given as \\#"],
    ['a TXT "b', 1, "a quote is not closed"],
    ['a TXT "b\nc"', 1, "a quote is not closed"],
    ["a NS (b", 1, "a parenthesis is not closed"],
    ["a NS b)", 1, "a parenthesis closes"],
    ["a TXT \\25", 1, "\\25"],
    ["a TXT \\256", 1, "\\256"],
    [`a TXT ${"x".repeat(256)}`, 1, "longer than 255 bytes"],
    ["$INCLUDE other.zone", 1, "$INCLUDE is not supported"],
    ["$GENERATE 1-2 a A 1.2.3.$", 1, "$GENERATE"],
    ["$TTL", 1, "$TTL takes one value"],
    ["$TTL 1x", 1, "not a time"],
    ["$TTL 4294967296", 1, "not a time"],
    ["$ORIGIN a b", 1, "$ORIGIN takes one value"],
    ["a CAA 256 issue b", 1, "256"],
    ["a CAA 0 is-sue b", 1, "not a tag"],
  ];
  for (const [text, line, reason] of cases) {
    const error = assertThrows(() => parseZone(text, { origin: "o", ttl: 1 }), SyntaxError, "");
    const { message } = error as Error;
    if (!message.startsWith(`Cannot parse zone line ${line} as `) || !message.includes(reason)) {
      throw new Error(`${JSON.stringify(text)}: ${message}`);
    }
  }
  assertThrows(() => parseZone("a. NS b."), SyntaxError, "no TTL is given");
  assertThrows(() => parseRecord("a. 1 NS b.\nc. 1 NS d."), SyntaxError, "holds 2 records");
});

const zone = new DnsZone(
  "example.",
  parseZone(`
$ORIGIN example.
$TTL 3600
@                 SOA   ns.example.com. hostmaster.example.com. 1 2 3 4 5
@                 NS    ns.example.com.
@                 NS    ns.example.net.
*                 TXT   "this is a wildcard"
*                 MX    10 host1
sub.*             TXT   "this is not a wildcard"
host1             A     192.0.2.1
_ssh._tcp.host1   SRV   0 0 22 host1
_ssh._tcp.host2   SRV   0 0 22 host2
subdel            NS    ns.example.com.
subdel            NS    ns.example.net.
below.subdel      A     192.0.2.9
alias             CNAME host1
old               DNAME new
`),
);

Deno.test("DnsZone.find: the table of RFC 4592 §2.2.1, and cuts and aliases", () => {
  const cases: [
    name: string,
    type: "A" | "MX" | "TXT" | "NS" | "DS" | "CNAME" | "SOA",
    outcome: string,
  ][] = [
    ["host3.example.", "MX", "answer"],
    ["host3.example.", "A", "noData"],
    ["foo.bar.example.", "TXT", "answer"],
    ["host1.example.", "MX", "noData"],
    ["sub.*.example.", "MX", "noData"],
    ["_telnet._tcp.host1.example.", "TXT", "noName"],
    ["host.subdel.example.", "A", "referral"],
    ["ghost.*.example.", "MX", "noName"],
    // RFC 4592 §2.2.2: empty non-terminals exist.
    ["_tcp.host1.example.", "TXT", "noData"],
    ["host2.example.", "TXT", "noData"],
    ["*.example.", "TXT", "answer"],
    ["example.", "NS", "answer"],
    ["example.", "A", "noData"],
    ["subdel.example.", "NS", "referral"],
    ["subdel.example.", "DS", "noData"],
    ["below.subdel.example.", "A", "referral"],
    ["alias.example.", "A", "alias"],
    ["alias.example.", "CNAME", "answer"],
    ["old.example.", "A", "noData"],
    ["www.old.example.", "A", "alias"],
    ["ALIAS.eXample.", "A", "alias"],
  ];
  for (const [name, type, outcome] of cases) {
    assertEquals(zone.find(name, type).outcome, outcome, `${name} ${type}`);
  }
});

Deno.test("DnsZone.find wants a name of the zone", () => {
  for (const name of ["com.", ".", "xexample.", "a\\.example."]) {
    assertThrows(() => zone.find(name, "A"), RangeError, "outside the zone", name);
  }
});

Deno.test("DnsZone.find gives records the name that was asked for", () => {
  assertEquals(zone.find("Foo.example.", "MX").records.map(formatRecord), [
    "Foo.example.\t3600\tIN\tMX\t10 host1.example.",
  ]);
  assertEquals(zone.find("www.old.example.", "A"), {
    outcome: "alias",
    records: [
      { name: "old.example.", type: "DNAME", ttl: 3600, target: "new.example." },
      { name: "www.old.example.", type: "CNAME", ttl: 3600, target: "www.new.example." },
    ],
    target: "www.new.example.",
  });
  const long = Array.from("abc", (letter) => letter.repeat(63)).join(".");
  assertEquals(zone.find(`${long}.${"d".repeat(48)}.old.example.`, "A").outcome, "alias");
  const big = new DnsZone("o.", [
    { name: "d.o.", type: "DNAME", ttl: 1, target: `${"x".repeat(60)}.o.` },
  ]);
  assertEquals(big.find(`${long}.d.o.`, "A").outcome, "tooLong");
});

Deno.test("DnsZone.add and remove", () => {
  const own = new DnsZone("o", parseZone("a.b.o. 60 A 1.2.3.4"));
  assertEquals(own.soa.minimum, 60);
  own.add(parseRecord("A.b.o. 30 A 1.2.3.4"));
  assertEquals(own.records("a.b.o.", "A").length, 1);
  own.add(parseRecord("a.b.o. 30 A 1.2.3.5"));
  // RFC 2181 §5.2: one TTL for the set.
  assertEquals(own.records("a.b.o.", "A").map((record) => record.ttl), [30, 30]);
  assertEquals(own.find("b.o.", "A").outcome, "noData");
  own.remove("a.b.o.", "AAAA");
  assertEquals(own.find("a.b.o.", "A").outcome, "answer");
  own.remove("a.b.o.");
  assertEquals(own.find("a.b.o.", "A").outcome, "noName");
  assertEquals(own.find("b.o.", "A").outcome, "noName");
  own.remove("o.");
  assertEquals(own.find("o.", "SOA").outcome, "answer");
  own.remove("never.there.o.");

  own.add(parseRecord("c.o. 1 CNAME d.o."));
  const cases: [text: string, reason: string][] = [
    ["a.p. 1 A 1.2.3.4", "outside the zone"],
    ["xo. 1 A 1.2.3.4", "outside the zone"],
    ["a.o. 1 CH TXT x", "class is not IN"],
    ["c.o. 1 A 1.2.3.4", "an alias has no other records"],
    ["c.o. 1 CNAME e.o.", "there is one already"],
    ["o. 1 CNAME e.o.", "an alias has no other records"],
    ["o. 1 SOA a. b. 1 2 3 4 5", "there is one already"],
    ["a.o. 1 SOA a. b. 1 2 3 4 5", "not at the top"],
  ];
  for (const [text, reason] of cases) {
    assertThrows(() => own.add(parseRecord(text)), RangeError, reason, text);
  }
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Verdict, verdictName } from "@octet/wire";
import {
  decodeMessage,
  DnsCursor,
  DnsFrame,
  type DnsMessage,
  type DnsRecord,
  encodeMessage,
  parseName,
  Section,
} from "./mod.ts";
import { formatQuestion, formatRecord } from "./mod_text.ts";

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g)!, (digits) => parseInt(digits, 16));
}

function decoded(bytes: Uint8Array): DnsMessage {
  const message = decodeMessage(bytes);
  if (typeof message === "number") throw new Error(`Refused as ${verdictName(message)}`);
  return message;
}

/** What dnsmasq 2.90 sent, and dig 9.18 printed of it. */
const captured: [hex: string, question: string, answers: string[]][] = [
  [
    "49de858000010001000000010377656204746573740000010001c00c000100010000000000040a4d000100002904d0000000000000",
    "web.test.\tIN\tA",
    ["web.test.\t0\tIN\tA\t10.77.0.1"],
  ],
  [
    "7c3485800001000100000001046d61696c047465737400000f0001c00c000f0001000000000011000a036d7831046d61696c04746573740000002904d0000000000000",
    "mail.test.\tIN\tMX",
    ["mail.test.\t0\tIN\tMX\t10 mx1.mail.test."],
  ],
  [
    "a811858000010001000000010374787404746573740000100001c00c001000010000000000130b68656c6c6f20776f726c64067365636f6e6400002904d0000000000000",
    "txt.test.\tIN\tTXT",
    ['txt.test.\t0\tIN\tTXT\t"hello world" "second"'],
  ],
  [
    "ab7e85800001000100000001045f736970045f75647004746573740000210001c00c002100010000000000100001000213c40373697004746573740000002904d0000000000000",
    "_sip._udp.test.\tIN\tSRV",
    ["_sip._udp.test.\t0\tIN\tSRV\t1 2 5060 sip.test."],
  ],
  [
    "0e638580000100020000000105616c69617304746573740000010001c00c0005000100000000000b04686f7374047465737400c028000100010000000000040a4d000900002904d0000000000000",
    "alias.test.\tIN\tA",
    ["alias.test.\t0\tIN\tCNAME\thost.test.", "host.test.\t0\tIN\tA\t10.77.0.9"],
  ],
  [
    "50c48580000100010000000104686f7374047465737400001c0001c00c001c000100000000001020010db800000000000000000000000900002904d0000000000000",
    "host.test.\tIN\tAAAA",
    ["host.test.\t0\tIN\tAAAA\t2001:db8::9"],
  ],
  [
    "bde88580000100010000000104746573740001010001c00c01010001000000000016000569737375656c657473656e63727970742e6f726700002904d0000000000000",
    "test.\tIN\tCAA",
    ['test.\t0\tIN\tCAA\t0 issue "letsencrypt.org"'],
  ],
  [
    "008a858000010001000000010139013002373702313007696e2d61646472046172706100000c0001c00c000c000100000000000b04686f737404746573740000002904d0000000000000",
    "9.0.77.10.in-addr.arpa.\tIN\tPTR",
    ["9.0.77.10.in-addr.arpa.\t0\tIN\tPTR\thost.test."],
  ],
  [
    "e91285800001000100000001027272047465737400ff000001c00cff0000010000000000030102ff00002904d0000000000000",
    "rr.test.\tIN\tTYPE65280",
    ["rr.test.\t0\tIN\tTYPE65280\t\\# 3 0102FF"],
  ],
  [
    "2c0285800001000100000001036e617004746573740000230001c00c0023000100000000001f006400320173075349502b44325500045f736970045f75647004746573740000002904d0000000000000",
    "nap.test.\tIN\tNAPTR",
    ['nap.test.\t0\tIN\tNAPTR\t100 50 "s" "SIP+D2U" "" _sip._udp.test.'],
  ],
];

/** dnsmasq's answer to `auth.test SOA` in its role as an authority. */
const authority =
  "d12d8500000100010001000104617574680474657374000006000104617574680474657374000006000100000258003b026e7304617574680474657374000a686f73746d6173746572026e7304617574680474657374006b00ab8c000004b0000000b40012750000000258c01b0002000100000258000e026e73046175746804746573740000002904d0000000000000";

/** What `dig +nsid +subnet=10.1.2.0/24 +ednsopt=12:0000 web.test` sent. */
const digQuery =
  "f57801200001000000000001037765620474657374000001000100002904d00000000000210003000000080007000118000a0102000a0008f506fcf14938ef1e000c00020000";

Deno.test("decodeMessage reads what dnsmasq sends", () => {
  for (const [hex, question, answers] of captured) {
    const message = decoded(fromHex(hex));
    assertEquals(message.questions.map(formatQuestion), [question]);
    assertEquals(message.answers.map(formatRecord), answers);
    assertEquals(message.edns, { udpSize: 1232, version: 0, dnssecOk: false, options: [] });
    assert(message.isResponse && message.isAuthoritative && message.recursionAvailable);
  }
});

Deno.test("decodeMessage reads an authority section", () => {
  const message = decoded(fromHex(authority));
  const soa = "ns.auth.test. hostmaster.ns.auth.test. 1795206028 1200 180 1209600 600";
  assertEquals(message.answers.map(formatRecord), [`auth.test.\t600\tIN\tSOA\t${soa}`]);
  assertEquals(message.authorities.map(formatRecord), ["auth.test.\t600\tIN\tNS\tns.auth.test."]);
});

Deno.test("decodeMessage reads dig's query, and encodeMessage writes it back to the byte", () => {
  const bytes = fromHex(digQuery);
  const message = decoded(bytes);
  assertEquals(message.id, 0xf578);
  assert(message.recursionDesired && message.authenticData && !message.isResponse);
  assertEquals(message.questions, [{ name: "web.test.", type: "A" }]);
  assertEquals(message.edns!.options, [
    { kind: "nsid", data: new Uint8Array(0) },
    {
      kind: "clientSubnet",
      family: 1,
      sourcePrefix: 24,
      scopePrefix: 0,
      address: Uint8Array.of(10, 1, 2),
    },
    { kind: "cookie", client: fromHex("f506fcf14938ef1e"), server: new Uint8Array(0) },
    { kind: "padding", length: 2 },
  ]);
  assertEquals(encodeMessage(message), bytes);
});

Deno.test("encodeMessage compresses as dnsmasq does where the names are alike", () => {
  for (const hex of [captured[0]![0], captured[2]![0], captured[5]![0], captured[8]![0]]) {
    assertEquals(encodeMessage(decoded(fromHex(hex))), fromHex(hex));
  }
});

Deno.test("encodeMessage leaves names of later RFCs uncompressed (RFC 3597 §4, RFC 2782, RFC 9460 §2.2)", () => {
  const head = { name: "octet.test.", ttl: 1 };
  const target = "octet.test.";
  const cases: [record: DnsRecord, isCompressed: boolean][] = [
    [{ ...head, type: "CNAME", target }, true],
    [{ ...head, type: "MX", preference: 1, exchange: target }, true],
    [{ ...head, type: "SRV", priority: 1, weight: 1, port: 1, target }, false],
    [{ ...head, type: "DNAME", target }, false],
    [{ ...head, type: "HTTPS", priority: 1, target, params: {} }, false],
  ];
  for (const [record, isCompressed] of cases) {
    const bytes = encodeMessage({ answers: [record] });
    assertEquals(bytes.at(-2)! === 0xc0 && bytes.at(-1) === 12, isCompressed, record.type);
    const plain = encodeMessage({ answers: [record] }, { compress: false });
    assertEquals(decoded(bytes).answers, decoded(plain).answers);
    assert(isCompressed ? plain.length > bytes.length : plain.length === bytes.length);
  }
});

Deno.test("compression keeps the case of names (RFC 4343 §4.1)", () => {
  const questions = [{ name: "WwW.oCtet.test.", type: "A" as const }];
  const answers: DnsRecord[] = [{ name: "www.octet.test.", type: "A", ttl: 0, address: 1 }];
  const message = decoded(encodeMessage({ questions, answers }));
  assertEquals([message.questions[0]!.name, message.answers[0]!.name], [
    "WwW.oCtet.test.",
    "www.octet.test.",
  ]);
});

Deno.test("a name beyond the reach of a pointer is written out", () => {
  const strings = new Array(100).fill(new Uint8Array(200));
  const target = "far.away.test.";
  const message = decoded(encodeMessage({
    answers: [
      { name: "a.", type: "TXT", ttl: 0, strings },
      { name: "b.", type: "CNAME", ttl: 0, target },
      { name: "c.", type: "CNAME", ttl: 0, target },
    ],
  }));
  assertEquals(message.answers.slice(1).map((record) => record.type === "CNAME" && record.target), [
    target,
    target,
  ]);
});

Deno.test("every captured message cut at every length is refused, and never read past its end", () => {
  const messages = [...captured.map(([hex]) => hex), authority, digQuery].map(fromHex);
  const cursor = new DnsCursor();
  for (const whole of messages) {
    for (let length = 0; length < whole.length; length++) {
      // What stands after the end looks like the rest of the message: reading it would succeed.
      const verdict = decodeMessage(whole, 0, length);
      assert(typeof verdict === "number" && verdict !== Verdict.Ok, `${length}`);
      cursor.reset(whole, 0, length);
      while (cursor.next()) assert(cursor.dataEnd <= length && cursor.position <= length);
      assert(cursor.verdict !== Verdict.Ok);
    }
    assert(typeof decodeMessage(whole) !== "number");
    const padded = Uint8Array.of(7, 7, ...whole, 1, 2, 3);
    assertEquals(decodeMessage(padded, 2, 2 + whole.length), decoded(whole), "elsewhere");
    assertEquals(decodeMessage(padded, 2), decoded(whole), "trailing bytes");
  }
});

Deno.test("counts that promise more than there is are refused at once", () => {
  for (let at = 4; at < 12; at += 2) {
    const bytes = fromHex(captured[0]![0]);
    bytes[at] = bytes[at + 1] = 0xff;
    assertEquals(decodeMessage(bytes), Verdict.Short);
  }
  // 12 + 5 × 3 bytes hold three questions for the root, not four.
  const bytes = new Uint8Array(27);
  bytes[5] = 3;
  assertEquals(decoded(bytes).questions.length, 3);
  bytes[5] = 4;
  assertEquals(decodeMessage(bytes), Verdict.Short);
});

Deno.test("every byte set to its extremes gives a message or a verdict", () => {
  for (const hex of [...captured.map(([each]) => each), authority, digQuery]) {
    const whole = fromHex(hex);
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 1, 0x3f, 0x40, 0x80, 0xc0, 0xff]) {
        const bytes = whole.slice();
        bytes[at] = value;
        const message = decodeMessage(bytes);
        // What is taken can be written, and says the same then.
        if (typeof message !== "number") assertEquals(decoded(encodeMessage(message)), message);
      }
    }
  }
});

Deno.test("hostile messages, one by one", () => {
  const header = (
    ...counts: number[]
  ): number[] => [0, 1, 0x80, 0, ...counts.flatMap((n) => [0, n])];
  const record = (type: number, ...data: number[]): number[] => [
    ...[0, type >> 8, type & 255, 0, 1, 0, 0, 0, 0, 0, data.length],
    ...data,
  ];
  const opt = (...data: number[]): number[] => record(41, ...data);
  const cases: [what: string, bytes: number[], verdict: Verdict][] = [
    [
      "question name points to itself",
      [...header(1, 0, 0, 0), 0xc0, 12, 0, 1, 0, 1],
      Verdict.BadValue,
    ],
    [
      "data length past the end",
      [...header(0, 1, 0, 0), ...record(16, 0).with(10, 2)],
      Verdict.BadLength,
    ],
    ["A of 3 bytes", [...header(0, 1, 0, 0), ...record(1, 1, 2, 3)], Verdict.BadValue],
    ["A of 5 bytes", [...header(0, 1, 0, 0), ...record(1, 1, 2, 3, 4, 5)], Verdict.BadValue],
    ["AAAA of 4 bytes", [...header(0, 1, 0, 0), ...record(28, 1, 2, 3, 4)], Verdict.BadValue],
    ["empty TXT", [...header(0, 1, 0, 0), ...record(16)], Verdict.BadValue],
    ["TXT string past its data", [...header(0, 1, 0, 0), ...record(16, 2, 0x61)], Verdict.BadValue],
    ["CNAME with bytes after it", [...header(0, 1, 0, 0), ...record(5, 0, 0)], Verdict.BadValue],
    [
      "CNAME that points into its own record",
      [...header(0, 1, 0, 0), ...record(5, 0xc0, 23)],
      Verdict.BadValue,
    ],
    ["CAA with an empty tag", [...header(0, 1, 0, 0), ...record(257, 0, 0)], Verdict.BadValue],
    ["MX without a name", [...header(0, 1, 0, 0), ...record(15, 0, 1)], Verdict.BadValue],
    ["SVCB with a compressed target", [
      ...header(0, 2, 0, 0),
      ...record(16, 0),
      ...record(64, 0, 1, 0xc0, 12),
    ], Verdict.BadValue],
    ["two OPTs", [...header(0, 0, 0, 2), ...opt(), ...opt()], Verdict.BadValue],
    ["OPT among the answers", [...header(0, 1, 0, 0), ...opt()], Verdict.BadValue],
    ["OPT not owned by the root", [...header(0, 0, 0, 1), 1, 0x61, ...opt()], Verdict.BadValue],
    ["option cut", [...header(0, 0, 0, 1), ...opt(0, 3, 0)], Verdict.BadOption],
    ["option past the end", [...header(0, 0, 0, 1), ...opt(0, 3, 0, 1)], Verdict.BadOption],
    [
      "cookie of 7 bytes",
      [...header(0, 0, 0, 1), ...opt(0, 10, 0, 7, 1, 2, 3, 4, 5, 6, 7)],
      Verdict.BadOption,
    ],
    ["keepalive of 1 byte", [...header(0, 0, 0, 1), ...opt(0, 11, 0, 1, 1)], Verdict.BadOption],
    [
      "extended error of 1 byte",
      [...header(0, 0, 0, 1), ...opt(0, 15, 0, 1, 1)],
      Verdict.BadOption,
    ],
    [
      "subnet longer than its prefix",
      [...header(0, 0, 0, 1), ...opt(0, 8, 0, 6, 0, 1, 8, 0, 1, 2)],
      Verdict.BadOption,
    ],
    ["subnet with bits beyond its prefix", [
      ...header(0, 0, 0, 1),
      ...opt(0, 8, 0, 5, 0, 1, 7, 0, 1),
    ], Verdict.BadOption],
    [
      "subnet of 33 bits",
      [...header(0, 0, 0, 1), ...opt(0, 8, 0, 9, 0, 1, 33, 0, 1, 2, 3, 4, 0)],
      Verdict.BadOption,
    ],
    ["ANY as a record", [...header(0, 1, 0, 0), ...record(255)], Verdict.BadValue],
  ];
  for (const [what, bytes, verdict] of cases) {
    const result = decodeMessage(Uint8Array.from(bytes));
    if (typeof result !== "number") throw new Error(`Accepted ${what}`);
    assertEquals(verdictName(result), verdictName(verdict), what);
  }
});

Deno.test("a message of nothing but pointers to long names stays cheap", () => {
  const name = parseName(`${"a.".repeat(126)}`);
  const records = Math.floor((65_535 - 12 - name.length - 4) / 12);
  const bytes = new Uint8Array(12 + name.length + 4 + records * 12);
  bytes[5] = 1;
  bytes[6] = records >> 8;
  bytes[7] = records & 255;
  bytes.set(name, 12);
  for (let i = 0; i < records; i++) {
    bytes.set([0xc0, 12, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0], 12 + name.length + 4 + i * 12);
  }
  assertEquals(decoded(bytes).answers.length, records);
});

Deno.test("random bytes behind a header never throw", () => {
  let seed = 1;
  const next = (): number => (seed = (seed * 1103515245 + 12345) >>> 0) >>> 16;
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from({ length: 12 + next() % 80 }, () => {
      const value = next() % 256;
      return value % 3 === 0 ? value % 16 : value;
    });
    for (let at = 4; at < 12; at++) bytes[at] = at % 2 === 0 ? 0 : bytes[at]! % 3;
    decodeMessage(bytes);
  }
});

Deno.test("encodeMessage cuts between records and keeps OPT", () => {
  const answers: DnsRecord[] = [];
  for (let i = 0; i < 40; i++) answers.push({ name: "octet.test.", type: "A", ttl: 1, address: i });
  const questions = [{ name: "octet.test.", type: "A" as const }];
  const whole = encodeMessage({ questions, answers, edns: {} });
  for (let maxSize = 39; maxSize <= whole.length; maxSize++) {
    const bytes = encodeMessage({ questions, answers, edns: {} }, { maxSize });
    assert(bytes.length <= maxSize);
    const message = decoded(bytes);
    // 12 header, 16 question, 11 OPT, 16 a record.
    assertEquals(message.answers.length, Math.min(40, Math.floor((maxSize - 39) / 16)));
    assertEquals(message.isTruncated, message.answers.length < 40);
    assert(message.edns !== null);
  }
  assertThrows(
    () => encodeMessage({ questions, edns: {} }, { maxSize: 38 }),
    RangeError,
    "do not fit in 38 bytes",
  );
});

Deno.test("TC is for what was asked, and for glue (RFC 2181 §9, RFC 9471 §3.1)", () => {
  const a = (name: string): DnsRecord => ({ name, type: "A", ttl: 1, address: 1 });
  const ns: DnsRecord = { name: "octet.test.", type: "NS", ttl: 1, target: "ns.octet.test." };
  const help = new Array(40).fill(0).map((_, i) => a(`n${i}.octet.test.`));
  const cut = (message: { answers?: DnsRecord[]; authorities?: DnsRecord[] }): boolean => {
    const result = decoded(encodeMessage({ ...message, additionals: help }, { maxSize: 512 }));
    assert(result.additionals.length < 40);
    return result.isTruncated;
  };
  assertEquals(cut({ answers: [ns] }), false, "an answer's helpers");
  assertEquals(cut({ authorities: [ns] }), true, "a referral's glue");
});

Deno.test("a record that does not fit leaves no names behind to point at", () => {
  const far: DnsRecord = {
    name: "x.far.test.",
    type: "TXT",
    ttl: 0,
    strings: [new Uint8Array(200)],
  };
  const message = decoded(encodeMessage({
    questions: [{ name: "a.", type: "A" }],
    answers: [far],
    additionals: [{ name: "far.test.", type: "A", ttl: 0, address: 1 }],
    edns: {},
  }, { maxSize: 100 }));
  assert(message.isTruncated);
  assertEquals([message.answers.length, message.additionals.length], [0, 0]);
});

Deno.test("encodeMessage says what the programmer did wrong", () => {
  const head = { name: "octet.test.", ttl: 1 };
  const cases: [record: DnsRecord, error: ErrorConstructor, message: string][] = [
    [{ ...head, type: "A", address: -1 }, RangeError, "Cannot encode record as address is -1"],
    [{ ...head, type: "A", address: 2 ** 32 }, RangeError, "address is 4294967296"],
    [{ ...head, type: "MX", preference: 70000, exchange: "." }, RangeError, "preference is 70000"],
    [{ ...head, ttl: -5, type: "A", address: 1 }, RangeError, "ttl is -5"],
    [{ ...head, type: "TXT", strings: [] }, RangeError, "no strings"],
    [{ ...head, type: "TXT", strings: [new Uint8Array(256)] }, RangeError, "256 bytes"],
    [{ ...head, type: "CAA", flags: 0, tag: "a-b", value: new Uint8Array() }, RangeError, "a-b"],
    [{ ...head, type: "NS", target: "a..b" }, SyntaxError, "a label is empty"],
    [{ ...head, type: "TYPE70000", data: new Uint8Array() }, TypeError, "TYPE70000"],
    [
      { ...head, type: "HTTPS", priority: 1, target: ".", params: { alpn: [] } },
      RangeError,
      "list",
    ],
    [
      { ...head, type: "HTTPS", priority: 1, target: ".", params: { mandatory: [4, 1] } },
      RangeError,
      "ascending",
    ],
  ];
  for (const [record, error, message] of cases) {
    assertThrows(() => encodeMessage({ answers: [record] }), error, message);
  }
  assertThrows(() => encodeMessage({ rcode: 16 }), TypeError, "no OPT record");
  assertThrows(() => encodeMessage({ id: 65536 }), RangeError, "id is 65536");
});

Deno.test("a response code above 15 goes through the OPT record (RFC 6891 §6.1.3)", () => {
  const bytes = encodeMessage({ rcode: 0xabc, edns: { version: 1, dnssecOk: true } });
  assertEquals(bytes[3]! & 15, 0xc);
  const message = decoded(bytes);
  assertEquals(message.rcode, 0xabc);
  assertEquals(message.edns, { udpSize: 1232, version: 1, dnssecOk: true, options: [] });
});

Deno.test("DnsFrame writes its fields over 0xa5 and touches nothing else", () => {
  const frame = new DnsFrame();
  const bytes = new Uint8Array(16).fill(0xa5);
  frame.reset(bytes, 2, 13);
  assertEquals(frame.validate(), Verdict.Short);
  frame.reset(bytes, 2, 14);
  assertEquals(frame.validate(), Verdict.Ok);
  frame.id = 0x1234;
  frame.flags = 0;
  frame.isResponse = true;
  frame.opcode = 4;
  frame.isAuthoritative = true;
  frame.isTruncated = true;
  frame.recursionDesired = true;
  frame.recursionAvailable = true;
  frame.authenticData = true;
  frame.checkingDisabled = true;
  frame.rcode = 5;
  frame.questionCount = 1;
  frame.answerCount = 0x0203;
  frame.authorityCount = 4;
  frame.additionalCount = 5;
  assertEquals(bytes, fromHex("a5a51234a7b50001020300040005a5a5"));
  assertEquals([frame.opcode, frame.rcode, frame.answerCount], [4, 5, 0x0203]);
  frame.isTruncated = false;
  frame.opcode = 0;
  assertEquals(frame.flags, 0x85b5);
  assertEquals([frame.payloadOffset, frame.payloadEnd], [14, 14]);
});

Deno.test("DnsCursor walks all four sections", () => {
  const bytes = fromHex(authority);
  const cursor = new DnsCursor();
  cursor.reset(bytes, 0, bytes.length);
  const stops: [Section, number, number][] = [];
  while (cursor.next()) {
    stops.push([cursor.section, cursor.type, cursor.dataEnd - cursor.dataOffset]);
  }
  assertEquals(stops, [
    [Section.Question, 6, 0],
    [Section.Answer, 6, 59],
    [Section.Authority, 2, 14],
    [Section.Additional, 41, 0],
  ]);
  assertEquals([cursor.verdict, cursor.position], [Verdict.Ok, bytes.length]);
});

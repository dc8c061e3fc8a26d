import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  decodeMessage,
  type DnsRecord,
  type EdnsOption,
  encodeMessage,
  formatName,
  parseName,
  type RecordTypeName,
  type SvcParams,
} from "./mod.ts";
import { formatRecord, parseRecord } from "./mod_text.ts";

const u8 = fc.nat(255);
const u16 = fc.nat(65535);
const u32 = fc.nat(2 ** 32 - 1);
const label = fc.uint8Array({ minLength: 1, maxLength: 20 });
const name = fc.array(label, { maxLength: 5 }).map((labels: Uint8Array[]) =>
  formatName(Uint8Array.from([...labels.flatMap((each) => [each.length, ...each]), 0]), 0, 0)
);
const string = fc.uint8Array({ maxLength: 255 });
const bytes = fc.uint8Array({ maxLength: 300 });
const ipv6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
const alpn = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((id: Uint8Array) =>
  String.fromCharCode(...id)
);
const ascending = fc.uniqueArray(fc.integer({ min: 1, max: 65535 }), { minLength: 1, maxLength: 5 })
  .map((keys: number[]) => keys.sort((a, b) => a - b));
const others = fc.uniqueArray(
  fc.record({ key: fc.integer({ min: 9, max: 65534 }), value: bytes }),
  {
    minLength: 1,
    maxLength: 3,
    selector: (param: { key: number }) => param.key,
  },
).map((list: { key: number }[]) => list.sort((a, b) => a.key - b.key));
const params = fc.record({
  mandatory: ascending,
  alpn: fc.array(alpn, { minLength: 1, maxLength: 3 }),
  noDefaultAlpn: fc.constant(true),
  port: u16,
  ipv4hint: fc.array(u32, { minLength: 1, maxLength: 3 }),
  ech: fc.uint8Array({ maxLength: 40 }),
  ipv6hint: fc.array(ipv6, { minLength: 1, maxLength: 3 }),
  dohpath: fc.string({ unit: "grapheme", maxLength: 10 }),
  ohttp: fc.constant(true),
  others,
}, { requiredKeys: [] });
const tag = fc.stringMatching(/^[0-9a-zA-Z]{1,15}$/);

const data: Record<string, object> = {
  A: { address: u32 },
  AAAA: { address: ipv6 },
  CNAME: { target: name },
  NS: { target: name },
  PTR: { target: name },
  DNAME: { target: name },
  MX: { preference: u16, exchange: name },
  TXT: { strings: fc.array(string, { minLength: 1, maxLength: 4 }) },
  HINFO: { strings: fc.array(string, { minLength: 2, maxLength: 2 }) },
  SOA: {
    mname: name,
    rname: name,
    serial: u32,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
  },
  SRV: { priority: u16, weight: u16, port: u16, target: name },
  NAPTR: {
    order: u16,
    preference: u16,
    flags: string,
    services: string,
    regexp: string,
    replacement: name,
  },
  CAA: { flags: u8, tag, value: bytes },
  SVCB: { priority: u16, target: name, params },
  HTTPS: { priority: u16, target: name, params },
  DS: { keyTag: u16, algorithm: u8, digestType: u8, digest: fc.uint8Array() },
  DNSKEY: { data: bytes },
  RRSIG: { data: bytes },
  NSEC: { data: bytes },
  TLSA: { data: bytes },
  TYPE65280: { data: bytes },
};

/** Any record of a type. */
function recordOf(type: string): fc.Arbitrary<DnsRecord> {
  const shape = fc.record({ name, ttl: u32, type: fc.constant(type), ...data[type] });
  return shape as unknown as fc.Arbitrary<DnsRecord>;
}

const record = fc.oneof(...Object.keys(data).map(recordOf));

function decodedRecords(message: Uint8Array): readonly DnsRecord[] {
  const result = decodeMessage(message);
  if (typeof result === "number") throw new Error(`Refused as ${result}`);
  return result.answers;
}

for (const type of Object.keys(data)) {
  const arbitrary = recordOf(type);

  Deno.test(`any ${type} record comes back from the wire`, () => {
    fc.assert(fc.property(arbitrary, (each: DnsRecord) => {
      assertEquals(decodedRecords(encodeMessage({ answers: [each] })), [each]);
    }));
  });

  Deno.test(`any ${type} record comes back from text`, () => {
    fc.assert(fc.property(arbitrary, (each: DnsRecord) => {
      // A list of mandatory keys has to name keys that are there, in text (RFC 9460 §8).
      if ("params" in each) {
        const { mandatory: _, noDefaultAlpn, ...rest } = each.params;
        each = {
          ...each,
          params: rest.alpn && noDefaultAlpn ? { ...rest, noDefaultAlpn } : rest,
        };
      }
      const text = formatRecord(each);
      assert(/^[\x20-\x7e\t]*$/.test(text), "printable");
      assertEquals(parseRecord(text), each);
    }));
  });
}

Deno.test("any message comes back, compressed or not, cut nowhere but between records", () => {
  const records = fc.array(record, { maxLength: 4 });
  const flag = fc.boolean();
  const messages = fc.record({
    id: u16,
    isResponse: flag,
    opcode: fc.nat(15),
    isAuthoritative: flag,
    isTruncated: flag,
    recursionDesired: flag,
    recursionAvailable: flag,
    authenticData: flag,
    checkingDisabled: flag,
    rcode: fc.nat(15),
    questions: fc.array(
      fc.record({
        name,
        type: fc.constantFrom<RecordTypeName[]>("A", "ANY", "TYPE1234"),
        class: fc.constant(3),
      }, {
        requiredKeys: ["name", "type"],
      }),
      { maxLength: 2 },
    ),
    answers: records,
    authorities: records,
    additionals: records,
    edns: fc.constant(null),
  });
  fc.assert(fc.property(messages, flag, (message, compress) => {
    const encoded = encodeMessage(message, { compress });
    assertEquals(decodeMessage(encoded), message);
    const cut = decodeMessage(
      encodeMessage(message, { maxSize: Math.max(1200, encoded.length / 2 | 0) }),
    );
    assert(typeof cut !== "number");
  }));
});

Deno.test("any EDNS option comes back", () => {
  const kinds = fc.oneof(
    fc.record({ kind: fc.constant("nsid"), data: bytes }),
    fc.record({
      kind: fc.constant("cookie"),
      client: fc.uint8Array({ minLength: 8, maxLength: 8 }),
      server: fc.oneof(
        fc.constant(new Uint8Array(0)),
        fc.uint8Array({ minLength: 8, maxLength: 32 }),
      ),
    }),
    fc.record({ kind: fc.constant("keepalive"), timeout: u16 }, { requiredKeys: ["kind"] }),
    fc.record({ kind: fc.constant("padding"), length: fc.nat(468) }),
    fc.record({ kind: fc.constant("extendedError"), infoCode: u16, extraText: fc.string() }),
    fc.record({
      kind: fc.constant("unknown"),
      code: fc.integer({ min: 1000, max: 65535 }),
      data: bytes,
    }),
  );
  fc.assert(fc.property(fc.array(kinds, { maxLength: 5 }), (options: EdnsOption[]) => {
    const message = decodeMessage(encodeMessage({ edns: { options } }));
    if (typeof message === "number") throw new Error(`Refused as ${message}`);
    assertEquals(message.edns!.options, options);
  }));
});

function fromHex(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => parseInt(digits, 16));
}

Deno.test("the vectors of RFC 9460 appendix D.1 and D.2", () => {
  const target = "03666f6f076578616d706c6503636f6d00";
  const foo = "foo.example.com.";
  const cases: [text: string, hex: string, params: SvcParams][] = [
    ["0 foo.example.com.", `0000${target}`, {}],
    ["1 .", "000100", {}],
    ["16 foo.example.com. port=53", `0010${target}000300020035`, { port: 53 }],
    ["1 foo.example.com. key667=hello", `0001${target}029b000568656c6c6f`, {
      others: [{ key: 667, value: fromHex("68656c6c6f") }],
    }],
    ['1 foo.example.com. key667="hello\\210qoo"', `0001${target}029b000968656c6c6fd2716f6f`, {
      others: [{ key: 667, value: fromHex("68656c6c6fd2716f6f") }],
    }],
    [
      '1 foo.example.com. ipv6hint="2001:db8::1,2001:db8::53:1"',
      `0001${target}0006002020010db800000000000000000000000120010db8000000000000000000530001`,
      {
        ipv6hint: [
          0x20010db8_00000000_00000000_00000001n,
          0x20010db8_00000000_00000000_00530001n,
        ],
      },
    ],
    [
      '1 foo.example.com. ipv6hint="2001:db8:122:344::192.0.2.33"',
      `0001${target}0006001020010db80122034400000000c0000221`,
      { ipv6hint: [0x20010db8_01220344_00000000_c0000221n] },
    ],
    [
      "16 foo.example.com. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1",
      `0010${target}0000000400010004000100090268320568332d313900040004c0000201`,
      { mandatory: [1, 4], alpn: ["h2", "h3-19"], ipv4hint: [0xc0000201] },
    ],
    [
      '16 foo.example.com. alpn="f\\\\\\\\oo\\\\,bar,h2"',
      `0010${target}0001000c08665c6f6f2c626172026832`,
      { alpn: ["f\\oo,bar", "h2"] },
    ],
    [
      "16 foo.example.com. alpn=f\\\\\\092oo\\092,bar,h2",
      `0010${target}0001000c08665c6f6f2c626172026832`,
      { alpn: ["f\\oo,bar", "h2"] },
    ],
  ];
  for (const [text, hex, params] of cases) {
    const parsed = parseRecord(`example.com. 1 SVCB ${text}`);
    assert(parsed.type === "SVCB", text);
    assertEquals("params" in parsed && parsed.params, params, text);
    const encoded = encodeMessage({ answers: [parsed] });
    assertEquals(encoded.slice(-hex.length / 2), fromHex(hex), text);
    assertEquals(decodedRecords(encoded), [parsed], text);
    const generic = `example.com. 1 SVCB \\# ${hex.length / 2} ${hex}`;
    assertEquals(parseRecord(generic), parsed, text);
    assertEquals("target" in parsed && parsed.target, text.startsWith("1 .") ? "." : foo);
  }
});

Deno.test("service parameters that RFC 9460 forbids are refused from the wire", () => {
  const cases: [what: string, params: string][] = [
    ["keys out of order", "00030002003500010003026832"],
    ["a key twice", "000300020035000300020035"],
    ["a value past the end", "000300040035"],
    ["half a key", "00"],
    ["a port of one byte", "0003000135"],
    ["a port of three bytes", "00030003003500"],
    ["an empty alpn", "00010000"],
    ["an empty protocol id", "0001000100"],
    ["a protocol id past its value", "000100020268"],
    ["a value for no-default-alpn", "0001000302683200020001ff"],
    ["no IPv4 address", "00040000"],
    ["an IPv4 address of 3 bytes", "00040003010203"],
    ["an IPv6 address of 15 bytes", "0006000f" + "00".repeat(15)],
    ["mandatory out of order", "0000000400040001"],
    ["mandatory that names itself", "000000020000"],
    ["an empty mandatory", "00000000"],
    ["a path that is not UTF-8", "00070001ff"],
  ];
  for (const [what, params] of cases) {
    const value = Uint8Array.from([0, 1, 0, ...fromHex(params)]);
    const message = encodeMessage({
      answers: [{ name: ".", type: "TYPE1000", ttl: 0, data: value }],
    });
    assertEquals(decodedRecords(message).length, 1);
    message[13] = 0;
    message[14] = 64;
    const result = decodeMessage(message);
    assertEquals(result, 6, what);
  }
});

Deno.test("service parameters that RFC 9460 appendix D.3 forbids are refused from text", () => {
  const cases = [
    "key123=abc key123=def",
    "mandatory",
    "alpn",
    "port",
    "ipv4hint",
    "ipv6hint",
    "no-default-alpn=abc alpn=h2",
    "mandatory=key123",
    "mandatory=mandatory",
    "mandatory=key123,key123 key123=abc",
    "no-default-alpn",
    "port=65536",
    "port=053",
    "alpn=h2,",
    "alpn=,h2",
    "ipv4hint=1.2.3",
    "ech=a",
    "key65535=a",
    "key0123=a",
    "nonsense=1",
    "key3=a",
    "PORT=1",
  ];
  for (const params of cases) {
    let refused = false;
    try {
      parseRecord(`example.com. 1 SVCB 1 foo.example.com. ${params}`);
    } catch (error) {
      refused = error instanceof SyntaxError;
    }
    assert(refused, params);
  }
});

Deno.test("a name in a record may point to the question, and nowhere else but back", () => {
  const question = [...parseName("octet.test.")];
  const head = [0, 0, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, ...question, 0, 1, 0, 1];
  const cname = (...data: number[]): Uint8Array =>
    Uint8Array.from([...head, 0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, data.length, ...data]);
  const at = 12 + question.length + 4;
  assertEquals(decodedRecords(cname(1, 0x61, 0xc0, 12)), [
    { name: "octet.test.", type: "CNAME", ttl: 9, target: "a.octet.test." },
  ]);
  for (const target of [at + 12, at + 13, at + 14, at + 200, 3]) {
    assertEquals(decodeMessage(cname(0xc0, target)), 6, String(target));
  }
});

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseIpv4 } from "@octet/netip";
import { optionTable } from "./_option_table.ts";
import { DuidType, formClientIdentifier, parseClientIdentifier } from "./client_identifier.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import { DhcpOption } from "./option_code.ts";
import { Dhcpv4OptionCursor } from "./options.ts";
import type { Dhcpv4Options } from "./option_types.ts";

function ascii(text: string): number[] {
  return [...text].map((char) => char.charCodeAt(0));
}

function encode(options: Dhcpv4Options): Uint8Array {
  const message = { op: 2, xid: 1, hardwareAddress: new Uint8Array(6), options };
  return encodeMessage(message, { maximumLength: 60_000 });
}

function optionBytes(options: Dhcpv4Options): number[] {
  const bytes = encode(options);
  const cursor = new Dhcpv4OptionCursor().reset(bytes, 240, bytes.length);
  const value: number[] = [];
  while (cursor.next()) value.push(...bytes.subarray(cursor.valueOffset, cursor.valueEnd));
  return value;
}

function decode(code: number, value: readonly number[]): Dhcpv4Options {
  const bytes = encode({});
  const whole = new Uint8Array(240 + value.length * 3 + 10);
  whole.set(bytes.subarray(0, 240));
  let at = 240;
  let position = 0;
  do {
    const piece = value.slice(position, position + 255);
    whole.set([code, piece.length, ...piece], at);
    at += 2 + piece.length;
    position += piece.length;
  } while (position < value.length);
  whole[at] = 255;
  const message = decodeMessage(whole);
  if (typeof message === "number") throw new Error(`Cannot decode option ${code}: ${message}`);
  return message.options;
}

const ip = parseIpv4;
/** Values and their bytes: examples of the RFCs named, and RFC 2132's formats written out. */
const known: [source: string, code: number, options: Dhcpv4Options, value: number[]][] = [
  ["RFC 2132 §3.3", 1, { subnetMask: ip("255.255.255.0") }, [255, 255, 255, 0]],
  ["RFC 2132 §3.4, two's complement", 2, { timeOffset: -3600 }, [255, 255, 241, 240]],
  ["RFC 2132 §3.5", 3, { routers: [ip("10.0.0.1"), ip("10.0.0.2")] }, [10, 0, 0, 1, 10, 0, 0, 2]],
  ["RFC 2132 §3.14", 12, { hostName: "octet" }, ascii("octet")],
  ["RFC 2132 §4.1", 19, { ipForwarding: true }, [1]],
  ["RFC 2132 §4.3", 21, { policyFilters: [{ address: ip("10.0.0.0"), mask: ip("255.0.0.0") }] }, [
    10,
    0,
    0,
    0,
    255,
    0,
    0,
    0,
  ]],
  ["RFC 2132 §4.7", 25, { pathMtuPlateaus: [68, 1500] }, [0, 68, 5, 220]],
  ["RFC 2132 §5.1", 26, { interfaceMtu: 1400 }, [5, 120]],
  [
    "RFC 2132 §5.8",
    33,
    { staticRoutes: [{ destination: ip("10.9.0.0"), router: ip("10.0.0.1") }] },
    [10, 9, 0, 0, 10, 0, 0, 1],
  ],
  ["RFC 2132 §8.13, none", 68, { mobileIpHomeAgents: [] }, []],
  ["RFC 2132 §9.2, for ever", 51, { leaseTime: 0xffffffff }, [255, 255, 255, 255]],
  ["RFC 2132 §9.8", 55, { parameterRequestList: [1, 121, 3] }, [1, 121, 3]],
  ["RFC 2132 §9.10", 57, { maximumMessageSize: 1500 }, [5, 220]],
  ["RFC 2132 §9.14", 61, { clientIdentifier: Uint8Array.of(1, 2, 0, 0, 0, 0, 1) }, [
    1,
    2,
    0,
    0,
    0,
    0,
    1,
  ]],
  ["RFC 3004 §4", 77, { userClasses: [Uint8Array.of(1, 2), Uint8Array.of(3)] }, [2, 1, 2, 1, 3]],
  ["RFC 2610 §3", 78, { slpDirectoryAgents: { isMandatory: true, addresses: [ip("10.0.0.1")] } }, [
    1,
    10,
    0,
    0,
    1,
  ]],
  ["RFC 4039 §4", 80, { rapidCommit: true }, []],
  // RFC 4702 §2.3.1's name.
  ["RFC 4702, canonical wire form", 81, {
    clientFqdn: {
      serverUpdates: true,
      overridden: false,
      noUpdates: false,
      isWire: true,
      rcode1: 0,
      rcode2: 0,
      name: "myhost.example.com.",
    },
  }, [5, 0, 0, 6, ...ascii("myhost"), 7, ...ascii("example"), 3, ...ascii("com"), 0]],
  ["RFC 4702, partial name", 81, {
    clientFqdn: {
      serverUpdates: false,
      overridden: false,
      noUpdates: true,
      isWire: true,
      rcode1: 0,
      rcode2: 0,
      name: "myhost",
    },
  }, [12, 0, 0, 6, ...ascii("myhost")]],
  ["RFC 4702, empty name", 81, {
    clientFqdn: {
      serverUpdates: true,
      overridden: false,
      noUpdates: false,
      isWire: true,
      rcode1: 0,
      rcode2: 0,
      name: "",
    },
  }, [5, 0, 0]],
  ["RFC 4702, ASCII form", 81, {
    clientFqdn: {
      serverUpdates: true,
      overridden: true,
      noUpdates: false,
      isWire: false,
      rcode1: 255,
      rcode2: 255,
      name: "a.b",
    },
  }, [3, 255, 255, 97, 46, 98]],
  ["RFC 3046 §2.0", 82, {
    relayAgentInformation: [{ code: 1, data: Uint8Array.of(0, 4) }, {
      code: 2,
      data: Uint8Array.of(9),
    }],
  }, [1, 2, 0, 4, 2, 1, 9]],
  ["RFC 4578 §2.1", 93, { clientArchitectures: [7, 9] }, [0, 7, 0, 9]],
  ["RFC 4578 §2.2", 94, { clientNetworkInterface: { type: 1, major: 3, minor: 16 } }, [1, 3, 16]],
  ["RFC 4578 §2.3", 97, {
    clientMachineIdentifier: { type: 0, identifier: new Uint8Array(16).fill(7) },
  }, [0, ...new Array(16).fill(7)]],
  ["RFC 4833 §2", 101, { tzdbTimezone: "Europe/Zurich" }, ascii("Europe/Zurich")],
  ["RFC 8925 §3.4", 108, { ipv6OnlyPreferred: 1800 }, [0, 0, 7, 8]],
  ["RFC 8910 §2.1", 114, { captivePortal: "https://a/" }, ascii("https://a/")],
  ["RFC 2563 §2", 116, { autoConfigure: 0 }, [0]],
  ["RFC 3397 §2, its example", 119, { domainSearch: ["eng.apple.com", "marketing.apple.com"] }, [
    3,
    ...ascii("eng"),
    5,
    ...ascii("apple"),
    3,
    ...ascii("com"),
    0,
    9,
    ...ascii("marketing"),
    0xc0,
    4,
  ]],
  ["RFC 3361 §3.1, its example", 120, {
    sipServers: { domains: ["example.com", "example.net"], addresses: [] },
  }, [
    0,
    7,
    ...ascii("example"),
    3,
    ...ascii("com"),
    0,
    7,
    ...ascii("example"),
    3,
    ...ascii("net"),
    0,
  ]],
  ["RFC 3361 §3.2, its example", 120, {
    sipServers: { domains: [], addresses: [ip("192.0.2.1"), ip("192.0.2.2")] },
  }, [1, 192, 0, 2, 1, 192, 0, 2, 2]],
  // The table of destination descriptors in RFC 3442.
  [
    "RFC 3442, its table",
    121,
    {
      classlessRoutes: [
        { destination: 0, prefixLength: 0, router: 1 },
        { destination: ip("10.0.0.0"), prefixLength: 8, router: 1 },
        { destination: ip("10.0.0.0"), prefixLength: 24, router: 1 },
        { destination: ip("10.17.0.0"), prefixLength: 16, router: 1 },
        { destination: ip("10.27.129.0"), prefixLength: 24, router: 1 },
        { destination: ip("10.229.0.128"), prefixLength: 25, router: 1 },
        { destination: ip("10.198.122.47"), prefixLength: 32, router: 1 },
      ],
    },
    [[0], [8, 10], [24, 10, 0, 0], [16, 10, 17], [24, 10, 27, 129], [25, 10, 229, 0, 128], [
      32,
      10,
      198,
      122,
      47,
    ]].flatMap((d) => [...d, 0, 0, 0, 1]),
  ],
  ["RFC 3925 §4", 125, {
    vendorIdentifyingInformation: [{ enterprise: 9, data: Uint8Array.of(1, 1, 5) }],
  }, [0, 0, 0, 9, 3, 1, 1, 5]],
  ["RFC 5223 §3", 137, { lostServer: "lost.example" }, [
    4,
    ...ascii("lost"),
    7,
    ...ascii("example"),
    0,
  ]],
  ["RFC 5969 §7.1.1", 212, {
    sixRapidDeployment: {
      ipv4MaskLength: 8,
      prefixLength: 32,
      prefix: Uint8Array.of(0x20, 1, 0xd, 0xb8, ...new Array(12).fill(0)),
      borderRelays: [ip("10.0.0.1")],
    },
  }, [8, 32, 0x20, 1, 0xd, 0xb8, ...new Array(12).fill(0), 10, 0, 0, 1]],
];

Deno.test("values and their bytes, both ways", async (t) => {
  for (const [source, code, options, value] of known) {
    await t.step(`${source} (option ${code})`, () => {
      assertEquals(optionBytes(options), value);
      assertEquals(decode(code, value), options);
    });
  }
});

/** Malformed values: they come out raw, and nothing else of the message is lost. */
const malformed: [name: string, code: number, value: number[]][] = [
  ["addresses of 5 bytes", 3, [10, 0, 0, 1, 10]],
  ["no address", 6, []],
  ["a flag of 2", 19, [2]],
  ["an odd number of addresses in pairs", 33, [1, 2, 3, 4]],
  ["empty text", 15, []],
  ["text of NULs", 15, [0, 0]],
  ["text with NUL inside", 12, [97, 0, 98]],
  ["text that is not UTF-8", 12, [0xc3, 0x28]],
  ["a one-byte client identifier", 61, [1]],
  ["iPXE's user class, without a length", 77, ascii("iPXE")],
  ["an empty user class", 77, [0]],
  ["rapid commit with a value", 80, [1]],
  ["FQDN without flags", 81, [0, 0]],
  ["FQDN with a label cut", 81, [4, 0, 0, 9, 97]],
  ["FQDN with compression", 81, [4, 0, 0, 1, 97, 0xc0, 3]],
  ["relay sub-option cut", 82, [1, 3, 0]],
  ["relay sub-option without length", 82, [1]],
  ["UUID without an identifier", 97, [0]],
  ["search: pointer forward", 119, [0xc0, 2, 1, 97, 0]],
  ["search: pointer to itself", 119, [0xc0, 0]],
  ["search: two pointers in a ring", 119, [1, 97, 0xc0, 4, 0xc0, 0]],
  ["search: pointer cut", 119, [1, 97, 0, 0xc0]],
  ["search: label type 01", 119, [0x40, 97, 0]],
  ["search: no root label", 119, [1, 97]],
  ["search: the root itself", 119, [0]],
  ["search: dot in a label", 119, [3, 97, 46, 98, 0]],
  ["search: space in a label", 119, [2, 97, 32, 0]],
  ["search: name longer than 255", 119, [
    ...new Array(5).fill([60, ...new Array(60).fill(97)]).flat(),
    0,
  ]],
  ["SIP encoding 2", 120, [2, 1, 2, 3, 4]],
  ["SIP without anything", 120, [0]],
  ["route of /33", 121, [33, 1, 2, 3, 4, 5, 10, 0, 0, 1]],
  ["route without router", 121, [24, 10, 0, 0, 10, 0, 0]],
  ["no route", 121, []],
  ["enterprise data cut", 125, [0, 0, 0, 9, 3, 1]],
  ["6rd with a mask of 33", 212, [33, ...new Array(21).fill(1)]],
];

Deno.test("malformed values come out raw", async (t) => {
  for (const [name, code, value] of malformed) {
    await t.step(name, () => {
      assertEquals(decode(code, value), { other: [{ code, data: Uint8Array.from(value) }] });
    });
  }
});

Deno.test("text ends before trailing NULs (RFC 2132 §2)", () => {
  assertEquals(decode(12, [...ascii("host"), 0, 0]), { hostName: "host" });
});

Deno.test("route bits beyond the mask are dropped by who reads them (RFC 3442)", () => {
  assertEquals(decode(121, [25, 10, 0, 0, 255, 10, 0, 0, 1]).classlessRoutes, [
    { destination: ip("10.0.0.128"), prefixLength: 25, router: ip("10.0.0.1") },
  ]);
});

Deno.test("names: a pointer may lead into an earlier pointer", () => {
  const value = [1, 97, 1, 99, 0, 1, 98, 0xc0, 2, 1, 120, 0xc0, 5];
  assertEquals(decode(119, value).domainSearch, ["a.c", "b.c", "x.b.c"]);
});

const address = fc.integer({ min: 0, max: 0xffffffff });
const byte = fc.integer({ min: 0, max: 255 });
const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 });
const part = fc.uint8Array({ minLength: 1, maxLength: 60 });
const word = fc.string({ minLength: 1, maxLength: 300, unit: "binary" }).filter((text) =>
  !text.includes("\0")
);
const label = fc.stringMatching(/^[a-zA-Z0-9-]{1,20}$/);
const domain = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join("."));
const addresses = fc.array(address, { minLength: 1, maxLength: 80 });
const u16 = fc.integer({ min: 0, max: 0xffff });

/** What fits each option, by the name of its type. */
const special: Record<string, fc.Arbitrary<unknown>> = {
  policyFilters: fc.array(fc.record({ address, mask: address }), { minLength: 1 }),
  staticRoutes: fc.array(fc.record({ destination: address, router: address }), { minLength: 1 }),
  classlessRoutes: fc.array(
    fc.record({
      destination: address,
      prefixLength: fc.integer({ min: 0, max: 32 }),
      router: address,
    })
      .map((route) => ({
        ...route,
        destination: Number(
          (BigInt(route.destination) >> BigInt(32 - route.prefixLength)) <<
            BigInt(32 - route.prefixLength),
        ),
      })),
    { minLength: 1, maxLength: 40 },
  ),
  userClasses: fc.array(part, { minLength: 1 }),
  slpDirectoryAgents: fc.record({ isMandatory: fc.boolean(), addresses }),
  slpServiceScope: fc.record({ isMandatory: fc.boolean(), scopes: word }),
  rapidCommit: fc.constant(true),
  clientFqdn: fc.record({
    serverUpdates: fc.boolean(),
    overridden: fc.boolean(),
    noUpdates: fc.boolean(),
    isWire: fc.boolean(),
    rcode1: byte,
    rcode2: byte,
    name: fc.oneof(domain, domain.map((name) => `${name}.`), fc.constant(""), fc.constant(".")),
  }),
  relayAgentInformation: fc.array(
    fc.record({ code: byte, data: fc.uint8Array({ maxLength: 255 }) }),
    { minLength: 1 },
  ),
  clientNetworkInterface: fc.record({ type: byte, major: byte, minor: byte }),
  clientMachineIdentifier: fc.record({ type: byte, identifier: part }),
  sipServers: fc.oneof(
    fc.array(domain, { minLength: 1 }).map((domains) => ({ domains, addresses: [] })),
    addresses.map((list) => ({ domains: [], addresses: list })),
  ),
  vendorIdentifyingClasses: fc.array(
    fc.record({ enterprise: address, data: fc.uint8Array({ maxLength: 255 }) }),
    { minLength: 1 },
  ),
  sixRapidDeployment: fc.record({
    ipv4MaskLength: fc.integer({ min: 0, max: 32 }),
    prefixLength: fc.integer({ min: 0, max: 128 }),
    prefix: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    borderRelays: addresses,
  }),
};
special["microsoftClasslessRoutes"] = special["classlessRoutes"]!;
special["vendorIdentifyingInformation"] = special["vendorIdentifyingClasses"]!;

/** The shape of an option's value, found by which of these it takes. */
const shapes: fc.Arbitrary<unknown>[] = [
  fc.array(domain, { minLength: 1 }),
  domain,
  word,
  addresses,
  fc.array(u16, { minLength: 1 }),
  fc.array(byte, { minLength: 1 }),
  address,
  u16,
  byte,
  bytes,
  fc.uint8Array({ minLength: 2, maxLength: 300 }),
  fc.boolean(),
];

function takes(name: string, value: unknown): boolean {
  try {
    return JSON.stringify(decodeBack({ [name]: value })) === JSON.stringify({ [name]: value });
  } catch {
    return false;
  }
}

function decodeBack(options: Dhcpv4Options): Dhcpv4Options {
  const message = decodeMessage(encode(options));
  if (typeof message === "number") throw new Error(`Cannot decode: ${message}`);
  return message.options;
}

Deno.test("every typed option comes back as it went", async (t) => {
  for (const { code, name } of optionTable) {
    await t.step(`${code} ${name}`, () => {
      const samples = (shape: fc.Arbitrary<unknown>): unknown[] =>
        fc.sample(shape, { numRuns: 20, seed: code });
      const shape = special[name] ??
        shapes.find((it) => samples(it).every((value) => takes(name, value)));
      if (shape === undefined) throw new Error(`No arbitrary fits ${name}`);
      fc.assert(
        fc.property(shape, (value) => {
          assertEquals<unknown>(decodeBack({ [name]: value }), { [name]: value });
        }),
        { numRuns: 60 },
      );
    });
  }
});

Deno.test("the table has each option once, and the codes are RFC 2132's", () => {
  const codes = optionTable.map((line) => line.code);
  assertEquals(new Set(codes).size, codes.length);
  assertEquals(new Set(optionTable.map((line) => line.name)).size, codes.length);
  // All of RFC 2132, but Pad, End and Overload, which are no values.
  for (let code = 1; code <= 76; code++) {
    if (code !== DhcpOption.Overload) assertEquals(codes.includes(code), true, `option ${code}`);
  }
});

const refused: [name: string, options: Dhcpv4Options, error: new (message: string) => Error][] = [
  ["mask -1", { subnetMask: -1 }, RangeError],
  ["mask 2^32", { subnetMask: 2 ** 32 }, RangeError],
  ["mask 1.5", { subnetMask: 1.5 }, RangeError],
  ["MTU NaN", { interfaceMtu: NaN }, RangeError],
  ["no router", { routers: [] }, RangeError],
  ["no text", { hostName: "" }, RangeError],
  ["NUL in text", { hostName: "a\0b" }, SyntaxError],
  ["half a surrogate pair", { hostName: "\ud800" }, SyntaxError],
  ["identifier of one byte", { clientIdentifier: Uint8Array.of(1) }, RangeError],
  ["empty label", { domainSearch: ["a..b"] }, SyntaxError],
  ["trailing dot", { domainSearch: ["a."] }, SyntaxError],
  ["label of 64", { domainSearch: ["a".repeat(64)] }, SyntaxError],
  ["name of 256", { domainSearch: [new Array(5).fill("a".repeat(50)).join(".")] }, SyntaxError],
  ["space in a name", { domainSearch: ["a b"] }, SyntaxError],
  ["no name", { domainSearch: [] }, RangeError],
  ["SIP names and addresses", { sipServers: { domains: ["a"], addresses: [1] } }, RangeError],
  ["SIP neither", { sipServers: { domains: [], addresses: [] } }, RangeError],
  [
    "prefix length 33",
    { classlessRoutes: [{ destination: 0, prefixLength: 33, router: 1 }] },
    RangeError,
  ],
  [
    "sub-option of 256 bytes",
    { relayAgentInformation: [{ code: 1, data: new Uint8Array(256) }] },
    RangeError,
  ],
  ["6rd prefix of 15 bytes", {
    sixRapidDeployment: {
      ipv4MaskLength: 0,
      prefixLength: 0,
      prefix: new Uint8Array(15),
      borderRelays: [1],
    },
  }, RangeError],
  ["raw option 0", { other: [{ code: 0, data: new Uint8Array(1) }] }, RangeError],
  ["raw option 255", { other: [{ code: 255, data: new Uint8Array(1) }] }, RangeError],
  ["raw option 52", { other: [{ code: 52, data: new Uint8Array(1) }] }, RangeError],
  [
    "a typed option again, raw",
    { hostName: "a", other: [{ code: 12, data: new Uint8Array(1) }] },
    TypeError,
  ],
];

Deno.test("what cannot be written is refused", async (t) => {
  for (const [name, options, error] of refused) {
    await t.step(name, () => {
      assertThrows(() => encode(options), error, "Cannot encode");
    });
  }
});

Deno.test("client identifiers", async (t) => {
  const cases: [string, number[], ReturnType<typeof parseClientIdentifier>][] = [
    ["MAC address", [1, 2, 0, 0, 0, 0, 1], {
      kind: "hardware",
      hardwareType: 1,
      address: Uint8Array.of(2, 0, 0, 0, 0, 1),
    }],
    // As systemd-networkd sends it: IAID, DUID-EN 43793.
    ["IAID and DUID-EN", [255, 0x9f, 0x42, 0x41, 0x47, 0, 2, 0, 0, 0xab, 0x11, 1, 2], {
      kind: "duid",
      iaid: 0x9f424147,
      duidType: DuidType.Enterprise,
      duid: Uint8Array.of(0, 0, 0xab, 0x11, 1, 2),
    }],
    ["a name", [0, ...ascii("octet")], {
      kind: "opaque",
      type: 0,
      data: Uint8Array.from(ascii("octet")),
    }],
    ["type 255 without a whole DUID", [255, 0, 0, 0, 1], {
      kind: "opaque",
      type: 255,
      data: Uint8Array.of(0, 0, 0, 1),
    }],
  ];
  for (const [name, value, identifier] of cases) {
    await t.step(name, () => {
      assertEquals(parseClientIdentifier(Uint8Array.from(value)), identifier);
      assertEquals([...formClientIdentifier(identifier)], value);
    });
  }
  assertThrows(
    () => formClientIdentifier({ kind: "opaque", type: 0, data: new Uint8Array(0) }),
    RangeError,
  );
  assertThrows(
    () => formClientIdentifier({ kind: "opaque", type: 256, data: new Uint8Array(1) }),
    RangeError,
  );
});

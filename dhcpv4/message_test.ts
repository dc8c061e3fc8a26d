import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatIpv4, parseIpv4 } from "@octet/netip";
import { Verdict } from "@octet/wire";
import { Dhcpv4Frame } from "./frame.ts";
import {
  decodeMessage,
  type Dhcpv4Message,
  type Dhcpv4MessageFields,
  encodeMessage,
  writeMessage,
} from "./message.ts";
import { Dhcpv4OptionCursor } from "./options.ts";
import captured from "./testdata/networkd_dnsmasq.json" with { type: "json" };

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function decode(bytes: Uint8Array, offset?: number, end?: number): Dhcpv4Message {
  const message = decodeMessage(bytes, offset, end);
  if (typeof message === "number") throw new Error(`Cannot decode message: ${message}`);
  return message;
}

/** Header and option values as they lie on the wire, pieces joined. */
function takeApart(bytes: Uint8Array): [header: Uint8Array, options: Map<number, number[]>] {
  const frame = new Dhcpv4Frame().reset(bytes, 0, bytes.length);
  assertEquals(frame.validate(), Verdict.Ok);
  const cursor = new Dhcpv4OptionCursor().resetFrame(frame);
  const options = new Map<number, number[]>();
  while (cursor.next()) {
    const value = [...bytes.subarray(cursor.valueOffset, cursor.valueEnd)];
    options.set(cursor.code, [...options.get(cursor.code) ?? [], ...value]);
  }
  assertEquals(cursor.verdict, Verdict.Ok);
  return [bytes.subarray(0, 240), options];
}

const networkd = {
  discover: fromHex(captured.discover),
  offer: fromHex(captured.offer),
  request: fromHex(captured.request),
  ack: fromHex(captured.ack),
};

Deno.test("systemd-networkd's DHCPDISCOVER", () => {
  const message = decode(networkd.discover);
  assertEquals({ ...message, options: {} }, {
    op: 1,
    xid: 0x6da76bec,
    hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 0xbb),
    hardwareType: 1,
    hops: 0,
    secs: 1,
    flags: 0,
    ciaddr: 0,
    yiaddr: 0,
    siaddr: 0,
    giaddr: 0,
    serverName: "",
    bootFile: "",
    options: {},
  });
  const { clientIdentifier, ...options } = message.options;
  assertEquals(options, {
    messageType: 1,
    parameterRequestList: [1, 3, 6, 12, 15, 33, 42, 101, 119, 120, 121],
    maximumMessageSize: 1472,
    hostName: "octet-host",
  });
  assertEquals(clientIdentifier?.length, 19);
});

Deno.test("dnsmasq's DHCPOFFER to it", () => {
  const message = decode(networkd.offer);
  const ip = parseIpv4;
  assertEquals([message.op, formatIpv4(message.yiaddr), formatIpv4(message.siaddr)], [
    2,
    "10.77.0.54",
    "10.77.0.1",
  ]);
  assertEquals(message.options, {
    messageType: 2,
    serverIdentifier: ip("10.77.0.1"),
    leaseTime: 120,
    renewalTime: 60,
    rebindingTime: 105,
    subnetMask: ip("255.255.255.0"),
    broadcastAddress: ip("10.77.0.255"),
    dnsServers: [ip("10.77.0.1")],
    domainName: "lan.example",
    sipServers: { domains: [], addresses: [ip("10.77.0.9")] },
    tzdbTimezone: "Europe/Zurich",
    classlessRoutes: [
      { destination: 0, prefixLength: 0, router: ip("10.77.0.1") },
      { destination: ip("192.168.5.0"), prefixLength: 25, router: ip("10.77.0.2") },
    ],
    domainSearch: ["lan.example", "sub.lan.example"],
    ntpServers: [ip("10.77.0.1"), ip("10.77.0.2")],
    routers: [ip("10.77.0.1")],
  });
});

Deno.test("captured messages are written as they came, byte for byte of every option", async (t) => {
  for (const [name, bytes] of Object.entries(networkd)) {
    await t.step(name, () => {
      assertEquals(takeApart(encodeMessage(decode(bytes))), takeApart(bytes));
    });
  }
});

Deno.test("in the order of the captured message the bytes are the very same", async (t) => {
  for (const [name, bytes] of Object.entries(networkd)) {
    await t.step(name, () => {
      const order = [...takeApart(bytes)[1].keys()];
      const written = encodeMessage(decode(bytes), { order });
      assertEquals(written.subarray(0, bytes.length), bytes);
      // Ours are as long as BOOTP wants them; networkd's own DHCPDISCOVER is not.
      assertEquals(written.length, Math.max(300, bytes.length));
      assert(written.subarray(bytes.length).every((byte) => byte === 0));
    });
  }
});

Deno.test("a captured message cut at every length gives a verdict or what is whole", () => {
  const bytes = networkd.offer;
  const whole = decode(bytes);
  const guarded = new Uint8Array(bytes.length + 64).fill(0xa5);
  for (let length = 0; length < bytes.length; length++) {
    guarded.fill(0xa5);
    guarded.set(bytes.subarray(0, length), 32);
    const message = decodeMessage(guarded, 32, 32 + length);
    if (length < 240) assertEquals(message, Verdict.Short);
    else if (typeof message === "number") assertEquals(message, Verdict.BadOption);
    else {
      for (const [name, value] of Object.entries(message.options)) {
        assertEquals<unknown>(value, whole.options[name as keyof typeof whole.options]);
      }
    }
  }
});

Deno.test("every length field at its extremes gives a verdict or a message, never an exception", () => {
  const bytes = networkd.offer;
  const lengths: number[] = [2];
  for (let at = 240; bytes[at] !== 255; at += 2 + bytes[at + 1]!) lengths.push(at + 1);
  for (const at of lengths) {
    for (const value of [0, 1, 2, 3, 4, 5, 15, 16, 17, 127, 128, 254, 255]) {
      const copy = bytes.slice();
      copy[at] = value;
      const message = decodeMessage(copy);
      if (at === 2 && value > 16) assertEquals(message, Verdict.BadLength);
      else if (typeof message === "number") assertEquals(message, Verdict.BadOption);
    }
  }
});

Deno.test("random options never throw, and what is read can be written and read again", () => {
  const header = encodeMessage({ op: 2, xid: 7, hardwareAddress: new Uint8Array(6), options: {} })
    .subarray(0, 240);
  const option = fc.tuple(fc.integer({ min: 1, max: 254 }), fc.uint8Array({ maxLength: 40 }))
    .map(([code, data]) => [code, data.length, ...data]);
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((bytes) => [...bytes]),
    fc.array(option, { maxLength: 12 }).map((list) => list.flat()),
  );
  const fields = fc.uint8Array({ minLength: 192, maxLength: 192 });
  let good = 0;
  fc.assert(
    fc.property(body, fields, (options, names) => {
      const bytes = new Uint8Array(240 + options.length);
      bytes.set(header);
      bytes.set(names, 44);
      bytes.set(options, 240);
      const message = decodeMessage(bytes);
      if (typeof message === "number") {
        assertEquals(message, Verdict.BadOption);
      } else {
        good++;
        assertEquals(decode(encodeMessage(message, { maximumLength: 3000 })), message);
      }
    }),
    { numRuns: 2000 },
  );
  assert(good > 500);
});

const vitalOptions: [name: string, option: number[]][] = [
  ["message type of two bytes", [53, 2, 1, 1]],
  ["message type twice", [53, 1, 1, 53, 1, 1]],
  ["no message type", [53, 0]],
  ["lease time of 3 bytes", [51, 3, 0, 0, 1]],
  ["server identifier of 5 bytes", [54, 5, 1, 2, 3, 4, 5]],
  ["requested address of 0 bytes", [50, 0]],
  ["mask of 8 bytes", [1, 8, 255, 255, 255, 0, 255, 255, 255, 0]],
];

Deno.test("a malformed vital option makes the message unusable", async (t) => {
  for (const [name, option] of vitalOptions) {
    await t.step(name, () => {
      const bytes = encodeMessage(base);
      bytes.set([...option, 255], 240);
      assertEquals(decodeMessage(bytes), Verdict.BadOption);
    });
  }
});

const base: Dhcpv4MessageFields = {
  op: 2,
  xid: 0x01020304,
  hardwareAddress: Uint8Array.of(2, 0, 0, 0, 0, 1),
  options: { messageType: 5 },
};

Deno.test("every byte of a written message is written", () => {
  const bytes = new Uint8Array(700).fill(0xa5);
  const message: Dhcpv4MessageFields = {
    ...base,
    hops: 1,
    secs: 2,
    flags: 0x8000,
    ciaddr: 1,
    yiaddr: 2,
    siaddr: 3,
    giaddr: 4,
    serverName: "boot",
    bootFile: "pxelinux.0",
  };
  const length = writeMessage(message, bytes, 100, 700);
  assertEquals(length, 300);
  assert(bytes.subarray(0, 100).every((byte) => byte === 0xa5));
  assert(bytes.subarray(400).every((byte) => byte === 0xa5));
  const expected = new Uint8Array(300);
  expected.set([
    2,
    1,
    6,
    1,
    1,
    2,
    3,
    4,
    0,
    2,
    0x80,
    0,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    2,
    0,
    0,
    0,
    3,
    0,
    0,
    0,
    4,
  ]);
  expected.set([2, 0, 0, 0, 0, 1], 28);
  expected.set(new TextEncoder().encode("boot"), 44);
  expected.set(new TextEncoder().encode("pxelinux.0"), 108);
  expected.set([99, 130, 83, 99, 53, 1, 5, 255], 236);
  assertEquals(bytes.subarray(100, 400), expected);
});

Deno.test("values longer than 255 bytes go in pieces (RFC 3396)", () => {
  const data = Uint8Array.from({ length: 600 }, (_, i) => i % 251);
  const message = { ...base, options: { other: [{ code: 200, data }] } };
  const bytes = encodeMessage(message);
  assertEquals([bytes[240], bytes[241], bytes[497], bytes[498]], [200, 255, 200, 255]);
  assertEquals([bytes[754], bytes[755], bytes[756 + 90]], [200, 90, 255]);
  assertEquals(decode(bytes).options.other, [{ code: 200, data }]);
});

Deno.test("what does not fit goes into file and sname (RFC 2132 §9.3)", () => {
  const options = {
    messageType: 5,
    domainName: "d".repeat(200),
    hostName: "h".repeat(60),
    rootPath: "r".repeat(100),
    relayAgentInformation: [{ code: 1, data: Uint8Array.of(1, 2, 3) }],
  };
  const bytes = encodeMessage({ ...base, options }, { maximumLength: 480, order: [53, 15, 17] });
  assert(bytes.length <= 480);
  const message = decode(bytes);
  assertEquals(message.options, options);
  assertEquals([message.serverName, message.bootFile], ["", ""]);
  // Domain in the options field, root path in file, host name in sname; relay information where relays look.
  assertEquals([bytes[243], bytes[108], bytes[44]], [15, 17, 12]);
  const relay = bytes.indexOf(82, 240);
  assertEquals([...bytes.subarray(relay - 3, relay + 8)], [52, 1, 3, 82, 5, 1, 3, 1, 2, 3, 255]);
});

Deno.test("a value too long for each field is split over them in the order they are read", () => {
  const data = Uint8Array.from({ length: 237 }, (_, i) => i);
  const options = { messageType: 5, other: [{ code: 200, data }] };
  const bytes = encodeMessage({ ...base, options }, { maximumLength: 300 });
  assertEquals(bytes.length, 300);
  assertEquals(decode(bytes).options, options);
  // There is one more byte to be had.
  for (let extra = 0; extra < 12; extra++) {
    const longer = { messageType: 5, other: [{ code: 200, data: new Uint8Array(232 + extra) }] };
    const room = 300 - 240 - 3 - 1 - 3 - 2 + (127 - 2) + (63 - 2);
    if (232 + extra <= room) {
      assertEquals(
        decode(encodeMessage({ ...base, options: longer }, { maximumLength: 300 })).options,
        longer,
      );
    } else {
      assertThrows(
        () => encodeMessage({ ...base, options: longer }, { maximumLength: 300 }),
        RangeError,
      );
    }
  }
});

Deno.test("header fields in use are not given to options", () => {
  const options = { domainName: "d".repeat(60), hostName: "h".repeat(60) };
  const limits = { maximumLength: 310 };
  const fits = encodeMessage({ ...base, options, serverName: "boot" }, limits);
  assertEquals([decode(fits).serverName, decode(fits).bootFile], ["boot", ""]);
  assertEquals(decode(fits).options, options);
  assertThrows(
    () => encodeMessage({ ...base, options, serverName: "boot", bootFile: "x" }, limits),
    RangeError,
    "Cannot encode DHCP message as it does not fit in 310 bytes",
  );
});

Deno.test("at every limit the message fits or is refused, and nothing is written behind it", () => {
  const options = {
    messageType: 5,
    dnsServers: [1, 2, 3],
    domainSearch: ["lan.example", "sub.lan.example"],
    other: [{ code: 200, data: new Uint8Array(280).fill(9) }],
    relayAgentInformation: [{ code: 1, data: new Uint8Array(30) }],
  };
  let smallest = 0;
  const bytes = new Uint8Array(1000);
  for (let limit = 700; limit >= 0; limit--) {
    bytes.fill(0xa5);
    const length = writeMessage({ ...base, options }, bytes, 8, 8 + limit);
    assert(bytes.subarray(8 + limit).every((byte) => byte === 0xa5));
    if (length === 0) {
      smallest = Math.max(smallest, limit + 1);
    } else {
      assert(length <= limit && limit >= smallest);
      assertEquals(decode(bytes, 8, 8 + length).options, options);
    }
  }
  assert(smallest > 400 && smallest < 480);
});

Deno.test("names in the header end with NUL", () => {
  const bytes = encodeMessage({ ...base, serverName: "s".repeat(63), bootFile: "b".repeat(127) });
  assertEquals(decode(bytes).serverName, "s".repeat(63));
  assertEquals(decode(bytes).bootFile, "b".repeat(127));
  bytes[44 + 63] = 0x73;
  assertEquals(decode(bytes).serverName, "");
});

const refused: [name: string, message: Partial<Dhcpv4MessageFields>][] = [
  ["hardware address of 17 bytes", { hardwareAddress: new Uint8Array(17) }],
  ["xid -1", { xid: -1 }],
  ["secs 65536", { secs: 65536 }],
  ["address 2^32", { yiaddr: 2 ** 32 }],
  ["fractional address", { siaddr: 0.5 }],
  ["server name of 64 bytes", { serverName: "s".repeat(64) }],
  ["boot file of 128 bytes in 64 letters", { bootFile: "\u00fc".repeat(64) }],
];

Deno.test("fields out of range are refused", async (t) => {
  for (const [name, message] of refused) {
    await t.step(name, () => {
      assertThrows(() => encodeMessage({ ...base, ...message }), RangeError, "Cannot encode DHCP");
    });
  }
  assertThrows(() => encodeMessage(base, { maximumLength: 299 }), RangeError, "fit in 299");
});

Deno.test("the client of Wireshark's sample capture: no End within the padding, requested address 0", () => {
  const header = fromHex("0101060000003d1d0000000000000000000000000000000000000000000b8201fc42");
  const bytes = new Uint8Array(272);
  bytes.set(header);
  bytes.set(
    fromHex("638253633501013d0701000b8201fc4232040000000037040103062aff00000000000000"),
    236,
  );
  const message = decode(bytes);
  assertEquals([message.xid, message.options], [0x3d1d, {
    messageType: 1,
    requestedAddress: 0,
    parameterRequestList: [1, 3, 6, 42],
    clientIdentifier: Uint8Array.of(1, 0, 0x0b, 0x82, 0x01, 0xfc, 0x42),
  }]);
});

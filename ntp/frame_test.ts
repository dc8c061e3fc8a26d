import { assertEquals, assertThrows } from "@std/assert";
import { Verdict, writeU16 } from "@octet/wire";
import fc from "fast-check";
import { encodeNtp, formatNtpReference, parseNtpReference } from "./fields.ts";
import { NtpExtensionCursor, NtpField, NtpFrame, NtpLeap, NtpMode } from "./frame.ts";

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  const text = hex.replace(/\s/g, "");
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

function frameOf(bytes: Uint8Array): NtpFrame {
  const frame = new NtpFrame();
  frame.reset(bytes, 0, bytes.length);
  return frame;
}

/** What chronyd 4.3 with `local stratum 3` answered to a request of version 4. */
const fromChrony = fromHex(`
  240300e7 00000000 00000000 7f7f0101 eeab27a5eeaac1f9
  0102030405060708 eeab27a765b2945b eeab27a765ba3672`);

Deno.test("a reply of chronyd is taken apart", () => {
  const frame = frameOf(fromChrony);
  assertEquals(frame.validate(), Verdict.Ok);
  assertEquals(frame.leap, NtpLeap.None);
  assertEquals(frame.version, 4);
  assertEquals(frame.mode, NtpMode.Server);
  assertEquals(frame.stratum, 3);
  assertEquals(frame.poll, 0);
  assertEquals(frame.precision, -25);
  assertEquals(frame.rootDelay, 0);
  assertEquals(frame.rootDispersion, 0);
  assertEquals(formatNtpReference(frame.referenceId, frame.stratum), "127.127.1.1");
  const pivot = Date.UTC(2026, 0);
  assertEquals(
    new Date(frame.timestamp(NtpField.Reference, pivot)).toISOString(),
    "2026-11-20T20:10:13.932Z",
  );
  assertEquals(
    new Date(frame.timestamp(NtpField.Transmit, pivot)).toISOString(),
    "2026-11-20T20:10:15.397Z",
  );
  assertEquals(frame.payloadOffset, frame.payloadEnd);
  assertEquals(frame.hasMac, false);
});

Deno.test("the same reply is built byte for byte", () => {
  assertEquals(
    encodeNtp({
      mode: NtpMode.Server,
      stratum: 3,
      precision: -25,
      referenceId: 0x7f7f0101,
      reference: 0xeeab27a5_eeaac1f9n,
      origin: 0x01020304_05060708n,
      receive: 0xeeab27a7_65b2945bn,
      transmit: 0xeeab27a7_65ba3672n,
    }),
    fromChrony,
  );
});

Deno.test("setters write every byte of the header over 0xa5 and nothing else", () => {
  const bytes = new Uint8Array(52).fill(0xa5);
  const frame = new NtpFrame();
  frame.reset(bytes, 2, 50);
  frame.clear(NtpLeap.Unknown, 3, NtpMode.Broadcast);
  assertEquals(frame.leap, NtpLeap.Unknown);
  frame.leap = NtpLeap.Delete;
  frame.version = 4;
  frame.mode = NtpMode.Server;
  frame.stratum = 2;
  frame.poll = -3;
  frame.precision = -20;
  frame.rootDelay = 1500;
  frame.rootDispersion = 250;
  frame.referenceId = 0xc0a80001;
  frame.setTimestamp(NtpField.Reference, 0);
  frame.setTimestamp(NtpField.Origin, 1000);
  frame.setTimestamp(NtpField.Receive, 2000);
  frame.setTimestamp(NtpField.Transmit, 3000);
  assertEquals(
    bytes,
    fromHex(`a5a5 a402fdec 00018000 00004000 c0a80001 83aa7e8000000000
      83aa7e8100000000 83aa7e8200000000 83aa7e8300000000 a5a5`),
  );
  assertEquals(frame.poll, -3);
  assertEquals(frame.precision, -20);
  assertEquals(frame.leap, NtpLeap.Delete);
});

const mac20 = new Uint8Array(20).fill(7);
const verdicts: [string, Uint8Array, Verdict][] = [
  ["nothing", new Uint8Array(0), Verdict.Short],
  ["47 bytes", encodeNtp({}).subarray(0, 47), Verdict.Short],
  ["version 0", encodeNtp({ version: 0 }), Verdict.BadVersion],
  ["version 5", encodeNtp({ version: 5 }), Verdict.BadVersion],
  ["control message of 12 bytes", fromHex("160200010000000000000000"), Verdict.Unsupported],
  ["monlist request", fromHex("1700032a00000000"), Verdict.Unsupported],
  ["MD5 MAC", encodeNtp({ mac: mac20 }), Verdict.Ok],
  ["SHA-1 MAC", encodeNtp({ mac: new Uint8Array(24) }), Verdict.Ok],
  ["MAC of 22 bytes", encodeNtp({ mac: new Uint8Array(22) }), Verdict.BadLength],
  ["crypto-NAK", encodeNtp({ mac: new Uint8Array(4) }), Verdict.Ok],
  ["key without digest", encodeNtp({ mac: Uint8Array.of(0, 0, 0, 1) }), Verdict.BadLength],
  ["DES MAC in version 3", encodeNtp({ version: 3, mac: new Uint8Array(12) }), Verdict.Ok],
  ["DES MAC in version 4", encodeNtp({ mac: new Uint8Array(12) }), Verdict.BadLength],
  [
    "extension of 28 bytes",
    encodeNtp({ extensions: [{ type: 1, value: new Uint8Array(24) }] }),
    Verdict.Ok,
  ],
  [
    "extension of 16 bytes at the end (RFC 7822: a last one has 28)",
    encodeNtp({ extensions: [{ type: 1, value: new Uint8Array(1) }] }),
    Verdict.BadLength,
  ],
  [
    "extension of 16 bytes and a MAC",
    encodeNtp({ extensions: [{ type: 1, value: new Uint8Array(1) }], mac: mac20 }),
    Verdict.Ok,
  ],
  ["extension of version 3", encodeNtp({ version: 3, mac: new Uint8Array(28) }), Verdict.BadLength],
];

Deno.test("packets get their verdicts", () => {
  for (const [name, bytes, verdict] of verdicts) {
    assertEquals(frameOf(bytes).validate(), verdict, name);
  }
});

Deno.test("the MAC and crypto-NAK are told apart from extension fields", () => {
  const frame = frameOf(
    encodeNtp({
      extensions: [{ type: 0x0104, value: new Uint8Array(32) }, { type: 2, value: mac20 }],
      mac: Uint8Array.of(0, 0, 0, 9, ...new Uint8Array(16)),
    }),
  );
  assertEquals(frame.validate(), Verdict.Ok);
  assertEquals([frame.hasMac, frame.isCryptoNak, frame.keyId], [true, false, 9]);
  assertEquals(frame.payloadEnd, 48 + 36 + 24);
  const cursor = new NtpExtensionCursor();
  cursor.reset(frame.bytes, frame.payloadOffset, frame.payloadEnd);
  const seen: number[][] = [];
  while (cursor.next()) seen.push([cursor.type, cursor.valueOffset, cursor.valueEnd]);
  assertEquals(seen, [[0x0104, 52, 84], [2, 88, 108]]);
  assertEquals(cursor.verdict, Verdict.Ok);

  const nak = frameOf(encodeNtp({ mac: new Uint8Array(4) }));
  assertEquals(nak.validate(), Verdict.Ok);
  assertEquals([nak.hasMac, nak.isCryptoNak, nak.keyId], [false, true, 0]);
});

Deno.test("an extension's length at its extremes is a verdict", () => {
  for (const length of [0, 4, 12, 15, 17, 30, 36, 0x8000, 0xfffc, 0xffff]) {
    const bytes = encodeNtp({ extensions: [{ type: 1, value: new Uint8Array(28) }] });
    writeU16(bytes, 50, length);
    assertEquals(frameOf(bytes).validate(), Verdict.BadOption, String(length));
    const cursor = new NtpExtensionCursor();
    cursor.reset(bytes, 48, bytes.length);
    assertEquals(cursor.next(), false);
    assertEquals(cursor.verdict, Verdict.BadOption);
    assertEquals(cursor.next(), false);
  }
});

Deno.test("a packet cut at any length, with any bytes, is never read outside", () => {
  const whole = encodeNtp({
    extensions: [{ type: 1, value: new Uint8Array(40) }, { type: 2, value: new Uint8Array(24) }],
    mac: mac20,
  });
  const check = (bytes: Uint8Array, before: number, after: number): void => {
    const seen: number[] = [];
    const guarded = new Proxy(bytes, {
      get(target, key): unknown {
        if (typeof key === "string" && /^-?\d+$/.test(key)) {
          seen.push(Number(key));
          return target[Number(key)];
        }
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const end = bytes.length - after;
    const frame = new NtpFrame();
    frame.reset(guarded, before, end);
    if (frame.validate() === Verdict.Ok) {
      const cursor = new NtpExtensionCursor();
      cursor.reset(guarded, frame.payloadOffset, frame.payloadEnd);
      while (cursor.next()) assertEquals(cursor.valueEnd <= frame.payloadEnd, true);
      assertEquals(cursor.verdict, Verdict.Ok);
      for (const field of Object.values(NtpField)) frame.timestamp(field, 0);
      void [frame.leap, frame.version, frame.mode, frame.stratum, frame.poll, frame.precision];
      void [frame.rootDelay, frame.rootDispersion, frame.referenceId, frame.keyId];
    }
    for (const index of seen) {
      assertEquals(index >= before && index < end, true, `read ${index} of [${before},${end})`);
    }
  };
  for (let length = 0; length <= whole.length; length++) {
    const bytes = new Uint8Array(length + 5);
    bytes.set(whole.subarray(0, length), 2);
    check(bytes, 2, 3);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 160 }), (bytes: Uint8Array) => {
      if (bytes.length > 0) bytes[0] = 0x23;
      check(Uint8Array.of(9, ...bytes, 9), 1, 1);
    }),
  );
});

Deno.test("reference identifiers become text by stratum", () => {
  assertEquals(formatNtpReference(0x52415445, 0), "RATE");
  assertEquals(formatNtpReference(0x50505300, 1), "PPS");
  assertEquals(formatNtpReference(0, 0), "");
  assertEquals(formatNtpReference(0x41000a42, 1), "A..B");
  assertEquals(formatNtpReference(0xc0000201, 2), "192.0.2.1");
  assertEquals(parseNtpReference("LOCL"), 0x4c4f434c);
  assertThrows(() => parseNtpReference(""), TypeError);
  assertThrows(() => parseNtpReference("FIVE5"), TypeError);
  assertThrows(() => parseNtpReference("A B"), TypeError);
  assertThrows(() => parseNtpReference(-1), RangeError);
  assertThrows(() => parseNtpReference(1.5), RangeError);
});

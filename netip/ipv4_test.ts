import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatIpv4, Ipv4, isIpv4, parseIpv4, readIpv4, tryParseIpv4, writeIpv4 } from "./ipv4.ts";

const uint32 = fc.integer({ min: 0, max: 0xffffffff });

Deno.test("parseIpv4 reads dotted decimal into host order", () => {
  const table: [string, number][] = [
    ["0.0.0.0", Ipv4.any],
    ["127.0.0.1", Ipv4.loopback],
    ["255.255.255.255", Ipv4.broadcast],
    ["224.0.0.1", Ipv4.allSystems],
    ["224.0.0.2", Ipv4.allRouters],
    ["192.168.0.1", 0xc0a80001],
    ["1.2.3.4", 0x01020304],
    ["128.0.0.0", 0x80000000],
    ["10.20.30.40", 0x0a141e28],
  ];
  for (const [text, address] of table) {
    assertStrictEquals(parseIpv4(text), address, text);
    assertStrictEquals(formatIpv4(address), text);
  }
});

const REFUSED = [
  "",
  ".",
  "...",
  "1",
  "1.2",
  "1.2.3",
  "1.2.3.",
  ".1.2.3",
  "1..2.3",
  "1.2..3",
  "1.2.3.4.",
  ".1.2.3.4",
  "1.2.3.4.5",
  "01.2.3.4",
  "1.2.3.04",
  "00.0.0.0",
  "1.2.3.256",
  "256.1.1.1",
  "1.2.3.999",
  "1.2.3.1000",
  "0x10.1.1.1",
  "1.2.3.0x4",
  "1.2.3.4 ",
  " 1.2.3.4",
  "1.2.3.4\n",
  "1.2.3.4\0",
  "1.2.3.+4",
  "1.2.3.-4",
  "1.2.3.4e0",
  "1,2,3,4",
  "1.2.3.4/8",
  "1.2.3.a",
  "１.2.3.4",
  "1.2.3.٤",
  "3232235521",
  "::1",
  "::ffff:1.2.3.4",
];

Deno.test("parseIpv4 refuses all that is not four plain octets", () => {
  for (const text of REFUSED) {
    assertEquals(tryParseIpv4(text), undefined, JSON.stringify(text));
    assertEquals(isIpv4(text), false, JSON.stringify(text));
    assertThrows(() => parseIpv4(text), SyntaxError, "Cannot parse an IPv4 address");
  }
});

Deno.test("parseIpv4 agrees with a regular expression on text that is nearly an address", () => {
  const octet = /^(?:0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])$/;
  const nearly = fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 300 }).map(String),
      fc.constantFrom("", "00", "01", "010", "-1", "0x1", " 1", "1 "),
    ),
    { minLength: 3, maxLength: 5 },
  );
  fc.assert(fc.property(nearly, (parts) => {
    const valid = parts.length === 4 && parts.every((part) => octet.test(part));
    const expected = valid ? parts.reduce((sum, part) => sum * 256 + Number(part), 0) : undefined;
    assertEquals(tryParseIpv4(parts.join(".")), expected);
  }));
});

Deno.test("formatIpv4 gives back what parseIpv4 read, for every address", () => {
  fc.assert(fc.property(uint32, (address) => {
    assertStrictEquals(parseIpv4(formatIpv4(address)), address);
  }));
});

Deno.test("formatIpv4 takes a signed number as its unsigned twin", () => {
  assertEquals(formatIpv4(-1), "255.255.255.255");
  assertEquals(formatIpv4(0xc0a80001 | 0), "192.168.0.1");
});

Deno.test("writeIpv4 writes four bytes in network order and no other", () => {
  const bytes = new Uint8Array(8).fill(0xa5);
  writeIpv4(bytes, 2, 0xc0000201);
  assertEquals([...bytes], [0xa5, 0xa5, 192, 0, 2, 1, 0xa5, 0xa5]);
});

Deno.test("readIpv4 gives back what writeIpv4 wrote at any offset", () => {
  fc.assert(fc.property(uint32, fc.nat(9), (address, offset) => {
    const bytes = new Uint8Array(13).fill(0xa5);
    writeIpv4(bytes, offset, address);
    assertStrictEquals(readIpv4(bytes, offset), address);
  }));
});

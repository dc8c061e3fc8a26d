import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseIpv4 } from "./ipv4.ts";
import { parseIpv6 } from "./ipv6.ts";
import { MacAddress } from "./mac_address.ts";
import { multicastMac, writeMulticastMac } from "./multicast_mac.ts";

const value = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  fc.constantFrom(0, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 2 ** 48 - 1),
);

Deno.test("MacAddress.parse takes three forms in either case", () => {
  for (const text of ["02:00:5e:10:00:ff", "02-00-5E-10-00-FF", "0200.5e10.00Ff"]) {
    assertEquals(`${MacAddress.parse(text)}`, "02:00:5e:10:00:ff");
  }
});

Deno.test("MacAddress.parse refuses everything else", () => {
  const refused = [
    "",
    "02:00:00:00:00",
    "02:00:00:00:00:00:01",
    "2:0:0:0:0:1",
    "02:00:00-00:00:01",
    "02:00:00:00:00:0g",
    "02:00:00:00:00:01 ",
    " 02:00:00:00:00:01",
    "02:00:00:00:00:01\n",
    "020000000001",
    "0200.0000",
    "0200.0000.0001.0000",
    "0200:0000:0001",
    "02.00.00.00.00.01",
    "02::00:00:00:01",
  ];
  for (const text of refused) {
    assertThrows(() => MacAddress.parse(text), SyntaxError, "Cannot parse a MAC address");
    assertEquals(MacAddress.tryParse(text), undefined, text);
  }
});

Deno.test("MacAddress keeps its value through number, text and bytes", () => {
  fc.assert(fc.property(value, fc.nat(5), (value, offset) => {
    const address = MacAddress.fromNumber(value);
    assertStrictEquals(address.toNumber(), value);
    assertStrictEquals(MacAddress.parse(`${address}`).toNumber(), value);
    assertEquals(`${address}`.replaceAll(":", ""), value.toString(16).padStart(12, "0"));
    const bytes = new Uint8Array(12).fill(0xa5);
    address.writeTo(bytes, offset);
    assertStrictEquals(MacAddress.read(bytes, offset).toNumber(), value);
    assert(address.equals(bytes, offset));
    for (let i = 0; i < bytes.length; i++) {
      if (i < offset || i >= offset + 6) assertEquals(bytes[i], 0xa5);
    }
    for (let i = offset; i < offset + 6; i++) {
      bytes[i]! ^= 0x80;
      assert(!address.equals(bytes, offset), `octet ${i - offset} is compared`);
      bytes[i]! ^= 0x80;
    }
  }));
});

Deno.test("MacAddress orders and equals by value", () => {
  fc.assert(fc.property(value, value, (a, b) => {
    const left = MacAddress.fromNumber(a);
    const right = MacAddress.fromNumber(b);
    assertEquals(left.compare(right), Math.sign(a - b));
    assertEquals(left.sameAs(right), a === b);
    assert(left.sameAs(MacAddress.fromNumber(a)));
  }));
});

Deno.test("MacAddress.fromNumber refuses what has no 48 bits", () => {
  for (const value of [-1, 2 ** 48, 0.5, NaN, Infinity]) {
    assertThrows(() => MacAddress.fromNumber(value), RangeError, "Cannot make a MAC address");
  }
});

Deno.test("MacAddress knows its kind (IEEE 802-2014 §8.2.2)", () => {
  const table: [string, boolean, boolean, boolean, boolean][] = [
    // address, multicast, local, broadcast, zero
    ["00:00:00:00:00:00", false, false, false, true],
    ["ff:ff:ff:ff:ff:ff", true, true, true, false],
    ["ff:ff:ff:ff:ff:fe", true, true, false, false],
    ["fe:ff:ff:ff:ff:ff", false, true, false, false],
    ["01:00:5e:00:00:01", true, false, false, false],
    ["33:33:00:00:00:01", true, true, false, false],
    ["02:00:00:00:00:01", false, true, false, false],
    ["00:1b:21:3c:9d:f8", false, false, false, false],
    ["00:00:00:00:00:01", false, false, false, false],
  ];
  for (const [text, multicast, local, broadcast, zero] of table) {
    const address = MacAddress.parse(text);
    assertEquals(address.isMulticast, multicast, text);
    assertEquals(address.isLocal, local, text);
    assertEquals(address.isBroadcast, broadcast, text);
    assertEquals(address.isZero, zero, text);
  }
});

Deno.test("MacAddress.random is local and individual, whatever is drawn", () => {
  const uint32 = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(fc.property(uint32, uint32, (one, two) => {
    const draws = [one, two];
    const address = MacAddress.random(() => draws.shift()!);
    assert(address.isLocal && !address.isMulticast);
    assertEquals(address.toNumber() % 2 ** 32, two);
  }));
});

Deno.test("multicastMac maps groups by RFC 1112 §6.4 and RFC 2464 §7", () => {
  const table: [number | bigint, string][] = [
    [parseIpv4("224.0.0.1"), "01:00:5e:00:00:01"],
    [parseIpv4("224.128.0.1"), "01:00:5e:00:00:01"],
    [parseIpv4("239.255.255.250"), "01:00:5e:7f:ff:fa"],
    [parseIpv6("ff02::1"), "33:33:00:00:00:01"],
    [parseIpv6("ff02::1:ff28:9c5a"), "33:33:ff:28:9c:5a"],
  ];
  for (const [group, mac] of table) assertEquals(`${multicastMac(group)}`, mac);
  for (
    const group of [parseIpv4("223.255.255.255"), parseIpv4("240.0.0.0"), parseIpv6("fe80::1")]
  ) {
    assertThrows(() => multicastMac(group), RangeError, "as it is unicast");
  }
});

Deno.test("writeMulticastMac writes what multicastMac gives", () => {
  fc.assert(fc.property(fc.integer({ min: 0xe0000000, max: 0xefffffff }), (group) => {
    const bytes = new Uint8Array(8).fill(0xa5);
    writeMulticastMac(bytes, 1, group);
    assert(multicastMac(group).equals(bytes, 1));
    assertEquals([bytes[0], bytes[7]], [0xa5, 0xa5]);
  }));
});

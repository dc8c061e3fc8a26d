import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatIpv4, parseIpv4 } from "./ipv4.ts";
import {
  formatIpv4Interface,
  parseIpv4Interface,
  tryParseIpv4Interface,
} from "./ipv4_interface.ts";
import { ipv4Mask, ipv4MaskLength } from "./ipv4_mask.ts";
import { Ipv4Prefix } from "./ipv4_prefix.ts";

const LAST = 0xffffffff;
const uint32 = fc.integer({ min: 0, max: LAST });
const prefix = fc.tuple(uint32, fc.integer({ min: 0, max: 32 }))
  .map(([address, length]) => new Ipv4Prefix(address, length));

Deno.test("Ipv4Prefix knows its borders", () => {
  const table: [string, string, string, string, string, string, number, number][] = [
    // text, mask, last, broadcast, first host, last host, size, hosts
    [
      "10.0.0.0/8",
      "255.0.0.0",
      "10.255.255.255",
      "10.255.255.255",
      "10.0.0.1",
      "10.255.255.254",
      2 ** 24,
      2 ** 24 - 2,
    ],
    [
      "10.77.0.0/24",
      "255.255.255.0",
      "10.77.0.255",
      "10.77.0.255",
      "10.77.0.1",
      "10.77.0.254",
      256,
      254,
    ],
    [
      "192.0.2.64/26",
      "255.255.255.192",
      "192.0.2.127",
      "192.0.2.127",
      "192.0.2.65",
      "192.0.2.126",
      64,
      62,
    ],
    ["192.0.2.4/30", "255.255.255.252", "192.0.2.7", "192.0.2.7", "192.0.2.5", "192.0.2.6", 4, 2],
    [
      "192.0.2.6/31",
      "255.255.255.254",
      "192.0.2.7",
      "255.255.255.255",
      "192.0.2.6",
      "192.0.2.7",
      2,
      2,
    ],
    [
      "192.0.2.7/32",
      "255.255.255.255",
      "192.0.2.7",
      "255.255.255.255",
      "192.0.2.7",
      "192.0.2.7",
      1,
      1,
    ],
    [
      "0.0.0.0/0",
      "0.0.0.0",
      "255.255.255.255",
      "255.255.255.255",
      "0.0.0.1",
      "255.255.255.254",
      2 ** 32,
      2 ** 32 - 2,
    ],
    [
      "128.0.0.0/1",
      "128.0.0.0",
      "255.255.255.255",
      "255.255.255.255",
      "128.0.0.1",
      "255.255.255.254",
      2 ** 31,
      2 ** 31 - 2,
    ],
  ];
  for (const [text, mask, last, broadcast, firstHost, lastHost, size, hostCount] of table) {
    const prefix = Ipv4Prefix.parse(text);
    assertEquals(`${prefix}`, text);
    assertEquals(formatIpv4(prefix.mask), mask, text);
    assertStrictEquals(prefix.first, prefix.address);
    assertStrictEquals(prefix.last, parseIpv4(last), text);
    assertStrictEquals(prefix.broadcast, parseIpv4(broadcast), text);
    assertStrictEquals(prefix.firstHost, parseIpv4(firstHost), text);
    assertStrictEquals(prefix.lastHost, parseIpv4(lastHost), text);
    assertStrictEquals(prefix.size, size, text);
    assertStrictEquals(prefix.hostCount, hostCount, text);
  }
});

Deno.test("Ipv4Prefix.parse and parseIpv4Interface refuse malformed text", () => {
  const refused = [
    "",
    "/",
    "/8",
    "10.0.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/08",
    "10.0.0.0/00",
    "10.0.0.0/8 ",
    " 10.0.0.0/8",
    "10.0.0.0 /8",
    "10.0.0.0//8",
    "10.0.0.0/8/8",
    "10.0.0.0/+8",
    "10.0.0.0/8.0",
    "10.0.0.0/1e1",
    "10.0.0.0/255.0.0.0",
    "10.0.0/8",
    "10/8",
    "010.0.0.0/8",
    "10.0.0.0/999999999999",
    "::/0",
  ];
  for (const text of refused) {
    assertThrows(() => Ipv4Prefix.parse(text), SyntaxError, "Cannot parse an IPv4 prefix");
    assertEquals(Ipv4Prefix.tryParse(text), undefined, text);
    assertThrows(() => parseIpv4Interface(text), SyntaxError, "Cannot parse an IPv4 interface");
    assertEquals(tryParseIpv4Interface(text), undefined, text);
  }
});

Deno.test("Ipv4Prefix.parse refuses host bits that parseIpv4Interface keeps", () => {
  assertThrows(() => Ipv4Prefix.parse("10.77.0.2/24"), SyntaxError, "no bit set after the prefix");
  const { address, prefix } = parseIpv4Interface("10.77.0.2/24");
  assertEquals(formatIpv4(address), "10.77.0.2");
  assertEquals(`${prefix}`, "10.77.0.0/24");
  assertEquals(formatIpv4Interface({ address, prefix }), "10.77.0.2/24");
});

Deno.test("new Ipv4Prefix clears host bits and refuses what is out of range", () => {
  assertEquals(`${new Ipv4Prefix(0xffffffff, 1)}`, "128.0.0.0/1");
  for (const address of [-1, 2 ** 32, 0.5, NaN]) {
    assertThrows(() => new Ipv4Prefix(address, 8), RangeError, "Cannot make an IPv4 prefix");
  }
  for (const length of [-1, 33, 0.5, NaN]) {
    assertThrows(() => new Ipv4Prefix(0, length), RangeError, "Cannot make an IPv4 prefix");
  }
});

Deno.test("Ipv4Prefix.contains agrees with the division of addresses", () => {
  fc.assert(fc.property(prefix, uint32, (prefix, address) => {
    const block = 2 ** (32 - prefix.length);
    const expected = Math.floor(address / block) === prefix.address / block;
    assertEquals(prefix.contains(address), expected);
    assert(prefix.contains(prefix.first) && prefix.contains(prefix.last));
    if (prefix.first > 0) assert(!prefix.contains(prefix.first - 1));
    if (prefix.last < LAST) assert(!prefix.contains(prefix.last + 1));
  }));
});

Deno.test("Ipv4Prefix.containsPrefix and overlaps agree with the borders", () => {
  const near = fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 28, max: 32 }))
    .map(([address, length]) => new Ipv4Prefix(address, length));
  fc.assert(fc.property(near, near, (a, b) => {
    assertEquals(a.containsPrefix(b), a.first <= b.first && b.last <= a.last);
    assertEquals(a.overlaps(b), a.first <= b.last && b.first <= a.last);
    assertEquals(a.equals(b), `${a}` === `${b}`);
    assertEquals(a.compare(b), Math.sign(a.first - b.first || b.last - a.last));
  }));
});

Deno.test("Ipv4Prefix.parse gives back what toString wrote", () => {
  fc.assert(fc.property(prefix, (prefix) => {
    assert(Ipv4Prefix.parse(prefix.toString()).equals(prefix));
  }));
});

Deno.test("Ipv4Prefix.subnets tile the block", () => {
  fc.assert(fc.property(prefix, fc.nat(6), (prefix, more) => {
    const length = Math.min(32, prefix.length + more);
    const subnets = [...prefix.subnets(length)];
    assertEquals(subnets.length, prefix.subnetCount(length));
    let next = prefix.first;
    for (const subnet of subnets) {
      assertEquals(subnet.length, length);
      assertEquals(subnet.first, next);
      assert(subnet.supernet(prefix.length).equals(prefix));
      next = subnet.last + 1;
    }
    assertEquals(next, prefix.last + 1);
  }));
});

Deno.test("Ipv4Prefix enumerates lazily: the first of 2^32 comes at once", () => {
  assertEquals(Ipv4Prefix.all.addresses().next().value, 0);
  assertEquals(Ipv4Prefix.all.hosts().next().value, 1);
  assertEquals(`${Ipv4Prefix.all.subnets(32).next().value}`, "0.0.0.0/32");
  assertEquals([...new Ipv4Prefix(LAST, 31).addresses()], [LAST - 1, LAST]);
  assertEquals([...new Ipv4Prefix(LAST, 32).hosts()], [LAST]);
});

Deno.test("Ipv4Prefix refuses subnets and supernets of lengths it cannot have", () => {
  const prefix = Ipv4Prefix.parse("10.0.0.0/8");
  for (const length of [7, 33, 8.5]) {
    assertThrows(() => prefix.subnets(length), RangeError, "Cannot count subnets of 10.0.0.0/8");
  }
  for (const length of [-1, 9, 0.5]) {
    assertThrows(() => prefix.supernet(length), RangeError, "Cannot widen 10.0.0.0/8");
  }
  assertThrows(() => Ipv4Prefix.all.supernet(), RangeError, "Cannot widen 0.0.0.0/0");
});

Deno.test("Ipv4Prefix.next and previous are neighbours of the same length", () => {
  assertEquals(`${Ipv4Prefix.parse("127.0.0.0/8").next()}`, "128.0.0.0/8");
  assertEquals(`${Ipv4Prefix.parse("128.0.0.0/8").previous()}`, "127.0.0.0/8");
  assertEquals(Ipv4Prefix.parse("255.0.0.0/8").next(), undefined);
  assertEquals(Ipv4Prefix.parse("0.0.0.0/8").previous(), undefined);
  assertEquals(Ipv4Prefix.all.next(), undefined);
  assertEquals(Ipv4Prefix.all.previous(), undefined);
});

Deno.test("ipv4MaskLength undoes ipv4Mask and refuses masks with holes", () => {
  for (let length = 0; length <= 32; length++) {
    assertEquals(ipv4Mask(length), parseInt("1".repeat(length).padEnd(32, "0"), 2));
    assertEquals(ipv4MaskLength(ipv4Mask(length)), length);
    assertEquals(Ipv4Prefix.fromMask(LAST, ipv4Mask(length)).length, length);
  }
  for (const mask of [1, 0x7fffffff, 0xff00ff00, 0xfffffffd]) {
    assertEquals(ipv4MaskLength(mask), undefined);
    assertThrows(() => Ipv4Prefix.fromMask(0, mask), RangeError, "has holes");
  }
});

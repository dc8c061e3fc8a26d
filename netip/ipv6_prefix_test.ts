import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseIpv6 } from "./ipv6.ts";
import { writeIpv6 } from "./ipv6_bytes.ts";
import {
  formatIpv6Interface,
  parseIpv6Interface,
  tryParseIpv6Interface,
} from "./ipv6_interface.ts";
import { Ipv6Prefix } from "./ipv6_prefix.ts";
import {
  aggregateIpv6Prefixes,
  excludeIpv6Prefix,
  ipv6RangeToPrefixes,
  summarizeIpv6Prefixes,
} from "./ipv6_ranges.ts";

const LAST = (1n << 128n) - 1n;
const address = fc.bigInt({ min: 0n, max: LAST });
const prefix = fc.tuple(address, fc.integer({ min: 0, max: 128 }))
  .map(([address, length]) => new Ipv6Prefix(address, length));

Deno.test("Ipv6Prefix knows its borders", () => {
  const prefix = Ipv6Prefix.parse("2001:db8::/32");
  assertStrictEquals(prefix.first, parseIpv6("2001:db8::"));
  assertStrictEquals(prefix.last, parseIpv6("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"));
  assertStrictEquals(prefix.mask, parseIpv6("ffff:ffff::"));
  assertStrictEquals(prefix.size, 1n << 96n);
  assertStrictEquals(Ipv6Prefix.all.last, LAST);
  assertStrictEquals(Ipv6Prefix.all.mask, 0n);
  assertStrictEquals(new Ipv6Prefix(LAST, 128).size, 1n);
});

Deno.test("Ipv6Prefix.parse and parseIpv6Interface refuse malformed text", () => {
  const refused = [
    "",
    "/",
    "/64",
    "::",
    "::/",
    "::/129",
    "::/-1",
    "::/064",
    "::/00",
    "::/64 ",
    "::/ 64",
    "::/64/64",
    "::/ffff::",
    "fe80::%eth0/64",
    "fe80::/64%eth0",
    ":::/0",
    "::/1280",
    "10.0.0.0/8",
  ];
  for (const text of refused) {
    assertThrows(() => Ipv6Prefix.parse(text), SyntaxError, "Cannot parse an IPv6 prefix");
    assertEquals(tryParseIpv6Interface(text), undefined, text);
    assertThrows(() => parseIpv6Interface(text), SyntaxError, "Cannot parse an IPv6 interface");
  }
  assertThrows(() => Ipv6Prefix.parse("2001:db8::1/64"), SyntaxError, "no bit set after");
  const { address, prefix } = parseIpv6Interface("2001:db8::1/64");
  assertStrictEquals(address, parseIpv6("2001:db8::1"));
  assertEquals(`${prefix}`, "2001:db8::/64");
  assertEquals(formatIpv6Interface({ address, prefix }), "2001:db8::1/64");
});

Deno.test("new Ipv6Prefix refuses what is out of range", () => {
  for (const address of [-1n, 1n << 128n]) {
    assertThrows(() => new Ipv6Prefix(address, 8), RangeError, "Cannot make an IPv6 prefix");
  }
  for (const length of [-1, 129, 0.5, NaN]) {
    assertThrows(() => new Ipv6Prefix(0n, length), RangeError, "Cannot make an IPv6 prefix");
  }
});

Deno.test("Ipv6Prefix.contains and containsAt agree with the borders", () => {
  const bytes = new Uint8Array(18).fill(0xa5);
  fc.assert(fc.property(prefix, address, fc.nat(127), (prefix, random, bit) => {
    const asked = [random, prefix.first, prefix.last, prefix.address ^ 1n << BigInt(bit)];
    if (prefix.first > 0n) asked.push(prefix.first - 1n);
    if (prefix.last < LAST) asked.push(prefix.last + 1n);
    for (const each of asked) {
      const expected = prefix.first <= each && each <= prefix.last;
      assertEquals(prefix.contains(each), expected);
      writeIpv6(bytes, 1, each);
      assertEquals(prefix.containsAt(bytes, 1), expected);
    }
  }));
});

Deno.test("Ipv6Prefix relates to others by their borders", () => {
  const near = fc.tuple(fc.bigInt({ min: 0n, max: 15n }), fc.integer({ min: 124, max: 128 }))
    .map(([address, length]) => new Ipv6Prefix(address, length));
  fc.assert(fc.property(near, near, (a, b) => {
    assertEquals(a.containsPrefix(b), a.first <= b.first && b.last <= a.last);
    assertEquals(a.overlaps(b), a.first <= b.last && b.first <= a.last);
    assertEquals(a.equals(b), `${a}` === `${b}`);
    assertEquals(a.compare(b), Math.sign(Number(a.first - b.first || b.last - a.last)));
  }));
});

Deno.test("Ipv6Prefix.subnets tile the block", () => {
  fc.assert(fc.property(prefix, fc.nat(5), (prefix, more) => {
    assert(Ipv6Prefix.parse(`${prefix}`).equals(prefix));
    const length = Math.min(128, prefix.length + more);
    let next = prefix.first;
    let count = 0n;
    for (const subnet of prefix.subnets(length)) {
      assertStrictEquals(subnet.first, next);
      assert(subnet.supernet(prefix.length).equals(prefix));
      next = subnet.last + 1n;
      count++;
    }
    assertStrictEquals(count, prefix.subnetCount(length));
    assertStrictEquals(next, prefix.last + 1n);
    assertEquals(prefix.next()?.first, prefix.last === LAST ? undefined : next);
    assertEquals(prefix.previous()?.last, prefix.first === 0n ? undefined : prefix.first - 1n);
  }));
  assertEquals(`${Ipv6Prefix.all.subnets(128).next().value}`, "::/128");
  assertEquals([...new Ipv6Prefix(LAST, 127).addresses()], [LAST - 1n, LAST]);
});

/** The fewest prefixes for a set: halve the block until a half is all in or all out. */
function naiveCover(set: ReadonlySet<bigint>, block: Ipv6Prefix): Ipv6Prefix[] {
  const inside = [...block.addresses()].filter((address) => set.has(address)).length;
  if (inside === 0) return [];
  if (BigInt(inside) === block.size) return [block];
  return [...block.subnets(block.length + 1)].flatMap((half) => naiveCover(set, half));
}

const BASE = parseIpv6("2001:db8::");
const small = fc.tuple(fc.bigInt({ min: 0n, max: 127n }), fc.integer({ min: 122, max: 128 }))
  .map(([low, length]) => new Ipv6Prefix(BASE + low, length));

function addressesOf(prefixes: Iterable<Ipv6Prefix>): Set<bigint> {
  const set = new Set<bigint>();
  for (const prefix of prefixes) for (const address of prefix.addresses()) set.add(address);
  return set;
}

Deno.test("IPv6 ranges and sets become the fewest prefixes for exactly the same addresses", () => {
  const block = new Ipv6Prefix(BASE, 121);
  fc.assert(fc.property(fc.array(small, { maxLength: 8 }), (prefixes) => {
    const expected = naiveCover(addressesOf(prefixes), block);
    assertEquals(aggregateIpv6Prefixes(prefixes).join(" "), expected.join(" "));
  }));
  fc.assert(fc.property(small, small, (a, b) => {
    const set = addressesOf([a]);
    for (const address of b.addresses()) set.delete(address);
    assertEquals([...excludeIpv6Prefix(a, b)].join(" "), naiveCover(set, a).join(" "));
    if (a.first <= b.last) {
      const range = new Set<bigint>();
      for (let address = a.first; address <= b.last; address++) range.add(address);
      const expected = naiveCover(range, block).join(" ");
      assertEquals([...ipv6RangeToPrefixes(a.first, b.last)].join(" "), expected);
    }
    const summary = summarizeIpv6Prefixes([a, b])!;
    assert(summary.containsPrefix(a) && summary.containsPrefix(b));
    const halves = summary.length === 128 ? [] : [...summary.subnets(summary.length + 1)];
    assert(!halves.some((half) => half.containsPrefix(a) && half.containsPrefix(b)));
  }));
});

Deno.test("ipv6RangeToPrefixes spans the whole space, and its worst case has 254 prefixes", () => {
  assertEquals([...ipv6RangeToPrefixes(0n, LAST)].join(" "), "::/0");
  assertEquals([...ipv6RangeToPrefixes(1n, LAST - 1n)].length, 254);
  assertThrows(() => ipv6RangeToPrefixes(2n, 1n), RangeError, "Cannot split a range");
  assertEquals(summarizeIpv6Prefixes([]), undefined);
});

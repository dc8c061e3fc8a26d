import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseIpv4 } from "./ipv4.ts";
import { Ipv4Prefix } from "./ipv4_prefix.ts";
import {
  aggregateIpv4Prefixes,
  excludeIpv4Prefix,
  ipv4RangeToPrefixes,
  summarizeIpv4Prefixes,
} from "./ipv4_ranges.ts";

/** The fewest prefixes for a set: halve the block until a half is all in or all out. */
function naiveCover(set: ReadonlySet<number>, block: Ipv4Prefix): Ipv4Prefix[] {
  const inside = [...block.addresses()].filter((address) => set.has(address)).length;
  if (inside === 0) return [];
  if (inside === block.size) return [block];
  return [...block.subnets(block.length + 1)].flatMap((half) => naiveCover(set, half));
}

function addressesOf(prefixes: Iterable<Ipv4Prefix>): Set<number> {
  const set = new Set<number>();
  for (const prefix of prefixes) for (const address of prefix.addresses()) set.add(address);
  return set;
}

// At both ends of the address space and across the sign bit, small enough to list every address.
const base = fc.constantFrom(0, 0x0a000000, 0x7fffff80, 0x80000000, 0xffffff00);
const small = fc.tuple(base, fc.nat(255), fc.integer({ min: 25, max: 32 }))
  .map(([base, low, length]) => new Ipv4Prefix(Math.min(base + low, 0xffffffff), length));

Deno.test("ipv4RangeToPrefixes gives the fewest prefixes for exactly the range", () => {
  fc.assert(fc.property(base, fc.nat(255), fc.nat(255), (base, a, b) => {
    const first = base + Math.min(a, b);
    const last = Math.min(base + Math.max(a, b), 0xffffffff);
    const set = new Set<number>();
    for (let address = first; address <= last; address++) set.add(address);
    const blocks = base === 0x7fffff80
      ? [new Ipv4Prefix(0x7fffff00, 24), new Ipv4Prefix(0x80000000, 24)]
      : [new Ipv4Prefix(base, 24)];
    const expected = blocks.flatMap((block) => naiveCover(set, block));
    assertEquals([...ipv4RangeToPrefixes(first, last)].join(" "), expected.join(" "));
  }));
});

Deno.test("ipv4RangeToPrefixes spans the whole space, and its worst case has 62 prefixes", () => {
  assertEquals([...ipv4RangeToPrefixes(0, 0xffffffff)].join(" "), "0.0.0.0/0");
  assertEquals([...ipv4RangeToPrefixes(1, 0xfffffffe)].length, 62);
  assertEquals(
    [...ipv4RangeToPrefixes(parseIpv4("192.0.2.0"), parseIpv4("192.0.2.130"))].join(" "),
    "192.0.2.0/25 192.0.2.128/31 192.0.2.130/32",
  );
  assertThrows(() => ipv4RangeToPrefixes(2, 1), RangeError, "Cannot split a range");
});

Deno.test("aggregateIpv4Prefixes gives the fewest prefixes for exactly the same addresses", () => {
  fc.assert(fc.property(fc.array(small, { maxLength: 12 }), (prefixes) => {
    const set = addressesOf(prefixes);
    const blocks = [0, 0x0a000000, 0x7fffff00, 0x80000000, 0xffffff00].map((base) =>
      new Ipv4Prefix(base, 24)
    );
    // The two blocks that touch at 128.0.0.0 can only meet in 0.0.0.0/0, so halving each is right.
    const expected = blocks.flatMap((block) => naiveCover(set, block));
    assertEquals(aggregateIpv4Prefixes(prefixes).join(" "), expected.join(" "));
  }));
});

Deno.test("aggregateIpv4Prefixes joins all the way up", () => {
  assertEquals(aggregateIpv4Prefixes(Ipv4Prefix.all.subnets(10)).join(" "), "0.0.0.0/0");
  assertEquals(aggregateIpv4Prefixes([]), []);
});

Deno.test("summarizeIpv4Prefixes gives the longest prefix that contains every one", () => {
  fc.assert(fc.property(fc.array(small, { minLength: 1, maxLength: 5 }), (prefixes) => {
    let expected = Ipv4Prefix.all;
    for (let length = 0; length <= 32; length++) {
      const candidate = new Ipv4Prefix(prefixes[0]!.address, length);
      if (prefixes.every((prefix) => candidate.containsPrefix(prefix))) expected = candidate;
    }
    assertEquals(`${summarizeIpv4Prefixes(prefixes)}`, `${expected}`);
  }));
  assertEquals(summarizeIpv4Prefixes([]), undefined);
});

Deno.test("excludeIpv4Prefix leaves exactly the other addresses in the fewest prefixes", () => {
  fc.assert(fc.property(small, small, (prefix, excluded) => {
    const set = addressesOf([prefix]);
    for (const address of excluded.addresses()) set.delete(address);
    assertEquals(
      [...excludeIpv4Prefix(prefix, excluded)].join(" "),
      naiveCover(set, prefix).join(" "),
    );
  }));
});

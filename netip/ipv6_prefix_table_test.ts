import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { parseIpv6 } from "./ipv6.ts";
import { writeIpv6 } from "./ipv6_bytes.ts";
import { Ipv6Prefix } from "./ipv6_prefix.ts";
import { Ipv6PrefixTable } from "./ipv6_prefix_table.ts";

const LAST = (1n << 128n) - 1n;

function matches(
  routes: Map<string, [Ipv6Prefix, number]>,
  address: bigint,
): [Ipv6Prefix, number][] {
  return [...routes.values()].filter(([prefix]) => {
    const rest = BigInt(128 - prefix.length);
    return address >> rest === prefix.address >> rest;
  }).sort(([a], [b]) => a.length - b.length);
}

function show(entries: Iterable<[Ipv6Prefix, number]>): string[] {
  return [...entries].map(([prefix, value]) => `${prefix} ${value}`);
}

const address = fc.oneof(
  fc.bigInt({ min: 0n, max: LAST }),
  fc.tuple(
    fc.constantFrom(0x20010db8n, 0x20010db9n, 0xfe800000n, 0n, 0xffffffffn),
    fc.constantFrom(0n, 0x10000n, 0x80000000n, 0xffffffffn),
    fc.constantFrom(0n, 1n, 0x80000000n),
    fc.bigInt({ min: 0n, max: 255n }),
  ).map(([a, b, c, d]) => a << 96n | b << 64n | c << 32n | d),
);
const prefix = fc.tuple(
  address,
  fc.oneof(
    fc.integer({ min: 0, max: 128 }),
    fc.constantFrom(0, 16, 17, 32, 33, 36, 37, 48, 64, 65, 96, 97, 124, 125, 128),
  ),
).map(([bits, length]) => new Ipv6Prefix(bits, length));

Deno.test("Ipv6PrefixTable answers as a scan over a list does, whatever comes and goes", () => {
  const step = fc.record({ insert: fc.integer({ min: 0, max: 2 }), prefix, value: fc.nat(1000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.array(address), (steps, addresses) => {
      const table = new Ipv6PrefixTable<number>();
      const routes = new Map<string, [Ipv6Prefix, number]>();
      for (const { insert, prefix, value } of steps) {
        if (insert === 0) {
          const victim = routes.size > 0 && value % 4 !== 0
            ? [...routes.values()][value % routes.size]![0]
            : prefix;
          assertStrictEquals(table.delete(victim), routes.delete(`${victim}`));
        } else {
          table.set(prefix, value);
          routes.set(`${prefix}`, [prefix, value]);
          assertStrictEquals(table.get(prefix), value);
        }
        assertStrictEquals(table.size, routes.size);
      }
      const sorted = [...routes.values()].sort(([a], [b]) => a.compare(b));
      assertEquals(show(table), show(sorted));
      const asked = [...addresses];
      for (const { first, last } of table.keys()) {
        asked.push(first, last, first > 0n ? first - 1n : first, last < LAST ? last + 1n : last);
      }
      const bytes = new Uint8Array(20).fill(0xa5);
      for (const each of asked) {
        const expected = matches(routes, each);
        assertStrictEquals(table.longestMatch(each), expected.at(-1)?.[1]);
        writeIpv6(bytes, 3, each);
        assertStrictEquals(table.longestMatchAt(bytes, 3), expected.at(-1)?.[1]);
        assertEquals(show(table.matches(each)), show(expected));
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("Ipv6PrefixTable finds the longest match through every length", () => {
  const table = new Ipv6PrefixTable<number>();
  const address = parseIpv6("aaaa:5555:aaaa:5555:aaaa:5555:aaaa:5555");
  for (let length = 128; length >= 0; length--) {
    table.set(new Ipv6Prefix(address, length), length);
    assertEquals(table.longestMatch(address), 128);
  }
  for (let bit = 0; bit < 128; bit++) {
    assertEquals(table.longestMatch(address ^ 1n << BigInt(127 - bit)), bit);
  }
  for (let length = 128; length >= 0; length--) {
    assertEquals(table.longestMatch(address), length);
    assert(table.delete(new Ipv6Prefix(address, length)));
  }
  assertEquals(table.longestMatch(address), undefined);
  assertEquals(table.size, 0);
});

Deno.test("Ipv6PrefixTable.entriesWithin yields what a filter over all yields", () => {
  fc.assert(fc.property(fc.array(prefix), prefix, (prefixes, block) => {
    const table = new Ipv6PrefixTable<number>();
    for (const each of prefixes) table.set(each, each.length);
    assertEquals(
      show(table.entriesWithin(block)),
      show([...table].filter(([each]) => block.containsPrefix(each))),
    );
  }));
});

Deno.test("Ipv6PrefixTable gives memory back: filling and emptying again takes no more", () => {
  const table = new Ipv6PrefixTable<number>();
  const all = [...Ipv6Prefix.parse("2001:db8::/32").subnets(44)];
  let filled = 0;
  for (let round = 0; round < 10; round++) {
    for (const each of all) table.set(each, round);
    for (const each of all) assert(table.delete(each));
    assertEquals([...table.keys()], []);
    if (round === 0) filled = table.byteLength;
  }
  assertEquals(table.byteLength, filled);
});

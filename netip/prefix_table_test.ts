import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseIpv4 } from "./ipv4.ts";
import { Ipv4Prefix } from "./ipv4_prefix.ts";
import { PrefixTable } from "./prefix_table.ts";

/** The same map with nothing but a list: every question is a scan. */
class NaiveTable {
  readonly routes: Map<string, [Ipv4Prefix, number]> = new Map();

  matches(address: number): [Ipv4Prefix, number][] {
    return [...this.routes.values()].filter(([prefix]) => {
      const divisor = 2 ** (32 - prefix.length);
      return Math.floor(address / divisor) === Math.floor(prefix.address / divisor);
    }).sort(([a], [b]) => a.length - b.length);
  }

  sorted(): [Ipv4Prefix, number][] {
    return [...this.routes.values()].sort(([a], [b]) =>
      a.address - b.address || a.length - b.length
    );
  }
}

function show(entries: Iterable<[Ipv4Prefix, number]>): string[] {
  return [...entries].map(([prefix, value]) => `${prefix} ${value}`);
}

// Few distinct bits, so that prefixes nest, share nodes and part at every depth.
const address = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.tuple(
    fc.constantFrom(0x0a000000, 0x0a4d0000, 0xc0a80000, 0xffff0000, 0),
    fc.constantFrom(0, 0x0100, 0x8000, 0x8100, 0xff00),
    fc.nat(255),
  ).map(([high, middle, low]) => high + middle + low),
);
const prefix = fc.tuple(
  address,
  fc.oneof(
    fc.integer({ min: 0, max: 32 }),
    fc.constantFrom(0, 8, 16, 17, 20, 21, 24, 25, 28, 29, 32),
  ),
).map(([bits, length]) => new Ipv4Prefix(bits, length));

Deno.test("PrefixTable answers as a scan over a list does, whatever comes and goes", () => {
  const step = fc.record({ insert: fc.integer({ min: 0, max: 2 }), prefix, value: fc.nat(1000) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.array(address), (steps, addresses) => {
      const table = new PrefixTable<number>();
      const naive = new NaiveTable();
      for (const { insert, prefix, value } of steps) {
        const key = `${prefix}`;
        if (insert === 0) {
          // Prefixes of random steps seldom meet, so delete one that is there when it can be.
          const victim = naive.routes.size > 0 && value % 4 !== 0
            ? [...naive.routes.values()][value % naive.routes.size]![0]
            : prefix;
          assertStrictEquals(table.delete(victim), naive.routes.delete(`${victim}`));
          assertEquals(table.has(victim), false);
        } else {
          table.set(prefix, value);
          naive.routes.set(key, [prefix, value]);
          assertStrictEquals(table.get(prefix), value);
        }
        assertStrictEquals(table.size, naive.routes.size);
      }
      assertEquals(show(table), show(naive.sorted()));
      const asked = [
        ...addresses,
        ...[...naive.routes.values()].flatMap(([{ first, last }]) => [
          first,
          last,
          Math.max(0, first - 1),
          Math.min(0xffffffff, last + 1),
        ]),
      ];
      for (const each of asked) {
        const expected = naive.matches(each);
        assertStrictEquals(table.longestMatch(each), expected.at(-1)?.[1]);
        assertEquals(show(table.matches(each)), show(expected));
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("PrefixTable gives memory back: filling and emptying again takes no more", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(prefix, { selector: String, maxLength: 60 }),
      fc.nat(),
      (all, seed) => {
        const table = new PrefixTable<number>();
        for (const each of all) table.set(each, 1);
        const filled = table.byteLength;
        for (let round = 0; round < 20; round++) {
          const order = [...all].sort((a, b) =>
            (a.address * (seed + round) + a.length) % 97 -
            (b.address * (seed + round) + b.length) % 97
          );
          for (const each of order) assert(table.delete(each));
          assertEquals(table.size, 0);
          assertEquals([...table], []);
          for (const each of all) table.set(each, round);
        }
        assert(table.byteLength <= filled + 64, `${table.byteLength} after ${filled}`);
        assertEquals(table.size, all.length);
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("PrefixTable finds the RFC 1812 §5.2.4.3 longest match through every length", () => {
  const table = new PrefixTable<number>();
  const address = 0xaaaaaaaa;
  for (let length = 32; length >= 0; length--) {
    table.set(new Ipv4Prefix(address, length), length);
    assertEquals(table.longestMatch(address), 32);
  }
  assertEquals([...table.matches(address)].map(([, value]) => value), [...Array(33).keys()]);
  // An address that leaves the path at bit n matches what is up to n long and nothing longer.
  for (let bit = 0; bit < 32; bit++) {
    assertEquals(table.longestMatch((address ^ 1 << 31 - bit) >>> 0), bit);
  }
  for (let length = 32; length >= 0; length--) {
    assertEquals(table.longestMatch(address), length);
    assert(table.delete(new Ipv4Prefix(address, length)));
    assert(!table.delete(new Ipv4Prefix(address, length)));
  }
  assertEquals(table.longestMatch(address), undefined);
});

Deno.test("PrefixTable keeps a default route at both ends of the address space", () => {
  const table = new PrefixTable<string>().set(Ipv4Prefix.all, "default");
  assertEquals(table.longestMatch(0), "default");
  assertEquals(table.longestMatch(0xffffffff), "default");
  table.set(Ipv4Prefix.parse("255.255.255.255/32"), "last").set(
    Ipv4Prefix.parse("0.0.0.0/32"),
    "first",
  );
  assertEquals(table.longestMatch(0), "first");
  assertEquals(table.longestMatch(1), "default");
  assertEquals(table.longestMatch(0xffffffff), "last");
  assertEquals(table.longestMatch(0xfffffffe), "default");
});

Deno.test("PrefixTable holds all 65,536 /32 of a /16 and all 65,536 /16", () => {
  const table = new PrefixTable<number>();
  for (const each of Ipv4Prefix.parse("10.77.0.0/16").addresses()) {
    table.set(new Ipv4Prefix(each, 32), each & 0xffff);
  }
  for (const each of Ipv4Prefix.all.subnets(16)) table.set(each, -1);
  assertEquals(table.size, 131072);
  for (let low = 0; low < 65536; low++) {
    if (table.longestMatch(0x0a4d0000 + low) !== low) assertEquals(low, "found");
  }
  assertEquals(table.longestMatch(0x0a4e0000), -1);
  let previous: Ipv4Prefix | undefined;
  let count = 0;
  for (const each of table.keys()) {
    if (previous !== undefined && previous.compare(each) !== -1) {
      assertEquals(`${previous}`, `${each}`);
    }
    previous = each;
    count++;
  }
  assertEquals(count, 131072);
});

Deno.test("PrefixTable keeps undefined as a value apart from nothing", () => {
  const table = new PrefixTable<undefined>().set(Ipv4Prefix.all, undefined);
  assert(table.has(Ipv4Prefix.all));
  assertEquals(table.size, 1);
  assertEquals(table.longestMatchEntry(7), [Ipv4Prefix.all, undefined]);
});

Deno.test("PrefixTable.clear forgets every route, short and long", () => {
  const table = new PrefixTable<string>();
  const texts = ["0.0.0.0/0", "10.0.0.0/16", "10.0.1.0/24"];
  for (const text of texts) table.set(Ipv4Prefix.parse(text), text);
  table.clear();
  assertEquals(table.size, 0);
  assertEquals([...table], []);
  assertEquals(table.longestMatch(parseIpv4("10.0.1.1")), undefined);
  table.set(Ipv4Prefix.parse("10.0.1.0/25"), "again");
  assertEquals(table.longestMatch(parseIpv4("10.0.1.1")), "again");
});

Deno.test("PrefixTable.entriesWithin yields what a filter over all yields", () => {
  fc.assert(fc.property(fc.array(prefix), prefix, (prefixes, block) => {
    const table = new PrefixTable<number>();
    for (const each of prefixes) table.set(each, each.length);
    assertEquals(
      show(table.entriesWithin(block)),
      show([...table].filter(([each]) => block.containsPrefix(each))),
    );
  }));
});

Deno.test("PrefixTable stops an iteration when a route comes or goes, but not when one changes", () => {
  const lan = Ipv4Prefix.parse("10.0.0.0/24");
  const table = new PrefixTable<number>().set(Ipv4Prefix.all, 1).set(lan, 2);
  for (const [prefix, value] of table) table.set(prefix, value + 10);
  assertEquals([...table.values()], [11, 12]);
  assertThrows(
    () => {
      for (const prefix of table.keys()) table.delete(prefix);
    },
    Error,
    "Cannot go on iterating",
  );
  assertThrows(
    () => {
      for (const _ of table.matches(0x0a000001)) table.set(Ipv4Prefix.parse("10.0.0.0/25"), 3);
    },
    Error,
    "Cannot go on iterating",
  );
});

Deno.test("PrefixTable lets two iterations over matches run side by side", () => {
  const table = new PrefixTable<string>();
  for (const text of ["0.0.0.0/0", "10.0.0.0/20", "10.0.0.0/28", "11.0.0.0/20", "11.0.0.0/28"]) {
    table.set(Ipv4Prefix.parse(text), text);
  }
  const one = table.matches(0x0a000001);
  const other = table.matches(0x0b000001);
  const seen: string[] = [];
  for (let i = 0; i < 3; i++) seen.push(one.next().value![1], other.next().value![1]);
  assertEquals(seen, [
    "0.0.0.0/0",
    "0.0.0.0/0",
    "10.0.0.0/20",
    "11.0.0.0/20",
    "10.0.0.0/28",
    "11.0.0.0/28",
  ]);
});

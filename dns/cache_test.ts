import { assertEquals, assertThrows } from "@std/assert";
import type { DnsRecord } from "./mod.ts";
import { DnsCache, DnsResolver, reverseNameIpv4, reverseNameIpv6 } from "./mod_resolver.ts";
import { SeededRandom } from "@octet/wire";

function a(name: string, ttl: number): DnsRecord {
  return { name, type: "A", ttl, address: 1 };
}

Deno.test("records hold as long as the smallest TTL, and count down", () => {
  const cache = new DnsCache();
  cache.setRecords("o.", "A", [a("o.", 10), a("o.", 3)], 1000);
  const ttls = (now: number): unknown => {
    const known = cache.get("o.", "A", now);
    return Array.isArray(known) ? known.map((record) => record.ttl) : known;
  };
  assertEquals(ttls(1000), [3, 3]);
  assertEquals(ttls(2001), [1, 1]);
  assertEquals(ttls(3999.5), [0, 0]);
  assertEquals(ttls(4000), undefined);
  assertEquals(cache.size, 0);
  assertEquals(cache.get("o.", "AAAA", 1000), undefined);
});

Deno.test("TTLs are clamped: 0 and those with the top bit set are not kept (RFC 2181 §8)", () => {
  const cache = new DnsCache({ maxTtl: 100, maxNegativeTtl: 50 });
  cache.setRecords("zero.", "A", [a("zero.", 0)], 0);
  cache.setRecords("top.", "A", [a("top.", 2 ** 31)], 0);
  cache.setNegative("zero.", "MX", "NODATA", 0, 0);
  cache.setNegative("top.", "MX", "NODATA", 2 ** 31, 0);
  assertEquals(cache.size, 0);
  cache.setRecords("long.", "A", [a("long.", 2 ** 31 - 1)], 0);
  cache.setNegative("long.", "MX", "NODATA", 2 ** 31 - 1, 0);
  assertEquals(cache.get("long.", "A", 0), [a("long.", 100)]);
  assertEquals(cache.get("long.", "MX", 49_999), "NODATA");
  assertEquals(cache.get("long.", "MX", 50_000), undefined);
  assertEquals(cache.get("long.", "A", 100_000), undefined);
});

Deno.test("NODATA holds for its type, NXDOMAIN for all (RFC 2308 §5)", () => {
  const cache = new DnsCache();
  cache.setNegative("a.", "MX", "NODATA", 60, 0);
  cache.setNegative("b.", "MX", "NXDOMAIN", 60, 0);
  assertEquals([cache.get("a.", "MX", 1), cache.get("a.", "A", 1)], ["NODATA", undefined]);
  assertEquals([cache.get("b.", "MX", 1), cache.get("b.", "A", 1)], ["NXDOMAIN", "NXDOMAIN"]);
  assertEquals(cache.get("b.", "A", 60_000), undefined);
});

Deno.test("the least recently used answer makes room", () => {
  const cache = new DnsCache({ capacity: 2 });
  cache.setRecords("a.", "A", [a("a.", 9)], 0);
  cache.setRecords("b.", "A", [a("b.", 9)], 0);
  cache.get("a.", "A", 1);
  cache.setRecords("c.", "A", [a("c.", 9)], 1);
  assertEquals(["a.", "b.", "c."].map((name) => cache.get(name, "A", 1) !== undefined), [
    true,
    false,
    true,
  ]);
  for (let i = 0; i < 1000; i++) cache.setNegative(`${i}.`, "A", "NXDOMAIN", 60, 2);
  assertEquals(cache.size, 2);
  cache.clear();
  assertEquals(cache.size, 0);
  const none = new DnsCache({ capacity: 0 });
  none.setRecords("a.", "A", [a("a.", 9)], 0);
  assertEquals(none.size, 0);
});

Deno.test("names for looking addresses up (RFC 1035 §3.5, RFC 3596 §2.5)", () => {
  assertEquals(reverseNameIpv4(0xc0000221), "33.2.0.192.in-addr.arpa.");
  assertEquals(reverseNameIpv4(0), "0.0.0.0.in-addr.arpa.");
  assertEquals(
    reverseNameIpv6(0x4321_0000_0001_0002_0003_0004_0567_89abn),
    "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa.",
  );
});

Deno.test("the names that are tried: dots, search domains, RFC 1535 §6", () => {
  const resolver = new DnsResolver({
    random: new SeededRandom(1),
    search: ["corp.test", "Test."],
    ndots: 2,
  });
  const cases: [name: string, candidates: string[]][] = [
    ["www", ["www.corp.test.", "www.test.", "www."]],
    ["www.Corp", ["www.corp.corp.test.", "www.corp.test.", "www.corp."]],
    ["a.b.c", ["a.b.c.", "a.b.c.corp.test.", "a.b.c.test."]],
    ["www.", ["www."]],
    ["www\\.", ["www\\..corp.test.", "www\\..test.", "www\\.."]],
    ["www\\\\.", ["www\\\\."]],
  ];
  for (const [name, candidates] of cases) assertEquals(resolver.candidates(name), candidates, name);
  const long = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(56)}`;
  assertEquals(resolver.candidates(long), [`${long}.`, `${long}.test.`]);
});

Deno.test("a resolver refuses settings out of range", () => {
  const random = new SeededRandom(1);
  const make = (options: object): () => void => () => new DnsResolver({ random, ...options });
  assertThrows(make({ timeout: 0 }), RangeError, "timeout is 0");
  assertThrows(make({ attempts: 0.5 }), RangeError, "attempts are 0.5");
  assertThrows(make({ udpSize: 100 }), RangeError, "UDP size is 100");
  assertThrows(make({ hosts: { a: "1.2.3" } }), SyntaxError);
  assertThrows(make({ hosts: { "a..b": "1.2.3.4" } }), SyntaxError);
  assertThrows(make({ search: ["a..b"] }), SyntaxError);
});

// Longest-prefix match in a table of a million IPv4 routes.
//
// The lengths are spread roughly as in the Internet's table, the bits at random, which is harder than
// the Internet: neighbours there share nodes and caches. Before the benchmarks it prints what the
// table takes, and what a lookup allocates.

import { Ipv4Prefix } from "./ipv4_prefix.ts";
import { Ipv6Prefix } from "./ipv6_prefix.ts";
import { Ipv6PrefixTable } from "./ipv6_prefix_table.ts";
import { PrefixTable } from "./prefix_table.ts";

const ROUTES = 1_000_000;
/** A million, so that the milliseconds of an iteration are the nanoseconds of a lookup. */
const LOOKUPS = 1_000_000;
const MIB = 2 ** 20;

/** Percent of routes up to which a length goes, about as in the default-free zone. */
const LENGTHS: readonly (readonly [number, number])[] = [
  [60, 24],
  [72, 22],
  [80, 23],
  [88, 21],
  [94, 20],
  [97, 19],
  [99, 18],
  [100, 16],
];

let state = 0x2545f491;
/** Marsaglia's xorshift32: the same routes every run. */
function random(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}

function randomLength(): number {
  const percent = random() % 100;
  for (const [limit, length] of LENGTHS) {
    if (percent < limit) return length;
  }
  return 24;
}

function print(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

function fill(length: () => number, base: number, mask: number): PrefixTable<number> {
  const table = new PrefixTable<number>();
  while (table.size < ROUTES) {
    table.set(new Ipv4Prefix((base | random() & mask) >>> 0, length()), table.size);
  }
  return table;
}

function addresses(base: number, mask: number): Uint32Array {
  return Uint32Array.from({ length: LOOKUPS }, () => (base | random() & mask) >>> 0);
}

const everywhere = addresses(0, -1);
const nearby = addresses(0x0a000000, 0x1fffff);

let before = performance.now();
const internet = fill(randomLength, 0, -1);
const built = performance.now() - before;
const hosts = fill(() => 32, 0, -1);
const dense = fill(() => 32, 0x0a000000, 0x1fffff);
const small = new PrefixTable<number>();
for (const text of ["0.0.0.0/0", "10.0.0.0/8", "10.77.0.0/24", "169.254.0.0/16"]) {
  small.set(Ipv4Prefix.parse(text), small.size);
}
const ipv6 = new Ipv6PrefixTable<number>();
while (ipv6.size < ROUTES) {
  const bits = 1n << 125n | BigInt(random() >>> 3) << 96n | BigInt(random()) << 64n;
  ipv6.set(new Ipv6Prefix(bits, 48), ipv6.size);
}
const packets = new Uint8Array(LOOKUPS * 16);
for (let i = 0; i < packets.length; i++) packets[i] = random();
for (let i = 0; i < packets.length; i += 16) packets[i] = 0x20 | packets[i]! & 0x1f;

const tables: readonly (readonly [string, { readonly byteLength: number }])[] = [
  ["IPv4, lengths of the Internet", internet],
  ["IPv4, random hosts (/32)", hosts],
  ["IPv4, hosts (/32) in 10.0.0.0/11", dense],
  ["IPv6, random /48 in 2000::/3", ipv6],
];
for (const [name, table] of tables) {
  print(`1,000,000 routes, ${name}: ${(table.byteLength / MIB).toFixed(1)} MiB`);
}
print(`one set, new prefix included: ${(built * 1e6 / ROUTES).toFixed(0)} ns`);

let sink = 0;
// The sum stays a small integer in a local variable, or it would allocate where a lookup does not.
function lookUp(table: PrefixTable<number>, asked: Uint32Array): void {
  let sum = 0;
  for (let i = 0; i < asked.length; i++) sum = sum + (table.longestMatch(asked[i]!) ?? 0) | 0;
  sink ^= sum;
}

for (let i = 0; i < 3; i++) lookUp(internet, everywhere);
const heap = Deno.memoryUsage().heapUsed;
before = performance.now();
for (let i = 0; i < 3; i++) lookUp(internet, everywhere);
const each = (performance.now() - before) * 1e6 / (3 * LOOKUPS);
const grown = Deno.memoryUsage().heapUsed - heap;
print(`one longestMatch: ${each.toFixed(0)} ns, ${(grown / (3 * LOOKUPS)).toFixed(2)} B`);

Deno.bench("1,000,000 lookups, million routes, lengths of the Internet", () => {
  lookUp(internet, everywhere);
});
Deno.bench("1,000,000 lookups, million random hosts", () => lookUp(hosts, everywhere));
Deno.bench("1,000,000 lookups, million hosts in a /11", () => lookUp(dense, nearby));
Deno.bench("1,000,000 lookups, four routes", () => lookUp(small, nearby));
Deno.bench("1,000,000 IPv6 lookups in place, million routes", () => {
  let sum = 0;
  for (let i = 0; i < packets.length; i += 16) {
    sum = sum + (ipv6.longestMatchAt(packets, i) ?? 0) | 0;
  }
  sink ^= sum;
});
Deno.bench("a route comes and goes, million routes", () => {
  const prefix = new Ipv4Prefix(random(), 25);
  if (internet.has(prefix)) return;
  internet.set(prefix, sink);
  internet.delete(prefix);
});

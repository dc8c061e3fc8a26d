// Longest-prefix match in tables of a million routes.
//
// The lengths are spread roughly as in the Internet's table, the bits at random, which is harder than
// the Internet: neighbours there share nodes and caches.

import { benchWith, figure } from "@octet/testing/bench";
import { Ipv4Prefix } from "./ipv4_prefix.ts";
import { Ipv6Prefix } from "./ipv6_prefix.ts";
import { Ipv6PrefixTable } from "./ipv6_prefix_table.ts";
import { PrefixTable } from "./prefix_table.ts";

const group = "a million routes";
const ROUTES = 1_000_000;
/** Addresses that are looked up, one after another and again. */
const ADDRESSES = 1_000_000;
/** Lookups a call, so that a round of the measurement is short. */
const LOOKUPS = 10_000;
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

/** Made when it is asked for first: each takes a second. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function fill(length: () => number, base: number, mask: number): PrefixTable<number> {
  const table = new PrefixTable<number>();
  while (table.size < ROUTES) {
    table.set(new Ipv4Prefix((base | random() & mask) >>> 0, length()), table.size);
  }
  return table;
}

function addresses(base: number, mask: number): Uint32Array {
  return Uint32Array.from({ length: ADDRESSES }, () => (base | random() & mask) >>> 0);
}

const everywhere = once(() => addresses(0, -1));
const nearby = once(() => addresses(0x0a000000, 0x1fffff));
const internet = once(() => fill(randomLength, 0, -1));
const hosts = once(() => fill(() => 32, 0, -1));
const dense = once(() => fill(() => 32, 0x0a000000, 0x1fffff));
const small = once(() => {
  const table = new PrefixTable<number>();
  for (const text of ["0.0.0.0/0", "10.0.0.0/8", "10.77.0.0/24", "169.254.0.0/16"]) {
    table.set(Ipv4Prefix.parse(text), table.size);
  }
  return table;
});
const ipv6 = once(() => {
  const table = new Ipv6PrefixTable<number>();
  while (table.size < ROUTES) {
    const bits = 1n << 125n | BigInt(random() >>> 3) << 96n | BigInt(random()) << 64n;
    table.set(new Ipv6Prefix(bits, 48), table.size);
  }
  return table;
});

let sink = 0;

/** Looks up the next addresses of the list with each call. */
function lookUp(makeTable: () => PrefixTable<number>, makeAddresses: () => Uint32Array) {
  return () => {
    const table = makeTable();
    const asked = makeAddresses();
    let at = 0;
    return () => {
      // The sum stays a small integer in a local variable, or it would allocate where a lookup does not.
      let sum = 0;
      const end = at + LOOKUPS;
      for (let i = at; i < end; i++) sum = sum + (table.longestMatch(asked[i]!) ?? 0) | 0;
      at = end % ADDRESSES;
      sink ^= sum;
    };
  };
}

const options = { group, operations: LOOKUPS };
benchWith("lookup, IPv4, lengths of the Internet", lookUp(internet, everywhere), {
  ...options,
  target: 200,
});
benchWith("lookup, IPv4, random hosts", lookUp(hosts, everywhere), { ...options, target: 200 });
benchWith("lookup, IPv4, hosts in a /11", lookUp(dense, nearby), { ...options, target: 200 });
benchWith("lookup, IPv4, four routes", lookUp(small, nearby), options);
benchWith("lookup, IPv6, random /48, in place", () => {
  const table = ipv6();
  const packets = new Uint8Array(ADDRESSES * 16);
  for (let i = 0; i < packets.length; i++) packets[i] = random();
  for (let i = 0; i < packets.length; i += 16) packets[i] = 0x20 | packets[i]! & 0x1f;
  let at = 0;
  return () => {
    let sum = 0;
    const end = at + LOOKUPS * 16;
    for (let i = at; i < end; i += 16) sum = sum + (table.longestMatchAt(packets, i) ?? 0) | 0;
    at = end % packets.length;
    sink ^= sum;
  };
}, { ...options, target: 200 });
benchWith("a route comes and goes, IPv4", () => {
  const table = internet();
  return () => {
    const prefix = new Ipv4Prefix(random(), 25);
    if (table.has(prefix)) return;
    table.set(prefix, sink);
    table.delete(prefix);
  };
}, { group });

const tables: readonly (readonly [string, () => { readonly byteLength: number }])[] = [
  ["IPv4, lengths of the Internet", internet],
  ["IPv4, random hosts (/32)", hosts],
  ["IPv4, hosts (/32) in 10.0.0.0/11", dense],
  ["IPv6, random /48 in 2000::/3", ipv6],
];
for (const [name, table] of tables) {
  figure(name, () => table().byteLength / MIB, {
    group: "memory of a million routes",
    unit: "MiB",
    target: 64,
  });
}

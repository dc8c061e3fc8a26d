/**
 * A routing table for IPv6: longest-prefix match (RFC 4861 §5.2, RFC 7608).
 *
 * @module
 */
import { IPV6_STRIDE, PrefixTrie } from "./_prefix_trie.ts";
import { type TriePosition, walk, walkMatches } from "./_trie_walk.ts";
import { Ipv6Prefix } from "./ipv6_prefix.ts";

/** Bits of an address after those that index the trie's arrays, 128 less `ROOT_BITS`. */
const REST_BITS = 112n;

function loadKey(key: Int32Array, address: bigint): void {
  key[0] = Number(BigInt.asIntN(32, address >> 96n));
  key[1] = Number(BigInt.asIntN(32, address >> 64n));
  key[2] = Number(BigInt.asIntN(32, address >> 32n));
  key[3] = Number(BigInt.asIntN(32, address));
}

function readKey(key: Int32Array): bigint {
  return BigInt(key[0]! >>> 0) << 96n | BigInt(key[1]! >>> 0) << 64n |
    BigInt(key[2]! >>> 0) << 32n | BigInt(key[3]! >>> 0);
}

/**
 * A map from IPv6 prefixes to values that finds the longest prefix holding an address.
 *
 * Lookups of addresses in packets allocate nothing, and routes come and go at any time at a cost that does not grow with
 * the table. Its first use of a region costs memory: an empty table has 0.4 MiB set aside.
 *
 * @typeParam T What a route leads to.
 *
 * @example
 * ```ts
 * import { Ipv6Prefix, parseIpv6, Ipv6PrefixTable } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const routes = new Ipv6PrefixTable<string>();
 * routes.set(Ipv6Prefix.parse("::/0"), "upstream");
 * routes.set(Ipv6Prefix.parse("2001:db8::/32"), "office");
 * routes.set(Ipv6Prefix.parse("2001:db8:77::/48"), "lab");
 * assertEquals(routes.longestMatch(parseIpv6("2001:db8:77::9")), "lab");
 * assertEquals(routes.longestMatch(parseIpv6("2001:db8:78::9")), "office");
 * assertEquals(routes.longestMatch(parseIpv6("2606:4700::1111")), "upstream");
 * ```
 */
export class Ipv6PrefixTable<T> implements Iterable<[Ipv6Prefix, T]> {
  readonly #trie: PrefixTrie<T> = new PrefixTrie<T>(IPV6_STRIDE);

  /** How many routes there are. */
  get size(): number {
    return this.#trie.size;
  }

  /** Bytes of memory that the table takes, not counting what its values refer to. */
  get byteLength(): number {
    return this.#trie.byteLength;
  }

  /**
   * Adds a route, or replaces the value of the one there is.
   *
   * @param prefix The prefix.
   * @param value What it leads to.
   * @returns This table.
   * @example
   * ```ts
   * import { Ipv6Prefix, Ipv6PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const lan = Ipv6Prefix.parse("2001:db8:77::/48");
   * const routes = new Ipv6PrefixTable<string>().set(lan, "eth0").set(lan, "eth1");
   * assertEquals(routes.get(lan), "eth1");
   * assertEquals(routes.size, 1);
   * ```
   */
  set(prefix: Ipv6Prefix, value: T): this {
    loadKey(this.#trie.key, prefix.address);
    this.#trie.insert(prefix.length, value);
    return this;
  }

  /**
   * Gives the value of exactly this prefix.
   *
   * @param prefix The prefix.
   * @returns Its value, or `undefined` when it is not there.
   * @example
   * ```ts
   * import { Ipv6Prefix, Ipv6PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new Ipv6PrefixTable<string>().set(Ipv6Prefix.parse("2001:db8::/32"), "eth0");
   * assertEquals(routes.get(Ipv6Prefix.parse("2001:db8::/32")), "eth0");
   * assertEquals(routes.get(Ipv6Prefix.parse("2001:db8::/33")), undefined);
   * ```
   */
  get(prefix: Ipv6Prefix): T | undefined {
    loadKey(this.#trie.key, prefix.address);
    const slot = this.#trie.find(prefix.length);
    return slot === 0 ? undefined : this.#trie.values.get(slot);
  }

  /**
   * Tells whether exactly this prefix is there.
   *
   * @param prefix The prefix.
   * @returns True when it is.
   * @example
   * ```ts
   * import { Ipv6Prefix, Ipv6PrefixTable } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * const routes = new Ipv6PrefixTable<undefined>().set(Ipv6Prefix.all, undefined);
   * assert(routes.has(Ipv6Prefix.all));
   * ```
   */
  has(prefix: Ipv6Prefix): boolean {
    loadKey(this.#trie.key, prefix.address);
    return this.#trie.find(prefix.length) !== 0;
  }

  /**
   * Deletes a route.
   *
   * @param prefix The prefix.
   * @returns True when it was there.
   * @example
   * ```ts
   * import { Ipv6, Ipv6Prefix, Ipv6PrefixTable } from "@octet/netip";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const routes = new Ipv6PrefixTable<string>().set(Ipv6Prefix.all, "eth0");
   * assert(routes.delete(Ipv6Prefix.all));
   * assertEquals(routes.longestMatch(Ipv6.loopback), undefined);
   * ```
   */
  delete(prefix: Ipv6Prefix): boolean {
    loadKey(this.#trie.key, prefix.address);
    return this.#trie.remove(prefix.length);
  }

  /**
   * Deletes every route.
   *
   * @example
   * ```ts
   * import { Ipv6Prefix, Ipv6PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new Ipv6PrefixTable<string>().set(Ipv6Prefix.all, "eth0");
   * routes.clear();
   * assertEquals(routes.size, 0);
   * ```
   */
  clear(): void {
    this.#trie.clear();
  }

  /**
   * Gives the value of the longest prefix that holds an address.
   *
   * @param address The address.
   * @returns Its value, or `undefined` when no prefix holds the address.
   * @example
   * ```ts
   * import { Ipv6Prefix, parseIpv6, Ipv6PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new Ipv6PrefixTable<string>();
   * routes.set(Ipv6Prefix.parse("2001:db8::/32"), "wide").set(Ipv6Prefix.parse("2001:db8:1::/48"), "narrow");
   * assertEquals(routes.longestMatch(parseIpv6("2001:db8:1::3")), "narrow");
   * assertEquals(routes.longestMatch(parseIpv6("2001:db9::3")), undefined);
   * ```
   */
  longestMatch(address: bigint): T | undefined {
    loadKey(this.#trie.key, address);
    return this.#longest();
  }

  /**
   * Gives the value of the longest prefix that holds the address at a place in a packet; allocates
   * nothing.
   *
   * @param bytes The buffer; `offset + 16` must lie inside it, which is not checked.
   * @param offset Where the address starts.
   * @returns Its value, or `undefined` when no prefix holds the address.
   * @example
   * ```ts
   * import { Ipv6Prefix, Ipv6PrefixTable, parseIpv6, writeIpv6 } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new Ipv6PrefixTable<string>().set(Ipv6Prefix.parse("2001:db8::/32"), "eth0");
   * const bytes = new Uint8Array(16);
   * writeIpv6(bytes, 0, parseIpv6("2001:db8::1"));
   * assertEquals(routes.longestMatchAt(bytes, 0), "eth0");
   * ```
   */
  longestMatchAt(bytes: Uint8Array, offset: number): T | undefined {
    const key = this.#trie.key;
    for (let i = 0; i < 4; i++) {
      const at = offset + 4 * i;
      key[i] = bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
    }
    return this.#longest();
  }

  /**
   * Gives the longest prefix that holds an address, with its value.
   *
   * @param address The address.
   * @returns Prefix and value, or `undefined` when no prefix holds the address.
   * @example
   * ```ts
   * import { Ipv6Prefix, parseIpv6, Ipv6PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new Ipv6PrefixTable<string>().set(Ipv6Prefix.parse("2001:db8::/32"), "eth0");
   * const [prefix, value] = routes.longestMatchEntry(parseIpv6("2001:db8:1::3"))!;
   * assertEquals(`${prefix} ${value}`, "2001:db8::/32 eth0");
   * ```
   */
  longestMatchEntry(address: bigint): [Ipv6Prefix, T] | undefined {
    let longest: [Ipv6Prefix, T] | undefined;
    for (const entry of this.matches(address)) longest = entry;
    return longest;
  }

  /**
   * Enumerates all prefixes that hold an address, from the shortest to the longest.
   *
   * @param address The address.
   * @returns A lazy iterator over prefixes and values.
   * @throws {Error} While iterating, if a route was added or deleted meanwhile.
   * @example
   * ```ts
   * import { Ipv6Prefix, parseIpv6, Ipv6PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new Ipv6PrefixTable<number>();
   * for (const text of ["2001:db8:1::/48", "::/0", "2001:db8::/32"]) {
   *   routes.set(Ipv6Prefix.parse(text), 1);
   * }
   * const found = [...routes.matches(parseIpv6("2001:db8:1::3"))].map(([prefix]) => `${prefix}`);
   * assertEquals(found, ["::/0", "2001:db8::/32", "2001:db8:1::/48"]);
   * ```
   */
  *matches(address: bigint): Generator<[Ipv6Prefix, T], undefined> {
    const key = new Int32Array(4);
    loadKey(key, address);
    for (const position of walkMatches(this.#trie, key)) {
      yield this.#entry(position);
    }
    return undefined;
  }

  /**
   * Enumerates all routes by address, the shorter of two prefixes at the same address first.
   *
   * @returns A lazy iterator over prefixes and values.
   * @throws {Error} While iterating, if a route was added or deleted meanwhile.
   * @example
   * ```ts
   * import { Ipv6Prefix, Ipv6PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new Ipv6PrefixTable<string>();
   * routes.set(Ipv6Prefix.parse("2001:db8::/48"), "b").set(Ipv6Prefix.parse("2001:db8::/32"), "a");
   * assertEquals([...routes].map(([prefix]) => `${prefix}`), ["2001:db8::/32", "2001:db8::/48"]);
   * ```
   */
  *entries(): Generator<[Ipv6Prefix, T], undefined> {
    for (const position of walk(this.#trie)) yield this.#entry(position);
    return undefined;
  }

  /**
   * Enumerates the routes whose prefixes lie wholly in a block, itself included, in order.
   *
   * @param prefix The block.
   * @returns A lazy iterator over prefixes and values.
   * @throws {Error} While iterating, if a route was added or deleted meanwhile.
   * @example
   * ```ts
   * import { Ipv6Prefix, Ipv6PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new Ipv6PrefixTable<string>();
   * routes.set(Ipv6Prefix.parse("2001:db8:1::/48"), "a").set(Ipv6Prefix.parse("2001:db9::/32"), "b");
   * const within = [...routes.entriesWithin(Ipv6Prefix.parse("2001:db8::/32"))];
   * assertEquals(within.map(([, value]) => value), ["a"]);
   * ```
   */
  *entriesWithin(prefix: Ipv6Prefix): Generator<[Ipv6Prefix, T], undefined> {
    const first = Number(prefix.first >> REST_BITS);
    for (const position of walk(this.#trie, first, Number(prefix.last >> REST_BITS))) {
      if (position.length < prefix.length || !prefix.contains(readKey(position.key))) continue;
      yield this.#entry(position);
    }
    return undefined;
  }

  /**
   * Enumerates the prefixes in the order of {@linkcode Ipv6PrefixTable.entries}.
   *
   * @returns A lazy iterator over prefixes.
   * @throws {Error} While iterating, if a route was added or deleted meanwhile.
   * @example
   * ```ts
   * import { Ipv6Prefix, Ipv6PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new Ipv6PrefixTable<string>().set(Ipv6Prefix.all, "eth0");
   * assertEquals([...routes.keys()].join(), "::/0");
   * ```
   */
  *keys(): Generator<Ipv6Prefix, undefined> {
    for (const [prefix] of this.entries()) yield prefix;
    return undefined;
  }

  /**
   * Enumerates the values in the order of {@linkcode Ipv6PrefixTable.entries}.
   *
   * @returns A lazy iterator over values.
   * @throws {Error} While iterating, if a route was added or deleted meanwhile.
   * @example
   * ```ts
   * import { Ipv6Prefix, Ipv6PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new Ipv6PrefixTable<string>().set(Ipv6Prefix.all, "eth0");
   * assertEquals([...routes.values()], ["eth0"]);
   * ```
   */
  *values(): Generator<T, undefined> {
    for (const position of walk(this.#trie)) yield this.#trie.values.get(position.slot);
    return undefined;
  }

  /**
   * Enumerates as {@linkcode Ipv6PrefixTable.entries} does.
   *
   * @returns A lazy iterator over prefixes and values.
   */
  [Symbol.iterator](): Generator<[Ipv6Prefix, T], undefined> {
    return this.entries();
  }

  #longest(): T | undefined {
    const slot = this.#trie.longest();
    return slot === 0 ? undefined : this.#trie.values.get(slot);
  }

  #entry(position: TriePosition): [Ipv6Prefix, T] {
    const prefix = new Ipv6Prefix(readKey(position.key), position.length);
    return [prefix, this.#trie.values.get(position.slot)];
  }
}

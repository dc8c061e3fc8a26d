/**
 * A routing table for IPv4: longest-prefix match over up to millions of routes (RFC 1812 §5.2.4.3).
 *
 * @module
 */
import { MATCHING, rank } from "./_nibble.ts";
import {
  CHILD_BASE,
  CHILDREN,
  IPV4_STRIDE,
  KEY,
  PREFIXES,
  PrefixTrie,
  ROOT_BITS,
  VALUE_BASE,
} from "./_prefix_trie.ts";
import { type TriePosition, walk, walkMatches } from "./_trie_walk.ts";
import { Ipv4Prefix } from "./ipv4_prefix.ts";

/**
 * A map from IPv4 prefixes to values that finds the longest prefix holding an address.
 *
 * Lookups allocate nothing, and routes come and go at any time at a cost that does not grow with
 * the table. Its first use of a region costs memory: an empty table has 0.4 MiB set aside.
 *
 * @typeParam T What a route leads to.
 *
 * @example
 * ```ts
 * import { Ipv4Prefix, parseIpv4, PrefixTable } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const routes = new PrefixTable<string>();
 * routes.set(Ipv4Prefix.parse("0.0.0.0/0"), "upstream");
 * routes.set(Ipv4Prefix.parse("10.0.0.0/8"), "office");
 * routes.set(Ipv4Prefix.parse("10.77.0.0/24"), "lab");
 * assertEquals(routes.longestMatch(parseIpv4("10.77.0.9")), "lab");
 * assertEquals(routes.longestMatch(parseIpv4("10.78.0.9")), "office");
 * assertEquals(routes.longestMatch(parseIpv4("192.0.2.1")), "upstream");
 * ```
 */
export class PrefixTable<T> implements Iterable<[Ipv4Prefix, T]> {
  readonly #trie: PrefixTrie<T> = new PrefixTrie<T>(IPV4_STRIDE);

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
   * import { Ipv4Prefix, PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const lan = Ipv4Prefix.parse("10.77.0.0/24");
   * const routes = new PrefixTable<string>().set(lan, "eth0").set(lan, "eth1");
   * assertEquals(routes.get(lan), "eth1");
   * assertEquals(routes.size, 1);
   * ```
   */
  set(prefix: Ipv4Prefix, value: T): this {
    this.#trie.key[0] = prefix.address;
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
   * import { Ipv4Prefix, PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new PrefixTable<string>().set(Ipv4Prefix.parse("10.0.0.0/8"), "eth0");
   * assertEquals(routes.get(Ipv4Prefix.parse("10.0.0.0/8")), "eth0");
   * assertEquals(routes.get(Ipv4Prefix.parse("10.0.0.0/9")), undefined);
   * ```
   */
  get(prefix: Ipv4Prefix): T | undefined {
    this.#trie.key[0] = prefix.address;
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
   * import { Ipv4Prefix, PrefixTable } from "@octet/netip";
   * import { assert } from "@std/assert";
   *
   * const routes = new PrefixTable<undefined>().set(Ipv4Prefix.all, undefined);
   * assert(routes.has(Ipv4Prefix.all));
   * ```
   */
  has(prefix: Ipv4Prefix): boolean {
    this.#trie.key[0] = prefix.address;
    return this.#trie.find(prefix.length) !== 0;
  }

  /**
   * Deletes a route.
   *
   * @param prefix The prefix.
   * @returns True when it was there.
   * @example
   * ```ts
   * import { Ipv4, Ipv4Prefix, PrefixTable } from "@octet/netip";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const routes = new PrefixTable<string>().set(Ipv4Prefix.all, "eth0");
   * assert(routes.delete(Ipv4Prefix.all));
   * assertEquals(routes.longestMatch(Ipv4.loopback), undefined);
   * ```
   */
  delete(prefix: Ipv4Prefix): boolean {
    this.#trie.key[0] = prefix.address;
    return this.#trie.remove(prefix.length);
  }

  /**
   * Deletes every route.
   *
   * @example
   * ```ts
   * import { Ipv4Prefix, PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new PrefixTable<string>().set(Ipv4Prefix.all, "eth0");
   * routes.clear();
   * assertEquals(routes.size, 0);
   * ```
   */
  clear(): void {
    this.#trie.clear();
  }

  /**
   * Gives the value of the longest prefix that holds an address; allocates nothing.
   *
   * @param address The address, host order.
   * @returns Its value, or `undefined` when no prefix holds the address.
   * @example
   * ```ts
   * import { Ipv4Prefix, parseIpv4, PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new PrefixTable<string>();
   * routes.set(Ipv4Prefix.parse("10.0.0.0/8"), "wide").set(Ipv4Prefix.parse("10.1.0.0/16"), "narrow");
   * assertEquals(routes.longestMatch(parseIpv4("10.1.2.3")), "narrow");
   * assertEquals(routes.longestMatch(parseIpv4("11.1.2.3")), undefined);
   * ```
   */
  longestMatch(address: number): T | undefined {
    const trie = this.#trie;
    const nodes = trie.nodes;
    const root = address >>> ROOT_BITS;
    let best = -1;
    let matching = 0;
    let node = trie.roots[root]!;
    while (node !== 0) {
      const base = node * IPV4_STRIDE;
      const children = nodes[base + CHILDREN]!;
      const level = children >>> 16;
      if ((nodes[base + KEY]! ^ address) >>> 32 - level !== 0) break;
      const nibble = address >>> 28 - level & 15;
      const here = nodes[base + PREFIXES]! & MATCHING[nibble]!;
      if (here !== 0) {
        best = base;
        matching = here;
      }
      if ((children >>> nibble & 1) === 0) break;
      node = nodes[base + CHILD_BASE]! + rank(children, nibble);
    }
    if (best >= 0) {
      const bit = 31 - Math.clz32(matching);
      return trie.values.get(nodes[best + VALUE_BASE]! + rank(nodes[best + PREFIXES]!, bit));
    }
    const slot = trie.shortSlot(root);
    return slot === 0 ? undefined : trie.values.get(slot);
  }

  /**
   * Gives the longest prefix that holds an address, with its value.
   *
   * @param address The address, host order.
   * @returns Prefix and value, or `undefined` when no prefix holds the address.
   * @example
   * ```ts
   * import { Ipv4Prefix, parseIpv4, PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new PrefixTable<string>().set(Ipv4Prefix.parse("10.0.0.0/8"), "eth0");
   * const [prefix, value] = routes.longestMatchEntry(parseIpv4("10.1.2.3"))!;
   * assertEquals(`${prefix} ${value}`, "10.0.0.0/8 eth0");
   * ```
   */
  longestMatchEntry(address: number): [Ipv4Prefix, T] | undefined {
    let longest: [Ipv4Prefix, T] | undefined;
    for (const entry of this.matches(address)) longest = entry;
    return longest;
  }

  /**
   * Enumerates all prefixes that hold an address, from the shortest to the longest.
   *
   * @param address The address, host order.
   * @returns A lazy iterator over prefixes and values.
   * @throws {Error} While iterating, if a route was added or deleted meanwhile.
   * @example
   * ```ts
   * import { Ipv4Prefix, parseIpv4, PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new PrefixTable<number>();
   * for (const text of ["10.1.0.0/16", "0.0.0.0/0", "10.0.0.0/8"]) {
   *   routes.set(Ipv4Prefix.parse(text), 1);
   * }
   * const found = [...routes.matches(parseIpv4("10.1.2.3"))].map(([prefix]) => `${prefix}`);
   * assertEquals(found, ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16"]);
   * ```
   */
  *matches(address: number): Generator<[Ipv4Prefix, T], undefined> {
    for (const position of walkMatches(this.#trie, Int32Array.of(address))) {
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
   * import { Ipv4Prefix, PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new PrefixTable<string>();
   * routes.set(Ipv4Prefix.parse("10.0.0.0/16"), "b").set(Ipv4Prefix.parse("10.0.0.0/8"), "a");
   * assertEquals([...routes].map(([prefix]) => `${prefix}`), ["10.0.0.0/8", "10.0.0.0/16"]);
   * ```
   */
  *entries(): Generator<[Ipv4Prefix, T], undefined> {
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
   * import { Ipv4Prefix, PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new PrefixTable<string>();
   * routes.set(Ipv4Prefix.parse("10.1.0.0/16"), "a").set(Ipv4Prefix.parse("11.0.0.0/8"), "b");
   * const within = [...routes.entriesWithin(Ipv4Prefix.parse("10.0.0.0/8"))];
   * assertEquals(within.map(([, value]) => value), ["a"]);
   * ```
   */
  *entriesWithin(prefix: Ipv4Prefix): Generator<[Ipv4Prefix, T], undefined> {
    const first = prefix.first >>> ROOT_BITS;
    for (const position of walk(this.#trie, first, prefix.last >>> ROOT_BITS)) {
      if (position.length < prefix.length || !prefix.contains(position.key[0]!)) continue;
      yield this.#entry(position);
    }
    return undefined;
  }

  /**
   * Enumerates the prefixes in the order of {@linkcode PrefixTable.entries}.
   *
   * @returns A lazy iterator over prefixes.
   * @throws {Error} While iterating, if a route was added or deleted meanwhile.
   * @example
   * ```ts
   * import { Ipv4Prefix, PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new PrefixTable<string>().set(Ipv4Prefix.all, "eth0");
   * assertEquals([...routes.keys()].join(), "0.0.0.0/0");
   * ```
   */
  *keys(): Generator<Ipv4Prefix, undefined> {
    for (const [prefix] of this.entries()) yield prefix;
    return undefined;
  }

  /**
   * Enumerates the values in the order of {@linkcode PrefixTable.entries}.
   *
   * @returns A lazy iterator over values.
   * @throws {Error} While iterating, if a route was added or deleted meanwhile.
   * @example
   * ```ts
   * import { Ipv4Prefix, PrefixTable } from "@octet/netip";
   * import { assertEquals } from "@std/assert";
   *
   * const routes = new PrefixTable<string>().set(Ipv4Prefix.all, "eth0");
   * assertEquals([...routes.values()], ["eth0"]);
   * ```
   */
  *values(): Generator<T, undefined> {
    for (const position of walk(this.#trie)) yield this.#trie.values.get(position.slot);
    return undefined;
  }

  /**
   * Enumerates as {@linkcode PrefixTable.entries} does.
   *
   * @returns A lazy iterator over prefixes and values.
   */
  [Symbol.iterator](): Generator<[Ipv4Prefix, T], undefined> {
    return this.entries();
  }

  #entry(position: TriePosition): [Ipv4Prefix, T] {
    const prefix = new Ipv4Prefix(position.key[0]! >>> 0, position.length);
    return [prefix, this.#trie.values.get(position.slot)];
  }
}

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { popcount } from "./_nibble.ts";
import { CHILD_BASE, CHILDREN, IPV4_STRIDE, PREFIXES, PrefixTrie } from "./_prefix_trie.ts";
import { ipv4Mask } from "./ipv4_mask.ts";

/** Every node's level, prefixes and children, from the top down, wherever in memory they lie. */
function shape(trie: PrefixTrie<number>): string[] {
  const nodes: string[] = [];
  const visit = (node: number, depth: number): void => {
    const base = node * trie.stride;
    const prefixes = trie.nodes[base + PREFIXES]!;
    const children = trie.nodes[base + CHILDREN]!;
    const count = popcount(children & 0xffff);
    assert(prefixes !== 0 || count > 1, "a node keeps a prefix, or the ways part in it");
    nodes.push(`${depth} ${prefixes.toString(2)} ${children.toString(16)}`);
    for (let i = 0; i < count; i++) visit(trie.nodes[base + CHILD_BASE]! + i, depth + 1);
  };
  for (const root of trie.roots) if (root !== 0) visit(root, 0);
  return nodes;
}

const route = fc.tuple(
  fc.constantFrom(0x0a000000, 0x0a000100, 0x0a008000, 0x0a010000),
  fc.nat(255),
  fc.integer({ min: 15, max: 32 }),
).map(([high, low, length]) => ({ address: (high + low & ipv4Mask(length)) >>> 0, length }));

function insert(
  trie: PrefixTrie<number>,
  { address, length }: { address: number; length: number },
) {
  trie.key[0] = address;
  return trie.insert(length, length);
}

Deno.test("PrefixTrie has the same shape whichever way its routes came to be", () => {
  const routes = fc.uniqueArray(route, {
    selector: ({ address, length }) => `${address}/${length}`,
    maxLength: 40,
  });
  fc.assert(
    fc.property(routes, fc.nat(40), (routes, kept) => {
      const trie = new PrefixTrie<number>(IPV4_STRIDE);
      for (const each of routes) assert(insert(trie, each));
      for (const { address, length } of routes.slice(kept)) {
        trie.key[0] = address;
        assert(trie.remove(length));
      }
      const fresh = new PrefixTrie<number>(IPV4_STRIDE);
      for (const each of routes.slice(0, kept).reverse()) insert(fresh, each);
      assertEquals(shape(trie), shape(fresh));
      assertEquals(trie.cover, fresh.cover);
    }),
    { numRuns: 300 },
  );
});

// Ways through a prefix trie: every route in order, and every route that an address matches.

import { MATCHING, prefixBit, prefixBits, rank } from "./_nibble.ts";
import {
  CHILD_BASE,
  CHILDREN,
  KEY,
  PREFIXES,
  type PrefixTrie,
  ROOT_BITS,
  VALUE_BASE,
} from "./_prefix_trie.ts";

const ROOT_COUNT = 1 << ROOT_BITS;

/** A route on the way: its prefix, left-aligned, and the slot of its value. */
export interface TriePosition {
  /** The bits of the prefix; for IPv4 the first word is all of it. */
  readonly key: Int32Array;
  /** How many bits the prefix has. */
  readonly length: number;
  /** Where the value is. */
  readonly slot: number;
}

class Cursor implements TriePosition {
  readonly key: Int32Array = new Int32Array(4);
  length = 0;
  slot = 0;
}

function checkVersion<T>(trie: PrefixTrie<T>, version: number): void {
  if (trie.version !== version) {
    throw new Error("Cannot go on iterating as routes were added to or deleted from the table");
  }
}

/**
 * Walks the routes under the first 16 bits from `first` to `last`, by address, the shorter of two
 * at the same address first. It yields the same object again and again.
 */
export function* walk<T>(
  trie: PrefixTrie<T>,
  first: number = 0,
  last: number = ROOT_COUNT - 1,
): Generator<TriePosition, undefined> {
  const cursor = new Cursor();
  const version = trie.version;
  for (let root = first; root <= last; root++) {
    // A prefix up to /16 starts here when the bits after it are zero; a cover says whether to look.
    if (trie.cover[root] !== 0) {
      const shortest = root === 0 ? 0 : ROOT_BITS - (31 - Math.clz32(root & -root));
      for (let length = shortest; length <= ROOT_BITS; length++) {
        const slot = trie.shortSlotAt(root, length);
        if (slot === 0) continue;
        cursor.key.fill(0);
        cursor.key[0] = root << ROOT_BITS;
        cursor.length = length;
        cursor.slot = slot;
        yield cursor;
        checkVersion(trie, version);
      }
    }
    if (trie.roots[root] !== 0) yield* walkNode(trie, trie.roots[root]!, cursor, version);
  }
  return undefined;
}

function* walkNode<T>(
  trie: PrefixTrie<T>,
  node: number,
  cursor: Cursor,
  version: number,
): Generator<TriePosition, undefined> {
  const base = node * trie.stride;
  const prefixes = trie.nodes[base + PREFIXES]!;
  const children = trie.nodes[base + CHILDREN]!;
  const level = children >>> 16;
  for (let nibble = 0; nibble < 16; nibble++) {
    const shortest = nibble === 0 ? 1 : 4 - (31 - Math.clz32(nibble & -nibble));
    for (let bits = shortest; bits <= 4; bits++) {
      const bit = prefixBit(nibble, bits);
      if ((prefixes >>> bit & 1) === 0) continue;
      cursor.key.fill(0);
      for (let i = 0; i < trie.stride - KEY; i++) cursor.key[i] = trie.nodes[base + KEY + i]!;
      cursor.key[level >>> 5]! |= nibble << 28 - (level & 31);
      cursor.length = level + bits;
      cursor.slot = trie.nodes[base + VALUE_BASE]! + rank(prefixes, bit);
      yield cursor;
      checkVersion(trie, version);
    }
    if ((children >>> nibble & 1) !== 0) {
      yield* walkNode(
        trie,
        trie.nodes[base + CHILD_BASE]! + rank(children, nibble),
        cursor,
        version,
      );
    }
  }
  return undefined;
}

/** Walks the routes that the address in `key` matches, from short to long. */
export function* walkMatches<T>(
  trie: PrefixTrie<T>,
  key: Int32Array,
): Generator<TriePosition, undefined> {
  const cursor = new Cursor();
  const version = trie.version;
  const root = key[0]! >>> ROOT_BITS;
  for (let length = 0; length < trie.cover[root]!; length++) {
    const slot = trie.shortSlotAt(root, length);
    if (slot === 0) continue;
    place(cursor, key, length, slot);
    yield cursor;
    checkVersion(trie, version);
  }
  let node = trie.roots[root]!;
  while (node !== 0) {
    const base = node * trie.stride;
    const children = trie.nodes[base + CHILDREN]!;
    const level = children >>> 16;
    trie.key.set(key);
    if (!trie.agrees(base, level)) return undefined;
    const nibble = trie.nibble(level);
    const prefixes = trie.nodes[base + PREFIXES]!;
    for (let map = prefixes & MATCHING[nibble]!; map !== 0; map &= map - 1) {
      const bit = 31 - Math.clz32(map & -map);
      place(
        cursor,
        key,
        level + prefixBits(bit),
        trie.nodes[base + VALUE_BASE]! + rank(prefixes, bit),
      );
      yield cursor;
      checkVersion(trie, version);
    }
    if ((children >>> nibble & 1) === 0) return undefined;
    node = trie.nodes[base + CHILD_BASE]! + rank(children, nibble);
  }
  return undefined;
}

/** Aims the cursor at the first bits of an address; whoever makes the prefix clears the others. */
function place(cursor: Cursor, key: Int32Array, length: number, slot: number): void {
  cursor.key.set(key);
  cursor.length = length;
  cursor.slot = slot;
}

// The routes of a prefix table longer than /16, and the way to those up to /16.
//
// The first 16 bits of an address index two arrays: `#roots`, the trie of what is longer under
// them, and `#cover`, the longest shorter prefix that covers them, so that a default route costs
// a lookup nothing. Below, a node consumes four bits. It keeps the prefixes that end within its
// four bits in a map of 30 bits (as the tree bitmap of Eatherton, Varghese and Dittia, 2004, does),
// its children side by side in one block, its values side by side in another; a node where no
// prefix ends and only one child goes on is left out, so a node compares the bits it skips.

import { BlockPool } from "./_block_pool.ts";
import { MATCHING, popcount, prefixBit, rank } from "./_nibble.ts";
import { blockOrder, ValueSlab } from "./_value_slab.ts";

/** Bits that the two arrays consume. */
export const ROOT_BITS = 16;
const ROOT_COUNT = 1 << ROOT_BITS;
/** At most 16 children lie side by side. */
const MAX_ORDER = 4;

// The words of a node.
/** Which prefixes end in it. */
export const PREFIXES = 0;
/** Which children it has, in the low 16 bits; how many bits were consumed before it, above. */
export const CHILDREN = 1;
/** The first of its children. */
export const CHILD_BASE = 2;
/** The slot of its first value. */
export const VALUE_BASE = 3;
/** The bits consumed before it, left-aligned in one word or four. */
export const KEY = 4;

/** Words of a node that keeps IPv4 prefixes. */
export const IPV4_STRIDE = 5;
/** Words of a node that keeps IPv6 prefixes. */
export const IPV6_STRIDE = 8;

/**
 * A mutable map from prefixes to values. Every method works on the prefix or address in `key`, its
 * bits left-aligned; for IPv4 the first word is all of it.
 */
export class PrefixTrie<T> {
  /** What the next call is about. */
  readonly key: Int32Array = new Int32Array(4);
  /** The values of the routes, by slot. */
  readonly values: ValueSlab<T> = new ValueSlab<T>();
  /** How many routes there are. */
  size = 0;
  /** Changes whenever a route comes or goes. */
  version = 0;
  /** The nodes, `stride` words each; the first is never used, so 0 can mean none. */
  nodes: Int32Array;
  /** By the first 16 bits, the topmost node under them. */
  readonly roots: Int32Array = new Int32Array(ROOT_COUNT);
  /** By the first 16 bits, one more than the length of the longest prefix up to /16 that covers them. */
  readonly cover: Uint8Array = new Uint8Array(ROOT_COUNT);
  /** Slots of the prefixes up to /16, as a binary heap: /0 at 1, /1 at 2 and 3, /16 from 65536; as many rows as are used. */
  #shortSlots: Int32Array = new Int32Array(2);
  /** Words of a node. */
  readonly stride: number;
  #pool: BlockPool = new BlockPool(MAX_ORDER);

  constructor(stride: number) {
    this.stride = stride;
    this.nodes = new Int32Array(stride * 16);
    this.#allocate(0);
  }

  /** Bytes of everything but what the values refer to. */
  get byteLength(): number {
    return this.nodes.byteLength + this.roots.byteLength + this.cover.byteLength +
      this.#shortSlots.byteLength + this.#pool.byteLength + this.values.byteLength;
  }

  /** Removes every route. */
  clear(): void {
    this.values.clear();
    this.nodes = new Int32Array(this.stride * 16);
    this.#pool = new BlockPool(MAX_ORDER);
    this.#allocate(0);
    this.roots.fill(0);
    this.cover.fill(0);
    this.#shortSlots = new Int32Array(2);
    this.size = 0;
    this.version++;
  }

  /** The first 16 bits of the key. */
  get root(): number {
    return this.key[0]! >>> ROOT_BITS;
  }

  /** The four bits of the key after the first `level`. */
  nibble(level: number): number {
    return this.key[level >>> 5]! >>> 28 - (level & 31) & 15;
  }

  /** Whether the key and a node agree in all bits consumed before the node. */
  agrees(base: number, level: number): boolean {
    const nodes = this.nodes;
    const key = this.key;
    const words = level >>> 5;
    for (let i = 0; i < words; i++) {
      if (nodes[base + KEY + i] !== key[i]) return false;
    }
    const rest = level & 31;
    return rest === 0 || (nodes[base + KEY + words]! ^ key[words]!) >>> 32 - rest === 0;
  }

  /** Slot of the longest prefix up to /16 that covers the first 16 bits, or 0. */
  shortSlot(root: number): number {
    const cover = this.cover[root]!;
    // One more than the length l selects heap row l, where the prefix has l of the 16 bits.
    return cover === 0 ? 0 : this.#shortSlots[(ROOT_COUNT | root) >>> ROOT_BITS + 1 - cover]!;
  }

  /** Slot of exactly the prefix of the first `length` of 16 bits, or 0. */
  shortSlotAt(root: number, length: number): number {
    return this.#shortSlots[(ROOT_COUNT | root) >>> ROOT_BITS - length] ?? 0;
  }

  /** Slot of the longest prefix that the key's address matches, or 0. */
  longest(): number {
    const nodes = this.nodes;
    let slot = 0;
    let node = this.roots[this.root]!;
    while (node !== 0) {
      const base = node * this.stride;
      const children = nodes[base + CHILDREN]!;
      const level = children >>> 16;
      if (!this.agrees(base, level)) break;
      const nibble = this.nibble(level);
      const matching = nodes[base + PREFIXES]! & MATCHING[nibble]!;
      if (matching !== 0) {
        slot = nodes[base + VALUE_BASE]! +
          rank(nodes[base + PREFIXES]!, 31 - Math.clz32(matching));
      }
      if ((children >>> nibble & 1) === 0) break;
      node = nodes[base + CHILD_BASE]! + rank(children, nibble);
    }
    return slot !== 0 ? slot : this.shortSlot(this.root);
  }

  /** Slot of exactly the key's first `length` bits, or 0. */
  find(length: number): number {
    if (length <= ROOT_BITS) {
      return this.shortSlotAt(this.root, length);
    }
    const target = length - 1 & ~3;
    const nodes = this.nodes;
    let node = this.roots[this.root]!;
    while (node !== 0) {
      const base = node * this.stride;
      const children = nodes[base + CHILDREN]!;
      const level = children >>> 16;
      if (level > target || !this.agrees(base, level)) return 0;
      const nibble = this.nibble(level);
      if (level === target) {
        const bit = prefixBit(nibble, length - level);
        const prefixes = nodes[base + PREFIXES]!;
        return (prefixes >>> bit & 1) === 0 ? 0 : nodes[base + VALUE_BASE]! + rank(prefixes, bit);
      }
      if ((children >>> nibble & 1) === 0) return 0;
      node = nodes[base + CHILD_BASE]! + rank(children, nibble);
    }
    return 0;
  }

  /** Gives a value to the prefix of the key's first `length` bits; true when it is a new one. */
  insert(length: number, value: T): boolean {
    const slot = this.find(length);
    if (slot !== 0) {
      this.values.set(slot, value);
      return false;
    }
    if (length <= ROOT_BITS) {
      this.#insertShort(length, value);
    } else {
      const level = length - 1 & ~3;
      const base = this.#reach(level) * this.stride;
      const bit = prefixBit(this.nibble(level), length - level);
      const prefixes = this.nodes[base + PREFIXES]!;
      this.nodes[base + VALUE_BASE] = this.values.insert(
        this.nodes[base + VALUE_BASE]!,
        popcount(prefixes),
        rank(prefixes, bit),
        value,
      );
      this.nodes[base + PREFIXES] = prefixes | 1 << bit;
    }
    this.size++;
    this.version++;
    return true;
  }

  /** Removes the prefix of the key's first `length` bits; false when it was not there. */
  remove(length: number): boolean {
    if (this.find(length) === 0) return false;
    if (length <= ROOT_BITS) this.#removeShort(length);
    else this.#removeLong(length);
    this.size--;
    this.version++;
    return true;
  }

  #insertShort(length: number, value: T): void {
    if (this.#shortSlots.length < 2 << length) {
      const rows = new Int32Array(2 << length);
      rows.set(this.#shortSlots);
      this.#shortSlots = rows;
    }
    this.#shortSlots[(ROOT_COUNT | this.root) >>> ROOT_BITS - length] = this.values.insert(
      0,
      0,
      0,
      value,
    );
    const cover = this.cover;
    const end = this.root + (1 << ROOT_BITS - length);
    for (let root = this.root; root < end; root++) {
      if (cover[root]! <= length) cover[root] = length + 1;
    }
  }

  #removeShort(length: number): void {
    const row = (ROOT_COUNT | this.root) >>> ROOT_BITS - length;
    this.values.remove(this.#shortSlots[row]!, 1, 0);
    this.#shortSlots[row] = 0;
    let wider = length;
    while (wider > 0 && this.#shortSlots[row >>> length - wider + 1] === 0) wider--;
    const end = this.root + (1 << ROOT_BITS - length);
    for (let root = this.root; root < end; root++) {
      if (this.cover[root] === length + 1) this.cover[root] = wider;
    }
  }

  /** Finds or makes the node after the key's first `level` bits. */
  #reach(level: number): number {
    let node = this.roots[this.root]!;
    if (node === 0) {
      node = this.#allocate(0);
      this.#write(node, level, 0, 0);
      this.roots[this.root] = node;
      return node;
    }
    for (;;) {
      const base = node * this.stride;
      const children = this.nodes[base + CHILDREN]!;
      const own = children >>> 16;
      const shared = this.#shared(base, Math.min(own, level));
      if (shared < own) return this.#fork(node, shared, level);
      if (own === level) return node;
      const nibble = this.nibble(own);
      if ((children >>> nibble & 1) === 0) return this.#addChild(node, nibble, level);
      node = this.nodes[base + CHILD_BASE]! + rank(children, nibble);
    }
  }

  /** How many of the first `limit` bits key and node share, in whole nibbles. */
  #shared(base: number, limit: number): number {
    for (let i = 0; i << 5 < limit; i++) {
      const difference = this.nodes[base + KEY + i]! ^ this.key[i]!;
      if (difference !== 0) return Math.min(limit, (i << 5) + Math.clz32(difference) & ~3);
    }
    return limit;
  }

  /** Puts a node that ends `shared` bits in where `node` is, with that one as its child. */
  #fork(node: number, shared: number, level: number): number {
    const moved = this.#allocate(0);
    const from = node * this.stride;
    this.nodes.copyWithin(moved * this.stride, from, from + this.stride);
    const nibble = this.nodes[from + KEY + (shared >>> 5)]! >>> 28 - (shared & 31) & 15;
    this.#write(node, shared, 1 << nibble, moved);
    return shared === level ? node : this.#addChild(node, this.nibble(shared), level);
  }

  #write(node: number, level: number, children: number, childBase: number): void {
    const base = node * this.stride;
    const nodes = this.nodes;
    nodes[base + PREFIXES] = 0;
    nodes[base + CHILDREN] = children | level << 16;
    nodes[base + CHILD_BASE] = childBase;
    nodes[base + VALUE_BASE] = 0;
    for (let i = 0; i < this.stride - KEY; i++) {
      const bits = level - (i << 5);
      nodes[base + KEY + i] = bits <= 0
        ? 0
        : bits >= 32
        ? this.key[i]!
        : this.key[i]! & -1 << 32 - bits;
    }
  }

  #addChild(parent: number, nibble: number, level: number): number {
    const stride = this.stride;
    const children = this.nodes[parent * stride + CHILDREN]!;
    const count = popcount(children & 0xffff);
    const at = rank(children, nibble);
    const start = this.nodes[parent * stride + CHILD_BASE]!;
    const order = count === 0 ? -1 : blockOrder(count);
    let block = start;
    if (order >= 0 && count < 1 << order) {
      this.nodes.copyWithin(
        (start + at + 1) * stride,
        (start + at) * stride,
        (start + count) * stride,
      );
    } else {
      block = this.#allocate(order + 1);
      this.nodes.copyWithin(block * stride, start * stride, (start + at) * stride);
      this.nodes.copyWithin(
        (block + at + 1) * stride,
        (start + at) * stride,
        (start + count) * stride,
      );
      if (order >= 0) this.#pool.release(start, order);
    }
    this.nodes[parent * stride + CHILDREN] = children | 1 << nibble;
    this.nodes[parent * stride + CHILD_BASE] = block;
    this.#write(block + at, level, 0, 0);
    return block + at;
  }

  #removeLong(length: number): void {
    const stride = this.stride;
    const target = length - 1 & ~3;
    let parent = 0;
    let node = this.roots[this.root]!;
    for (;;) {
      const children = this.nodes[node * stride + CHILDREN]!;
      if (children >>> 16 === target) break;
      parent = node;
      node = this.nodes[node * stride + CHILD_BASE]! + rank(children, this.nibble(children >>> 16));
    }
    const base = node * stride;
    const prefixes = this.nodes[base + PREFIXES]!;
    const bit = prefixBit(this.nibble(target), length - target);
    this.nodes[base + VALUE_BASE] = this.values.remove(
      this.nodes[base + VALUE_BASE]!,
      popcount(prefixes),
      rank(prefixes, bit),
    );
    this.nodes[base + PREFIXES] = prefixes & ~(1 << bit);
    if ((this.nodes[base + CHILDREN]! & 0xffff) !== 0) {
      this.#contract(node);
    } else if (this.nodes[base + PREFIXES] === 0) {
      if (parent === 0) {
        this.roots[this.root] = 0;
        this.#pool.release(node, 0);
      } else {
        this.#removeChild(parent);
        this.#contract(parent);
      }
    }
  }

  /** Takes the child on the key's way out of a node's block. */
  #removeChild(parent: number): void {
    const stride = this.stride;
    const base = parent * stride;
    const children = this.nodes[base + CHILDREN]!;
    const nibble = this.nibble(children >>> 16);
    const count = popcount(children & 0xffff);
    const start = this.nodes[base + CHILD_BASE]!;
    const at = start + rank(children, nibble);
    this.nodes.copyWithin(at * stride, (at + 1) * stride, (start + count) * stride);
    this.nodes[base + CHILDREN] = children & ~(1 << nibble);
    if (count === 1) {
      this.nodes[base + CHILD_BASE] = 0;
      this.#pool.release(start, 0);
      return;
    }
    const order = blockOrder(count);
    if (blockOrder(count - 1) < order) this.#pool.release(start + (1 << order - 1), order - 1);
  }

  /** Replaces a node that keeps no prefix and has one child by that child. */
  #contract(node: number): void {
    const stride = this.stride;
    const base = node * stride;
    const children = this.nodes[base + CHILDREN]! & 0xffff;
    if (this.nodes[base + PREFIXES] !== 0 || (children & children - 1) !== 0) return;
    const child = this.nodes[base + CHILD_BASE]!;
    this.nodes.copyWithin(base, child * stride, (child + 1) * stride);
    this.#pool.release(child, 0);
  }

  #allocate(order: number): number {
    const index = this.#pool.allocate(order);
    const needed = this.#pool.top * this.stride;
    if (needed > this.nodes.length) {
      const grown = new Int32Array(needed + Math.max(needed >>> 2, 16 * this.stride));
      grown.set(this.nodes);
      this.nodes = grown;
    }
    return index;
  }
}

// Values in small runs, each run kept in order and found by the index of its first slot.

import { BlockPool } from "./_block_pool.ts";

/** A run holds at most the 30 prefixes of one trie node. */
const MAX_ORDER = 5;
const PAGE_SHIFT = 10;
const PAGE_MASK = (1 << PAGE_SHIFT) - 1;
const REFERENCE_BYTES = 8;

/** Gives the order of the block that holds a run: the logarithm of its length, rounded up. */
export function blockOrder(count: number): number {
  return 32 - Math.clz32(count - 1);
}

/** Growing and shrinking runs of values; slot 0 is never used, so 0 can mean none. */
export class ValueSlab<T> {
  // Pages, so that growth copies nothing and no run crosses a page's edge.
  #pages: (T | undefined)[][] = [];
  #pool: BlockPool = new BlockPool(MAX_ORDER);

  constructor() {
    this.clear();
  }

  /** Bytes of the references and of their bookkeeping, not of what they refer to. */
  get byteLength(): number {
    return this.#pages.length * (REFERENCE_BYTES << PAGE_SHIFT) + this.#pool.byteLength;
  }

  /** Forgets every value. */
  clear(): void {
    this.#pages = [];
    this.#pool = new BlockPool(MAX_ORDER);
    this.#allocate(0);
  }

  /** Reads a slot that is in use. */
  get(slot: number): T {
    return this.#pages[slot >>> PAGE_SHIFT]![slot & PAGE_MASK] as T;
  }

  /** Replaces the value of a slot that is in use. */
  set(slot: number, value: T): void {
    this.#pages[slot >>> PAGE_SHIFT]![slot & PAGE_MASK] = value;
  }

  /** Puts a value before position `rank` of a run of `count`; returns where the run starts now. */
  insert(start: number, count: number, rank: number, value: T): number {
    if (count === 0) {
      const single = this.#allocate(0);
      this.set(single, value);
      return single;
    }
    const order = blockOrder(count);
    if (count < 1 << order) {
      for (let i = count; i > rank; i--) this.set(start + i, this.get(start + i - 1));
      this.set(start + rank, value);
      return start;
    }
    const grown = this.#allocate(order + 1);
    for (let i = 0; i < rank; i++) this.set(grown + i, this.get(start + i));
    this.set(grown + rank, value);
    for (let i = rank; i < count; i++) this.set(grown + i + 1, this.get(start + i));
    for (let i = 0; i < count; i++) this.#erase(start + i);
    this.#pool.release(start, order);
    return grown;
  }

  /** Removes position `rank` of a run of `count`; the run stays where it starts, 0 when empty. */
  remove(start: number, count: number, rank: number): number {
    for (let i = rank; i < count - 1; i++) this.set(start + i, this.get(start + i + 1));
    this.#erase(start + count - 1);
    if (count === 1) {
      this.#pool.release(start, 0);
      return 0;
    }
    const order = blockOrder(count);
    if (blockOrder(count - 1) < order) this.#pool.release(start + (1 << order - 1), order - 1);
    return start;
  }

  #erase(slot: number): void {
    this.#pages[slot >>> PAGE_SHIFT]![slot & PAGE_MASK] = undefined;
  }

  #allocate(order: number): number {
    const slot = this.#pool.allocate(order);
    while (this.#pages.length << PAGE_SHIFT < this.#pool.top) {
      this.#pages.push(new Array<T | undefined>(1 << PAGE_SHIFT));
    }
    return slot;
  }
}

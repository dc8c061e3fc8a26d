/**
 * Doubly linked lists over the slots of a table: each slot stands on exactly one list, and moves in
 * constant time. The links are numbers in typed arrays, so nothing is allocated.
 *
 * @module
 */

/** A few first-in-first-out lists over slots numbered from 0. */
export class SlotLists {
  readonly #heads: Int32Array<ArrayBuffer>;
  readonly #tails: Int32Array<ArrayBuffer>;
  #next: Int32Array<ArrayBuffer> = new Int32Array(0);
  #previous: Int32Array<ArrayBuffer> = new Int32Array(0);
  #list: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /**
   * Makes empty lists and no slots.
   *
   * @param count How many lists, at most 256.
   */
  constructor(count: number) {
    this.#heads = new Int32Array(count).fill(-1);
    this.#tails = new Int32Array(count).fill(-1);
  }

  /** Adds slots up to `capacity`, all of them to the end of `list`. */
  grow(capacity: number, list: number): void {
    const old = this.#next.length;
    this.#next = grown(this.#next, capacity);
    this.#previous = grown(this.#previous, capacity);
    const lists = new Uint8Array(capacity);
    lists.set(this.#list);
    this.#list = lists;
    for (let slot = old; slot < capacity; slot++) this.#append(slot, list);
  }

  /** The slot that has stood longest on `list`, -1 when there is none. */
  first(list: number): number {
    return this.#heads[list]!;
  }

  /** The slot behind `slot` on its list, -1 when it is the last. */
  next(slot: number): number {
    return this.#next[slot]!;
  }

  /** The list that a slot stands on. */
  listOf(slot: number): number {
    return this.#list[slot]!;
  }

  /** Moves a slot to the end of `list`, from wherever it stands. */
  move(slot: number, list: number): void {
    const from = this.#list[slot]!;
    const next = this.#next[slot]!;
    const previous = this.#previous[slot]!;
    if (previous < 0) this.#heads[from] = next;
    else this.#next[previous] = next;
    if (next < 0) this.#tails[from] = previous;
    else this.#previous[next] = previous;
    this.#append(slot, list);
  }

  #append(slot: number, list: number): void {
    const tail = this.#tails[list]!;
    this.#list[slot] = list;
    this.#next[slot] = -1;
    this.#previous[slot] = tail;
    if (tail < 0) this.#heads[list] = slot;
    else this.#next[tail] = slot;
    this.#tails[list] = slot;
  }
}

function grown(array: Int32Array<ArrayBuffer>, capacity: number): Int32Array<ArrayBuffer> {
  const result = new Int32Array(capacity);
  result.set(array);
  return result;
}

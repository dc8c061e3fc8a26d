/**
 * Doubly linked lists over the slots of a table: each slot stands on exactly one list, and moves in
 * constant time. The links are numbers in typed arrays, so nothing is allocated; each list is a ring
 * through a place of its own, so nothing is asked on the way.
 *
 * @module
 */

/** A few first-in-first-out lists over slots numbered from 0. */
export class SlotLists {
  readonly #count: number = 0;
  /** The place behind each place. The lists' own places come first, then those of the slots. */
  #next: Int32Array<ArrayBuffer> = new Int32Array(0);
  /** The place before each place. */
  #previous: Int32Array<ArrayBuffer> = new Int32Array(0);

  /**
   * Makes empty lists and no slots.
   *
   * @param count How many lists.
   */
  constructor(count: number) {
    this.#count = count;
    this.#next = Int32Array.from({ length: count }, (_, index) => index);
    this.#previous = this.#next.slice();
  }

  /** Adds slots up to `capacity`, all of them to the end of `list`. */
  grow(capacity: number, list: number): void {
    const next = new Int32Array(this.#count + capacity);
    const previous = new Int32Array(this.#count + capacity);
    const old = this.#next.length;
    next.set(this.#next);
    previous.set(this.#previous);
    this.#next = next;
    this.#previous = previous;
    for (let place = old; place < next.length; place++) this.#append(place, list);
  }

  /** The slot that has stood longest on `list`, negative when there is none. */
  first(list: number): number {
    return this.#next[list]! - this.#count;
  }

  /** The slot behind `slot` on its list, negative when it is the last. */
  next(slot: number): number {
    return this.#next[slot + this.#count]! - this.#count;
  }

  /** Whether nothing stands on `list`. */
  isEmpty(list: number): boolean {
    return this.#next[list] === list;
  }

  /** Moves a slot to the end of `list`, from wherever it stands. */
  move(slot: number, list: number): void {
    const place = slot + this.#count;
    this.#take(place);
    this.#append(place, list);
  }

  /** Moves a slot to the front of `list`, from wherever it stands. */
  moveFirst(slot: number, list: number): void {
    const place = slot + this.#count;
    this.#take(place);
    const first = this.#next[list]!;
    this.#next[place] = first;
    this.#previous[place] = list;
    this.#previous[first] = place;
    this.#next[list] = place;
  }

  #take(place: number): void {
    const next = this.#next[place]!;
    const previous = this.#previous[place]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }

  #append(place: number, list: number): void {
    const last = this.#previous[list]!;
    this.#next[place] = list;
    this.#previous[place] = last;
    this.#next[last] = place;
    this.#previous[list] = place;
  }
}

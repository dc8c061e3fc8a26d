/**
 * Doubly linked lists over the slots of a table: each slot stands on exactly one list, and moves in
 * constant time. The links are numbers in one typed array, so nothing is allocated; each list is a ring
 * through a place of its own, so nothing is asked on the way.
 *
 * @module
 */

/** A few first-in-first-out lists over slots numbered from 0. */
export class SlotLists {
  readonly #count: number = 0;
  /** Two numbers a place, the next place and the one before. The lists' own places come first, then those of the slots. */
  #links: Int32Array<ArrayBuffer>;

  /**
   * Makes empty lists and no slots.
   *
   * @param count How many lists.
   */
  constructor(count: number) {
    this.#count = count;
    this.#links = Int32Array.from({ length: 2 * count }, (_, index) => index >> 1);
  }

  /** Adds slots up to `capacity`, all of them to the end of `list`. */
  grow(capacity: number, list: number): void {
    const links = new Int32Array(2 * (this.#count + capacity));
    const old = this.#links.length >> 1;
    links.set(this.#links);
    this.#links = links;
    for (let place = old; place < this.#count + capacity; place++) append(links, place, list);
  }

  /** The slot that has stood longest on `list`, negative when there is none. */
  first(list: number): number {
    return this.#links[2 * list]! - this.#count;
  }

  /** The slot behind `slot` on its list, negative when it is the last. */
  next(slot: number): number {
    return this.#links[2 * (slot + this.#count)]! - this.#count;
  }

  /** Moves a slot to the end of `list`, from wherever it stands. */
  move(slot: number, list: number): void {
    const links = this.#links;
    const place = slot + this.#count;
    take(links, place);
    append(links, place, list);
  }

  /** Moves a slot to the front of `list`, from wherever it stands. */
  moveFirst(slot: number, list: number): void {
    const links = this.#links;
    const place = slot + this.#count;
    take(links, place);
    const first = links[2 * list]!;
    links[2 * place] = first;
    links[2 * place + 1] = list;
    links[2 * first + 1] = place;
    links[2 * list] = place;
  }
}

function take(links: Int32Array<ArrayBuffer>, place: number): void {
  const next = links[2 * place]!;
  const previous = links[2 * place + 1]!;
  links[2 * previous] = next;
  links[2 * next + 1] = previous;
}

function append(links: Int32Array<ArrayBuffer>, place: number, list: number): void {
  const last = links[2 * list + 1]!;
  links[2 * place] = list;
  links[2 * place + 1] = last;
  links[2 * last] = place;
  links[2 * list + 1] = place;
}

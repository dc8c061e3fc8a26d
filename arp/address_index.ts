/**
 * From IPv4 address to slot number: an open-addressed hash table in one typed array.
 *
 * @module
 */

/** Fibonacci hashing: 2^32 divided by the golden ratio spreads neighbouring addresses. */
const multiplier = 0x9e3779b1;

/** Finds slots by address; the addresses themselves stand in the caller's array. */
export class AddressIndex {
  #cells: Int32Array<ArrayBuffer> = new Int32Array(8).fill(-1);
  #shift = 29;
  readonly #addressOf: { addresses: Int32Array };

  /**
   * Makes an empty index.
   *
   * @param owner Who holds the addresses, by slot.
   */
  constructor(owner: { addresses: Int32Array }) {
    this.#addressOf = owner;
  }

  /** The slot of `address` (as a signed number), -1 when it has none. */
  find(address: number): number {
    const cells = this.#cells;
    const addresses = this.#addressOf.addresses;
    const mask = cells.length - 1;
    let at = Math.imul(address, multiplier) >>> this.#shift;
    for (;;) {
      const slot = cells[at]!;
      if (slot < 0 || addresses[slot] === address) return slot;
      at = (at + 1) & mask;
    }
  }

  /** Enters a slot whose address is not in the index yet. */
  insert(slot: number, address: number): void {
    const cells = this.#cells;
    const mask = cells.length - 1;
    let at = Math.imul(address, multiplier) >>> this.#shift;
    while (cells[at]! >= 0) at = (at + 1) & mask;
    cells[at] = slot;
  }

  /** Takes a slot out; those that had to make way for it move up, so no gravestone is needed. */
  remove(slot: number): void {
    const cells = this.#cells;
    const mask = cells.length - 1;
    let hole = this.#home(slot);
    while (cells[hole] !== slot) {
      if (cells[hole]! < 0) return;
      hole = (hole + 1) & mask;
    }
    for (let at = (hole + 1) & mask; cells[at]! >= 0; at = (at + 1) & mask) {
      const distance = (at - this.#home(cells[at]!)) & mask;
      if (distance < ((at - hole) & mask)) continue;
      cells[hole] = cells[at]!;
      hole = at;
    }
    cells[hole] = -1;
  }

  /** Makes room for `capacity` slots at half load, and enters the first `used` of them anew. */
  grow(capacity: number, used: number): void {
    const size = 2 * capacity;
    this.#cells = new Int32Array(size).fill(-1);
    this.#shift = 32 - Math.log2(size);
    const { addresses } = this.#addressOf;
    for (let slot = 0; slot < used; slot++) this.insert(slot, addresses[slot]!);
  }

  #home(slot: number): number {
    return Math.imul(this.#addressOf.addresses[slot]!, multiplier) >>> this.#shift;
  }
}

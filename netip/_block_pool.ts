// Hands out blocks of an index space: a binary buddy allocator (Knuth, TAOCP vol. 1 §2.5).
// It owns numbers only; whoever keeps something at them grows its storage up to `top`.

const MAX_ORDERS = 6;

/** Blocks of 1, 2, 4 … 2^maxOrder consecutive indexes, each aligned to its own size. */
export class BlockPool {
  /** One past the highest index ever handed out. */
  top = 0;
  readonly #maxOrder: number;
  /** One bit for each block of an order: set while it is free. */
  readonly #free: Uint32Array[] = [];
  /** Blocks of an order that were free when pushed; the bit says whether they still are. */
  readonly #stacks: Int32Array[] = [];
  readonly #heights: Int32Array = new Int32Array(MAX_ORDERS);

  constructor(maxOrder: number) {
    this.#maxOrder = maxOrder;
    for (let order = 0; order <= maxOrder; order++) {
      this.#free.push(new Uint32Array(1));
      this.#stacks.push(new Int32Array(4));
    }
  }

  /** Bytes that the pool itself takes. */
  get byteLength(): number {
    let total = 0;
    for (const bits of this.#free) total += bits.byteLength;
    for (const stack of this.#stacks) total += stack.byteLength;
    return total;
  }

  /** Gives the first index of a free block of 2^order. */
  allocate(order: number): number {
    for (let from = order; from <= this.#maxOrder; from++) {
      const index = this.#pop(from);
      if (index < 0) continue;
      for (let half = from - 1; half >= order; half--) this.#push(index + (1 << half), half);
      return index;
    }
    const size = 1 << order;
    while ((this.top & (size - 1)) !== 0) {
      const gap = this.top;
      const gapOrder = 31 - Math.clz32(gap & -gap);
      this.top += 1 << gapOrder;
      this.release(gap, gapOrder);
    }
    const index = this.top;
    this.top += size;
    return index;
  }

  /** Takes a block back and joins it with its free neighbours. */
  release(index: number, order: number): void {
    let block = index;
    let joined = order;
    while (joined < this.#maxOrder && this.#take(block ^ (1 << joined), joined)) {
      block &= ~(1 << joined);
      joined++;
    }
    this.#push(block, joined);
  }

  #take(index: number, order: number): boolean {
    const bits = this.#free[order]!;
    const block = index >>> order;
    const mask = 1 << (block & 31);
    const word = block >>> 5;
    if (word >= bits.length || (bits[word]! & mask) === 0) return false;
    bits[word]! &= ~mask;
    return true;
  }

  #pop(order: number): number {
    const stack = this.#stacks[order]!;
    while (this.#heights[order]! > 0) {
      const height = this.#heights[order]! - 1;
      this.#heights[order] = height;
      const index = stack[height]!;
      if (this.#take(index, order)) return index;
    }
    return -1;
  }

  #push(index: number, order: number): void {
    const block = index >>> order;
    let bits = this.#free[order]!;
    if (block >>> 5 >= bits.length) {
      const grown = new Uint32Array((block >>> 5) + (block >>> 7) + 1);
      grown.set(bits);
      this.#free[order] = bits = grown;
    }
    bits[block >>> 5]! |= 1 << (block & 31);
    let stack = this.#stacks[order]!;
    const height = this.#heights[order]!;
    if (height === stack.length) {
      const grown = new Int32Array(height + (height >>> 1));
      grown.set(stack);
      this.#stacks[order] = stack = grown;
    }
    stack[height] = index;
    this.#heights[order] = height + 1;
  }
}

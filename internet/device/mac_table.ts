/**
 * Which port of a switch a station was last heard on (IEEE 802.1D §7.8), without allocating.
 *
 * @module
 */
import { readI32, readU16 } from "@octet/wire";

const capacity = 4096;
const mask = capacity - 1;
/** So few probes at a fixed size mean a table that is never full, and a lookup that always ends. */
const longestProbe = 16;

/** A hash table from MAC addresses to small numbers; what finds no place is not learnt. */
export class MacTable {
  readonly #high: Int32Array = new Int32Array(capacity);
  readonly #low: Int32Array = new Int32Array(capacity);
  /** One more than the number learnt; 0 where nothing stands. */
  readonly #values: Int32Array = new Int32Array(capacity);

  /**
   * The number learnt for the address at `bytes[offset]`.
   *
   * @returns -1 when there is none.
   */
  get(bytes: Uint8Array, offset: number): number {
    const at = this.#find(readU16(bytes, offset), readI32(bytes, offset + 2));
    return at < 0 ? -1 : this.#values[at]! - 1;
  }

  /** Learns a number (0 or more) for the address at `bytes[offset]`. */
  set(bytes: Uint8Array, offset: number, value: number): void {
    const high = readU16(bytes, offset);
    const low = readI32(bytes, offset + 2);
    const at = this.#find(high, low);
    if (at < 0) return;
    this.#high[at] = high;
    this.#low[at] = low;
    this.#values[at] = value + 1;
  }

  /** Forgets all addresses that have this number. */
  forget(value: number): void {
    const highs = this.#high.slice();
    const lows = this.#low.slice();
    const values = this.#values.slice();
    this.#values.fill(0);
    for (let from = 0; from < capacity; from++) {
      const kept = values[from]!;
      if (kept === 0 || kept === value + 1) continue;
      const at = this.#find(highs[from]!, lows[from]!);
      if (at < 0) continue;
      this.#high[at] = highs[from]!;
      this.#low[at] = lows[from]!;
      this.#values[at] = kept;
    }
  }

  /** Where the address stands, or where it may be put; -1 when neither. */
  #find(high: number, low: number): number {
    let at = (Math.imul(low ^ (high << 16), 0x9e3779b1) >>> 20) & mask;
    for (let probe = 0; probe < longestProbe; probe++) {
      if (this.#values[at] === 0 || (this.#low[at] === low && this.#high[at] === high)) return at;
      at = (at + 1) & mask;
    }
    return -1;
  }
}

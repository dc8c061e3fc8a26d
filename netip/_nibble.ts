// The prefixes of one to four bits that a trie node keeps, as bits of a 30-bit map:
// 2 of one bit, then 4 of two, 8 of three, 16 of four. A longer prefix has a higher bit.

/** The bit of the prefix that a nibble's first `bits` bits make, 1 to 4. */
export function prefixBit(nibble: number, bits: number): number {
  return (1 << bits) - 2 + (nibble >>> 4 - bits);
}

/** How many bits the prefix at a bit of the map has, 1 to 4. */
export function prefixBits(bit: number): number {
  return 31 - Math.clz32(bit + 2);
}

/** For each nibble, the map of the four prefixes that match it. */
export const MATCHING: Int32Array = /* @__PURE__ */ Int32Array.from(
  { length: 16 },
  (_, nibble) =>
    1 << prefixBit(nibble, 1) | 1 << prefixBit(nibble, 2) | 1 << prefixBit(nibble, 3) |
    1 << prefixBit(nibble, 4),
);

/** Counts the ones of a 32-bit number. */
export function popcount(map: number): number {
  let x = map - (map >>> 1 & 0x55555555);
  x = (x & 0x33333333) + (x >>> 2 & 0x33333333);
  x = x + (x >>> 4) & 0x0f0f0f0f;
  return Math.imul(x, 0x01010101) >>> 24;
}

/** Counts the ones of a map below a bit. */
export function rank(map: number, bit: number): number {
  return popcount(map & (1 << bit) - 1);
}

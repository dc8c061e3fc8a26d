/** A bug behind four bytes that only coverage finds one by one, with no literal that spells them. */
export function planted(input: Uint8Array): number {
  let depth = 0;
  if (sum(input, 0) === 0x46) {
    depth++;
    if (sum(input, 1) === 0x55) {
      depth++;
      if (sum(input, 2) === 0x5a) {
        depth++;
        if (sum(input, 3) === 0x21) throw new Error(`Planted bug in ${input.length} bytes`);
      }
    }
  }
  return depth;
}

function sum(input: Uint8Array, index: number): number {
  return ((input[index] ?? 0) * 3 + 0x17) & 0xff;
}

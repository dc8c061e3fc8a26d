import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { CryptoRandom, type Random, randomBelow, SeededRandom } from "./random.ts";

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.uint32());
}

Deno.test("a seed stands for one sequence for ever", () => {
  assertEquals(draw(new SeededRandom(0), 4), [1427488602, 1980682239, 456575201, 3300212312]);
  assertEquals(draw(new SeededRandom(7), 4), [100587536, 2849664703, 2976894644, 2427842431]);
});

Deno.test("the generator is sfc32", () => {
  // The definition in its author's own terms, on unsigned big integers.
  const mask = 0xffff_ffffn;
  let [a, b, c, counter] = [123_456n, 0n, 0x9e37_79b9n, 1n];
  const next = () => {
    const result = (a + b + counter++) & mask;
    a = b ^ (b >> 9n);
    b = (c + (c << 3n)) & mask;
    c = ((((c << 21n) | (c >> 11n)) & mask) + result) & mask;
    return Number(result);
  };
  for (let i = 0; i < 12; i++) next();
  assertEquals(draw(new SeededRandom(123_456), 100), Array.from({ length: 100 }, next));
});

Deno.test("seeds that differ in any bit of 53 differ in their sequences", () => {
  const seen = new Set<string>();
  for (let bit = 0; bit < 53; bit++) seen.add(draw(new SeededRandom(2 ** bit), 2).join());
  seen.add(draw(new SeededRandom(0), 2).join());
  seen.add(draw(new SeededRandom(-1), 2).join());
  assertEquals(seen.size, 55);
});

const generators: [string, () => Random][] = [
  ["from a seed", () => new SeededRandom(42)],
  ["cryptographic", () => new CryptoRandom()],
];

for (const [name, make] of generators) {
  Deno.test(`numbers are integers of 32 bits, each bit set half the time: ${name}`, () => {
    const random = make();
    const count = 20_000;
    const set = new Array<number>(32).fill(0);
    for (let i = 0; i < count; i++) {
      const number = random.uint32();
      assert(Number.isInteger(number) && number >= 0 && number < 2 ** 32);
      for (let bit = 0; bit < 32; bit++) set[bit]! += (number >>> bit) & 1;
    }
    // Eight standard deviations: once in 10^14 runs for each bit.
    const bound = 8 * Math.sqrt(count / 4);
    for (const ones of set) assert(Math.abs(ones - count / 2) < bound, `${ones} of ${count}`);
  });

  Deno.test(`numbers below a bound fall evenly, ends included: ${name}`, () => {
    const random = make();
    const [count, bound] = [60_000, 6];
    const faces = new Array<number>(bound).fill(0);
    for (let i = 0; i < count; i++) faces[randomBelow(random, bound)]!++;
    assertEquals(faces.length, bound);
    const expected = count / bound;
    for (const face of faces) assert(Math.abs(face - expected) < 8 * Math.sqrt(expected));
  });
}

Deno.test("a number below a bound stays below it, whatever is drawn", () => {
  for (const drawn of [0, 1, 2 ** 31, 2 ** 32 - 1]) {
    const random: Random = { uint32: () => drawn };
    for (const bound of [1, 2, 3, 1000, 65_536, 2 ** 31, 2 ** 32]) {
      const number = randomBelow(random, bound);
      assert(Number.isInteger(number) && number >= 0 && number < bound, `${drawn}, ${bound}`);
    }
  }
  assertEquals(randomBelow({ uint32: () => 2 ** 32 - 1 }, 6), 5);
});

Deno.test("the cryptographic generator does not repeat itself over its blocks", () => {
  const random = new CryptoRandom();
  const first = draw(random, 256);
  assertNotEquals(first, draw(random, 256));
  assert(new Set(first).size > 250);
});

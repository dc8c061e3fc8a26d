import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { SeededRandom } from "@octet/wire";
import { initialSequence, KeyedHash, timestampOffset } from "./isn.ts";

/** A source that gives fixed words. */
function words(...values: number[]): { uint32(): number } {
  return { uint32: () => values.shift()! };
}

/** HalfSipHash-2-4 with 32 bits of output, octet by octet as its paper describes it. */
function halfSipHash(key0: number, key1: number, input: readonly number[]): number {
  const v = Uint32Array.of(key0, key1, 0x6c796765 ^ key0, 0x74656462 ^ key1);
  const rotate = (i: number, by: number) => v[i] = (v[i]! << by) | (v[i]! >>> (32 - by));
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) {
      v[0]! += v[1]!;
      rotate(1, 5);
      v[1]! ^= v[0]!;
      rotate(0, 16);
      v[2]! += v[3]!;
      rotate(3, 8);
      v[3]! ^= v[2]!;
      v[0]! += v[3]!;
      rotate(3, 7);
      v[3]! ^= v[0]!;
      v[2]! += v[1]!;
      rotate(1, 13);
      v[1]! ^= v[2]!;
      rotate(2, 16);
    }
  };
  const whole = input.length - input.length % 4;
  for (let at = 0; at <= whole; at += 4) {
    let word = at === whole ? input.length << 24 : 0;
    for (let i = 0; i < 4 && at + i < input.length; i++) word |= input[at + i]! << (8 * i);
    v[3]! ^= word;
    rounds(2);
    v[0]! ^= word;
  }
  v[2]! ^= 0xff;
  rounds(4);
  return (v[1]! ^ v[3]!) | 0;
}

Deno.test("the model agrees with the vectors published with HalfSipHash", () => {
  // vectors_hsip32 of the reference implementation: key 00…07, input 00, 01, … of each length.
  const published = [
    0x5b9f35a9,
    0xb85a4727,
    0x03a662fa,
    0x04e7fe8a,
    0x89466e2a,
    0x69b6fac5,
    0x23fc6358,
    0xc563cf8b,
    0x8f84b8d0,
  ];
  for (const [length, hash] of published.entries()) {
    const input = Array.from({ length }, (_, i) => i);
    assertEquals(halfSipHash(0x03020100, 0x07060504, input), hash | 0, `${length}`);
  }
});

Deno.test("sixteen octets: the published vector", () => {
  const hash = new KeyedHash(words(0x03020100, 0x07060504));
  const found = hash.hash(0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c);
  assertEquals(found >>> 0, 0x84acb5d9);
});

Deno.test("any key and any four words: as the model", () => {
  const random = new SeededRandom(3);
  for (let round = 0; round < 500; round++) {
    const [k0, k1, ...input] = Array.from({ length: 6 }, () => random.uint32());
    const octets = input.flatMap((word) => [0, 8, 16, 24].map((shift) => (word >>> shift) & 0xff));
    const hash = new KeyedHash(words(k0!, k1!));
    const [a, b, c, d] = input;
    assertEquals(hash.hash(a!, b!, c!, d!), halfSipHash(k0!, k1!, octets));
  }
});

Deno.test("the clock adds one every 4 microseconds (RFC 6528 §3)", () => {
  const hash = new KeyedHash(new SeededRandom(1));
  const at = (now: number) => initialSequence(hash, 1, 2, 3, now);
  const start = at(0);
  assertEquals((at(1) - start) | 0, 250);
  assertEquals((at(1000) - start) | 0, 250_000);
  assertEquals((at(2 ** 32 / 250) - start) | 0, 0, "comes round in 4.77 hours");
  assertEquals(at(123_456_789_012.5), at(123_456_789_012.5) | 0);
});

Deno.test("each part of the pair and the key changes the number", () => {
  const numbers = new Set<number>();
  for (const seed of [1, 2]) {
    const hash = new KeyedHash(new SeededRandom(seed));
    for (const [local, remote, ports] of [[1, 2, 3], [9, 2, 3], [1, 9, 3], [1, 2, 9]] as const) {
      numbers.add(initialSequence(hash, local, remote, ports, 0));
    }
  }
  assertEquals(numbers.size, 8);
});

Deno.test("timestamps start elsewhere for each peer, the same for all its connections (RFC 7323 §7.1)", () => {
  const hash = new KeyedHash(new SeededRandom(1));
  assertEquals(timestampOffset(hash, 1, 2), timestampOffset(hash, 1, 2));
  assertNotEquals(timestampOffset(hash, 1, 2), timestampOffset(hash, 1, 3));
  assert(Number.isInteger(timestampOffset(hash, 0xffffffff, 0xfffffffe)));
});

import { assert, assertEquals } from "@std/assert";
import { SeededRandom } from "@octet/wire";
import { Mutator } from "./mutator.ts";
import { Sweep } from "./sweep.ts";

Deno.test("mutations stay within the length and leave their bases alone", () => {
  for (const maxLength of [1, 2, 7, 100]) {
    const mutator = new Mutator(new SeededRandom(maxLength), maxLength, [new Uint8Array(5)]);
    const base = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    const other = new Uint8Array(200).fill(7);
    for (let i = 0; i < 5000; i++) {
      assert(mutator.mutate(base, other).length <= maxLength);
      mutator.mutate(new Uint8Array(0), new Uint8Array(0));
    }
    assertEquals(base, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
    assertEquals(other, new Uint8Array(200).fill(7));
  }
});

Deno.test("mutations shorten, lengthen, keep the length, and use words and the other input", () => {
  const word = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);
  const mutator = new Mutator(new SeededRandom(9), 64, [word]);
  const base = new Uint8Array(16);
  const other = new Uint8Array(16).fill(0x77);
  const seen = { shorter: 0, longer: 0, same: 0, word: 0, other: 0, length: 0 };
  for (let i = 0; i < 3000; i++) {
    const input = mutator.mutate(base, other);
    if (input.length < 16) seen.shorter++;
    else if (input.length > 16) seen.longer++;
    else if (input.some((byte) => byte !== 0)) seen.same++;
    if (input.toHex().includes("deadbeef")) seen.word++;
    if (input.toHex().includes("777777")) seen.other++;
    if (input.length === 16 && input.includes(16)) seen.length++;
  }
  for (const [what, count] of Object.entries(seen)) assert(count > 30, `${what}: ${count}`);
});

Deno.test("a sweep tries every value of every byte and of one byte more", () => {
  const sweep = new Sweep(Uint8Array.of(5, 6), 100);
  const seen = new Set<string>();
  for (let input = sweep.next(); input !== undefined; input = sweep.next()) seen.add(input.toHex());
  assertEquals(seen.size, 3 * 256 - 1);
  assert(seen.has("ff06") && seen.has("0500") && seen.has("0506fe"));
});

Deno.test("a sweep keeps to the maximum length", () => {
  const sweep = new Sweep(Uint8Array.of(5), 1);
  let count = 0;
  for (let input = sweep.next(); input !== undefined; input = sweep.next()) {
    assertEquals(input.length, 1);
    count++;
  }
  assertEquals(count, 256);
});

import { assert, assertEquals } from "@std/assert";
import { shrink } from "./shrink.ts";

function random(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 167 + 13) & 0xff);
}

Deno.test("bytes that do not matter are cut, wherever they are", async () => {
  const input = random(300);
  input.set([0xca, 0xfe], 150);
  const result = await shrink(input, (candidate) => candidate.toHex().includes("cafe"));
  assertEquals(result.toHex(), "cafe");
});

Deno.test("two places that must both stay are kept, and what is between them goes", async () => {
  const input = new Uint8Array(64).fill(9);
  input[3] = 0x41;
  input[60] = 0x42;
  const fails = (candidate: Uint8Array) =>
    candidate.indexOf(0x42) > candidate.indexOf(0x41) &&
    candidate.includes(0x41);
  assertEquals(await shrink(input, fails), Uint8Array.of(0x41, 0x42));
});

Deno.test("bytes of a fixed length become zero, thresholds their least value", async () => {
  const fails = (candidate: Uint8Array) => candidate.length === 20 && candidate[7]! >= 100;
  const expected = new Uint8Array(20);
  expected[7] = 100;
  assertEquals(await shrink(random(20).fill(200, 7, 8), fails), expected);
});

Deno.test("an asynchronous predicate is awaited", async () => {
  const result = await shrink(random(9), async (candidate) => {
    await Promise.resolve();
    return candidate.length > 4;
  });
  assertEquals(result, new Uint8Array(5));
});

Deno.test("the input itself is never changed, and attempts are kept to", async () => {
  const input = random(1000);
  let attempts = 0;
  const result = await shrink(input, () => {
    attempts++;
    return false;
  }, { attempts: 37 });
  assertEquals(attempts, 37);
  assertEquals(result, random(1000));
  assert(result === input);
});

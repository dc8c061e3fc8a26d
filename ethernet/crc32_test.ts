import { assert, assertEquals } from "@std/assert";
import { crc32, hasValidFrameCheck } from "./crc32.ts";

Deno.test("CRC-32 of known texts", () => {
  const cases: [string, number][] = [
    ["", 0],
    ["a", 0xe8b7be43],
    ["abc", 0x352441c2],
    ["123456789", 0xcbf43926],
    ["The quick brown fox jumps over the lazy dog", 0x414fa339],
  ];
  for (const [text, expected] of cases) {
    const bytes = new TextEncoder().encode(text);
    assertEquals(crc32(bytes, 0, bytes.length), expected, text);
    const half = bytes.length >> 1;
    assertEquals(crc32(bytes, half, bytes.length, crc32(bytes, 0, half)), expected, text);
  }
});

Deno.test("a frame check sequence finds every single flipped bit", () => {
  const bytes = new Uint8Array(64);
  for (let i = 0; i < 60; i++) bytes[i] = i * 31;
  new DataView(bytes.buffer).setUint32(60, crc32(bytes, 0, 60), true);
  assert(hasValidFrameCheck(bytes, 0, 64));
  for (let bit = 0; bit < 512; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    assert(!hasValidFrameCheck(bytes, 0, 64));
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
  assert(!hasValidFrameCheck(bytes, 0, 3));
});

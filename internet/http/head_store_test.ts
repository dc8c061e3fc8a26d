import { assertEquals } from "@std/assert";
import { HeadStore } from "./head_store.ts";

Deno.test("HeadStore keeps heads of any length, also when others come", () => {
  const store = new HeadStore();
  const source = Uint8Array.from({ length: 70_000 }, (_, i) => i % 251);
  const kept: { bytes: Uint8Array; begin: number }[] = [];
  let begin = 0;
  for (const length of [1, 100, 1024, 1025, 60_000, 8, ...Array(400).fill(50)]) {
    store.keep(source, begin, begin + length);
    assertEquals(store.end - store.offset, length);
    kept.push({ bytes: store.bytes.subarray(store.offset, store.end), begin });
    begin = (begin + 77) % 1000;
  }
  for (const { bytes, begin } of kept) {
    assertEquals(bytes.length, bytes.filter((byte, i) => byte === source[begin + i]).length);
  }
});

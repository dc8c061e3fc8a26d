import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BlockPool } from "./_block_pool.ts";

const MAX_ORDER = 4;

Deno.test("BlockPool hands out aligned blocks that never overlap, and joins them when they return", () => {
  const step = fc.record({
    order: fc.integer({ min: 0, max: MAX_ORDER }),
    release: fc.boolean(),
    pick: fc.nat(),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const pool = new BlockPool(MAX_ORDER);
    const held: [number, number][] = [];
    const used = new Set<number>();
    for (const { order, release, pick } of steps) {
      if (release && held.length > 0) {
        const [[index, size]] = held.splice(pick % held.length, 1) as [[number, number]];
        for (let i = 0; i < 1 << size; i++) used.delete(index + i);
        pool.release(index, size);
        continue;
      }
      const index = pool.allocate(order);
      assertEquals(index % (1 << order), 0);
      assert(index + (1 << order) <= pool.top);
      for (let i = 0; i < 1 << order; i++) {
        assert(!used.has(index + i), `${index + i} handed out twice`);
        used.add(index + i);
      }
      held.push([index, order]);
    }
    for (const [index, order] of held) pool.release(index, order);
    const top = pool.top;
    for (let i = 0; i < top >>> MAX_ORDER; i++) pool.allocate(MAX_ORDER);
    assertEquals(pool.top, top, "what came back makes whole blocks again");
  }));
});

Deno.test("BlockPool takes no more room for its own books in a steady state", () => {
  const pool = new BlockPool(MAX_ORDER);
  const step = () => {
    const held = Array.from({ length: 100 }, (_, i) => [pool.allocate(i % 5), i % 5] as const);
    for (const [index, order] of held) pool.release(index, order);
  };
  for (let i = 0; i < 10; i++) step();
  const before = pool.byteLength;
  for (let i = 0; i < 1000; i++) step();
  assertEquals(pool.byteLength, before);
});

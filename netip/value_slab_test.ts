import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ValueSlab } from "./_value_slab.ts";

Deno.test("ValueSlab keeps runs in order and lets go of what was removed", () => {
  const step = fc.record({ run: fc.nat(3), insert: fc.boolean(), at: fc.nat(30) });
  fc.assert(fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
    const slab = new ValueSlab<string>();
    const runs = Array.from({ length: 4 }, () => ({ start: 0, values: [] as string[] }));
    let top = 0;
    for (const [i, { run, insert, at }] of steps.entries()) {
      const each = runs[run]!;
      const count = each.values.length;
      if (insert && count < 30) {
        const rank = at % (count + 1);
        each.start = slab.insert(each.start, count, rank, `value ${i}`);
        each.values.splice(rank, 0, `value ${i}`);
        top = Math.max(top, each.start + 32);
      } else if (!insert && count > 0) {
        each.start = slab.remove(each.start, count, at % count);
        each.values.splice(at % count, 1);
      }
      for (const { start, values } of runs) {
        assertEquals(values.map((_, i) => slab.get(start + i)), values);
      }
    }
    const held: string[] = [];
    for (let slot = 0; slot < Math.min(top, 1024); slot++) {
      const value: string | undefined = slab.get(slot);
      if (value !== undefined) held.push(value);
    }
    assertEquals(held.sort(), runs.flatMap(({ values }) => values).sort());
  }));
});

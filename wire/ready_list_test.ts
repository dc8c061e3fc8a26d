import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BaseNode } from "./node.ts";
import { ReadyList } from "./ready_list.ts";
import { Verdict } from "./verdict.ts";

class Item extends BaseNode {
  override demux(): Verdict {
    return Verdict.Ok;
  }

  override encapsulate(): number {
    return 0;
  }
}

Deno.test("first in, first out", () => {
  const list = new ReadyList();
  const [a, b, c] = [new Item(), new Item(), new Item()];
  assertEquals([list.isEmpty, list.shift()], [true, null]);
  for (const item of [a, b, c]) list.push(item.turn);
  assertEquals([list.isEmpty, a.isReady], [false, true]);
  assert(list.shift()?.node === a);
  assertEquals([a.isReady, a.turn.next, a.turn.previous], [false, null, null]);
  list.push(a.turn);
  assert(list.shift()?.node === b);
  assert(list.shift()?.node === c);
  assert(list.shift()?.node === a);
  assertEquals([list.isEmpty, list.shift()], [true, null]);
});

Deno.test("any sequence of operations, against an array", () => {
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.constantFrom("push", "remove", "shift"), fc.nat(6)), { maxLength: 200 }),
    (steps: ["push" | "remove" | "shift", number][]) => {
      const list = new ReadyList();
      const items = Array.from({ length: 7 }, () => new Item());
      const model: Item[] = [];
      for (const [what, number] of steps) {
        const item = items[number]!;
        const index = model.indexOf(item);
        if (what === "shift") assert(list.shift() === (model.shift()?.turn ?? null));
        else if (what === "push" && index < 0) {
          list.push(item.turn);
          model.push(item);
        } else if (what === "remove" && index >= 0) {
          list.remove(item.turn);
          model.splice(index, 1);
        }
        assertEquals(list.isEmpty, model.length === 0);
        items.forEach((item) => assertEquals(item.isReady, model.includes(item)));
      }
      while (model.length > 0) assert(list.shift() === model.shift()!.turn);
      assertEquals(list.shift(), null);
    },
  ));
});

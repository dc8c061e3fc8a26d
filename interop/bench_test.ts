/** The measurements on their smallest scale: that they measure, not what they find. */
import { assert, assertEquals } from "@std/assert";
import { bundleOf, LIMITS } from "../tools/bench_weight.ts";
import { measureIdle } from "./bench/idle.ts";
import { measureLatency } from "./bench/latency.ts";

Deno.test("round trips and floods are measured beside the kernel's", async () => {
  const figures = await measureLatency(200);
  assertEquals(figures.length, 6);
  for (const { name, value } of figures) assert(value > 0 && value < 1e6, `${name}: ${value}`);
});

Deno.test("an idle stack is looked on", async () => {
  const [figure] = await measureIdle(1);
  assert(figure!.value >= 0 && figure!.value <= 100);
});

Deno.test("no module weighs more than it may", async () => {
  for (const [folder, limit] of Object.entries(LIMITS)) {
    const { length } = await bundleOf(`${folder}/mod.ts`);
    assert(length > 0 && length <= limit * 1000, `${folder}: ${length} bytes`);
  }
});

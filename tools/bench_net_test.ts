import { assertEquals } from "@std/assert";
import type { Figure } from "@octet/testing/bench";
import { medians } from "./bench_net.ts";

function run(a: number, b: number): Figure[] {
  const base = { group: "g", unit: "Gbit/s", better: "more" } as const;
  return [{ ...base, name: "kernel", value: a }, { ...base, name: "ours", value: b, target: a }];
}

Deno.test("each figure is the median of its runs, and keeps what it was held against in that run", () => {
  const found = medians([run(10, 7), run(30, 5), run(20, 9)]);
  assertEquals(found.map(({ value, target }) => [value, target]), [[20, undefined], [7, 10]]);
});

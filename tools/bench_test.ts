import { assert, assertEquals } from "@std/assert";
import type { BenchOrder, BenchResult } from "./bench.ts";
import { runDeno } from "./terminal.ts";

async function benchFile(more: Partial<BenchOrder> = {}): Promise<BenchResult> {
  const report = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const order: BenchOrder = {
      file: "tools/testdata/measured.ts",
      report,
      time: 30,
      ...more,
    };
    const { code } = await runDeno([
      "run",
      "--allow-all",
      "--no-check",
      "--v8-flags=--expose-gc",
      "tools/bench_file.ts",
      JSON.stringify(order),
    ], { show: false });
    assertEquals(code, 0);
    return JSON.parse(await Deno.readTextFile(report));
  } finally {
    await Deno.remove(report);
  }
}

Deno.test("benchmarks declared in either way are measured, each once, with what they allocate", async () => {
  const { measurements: [ours, theirs, ...more], figures, alone } = await benchFile();
  assertEquals(more, []);
  assertEquals([ours?.name, ours?.group, ours?.peers], ["ours", "g", { other: 12 }]);
  assertEquals([theirs?.name, theirs?.group], ["theirs", "h"]);
  assert(ours!.nsPerOp > 0 && theirs!.nsPerOp > 0);
  assert(ours!.bytesPerOp > 60 && theirs!.bytesPerOp < 1);
  assertEquals(alone, ["alone"]);
  assertEquals(figures, [
    { name: "size", value: 7, group: "g", unit: "B", target: 8, better: "less" },
  ]);
});

Deno.test("a filter chooses among the benchmarks of a file", async () => {
  const { measurements, figures } = await benchFile({ filter: "measured.ts theirs" });
  assertEquals(measurements.map((one) => one.name), ["theirs"]);
  assertEquals(figures, []);
});

Deno.test("a benchmark that wants a process of its own is measured there, or with the others when asked", async () => {
  const names = async (order: Partial<BenchOrder>) =>
    (await benchFile(order)).measurements.map((one) => one.name);
  assertEquals(await names({ only: "alone" }), ["alone"]);
  assertEquals(await names({ together: true, filter: "alone" }), ["alone"]);
});

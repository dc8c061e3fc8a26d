import { assert, assertEquals } from "@std/assert";
import type { Measurement } from "@octet/testing/bench";
import type { BenchOrder } from "./bench.ts";
import { runDeno } from "./terminal.ts";

async function benchFile(filter?: string): Promise<Measurement[]> {
  const report = await Deno.makeTempFile({ suffix: ".json" });
  try {
    const order: BenchOrder = {
      file: "tools/testdata/measured.ts",
      report,
      time: 30,
      ...filter === undefined ? {} : { filter },
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
  const [ours, theirs, ...more] = await benchFile();
  assertEquals(more, []);
  assertEquals([ours?.name, ours?.group, ours?.peers], ["ours", "g", { other: 12 }]);
  assertEquals([theirs?.name, theirs?.group], ["theirs", "h"]);
  assert(ours!.nsPerOp > 0 && theirs!.nsPerOp > 0);
  assert(ours!.bytesPerOp > 60 && theirs!.bytesPerOp < 1);
});

Deno.test("a filter chooses among the benchmarks of a file", async () => {
  assertEquals((await benchFile("measured.ts theirs")).map((one) => one.name), ["theirs"]);
});

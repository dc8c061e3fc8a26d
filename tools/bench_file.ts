/**
 * Measures the benchmarks of one file. Run by `bench.ts`, with its order as JSON.
 *
 * A file may declare its benchmarks with `bench` of `@octet/testing/bench`, or with `Deno.bench`.
 *
 * @module
 */

import { type Benchmark, benchmarksDeclared, measure } from "@octet/testing/bench";
import { type BenchOrder, isWanted } from "./bench.ts";
import { root } from "./terminal.ts";

const order: BenchOrder = JSON.parse(Deno.args[0]!);

const plain: Benchmark[] = [];
let ours = 0;

/** Stands in for `Deno.bench`, which does nothing outside of `deno bench`. */
function capture(...args: unknown[]): void {
  // Each benchmark declared with `bench` comes by here too.
  if (benchmarksDeclared().length > ours) {
    ours = benchmarksDeclared().length;
    return;
  }
  const body = args.find((argument) => typeof argument === "function") as
    | ((context: Deno.BenchContext) => unknown)
    | undefined;
  const name = args.find((argument) => typeof argument === "string");
  const definition = (args.find((argument) => typeof argument === "object") ?? {}) as Partial<
    Deno.BenchDefinition
  >;
  const run = body ?? definition.fn;
  if (run === undefined || definition.ignore) return;
  const title = name ?? definition.name ?? run.name;
  const context: Deno.BenchContext = { name: title, origin: order.file, start() {}, end() {} };
  plain.push({
    name: title,
    body: () => run(context),
    options: definition.group === undefined ? {} : { group: definition.group },
  });
}

Object.defineProperty(Deno, "bench", { value: capture });
await import(new URL(order.file, root).href);

const results = [];
const time = order.time === undefined ? {} : { time: order.time };
for (const { name, body, options } of [...benchmarksDeclared(), ...plain]) {
  if (!isWanted(order, name)) continue;
  const group = options.group ?? order.file.replace(/_bench\.ts$/, "");
  results.push(await measure(name, body, { ...options, ...time, group }));
}
await Deno.writeTextFile(order.report, JSON.stringify(results));

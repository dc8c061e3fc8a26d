/**
 * Measures the benchmarks of one file. Run by `bench.ts`, with its order as JSON.
 *
 * A file may declare its benchmarks with `bench` of `@octet/testing/bench`, or with `Deno.bench`.
 *
 * @module
 */

import {
  type Benchmark,
  benchmarksDeclared,
  type Figure,
  figuresDeclared,
  measure,
} from "@octet/testing/bench";
import { type BenchOrder, type BenchResult, isWanted } from "./bench.ts";
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
    setup: () => () => run(context),
    options: definition.group === undefined ? {} : { group: definition.group },
  });
}

Object.defineProperty(Deno, "bench", { value: capture });
await import(new URL(order.file, root).href);

const result: BenchResult = { measurements: [], figures: [], alone: [] };
const time = order.time === undefined ? {} : { time: order.time };
const title = order.file.replace(/_bench\.ts$/, "");
for (const { name, setup, options } of [...benchmarksDeclared(), ...plain]) {
  const isAsked = order.only === undefined ? isWanted(order, name) : order.only === name;
  if (!isAsked) continue;
  if (options.isolated && !order.together && order.only === undefined) {
    result.alone.push(name);
    continue;
  }
  const group = options.group ?? title;
  result.measurements.push(await measure(name, setup(), { ...options, ...time, group }));
}
for (const { name, take, options } of figuresDeclared()) {
  if (order.only !== undefined || !isWanted(order, name)) continue;
  const value = await take();
  const figure: Figure = { name, value, ...options, better: options.better ?? "less" };
  result.figures.push(figure);
}
await Deno.writeTextFile(order.report, JSON.stringify(result));

// Hosts whose loops run would keep the process alive.
Deno.exit(0);

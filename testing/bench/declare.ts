/**
 * The list of benchmarks that the loaded files declared.
 *
 * @module
 */

import type { BenchBody, MeasureOptions } from "./measure.ts";

/** A benchmark that waits to be measured. */
export interface Benchmark {
  /** What it is. */
  readonly name: string;
  /** The code. */
  readonly body: BenchBody;
  /** How to measure it. */
  readonly options: MeasureOptions;
}

const benchmarks: Benchmark[] = [];

/**
 * The benchmarks declared with {@linkcode bench} by the files loaded so far, in their order.
 *
 * @example
 * ```ts
 * import { bench, benchmarksDeclared } from "@octet/testing/bench";
 * import { assertEquals } from "@std/assert";
 *
 * bench("nothing", () => {});
 * assertEquals(benchmarksDeclared().map((benchmark) => benchmark.name), ["nothing"]);
 * ```
 *
 * @returns The list itself; it grows as files are loaded.
 */
export function benchmarksDeclared(): readonly Benchmark[] {
  return benchmarks;
}

/**
 * Declares a benchmark, for `deno bench` and for the bench command alike.
 *
 * @example
 * ```ts
 * import { bench } from "@octet/testing/bench";
 *
 * const bytes = new Uint8Array(1460);
 * bench("fill", () => bytes.fill(7), { group: "arrays", bytes: 1460, peers: { memset: 30 } });
 * ```
 *
 * @param name What it is.
 * @param body The code; it may do several operations, see {@linkcode MeasureOptions.operations}.
 * @param options How to measure, and what to say about it.
 */
export function bench(name: string, body: BenchBody, options: MeasureOptions = {}): void {
  benchmarks.push({ name, body, options });
  if (typeof Deno !== "undefined") {
    const group = options.group === undefined ? {} : { group: options.group };
    // Passed on as it is: a function around it would be measured too.
    Deno.bench(name, group, body as () => void | Promise<void>);
  }
}

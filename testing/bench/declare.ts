/**
 * The list of benchmarks that the loaded files declared.
 *
 * @module
 */

import type { FigureOptions } from "./figure.ts";
import type { BenchBody, MeasureOptions } from "./measure.ts";

/** A benchmark that waits to be measured. */
export interface Benchmark {
  /** What it is. */
  readonly name: string;
  /** Makes the code; called once, right before it is measured. */
  readonly setup: () => BenchBody;
  /** How to measure it. */
  readonly options: MeasureOptions;
}

/** A figure that waits to be taken. */
export interface DeclaredFigure {
  /** What it is. */
  readonly name: string;
  /** Takes it. */
  readonly take: () => number | Promise<number>;
  /** What it is held against. */
  readonly options: FigureOptions;
}

const benchmarks: Benchmark[] = [];
const figures: DeclaredFigure[] = [];

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
 * The figures declared with {@linkcode figure} by the files loaded so far, in their order.
 *
 * @example
 * ```ts
 * import { figure, figuresDeclared } from "@octet/testing/bench";
 * import { assertEquals } from "@std/assert";
 *
 * figure("answer", () => 42, { group: "g", unit: "B" });
 * assertEquals(await figuresDeclared()[0]?.take(), 42);
 * ```
 *
 * @returns The list itself; it grows as files are loaded.
 */
export function figuresDeclared(): readonly DeclaredFigure[] {
  return figures;
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
  benchmarks.push({ name, setup: () => body, options });
  // Passed on as it is: a function around it would be measured too.
  declareToDeno(name, body, options);
}

/**
 * Declares a benchmark whose preparations are made right before it is measured, and not at all when
 * it is not wanted.
 *
 * @example
 * ```ts
 * import { benchWith } from "@octet/testing/bench";
 *
 * benchWith("fill", () => {
 *   const bytes = new Uint8Array(1460);
 *   return () => bytes.fill(7);
 * }, { bytes: 1460 });
 * ```
 *
 * @param name What it is.
 * @param setup Prepares, and gives the code.
 * @param options How to measure, and what to say about it.
 */
export function benchWith(
  name: string,
  setup: () => BenchBody,
  options: MeasureOptions = {},
): void {
  benchmarks.push({ name, setup, options });
  let body: BenchBody | undefined;
  declareToDeno(name, () => (body ??= setup())(), options);
}

/**
 * Declares a figure that is taken once, such as an amount of memory; only the bench command does.
 *
 * @example
 * ```ts
 * import { figure } from "@octet/testing/bench";
 *
 * figure("an array of 100", () => 816, { group: "memory", unit: "B", target: 900 });
 * ```
 *
 * @param name What it is.
 * @param take Takes it.
 * @param options Its unit, and what it is held against.
 */
export function figure(
  name: string,
  take: () => number | Promise<number>,
  options: FigureOptions,
): void {
  figures.push({ name, take, options });
}

function declareToDeno(name: string, body: BenchBody, options: MeasureOptions): void {
  if (typeof Deno === "undefined") return;
  const group = options.group === undefined ? {} : { group: options.group };
  Deno.bench(name, group, body as () => void | Promise<void>);
}

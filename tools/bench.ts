/**
 * `deno task bench`: measures what `*_bench.ts` files declare, each file in a process of its own,
 * and prints nanoseconds and allocated bytes per operation beside the figures of others.
 *
 * @module
 */

import {
  calibrate,
  type Figure,
  figureOf,
  formatFigures,
  formatTable,
  type Measurement,
} from "@octet/testing/bench";
import { describeMachine, thisMachine, writeReport } from "./bench_report.ts";
import { parseDuration } from "./durations.ts";
import { matches, orUsage, readOptions } from "./options.ts";
import { print, runDeno } from "./terminal.ts";
import { filesBelow } from "./workspace.ts";

const USAGE = `Usage: deno task bench [PATH …] [--filter TEXT] [--time 500ms] [--together]
                       [--json FILE]

  PATH           only files below these folders, or these files
  --filter TEXT  only benchmarks whose file and name, as in wire/checksum_bench.ts checksum 1460 B,
                 contain TEXT, or match it when it is a /regular expression/
  --time TIME    how long each benchmark is measured, such as 200ms or 2s (500ms)
  --together     a process a file, where some have one a benchmark otherwise: what V8 makes of code
                 that has seen all of the file's uses
  --json FILE    write the figures to FILE too; deno task bench:check compares two such files

ns/op is the fastest of 100 rounds for code that allocates next to nothing, else
their median. B/op counts what
V8 allocates, on its heap and in array buffers; less than a byte is shown as 0. The figures of others
were taken on another machine: they and what is to be reached are scaled by the calibration, which
says how much slower this one is.`;

/** What the process that measures one file is told, as JSON. */
export interface BenchOrder {
  readonly file: string;
  readonly filter?: string;
  /** The one benchmark to measure. */
  readonly only?: string;
  /** Whether benchmarks that want a process of their own do without. */
  readonly together?: boolean;
  /** How long to measure each, in milliseconds, instead of what the file says. */
  readonly time?: number;
  /** Where it writes its {@linkcode BenchResult}, as JSON. */
  readonly report: string;
}

/** What it found. */
export interface BenchResult {
  readonly measurements: Measurement[];
  readonly figures: Figure[];
  /** Benchmarks that want a process of their own, not measured yet. */
  readonly alone: string[];
}

/**
 * A collector that can be called, and room for a whole round of what a round allocates, so that no
 * collection falls into it.
 */
const V8_FLAGS = "--v8-flags=--expose-gc,--min-semi-space-size=64,--max-semi-space-size=64";

if (import.meta.main) {
  const { values, flags, rest, time } = orUsage(USAGE, () => {
    const options = readOptions(Deno.args, ["filter", "time", "json"], ["together"]);
    const time = options.values.get("time");
    return { ...options, time: time === undefined ? undefined : parseDuration(time) };
  });
  const filter = values.get("filter");
  const calibration = await calibrate();
  const machine = thisMachine();
  print(describeMachine(machine, calibration));

  const report = await Deno.makeTempFile({ suffix: ".json" });
  const figures: Figure[] = [];
  let failed = 0;
  const measureFile = async (order: Omit<BenchOrder, "report">): Promise<BenchResult> => {
    await Deno.writeTextFile(report, '{"measurements":[],"figures":[],"alone":[]}');
    const full: BenchOrder = {
      ...order,
      report,
      ...time === undefined ? {} : { time },
      ...filter === undefined ? {} : { filter },
    };
    const { code } = await runDeno([
      "run",
      "--allow-all",
      "--no-check",
      V8_FLAGS,
      "tools/bench_file.ts",
      JSON.stringify(full),
    ]);
    if (code !== 0) {
      print(`${order.file} ended with ${code}`);
      failed++;
    }
    return JSON.parse(await Deno.readTextFile(report));
  };
  try {
    for (const file of await wantedFiles(rest)) {
      const found = await measureFile({ file, together: flags.has("together") });
      for (const only of found.alone) {
        found.measurements.push(...(await measureFile({ file, only })).measurements);
      }
      if (found.measurements.length > 0) {
        print(`\n${formatTable(found.measurements, calibration)}`.trimEnd());
      }
      if (found.figures.length > 0) {
        print(`\n${formatFigures(found.figures, calibration)}`.trimEnd());
      }
      figures.push(...found.measurements.map(figureOf), ...found.figures);
    }
  } finally {
    await Deno.remove(report);
  }
  const json = values.get("json");
  if (json !== undefined) await writeReport(json, { kind: "bench", machine, calibration, figures });
  if (figures.length === 0 && failed === 0) print(`No benchmark matches ${filter ?? "anything"}`);
  Deno.exit(failed === 0 && figures.length > 0 ? 0 : 1);
}

async function wantedFiles(paths: readonly string[]): Promise<string[]> {
  const all = await filesBelow(".", "_bench.ts");
  if (paths.length === 0) return all;
  const wanted = paths.map((path) => path.replace(/^\.\//, "").replace(/\/$/, ""));
  for (const path of wanted) {
    if (all.some((file) => isBelow(file, path))) continue;
    print(`Cannot measure ${path} as there is no file that ends in _bench.ts`);
    Deno.exit(2);
  }
  return all.filter((file) => wanted.some((path) => isBelow(file, path)));
}

function isBelow(file: string, path: string): boolean {
  return file === path || path === "." || file.startsWith(`${path}/`);
}

/** Whether a benchmark is asked for. */
export function isWanted(order: BenchOrder, name: string): boolean {
  return matches(order.filter, `${order.file} ${name}`);
}

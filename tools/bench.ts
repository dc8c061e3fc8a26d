/**
 * `deno task bench`: measures what `*_bench.ts` files declare, each file in a process of its own,
 * and prints nanoseconds and allocated bytes per operation beside the figures of others.
 *
 * @module
 */

import { calibrate, formatTable, type Measurement } from "@octet/testing/bench";
import { parseDuration } from "./durations.ts";
import { matches, orUsage, readOptions } from "./options.ts";
import { print, runDeno } from "./terminal.ts";
import { filesBelow } from "./workspace.ts";

const USAGE = `Usage: deno task bench [--filter TEXT] [--time 500ms] [--json FILE]

  --filter TEXT  only benchmarks whose file and name, as in wire/checksum_bench.ts checksum 1460 B,
                 contain TEXT, or match it when it is a /regular expression/
  --time TIME    how long each benchmark is measured, such as 200ms or 2s (500ms)
  --json FILE    write the figures to FILE too

B/op counts what V8 allocates, on its heap and in array buffers. The figures of others were taken on
another machine; the calibration says how much slower this one is.`;

/** What the process that measures one file is told, as JSON. */
export interface BenchOrder {
  readonly file: string;
  readonly filter?: string;
  /** How long to measure each, in milliseconds, instead of what the file says. */
  readonly time?: number;
  /** Where it writes its measurements, as JSON. */
  readonly report: string;
}

/**
 * A collector that can be called, and room for a whole round of what a round allocates, so that no
 * collection falls into it.
 */
const V8_FLAGS = "--v8-flags=--expose-gc,--min-semi-space-size=64,--max-semi-space-size=64";

if (import.meta.main) {
  const { values, time } = orUsage(USAGE, () => {
    const options = readOptions(Deno.args, ["filter", "time", "json"], []);
    if (options.rest.length > 0) {
      throw new SyntaxError(`Cannot use ${options.rest[0]} as it is none of the options`);
    }
    const time = options.values.get("time");
    return { ...options, time: time === undefined ? undefined : parseDuration(time) };
  });
  const filter = values.get("filter");
  const calibration = await calibrate();
  print(
    `This machine takes ${calibration.toFixed(2)} times as long as the one of the peers' figures`,
  );

  const report = await Deno.makeTempFile({ suffix: ".json" });
  const all: Measurement[] = [];
  let failed = 0;
  try {
    for (const file of await filesBelow(".", "_bench.ts")) {
      await Deno.writeTextFile(report, "[]");
      const order: BenchOrder = {
        file,
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
        JSON.stringify(order),
      ]);
      if (code !== 0) {
        print(`${file} ended with ${code}`);
        failed++;
      }
      const found: Measurement[] = JSON.parse(await Deno.readTextFile(report));
      if (found.length > 0) print(`\n${formatTable(found)}`.trimEnd());
      all.push(...found);
    }
  } finally {
    await Deno.remove(report);
  }
  const json = values.get("json");
  if (json !== undefined) {
    const text = JSON.stringify({ calibration, measurements: all }, null, 2);
    await Deno.writeTextFile(json, `${text}\n`);
  }
  if (all.length === 0 && failed === 0) print(`No benchmark matches ${filter ?? "anything"}`);
  Deno.exit(failed === 0 && all.length > 0 ? 0 : 1);
}

/** Whether a benchmark is asked for. */
export function isWanted(order: BenchOrder, name: string): boolean {
  return matches(order.filter, `${order.file} ${name}`);
}

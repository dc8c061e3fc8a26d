/**
 * `deno task fuzz`: runs the targets of all `*_fuzz_test.ts` files, each file in a process of its
 * own.
 *
 * @module
 */

import { parseCount, parseDuration } from "./durations.ts";
import { matches, orUsage, readOptions } from "./options.ts";
import { print, root, runDeno } from "./terminal.ts";
import { filesBelow } from "./workspace.ts";

const USAGE = `Usage: deno task fuzz [--filter TEXT] [--time 30s | --count N] [--seed N] [--keep]

  --filter TEXT  only targets whose file and name, as in dns/message_fuzz_test.ts fuzzDnsDecode,
                 contain TEXT, or match it when it is a /regular expression/
  --time TIME    how long each target runs, such as 500ms, 30s or 2m (10s)
  --count N      how many inputs each target runs, instead of a time
  --seed N       the seed of the mutations (random, and printed)
  --keep         write inputs that reached new code into testdata/fuzz/, minimised

A failing input is written into testdata/fuzz/, where deno task test replays it ever after.`;

/** What the process that fuzzes one file is told, as JSON. */
export interface FuzzOrder {
  readonly file: string;
  readonly filter?: string;
  readonly time?: number;
  readonly count?: number;
  readonly seed: number;
  readonly keep: boolean;
}

function readOrder(args: readonly string[]): Omit<FuzzOrder, "file"> {
  const { values, flags, rest } = readOptions(args, ["filter", "time", "count", "seed"], ["keep"]);
  if (rest.length > 0) throw new SyntaxError(`Cannot use ${rest[0]} as it is none of the options`);
  const filter = values.get("filter");
  const count = values.get("count");
  const time = values.get("time") ?? (count === undefined ? "10s" : undefined);
  return {
    ...filter === undefined ? {} : { filter },
    ...count === undefined ? {} : { count: parseCount(count) },
    ...time === undefined ? {} : { time: parseDuration(time) },
    seed: parseCount(values.get("seed") ?? String(1 + Math.floor(Math.random() * 1e6))),
    keep: flags.has("keep"),
  };
}

if (import.meta.main) {
  const order = orUsage(USAGE, () => readOrder(Deno.args));
  const files = await filesBelow(".", "_fuzz_test.ts");
  let targets = 0;
  let failed = 0;
  for (const file of files) {
    // The name of a target is known only to its file; most filters name the folder anyway.
    if (order.filter !== undefined && !await mayMatch(order.filter, file)) continue;
    const { code, output } = await runDeno([
      "run",
      "--allow-all",
      "--no-check",
      "tools/fuzz_file.ts",
      JSON.stringify({ ...order, file }),
    ]);
    const begun = output.match(/^fuzz: (?=\S+ fuzz\w+, seed )/gm)?.length ?? 0;
    targets += begun;
    if (code !== 0) failed += Math.max(output.match(/^fuzz\w+ fails: /gm)?.length ?? 0, 1);
  }
  if (targets === 0 && failed === 0) {
    print(`No fuzz target matches ${order.filter ?? "anything"} in ${files.length} files`);
    Deno.exit(1);
  }
  print(`${targets - failed} passed, ${failed} failed`);
  Deno.exit(failed === 0 ? 0 : 1);
}

/** Whether a target of the file may match: a look at its text saves starting a process. */
async function mayMatch(filter: string, file: string): Promise<boolean> {
  const source = await Deno.readTextFile(new URL(file, root));
  const names = source.match(/\bfuzz[A-Za-z0-9_]+/g) ?? [];
  return names.some((name) => matches(filter, `${file} ${name}`));
}

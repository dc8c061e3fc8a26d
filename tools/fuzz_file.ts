/**
 * Fuzzes the targets of one file. Run by `fuzz.ts`, with its order as JSON.
 *
 * @module
 */

import { Coverage, fuzzTarget, fuzzTargets, literals } from "@octet/testing/fuzz";
import type { FuzzReport, FuzzTarget } from "@octet/testing/fuzz";
import type { FuzzOrder } from "./fuzz.ts";
import { matches } from "./options.ts";
import { print, root } from "./terminal.ts";

/** The engine itself, and what only carries it, must not be taken for the code under test. */
const NOT_UNDER_TEST = ["testing/fuzz/", "tools/"].map((folder) => new URL(folder, root).href);

const order: FuzzOrder = JSON.parse(Deno.args[0]!);

const scripts = new Set<string>();
const coverage = await Coverage.start((url) => {
  if (!url.startsWith(root.href)) return false;
  if (NOT_UNDER_TEST.some((folder) => url.startsWith(folder))) return false;
  scripts.add(url);
  return true;
});
await import(new URL(order.file, root).href);
// The modules have run their top level, so this reading names each of them.
await coverage.read();
const words = await dictionary();

let failed = false;
for (const target of fuzzTargets()) {
  if (!matches(order.filter, `${order.file} ${target.name}`)) continue;
  print(`fuzz: ${order.file} ${target.name}, seed ${order.seed}`);
  coverage.forget();
  const report = await fuzzTarget(target, {
    ...order,
    coverage,
    dictionary: words,
    watchdog: true,
    log: print,
  });
  if (report.kept > 0) print(`kept ${report.kept} inputs in ${target.corpus?.pathname}`);
  failed = explain(target, report) || failed;
}
Deno.exit(failed ? 1 : 0);

async function dictionary(): Promise<Uint8Array[]> {
  const sources = await Promise.all([...scripts].map((url) => Deno.readTextFile(new URL(url))));
  return literals(sources.join("\n"));
}

function explain(target: FuzzTarget, { failure }: FuzzReport): boolean {
  if (failure === undefined) return false;
  const { error, input, file } = failure;
  print(`${target.name} fails: ${error instanceof Error ? error.stack ?? error : error}`);
  print(`  input: ${input.length} bytes: ${input.toHex().slice(0, 400)}`);
  if (file !== undefined) print(`  written to ${file.pathname.replace(root.pathname, "")}`);
  print(`  to replay: deno task test ${order.file} --filter ${target.name}`);
  return true;
}

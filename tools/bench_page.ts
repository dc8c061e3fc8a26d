/**
 * `deno task bench:page`: runs all measurements and puts their tables into BENCHMARKS.md.
 *
 * @module
 */

import { type Figure, meets, scaled, withUnit } from "@octet/testing/bench";
import { replaceBetween } from "../interop/goodput/table.ts";
import { describeMachine, readReport, type Report } from "./bench_report.ts";
import { orUsage, readOptions } from "./options.ts";
import { print, root, runDeno } from "./terminal.ts";

const USAGE = `Usage: deno task bench:page [--write] [--save DIR | --from DIR] [--only KIND]

  --write      put the tables into BENCHMARKS.md; without, they are printed
  --save DIR   keep the reports there: bench.json, bench-net.json, bench-weight.json
  --from DIR   take the reports from there and measure nothing; what is missing is left out
  --only KIND  measure, or read, just bench, bench-net or bench-weight; the page keeps the other tables

Measures everything: some five minutes, and wants root for bench-net. Run it on a machine that does
nothing else.`;

/** The reports, the command that makes each, and the title over its tables. */
const KINDS = {
  bench: ["tools/bench.ts", "In one process"],
  "bench-net": ["tools/bench_net.ts", "Over a TAP, beside the kernel"],
  "bench-weight": ["tools/bench_weight.ts", "Weight"],
} as const;

type Kind = keyof typeof KINDS;

/** The same flags as `deno.json` gives the tasks. */
const FLAGS = ["run", "--allow-all", "--no-check"];

/** One report as Markdown: what it was taken on, and a table a group. */
export function section(title: string, report: Report): string {
  const calibration = report.kind === "bench" ? report.calibration : 1;
  const tables = [...Map.groupBy(report.figures, (one) => one.group)]
    .map(([group, figures]) => table(group, figures, calibration));
  const machine = describeMachine(report.machine, report.calibration);
  return [`## ${title}`, `Taken on ${machine}.`, ...tables].join("\n\n");
}

function table(group: string, figures: readonly Figure[], calibration: number): string {
  const peers = [...new Set(figures.flatMap((one) => Object.keys(one.peers ?? {})))];
  const allocates = figures.some((one) => one.bytesPerOp !== undefined);
  const hasTarget = figures.some((one) => one.target !== undefined);
  const head = [
    group,
    "figure",
    ...allocates ? ["B/op"] : [],
    ...hasTarget ? ["reach"] : [],
    ...peers,
  ];
  const here = (value: number, unit: string) => withUnit(scaled(value, unit, calibration), unit);
  const rows = figures.map((one) => [
    one.name,
    withUnit(one.value, one.unit),
    ...allocates ? [bytes(one.bytesPerOp)] : [],
    ...hasTarget ? [reach(one, calibration, here)] : [],
    ...peers.map((peer) => {
      const theirs = one.peers?.[peer];
      return theirs === undefined ? "" : here(theirs, one.unit);
    }),
  ]);
  const rule = head.map((_, i) => i === 0 ? "---" : "---:");
  return [head, rule, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function bytes(value: number | undefined): string {
  if (value === undefined) return "";
  return value < 1 ? "0" : Math.round(value).toLocaleString("en-US");
}

function reach(
  one: Figure,
  calibration: number,
  here: (value: number, unit: string) => string,
): string {
  if (one.target === undefined) return "";
  const sign = one.better === "less" ? "≤" : "≥";
  return `${sign} ${here(one.target, one.unit)} ${meets(one, calibration) ? "✓" : "✗"}`;
}

async function measure(kind: Kind, path: string): Promise<void> {
  const { code } = await runDeno([...FLAGS, KINDS[kind][0], "--json", path]);
  if (code === 0) return;
  print(`Cannot go on as ${kind} ended with ${code}`);
  Deno.exit(1);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then((found) => found.isFile, () => false);
}

if (import.meta.main) {
  const { write, save, from, kinds } = orUsage(USAGE, () => {
    const { values, flags, rest } = readOptions(Deno.args, ["save", "from", "only"], ["write"]);
    const [save, from, only] = ["save", "from", "only"].map((name) => values.get(name));
    if (rest.length > 0) {
      throw new SyntaxError(`Cannot use ${rest[0]} as it is none of the options`);
    }
    if (save !== undefined && from !== undefined) {
      throw new SyntaxError("Cannot use --save with --from as nothing is measured then");
    }
    const all = Object.keys(KINDS) as Kind[];
    const kinds = only === undefined ? all : all.filter((kind) => kind === only);
    if (kinds.length === 0) throw new SyntaxError(`Cannot use --only ${only}`);
    return { write: flags.has("write"), save, from, kinds };
  });
  const folder = from ?? save ?? await Deno.makeTempDir();
  await Deno.mkdir(folder, { recursive: true });
  const url = new URL("BENCHMARKS.md", root);
  let page = await Deno.readTextFile(url);
  for (const kind of kinds) {
    const path = `${folder}/${kind}.json`;
    if (from === undefined) await measure(kind, path);
    else if (!await exists(path)) continue;
    const text = section(KINDS[kind][1], await readReport(path));
    if (write) page = replaceBetween(page, kind, text);
    else print(`\n${text}`);
  }
  if (save === undefined && from === undefined) await Deno.remove(folder, { recursive: true });
  if (write) {
    await Deno.writeTextFile(url, page);
    await runDeno(["fmt", "--quiet", "BENCHMARKS.md"]);
  }
}

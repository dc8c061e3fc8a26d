/**
 * `deno task bench:weight`: what each module adds to a program, bundled and minified, and how long its import takes.
 *
 * @module
 */

import { calibrate, type Figure, formatFigures } from "@octet/testing/bench";
import { describeMachine, thisMachine, writeReport } from "./bench_report.ts";
import { parseCount } from "./durations.ts";
import { orUsage, readOptions } from "./options.ts";
import { print, root } from "./terminal.ts";
import { members } from "./workspace.ts";

const USAGE = `Usage: deno task bench:weight [--runs 7] [--json FILE]

  --runs N       how often each program is timed; the fastest counts (7)
  --json FILE    write the figures to FILE too; deno task bench:check compares two such files

A module's weight is that of a bundle which exports all of it, with all it imports; KB is 1,000 bytes.
An import's time is what a program that does nothing else takes longer than one that does nothing.`;

/** Kilobytes that a module may weigh. */
export const LIMITS: Readonly<Record<string, number>> = { dns: 20 };
/** Milliseconds that an import may take. */
const PATIENCE: Readonly<Record<string, number>> = { internet: 50 };

async function run(args: readonly string[]): Promise<Uint8Array> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
  }).output();
  if (code === 0) return stdout;
  throw new Error(`Cannot run deno ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** A module, bundled and minified. */
export async function bundleOf(entrypoint: string): Promise<Uint8Array> {
  return await run(["bundle", "--quiet", "--minify", "--platform", "browser", entrypoint]);
}

async function zipped(bytes: Uint8Array): Promise<number> {
  const body = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const stream = body.pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).bytes()).length;
}

/** Milliseconds that a program takes in all, the fastest of several runs. */
async function programTime(source: string, runs: number): Promise<number> {
  // Within the workspace, so that its import map holds.
  const path = await Deno.makeTempFile({ dir: new URL("tools", root).pathname, suffix: ".js" });
  try {
    // It ends by itself: Deno keeps what it compiled for the next run only of programs that do.
    await Deno.writeTextFile(path, `${source}\n`);
    let best = Infinity;
    // The first run strips types and compiles, the second keeps what was compiled; neither counts.
    for (let i = -1; i <= runs; i++) {
      const start = performance.now();
      await run(["run", "--no-check", path]);
      if (i > 0) best = Math.min(best, performance.now() - start);
    }
    return best;
  } finally {
    await Deno.remove(path);
  }
}

/** Measures all published modules. */
export async function measureWeights(runs: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  const base = { unit: "KB", better: "less" } as const;
  for (const { folder, entrypoints } of await members()) {
    const entrypoint = entrypoints.find((path) => path === `${folder}/mod.ts`);
    if (entrypoint === undefined || folder === "testing") continue;
    const name = `@octet/${folder}`;
    const bundle = await bundleOf(entrypoint);
    const limit = LIMITS[folder];
    figures.push({
      ...base,
      name,
      group: "weight, bundled and minified",
      value: bundle.length / 1000,
      ...limit !== undefined && { target: limit },
    });
    const group = "weight, compressed with gzip";
    figures.push({ ...base, name, group, value: await zipped(bundle) / 1000 });
    const patience = PATIENCE[folder];
    if (patience === undefined) continue;
    const time = {
      group: "time that an import adds to a program",
      unit: "ms",
      better: "less",
    } as const;
    const empty = await programTime("", runs);
    const whole = await programTime(`import ${JSON.stringify(name)};`, runs);
    const bundled = await programTime(new TextDecoder().decode(bundle), runs);
    figures.push(
      { ...time, name: `${name}, from its files`, value: whole - empty, target: patience },
      { ...time, name: `${name}, from its bundle`, value: bundled - empty },
    );
  }
  return figures;
}

if (import.meta.main) {
  const { runs, json } = orUsage(USAGE, () => {
    const { values, rest } = readOptions(Deno.args, ["runs", "json"], []);
    if (rest.length > 0) {
      throw new SyntaxError(`Cannot use ${rest[0]} as it is none of the options`);
    }
    return { runs: parseCount(values.get("runs") ?? "7"), json: values.get("json") };
  });
  const calibration = await calibrate();
  const machine = thisMachine();
  print(describeMachine(machine, calibration));
  const figures = await measureWeights(runs);
  print(`\n${formatFigures(figures, calibration)}`.trimEnd());
  if (json !== undefined) {
    await writeReport(json, { kind: "bench:weight", machine, calibration, figures });
  }
}

/**
 * `deno run -A testing/packetdrill/main.ts [--verbose] [--json] [--NAME=VALUE] FILE|DIR…`: runs
 * packetdrill scripts against the stack. Exits with 1 when one failed.
 *
 * @module
 */
import { type FileResult, formatResult, formatSummary } from "./report.ts";
import { runScript } from "./runner.ts";

/** What the command line asks for. */
export interface CommandLine {
  /** Whether everything that happens is printed. */
  readonly verbose: boolean;
  /** Whether results are printed as JSON. */
  readonly json: boolean;
  /** packetdrill's options. */
  readonly options: readonly (readonly [string, string])[];
  /** Files and directories. */
  readonly paths: readonly string[];
}

/** Takes a command line apart. */
export function parseCommandLine(words: readonly string[]): CommandLine {
  const options: (readonly [string, string])[] = [];
  const paths: string[] = [];
  let [verbose, json] = [false, false];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const [name, ...rest] = word.replace(/^--?/, "").split("=");
    if (word === "--verbose" || word === "-v") verbose = true;
    else if (word === "--json") json = true;
    else if (word === "-D") options.push(["define", words[++i] ?? ""]);
    else if (word.startsWith("-")) options.push([name!.replaceAll("-", "_"), rest.join("=")]);
    else paths.push(word);
  }
  return { verbose, json, options, paths };
}

/** All scripts in a file or below a directory, in order. */
export function findScripts(path: string): string[] {
  if (!Deno.statSync(path).isDirectory) return [path];
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    const inner = `${path.replace(/\/$/, "")}/${name}`;
    if (isDirectory) found.push(...findScripts(inner));
    else if (name.endsWith(".pkt")) found.push(inner);
  }
  return found.sort();
}

/** Runs a file. */
export function runFile(file: string, line: CommandLine): FileResult {
  const start = performance.now();
  const result = runScript(Deno.readTextFileSync(file), {
    options: line.options,
    trace: line.verbose,
  });
  return { file, ...result, milliseconds: performance.now() - start };
}

if (import.meta.main) {
  const line = parseCommandLine(Deno.args);
  if (line.paths.length === 0) {
    console.error("Usage: main.ts [--verbose] [--json] [--NAME=VALUE] FILE|DIR…");
    Deno.exit(2);
  }
  const results: FileResult[] = [];
  for (const file of line.paths.flatMap(findScripts)) {
    const result = runFile(file, line);
    results.push(result);
    if (!line.json) console.log(formatResult(result, line.verbose));
  }
  console.log(line.json ? JSON.stringify(results, null, 2) : formatSummary(results));
  Deno.exit(results.some(({ verdict }) => verdict === "fail") ? 1 : 0);
}

/** What the tools print, and how they run Deno. @module */

import { stripVTControlCharacters } from "node:util";

/** The root of the repository; the URL ends in a slash. */
export const root: URL = new URL("../", import.meta.url);

const encoder = new TextEncoder();

/** Writes a line to standard output. */
export function print(line = ""): void {
  writeAll(encoder.encode(`${line}\n`));
}

function writeAll(bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += Deno.stdout.writeSync(bytes.subarray(done));
}

/** Writes a title that stands out among the output of others. */
export function heading(title: string): void {
  print(`\n== ${title} ==`);
}

/** Seconds since a reading of `performance.now()`, to one digit. */
export function secondsSince(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}

/** What a child process left. */
export interface ChildResult {
  /** Its exit code. */
  readonly code: number;
  /** Its standard output, without colours. */
  readonly output: string;
}

/** How {@linkcode runDeno} runs. */
export interface RunOptions {
  /** Whether to show standard output as it comes; standard error is always shown. */
  readonly show?: boolean;
  /** Environment variables to add. */
  readonly env?: Record<string, string>;
}

/**
 * Runs this very Deno with other arguments at the root of the repository: there need not be one on
 * the PATH.
 */
export async function runDeno(args: string[], options: RunOptions = {}): Promise<ChildResult> {
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    env: options.env ?? {},
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  for await (const chunk of child.stdout) {
    if (options.show ?? true) writeAll(chunk);
    output += decoder.decode(chunk, { stream: true });
  }
  const { code } = await child.status;
  return { code, output: stripVTControlCharacters(output) };
}

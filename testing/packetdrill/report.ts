/**
 * What is printed of runs.
 *
 * @module
 */
import { formatTime, type RunResult } from "./result.ts";

/** A run of a file. */
export interface FileResult extends RunResult {
  /** The file. */
  readonly file: string;
  /** How long it took, in milliseconds. */
  readonly milliseconds: number;
}

/**
 * The lines that tell of one run.
 *
 * @param result The run.
 * @param isVerbose Whether everything that happened is told too.
 */
export function formatResult(result: FileResult, isVerbose: boolean = false): string {
  const lines: string[] = isVerbose ? [...result.trace] : [];
  const place = result.line === undefined ? result.file : `${result.file}:${result.line}`;
  switch (result.verdict) {
    case "pass":
      lines.push(`pass  ${result.file}`);
      break;
    case "unsupported":
      lines.push(`unsupported: ${result.reason}  (${place})`);
      break;
    case "fail":
      lines.push(`FAIL  ${place}: ${result.reason}, at ${formatTime(result.time)}`);
      if (result.text !== undefined) lines.push(`      line      ${oneLine(result.text)}`);
      if (result.expected !== undefined) lines.push(`      expected  ${result.expected}`);
      if (result.actual !== undefined) lines.push(`      got       ${result.actual}`);
  }
  if (isVerbose || result.verdict === "fail") {
    for (const note of result.notes) lines.push(`      note      ${note}`);
  }
  return lines.join("\n");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** The line that counts. */
export function formatSummary(results: readonly FileResult[]): string {
  const count = (verdict: RunResult["verdict"]) =>
    results.filter((result) => result.verdict === verdict).length;
  const time = results.reduce((total, { milliseconds }) => total + milliseconds, 0);
  return `${count("pass")} passed, ${count("fail")} failed, ${
    count("unsupported")
  } unsupported, in ${Math.round(time)} ms`;
}

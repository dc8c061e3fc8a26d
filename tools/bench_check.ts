/**
 * `deno task bench:check BEFORE.json AFTER.json`: compares the figures of two runs and fails when one
 * has become more than 10 % worse.
 *
 * @module
 */

import { type Figure, withUnit } from "@octet/testing/bench";
import { readReport, type Report } from "./bench_report.ts";
import { orUsage, readOptions } from "./options.ts";
import { print } from "./terminal.ts";

const USAGE = `Usage: deno task bench:check BEFORE.json AFTER.json [--tolerance 10]

  --tolerance N  percent by which a figure may be worse (10)

The files are what deno task bench, bench:net or bench:weight wrote with --json. Exit code 1 when a
figure is worse by more than that, allocates where it did not, or is gone; 2 when a file is no report.`;

/** One figure in both runs. */
export interface Comparison {
  readonly name: string;
  readonly unit: string;
  readonly before: number;
  /** `undefined` when the later run has it no more. */
  readonly after: number | undefined;
  /** Percent by which it is worse; negative when better. */
  readonly worse: number;
  /** Why it is flagged; an empty text when it is not. */
  readonly complaint: string;
}

/** Fewer bytes per operation than this are a measurement's own. */
const NOTHING = 1;

/**
 * Compares two runs.
 *
 * @param tolerance Percent by which a figure may be worse.
 */
export function compare(before: Report, after: Report, tolerance: number): Comparison[] {
  const keyOf = (one: Figure) => `${one.group}\n${one.name}\n${one.unit}`;
  const later = new Map(after.figures.map((one) => [keyOf(one), one]));
  return before.figures.map((one) => {
    const now = later.get(keyOf(one));
    const base = { name: `${one.group}: ${one.name}`, unit: one.unit, before: one.value };
    if (now === undefined) return { ...base, after: undefined, worse: NaN, complaint: "is gone" };
    const worse = percentWorse(one, now);
    return { ...base, after: now.value, worse, complaint: complaintOf(one, now, worse, tolerance) };
  });
}

/** By how many percent of the better one `now` is worse than `then`. */
function percentWorse(then: Figure, now: Figure): number {
  if (then.value === now.value) return 0;
  const [better, worse] = then.better === "less" ? [then, now] : [now, then];
  return 100 * worse.value / better.value - 100;
}

function complaintOf(then: Figure, now: Figure, worse: number, tolerance: number): string {
  const was = then.bytesPerOp ?? 0;
  const is = now.bytesPerOp ?? 0;
  if (worse > tolerance) return `is ${worse.toFixed(0)} % worse`;
  if (is < NOTHING || is <= Math.max(was, NOTHING) * (1 + tolerance / 100)) return "";
  return `allocates ${is.toFixed(1)} B/op where it was ${was.toFixed(1)}`;
}

if (import.meta.main) {
  const { rest, tolerance } = orUsage(USAGE, () => {
    const { rest, values } = readOptions(Deno.args, ["tolerance"], []);
    if (rest.length !== 2) throw new SyntaxError("Cannot compare as two files are wanted");
    const text = values.get("tolerance") ?? "10";
    if (!/^\d{1,4}(\.\d+)?$/.test(text)) {
      throw new SyntaxError(`Cannot use --tolerance ${text} as it is no percentage`);
    }
    return { rest, tolerance: Number(text) };
  });
  let reports: Report[];
  try {
    reports = await Promise.all(rest.map(readReport));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    print(error.message);
    Deno.exit(2);
  }
  const [before, after] = reports as [Report, Report];
  const drift = after.calibration / before.calibration;
  if (Math.abs(drift - 1) > 0.05) {
    print(`The second run's machine took ${drift.toFixed(2)} times as long in its calibration`);
  }
  const compared = compare(before, after, tolerance);
  for (const { name, unit, before, after, worse, complaint } of compared) {
    const now = after === undefined ? "" : ` → ${withUnit(after, unit)}`;
    if (complaint !== "") print(`✗ ${name} ${complaint}: ${withUnit(before, unit)}${now}`);
    else if (worse < -tolerance) {
      print(`✓ ${name} is better: ${withUnit(before, unit)}${now}`);
    }
  }
  const worse = compared.filter((one) => one.complaint !== "").length;
  print(`${compared.length} figures compared, ${worse} worse by more than ${tolerance} %`);
  Deno.exit(worse > 0 ? 1 : 0);
}

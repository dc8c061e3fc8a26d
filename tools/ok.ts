/**
 * `deno task ok [--no-test]`: everything that must hold before a commit.
 *
 * Each check runs even when one before it failed; the failures are listed at the end. A check
 * counts as one test in the closing line, beside the tests and the examples in the documentation.
 *
 * @module
 */

import { closingLine, readClosingLine, type Tally, tally } from "./tally.ts";
import { type ChildResult, heading, print, runDeno, secondsSince } from "./terminal.ts";
import { members } from "./workspace.ts";

interface Check {
  readonly title: string;
  readonly args: string[];
  /** Counts the tests in it, for a check that is made of tests. */
  readonly count?: (child: ChildResult) => Tally;
  /** Whether its standard output is of interest when it succeeds. */
  readonly show?: boolean;
}

function plan(entrypoints: string[], withTests: boolean): Check[] {
  const checks: Check[] = [
    { title: "formatting", args: ["fmt", "--check", "--quiet"] },
    { title: "lint", args: ["lint", "--quiet"] },
    { title: "types", args: ["check", "--quiet", "."] },
    { title: "documentation of every export", args: ["doc", "--lint", "--quiet", ...entrypoints] },
    { title: "arrows", args: ["run", "--allow-all", "--no-check", "tools/arrows.ts"], show: true },
    {
      title: "publish, dry run",
      args: ["publish", "--dry-run", "--allow-dirty", "--quiet"],
    },
    {
      title: "examples in the documentation",
      args: ["test", "--doc", "--allow-all", "--quiet", "--ignore=**/*_test.ts,**/*_bench.ts"],
      count: ({ output, code }) => tally(output, code),
      show: true,
    },
  ];
  if (withTests) {
    checks.push({
      title: "tests",
      args: ["run", "--allow-all", "--no-check", "tools/run_tests.ts"],
      count: ({ output, code }) => readClosingLine(output) ?? tally("", code),
      show: true,
    });
  }
  return checks;
}

if (import.meta.main) {
  for (const argument of Deno.args) {
    if (argument === "--no-test") continue;
    print(`Cannot run the checks as there is no option ${argument}: the only one is --no-test`);
    Deno.exit(2);
  }
  const entrypoints = (await members()).flatMap((member) => member.entrypoints);
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  const summary: string[] = [];
  for (const check of plan(entrypoints, !Deno.args.includes("--no-test"))) {
    heading(check.title);
    const started = performance.now();
    const child = await runDeno(check.args, { show: check.show ?? false });
    if (child.code !== 0 && !check.show) print(child.output);
    const counted = check.count?.(child) ??
      { passed: child.code === 0 ? 1 : 0, failed: child.code === 0 ? 0 : 1, skipped: 0 };
    total.passed += counted.passed;
    total.failed += counted.failed;
    total.skipped += counted.skipped;
    const verdict = child.code === 0 ? "ok" : "FAILED";
    const counts = check.count === undefined ? "" : `, ${closingLine(counted)}`;
    print(`${check.title}: ${verdict} (${secondsSince(started)})`);
    summary.push(`${verdict.padEnd(6)}  ${check.title} (${secondsSince(started)}${counts})`);
  }
  heading("summary");
  for (const line of summary) print(line);
  print(closingLine(total));
  Deno.exit(total.failed === 0 ? 0 : 1);
}

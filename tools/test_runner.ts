/** One run of the test runner, with its skipped tests explained. @module */

import { closingLine, skippedTests, type Tally, tally } from "./tally.ts";
import { print, runDeno } from "./terminal.ts";

/**
 * Runs `deno test`, shows its output as it comes, then says which tests were skipped and why, and
 * ends with the closing line.
 *
 * @returns The counts; a skipped step counts as a skipped test.
 */
export async function testRun(args: string[]): Promise<Tally> {
  const junit = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { code, output } = await runDeno([
      "test",
      "--allow-all",
      // `deno task ok` checks types, once for all.
      "--no-check",
      `--junit-path=${junit}`,
      ...args,
    ]);
    const result = tally(output, code);
    const skipped = skippedTests(await Deno.readTextFile(junit));
    result.skipped = Math.max(result.skipped, skipped.length);
    for (const { name, why } of skipped) print(`skipped: ${name}: ${why}`);
    print(closingLine(result));
    return result;
  } finally {
    await Deno.remove(junit);
  }
}

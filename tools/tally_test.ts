import { assertEquals } from "@std/assert";
import { closingLine, readClosingLine, skippedTests, tally } from "./tally.ts";

Deno.test("the runner's summary is counted, in each of its forms", () => {
  const cases: [output: string, code: number, passed: number, failed: number, skipped: number][] = [
    ["ok | 23 passed | 0 failed (1s)", 0, 23, 0, 0],
    ["ok | 23 passed (4 steps) | 0 failed | 2 ignored (1 step) (1s)", 0, 23, 0, 2],
    [
      "FAILED | 1 passed (1 step) | 2 failed (1 step) | 1 ignored | 3 filtered out (62ms)",
      1,
      1,
      2,
      1,
    ],
    ["ok | 5 passed | 0 failed (1s)\n\nok | 7 passed | 0 failed (1s)\n", 0, 7, 0, 0],
    ["error: Type checking failed.", 1, 0, 1, 0],
    ["ok | 5 passed | 0 failed (1s)\nerror: the coverage is missing", 1, 5, 1, 0],
  ];
  for (const [output, code, passed, failed, skipped] of cases) {
    assertEquals(tally(output, code), { passed, failed, skipped }, output);
  }
});

Deno.test("skipped tests and steps are found in the report, with the reason in their names", () => {
  const report = `<testsuite name="./a_test.ts">
    <testcase name="runs" classname="./a_test.ts" time="0.002" line="1" col="6">
    </testcase>
    <testcase name="raw &quot;x&quot; (skipped: needs CAP_NET_RAW &amp; root)" classname="./a_test.ts" time="0.000">
        <skipped/>
    </testcase>
    <testcase name="bad" classname="./a_test.ts" time="0.000">
        <failure message="x">&lt;skipped/&gt;</failure>
    </testcase>
    <testcase name="bare" classname="./a_test.ts" time="0.000">
        <skipped/>
    </testcase>
    <testcase name="left out by the filter" classname="./a_test.ts" line="2" col="6">
        <skipped/>
    </testcase>
</testsuite>`;
  assertEquals(skippedTests(report), [
    { name: 'raw "x"', why: "needs CAP_NET_RAW & root" },
    { name: "bare", why: "its author gives no reason" },
  ]);
  assertEquals(skippedTests(""), []);
});

Deno.test("the closing line says what was skipped only if something was, and reads back", () => {
  assertEquals(closingLine({ passed: 3, failed: 1, skipped: 0 }), "3 passed, 1 failed");
  assertEquals(closingLine({ passed: 3, failed: 1, skipped: 2 }), "3 passed, 1 failed, 2 skipped");
  const output = "1 passed, 0 failed\nmore\n30 passed, 1 failed, 2 skipped\n";
  assertEquals(readClosingLine(output), { passed: 30, failed: 1, skipped: 2 });
  assertEquals(readClosingLine("  3 passed, 0 failed in all"), undefined);
});

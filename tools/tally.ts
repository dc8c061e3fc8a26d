/** Counts tests out of what the test runner reports. @module */

/** How many tests there were. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** A test that was not run. */
export interface SkippedTest {
  readonly name: string;
  readonly why: string;
}

const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed(?: \([^)]*\))?(?: \| (\d+) ignored)?/gm;

/**
 * Counts the tests of one run of the test runner, from its own summary. A run that ended badly has
 * at least one failure, even when it never came as far as a summary.
 */
export function tally(output: string, code: number): Tally {
  const summary = [...output.matchAll(SUMMARY)].at(-1);
  const result = {
    passed: Number(summary?.[1] ?? 0),
    failed: Number(summary?.[2] ?? 0),
    skipped: Number(summary?.[3] ?? 0),
  };
  if (code !== 0 && result.failed === 0) result.failed = 1;
  return result;
}

/**
 * Lists the tests and steps that a JUnit report calls skipped. Those that a filter left out are
 * called so too, and are told apart by having no time.
 */
export function skippedTests(junit: string): SkippedTest[] {
  const result: SkippedTest[] = [];
  for (
    const [, attribute, others, body] of junit.matchAll(
      /<testcase name="([^"]*)"([^>]*)>(.*?)<\/testcase>/gs,
    )
  ) {
    if (!body!.includes("<skipped/>") || !others!.includes(" time=")) continue;
    const title = unescape(attribute!);
    const [, name, why] = /^(.*?)\s*\(skipped: (.*)\)$/s.exec(title) ?? [];
    result.push({ name: name ?? title, why: why ?? "its author gives no reason" });
  }
  return result;
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  "#39": "'",
};

function unescape(text: string): string {
  return text.replaceAll(/&(#?\w+);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}

/** The plain line that every tool with tests in it ends with. */
export function closingLine({ passed, failed, skipped }: Tally): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

/** Reads a closing line back: the last one of an output, or `undefined` where there is none. */
export function readClosingLine(output: string): Tally | undefined {
  const line = [...output.matchAll(/^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)].at(-1);
  if (line === undefined) return undefined;
  return { passed: Number(line[1]), failed: Number(line[2]), skipped: Number(line[3] ?? 0) };
}

import { assert, assertEquals, assertMatch } from "@std/assert";
import { readCorpus } from "./corpus.ts";
import { Coverage } from "./coverage.ts";
import { fuzzTarget } from "./engine.ts";
import { defineTarget } from "./target.ts";

/** The only four bytes that reach the planted bug: 3 b + 0x17 = 0x46, 0x55, 0x5a, 0x21 mod 256. */
const CULPRIT = Uint8Array.from([0x46, 0x55, 0x5a, 0x21], (sum) => ((sum - 0x17) * 171) & 0xff);

async function temporaryFolder(): Promise<URL> {
  return new URL(`file://${await Deno.makeTempDir({ prefix: "octet_fuzz_" })}/`);
}

Deno.test("coverage leads to a bug behind nested conditions, shrunk and written", async () => {
  const coverage = await Coverage.start((url) => url.endsWith("/testdata/planted_bug.ts"));
  const corpus = await temporaryFolder();
  try {
    const { planted } = await import("./testdata/planted_bug.ts");
    const body = (input: Uint8Array) => {
      planted(input);
    };
    const target = defineTarget("fuzzPlanted", body, { corpus });
    const report = await fuzzTarget(target, { seed: 1, count: 100_000, coverage });
    assert(report.failure !== undefined, `Nothing found in ${report.execs} runs`);
    assertEquals(report.failure?.input, CULPRIT);
    assertMatch(String(report.failure?.error), /Planted bug in 4 bytes/);
    assertEquals(report.interesting, 3);
    assertEquals(readCorpus(corpus).map((entry) => entry.bytes), [CULPRIT]);
    assert(report.failure?.file?.href.startsWith(corpus.href));

    const blind = await fuzzTarget(defineTarget("fuzzPlanted", body), { seed: 1, count: 100_000 });
    assertEquals(blind.failure, undefined);
  } finally {
    await coverage.stop();
    await Deno.remove(corpus, { recursive: true });
  }
});

Deno.test("the same seed and count run the same inputs", async () => {
  async function inputs(seed: number): Promise<string> {
    let all = "";
    const target = defineTarget("fuzzSame", (input) => {
      all += `${input.toHex()} `;
    }, { seeds: [Uint8Array.of(1, 2, 3, 4)] });
    await fuzzTarget(target, { seed, count: 200 });
    return all;
  }
  assertEquals(await inputs(5), await inputs(5));
  assert(await inputs(5) !== await inputs(6));
});

Deno.test("a rejected promise is a failure and is shrunk", async () => {
  const target = defineTarget("fuzzRejects", async (input) => {
    await Promise.resolve();
    if (input.length > 2) throw new TypeError(`Too long by ${input.length - 2}`);
  });
  const report = await fuzzTarget(target, { count: 1000 });
  assertEquals(report.failure?.input, new Uint8Array(3));
  assertMatch(String(report.failure?.error), /TypeError: Too long by 1/);
});

Deno.test("an input that takes too long is a failure", async () => {
  const target = defineTarget("fuzzSlow", (input) => {
    const end = performance.now() + (input.includes(0xee) ? 30 : 0);
    while (performance.now() < end);
  }, { timeLimit: 25, seeds: [Uint8Array.of(1, 0xee)] });
  const report = await fuzzTarget(target, { count: 10 });
  assertEquals(report.failure?.input, Uint8Array.of(0xee));
  assertMatch(String(report.failure?.error), /The input took \d+ ms where the limit is 25 ms/);
});

Deno.test("a known input that fails ends the run at once", async () => {
  const target = defineTarget("fuzzKnown", (input) => {
    if (input.length === 1) throw new RangeError("One");
  }, { seeds: [new Uint8Array(2), new Uint8Array(1)] });
  const report = await fuzzTarget(target, { count: 1000 });
  assertEquals([report.execs, report.failure?.input.length], [2, 1]);
});

Deno.test("keep writes minimised inputs that reach new code, and none that adds nothing", async () => {
  const coverage = await Coverage.start((url) => url.endsWith("/testdata/branches.ts"));
  const corpus = await temporaryFolder();
  try {
    const { branches } = await import("./testdata/branches.ts");
    const target = defineTarget("fuzzKeep", (input) => {
      branches(input);
    }, { corpus });
    const options = { seed: 3, count: 20_000, coverage, keep: true };
    const report = await fuzzTarget(target, options);
    assertEquals(report.failure, undefined);

    const kept = readCorpus(corpus).map((entry) => entry.bytes.length).sort();
    assertEquals(kept.length, report.kept);
    assertEquals(kept, [1, 3]);

    const again = await fuzzTarget(target, options);
    assertEquals([again.interesting, again.kept], [0, 0]);
  } finally {
    await coverage.stop();
    await Deno.remove(corpus, { recursive: true });
  }
});

Deno.test("progress lines count runs and finds", async () => {
  const lines: string[] = [];
  await fuzzTarget(defineTarget("fuzzLines", () => {}), {
    count: 50,
    log: (line) => lines.push(line),
  });
  assertEquals(lines.length, 1);
  assertMatch(
    lines[0]!,
    /^fuzz: elapsed: \d+\.\ds, execs: 50 \(\d+\/sec\), new interesting: 0 \(total: 1\)$/,
  );
});

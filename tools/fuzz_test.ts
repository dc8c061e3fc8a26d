import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { FuzzOrder } from "./fuzz.ts";
import { runDeno } from "./terminal.ts";

interface Fuzzed {
  readonly code: number;
  readonly output: string;
  readonly corpus: Uint8Array[];
}

async function fuzzFile(order: FuzzOrder): Promise<Fuzzed> {
  const folder = await Deno.makeTempDir({ prefix: "octet_fuzz_" });
  try {
    const { code, output } = await runDeno(
      ["run", "--allow-all", "--no-check", "tools/fuzz_file.ts", JSON.stringify(order)],
      { show: false, env: { CORPUS: `file://${folder}/` } },
    );
    const corpus = [...Deno.readDirSync(folder)].map(({ name }) =>
      Deno.readFileSync(`${folder}/${name}`)
    );
    return { code, output, corpus };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("an input that never ends is written down and ends the process", async () => {
  const { code, output, corpus } = await fuzzFile({
    file: "tools/testdata/hang.ts",
    seed: 1,
    count: 100_000,
    keep: false,
  });
  assertNotEquals(code, 0);
  assertMatch(output, /^fuzzHang fails: an input of \d+ bytes has not ended after 0.1 s$/m);
  assertEquals(corpus.length, 1);
  assertEquals(corpus[0]!.includes(7), true);
});

Deno.test("a failure is shrunk, written, and told with the command that replays it", async () => {
  const { code, output, corpus } = await fuzzFile({
    file: "tools/testdata/bug.ts",
    seed: 1,
    count: 50_000,
    keep: false,
  });
  assertEquals(code, 1);
  assertEquals(corpus, [Uint8Array.of(0x4f, 0x38)]);
  assertMatch(output, /^fuzzBug fails: RangeError: Cannot go on$/m);
  assertMatch(output, /^ {2}input: 2 bytes: 4f38$/m);
  assertMatch(output, /^ {2}written to .*\.bin$/m);
  assertMatch(output, /^ {2}to replay: deno task test tools\/testdata\/bug.ts --filter fuzzBug$/m);
  assertMatch(output, /^fuzz: elapsed: \d+\.\ds, execs: 50000 /m);
});

Deno.test("a filter chooses among the targets of a file", async () => {
  const { code, output } = await fuzzFile({
    file: "tools/testdata/bug.ts",
    filter: "FINE",
    seed: 1,
    count: 100,
    keep: false,
  });
  assertEquals(code, 0);
  assertEquals(output.match(/fuzzFine|fuzzBug/g), ["fuzzFine"]);
});

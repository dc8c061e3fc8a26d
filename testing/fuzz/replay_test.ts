import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { writeInput } from "./corpus.ts";
import { replay } from "./replay.ts";
import { defineTarget, fuzz, fuzzTargets } from "./target.ts";

const seen: string[] = [];

fuzz("fuzzDeclared", (input) => {
  seen.push(input.toHex());
}, { seeds: [Uint8Array.of(0xab, 0xcd)], dictionary: [Uint8Array.of(0x99)] });

Deno.test("a declared target has been replayed: its corpus, its seeds and mutations", () => {
  assertEquals(seen.slice(0, 3), ["0102ff", "abcd", ""]);
  assertEquals(seen.length, 303);
  assertEquals(new Set(seen).size > 150, true);
});

Deno.test("a declared target's corpus lies beside the file that declares it", () => {
  const target = fuzzTargets().find(({ name }) => name === "fuzzDeclared");
  assertEquals(
    target?.corpus?.href,
    new URL("testdata/fuzz/fuzzDeclared/", import.meta.url).href,
  );
});

Deno.test("a file of the corpus that fails is named", async () => {
  const corpus = new URL(`file://${await Deno.makeTempDir({ prefix: "octet_fuzz_" })}/`);
  try {
    const file = await writeInput(corpus, Uint8Array.of(4, 2));
    const target = defineTarget("fuzzFails", (input) => {
      if (input[0] === 4) throw new RangeError("Four");
    }, { corpus });
    const message = `fuzzFails fails on ${file.pathname}: RangeError: Four`;
    await assertRejects(() => replay(target), Error, message);
  } finally {
    await Deno.remove(corpus, { recursive: true });
  }
});

Deno.test("a rejected promise and a seed that is too slow fail", async () => {
  const rejecting = defineTarget("fuzzRejects", () => Promise.reject(new Error("No")));
  await assertRejects(() => replay(rejecting), Error, "fuzzRejects fails on the empty input");
  const slow = defineTarget("fuzzSlow", (input) => {
    const end = performance.now() + input.length;
    while (performance.now() < end);
  }, { seeds: [new Uint8Array(60)], timeLimit: 10 });
  await assertRejects(() => replay(slow), Error, "fuzzSlow fails on its seed 0: it took");
});

Deno.test({
  name: "without the right to read, the corpus is skipped and the rest is done",
  permissions: { read: false },
  fn: async () => {
    let runs = 0;
    const corpus = new URL("testdata/fuzz/fuzzDeclared/", import.meta.url);
    const target = defineTarget("fuzzUnread", () => {
      runs++;
    }, { corpus });
    const steps: unknown[] = [];
    await replay(target, {
      step: ({ name, ignore }) => {
        steps.push(name, ignore);
        return Promise.resolve(false);
      },
    });
    assertEquals(runs, 301);
    assertEquals(steps, [
      `corpus of fuzzUnread (skipped: no permission to read ${corpus.pathname})`,
      true,
    ]);
  },
});

Deno.test("a name or a limit that cannot be is refused", () => {
  assertThrows(() => defineTarget("dns", () => {}), TypeError, 'current name is "dns"');
  assertThrows(
    () => defineTarget("fuzz/../x", () => {}),
    TypeError,
    "Cannot declare a fuzz target",
  );
  assertThrows(() => defineTarget("fuzzA", () => {}, { maxLength: 0 }), RangeError, "it is 0");
  assertThrows(() => defineTarget("fuzzA", () => {}, { timeLimit: -1 }), RangeError, "it is -1");
});

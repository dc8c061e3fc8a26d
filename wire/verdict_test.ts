import { assert, assertEquals } from "@std/assert";
import { Verdict, verdictName } from "./verdict.ts";

Deno.test("verdicts count up from Ok, which is 0, without a gap", () => {
  assertEquals(Verdict.Ok, 0);
  assertEquals(Object.values(Verdict), Object.keys(Verdict).map((_, index) => index));
});

Deno.test("counters of verdicts have room for 16", () => {
  assert(Object.keys(Verdict).length <= 16);
});

Deno.test("a verdict has the name it is written with", () => {
  for (const [name, verdict] of Object.entries(Verdict)) assertEquals(verdictName(verdict), name);
  assertEquals(verdictName(99 as Verdict), "99");
});

import { assertEquals, assertThrows } from "@std/assert";
import { parseCount, parseDuration } from "./durations.ts";
import { matches, readOptions } from "./options.ts";

Deno.test("durations and counts are read strictly", () => {
  assertEquals(["500ms", "30s", "1.5m", "1h"].map(parseDuration), [500, 30_000, 90_000, 3_600_000]);
  for (const text of ["", "30", "s", "-1s", "1 s", "1d", "1s2"]) {
    assertThrows(() => parseDuration(text), SyntaxError, `it is "${text}"`);
  }
  assertEquals(parseCount("12"), 12);
  for (const text of ["", "0", "012", "1e3", "-1", "1.5"]) {
    assertThrows(() => parseCount(text), SyntaxError, `it is "${text}"`);
  }
});

Deno.test("options are read strictly", () => {
  const read = (...args: string[]) => readOptions(args, ["time", "filter"], ["keep"]);
  const { values, flags, rest } = read("--time", "3s", "--filter=a=b", "--keep", "x");
  assertEquals([...values], [["time", "3s"], ["filter", "a=b"]]);
  assertEquals([[...flags], rest], [["keep"], ["x"]]);
  assertThrows(() => read("--tiem", "3s"), SyntaxError, "Cannot use --tiem");
  assertThrows(() => read("--time"), SyntaxError, "Cannot use --time as it lacks its value");
  assertThrows(() => read("--keep=yes"), SyntaxError, "Cannot use --keep=yes");
});

Deno.test("a filter is a part of the name in any case, or a regular expression", () => {
  const name = "dns/message_fuzz_test.ts fuzzDnsDecode";
  assertEquals(matches(undefined, name), true);
  assertEquals(matches("DNS", name), true);
  assertEquals(matches("ntp", name), false);
  assertEquals(matches("/Decode$/", name), true);
  assertEquals(matches("/decode$/", name), false);
});

import { assertEquals, assertThrows } from "@std/assert";
import { CodeRunner } from "./assertion.ts";
import { Mismatch, Unsupported } from "./errors.ts";

const values: Readonly<Record<string, number>> = {
  tcpi_snd_cwnd: 10,
  tcpi_options: 6,
  TCPI_OPT_SACK: 2,
};
const runner = () => new CodeRunner((name) => values[name]);

Deno.test("packetdrill code: assertions that hold", () => {
  for (
    const code of [
      "assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd",
      "assert 9 < tcpi_snd_cwnd <= 10",
      "assert (tcpi_options & TCPI_OPT_SACK) != 0, tcpi_options",
      "assert tcpi_snd_cwnd in (9, 10)",
      "assert tcpi_snd_cwnd not in [1, 2]",
      "assert not tcpi_snd_cwnd == 9 and 1 or 0",
      "assert 2 + 3 * 4 - 1 == 13",
      "assert -7 // 2 == -4 and -7 % 3 == 2",
      "assert 1 << 4 | 1 == 17",
      "assert abs(-3) == 3 and min(4, 2) == 2",
      "a = tcpi_snd_cwnd; assert a == 10; \\\n assert a != 11",
      "\nassert tcpi_snd_cwnd == 10, 'cwnd: %d' % tcpi_snd_cwnd\n\n",
      "assert 1 == 1 # because; 'of'\n# \"this\"; and that\nassert '#' != 'a'  # so",
      "assert 1e3 == 1000 and 0x10 == 16",
    ]
  ) assertEquals(runner().run(code), [], code);
});

Deno.test("packetdrill code: an assertion that does not hold tells its condition and the value", () => {
  const error = assertThrows(
    () => runner().run("assert tcpi_snd_cwnd == 9, tcpi_snd_cwnd"),
    Mismatch,
  );
  assertEquals([error.expected, error.actual], ["tcpi_snd_cwnd == 9", "10"]);
  const bare = assertThrows(() => runner().run("assert tcpi_snd_cwnd < 9"), Mismatch);
  assertEquals(bare.actual, "tcpi_snd_cwnd = 10");
});

Deno.test("packetdrill code: names live on, print prints", () => {
  const code = runner();
  code.run("before = tcpi_snd_cwnd");
  assertEquals(code.run("print(before + 1, 2)"), ["(11, 2)"]);
});

Deno.test("packetdrill code: the rest of Python is not supported", () => {
  for (
    const code of [
      "import os",
      "assert tcpi_nothing == 1",
      "for x in y: pass",
      "assert f(1)",
      "assert (1",
    ]
  ) {
    assertThrows(() => runner().run(code), Unsupported, "", code);
  }
});

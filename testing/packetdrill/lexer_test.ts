import { assertEquals, assertThrows } from "@std/assert";
import { ScriptSyntaxError } from "./errors.ts";
import { tokenize } from "./lexer.ts";

/** Words as `kind:text`, without the end. */
function words(source: string): string[] {
  return tokenize(source).slice(0, -1).map(({ kind, text }) => `${kind}:${text}`);
}

const table: readonly (readonly [string, string[]])[] = [
  ["+.1", ["symbol:+", "float:.1"]],
  ["0...0.300", ["integer:0", "symbol:...", "float:0.300"]],
  ["-1 EAGAIN", ["integer:-1", "word:EAGAIN"]],
  ["1:1001(1000)", [
    "integer:1",
    "symbol::",
    "integer:1001",
    "symbol:(",
    "integer:1000",
    "symbol:)",
  ]],
  ["S. 0", ["word:S", "symbol:.", "integer:0"]],
  ["0x1f", ["integer:0x1f"]],
  ["FO 12ab", ["word:FO", "word:12ab"]],
  ["--mtu=1500", ["option:mtu", "symbol:=", "integer:1500"]],
  ["192.0.2.1", ["address:192.0.2.1"]],
  ["a // b\nc /* d\n */ e\n  # f\ng", ["word:a", "word:c", "word:e", "word:g"]],
  ["`a\n\\`b`", ["shell:a\n\\`b"]],
  ["%{ assert a == {} }%", ["code: assert a == {} "]],
  ['"a\\"b"', ['string:a\\"b']],
];

for (const [source, expected] of table) {
  Deno.test(`packetdrill lexer: ${JSON.stringify(source)}`, () => {
    assertEquals(words(source), expected);
  });
}

Deno.test("packetdrill lexer: lines are counted through comments, shell and code", () => {
  const tokens = tokenize("a\n/*\n*/ b `\n\n` c %{\n}% d");
  assertEquals(tokens.filter(({ kind }) => kind === "word").map(({ line }) => line), [1, 3, 5, 6]);
});

Deno.test("packetdrill lexer: what is not closed is refused with its line", () => {
  for (const open of ["`a", '"a', "/* a", "%{ a"]) {
    const error = assertThrows(() => tokenize(`x\n${open}`), ScriptSyntaxError);
    assertEquals(error.line, 2, open);
  }
});

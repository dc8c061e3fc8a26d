/**
 * Reads a system call and the expressions in it.
 *
 * @module
 */
import type { Expression, SystemCall } from "./ast.ts";
import type { TokenStream } from "./token_stream.ts";

/**
 * Reads `name(arguments) = result ERROR (note)`.
 *
 * @param end When a blocking call ends, in microseconds.
 */
export function parseSystemCall(stream: TokenStream, end: number | undefined): SystemCall {
  const name = stream.expectKind("word").text;
  stream.expect("(");
  const list = parseList(stream, ")");
  stream.expect("=");
  const result = parseExpression(stream);
  let error = "";
  if (stream.next.kind === "word") error = stream.take().text;
  if (stream.is("(")) skipNote(stream);
  const call: SystemCall = { kind: "call", name, arguments: list, result, error };
  return end === undefined ? call : { ...call, end };
}

/** A remark in parentheses, as `strace` prints it. */
function skipNote(stream: TokenStream): void {
  let depth = 0;
  do {
    const { text, kind } = stream.take();
    if (kind === "end") stream.fail('")"');
    if (text === "(") depth++;
    else if (text === ")") depth--;
  } while (depth > 0);
}

function parseList(stream: TokenStream, close: string): Expression[] {
  const items: Expression[] = [];
  if (stream.takeIf(close)) return items;
  do items.push(parseExpression(stream)); while (stream.takeIf(","));
  stream.expect(close);
  return items;
}

/** Reads an expression: terms joined by `|`. */
export function parseExpression(stream: TokenStream): Expression {
  let left = parseTerm(stream);
  while (stream.takeIf("|")) left = { kind: "or", left, right: parseTerm(stream) };
  return left;
}

function parseTerm(stream: TokenStream): Expression {
  const { next } = stream;
  switch (next.kind) {
    case "integer":
      stream.take();
      return { kind: "integer", value: next.value };
    case "string":
      return parseString(stream);
    case "word":
      return parseWord(stream);
    default:
      if (stream.takeIf("...")) return { kind: "ellipsis" };
      if (stream.takeIf("[")) return { kind: "list", items: parseList(stream, "]") };
      if (stream.takeIf("{")) return parseStruct(stream);
      return stream.fail("an expression");
  }
}

function parseString(stream: TokenStream): Expression {
  let value = "";
  while (stream.next.kind === "string") value += unescape(stream.take().text);
  stream.takeIf("...");
  return { kind: "string", value };
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", "0": "\0" };

function unescape(text: string): string {
  return text.replace(
    /\\x([0-9a-fA-F]{2})|\\([^])/g,
    (_, hex: string | undefined, letter: string) =>
      hex === undefined ? escapes[letter] ?? letter : String.fromCharCode(parseInt(hex, 16)),
  );
}

function parseWord(stream: TokenStream): Expression {
  const name = stream.take().text;
  if (stream.takeIf("=")) return { kind: "assign", name, value: parseExpression(stream) };
  if (!stream.is("(")) return { kind: "word", name };
  stream.take();
  const list = parseList(stream, ")");
  // `msg_iov(1)=[…]`: a field whose length is told.
  if (stream.takeIf("=")) return { kind: "assign", name, value: parseExpression(stream) };
  return { kind: "call", name, arguments: list };
}

function parseStruct(stream: TokenStream): Expression {
  const fields = new Map<string, Expression>();
  const items: Expression[] = [];
  for (const item of parseList(stream, "}")) {
    if (item.kind === "assign") fields.set(item.name, item.value);
    else items.push(item);
  }
  return { kind: "struct", fields, items };
}

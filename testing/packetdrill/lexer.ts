/**
 * Cuts a script into words. Line ends mean nothing in the language, except to comments.
 *
 * @module
 */
import { ScriptSyntaxError } from "./errors.ts";

/** What a word is. */
export type TokenKind =
  | "integer"
  | "float"
  | "word"
  | "string"
  | "shell"
  | "code"
  | "option"
  | "address"
  | "symbol"
  | "end";

/** One word. */
export interface Token {
  /** What it is. */
  readonly kind: TokenKind;
  /** Its text, without quotes and without the dashes of an option. */
  readonly text: string;
  /** The value of a number. */
  readonly value: number;
  /** The line it begins on, from 1. */
  readonly line: number;
  /** Where it begins in the source. */
  readonly start: number;
  /** Where it ends in the source (exclusive). */
  readonly end: number;
}

/** Tried in this order at every place; of equal beginnings the longest comes first. */
const rules: readonly (readonly [TokenKind | "blank", RegExp])[] = [
  ["blank", /[ \t\r\n]+/y],
  ["blank", /\/\/[^\n]*/y],
  ["blank", /\/\*[^]*?\*\//y],
  ["code", /%\{([^]*?)\}%/y],
  ["shell", /`((?:\\[^]|[^`\\])*)`/y],
  ["string", /"((?:\\[^]|[^"\\])*)"/y],
  ["option", /--([A-Za-z0-9_]+)/y],
  ["address", /[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/y],
  ["symbol", /\.\.\./y],
  ["float", /-?[0-9]*\.[0-9]+/y],
  ["integer", /0x[0-9a-fA-F]+/y],
  ["word", /[A-Za-z_][A-Za-z0-9_]*|[0-9]+[A-Za-z_][A-Za-z0-9_]*/y],
  ["integer", /-?[0-9]+/y],
  ["symbol", /[^ \t\r\n]/y],
];

const hashComment = /#[^\n]*/y;

/**
 * Cuts a script into words; the last one is an `end`.
 *
 * @throws {ScriptSyntaxError} When a comment, string, shell line or code is not closed.
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let at = 0;
  while (at < source.length) {
    const [kind, match] = nextMatch(source, at);
    const text = match[0];
    const end = at + text.length;
    if (kind !== "blank") {
      if (kind === "symbol") refuseUnclosed(source, at, line);
      tokens.push({
        kind,
        text: match[1] ?? text,
        value: kind === "integer" || kind === "float" ? Number(text) : NaN,
        line,
        start: at,
        end,
      });
    }
    line += countLines(text);
    at = end;
  }
  tokens.push({ kind: "end", text: "", value: NaN, line, start: at, end: at });
  return tokens;
}

function nextMatch(source: string, at: number): [TokenKind | "blank", RegExpExecArray] {
  if (source[at] === "#" && isLineStart(source, at)) {
    hashComment.lastIndex = at;
    return ["blank", hashComment.exec(source)!];
  }
  for (const [kind, pattern] of rules) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match !== null) return [kind, match];
  }
  throw new Error("unreachable: the last rule takes any character");
}

function isLineStart(source: string, at: number): boolean {
  return source.slice(source.lastIndexOf("\n", at - 1) + 1, at).trim() === "";
}

function refuseUnclosed(source: string, at: number, line: number): void {
  const open = ["/*", "%{", "`", '"'].find((text) => source.startsWith(text, at));
  if (open !== undefined) {
    throw new ScriptSyntaxError(`Cannot read script as ${open} is not closed`, line);
  }
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count++;
  return count;
}

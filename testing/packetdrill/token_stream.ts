/**
 * The words of a script, read one after another.
 *
 * @module
 */
import { ScriptSyntaxError } from "./errors.ts";
import { type Token, tokenize, type TokenKind } from "./lexer.ts";

/** A place among the words of a script. */
export class TokenStream {
  /** The script. */
  readonly source: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  /** Cuts a script and stands before its first word. */
  constructor(source: string) {
    this.source = source;
    this.#tokens = tokenize(source);
  }

  /** The word that comes next. */
  get next(): Token {
    return this.#tokens[this.#at]!;
  }

  /** The word after the next. */
  get second(): Token {
    return this.#tokens[Math.min(this.#at + 1, this.#tokens.length - 1)]!;
  }

  /** Where the word before ends in the source. */
  get consumed(): number {
    return this.#at === 0 ? 0 : this.#tokens[this.#at - 1]!.end;
  }

  /** Takes the next word, whatever it is. */
  take(): Token {
    const token = this.next;
    if (token.kind !== "end") this.#at++;
    return token;
  }

  /** Whether the next word is this symbol or this bare word. */
  is(text: string): boolean {
    const { next } = this;
    return (next.kind === "symbol" || next.kind === "word") && next.text === text;
  }

  /** Takes the next word if it is this one, and says whether it was. */
  takeIf(text: string): boolean {
    if (!this.is(text)) return false;
    this.#at++;
    return true;
  }

  /** Takes this word. */
  expect(text: string): Token {
    if (!this.is(text)) this.fail(`"${text}"`);
    return this.take();
  }

  /** Takes a word of this kind. */
  expectKind(kind: TokenKind): Token {
    if (this.next.kind !== kind) this.fail(`a ${kind}`);
    return this.take();
  }

  /** Takes a whole number. */
  integer(): number {
    return this.expectKind("integer").value;
  }

  /** Refuses the next word. */
  fail(wanted: string): never {
    const { next } = this;
    const got = next.kind === "end" ? "the end" : `"${next.text}"`;
    throw new ScriptSyntaxError(
      `Cannot read script as ${wanted} was expected, not ${got}`,
      next.line,
    );
  }
}

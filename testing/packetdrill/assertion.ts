/**
 * The little Python between `%{` and `}%`: `assert`, assignment and `print` over integers. There is
 * no Python here, only an evaluator of expressions.
 *
 * @module
 */
import { Mismatch, Unsupported } from "./errors.ts";

/** A value of an expression. */
export type Value = number | string | readonly Value[];

/** Looks a name up; `undefined` when it is not known. */
export type Lookup = (name: string) => number | undefined;

interface Word {
  readonly text: string;
  readonly end: number;
  readonly start: number;
}

const wordPattern =
  /\s*(0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|[A-Za-z_][A-Za-z0-9_.]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\*\*|\/\/|<<|>>|<=|>=|==|!=|[-+*\/%()[\],<>&|^~=:])/y;

/** Binary operators from the loosest on; comparisons and the words stand apart. */
const levels: readonly (readonly string[])[] = [["|"], ["^"], ["&"], ["<<", ">>"], ["+", "-"], [
  "*",
  "//",
  "/",
  "%",
]];
const comparisons = new Set(["<", "<=", ">", ">=", "==", "!="]);

/** Runs pieces of code one after another; names assigned in one are known in the next. */
export class CodeRunner {
  readonly #lookup: Lookup;
  readonly #variables: Map<string, Value> = new Map();
  #words: Word[] = [];
  #at = 0;
  #source = "";

  /**
   * Takes the names from outside.
   *
   * @param lookup Gives the value of `tcpi_…` and the like.
   */
  constructor(lookup: Lookup) {
    this.#lookup = lookup;
  }

  /**
   * Runs a piece of code.
   *
   * @returns What it prints.
   * @throws {Mismatch} When an assertion does not hold.
   * @throws {Unsupported} When the code does what is not understood.
   */
  run(code: string): string[] {
    const printed: string[] = [];
    for (const line of code.replace(/\\\s*\n/g, " ").split("\n")) {
      for (const statement of splitStatements(line)) this.#statement(statement, printed);
    }
    return printed;
  }

  #statement(text: string, printed: string[]): void {
    this.#open(text);
    if (this.#takeIf("assert")) {
      const start = this.#peekStart();
      const holds = truth(this.#expression());
      const condition = text.slice(start, this.#lastEnd()).trim();
      const shown = this.#takeIf(",") ? this.#expression() : undefined;
      if (!holds) {
        const actual = shown === undefined ? this.#valuesIn(condition) : show(shown);
        throw new Mismatch("assertion does not hold", condition, actual);
      }
    } else if (this.#peek() === "print") {
      this.#at++;
      printed.push(show(this.#expression()));
    } else if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(this.#peek()) && this.#words[1]?.text === "=") {
      this.#at = 2;
      this.#variables.set(this.#words[0]!.text, this.#expression());
    } else {
      throw new Unsupported(`code "${text}"`);
    }
    if (this.#at < this.#words.length) throw new Unsupported(`code "${text}"`);
  }

  /** The names of a condition with what they stand for. */
  #valuesIn(condition: string): string {
    const names = new Set(condition.match(/\btcpi_[a-z_]+\b/g));
    return [...names].map((name) => `${name} = ${this.#lookup(name)}`).join(", ");
  }

  #open(source: string): void {
    this.#source = source;
    this.#words = [];
    this.#at = 0;
    let at = 0;
    while (source.slice(at).trim() !== "") {
      wordPattern.lastIndex = at;
      const match = wordPattern.exec(source);
      if (match === null) throw new Unsupported(`code "${source}"`);
      const text = match[1]!;
      at = wordPattern.lastIndex;
      this.#words.push({ text, start: at - text.length, end: at });
    }
  }

  #peek(): string {
    return this.#words[this.#at]?.text ?? "";
  }

  #peekStart(): number {
    return this.#words[this.#at]?.start ?? this.#source.length;
  }

  #lastEnd(): number {
    return this.#words[this.#at - 1]?.end ?? 0;
  }

  #takeIf(text: string): boolean {
    if (this.#peek() !== text) return false;
    this.#at++;
    return true;
  }

  #expression(): Value {
    let left = this.#and();
    while (this.#takeIf("or")) {
      const right = this.#and();
      left = truth(left) ? left : right;
    }
    return left;
  }

  #and(): Value {
    let left = this.#not();
    while (this.#takeIf("and")) {
      const right = this.#not();
      left = truth(left) ? right : left;
    }
    return left;
  }

  #not(): Value {
    return this.#takeIf("not") ? Number(!truth(this.#not())) : this.#comparison();
  }

  /** `a <= b <= c` is both comparisons. */
  #comparison(): Value {
    let left = this.#binary(0);
    let holds: boolean | undefined;
    for (;;) {
      const operator = this.#peek();
      const isIn = operator === "in" ||
        (operator === "not" && this.#words[this.#at + 1]?.text === "in");
      if (!comparisons.has(operator) && !isIn) break;
      this.#at += operator === "not" ? 2 : 1;
      const right = this.#binary(0);
      holds = (holds ?? true) &&
        (isIn ? contains(right, left) === (operator === "in") : compare(operator, left, right));
      left = right;
    }
    return holds === undefined ? left : Number(holds);
  }

  #binary(level: number): Value {
    const operators = levels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    while (operators.includes(this.#peek())) {
      const operator = this.#words[this.#at++]!.text;
      left = calculate(operator, left, this.#binary(level + 1));
    }
    return left;
  }

  #unary(): Value {
    if (this.#takeIf("-")) return -numberOf(this.#unary());
    if (this.#takeIf("+")) return numberOf(this.#unary());
    if (this.#takeIf("~")) return -numberOf(this.#unary()) - 1;
    return this.#primary();
  }

  #primary(): Value {
    const text = this.#peek();
    if (text === "(" || text === "[") return this.#sequence(text === "(" ? ")" : "]");
    this.#at++;
    if (/^[0-9]/.test(text)) return Number(text);
    if (/^["']/.test(text)) return text.slice(1, -1);
    if (!/^[A-Za-z_]/.test(text)) throw new Unsupported(`code "${this.#source}"`);
    if (this.#peek() === "(") return this.#call(text);
    const value = this.#variables.get(text) ?? this.#lookup(text);
    if (value === undefined) throw new Unsupported(`${text} in code`);
    return value;
  }

  #sequence(close: string): Value {
    this.#at++;
    const items: Value[] = [];
    let hasComma = false;
    while (!this.#takeIf(close)) {
      if (this.#at >= this.#words.length) throw new Unsupported(`code "${this.#source}"`);
      items.push(this.#expression());
      if (this.#takeIf(",")) hasComma = true;
    }
    return items.length === 1 && !hasComma && close === ")" ? items[0]! : items;
  }

  #call(name: string): Value {
    const given = this.#sequence(")");
    const list = Array.isArray(given) ? given.map(numberOf) : [numberOf(given)];
    if (name === "abs") return Math.abs(list[0]!);
    if (name === "int") return Math.trunc(list[0]!);
    if (name === "min") return Math.min(...list);
    if (name === "max") return Math.max(...list);
    throw new Unsupported(`${name}() in code`);
  }
}

/** `;` parts statements and `#` begins a comment, except in quotes. */
function splitStatements(line: string): string[] {
  const code = line.replace(/^((?:"[^"]*"|'[^']*'|[^#"'])*)#.*$/, "$1");
  const parts = code.match(/(?:"[^"]*"|'[^']*'|[^;])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

function truth(value: Value): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== 0 && value !== "";
}

function numberOf(value: Value): number {
  if (typeof value !== "number") throw new Unsupported(`${show(value)} as a number in code`);
  return value;
}

function contains(list: Value, value: Value): boolean {
  if (!Array.isArray(list)) throw new Unsupported(`${show(list)} as a list in code`);
  return list.includes(value);
}

function compare(operator: string, left: Value, right: Value): boolean {
  if (operator === "==") return show(left) === show(right);
  if (operator === "!=") return show(left) !== show(right);
  const [a, b] = [numberOf(left), numberOf(right)];
  if (operator === "<") return a < b;
  if (operator === "<=") return a <= b;
  return operator === ">" ? a > b : a >= b;
}

function calculate(operator: string, left: Value, right: Value): Value {
  if (operator === "%" && typeof left === "string") return left;
  const [a, b] = [numberOf(left), numberOf(right)];
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "//":
      return Math.floor(a / b);
    case "%":
      return a - b * Math.floor(a / b);
    case "<<":
      return a * 2 ** b;
    case ">>":
      return Math.floor(a / 2 ** b);
    case "&":
      return Number(BigInt(a) & BigInt(b));
    case "^":
      return Number(BigInt(a) ^ BigInt(b));
    default:
      return Number(BigInt(a) | BigInt(b));
  }
}

function show(value: Value): string {
  return Array.isArray(value) ? `(${value.map(show).join(", ")})` : String(value);
}

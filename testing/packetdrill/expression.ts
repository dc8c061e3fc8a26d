/**
 * What the expressions of a system call come to.
 *
 * @module
 */
import { parseIpv4 } from "@octet/netip";
import type { Expression } from "./ast.ts";
import { symbols } from "./constants.ts";
import { Unsupported } from "./errors.ts";

/** Evaluates expressions with the names of one script. */
export class Evaluator {
  readonly #defines: ReadonlyMap<string, string>;

  /**
   * Takes the script's own names.
   *
   * @param defines What `--define` says.
   */
  constructor(defines: ReadonlyMap<string, string> = new Map()) {
    this.#defines = defines;
  }

  /**
   * The number that an expression is.
   *
   * @throws {Unsupported} When a name is not known, or the expression is no number.
   */
  number(expression: Expression | undefined): number {
    switch (expression?.kind) {
      case "integer":
        return expression.value;
      case "word":
        return this.#named(expression.name);
      case "or":
        return Number(
          BigInt(this.number(expression.left)) | BigInt(this.number(expression.right)),
        );
      case "call":
        return this.#call(expression.name, expression.arguments);
      case "list":
        if (expression.items.length === 1) return this.number(expression.items[0]);
        break;
    }
    throw new Unsupported(`${formatExpression(expression)} as a number`);
  }

  /** The number that an expression is, or `undefined` where it is left open. */
  optionalNumber(expression: Expression | undefined): number | undefined {
    if (expression === undefined || expression.kind === "ellipsis") return undefined;
    return this.number(expression);
  }

  /** The text that an expression is; `undefined` when it is none. */
  text(expression: Expression | undefined): string | undefined {
    if (expression?.kind === "string") return expression.value;
    if (expression?.kind === "word") return this.#defines.get(expression.name);
    if (expression?.kind === "list" && expression.items.length === 1) {
      return this.text(expression.items[0]);
    }
    return undefined;
  }

  #named(name: string): number {
    const value = this.#defines.get(name) ?? name;
    if (/^-?[0-9]+$/.test(value)) return Number(value);
    const known = symbols[value];
    if (known === undefined) throw new Unsupported(`the name ${name}`);
    return known;
  }

  #call(name: string, list: readonly Expression[]): number {
    const text = this.text(list[0]);
    if (name === "htons") return this.number(list[0]);
    if (name === "inet_addr" && text !== undefined) return parseIpv4(text);
    if (name === "inet6_addr") throw new Unsupported("IPv6");
    throw new Unsupported(`the function ${name}`);
  }
}

/** An expression as a script writes it. */
export function formatExpression(expression: Expression | undefined): string {
  switch (expression?.kind) {
    case undefined:
      return "nothing";
    case "ellipsis":
      return "...";
    case "integer":
      return String(expression.value);
    case "word":
      return expression.name;
    case "string":
      return JSON.stringify(expression.value);
    case "or":
      return `${formatExpression(expression.left)}|${formatExpression(expression.right)}`;
    case "assign":
      return `${expression.name}=${formatExpression(expression.value)}`;
    case "call":
      return `${expression.name}(${expression.arguments.map(formatExpression).join(", ")})`;
    case "list":
      return `[${expression.items.map(formatExpression).join(", ")}]`;
    case "struct": {
      const fields = [...expression.fields].map(([name, value]) =>
        `${name}=${formatExpression(value)}`
      );
      return `{${[...expression.items.map(formatExpression), ...fields].join(", ")}}`;
    }
  }
}

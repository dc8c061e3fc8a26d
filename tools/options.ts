/** Command lines, strictly read. @module */

import { print } from "./terminal.ts";

/** What {@linkcode readOptions} found. */
export interface Options {
  /** Values of options that take one, by name without dashes. */
  readonly values: ReadonlyMap<string, string>;
  /** Options that take none. */
  readonly flags: ReadonlySet<string>;
  /** What is no option. */
  readonly rest: readonly string[];
}

/**
 * Reads `--name VALUE`, `--name=VALUE` and `--flag`.
 *
 * @throws {SyntaxError} If an option is unknown or lacks its value.
 */
export function readOptions(args: readonly string[], names: string[], flags: string[]): Options {
  const values = new Map<string, string>();
  const set = new Set<string>();
  const rest: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const [, name, inline] = /^--([^=]+)(?:=(.*))?$/s.exec(args[i]!) ?? [];
    if (name === undefined) {
      rest.push(args[i]!);
    } else if (names.includes(name)) {
      const value = inline ?? args[++i];
      if (value === undefined) throw new SyntaxError(`Cannot use --${name} as it lacks its value`);
      values.set(name, value);
    } else if (flags.includes(name) && inline === undefined) {
      set.add(name);
    } else {
      throw new SyntaxError(`Cannot use ${args[i]} as it is none of the options`);
    }
  }
  return { values, flags: set, rest };
}

/** Runs a program's reading of its command line; what is wrong ends it with the usage and code 2. */
export function orUsage<T>(usage: string, read: () => T): T {
  if (Deno.args.includes("--help")) {
    print(usage);
    Deno.exit(0);
  }
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    print(error.message);
    print(usage);
    Deno.exit(2);
  }
}

/** Whether a name is meant by a filter: a part of it in any case, or `/a regular expression/`. */
export function matches(filter: string | undefined, name: string): boolean {
  if (filter === undefined) return true;
  const [, pattern] = /^\/(.*)\/$/s.exec(filter) ?? [];
  if (pattern !== undefined) return new RegExp(pattern).test(name);
  return name.toLowerCase().includes(filter.toLowerCase());
}

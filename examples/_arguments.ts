/**
 * Command lines, read strictly: what is not understood is refused, in one line that says what to do.
 *
 * @module
 */
import { parseArgs } from "@std/cli";

/** The command line is wrong; the program ends with exit code 2. */
export class UsageError extends Error {
  /** The error's name. */
  override name = "UsageError";
}

/** One option of a program. */
export interface OptionSpec {
  /** What its value is called in the help page, such as `FILE`; left out for a flag. */
  readonly value?: string;
  /** A value that works, for error messages. */
  readonly like?: string;
  /** A letter that stands for it, as in `-c HOST`. */
  readonly short?: string;
  /** Whether it may be given more than once. */
  readonly repeats?: boolean;
  /** What it does; one line, or several. */
  readonly help: string;
}

/** The options of a program by name, without the dashes. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** A command line that was understood. */
export class Arguments {
  /** What is no option. */
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #flags: ReadonlySet<string>;

  /** Keeps what {@linkcode parseArguments} read. */
  constructor(
    positionals: readonly string[],
    values: ReadonlyMap<string, readonly string[]>,
    flags: ReadonlySet<string>,
  ) {
    this.positionals = positionals;
    this.#values = values;
    this.#flags = flags;
  }

  /** Whether a flag was given. */
  flag(name: string): boolean {
    return this.#flags.has(name);
  }

  /** All values of an option, in their order. */
  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** The value of an option; `undefined` when it was not given. */
  text(name: string): string | undefined {
    return this.texts(name)[0];
  }

  /**
   * Reads an option's value.
   *
   * @param name The option.
   * @param like What it wants, in words, for the error message.
   * @param read Gives `undefined` for a value that will not do, or throws a `SyntaxError` or `RangeError` that says why.
   */
  read<T>(name: string, like: string, read: (text: string) => T | undefined): T | undefined {
    return this.readAll(name, like, read)[0];
  }

  /** Reads all values of an option as {@linkcode Arguments.read} does. */
  readAll<T>(name: string, like: string, read: (text: string) => T | undefined): T[] {
    return this.texts(name).map((text) => {
      try {
        const value = read(text);
        if (value !== undefined) return value;
      } catch (error) {
        if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
        const reason = error.message.replace(/^Cannot [\w ]+ as /, "");
        throw new UsageError(`Option --${name} wants ${like}: ${reason}`);
      }
      throw new UsageError(`Option --${name} wants ${like}, not ${JSON.stringify(text)}`);
    });
  }

  /** Reads a whole number. */
  integer(name: string, least: number, most: number): number | undefined {
    return this.read(name, `a whole number from ${least} to ${most}`, (text) => {
      const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
      return value >= least && value <= most ? value : undefined;
    });
  }
}

/**
 * Reads a command line. Of the names of `table`, those with a `value` are written `--name VALUE` or `--name=VALUE`,
 * the others `--name`.
 *
 * @param args The command line.
 * @param table The options.
 * @param positionals What the program wants beside options, in words such as `URL`; `[IFNAME]` may be left out, and a last
 * `[WORD …]` may be any number.
 * @throws {UsageError} When the command line is wrong.
 */
export function parseArguments(
  args: readonly string[],
  table: OptionTable,
  positionals: readonly string[] = [],
): Arguments {
  const names = Object.keys(table);
  const valued = names.filter((name) => table[name]!.value !== undefined);
  const flags = names.filter((name) => table[name]!.value === undefined);
  const refuse = (argument: string, key?: string): boolean => {
    if (key === undefined) return true;
    throw new UsageError(`Unknown option ${argument.split("=", 1)[0]}: --help lists the options`);
  };
  const parsed: Record<string, unknown> = parseArgs(tieValues(spellOut(args, table), table), {
    string: [...valued, "_"],
    collect: valued,
    boolean: flags,
    unknown: refuse,
  });
  const values = new Map<string, string[]>();
  for (const name of valued) {
    const given = (parsed[name] as string[] | undefined ?? []).map((text) => text.slice(1));
    if (given.length > 1 && table[name]!.repeats !== true) {
      throw new UsageError(`Option --${name} was given ${given.length} times: give it once`);
    }
    values.set(name, given);
  }
  const rest = (parsed["_"] as unknown[]).map(String);
  checkPositionals(rest, positionals);
  return new Arguments(rest, values, new Set(flags.filter((name) => parsed[name] === true)));
}

/** Replaces `-c HOST`, `-cHOST` and `-uR` by the options that the letters stand for. */
function spellOut(args: readonly string[], table: OptionTable): string[] {
  const names = new Map<string, string>();
  for (const [name, { short }] of Object.entries(table)) {
    if (short !== undefined) names.set(short, name);
  }
  const spelt: string[] = [];
  let isValue = false;
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (isValue || !/^-[^-]/.test(argument) || !names.has(argument[1]!)) {
      if (argument === "--" && !isValue) return [...spelt, ...args.slice(i)];
      isValue = !isValue && wantsValue(argument, table);
      spelt.push(argument);
      continue;
    }
    for (let at = 1; at < argument.length; at++) {
      const name = names.get(argument[at]!);
      if (name === undefined) {
        throw new UsageError(`Unknown option -${argument[at]}: --help lists the options`);
      }
      spelt.push(`--${name}`);
      if (table[name]!.value === undefined) continue;
      isValue = at + 1 === argument.length;
      if (!isValue) spelt.push(argument.slice(at + 1));
      break;
    }
  }
  return spelt;
}

/** Whether the argument behind this one is its value. */
function wantsValue(argument: string, table: OptionTable): boolean {
  const name = argument.slice(2);
  return argument.startsWith("--") && Object.hasOwn(table, name) &&
    table[name]!.value !== undefined;
}

/**
 * Joins each option with its value by `==`, so that the value may be anything: empty, a negative number, `-`, or
 * something that looks like an option.
 */
function tieValues(args: readonly string[], table: OptionTable): string[] {
  const tied: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (argument === "--") return [...tied, ...args.slice(i)];
    const equals = argument.indexOf("=");
    const name = argument.slice(2, equals < 0 ? undefined : equals);
    if (!argument.startsWith("--") || !Object.hasOwn(table, name)) {
      tied.push(argument);
      continue;
    }
    const { value, like } = table[name]!;
    if (value === undefined) {
      if (equals >= 0) throw new UsageError(`Option --${name} takes no value: write --${name}`);
      tied.push(argument);
    } else if (equals >= 0) tied.push(`--${name}==${argument.slice(equals + 1)}`);
    else if (i + 1 < args.length) tied.push(`--${name}==${args[++i]}`);
    else {
      throw new UsageError(
        `Option --${name} wants a value: --${name} ${like ?? value}`,
      );
    }
  }
  return tied;
}

function checkPositionals(given: readonly string[], wanted: readonly string[]): void {
  const needed = wanted.filter((name) => !name.startsWith("["));
  const repeats = wanted.at(-1)?.endsWith(" …]") ?? false;
  if (given.length > wanted.length && !repeats) {
    const extra = JSON.stringify(given[wanted.length]);
    const hint = wanted.length === 0 ? "only options are wanted" : `${wanted.join(" ")} is all`;
    throw new UsageError(`Unexpected argument ${extra}: ${hint}, --help says more`);
  }
  if (given.length < needed.length) {
    throw new UsageError(`Missing ${needed[given.length]}: --help shows examples`);
  }
}

/** The lines of a help page for options. */
export function describeOptions(table: OptionTable): string {
  const heads = Object.entries(table).map(([name, { value, short }]) =>
    `  ${short === undefined ? "" : `-${short}, `}--${name}${
      value === undefined ? "" : ` ${value}`
    }`
  );
  const width = Math.max(...heads.map((head) => head.length)) + 2;
  return Object.values(table).map(({ help }, i) =>
    help.split("\n").map((line, k) => (k === 0 ? heads[i]! : "").padEnd(width) + line).join("\n")
  ).join("\n");
}

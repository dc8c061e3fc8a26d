/**
 * What every program does at its beginning and end: help, errors in one line, exit codes, Ctrl-C.
 *
 * @module
 */
import { type Arguments, type OptionTable, parseArguments, UsageError } from "./_arguments.ts";

/** Ends the program with an exit code, and a line on standard error unless the message is empty. */
export class ExitError extends Error {
  /** The error's name. */
  override name = "ExitError";
  /** The exit code. */
  readonly code: number;

  /** Says how the program ends. */
  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a program is. */
export interface Program {
  /** Its name, at the head of error lines. */
  readonly name: string;
  /** The page that `--help` prints. */
  readonly help: string;
  /** Its options beside `--help`. */
  readonly options: OptionTable;
  /** What it wants beside options. */
  readonly positionals?: readonly string[];
  /** Makes an exit code of an error that is neither wrong usage nor an {@linkcode ExitError}; 1 when left out. */
  readonly exitCode?: (error: unknown) => number;
  /** Whether Ctrl-C is how it is meant to end: its exit code counts then, too. */
  readonly endsByInterrupt?: boolean;
  /** Does the work; `signal` is aborted by Ctrl-C. Its result is the exit code. */
  readonly main: (args: Arguments, signal: AbortSignal) => Promise<number>;
}

const encoder = new TextEncoder();

/** Whether standard error takes colours: a terminal, and nobody said `NO_COLOR`. */
export const errorColour: boolean = !Deno.noColor && Deno.stderr.isTerminal();

/** Prints a line on standard error; nobody reading it is no reason to stop. */
export function say(line: string): void {
  writeError(`${line}\n`);
}

/** Writes to standard error as it is. */
export function writeError(text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

/** Writes to standard output, all of it. */
export function writeOutput(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** Prints text on standard output. */
export function print(text: string): void {
  writeOutput(encoder.encode(text));
}

/** Text from the network or a command line as it may be shown on a terminal: one line, no control characters. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\x${character.codePointAt(0)!.toString(16).padStart(2, "0")}`,
  );
}

/** Runs a program with the process's command line and ends the process. */
export async function runProgram(program: Program): Promise<never> {
  Deno.exit(await exitCodeOf(program, Deno.args));
}

async function exitCodeOf(program: Program, args: readonly string[]): Promise<number> {
  const interrupt = new AbortController();
  let interrupted = 0;
  const listen = (signal: Deno.Signal, code: number) =>
    Deno.addSignalListener(signal, () => {
      if (interrupted !== 0) Deno.exit(code);
      interrupted = code;
      interrupt.abort();
    });
  try {
    if (asksForHelp(args)) {
      print(program.help);
      return 0;
    }
    const parsed = parseArguments(args, program.options, program.positionals);
    listen("SIGINT", 130);
    if (Deno.build.os !== "windows") {
      listen("SIGTERM", 143);
      listen("SIGHUP", 129);
    }
    const code = await program.main(parsed, interrupt.signal);
    return program.endsByInterrupt === true && interrupted === 130 ? code : interrupted || code;
  } catch (error) {
    if (interrupted !== 0) return interrupted;
    return report(program, error);
  }
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? undefined : end).includes("--help");
}

function report(program: Program, thrown: unknown): number {
  // What went wrong first counts, not what closing came to after it.
  const error = thrown instanceof SuppressedError ? thrown.suppressed : thrown;
  // Who closed our standard output has seen enough; curl's code for it is 23.
  if (error instanceof Deno.errors.BrokenPipe) return 23;
  const message = error instanceof Error ? error.message : String(error);
  if (message !== "") say(`${program.name}: ${printable(message)}`);
  if (error instanceof UsageError) return 2;
  if (error instanceof ExitError) return error.code;
  return program.exitCode?.(error) ?? 1;
}

/**
 * What a fuzz target is, and the list of those that the loaded files declared.
 *
 * @module
 */

import { replay } from "./replay.ts";

/**
 * The code under test: it is given bytes and fails by throwing, by returning a promise that
 * rejects, or by taking longer than {@linkcode FuzzOptions.timeLimit}. It may keep or change its
 * input, which is a copy of its own.
 */
export type FuzzBody = (input: Uint8Array<ArrayBuffer>) => void | Promise<void>;

/** What may be said about a target beside its name and its body. */
export interface FuzzOptions {
  /** Inputs to start from; the better they are, the sooner deep code is reached. */
  seeds?: readonly Uint8Array[];
  /**
   * The folder that holds inputs as raw files, and into which failing ones are written.
   *
   * @default {"testdata/fuzz/NAME/ beside the file that calls fuzz()"}
   */
  corpus?: URL;
  /** Byte strings that mutations may insert, beside those found in the sources of the code. */
  dictionary?: readonly Uint8Array[];
  /**
   * The longest input to try, in bytes.
   *
   * @default {4096}
   */
  maxLength?: number;
  /**
   * How long one input may take, in milliseconds.
   *
   * @default {1000}
   */
  timeLimit?: number;
}

/** A target with every default filled in. */
export interface FuzzTarget {
  /** The name, which is also the name of its corpus folder. */
  readonly name: string;
  /** The code under test. */
  readonly body: FuzzBody;
  /** Inputs given in code. */
  readonly seeds: readonly Uint8Array[];
  /** The corpus folder, or `undefined` where the calling file is not known. */
  readonly corpus: URL | undefined;
  /** Byte strings that mutations may insert. */
  readonly dictionary: readonly Uint8Array[];
  /** The longest input to try, in bytes. */
  readonly maxLength: number;
  /** How long one input may take, in milliseconds. */
  readonly timeLimit: number;
}

const targets: FuzzTarget[] = [];

/**
 * The targets declared with {@linkcode fuzz} by the files loaded so far, in their order.
 *
 * @example
 * ```ts
 * import { fuzzTargets } from "@octet/testing/fuzz";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fuzzTargets(), []);
 * ```
 *
 * @returns The list itself; it grows as files are loaded.
 */
export function fuzzTargets(): readonly FuzzTarget[] {
  return targets;
}

/**
 * Declares a fuzz target: a test that replays its corpus under `deno test`, and a target of the
 * fuzzing command.
 *
 * @example
 * ```ts ignore
 * import { fuzz } from "@octet/testing/fuzz";
 *
 * fuzz("fuzzUtf8", (input) => {
 *   new TextDecoder().decode(input);
 * }, { seeds: [new TextEncoder().encode("Grüße")] });
 * ```
 *
 * @param name An identifier that begins with `fuzz` and is unique in its file's folder.
 * @param body The code under test.
 * @param options Seeds, limits, and where the corpus lies.
 * @throws {TypeError} If the name is not of that form.
 * @throws {RangeError} If a limit is not a positive number.
 */
export function fuzz(name: string, body: FuzzBody, options: FuzzOptions = {}): void {
  const corpus = options.corpus ?? corpusBesideCaller(name);
  const target = defineTarget(name, body, corpus === undefined ? options : { ...options, corpus });
  targets.push(target);
  if (typeof Deno !== "undefined") {
    Deno.test(`${name} (replay)`, (context) => replay(target, context));
  }
}

/**
 * Makes a target without declaring it: nothing is registered anywhere.
 *
 * @example
 * ```ts
 * import { defineTarget } from "@octet/testing/fuzz";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(defineTarget("fuzzNothing", () => {}).maxLength, 4096);
 * ```
 *
 * @param name An identifier that begins with `fuzz`.
 * @param body The code under test.
 * @param options Seeds, limits, and where the corpus lies; without `corpus` there is none.
 * @returns The target, ready for the engine.
 * @throws {TypeError} If the name is not of that form.
 * @throws {RangeError} If a limit is not a positive number.
 */
export function defineTarget(name: string, body: FuzzBody, options: FuzzOptions = {}): FuzzTarget {
  if (!/^fuzz[A-Za-z0-9_]*$/.test(name)) {
    throw new TypeError(
      `Cannot declare a fuzz target as its name must begin with "fuzz" and hold only letters, ` +
        `digits and underscores: current name is "${name}"`,
    );
  }
  const maxLength = options.maxLength ?? 4096;
  if (!Number.isInteger(maxLength) || maxLength < 1) {
    throw new RangeError(
      `Cannot declare ${name} as maxLength must be a positive integer: it is ${maxLength}`,
    );
  }
  const timeLimit = options.timeLimit ?? 1000;
  if (!(timeLimit > 0)) {
    throw new RangeError(
      `Cannot declare ${name} as timeLimit must be positive: it is ${timeLimit}`,
    );
  }
  return {
    name,
    body,
    seeds: options.seeds ?? [],
    corpus: options.corpus,
    dictionary: options.dictionary ?? [],
    maxLength,
    timeLimit,
  };
}

/** The call site is read from the stack, as a test runner does for its own report. */
function corpusBesideCaller(name: string): URL | undefined {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, fuzz);
  const caller = /(?:file|https?):\/\/[^\s()]+?(?=:\d+:\d+)/.exec(holder.stack ?? "")?.[0];
  return caller?.startsWith("file:") ? new URL(`testdata/fuzz/${name}/`, caller) : undefined;
}

/**
 * The fuzzing loop.
 *
 * @module
 */

import { randomBelow, SeededRandom } from "@octet/wire";
import { readCorpus, writeInput } from "./corpus.ts";
import type { Coverage } from "./coverage.ts";
import { Mutator } from "./mutator.ts";
import { Sweep } from "./sweep.ts";
import { shrink } from "./shrink.ts";
import type { FuzzTarget } from "./target.ts";
import { Watchdog } from "./watchdog.ts";

/** Bounds of a batch: the runs between two readings of the coverage. */
const BATCH = { least: 16, most: 1024 } as const;

/** How often a line on the progress is due, in milliseconds. */
const PROGRESS = 3000;

/** How long a failing input is shrunk at most, in milliseconds. */
const SHRINK_TIME = 20_000;

/** How {@linkcode fuzzTarget} runs. */
export interface FuzzRunOptions {
  /**
   * The seed of all random choices. The same seed and count give the same inputs.
   *
   * @default {1}
   */
  seed?: number;
  /** Stop after this many milliseconds. */
  time?: number;
  /**
   * Stop after this many runs.
   *
   * @default {"10000 where no time is given"}
   */
  count?: number;
  /** What guides the search; without it mutations are blind. */
  coverage?: Coverage;
  /** Words for mutations, beside those that the target brings along. */
  dictionary?: readonly Uint8Array[];
  /** Write inputs that reached new code into the corpus folder, minimised. */
  keep?: boolean;
  /**
   * Watch from a worker for an input that never ends: it is written into the corpus folder, and
   * then the process is killed, for there is no other way out of an endless loop.
   */
  watchdog?: boolean;
  /** Given a line about the progress now and then. */
  log?: (line: string) => void;
}

/** An input on which a target fails. */
export interface FuzzFailure {
  /** The input, shrunk. */
  readonly input: Uint8Array<ArrayBuffer>;
  /** What was thrown, or an error that says how long the input took. */
  readonly error: unknown;
  /** The file that holds the input, where the target has a corpus folder. */
  readonly file: URL | undefined;
}

/** What a run of {@linkcode fuzzTarget} did. */
export interface FuzzReport {
  /** The target's name. */
  readonly name: string;
  /** How many inputs were run, those for shrinking not counted. */
  readonly execs: number;
  /** How long it took, in milliseconds. */
  readonly elapsed: number;
  /** How many new inputs reached new code. */
  readonly interesting: number;
  /** How many inputs the corpus in memory holds at the end. */
  readonly corpus: number;
  /** How many files `keep` wrote. */
  readonly kept: number;
  /** The failure that ended the run, if one did. */
  readonly failure: FuzzFailure | undefined;
}

/**
 * Runs a target on mutated inputs until an input fails or the limit is reached. A failing input is
 * shrunk and written into the corpus folder.
 *
 * @example
 * ```ts
 * import { defineTarget, fuzzTarget } from "@octet/testing/fuzz";
 * import { assertEquals } from "@std/assert";
 *
 * const report = await fuzzTarget(defineTarget("fuzzFine", () => {}), { count: 500 });
 * assertEquals([report.execs, report.failure], [500, undefined]);
 * ```
 *
 * @param target The target.
 * @param options Limits, seed, guidance and output.
 * @returns What was done and found.
 */
export async function fuzzTarget(
  target: FuzzTarget,
  options: FuzzRunOptions = {},
): Promise<FuzzReport> {
  const run = new FuzzRun(target, options);
  try {
    return await run.start();
  } finally {
    run.close();
  }
}

class FuzzRun {
  readonly #target: FuzzTarget;
  readonly #options: FuzzRunOptions;
  readonly #random: SeededRandom;
  readonly #mutator: Mutator;
  readonly #corpus: Uint8Array<ArrayBuffer>[] = [];
  readonly #found: Uint8Array<ArrayBuffer>[] = [];
  /** Inputs still to be swept, the latest last. */
  readonly #sweeps: Sweep[] = [];
  readonly #watchdog: Watchdog | undefined;
  readonly #limit: number;
  readonly #started: number = performance.now();
  readonly #until: number;
  #reported: number = this.#started;
  #execs = 0;
  #failure: FuzzFailure | undefined;

  constructor(target: FuzzTarget, options: FuzzRunOptions) {
    this.#target = target;
    this.#options = options;
    this.#random = new SeededRandom(options.seed ?? 1);
    const dictionary = [...target.dictionary, ...options.dictionary ?? []];
    this.#mutator = new Mutator(this.#random, target.maxLength, dictionary);
    this.#limit = options.count ?? (options.time === undefined ? 10_000 : Infinity);
    this.#until = this.#started + (options.time ?? Infinity);
    this.#watchdog = options.watchdog ? new Watchdog(target) : undefined;
  }

  async start(): Promise<FuzzReport> {
    await this.#watchdog?.ready;
    await this.#begin();
    let size: number = BATCH.least;
    while (this.#failure === undefined && this.#execs < this.#limit) {
      if (performance.now() >= this.#until) break;
      const fresh = await this.#batch(Math.min(size, this.#limit - this.#execs));
      // Small batches are cheap to search while news is frequent, large ones to read when not.
      size = fresh ? Math.max(size >> 1, BATCH.least) : Math.min(size * 2, BATCH.most);
      this.#progress(false);
    }
    const kept = this.#failure === undefined && this.#options.keep ? await this.#keep() : 0;
    this.#progress(true);
    return {
      name: this.#target.name,
      execs: this.#execs,
      elapsed: performance.now() - this.#started,
      interesting: this.#found.length,
      corpus: this.#corpus.length,
      kept,
      failure: this.#failure,
    };
  }

  close(): void {
    this.#watchdog?.close();
  }

  /** Runs what is known already, so that only what it does not reach counts as new. */
  async #begin(): Promise<void> {
    const { corpus, seeds } = this.#target;
    const known = seeds.map((seed) => new Uint8Array(seed));
    if (corpus !== undefined) known.push(...readCorpus(corpus).map((entry) => entry.bytes));
    if (known.length === 0) known.push(new Uint8Array(0));
    for (const input of known) {
      this.#add(input);
      const error = await this.#attempt(input);
      this.#execs++;
      if (error !== undefined) return await this.#fail(input, error);
    }
    const { coverage } = this.#options;
    if (coverage !== undefined) coverage.add(await coverage.read());
  }

  /** Runs `size` new inputs; says whether one reached new code. */
  async #batch(size: number): Promise<boolean> {
    const inputs: Uint8Array<ArrayBuffer>[] = [];
    for (let i = 0; i < size; i++) {
      const input = (i % 2 === 0 ? this.#sweep() : undefined) ??
        this.#mutator.mutate(this.#pick(), this.#pick());
      inputs.push(input);
      const pending = this.#attempt(input);
      const error = pending instanceof Promise ? await pending : pending;
      this.#execs++;
      if (error !== undefined) {
        await this.#fail(input, error);
        return false;
      }
      if (performance.now() >= this.#until) break;
    }
    const { coverage } = this.#options;
    if (coverage === undefined) return false;
    const reading = await coverage.read();
    if (!coverage.isNew(reading)) return false;
    const before = this.#found.length;
    await this.#attribute(coverage, inputs);
    // What shows once only, such as a cache that fills, belongs to no input and is not news again.
    coverage.add(reading);
    return this.#found.length > before;
  }

  /** Searches a batch that reached new code for the inputs that did, by halves. */
  async #attribute(coverage: Coverage, inputs: Uint8Array<ArrayBuffer>[]): Promise<void> {
    if (inputs.length > 1) {
      const half = inputs.length >> 1;
      for (const part of [inputs.slice(0, half), inputs.slice(half)]) {
        for (const input of part) await this.#attempt(input);
        if (coverage.isNew(await coverage.read())) await this.#attribute(coverage, part);
      }
      return;
    }
    for (const input of inputs) {
      await this.#attempt(input);
      if (coverage.add(await coverage.read()) === 0) continue;
      this.#add(input);
      this.#found.push(input);
    }
  }

  #add(input: Uint8Array<ArrayBuffer>): void {
    this.#corpus.push(input);
    this.#sweeps.push(new Sweep(input, this.#target.maxLength));
  }

  /** The next of the systematic inputs, those of the latest find first. */
  #sweep(): Uint8Array<ArrayBuffer> | undefined {
    for (;;) {
      const latest = this.#sweeps.at(-1);
      if (latest === undefined) return undefined;
      const input = latest.next();
      if (input !== undefined) return input;
      this.#sweeps.pop();
    }
  }

  /** An input to start from: one of the latest finds half of the time, else any. */
  #pick(): Uint8Array<ArrayBuffer> {
    const all = this.#corpus.length;
    const latest = Math.min(all, 8);
    const index = randomBelow(this.#random, 2) === 0
      ? all - 1 - randomBelow(this.#random, latest)
      : randomBelow(this.#random, all);
    return this.#corpus[index]!;
  }

  /** Runs one input. The promise is made only when the target makes one, for speed. */
  #attempt(input: Uint8Array<ArrayBuffer>): unknown {
    const started = performance.now();
    this.#watchdog?.arm(input);
    try {
      const result = this.#target.body(input.slice());
      if (result instanceof Promise) return this.#settle(result, started);
    } catch (error) {
      this.#watchdog?.disarm();
      return error ?? new Error(`The target threw ${error}`);
    }
    this.#watchdog?.disarm();
    return this.#tooSlow(started);
  }

  async #settle(result: Promise<void>, started: number): Promise<unknown> {
    try {
      await result;
    } catch (error) {
      return error ?? new Error(`The target rejected with ${error}`);
    } finally {
      this.#watchdog?.disarm();
    }
    return this.#tooSlow(started);
  }

  #tooSlow(started: number): Error | undefined {
    const elapsed = performance.now() - started;
    if (elapsed <= this.#target.timeLimit) return undefined;
    return new SlowInput(this.#target.timeLimit, elapsed);
  }

  async #fail(input: Uint8Array<ArrayBuffer>, first: unknown): Promise<void> {
    let error = first instanceof SlowInput ? await this.#confirm(input) : first;
    if (error === undefined) return;
    const kind = kindOf(error);
    const smallest = await shrink(input, async (candidate) => {
      const found = await this.#confirm(candidate);
      if (found === undefined || kindOf(found) !== kind) return false;
      error = found;
      return true;
    }, { until: performance.now() + SHRINK_TIME });
    const { corpus } = this.#target;
    const file = corpus === undefined ? undefined : await writeInput(corpus, smallest);
    this.#failure = { input: smallest, error, file };
  }

  /** A machine may be busy for a second; only an input that is slow twice is to blame. */
  async #confirm(input: Uint8Array<ArrayBuffer>): Promise<unknown> {
    const error = await this.#attempt(input);
    return error instanceof SlowInput ? await this.#attempt(input) : error;
  }

  /** Writes the finds, without those that the shorter ones make needless, each shrunk. */
  async #keep(): Promise<number> {
    const { coverage } = this.#options;
    const { corpus, seeds } = this.#target;
    if (coverage === undefined || corpus === undefined) return 0;
    const reach = async (input: Uint8Array<ArrayBuffer>) => {
      await this.#attempt(input);
      return await coverage.read();
    };
    coverage.forget();
    for (const seed of seeds) coverage.add(await reach(new Uint8Array(seed)));
    for (const { bytes } of readCorpus(corpus)) coverage.add(await reach(bytes));
    let kept = 0;
    for (const input of this.#found.sort((a, b) => a.length - b.length)) {
      const gain = coverage.gain(await reach(input));
      if (gain === 0) continue;
      const smallest = await shrink(
        input,
        async (candidate) => coverage.gain(await reach(candidate)) >= gain,
        { attempts: 400 },
      );
      coverage.add(await reach(smallest));
      await writeInput(corpus, smallest);
      kept++;
    }
    return kept;
  }

  #progress(last: boolean): void {
    const now = performance.now();
    if (!last && now - this.#reported < PROGRESS) return;
    this.#reported = now;
    const seconds = (now - this.#started) / 1000;
    const rate = Math.round(this.#execs / Math.max(seconds, 0.001));
    this.#options.log?.(
      `fuzz: elapsed: ${seconds.toFixed(1)}s, execs: ${this.#execs} (${rate}/sec), ` +
        `new interesting: ${this.#found.length} (total: ${this.#corpus.length})`,
    );
  }
}

/** The failure of an input that takes too long. */
class SlowInput extends Error {
  override name = "SlowInput";

  constructor(limit: number, elapsed: number) {
    super(`The input took ${Math.round(elapsed)} ms where the limit is ${limit} ms`);
  }
}

/** What two failures must share to be the same: the class, and the message without its numbers. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return `${error.name}: ${error.message.replace(/(?:0x)?[0-9a-f]*\d[0-9a-f]*/gi, "#")}`;
}

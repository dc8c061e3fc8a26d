/**
 * Which code has run, from V8's own counters, in this very process.
 *
 * @module
 */

import type { Profiler, Session } from "node:inspector";

/** What ran between two readings, as V8 tells it. */
export type CoverageReading = readonly Profiler.ScriptCoverage[];

/**
 * Precise block coverage through V8's profiler (`node:inspector`), with a memory of what was seen
 * before. Start it before the code under test is loaded: what V8 has compiled already is counted
 * by the function and not by the block.
 *
 * @example
 * ```ts
 * import { Coverage } from "@octet/testing/fuzz";
 * import { assert } from "@std/assert";
 *
 * const coverage = await Coverage.start((url) => url.startsWith("file:"));
 * const reading = await coverage.read();
 * assert(Array.isArray(reading));
 * await coverage.stop();
 * ```
 */
export class Coverage {
  readonly #session: Session;
  readonly #accept: (url: string) => boolean;
  /** Per function, keyed by script and place: which characters of it have run. */
  readonly #seen: Map<string, Uint8Array> = new Map();

  /**
   * Wraps a session.
   *
   * @param session A connected session with its profiler on; {@linkcode Coverage.start} makes one.
   * @param accept Which scripts count, by URL.
   */
  constructor(session: Session, accept: (url: string) => boolean) {
    this.#session = session;
    this.#accept = accept;
  }

  /**
   * Starts counting.
   *
   * @param accept Which scripts count, by URL.
   * @returns The running counter.
   */
  static async start(accept: (url: string) => boolean): Promise<Coverage> {
    const { Session } = await import("node:inspector");
    const session = new Session();
    session.connect();
    const coverage = new Coverage(session, accept);
    await coverage.#ask("Profiler.enable");
    await coverage.#arm();
    await coverage.read();
    return coverage;
  }

  /**
   * Reads and clears the counters. A reading costs a millisecond, so runs are read in batches.
   *
   * @returns What ran since the last reading, in the scripts that count.
   */
  async read(): Promise<CoverageReading> {
    const { result } = await this.#ask("Profiler.takePreciseCoverage");
    await this.#arm();
    return result.filter((script) => this.#accept(script.url));
  }

  /**
   * Says whether a reading shows code that no reading given to {@linkcode Coverage.add} showed.
   *
   * @param reading What {@linkcode Coverage.read} gave.
   * @returns Whether anything is new.
   */
  isNew(reading: CoverageReading): boolean {
    return this.#walk(reading, false) > 0;
  }

  /**
   * Remembers a reading.
   *
   * @param reading What {@linkcode Coverage.read} gave.
   * @returns How many characters of source ran for the first time.
   */
  add(reading: CoverageReading): number {
    return this.#walk(reading, true);
  }

  /**
   * Counts what a reading shows for the first time, and does not remember it.
   *
   * @param reading What {@linkcode Coverage.read} gave.
   * @returns How many characters of source no remembered reading ran.
   */
  gain(reading: CoverageReading): number {
    return this.#walk(reading, false);
  }

  /** Forgets every reading. */
  forget(): void {
    this.#seen.clear();
  }

  /** Stops counting and closes the session. */
  async stop(): Promise<void> {
    await this.#ask("Profiler.stopPreciseCoverage");
    this.#session.disconnect();
  }

  /**
   * Starting again also throws optimised code away, which each reading needs: a function whose
   * every block ran, in optimised code only, is missing from what V8 reports. With counts V8
   * reports a function each time; without, it would be silent about one that it has reported, and
   * the search for the input that called it would find nothing.
   */
  async #arm(): Promise<void> {
    await this.#ask("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  #ask(
    method: string,
    parameters: Profiler.StartPreciseCoverageParameterType = {},
  ): Promise<Profiler.TakePreciseCoverageReturnType> {
    return new Promise((resolve, reject) => {
      this.#session.post(method, parameters, (error, answer) => {
        if (error) reject(error);
        else resolve({ result: [], ...answer });
      });
    });
  }

  #walk(reading: CoverageReading, remember: boolean): number {
    let fresh = 0;
    for (const script of reading) {
      for (const { ranges } of script.functions) {
        const whole = ranges[0];
        if (whole === undefined || (ranges.length === 1 && whole.count === 0)) continue;
        const key = `${script.url}:${whole.startOffset}:${whole.endOffset}`;
        let seen = this.#seen.get(key);
        if (seen === undefined) {
          seen = new Uint8Array(whole.endOffset - whole.startOffset);
          if (remember) this.#seen.set(key, seen);
        }
        fresh += compare(seen, ranges, remember);
      }
    }
    return fresh;
  }
}

/** Paints the nested ranges, inner over outer, and counts what `seen` does not have yet. */
function compare(seen: Uint8Array, ranges: Profiler.CoverageRange[], remember: boolean): number {
  const start = ranges[0]!.startOffset;
  const ran = new Uint8Array(seen.length);
  for (const range of ranges) {
    ran.fill(range.count > 0 ? 1 : 0, range.startOffset - start, range.endOffset - start);
  }
  let fresh = 0;
  for (let i = 0; i < ran.length; i++) if (ran[i]! > seen[i]!) fresh++;
  if (remember && fresh > 0) { for (let i = 0; i < ran.length; i++) seen[i]! |= ran[i]!; }
  return fresh;
}

/**
 * What xcurl says: a line for each step with the time it took, a bar while bytes come, or one JSON object.
 *
 * @module
 */
import { errorColour, print, printable, say, writeError } from "./_program.ts";

/** What a program may read of a step. */
export type Facts = Readonly<Record<string, unknown>>;

/** The steps of one run, told as they happen or gathered for JSON. */
export class Report {
  readonly #isJson: boolean;
  readonly #start: number = performance.now();
  readonly #steps: Facts[] = [];
  readonly #result: Record<string, unknown> = {};

  /** Begins to count the time. */
  constructor(isJson: boolean) {
    this.#isJson = isJson;
  }

  /** Milliseconds since the beginning. */
  get elapsed(): number {
    return performance.now() - this.#start;
  }

  /**
   * Tells of a step.
   *
   * @param step Its name, such as `DHCP`.
   * @param time How long it took, in milliseconds.
   * @param text What came of it.
   * @param facts The same, for programs.
   */
  step(step: string, time: number, text: string, facts: Facts = {}): void {
    this.#steps.push({ step, ms: rounded(time), ...facts });
    if (this.#isJson) return;
    const stamp = `[${formatTime(time)}]`;
    say(`${errorColour ? `\x1b[36m${stamp}\x1b[0m` : stamp} ${step} ${printable(text)}`);
  }

  /** Adds to what the JSON says. */
  add(facts: Facts): void {
    Object.assign(this.#result, facts);
  }

  /** Prints the JSON, where it is wanted. */
  finish(exitCode: number, error: string = ""): void {
    if (!this.#isJson) return;
    print(`${
      JSON.stringify({
        ...this.#result,
        steps: this.#steps,
        ms: rounded(this.elapsed),
        exitCode,
        ...(error !== "" && { error }),
      })
    }\n`);
  }
}

function rounded(time: number): number {
  return Math.round(time * 1000) / 1000;
}

/** A time as people read it: a tenth of a millisecond counts only for short ones. */
export function formatTime(time: number): string {
  return time < 10 ? `${time.toFixed(1)}ms` : `${Math.round(time)}ms`;
}

/** Bytes in a time as bits per second. */
export function formatRate(bytes: number, time: number): string {
  const rate = bytes * 8000 / Math.max(time, 0.001);
  if (rate >= 1e9) return `${(rate / 1e9).toFixed(2)} Gbit/s`;
  if (rate >= 1e6) return `${(rate / 1e6).toFixed(1)} Mbit/s`;
  return `${(rate / 1e3).toFixed(0)} kbit/s`;
}

const barWidth = 30;
const repaintTime = 100;

/** A bar on a terminal; elsewhere a line for each tenth. */
export class ProgressBar {
  readonly #total: number | null;
  readonly #start: number = performance.now();
  readonly #isTerminal: boolean = Deno.stderr.isTerminal();
  #painted = 0;
  #tenth = 0;

  /** Shows nothing yet; `total` is how many bytes there will be, `null` when nobody knows. */
  constructor(total: number | null) {
    this.#total = total;
  }

  /** Says how many bytes have come. */
  update(bytes: number): void {
    const now = performance.now();
    if (!this.#isTerminal) {
      const tenth = this.#total ? Math.floor(bytes * 10 / this.#total) : 0;
      if (tenth > this.#tenth) say(this.#text(bytes, now));
      this.#tenth = Math.max(this.#tenth, tenth);
      return;
    }
    if (now - this.#painted < repaintTime) return;
    this.#painted = now;
    writeError(`\r${this.#text(bytes, now)}\x1b[K`);
  }

  /** Ends the line. */
  finish(bytes: number): void {
    if (this.#isTerminal) writeError(`\r${this.#text(bytes, performance.now())}\x1b[K\n`);
  }

  #text(bytes: number, now: number): string {
    const rate = formatRate(bytes, now - this.#start);
    if (this.#total === null) return `${bytes} bytes, ${rate}`;
    const part = this.#total === 0 ? 1 : Math.min(1, bytes / this.#total);
    const filled = Math.round(part * barWidth);
    const bar = "#".repeat(filled).padEnd(barWidth, ".");
    return `[${bar}] ${
      Math.floor(part * 100).toString().padStart(3)
    }% of ${this.#total} bytes, ${rate}`;
  }
}

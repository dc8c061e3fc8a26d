/**
 * Time and memory of one operation.
 *
 * @module
 */

import { allocatedBytes } from "./allocation.ts";

/** The code to measure. What it returns is ignored, except that a promise is awaited. */
export type BenchBody = () => unknown;

/** How to measure, and what to say about it. */
export interface MeasureOptions {
  /**
   * How many operations one call of the function does.
   *
   * @default {1}
   */
  operations?: number;
  /** How many bytes of payload one operation carries; the table then shows Gbit/s. */
  bytes?: number;
  /** The title under which the table lists it. */
  group?: string;
  /** What others need for the same, in nanoseconds per operation. */
  peers?: Readonly<Record<string, number>>;
  /**
   * How long to measure, in milliseconds; warming up takes half as much again.
   *
   * @default {500}
   */
  time?: number;
  /**
   * How many rounds the time is divided into; the median of them is told.
   *
   * @default {9}
   */
  rounds?: number;
}

/** What was measured. */
export interface Measurement {
  /** What was measured. */
  readonly name: string;
  /** The title it belongs to, or an empty string. */
  readonly group: string;
  /** Nanoseconds per operation, the median of the rounds. */
  readonly nsPerOp: number;
  /** Nanoseconds per operation in the fastest round. */
  readonly nsPerOpBest: number;
  /** Bytes allocated per operation in steady state, the median of three rounds. */
  readonly bytesPerOp: number;
  /** How many operations were timed. */
  readonly operations: number;
  /** Payload carried, in Gbit/s, if the number of bytes was given. */
  readonly gbitPerSecond: number | undefined;
  /** What others need, in nanoseconds per operation. */
  readonly peers: Readonly<Record<string, number>>;
}

/** The shortest round, in milliseconds, that the clock can be trusted with. */
const SHORTEST_ROUND = 1;

/**
 * Measures an operation: warms it up, times several rounds and takes the median, then counts what
 * it allocates.
 *
 * @example
 * ```ts
 * import { measure } from "@octet/testing/bench";
 * import { assertEquals } from "@std/assert";
 *
 * const from = new Uint8Array(1460);
 * const to = new Uint8Array(1460);
 * const result = await measure("copy", () => to.set(from), { time: 10, peers: { reference: 42 } });
 * assertEquals([result.name, result.peers], ["copy", { reference: 42 }]);
 * ```
 *
 * @param name What it is.
 * @param body The code; it may do several operations, see {@linkcode MeasureOptions.operations}.
 * @param options How to measure.
 * @returns The figures.
 * @throws {RangeError} If `operations`, `time` or `rounds` is not positive.
 */
export async function measure(
  name: string,
  body: BenchBody,
  options: MeasureOptions = {},
): Promise<Measurement> {
  const { operations = 1, time = 500, rounds = 9, group = "", peers = {} } = options;
  if (!(operations > 0 && time > 0 && rounds > 0)) {
    throw new RangeError(
      `Cannot measure ${name} as operations, time and rounds must be positive: they are ` +
        `${operations}, ${time} and ${rounds}`,
    );
  }
  const calls = await warmUp(body, time / 2, Math.max(time / rounds, SHORTEST_ROUND));
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    samples.push(await timed(body, calls) * 1e6 / (calls * operations));
  }
  const allocations: number[] = [];
  for (let round = 0; round < 3; round++) {
    allocations.push(await allocatedBytes(body, calls) / (calls * operations));
  }
  const nsPerOp = median(samples);
  return {
    name,
    group,
    nsPerOp,
    nsPerOpBest: Math.min(...samples),
    bytesPerOp: median(allocations),
    operations: calls * operations * rounds,
    gbitPerSecond: options.bytes === undefined ? undefined : options.bytes * 8 / nsPerOp,
    peers,
  };
}

/** Runs until the time is up; returns how many calls make a round of the given length. */
async function warmUp(body: BenchBody, time: number, round: number): Promise<number> {
  let calls = 1;
  let last = 0;
  const end = performance.now() + time;
  do {
    last = await timed(body, calls);
    // Towards the length of a round, in steps that one slow first call cannot mislead.
    const wanted = last > 0 ? calls * round / last : calls * 2;
    calls = Math.max(1, Math.round(Math.min(wanted, calls * 2)));
  } while (performance.now() < end);
  return calls;
}

async function timed(body: BenchBody, calls: number): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < calls; i++) {
    const result = body();
    if (result instanceof Promise) await result;
  }
  return performance.now() - started;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

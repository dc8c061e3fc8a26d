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
  /** What is to be reached, in nanoseconds per operation on the machine of the peers' figures. */
  target?: number;
  /** Whether the table speaks of operations a second rather than of nanoseconds. */
  perSecond?: boolean;
  /**
   * Whether it is measured in a process of its own, where V8 has seen nothing else of the file.
   *
   * @default {false}
   */
  isolated?: boolean;
  /**
   * How long to measure, in milliseconds; warming up takes as much again.
   *
   * @default {500}
   */
  time?: number;
  /**
   * How many rounds the time is divided into: enough that some are left alone by whatever else runs
   * on the machine. Code that takes long has fewer, but three at least.
   *
   * @default {100}
   */
  rounds?: number;
}

/** What was measured. */
export interface Measurement {
  /** What was measured. */
  readonly name: string;
  /** The title it belongs to, or an empty string. */
  readonly group: string;
  /**
   * Nanoseconds per operation. Of code that allocates next to nothing it is the fastest round, as what
   * makes others slower is the rest of the machine; of code that allocates the median, as the
   * collections that it causes are part of its cost.
   */
  readonly nsPerOp: number;
  /** Nanoseconds per operation in the fastest round. */
  readonly nsPerOpBest: number;
  /** Nanoseconds per operation, the median of the rounds. */
  readonly nsPerOpMedian: number;
  /** Bytes allocated per operation in steady state, the median of three rounds. */
  readonly bytesPerOp: number;
  /** How many operations were timed. */
  readonly operations: number;
  /** Payload carried, in Gbit/s, if the number of bytes was given. */
  readonly gbitPerSecond: number | undefined;
  /** What others need, in nanoseconds per operation. */
  readonly peers: Readonly<Record<string, number>>;
  /** What is to be reached, in nanoseconds per operation. */
  readonly target: number | undefined;
  /** Whether it is told as operations a second. */
  readonly perSecond: boolean;
}

/** With fewer bytes per microsecond than this, collections of a few milliseconds are seconds apart. */
const LITTLE_GARBAGE = 30;
/** Warming up goes on while a round is faster than all before by more than this factor. */
const FASTER = 0.97;
/** The shortest round, in milliseconds, that the clock can be trusted with. */
const SHORTEST_ROUND = 1;

/**
 * Measures an operation: warms it up, times several rounds, then counts what it allocates.
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
  const { operations = 1, time = 500, rounds = 100, group = "", peers = {} } = options;
  if (!(operations > 0 && time > 0 && rounds > 0)) {
    throw new RangeError(
      `Cannot measure ${name} as operations, time and rounds must be positive: they are ` +
        `${operations}, ${time} and ${rounds}`,
    );
  }
  const calls = await warmUp(body, time, Math.max(time / rounds, SHORTEST_ROUND));
  const samples: number[] = [];
  const late = performance.now() + 2 * time;
  while (samples.length < rounds && (samples.length < 3 || performance.now() < late)) {
    samples.push(await timed(body, calls) * 1e6 / (calls * operations));
  }
  const allocations: number[] = [];
  for (let round = 0; round < 3; round++) {
    const watched = calls * roundsWatched(samples.length);
    allocations.push(await allocatedBytes(body, watched) / (watched * operations));
  }
  const nsPerOpMedian = median(samples);
  const nsPerOpBest = Math.min(...samples);
  const bytesPerOp = median(allocations);
  const isFrugal = bytesPerOp * 1000 / nsPerOpBest < LITTLE_GARBAGE;
  const nsPerOp = isFrugal ? nsPerOpBest : nsPerOpMedian;
  return {
    name,
    group,
    nsPerOp,
    nsPerOpBest,
    nsPerOpMedian,
    bytesPerOp,
    operations: calls * operations * samples.length,
    gbitPerSecond: options.bytes === undefined ? undefined : options.bytes * 8 / nsPerOp,
    peers,
    target: options.target,
    perSecond: options.perSecond ?? false,
  };
}

/**
 * Runs until the time is up and the code has not become faster for as long, six times as long at the most; returns
 * how many calls make a round of the given length.
 */
async function warmUp(body: BenchBody, time: number, round: number): Promise<number> {
  let calls = 1;
  let last = 0;
  let best = Infinity;
  const latest = performance.now() + 6 * time;
  let end = performance.now() + time;
  do {
    last = await timed(body, calls);
    if (last / calls < best * FASTER) end = Math.min(performance.now() + time, latest);
    best = Math.min(best, last / calls);
    // Towards the length of a round, in steps that one slow first call cannot mislead.
    const wanted = last > 0 ? calls * round / last : calls * 2;
    calls = Math.max(1, Math.round(Math.min(wanted, calls * 2)));
  } while (performance.now() < end);
  return calls;
}

/** Allocation is counted over more calls than a round has, so that what counting itself takes is little. */
function roundsWatched(rounds: number): number {
  return Math.max(1, Math.ceil(rounds / 6));
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

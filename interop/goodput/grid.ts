/**
 * All measurements of a table: each cell several times with other random numbers, all pairings of one cell close
 * together in time, so that what else the machine does meets all.
 *
 * @module
 */
import { measure, type Pairing, pairings } from "./cell.ts";
import { median, type Row } from "./table.ts";
import type { SinkReport, TrafficTimes } from "./traffic.ts";

/** One measurement and what it found. */
export interface Measurement {
  /** Who sent to whom. */
  readonly pairing: Pairing;
  /** Loss in percent, each direction. */
  readonly loss: number;
  /** Delay in milliseconds, each direction. */
  readonly delay: number;
  /** Bandwidth in megabits per second, each direction. */
  readonly rate: number;
  /** From where the random numbers started. */
  readonly seed: number;
  /** What arrived. */
  readonly report: SinkReport;
}

/** What is measured, and for how long. */
export interface Grid {
  /** In percent. */
  readonly losses: readonly number[];
  /** In milliseconds. */
  readonly delays: readonly number[];
  /** In megabits per second. */
  readonly rate: number;
  /** What the sink counts where the line, or the machine, is what limits. */
  readonly times: TrafficTimes;
  /** What it counts where loss and delay limit: few segments a second need more seconds. */
  readonly slowTimes: TrafficTimes;
  /** How often each cell is measured. */
  readonly repeat: number;
  /** How many measurements run at a time where loss and delay limit, so that the machine has time to spare. */
  readonly parallel: number;
  /** The first seed; each repetition has the next. */
  readonly seed: number;
}

/** Whether a wire carries so little that several can be measured at a time: below some 10 Mbit/s. */
export function isSlow(loss: number, delay: number): boolean {
  return loss >= 1 && delay >= 10;
}

/** From how much loss on, in percent, timeouts of 200 ms each make the figures spread where there is no delay. */
const spreadLoss = 3;

/** What the sink counts over a wire. */
function timesOf(loss: number, delay: number, { times, slowTimes }: Grid): TrafficTimes {
  if (isSlow(loss, delay)) return slowTimes;
  return loss >= spreadLoss ? { ...times, window: 3 * times.window } : times;
}

/** Measures one wire with all pairings and seeds. */
export async function measureCell(
  loss: number,
  delay: number,
  grid: Grid,
): Promise<Measurement[]> {
  const { rate, repeat, seed: first } = grid;
  const times = timesOf(loss, delay, grid);
  const waiting = Array.from({ length: repeat }, (_, i) => first + i)
    .flatMap((seed) => pairings.map((pairing) => ({ pairing, seed })));
  const results: Measurement[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { pairing, seed } = next;
      const report = await measure(pairing, { loss, delay, rate, seed }, times);
      results.push({ pairing, loss, delay, rate, seed, report });
    }
  };
  await Promise.all(Array.from({ length: isSlow(loss, delay) ? grid.parallel : 1 }, work));
  return results;
}

/** The line of the table: the median of each pairing. */
export function rowOf(measurements: readonly Measurement[]): Row {
  const goodput = (wanted: Pairing) =>
    median(
      measurements.filter(({ pairing }) => pairing === wanted).map(({ report }) => report.goodput),
    );
  const { loss, delay } = measurements[0]!;
  return {
    loss,
    delay,
    oursToKernel: goodput("ours → kernel"),
    kernelToOurs: goodput("kernel → ours"),
    besideSending: goodput("kernel ← kernel"),
    besideReceiving: goodput("kernel → kernel"),
  };
}

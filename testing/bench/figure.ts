/**
 * Figures: numbers with a unit, that benchmarks of any kind come to and that can be compared later.
 *
 * @module
 */

import type { Measurement } from "./measure.ts";

/** What makes one figure better than another. */
export type Better = "less" | "more";

/** One number, and what it is held against. */
export interface Figure {
  /** What was measured. */
  readonly name: string;
  /** The title it belongs to. */
  readonly group: string;
  /** The number. */
  readonly value: number;
  /** Its unit, such as `ns`, `Gbit/s`, `/s`, `B`, `KiB`, `µs`. */
  readonly unit: string;
  /** Whether less or more of it is better. */
  readonly better: Better;
  /** What is to be reached, in the same unit. */
  readonly target?: number;
  /** What others come to, in the same unit. */
  readonly peers?: Readonly<Record<string, number>>;
  /** Bytes allocated per operation, where that was counted. */
  readonly bytesPerOp?: number;
}

/** How a figure is taken that is neither time nor allocation of an operation. */
export interface FigureOptions {
  /** The title under which the table lists it. */
  readonly group: string;
  /** Its unit. */
  readonly unit: string;
  /** Whether less or more of it is better; `less` when left out. */
  readonly better?: Better;
  /** What is to be reached. */
  readonly target?: number;
  /** What others come to. */
  readonly peers?: Readonly<Record<string, number>>;
}

/**
 * Makes the figure of a measurement: Gbit/s where payload was carried, operations a second where
 * that was asked for, else nanoseconds per operation.
 *
 * @example
 * ```ts
 * import { figureOf, measure } from "@octet/testing/bench";
 * import { assertEquals } from "@std/assert";
 *
 * const one = await measure("copy", () => {}, { bytes: 1000, time: 10, peers: { other: 1000 } });
 * const { value, unit, better, peers } = figureOf(one);
 * assertEquals([unit, better, peers], ["Gbit/s", "more", { other: 8 }]);
 * assertEquals(value, one.gbitPerSecond);
 * ```
 *
 * @param measurement The measurement.
 * @returns Its figure; peers and target in the same unit.
 */
export function figureOf(measurement: Measurement): Figure {
  const { nsPerOp, gbitPerSecond, peers, target, perSecond } = measurement;
  // A whole number of bits, whatever the division has left of it.
  const bits = Math.round((gbitPerSecond ?? 0) * nsPerOp);
  const convert = gbitPerSecond !== undefined
    ? (ns: number) => bits / ns
    : perSecond
    ? (ns: number) => 1e9 / ns
    : (ns: number) => ns;
  const theirs = Object.entries(peers).map(([name, ns]) => [name, convert(ns)]);
  return {
    name: measurement.name,
    group: measurement.group,
    value: gbitPerSecond ?? convert(nsPerOp),
    unit: gbitPerSecond !== undefined ? "Gbit/s" : perSecond ? "/s" : "ns",
    better: gbitPerSecond !== undefined || perSecond ? "more" : "less",
    ...target === undefined ? {} : { target: convert(target) },
    ...theirs.length === 0 ? {} : { peers: Object.fromEntries(theirs) },
    bytesPerOp: measurement.bytesPerOp,
  };
}

/**
 * What a figure of the peers' machine would be on this one: times grow with the calibration, rates
 * shrink, and amounts of memory stay.
 *
 * @example
 * ```ts
 * import { scaled } from "@octet/testing/bench";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(scaled(100, "ns", 1.5), 150);
 * assertEquals(scaled(3, "Gbit/s", 1.5), 2);
 * assertEquals(scaled(3, "KiB", 1.5), 3);
 * ```
 *
 * @param value The figure there.
 * @param unit Its unit.
 * @param calibration By how much longer this machine takes.
 * @returns The figure here.
 */
export function scaled(value: number, unit: string, calibration: number): number {
  if (unit.endsWith("/s")) return value / calibration;
  return /^[nµm]?s$/.test(unit) ? value * calibration : value;
}

/**
 * Whether a figure is at least as good as its target.
 *
 * @example
 * ```ts
 * import { meets } from "@octet/testing/bench";
 * import { assert } from "@std/assert";
 *
 * const base = { name: "n", group: "g", unit: "ns", better: "less" } as const;
 * assert(meets({ ...base, value: 99, target: 100 }));
 * assert(!meets({ ...base, value: 101, target: 100 }));
 * ```
 *
 * @param figure The figure, with a target.
 * @param calibration By how much longer this machine takes than the target's.
 * @returns `undefined` when it has none.
 */
export function meets(figure: Figure, calibration: number = 1): boolean | undefined {
  if (figure.target === undefined) return undefined;
  const target = scaled(figure.target, figure.unit, calibration);
  return figure.better === "less" ? figure.value <= target : figure.value >= target;
}

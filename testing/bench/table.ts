/**
 * Measurements and figures as tables for people.
 *
 * @module
 */

import { type Figure, figureOf, meets, scaled } from "./figure.ts";
import type { Measurement } from "./measure.ts";

/**
 * Formats measurements, a table a group: nanoseconds and bytes per operation, operations per second
 * or Gbit/s, what is to be reached, and what the peers need, with the factor by which they are slower.
 *
 * @example
 * ```ts
 * import { formatTable } from "@octet/testing/bench";
 * import { assertEquals } from "@std/assert";
 *
 * const text = formatTable([{
 *   name: "ARP exchange",
 *   group: "stack",
 *   nsPerOp: 128,
 *   nsPerOpBest: 128,
 *   nsPerOpMedian: 131,
 *   bytesPerOp: 0,
 *   operations: 1,
 *   gbitPerSecond: undefined,
 *   peers: { lneto: 256 },
 *   target: 220,
 *   perSecond: false,
 * }]);
 * assertEquals(text.split("\n"), [
 *   "stack         ns/op  median  B/op  per second       reach          lneto",
 *   "ARP exchange    128     131     0   7,812,500  ≤ 220 ns ✓  256 ns (2.0×)",
 *   "",
 * ]);
 * ```
 *
 * @param measurements The measurements, in the order to show.
 * @param calibration By how much longer this machine takes than the one of the peers' figures, which
 *   are scaled by it.
 * @returns Lines, each ended by a newline, groups apart by an empty line.
 */
export function formatTable(
  measurements: readonly Measurement[],
  calibration: number = 1,
): string {
  return [...Map.groupBy(measurements, (one) => one.group)]
    .map(([group, members]) => formatGroup(group, members, calibration))
    .join("\n");
}

/**
 * Formats figures, a table a group: the number, what is to be reached, and what others come to.
 *
 * @example
 * ```ts
 * import { formatFigures } from "@octet/testing/bench";
 * import { assertEquals } from "@std/assert";
 *
 * const text = formatFigures([
 *   { name: "idle TCP connection", group: "memory", value: 900, unit: "B", better: "less", target: 1024 },
 * ]);
 * assertEquals(text.split("\n"), [
 *   "memory               figure        reach",
 *   "idle TCP connection   900 B  ≤ 1,024 B ✓",
 *   "",
 * ]);
 * ```
 *
 * @param figures The figures, in the order to show.
 * @param calibration As in {@linkcode formatTable}.
 * @returns Lines, each ended by a newline, groups apart by an empty line.
 */
export function formatFigures(figures: readonly Figure[], calibration: number = 1): string {
  return [...Map.groupBy(figures, (one) => one.group)]
    .map(([group, members]) => {
      const { titles, cells } = comparison(members, calibration);
      const rows = [[group, "figure", ...titles]];
      for (const [i, one] of members.entries()) {
        rows.push([one.name, withUnit(one.value, one.unit), ...cells[i]!]);
      }
      return aligned(rows);
    }).join("\n");
}

function formatGroup(
  group: string,
  members: readonly Measurement[],
  calibration: number,
): string {
  const { titles, cells } = comparison(members.map(figureOf), calibration);
  const rows = [[group || "benchmark", "ns/op", "median", "B/op", "per second", ...titles]];
  for (const [i, one] of members.entries()) {
    rows.push([
      one.name,
      significant(one.nsPerOp),
      significant(one.nsPerOpMedian),
      one.bytesPerOp < 1 ? "0" : significant(one.bytesPerOp),
      one.gbitPerSecond === undefined
        ? Math.round(1e9 / one.nsPerOp).toLocaleString("en-US")
        : `${one.gbitPerSecond.toFixed(2)} Gbit`,
      ...cells[i]!,
    ]);
  }
  return aligned(rows);
}

/** The columns that hold figures against others: what to reach, and each peer. */
function comparison(
  figures: readonly Figure[],
  calibration: number,
): { titles: string[]; cells: string[][] } {
  const peers = [...new Set(figures.flatMap((one) => Object.keys(one.peers ?? {})))];
  const hasTarget = figures.some((one) => one.target !== undefined);
  const cells = figures.map((one) => [
    ...hasTarget ? [reach(one, calibration)] : [],
    ...peers.map((peer) => against(one, peer, calibration)),
  ]);
  return { titles: [...hasTarget ? ["reach"] : [], ...peers], cells };
}

function reach(figure: Figure, calibration: number): string {
  const { target, unit, better } = figure;
  if (target === undefined) return "";
  const limit = withUnit(scaled(target, unit, calibration), unit);
  return `${better === "less" ? "≤" : "≥"} ${limit} ${meets(figure, calibration) ? "✓" : "✗"}`;
}

function against(figure: Figure, peer: string, calibration: number): string {
  const theirs = figure.peers?.[peer];
  if (theirs === undefined) return "";
  const here = scaled(theirs, figure.unit, calibration);
  const factor = figure.better === "less" ? here / figure.value : figure.value / here;
  return `${withUnit(here, figure.unit)} (${factor.toFixed(1)}×)`;
}

function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
    ).join("  ").trimEnd()
  );
  return `${lines.join("\n")}\n`;
}

/** A number with its unit: `256 ns`, `8.04 Gbit/s`, `12,300/s`. */
export function withUnit(value: number, unit: string): string {
  return `${significant(value)}${unit.startsWith("/") ? "" : " "}${unit}`;
}

/** Three figures below a thousand, all of them above. */
function significant(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

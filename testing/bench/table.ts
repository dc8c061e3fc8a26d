/**
 * Measurements as a table for people.
 *
 * @module
 */

import type { Measurement } from "./measure.ts";

/**
 * Formats measurements, a table a group: nanoseconds and bytes per operation, operations per second
 * or Gbit/s, and what the peers need, with the factor by which they are slower.
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
 *   nsPerOpBest: 120,
 *   bytesPerOp: 0,
 *   operations: 1,
 *   gbitPerSecond: undefined,
 *   peers: { lneto: 256 },
 * }]);
 * assertEquals(text.split("\n"), [
 *   "stack         ns/op  B/op  per second          lneto",
 *   "ARP exchange    128     0   7,812,500  256 ns (2.0×)",
 *   "",
 * ]);
 * ```
 *
 * @param measurements The measurements, in the order to show.
 * @returns Lines, each ended by a newline, groups apart by an empty line.
 */
export function formatTable(measurements: readonly Measurement[]): string {
  return [...Map.groupBy(measurements, (one) => one.group)]
    .map(([group, members]) => formatGroup(group, members))
    .join("\n");
}

function formatGroup(group: string, members: readonly Measurement[]): string {
  const peers = [...new Set(members.flatMap((one) => Object.keys(one.peers)))];
  const rows = [[group || "benchmark", "ns/op", "B/op", "per second", ...peers]];
  for (const one of members) {
    rows.push([
      one.name,
      significant(one.nsPerOp),
      one.bytesPerOp < 0.05 ? "0" : significant(one.bytesPerOp),
      one.gbitPerSecond === undefined
        ? Math.round(1e9 / one.nsPerOp).toLocaleString("en-US")
        : `${one.gbitPerSecond.toFixed(2)} Gbit`,
      ...peers.map((peer) => {
        const theirs = one.peers[peer];
        return theirs === undefined
          ? ""
          : `${significant(theirs)} ns (${(theirs / one.nsPerOp).toFixed(1)}×)`;
      }),
    ]);
  }
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
    ).join("  ").trimEnd()
  );
  return `${lines.join("\n")}\n`;
}

/** Three figures below a thousand, all of them above. */
function significant(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}

/** Figures of a run as a JSON file, and what they were taken on. @module */

import { cpus } from "node:os";
import type { Figure } from "@octet/testing/bench";

/** What a run was made on. */
export interface Machine {
  /** When, as ISO 8601. */
  readonly date: string;
  /** Version of Deno, and of V8. */
  readonly deno: string;
  /** The processor's name. */
  readonly cpu: string;
  /** How many processors. */
  readonly cores: number;
  /** The kernel. */
  readonly system: string;
  /** The load average of the last minute when the run began. */
  readonly load: number;
}

/** What a run writes. */
export interface Report {
  /** Which command wrote it. */
  readonly kind: "bench" | "bench:net" | "bench:weight";
  readonly machine: Machine;
  /** By how much longer this machine takes than the one of the peers' figures. */
  readonly calibration: number;
  readonly figures: readonly Figure[];
}

/** What this process runs on. */
export function thisMachine(): Machine {
  const processors = cpus();
  return {
    date: new Date().toISOString(),
    deno: `${Deno.version.deno} (V8 ${Deno.version.v8})`,
    cpu: processors[0]?.model.trim() || "unknown processor",
    cores: processors.length,
    system: `${Deno.build.os} ${Deno.osRelease()} ${Deno.build.arch}`,
    load: Deno.loadavg()[0]!,
  };
}

/** One line about a machine. */
export function describeMachine(machine: Machine, calibration: number): string {
  const { deno, cpu, cores, system, load, date } = machine;
  return `${date.slice(0, 10)}, ${cores} × ${cpu}, ${system}, Deno ${deno}, load ${
    load.toFixed(2)
  }; it takes ${calibration.toFixed(2)} times as long as the machine of the peers' figures`;
}

/** Writes a report. */
export async function writeReport(path: string, report: Report): Promise<void> {
  await Deno.writeTextFile(path, `${JSON.stringify(report, null, 2)}\n`);
}

/**
 * Reads a report.
 *
 * @throws {SyntaxError} When the file is none; the message says which.
 */
export async function readReport(path: string): Promise<Report> {
  let parsed: Partial<Report>;
  try {
    parsed = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) throw error;
    throw new SyntaxError(`Cannot read ${path} as a report: ${error.message}`);
  }
  if (!Array.isArray(parsed?.figures) || parsed.figures.some((one) => !isFigure(one))) {
    throw new SyntaxError(`Cannot read ${path} as a report as it holds no figures`);
  }
  return parsed as Report;
}

function isFigure(one: unknown): boolean {
  const figure = one as Partial<Figure> | null;
  return typeof figure?.name === "string" && typeof figure.group === "string" &&
    typeof figure.value === "number" && typeof figure.unit === "string" &&
    (figure.better === "less" || figure.better === "more");
}

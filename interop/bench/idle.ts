/**
 * What a stack takes of the processor when nothing happens.
 *
 * @module
 */
import type { Figure } from "@octet/testing/bench";
import { Namespace } from "../_namespace.ts";
import { linkOptions, startOurs } from "./wires.ts";

/** How long after its start a program counts as idle, in milliseconds. */
const settling = 2000;
/** `sysconf(_SC_CLK_TCK)` of every Linux. */
const ticksPerSecond = 100;

/** Seconds of processor time that a process has used, its threads together. */
async function processorTime(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/stat`);
  // Behind the name in parentheses: fields 14 and 15 of proc(5), counted from 3.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function pass(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Measures the processor time of an idle `httpserver.ts` on a TAP.
 *
 * @param seconds How long to look on.
 */
export async function measureIdle(seconds: number): Promise<Figure[]> {
  await using namespace = await Namespace.create();
  const ready = "Listening on";
  const server = await startOurs(namespace, "examples/httpserver.ts", ready, ...linkOptions);
  await pass(settling);
  const before = await processorTime(server.pid);
  await pass(seconds * 1000);
  const used = await processorTime(server.pid) - before;
  return [{
    name: "idle httpserver.ts on a TAP, of one core",
    group: "processor",
    value: 100 * used / seconds,
    unit: "%",
    better: "less",
    target: 0.5,
  }];
}

/**
 * `deno task bench:net`: what crosses a TAP, beside what two kernels do over a veth, in one run.
 *
 * @module
 */

import { calibrate, type Figure, formatFigures } from "@octet/testing/bench";
import { requirePeers } from "../interop/_namespace.ts";
import { measureHttp } from "../interop/bench/http.ts";
import { measureIdle } from "../interop/bench/idle.ts";
import { measureLatency } from "../interop/bench/latency.ts";
import { measureThroughput } from "../interop/bench/throughput.ts";
import { describeMachine, thisMachine, writeReport } from "./bench_report.ts";
import { parseCount } from "./durations.ts";
import { matches, orUsage, readOptions } from "./options.ts";
import { print } from "./terminal.ts";

const USAGE = `Usage: deno task bench:net [--filter TEXT] [--seconds 3] [--runs 3] [--json FILE]

  --filter TEXT  only the parts whose name contains TEXT: throughput, latency, http, idle
  --seconds N    how long each transfer, and each load, lasts (3)
  --runs N       measure everything so often, and take the median of each figure (3)
  --json FILE    write the figures to FILE too; deno task bench:check compares two such files

Wants root, /dev/net/tun and iperf3, wrk, curl, nginx-light, nodejs, ethtool, iproute2, iputils-ping,
python3. All traffic stays in network namespaces. What is to be reached is taken from the kernels'
figures of the same run where the kernel is what we are held against.`;

const PARTS: Readonly<Record<string, (seconds: number) => Promise<Figure[]>>> = {
  throughput: measureThroughput,
  latency: (seconds) => measureLatency(10_000 * seconds),
  http: measureHttp,
  idle: (seconds) => measureIdle(2 * seconds),
};

/** Takes each figure's median over runs; its target and its peers are those of the same run. */
export function medians(runs: readonly (readonly Figure[])[]): Figure[] {
  return runs[0]!.map(({ name }, i) => {
    const all = runs.map((run) => run[i]!).filter((one) => one.name === name);
    all.sort((a, b) => a.value - b.value);
    return all[all.length >> 1]!;
  });
}

if (import.meta.main) {
  const { filter, seconds, runs, json } = orUsage(USAGE, () => {
    const { values, rest } = readOptions(Deno.args, ["filter", "seconds", "runs", "json"], []);
    if (rest.length > 0) {
      throw new SyntaxError(`Cannot use ${rest[0]} as it is none of the options`);
    }
    return {
      filter: values.get("filter"),
      seconds: parseCount(values.get("seconds") ?? "3"),
      runs: parseCount(values.get("runs") ?? "3"),
      json: values.get("json"),
    };
  });
  requirePeers("ip", "iperf3", "wrk", "curl", "nginx", "node", "ethtool", "ping");
  const calibration = await calibrate();
  const machine = thisMachine();
  print(describeMachine(machine, calibration));
  const figures: Figure[] = [];
  for (const [name, part] of Object.entries(PARTS)) {
    if (!matches(filter, name)) continue;
    const results: Figure[][] = [];
    for (let run = 0; run < runs; run++) results.push(await part(seconds));
    const found = medians(results);
    print(`\n${formatFigures(found)}`.trimEnd());
    figures.push(...found);
  }
  if (figures.length === 0) {
    print(`No part matches ${filter}`);
    Deno.exit(2);
  }
  if (json !== undefined) {
    await writeReport(json, { kind: "bench:net", machine, calibration, figures });
  }
}

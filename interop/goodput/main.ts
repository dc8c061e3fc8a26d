/**
 * Goodput of our TCP against that of the kernel, over a TAP device with our own impairment in between, beside what two
 * kernels reach over the same impairment.
 *
 * ```sh
 * deno run -A interop/goodput/main.ts --quick
 * ```
 *
 * @module
 */
import { parseArgs } from "@std/cli";
import { requirePeers } from "../_namespace.ts";
import { measure, type Pairing, pairings } from "./cell.ts";
import { type Sender, share, type Shares } from "./fairness.ts";
import { stopAll } from "./network.ts";
import { replaceBetween, type Row, summary, tableLines } from "./table.ts";
import type { SinkReport } from "./traffic.ts";

const usage = `Usage: deno run -A interop/goodput/main.ts [OPTION…]

Wants root, /dev/net/tun, ip and ss. Loss, delay and rate are those of each direction:
a delay of 50 ms is a round trip of 100 ms. The kernel sends with CUBIC.

  --loss LIST     percent, such as 0,1,5; 0,0.1,1,3,5,10 when left out
  --delay LIST    milliseconds, such as 0,50; 0,10,50 when left out
  --rate N        Mbit/s; 200 when left out (100 with --fairness)
  --seconds N     seconds that are counted; 3 when left out (20 with --fairness)
  --ramp N        seconds before, that are not; 1 when left out (5 with --fairness)
  --repeat N      measure each cell so often, with other seeds, and take the mean; 1 when left out
  --seed N        from where the random numbers start; 1 when left out
  --quick         loss 0,1,5, delay 0,10, one second: a look, no result
  --fairness      two senders over one bottleneck, and Jain's index
  --json FILE     write every measurement as JSON
  --markdown FILE put the table into the page, between <!-- goodput --> and <!-- /goodput -->
  --help          this page`;

/** A measurement as written to the JSON file. */
interface Measurement {
  readonly pairing: Pairing;
  readonly loss: number;
  readonly delay: number;
  readonly rate: number;
  readonly seed: number;
  readonly report: SinkReport;
}

interface Settings {
  readonly losses: readonly number[];
  readonly delays: readonly number[];
  readonly rate: number;
  readonly times: { readonly ramp: number; readonly window: number };
  readonly repeat: number;
  readonly seed: number;
}

type Options = Readonly<Record<string, unknown>>;

/** Numbers that are at least `least`, separated by commas. */
function numbers(options: Options, name: string, otherwise: number[], least: number): number[] {
  const text = options[name];
  if (text === undefined) return otherwise;
  return String(text).split(",").map((part) => {
    const value = part === "" ? NaN : Number(part);
    if (!(value >= least)) {
      throw new RangeError(`Option --${name} wants numbers of at least ${least}, not ${part}`);
    }
    return value;
  });
}

function readSettings(options: Options): Settings {
  const isQuick = options["quick"] === true;
  const isFairness = options["fairness"] === true;
  const one = (name: string, otherwise: number, least: number) =>
    numbers(options, name, [otherwise], least)[0]!;
  return {
    losses: numbers(
      options,
      "loss",
      isFairness ? [0] : isQuick ? [0, 1, 5] : [0, 0.1, 1, 3, 5, 10],
      0,
    ),
    delays: numbers(options, "delay", isFairness ? [10, 50] : isQuick ? [0, 10] : [0, 10, 50], 0),
    rate: one("rate", isFairness ? 100 : 200, 0.001),
    times: {
      ramp: 1000 * one("ramp", isFairness ? 5 : isQuick ? 0.5 : 1, 0),
      window: 1000 * one("seconds", isFairness ? 20 : isQuick ? 1 : 3, 0.1),
    },
    repeat: one("repeat", 1, 1),
    seed: one("seed", 1, 0),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Measures all pairings over one wire, one after another, so that what else the machine does meets all. */
async function measureCell(
  loss: number,
  delay: number,
  settings: Settings,
): Promise<Measurement[]> {
  const { rate, times } = settings;
  const results: Measurement[] = [];
  for (let seed = settings.seed; seed < settings.seed + settings.repeat; seed++) {
    for (const pairing of pairings) {
      const report = await measure(pairing, { loss, delay, rate, seed }, times);
      results.push({ pairing, loss, delay, rate, seed, report });
    }
  }
  return results;
}

function rowOf(measurements: readonly Measurement[]): Row {
  const goodput = (wanted: Pairing) =>
    mean(
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

async function goodputTable(settings: Settings): Promise<{ rows: Row[]; all: Measurement[] }> {
  const rows: Row[] = [];
  const all: Measurement[] = [];
  for (const loss of settings.losses) {
    for (const delay of settings.delays) {
      const measurements = await measureCell(loss, delay, settings);
      all.push(...measurements);
      const row = rowOf(measurements);
      rows.push(row);
      // The head once; later lines come as they are measured.
      const lines = tableLines([row]);
      console.log((rows.length === 1 ? lines : lines.slice(2)).join("\n"));
    }
  }
  console.log(`\n${summary(rows)}`);
  return { rows, all };
}

async function fairnessTable(settings: Settings): Promise<Shares[]> {
  const pairs: readonly (readonly [Sender, Sender])[] = [
    ["ours", "ours"],
    ["ours", "kernel"],
    ["kernel", "kernel"],
  ];
  const results: Shares[] = [];
  for (const delay of settings.delays) {
    for (const loss of settings.losses) {
      for (const senders of pairs) {
        const { rate, seed } = settings;
        const result = await share(senders, { loss, delay, rate, seed }, settings.times);
        const shares = result.goodputs.map((bits) => `${(bits / 1e6).toFixed(1)} Mbit/s`);
        console.log(
          `${loss} % loss, ${delay} ms, ${senders.join(" beside ")}: ${shares.join(" and ")}, ` +
            `Jain's index ${result.index.toFixed(3)}`,
        );
        results.push(result);
      }
    }
  }
  return results;
}

async function main(args: string[]): Promise<void> {
  const options: Options = parseArgs(args, {
    boolean: ["quick", "fairness", "help"],
    string: ["loss", "delay", "rate", "seconds", "ramp", "repeat", "seed", "json", "markdown"],
    unknown: (name: string) => {
      throw new SyntaxError(`Cannot understand ${name}`);
    },
  });
  if (options["help"] === true) return console.log(usage);
  const settings = readSettings(options);
  requirePeers("ip", "ss");
  let found: unknown;
  if (options["fairness"] === true) found = await fairnessTable(settings);
  else {
    const { rows, all } = await goodputTable(settings);
    found = all;
    const page = options["markdown"];
    if (typeof page === "string") {
      const text = `${tableLines(rows).join("\n")}\n\n${summary(rows)}`;
      Deno.writeTextFileSync(page, replaceBetween(Deno.readTextFileSync(page), "goodput", text));
    }
  }
  const file = options["json"];
  if (typeof file === "string") {
    Deno.writeTextFileSync(file, `${JSON.stringify(found, null, 1)}\n`);
  }
}

if (import.meta.main) {
  // The namespaces are to go also when somebody has seen enough.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => void stopAll());
  }
  try {
    await main(Deno.args);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    Deno.exit(2);
  }
  Deno.exit();
}

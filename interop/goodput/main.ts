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
import { type Sender, share, type Shares } from "./fairness.ts";
import { type Grid, measureCell, type Measurement, rowOf } from "./grid.ts";
import { stopAll } from "./network.ts";
import { mean, median, replaceBetween, type Row, summary, tableLines } from "./table.ts";

const usage = `Usage: deno run -A interop/goodput/main.ts [OPTION…]

Wants root, /dev/net/tun, ip, ss and nice. Loss, delay and rate are those of each direction:
a delay of 50 ms is a round trip of 100 ms. The kernel sends with CUBIC.

  --loss LIST     percent, such as 0,1,5; 0,0.1,1,3,5,10 when left out
  --delay LIST    milliseconds, such as 0,50; 0,10,50 when left out
  --rate N        Mbit/s; 200 when left out (100 with --fairness)
  --seconds N     seconds that are counted, three times as many from 3 % on, as the figures spread there;
                  3 when left out (20 with --fairness)
  --ramp N        seconds before, that are not; 1 when left out (5 with --fairness)
  --slow-seconds N, --slow-ramp N
                  the same where loss and delay keep the rate low, from 1 % and 10 ms on;
                  12 and 3 when left out
  --parallel N    how many measurements run at a time there; 1 when left out
  --repeat N      measure each cell so often, with other seeds, and take the median; 1 when left out
  --seed N        from where the random numbers start; 1 when left out
  --quick         loss 0,1,5, delay 0,10, one second: a look, no result
  --fairness      two senders over one bottleneck, and Jain's index
  --json FILE     write every measurement as JSON
  --markdown FILE put the table into the page, between <!-- goodput --> and <!-- /goodput -->
  --help          this page`;

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

function readGrid(options: Options): Grid {
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
    slowTimes: {
      ramp: 1000 * one("slow-ramp", isQuick ? 0.5 : 3, 0),
      window: 1000 * one("slow-seconds", isQuick ? 1 : 12, 0.1),
    },
    repeat: one("repeat", 1, 1),
    parallel: one("parallel", 1, 1),
    seed: one("seed", 1, 0),
  };
}

async function goodputTable(grid: Grid): Promise<{ rows: Row[]; all: Measurement[] }> {
  const rows: Row[] = [];
  const all: Measurement[] = [];
  for (const loss of grid.losses) {
    for (const delay of grid.delays) {
      const measurements = await measureCell(loss, delay, grid);
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

async function fairnessTable(grid: Grid): Promise<Shares[]> {
  const pairs: readonly (readonly [Sender, Sender])[] = [
    ["ours", "ours"],
    ["ours", "kernel"],
    ["kernel", "kernel"],
  ];
  const { losses, delays, rate, seed, repeat, times } = grid;
  const results: Shares[] = [];
  for (const delay of delays) {
    for (const loss of losses) {
      for (const senders of pairs) {
        const found: Shares[] = [];
        for (let i = 0; i < repeat; i++) {
          found.push(await share(senders, { loss, delay, rate, seed: seed + i }, times));
        }
        results.push(...found);
        const shares = senders.map((_, i) => mean(found.map(({ goodputs }) => goodputs[i]!)));
        const index = median(found.map((one) => one.index)).toFixed(3);
        console.log(
          `${loss} % loss, ${delay} ms, ${senders.join(" beside ")}: ` +
            `${shares.map((bits) => `${(bits / 1e6).toFixed(1)} Mbit/s`).join(" and ")}, ` +
            `Jain's index ${index}`,
        );
      }
    }
  }
  return results;
}

async function main(args: string[]): Promise<void> {
  const options: Options = parseArgs(args, {
    boolean: ["quick", "fairness", "help"],
    string: [
      "loss",
      "delay",
      "rate",
      "seconds",
      "ramp",
      "slow-seconds",
      "slow-ramp",
      "repeat",
      "parallel",
      "seed",
      "json",
      "markdown",
    ],
    unknown: (name: string) => {
      throw new SyntaxError(`Cannot understand ${name}`);
    },
  });
  if (options["help"] === true) return console.log(usage);
  const grid = readGrid(options);
  requirePeers("ip", "ss", "nice");
  let found: unknown;
  if (options["fairness"] === true) found = await fairnessTable(grid);
  else {
    const { rows, all } = await goodputTable(grid);
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

/**
 * What was measured, as tables.
 *
 * @module
 */

/** Goodput over one wire, in bits per second. */
export interface Row {
  /** Loss in percent, each direction. */
  readonly loss: number;
  /** Delay in milliseconds, each direction. */
  readonly delay: number;
  /** Our stack sends to the kernel. */
  readonly oursToKernel: number;
  /** The kernel sends to our stack. */
  readonly kernelToOurs: number;
  /** One kernel sends to another, and loses the frames that our stack loses where it sends. */
  readonly besideSending: number;
  /** One kernel sends to another, and loses the frames that the kernel loses where our stack receives. */
  readonly besideReceiving: number;
}

/** Ours against the kernels', sending and receiving. */
export function ratios(row: Row): [sending: number, receiving: number] {
  return [row.oursToKernel / row.besideSending, row.kernelToOurs / row.besideReceiving];
}

/** The middle value; the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The mean. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const head = [
  "loss",
  "delay",
  "ours → kernel",
  "kernels",
  "sending",
  "kernel → ours",
  "kernels",
  "receiving",
];

/** Mbit/s with three digits that count. */
function megabits(bits: number): string {
  const value = bits / 1e6;
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}

function cells(row: Row): string[] {
  const { loss, delay, oursToKernel, besideSending, kernelToOurs, besideReceiving } = row;
  const [sending, receiving] = ratios(row);
  return [
    `${loss} %`,
    `${delay} ms`,
    ...[oursToKernel, besideSending].map(megabits),
    sending.toFixed(2),
    ...[kernelToOurs, besideReceiving].map(megabits),
    receiving.toFixed(2),
  ];
}

/** One line of the table, padded so that those of {@linkcode tableLines} stand below each other. */
function line(texts: readonly string[], widths: readonly number[]): string {
  return `| ${texts.map((text, i) => text.padStart(widths[i]!)).join(" | ")} |`;
}

/** A table in markdown: Mbit/s, and the ratios. */
export function tableLines(rows: readonly Row[]): string[] {
  const texts = rows.map(cells);
  const widths = head.map((name, i) =>
    Math.max(name.length, ...texts.map((one) => one[i]!.length))
  );
  const rule = `| ${widths.map((width) => `${"-".repeat(width - 1)}:`).join(" | ")} |`;
  return [line(head, widths), rule, ...texts.map((one) => line(one, widths))];
}

/** What it comes to, in a sentence. */
export function summary(rows: readonly Row[]): string {
  const sending = rows.map((row) => ratios(row)[0]);
  const receiving = rows.map((row) => ratios(row)[1]);
  const middle = [[...sending, ...receiving], sending, receiving].map((values) =>
    median(values).toFixed(2)
  );
  const least = Math.min(...sending, ...receiving).toFixed(2);
  return `Median of all ratios ${middle[0]}, sending ${middle[1]}, receiving ${
    middle[2]
  }; the least is ${least}.`;
}

/**
 * Puts text between `<!-- NAME -->` and the `<!-- /NAME -->` after it.
 *
 * @throws {SyntaxError} When a marker is missing.
 */
export function replaceBetween(page: string, name: string, text: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = page.indexOf(open);
  const to = page.indexOf(close, from);
  if (from < 0 || to < 0) throw new SyntaxError(`Cannot find ${open} … ${close} in the page`);
  return `${page.slice(0, from + open.length)}\n\n${text}\n\n${page.slice(to)}`;
}

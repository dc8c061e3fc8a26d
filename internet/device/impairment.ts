/**
 * What may go wrong on a wire, and how people write it down.
 *
 * @module
 */

/** What goes wrong, each direction alike. Probabilities are from 0 to 1 and per frame on the wire. */
export interface Impairment {
  /** How likely a frame is lost. */
  readonly loss: number;
  /** How long a frame takes, in milliseconds. */
  readonly delay: number;
  /** How far `delay` varies to either side, evenly distributed, in milliseconds; makes frames overtake others. */
  readonly jitter: number;
  /** How likely a frame is sent at once while others are delayed; without a delay, how likely it is held back for 1 ms. */
  readonly reorder: number;
  /** How likely a frame arrives twice. */
  readonly duplicate: number;
  /** How likely one bit of a frame is flipped. */
  readonly corrupt: number;
  /** The bandwidth in bits per second; Infinity for no limit. */
  readonly rate: number;
  /** How many frames may be under way; what comes beyond is dropped. */
  readonly limit: number;
  /** From where the random numbers start. */
  readonly seed: number;
}

/** An {@linkcode Impairment} of which anything may be left out. */
export type ImpairmentOptions = Partial<Impairment>;

/** A wire on which nothing goes wrong: the defaults. */
export const noImpairment: Impairment = {
  loss: 0,
  delay: 0,
  jitter: 0,
  reorder: 0,
  duplicate: 0,
  corrupt: 0,
  rate: Infinity,
  limit: 1000,
  seed: 1,
};

const durationUnits: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };
const rateUnits: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 };
const longestDelay = 60_000;
const largestLimit = 1 << 20;

/** Reads a value; gives NaN for what it does not understand. */
type ValueReader = (text: string) => number;

function decimal(text: string): number {
  return /^(0|[1-9]\d*)(\.\d+)?$/.test(text) ? Number(text) : NaN;
}

function withUnit(text: string, units: Readonly<Record<string, number>>): number {
  const unit = /[a-z]*$/.exec(text)![0];
  const factor = Object.hasOwn(units, unit) ? units[unit]! : NaN;
  return decimal(text.slice(0, text.length - unit.length)) * factor;
}

function percentage(text: string): number {
  const value = text.endsWith("%") ? decimal(text.slice(0, -1)) / 100 : NaN;
  return value <= 1 ? value : NaN;
}

function duration(text: string): number {
  const value = withUnit(text, durationUnits);
  return value <= longestDelay ? value : NaN;
}

function bandwidth(text: string): number {
  const value = withUnit(text, rateUnits);
  return value > 0 ? value : NaN;
}

function integer(least: number, most: number): ValueReader {
  return (text) => {
    const value = /^\d+$/.test(text) ? decimal(text) : NaN;
    return value >= least && value <= most ? value : NaN;
  };
}

const readers: Readonly<Record<keyof Impairment, readonly [read: ValueReader, like: string]>> = {
  loss: [percentage, "a percentage up to 100% such as 5%"],
  delay: [duration, "a time up to 60s such as 20ms"],
  jitter: [duration, "a time up to 60s such as 5ms"],
  reorder: [percentage, "a percentage up to 100% such as 1%"],
  duplicate: [percentage, "a percentage up to 100% such as 1%"],
  corrupt: [percentage, "a percentage up to 100% such as 0.1%"],
  rate: [bandwidth, "a bandwidth such as 10mbit"],
  limit: [integer(1, largestLimit), `a number from 1 to ${largestLimit}`],
  seed: [integer(0, Number.MAX_SAFE_INTEGER), "a whole number such as 7"],
};

/**
 * Parses what goes wrong on a wire: `loss=5%,delay=20ms,jitter=5ms,reorder=1%,duplicate=1%,corrupt=0.1%,rate=10mbit,limit=1000,seed=7`,
 * any of them, in any order. Times are in `us`, `ms` or `s`, rates in `bit`, `kbit`, `mbit` or `gbit` (powers of ten).
 *
 * @example
 * ```ts
 * import { parseImpairment } from "@octet/internet";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const { loss, delay, rate } = parseImpairment("loss=5%,delay=20ms,rate=10mbit");
 * assertEquals([loss, delay, rate], [0.05, 20, 10_000_000]);
 * assertThrows(() => parseImpairment("loss=5%,lag=1ms"), SyntaxError, '"lag" at character 9');
 * ```
 *
 * @param text The text.
 * @returns All of it, with defaults for what the text leaves out.
 * @throws {SyntaxError} When a key is not known or given twice, or a value is not understood; it names which, and where.
 */
export function parseImpairment(text: string): Impairment {
  const result: { -readonly [K in keyof Impairment]: number } = { ...noImpairment };
  const seen = new Set<string>();
  let at = 1;
  for (const part of text.split(",")) {
    const equals = part.indexOf("=");
    const key = equals < 0 ? part : part.slice(0, equals);
    const where = `${JSON.stringify(key)} at character ${at}`;
    if (!Object.hasOwn(readers, key)) {
      throw new SyntaxError(
        `Cannot parse impairment as ${where} is none of ${Object.keys(readers).join(", ")}`,
      );
    }
    if (seen.has(key)) {
      throw new SyntaxError(`Cannot parse impairment as ${where} has been given before`);
    }
    const [read, like] = readers[key as keyof Impairment];
    const value = equals < 0 ? NaN : read(part.slice(equals + 1));
    if (Number.isNaN(value)) {
      const given = equals < 0 ? "no value" : JSON.stringify(part.slice(equals + 1));
      throw new SyntaxError(
        `Cannot parse impairment as ${where} has ${given}, not ${like}`,
      );
    }
    seen.add(key);
    result[key as keyof Impairment] = value;
    at += part.length + 1;
  }
  return result;
}

/**
 * Fills in what options leave out, and checks what they say.
 *
 * @param options Text for {@linkcode parseImpairment}, or an object.
 * @returns All of it.
 * @throws {SyntaxError} When text is not understood.
 * @throws {RangeError} When a number is out of its range.
 */
export function resolveImpairment(options: string | ImpairmentOptions): Impairment {
  if (typeof options === "string") return parseImpairment(options);
  const result: Impairment = { ...noImpairment, ...options };
  for (const key of ["loss", "reorder", "duplicate", "corrupt"] as const) {
    check(key, result[key], result[key] >= 0 && result[key] <= 1, "from 0 to 1");
  }
  for (const key of ["delay", "jitter"] as const) {
    check(key, result[key], result[key] >= 0 && result[key] <= longestDelay, "from 0 to 60000 ms");
  }
  check("rate", result.rate, result.rate > 0, "above 0");
  const isLimit = Number.isInteger(result.limit) && result.limit >= 1 &&
    result.limit <= largestLimit;
  check("limit", result.limit, isLimit, `a whole number from 1 to ${largestLimit}`);
  const isSeed = Number.isSafeInteger(result.seed) && result.seed >= 0;
  check("seed", result.seed, isSeed, "a whole number");
  return result;
}

function check(key: string, value: number, isRight: boolean, range: string): void {
  if (!isRight) throw new RangeError(`Cannot impair as ${key} of ${value} is not ${range}`);
}

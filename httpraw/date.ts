// HTTP dates (RFC 9110 §5.6.7): written as IMF-fixdate, read in the three forms that ever were.

const days: readonly string[] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const longDays: readonly string[] = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];
const months: readonly string[] = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
];

/**
 * Formats a time as IMF-fixdate, to the second.
 *
 * @param unixMs Unix time in milliseconds; years 0 to 9999.
 * @returns As `Sun, 06 Nov 1994 08:49:37 GMT`.
 * @throws {RangeError} When the year has not four digits.
 * @example
 * ```ts
 * import { formatHttpDate } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatHttpDate(784111777000), "Sun, 06 Nov 1994 08:49:37 GMT");
 * ```
 */
export function formatHttpDate(unixMs: number): string {
  const date = new Date(unixMs);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new RangeError(`Cannot format ${unixMs} as an HTTP date as its year is ${year}`);
  }
  const pad = (value: number): string => value.toString().padStart(2, "0");
  const day = `${days[date.getUTCDay()]}, ${pad(date.getUTCDate())} ${months[date.getUTCMonth()]}`;
  const time = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${
    pad(date.getUTCSeconds())
  }`;
  return `${day} ${year.toString().padStart(4, "0")} ${time} GMT`;
}

const imf = /^(\w{3}), (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const rfc850 = /^([A-Z][a-z]+), (\d\d)-(\w{3})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const asctime = /^(\w{3}) (\w{3}) (\d\d| \d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/**
 * Parses an HTTP date in any of its three forms; they are case-sensitive, and the day of the week must be right.
 *
 * @param text The field's value.
 * @param nowMs Unix milliseconds, for dates with two digits of year: one more than 50 years ahead lies in the past.
 * @returns Unix milliseconds, or `undefined` when it is no date.
 * @example
 * ```ts
 * import { parseHttpDate } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777000);
 * assertEquals(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT", Date.UTC(2026, 0)), 784111777000);
 * assertEquals(parseHttpDate("Sun Nov  6 08:49:37 1994"), 784111777000);
 * assertEquals(parseHttpDate("Mon, 06 Nov 1994 08:49:37 GMT"), undefined);
 * ```
 */
export function parseHttpDate(text: string, nowMs = 0): number | undefined {
  let match = imf.exec(text);
  if (match !== null) {
    return timeOf(days.indexOf(match[1]!), Number(match[4]), match[3]!, match[2]!, match, 5);
  }
  match = asctime.exec(text);
  if (match !== null) {
    return timeOf(days.indexOf(match[1]!), Number(match[7]), match[2]!, match[3]!, match, 4);
  }
  match = rfc850.exec(text);
  if (match === null) return undefined;
  const now = new Date(nowMs).getUTCFullYear();
  let year = now - now % 100 + Number(match[4]);
  if (year > now + 50) year -= 100;
  return timeOf(longDays.indexOf(match[1]!), year, match[3]!, match[2]!, match, 5);
}

function timeOf(
  weekday: number,
  year: number,
  monthName: string,
  dayText: string,
  match: readonly string[],
  clock: number,
): number | undefined {
  const month = months.indexOf(monthName);
  const day = Number(dayText);
  const hour = Number(match[clock]);
  const minute = Number(match[clock + 1]);
  const second = Number(match[clock + 2]);
  // Second 60 is a leap second (RFC 9110 §5.6.7), which Unix time counts as the next minute's first.
  if (month < 0 || weekday < 0 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCDate() !== day || date.getUTCDay() !== weekday) return undefined;
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000;
}

/** Durations as people type them. @module */

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Reads `500ms`, `30s`, `1.5m` or `1h`.
 *
 * @returns Milliseconds.
 * @throws {SyntaxError} If the text is not of that form.
 */
export function parseDuration(text: string): number {
  const [, value, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  if (value === undefined || unit === undefined) {
    throw new SyntaxError(`Cannot read a duration such as 500ms, 30s or 2m: it is "${text}"`);
  }
  return Number(value) * UNITS[unit]!;
}

/**
 * Reads a whole number of at least 1.
 *
 * @throws {SyntaxError} If the text is not of that form.
 */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) {
    throw new SyntaxError(`Cannot read a whole number above 0: it is "${text}"`);
  }
  return Number(text);
}

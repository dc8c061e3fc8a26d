// Byte ranges (RFC 9110 §14): which part of a representation is asked for, and which one is given.

/** A part of a representation. */
export interface ByteRange {
  /** The first byte, from 0. */
  readonly first: number;
  /** The last byte (inclusive). */
  readonly last: number;
}

const spec = /^(?:(\d+)-(\d*)|-(\d+))$/;

/**
 * Parses a Range field for a representation of a known size.
 *
 * @param value The field's value, as `bytes=0-499,1000-` or `bytes=-500`.
 * @param size The representation's size in bytes.
 * @param options `maxRanges`: more than that many are refused altogether (RFC 9110 §17.15); 16.
 * @returns The ranges that can be satisfied, cut to the size; empty when none can (answer 416);
 *     `undefined` when the field is to be ignored: another unit, malformed, or too many ranges (answer 200).
 * @example
 * ```ts
 * import { parseRange } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseRange("bytes=0-499,-500", 10_000), [
 *   { first: 0, last: 499 },
 *   { first: 9500, last: 9999 },
 * ]);
 * assertEquals(parseRange("bytes=10000-", 10_000), []);
 * assertEquals(parseRange("pages=1-2", 10_000), undefined);
 * ```
 */
export function parseRange(
  value: string,
  size: number,
  options: { readonly maxRanges?: number } = {},
): ByteRange[] | undefined {
  const equals = value.indexOf("=");
  if (equals < 0 || value.slice(0, equals).toLowerCase() !== "bytes") return undefined;
  const ranges: ByteRange[] = [];
  let count = 0;
  for (const element of value.slice(equals + 1).split(",")) {
    const text = element.replace(/^[ \t]+|[ \t]+$/g, "");
    if (text === "") continue;
    if (++count > (options.maxRanges ?? 16)) return undefined;
    const match = spec.exec(text);
    if (match === null) return undefined;
    const [, firstText, lastText, suffix] = match;
    if (suffix !== undefined) {
      const length = Math.min(Number(suffix), size);
      if (length > 0) ranges.push({ first: size - length, last: size - 1 });
      continue;
    }
    const first = Number(firstText);
    const last = lastText === "" ? Infinity : Number(lastText);
    if (last < first) return undefined;
    if (first < size) ranges.push({ first, last: Math.min(last, size - 1) });
  }
  return count === 0 ? undefined : ranges;
}

/**
 * Formats a Content-Range field.
 *
 * @param range The part that is given, or `null` when none could be (status 416).
 * @param size The representation's size in bytes.
 * @returns As `bytes 0-499/1234`, or as an asterisk, `/` and the size behind `bytes`.
 * @throws {RangeError} When the range is not inside the representation.
 * @example
 * ```ts
 * import { formatContentRange } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatContentRange({ first: 0, last: 499 }, 1234), "bytes 0-499/1234");
 * assertEquals(formatContentRange(null, 47), "bytes *" + "/47");
 * ```
 */
export function formatContentRange(range: ByteRange | null, size: number): string {
  if (range === null) return `bytes */${size}`;
  const { first, last } = range;
  if (!(first >= 0 && first <= last && last < size)) {
    throw new RangeError(`Cannot give bytes ${first} to ${last} as there are ${size}`);
  }
  return `bytes ${first}-${last}/${size}`;
}

/** What a Content-Range field says. */
export interface ContentRange {
  /** The part that is given, or `null` when none could be. */
  readonly range: ByteRange | null;
  /** The representation's size in bytes, or `null` when it is not known. */
  readonly size: number | null;
}

/**
 * Parses a Content-Range field (RFC 9110 §14.4).
 *
 * @param value The field's value.
 * @returns What it says, or `undefined` when it is malformed or counts something other than bytes.
 * @example
 * ```ts
 * import { parseContentRange } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseContentRange("bytes 42-1233/1234"), {
 *   range: { first: 42, last: 1233 },
 *   size: 1234,
 * });
 * assertEquals(parseContentRange("bytes 9-5/10"), undefined);
 * ```
 */
export function parseContentRange(value: string): ContentRange | undefined {
  const match = /^bytes (?:(\d+)-(\d+)|\*)\/(?:(\d+)|\*)$/i.exec(value);
  if (match === null) return undefined;
  const size = match[3] === undefined ? null : Number(match[3]);
  if (match[1] === undefined) return size === null ? undefined : { range: null, size };
  const first = Number(match[1]);
  const last = Number(match[2]);
  if (first > last || size !== null && last >= size) return undefined;
  return { range: { first, last }, size };
}

/**
 * Words for the dictionary, out of the sources of the code under test: what it compares its input
 * with is written there as a number or a string.
 *
 * @module
 */

/** More words than this dilute the others. */
const MAX_WORDS = 2000;

const LITERAL = /\b0x[0-9a-f_]+\b|\b0b[01_]+\b|\b\d[\d_]*\b|"((?:[^"\\\n]|\\[nrt0"\\]){2,32})"/gi;

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", 0: "\0" };

/**
 * Collects the integer and string literals of a source text: integers of up to 32 bits in network
 * byte order at their shortest width of 1, 2 or 4 bytes, strings of 2 to 32 characters in UTF-8.
 *
 * @example
 * ```ts
 * import { literals } from "@octet/testing/fuzz";
 * import { assertEquals } from "@std/assert";
 *
 * const words = literals('if (type === 0x0806 || name === "HTTP/1.1\\r\\n") {}');
 * assertEquals(words, [Uint8Array.of(8, 6), new TextEncoder().encode("HTTP/1.1\r\n")]);
 * ```
 *
 * @param source TypeScript or JavaScript.
 * @returns The words, each once, in order of appearance.
 */
export function literals(source: string): Uint8Array<ArrayBuffer>[] {
  const encoder = new TextEncoder();
  const words = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const match of source.matchAll(LITERAL)) {
    const word = match[1] === undefined
      ? integer(Number(match[0].replaceAll("_", "")))
      : encoder.encode(match[1].replace(/\\(.)/g, (_, key: string) => ESCAPES[key] ?? key));
    if (word !== undefined && words.size < MAX_WORDS) words.set(word.toHex(), word);
  }
  return [...words.values()];
}

function integer(value: number): Uint8Array<ArrayBuffer> | undefined {
  if (!Number.isInteger(value) || value > 0xffffffff) return undefined;
  const width = value > 0xffff ? 4 : value > 0xff ? 2 : 1;
  const bytes = new Uint8Array(width);
  for (let i = 0; i < width; i++) bytes[i] = value / 2 ** (8 * (width - 1 - i));
  return bytes;
}

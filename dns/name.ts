/**
 * Domain names on the wire (RFC 1035 §3.1, §4.1.4) and as text (RFC 1035 §5.1, RFC 4343 §2.1).
 *
 * On the wire a name is a run of labels that ends in the root or in a pointer to an earlier name.
 * A pointer here must lead before the run that holds it, and not into the header: so no chain of
 * them can loop. As text every name Octet gives out is absolute and ends in a dot; `.` is the root.
 *
 * @module
 */
import { escapeLabelByte, readEscaped } from "./_escape.ts";

/** A name takes at most 255 bytes, the root's zero included (RFC 1035 §2.3.4). */
const maxNameLength = 255;
/** No sane message needs more: 127 labels of one byte make the longest name. */
const maxJumps = 127;
/** Names begin after the message's header. */
const headerLength = 12;

/**
 * Checks a name on the wire with all its pointers.
 *
 * @example
 * ```ts
 * import { checkName } from "@octet/dns";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = Uint8Array.of(...new Array(12).fill(0), 1, 0x61, 0, 0xc0, 12);
 * assertEquals(checkName(bytes, 0, 12, bytes.length), 15);
 * assertEquals(checkName(bytes, 0, 15, bytes.length), 17);
 * assertEquals(checkName(bytes, 0, 15, 16), -1);
 * ```
 *
 * @param bytes The buffer.
 * @param start Where the message begins: pointers count from there.
 * @param offset Where the name begins.
 * @param end Where the message, or the record's data, ends (exclusive).
 * @returns The offset after the name, or -1 when it is malformed: cut short, a label type other
 *     than 00 and 11, longer than 255 bytes, a pointer that leads forward or into the header.
 */
export function checkName(bytes: Uint8Array, start: number, offset: number, end: number): number {
  let position = offset;
  let segment = offset;
  let after = -1;
  let length = 1;
  let jumps = 0;
  for (;;) {
    if (position >= end) return -1;
    const size = bytes[position]!;
    if (size === 0) return after < 0 ? position + 1 : after;
    if (size < 0x40) {
      length += size + 1;
      if (length > maxNameLength) return -1;
      position += size + 1;
    } else if (size >= 0xc0) {
      if (position + 1 >= end || ++jumps > maxJumps) return -1;
      if (after < 0) after = position + 2;
      const target = start + (((size & 0x3f) << 8) | bytes[position + 1]!);
      if (target >= segment || target < start + headerLength) return -1;
      segment = target;
      position = target;
    } else {
      return -1;
    }
  }
}

/** Where the labels go on: past a pointer, if one stands here. Only for names that passed `checkName`. */
function follow(bytes: Uint8Array, start: number, position: number): number {
  while (bytes[position]! >= 0xc0) {
    position = start + (((bytes[position]! & 0x3f) << 8) | bytes[position + 1]!);
  }
  return position;
}

/** ASCII lower case, the only folding DNS knows (RFC 4343 §3). */
function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/**
 * Whether two names on the wire are the same, case of ASCII letters aside (RFC 4343 §3). Both must
 * have passed {@linkcode checkName}. Allocates nothing.
 *
 * @param a The first buffer.
 * @param aStart Where its message begins.
 * @param aOffset Where its name begins.
 * @param b The second buffer.
 * @param bStart Where its message begins.
 * @param bOffset Where its name begins.
 */
export function equalNames(
  a: Uint8Array,
  aStart: number,
  aOffset: number,
  b: Uint8Array,
  bStart: number,
  bOffset: number,
): boolean {
  for (;;) {
    aOffset = follow(a, aStart, aOffset);
    bOffset = follow(b, bStart, bOffset);
    const size = a[aOffset]!;
    if (size !== b[bOffset]!) return false;
    if (size === 0) return true;
    for (let i = 1; i <= size; i++) {
      if (lower(a[aOffset + i]!) !== lower(b[bOffset + i]!)) return false;
    }
    aOffset += size + 1;
    bOffset += size + 1;
  }
}

/**
 * The text of a name on the wire, absolute, case preserved. The name must have passed
 * {@linkcode checkName}.
 *
 * @example
 * ```ts
 * import { formatName, parseName } from "@octet/dns";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatName(parseName("a\\.b.\\200.Test"), 0, 0), "a\\.b.\\200.Test.");
 * ```
 *
 * @param bytes The buffer.
 * @param start Where the message begins: pointers count from there.
 * @param offset Where the name begins.
 * @returns The labels, each followed by a dot; `.` for the root.
 */
export function formatName(bytes: Uint8Array, start: number, offset: number): string {
  let text = "";
  for (;;) {
    offset = follow(bytes, start, offset);
    const size = bytes[offset]!;
    if (size === 0) return text === "" ? "." : text;
    for (let i = 1; i <= size; i++) text += escapeLabelByte(bytes[offset + i]!);
    text += ".";
    offset += size + 1;
  }
}

/** Where names are put together: one that is longer writes past its end, which is dropped. */
const scratch: Uint8Array<ArrayBuffer> = new Uint8Array(maxNameLength);

/**
 * The wire form of a name given as text, uncompressed.
 *
 * @example
 * ```ts
 * import { parseName } from "@octet/dns";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(parseName("a.bc."), Uint8Array.of(1, 0x61, 2, 0x62, 0x63, 0));
 * assertEquals(parseName("."), Uint8Array.of(0));
 * assertThrows(() => parseName("a..b"), SyntaxError);
 * ```
 *
 * @param text The name, taken as absolute whether it ends in a dot or not. Bytes outside printable
 *     ASCII must be written as `\DDD`.
 * @returns The labels and the root's zero, at most 255 bytes.
 * @throws {SyntaxError} When a label is empty or longer than 63 bytes, the whole longer than 255,
 *     an escape malformed, or a character not printable ASCII.
 */
export function parseName(text: string): Uint8Array<ArrayBuffer> {
  if (text === ".") return Uint8Array.of(0);
  const wire = scratch;
  let label = 0;
  let length = 1;
  let reason = "";
  for (let i = 0; i < text.length && reason === "";) {
    const code = text.charCodeAt(i);
    if (code === 0x2e) {
      const size = length - label - 1;
      if (size === 0) reason = "a label is empty";
      wire[label] = size;
      label = length++;
      i++;
    } else {
      const value = code <= 0x20 || code === 0x7f ? -1 : readEscaped(text, i);
      if (value < 0) reason = "a character is not allowed";
      else if (length - label > 63) reason = "a label is longer than 63 bytes";
      wire[length++] = value;
      i += 1 + (value >> 8);
    }
    if (length > maxNameLength) reason ||= "it is longer than 255 bytes";
  }
  const size = length - label - 1;
  if (size > 0) {
    wire[label] = size;
    length++;
    if (length > maxNameLength) reason ||= "it is longer than 255 bytes";
  } else if (label === 0) reason ||= "it is empty";
  if (reason !== "") throw new SyntaxError(`Cannot parse domain name "${text}" as ${reason}`);
  wire[length - 1] = 0;
  return wire.slice(0, length);
}

/**
 * One spelling for all spellings of a name: absolute, lower case, escapes only where needed. Equal
 * results mean equal names (RFC 4343).
 *
 * @example
 * ```ts
 * import { canonicalName } from "@octet/dns";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(canonicalName("WWW.Ex\\097mple.com"), "www.example.com.");
 * ```
 *
 * @param text The name, with or without the dot at its end.
 * @throws {SyntaxError} When it is not a name, see {@linkcode parseName}.
 */
export function canonicalName(text: string): string {
  if (isCanonical(text)) return text;
  // Escapes hold no upper case letter once the name has been through the wire form.
  return formatName(parseName(text), 0, 0).toLowerCase();
}

/** Whether a name is canonical beyond doubt: the usual one is, and need not be taken apart. */
function isCanonical(text: string): boolean {
  let label = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2e) {
      if (label === 0) return false;
      label = 0;
    } else {
      const isPlain = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) ||
        code === 0x2d || code === 0x5f;
      if (!isPlain || ++label > 63) return false;
    }
  }
  // The text of a name without escapes is one byte shorter than its wire form.
  return label === 0 && text.length > 0 && text.length < maxNameLength;
}

/**
 * Whether a name is another one or lies below it; both must be canonical (see
 * {@linkcode canonicalName}).
 *
 * @example
 * ```ts
 * import { isSubdomain } from "@octet/dns";
 * import { assert } from "@std/assert";
 *
 * assert(isSubdomain("www.example.com.", "example.com."));
 * assert(!isSubdomain("badexample.com.", "example.com."));
 * ```
 *
 * @param name The name asked about.
 * @param ancestor The name it may lie below.
 */
export function isSubdomain(name: string, ancestor: string): boolean {
  if (ancestor === "." || name === ancestor) return true;
  // An escaped dot before the ancestor's first label would belong to the label: "a\.com." is not below "com.".
  return name.endsWith("." + ancestor) && labelStart(name, name.length - ancestor.length);
}

/** Whether the dot before `index` separates labels: an even number of backslashes stands before it. */
function labelStart(name: string, index: number): boolean {
  let slashes = 0;
  while (name[index - 2 - slashes] === "\\") slashes++;
  return slashes % 2 === 0;
}

/**
 * The name without its first label; the root's parent is the root.
 *
 * @example
 * ```ts
 * import { parentName } from "@octet/dns";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parentName("www.example.com."), "example.com.");
 * assertEquals(parentName("com."), ".");
 * ```
 *
 * @param name An absolute name, as {@linkcode canonicalName} gives it.
 */
export function parentName(name: string): string {
  for (let i = 0; i < name.length - 1; i++) {
    if (name[i] === "\\") i++;
    else if (name[i] === ".") return name.slice(i + 1);
  }
  return ".";
}

/**
 * How many labels a name has, the root's not counted.
 *
 * @param name An absolute name, as {@linkcode canonicalName} gives it.
 */
export function countLabels(name: string): number {
  let count = 0;
  for (; name !== "."; name = parentName(name)) count++;
  return count;
}

/**
 * Domain names in DNS wire form inside DHCP options (RFC 1035 §3.1, §4.1.4; RFC 3397 §2): labels,
 * with pointers that count from the start of the (concatenated) option value.
 *
 * @module
 */

const maximumName = 255;
const maximumLabel = 63;
const largestPointer = 0x3fff;

function isLabelByte(byte: number): boolean {
  // A dot inside a label would be lost in the textual form; white space and controls have no business in names.
  return byte > 0x20 && byte < 0x7f && byte !== 0x2e;
}

/** A name read from the wire, and where the next one begins. */
export interface ReadName {
  /** Labels joined by dots; without a dot at the end. */
  readonly name: string;
  /** Whether the root label ends it. */
  readonly isTerminated: boolean;
  /** Where reading goes on. */
  readonly next: number;
}

/**
 * Reads one name.
 *
 * @param bytes The buffer.
 * @param start Where the option's value begins: what pointers count from.
 * @param offset Where the name begins.
 * @param end Where the value stops (exclusive).
 * @param mayCompress Whether pointers are allowed.
 * @returns The name, or `null` when it is malformed. A name that stops at `end` without a root label
 *     is given with `isTerminated` false.
 */
export function readName(
  bytes: Uint8Array,
  start: number,
  offset: number,
  end: number,
  mayCompress: boolean,
): ReadName | null {
  const labels: string[] = [];
  let at = offset;
  let next = -1;
  let wireLength = 1;
  // Pointers lead strictly backwards, so the walk ends.
  let limit = offset;
  for (;;) {
    if (at >= end) {
      return next < 0 ? { name: labels.join("."), isTerminated: false, next: at } : null;
    }
    const length = bytes[at]!;
    if (length >= 0xc0) {
      if (!mayCompress || at + 2 > end) return null;
      const target = start + (((length & 0x3f) << 8) | bytes[at + 1]!);
      if (target >= limit) return null;
      if (next < 0) next = at + 2;
      limit = target;
      at = target;
      continue;
    }
    if (length > maximumLabel) return null;
    if (length === 0) {
      return { name: labels.join("."), isTerminated: true, next: next < 0 ? at + 1 : next };
    }
    wireLength += length + 1;
    if (wireLength > maximumName || at + 1 + length > end) return null;
    let label = "";
    for (let i = at + 1; i <= at + length; i++) {
      if (!isLabelByte(bytes[i]!)) return null;
      label += String.fromCharCode(bytes[i]!);
    }
    labels.push(label);
    at += length + 1;
  }
}

/**
 * Reads names up to `end`.
 *
 * @returns At least one name, or `null` when one is malformed, unterminated or the root.
 */
export function readNames(bytes: Uint8Array, offset: number, end: number): string[] | null {
  const names: string[] = [];
  let at = offset;
  while (at < end) {
    const read = readName(bytes, offset, at, end, true);
    if (read === null || !read.isTerminated || read.name === "") return null;
    names.push(read.name);
    at = read.next;
  }
  return names.length === 0 ? null : names;
}

/**
 * Checks a textual name and splits it.
 *
 * @throws {SyntaxError} When it is empty, a label is empty or longer than 63 bytes, it holds
 *     anything but printable ASCII, or is longer than 255 bytes on the wire.
 */
export function splitName(name: string): string[] {
  const labels = name.split(".");
  let wireLength = 1;
  for (const label of labels) {
    wireLength += label.length + 1;
    let isGood = label.length > 0 && label.length <= maximumLabel;
    for (let i = 0; i < label.length; i++) isGood = isGood && isLabelByte(label.charCodeAt(i));
    if (!isGood) {
      throw new SyntaxError(`Cannot encode domain name as ${JSON.stringify(name)} is not one`);
    }
  }
  if (wireLength > maximumName) {
    throw new SyntaxError(
      `Cannot encode domain name as it is ${wireLength} bytes long, more than 255`,
    );
  }
  return labels;
}

/** Appends a label and its length. */
export function writeLabel(label: string, out: number[]): void {
  out.push(label.length);
  for (let i = 0; i < label.length; i++) out.push(label.charCodeAt(i));
}

/**
 * Appends names, each suffix that occurred before as a pointer.
 *
 * @param names The names, as {@linkcode readNames} gives them.
 * @param out Where they go; the position it has now is the one pointers count from.
 */
export function writeNames(names: readonly string[], out: number[]): void {
  const start = out.length;
  const seen = new Map<string, number>();
  for (const name of names) {
    const labels = splitName(name);
    let isPointed = false;
    for (let i = 0; i < labels.length; i++) {
      // Case must survive, so only a suffix of the very same spelling is shared.
      const suffix = labels.slice(i).join(".");
      const target = seen.get(suffix);
      if (target !== undefined) {
        out.push(0xc0 | (target >>> 8), target & 0xff);
        isPointed = true;
        break;
      }
      if (out.length - start <= largestPointer) seen.set(suffix, out.length - start);
      writeLabel(labels[i]!, out);
    }
    if (!isPointed) out.push(0);
  }
}

// The length after the slash of CIDR notation (RFC 4632 §3.1), the same for both families.

/**
 * Parses a prefix length: decimal digits, no leading zeros, at most `bits`.
 *
 * @returns The length, or -1 when the text is not one.
 */
export function parsePrefixLength(text: string, bits: number): number {
  if (!/^(?:0|[1-9][0-9]{0,2})$/.test(text)) return -1;
  const length = Number(text);
  return length <= bits ? length : -1;
}

/** Throws a `RangeError` unless the length is an integer from `least` to `most`. */
export function checkPrefixLength(length: number, least: number, most: number, what: string): void {
  if (!Number.isInteger(length) || length < least || length > most) {
    throw new RangeError(
      `Cannot ${what} as prefix length ${length} is not an integer from ${least} to ${most}`,
    );
  }
}

/**
 * IPv6 addresses as unsigned 128-bit bigints, and their text (RFC 4291 §2.2, RFC 5952).
 *
 * @module
 */
import { formatIpv4, tryParseIpv4 } from "./ipv4.ts";

/** The IPv6 addresses that code names most. */
export const Ipv6 = {
  /** ::, the unspecified address (RFC 4291 §2.5.2). */
  any: 0n,
  /** ::1, the loopback address (RFC 4291 §2.5.3). */
  loopback: 1n,
  /** ff02::1, all nodes on this link (RFC 4291 §2.7.1). */
  allNodes: 0xff02_0000_0000_0000_0000_0000_0000_0001n,
  /** ff02::2, all routers on this link (RFC 4291 §2.7.1). */
  allRouters: 0xff02_0000_0000_0000_0000_0000_0000_0002n,
} as const;

const COLON = 0x3a;
const DOT = 0x2e;
const GROUPS = 8;
const MAPPED_HIGH = 0xffffn;

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/**
 * Parses text into an address without throwing.
 *
 * Takes every form of RFC 4291 §2.2 and nothing else: groups of one to four digits in either case,
 * one `::` in place of one or more groups of zeros, the last 32 bits as dotted decimal. A zone
 * (`%eth0`) is refused; {@linkcode parseScopedIpv6} takes it.
 *
 * @param text The text to parse.
 * @returns The address, or `undefined` when the text is not one.
 * @example
 * ```ts
 * import { tryParseIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tryParseIpv6("::1"), 1n);
 * assertEquals(tryParseIpv6("1::2::3"), undefined);
 * ```
 */
export function tryParseIpv6(text: string): bigint | undefined {
  const length = text.length;
  if (length < 2 || length > 45) return undefined;
  const groups: number[] = [];
  let gap = -1;
  let i = 0;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return undefined;
    gap = 0;
    i = 2;
  }
  while (i < length) {
    const start = i;
    let value = 0;
    for (; i < length && i - start < 4; i++) {
      const digit = hexDigit(text.charCodeAt(i));
      if (digit < 0) break;
      value = value << 4 | digit;
    }
    if (i === start) return undefined;
    if (i < length && text.charCodeAt(i) === DOT) {
      const ipv4 = tryParseIpv4(text.slice(start));
      if (ipv4 === undefined || groups.length > GROUPS - 2) return undefined;
      groups.push(ipv4 >>> 16, ipv4 & 0xffff);
      break;
    }
    if (groups.length === GROUPS) return undefined;
    groups.push(value);
    if (i === length) break;
    if (text.charCodeAt(i) !== COLON || i + 1 === length) return undefined;
    i++;
    if (text.charCodeAt(i) === COLON) {
      if (gap >= 0) return undefined;
      gap = groups.length;
      i++;
    }
  }
  if (gap < 0 ? groups.length !== GROUPS : groups.length === GROUPS) return undefined;
  return joinGroups(groups, gap);
}

function joinGroups(groups: readonly number[], gap: number): bigint {
  let address = 0n;
  for (let i = 0; i < groups.length; i++) {
    if (i === gap) address <<= BigInt(16 * (GROUPS - groups.length));
    address = address << 16n | BigInt(groups[i]!);
  }
  return gap === groups.length ? address << BigInt(16 * (GROUPS - groups.length)) : address;
}

/**
 * Parses text into an address, as strictly as {@linkcode tryParseIpv6}.
 *
 * @param text Any form of RFC 4291 §2.2, such as `2001:db8::1` or `::ffff:192.0.2.1`.
 * @returns The address, an unsigned 128-bit number.
 * @throws {SyntaxError} If the text is anything else.
 * @example
 * ```ts
 * import { parseIpv6 } from "@octet/netip";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(parseIpv6("::ffff:1.2.3.4"), 0xffff01020304n);
 * assertThrows(() => parseIpv6("fe80::1%eth0"), SyntaxError);
 * ```
 */
export function parseIpv6(text: string): bigint {
  const address = tryParseIpv6(text);
  if (address === undefined) {
    throw new SyntaxError(
      `Cannot parse an IPv6 address as ${JSON.stringify(text)} is not in a form of RFC 4291`,
    );
  }
  return address;
}

/**
 * Tells whether text is an IPv6 address in a form that {@linkcode parseIpv6} takes.
 *
 * @param text The text to look at.
 * @returns True when it parses.
 * @example
 * ```ts
 * import { isIpv6 } from "@octet/netip";
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isIpv6("2001:DB8::1"));
 * assertFalse(isIpv6("2001:db8:::1"));
 * ```
 */
export function isIpv6(text: string): boolean {
  return tryParseIpv6(text) !== undefined;
}

/**
 * Formats an address in the canonical form of RFC 5952.
 *
 * Lower case, no leading zeros, the first longest run of two or more zero groups as `::`, and
 * IPv4-mapped addresses with their last 32 bits in dotted decimal (§5).
 *
 * @param address The address; bits above the 128th are ignored.
 * @returns Text such as `2001:db8::1`.
 * @example
 * ```ts
 * import { formatIpv6, parseIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpv6(parseIpv6("2001:0DB8:0:0:1:0:0:1")), "2001:db8::1:0:0:1");
 * assertEquals(formatIpv6(0xffffc0000201n), "::ffff:192.0.2.1");
 * ```
 */
export function formatIpv6(address: bigint): string {
  if (BigInt.asUintN(128, address) >> 32n === MAPPED_HIGH) {
    return `::ffff:${formatIpv4(Number(BigInt.asUintN(32, address)))}`;
  }
  const groups: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) {
    groups.push(Number(BigInt.asUintN(16, address >> shift)));
  }
  let gap = -1;
  let gapLength = 1;
  for (let i = 0; i < GROUPS; i++) {
    let end = i;
    while (end < GROUPS && groups[end] === 0) end++;
    if (end - i > gapLength) {
      gap = i;
      gapLength = end - i;
    }
    if (end > i) i = end;
  }
  const digits = groups.map((group) => group.toString(16));
  if (gap < 0) return digits.join(":");
  return `${digits.slice(0, gap).join(":")}::${digits.slice(gap + gapLength).join(":")}`;
}

/**
 * IPv4 addresses as unsigned 32-bit numbers (RFC 791 §3.2), their text and their place in a packet.
 *
 * @module
 */
/** The IPv4 addresses that code names most, in host order. */
export const Ipv4 = {
  /** 0.0.0.0, "this host on this network" (RFC 1122 §3.2.1.3). */
  any: 0x00000000,
  /** 127.0.0.1, the usual loopback address (RFC 1122 §3.2.1.3). */
  loopback: 0x7f000001,
  /** 255.255.255.255, the limited broadcast address (RFC 919 §7). */
  broadcast: 0xffffffff,
  /** 224.0.0.1, all systems on this link (RFC 1112 §4). */
  allSystems: 0xe0000001,
  /** 224.0.0.2, all routers on this link (RFC 5771 §4). */
  allRouters: 0xe0000002,
} as const;

const DOT = 0x2e;
const ZERO = 0x30;

/**
 * Parses dotted-decimal text into an address without throwing.
 *
 * Four decimal octets and nothing else: no leading zeros, no spaces, no hexadecimal, no missing part
 * (RFC 6943 §3.1.1 calls this the strict form).
 *
 * @param text The text to parse.
 * @returns The address, host order, or `undefined` when the text is not one.
 * @example
 * ```ts
 * import { tryParseIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tryParseIpv4("192.168.0.1"), 0xc0a80001);
 * assertEquals(tryParseIpv4("01.2.3.4"), undefined);
 * ```
 */
export function tryParseIpv4(text: string): number | undefined {
  const length = text.length;
  if (length < 7 || length > 15) return undefined;
  let address = 0;
  let octet = 0;
  let digits = 0;
  let octets = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || octets === 3) return undefined;
      address = address << 8 | octet;
      octets++;
      octet = 0;
      digits = 0;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || digits > 0 && octet === 0) return undefined;
    octet = octet * 10 + digit;
    if (octet > 255) return undefined;
    digits++;
  }
  if (octets !== 3 || digits === 0) return undefined;
  return (address << 8 | octet) >>> 0;
}

/**
 * Parses dotted-decimal text into an address.
 *
 * @param text Four decimal octets without leading zeros, as in `192.168.0.1`.
 * @returns The address, unsigned 32-bit, host order.
 * @throws {SyntaxError} If the text is anything else.
 * @example
 * ```ts
 * import { parseIpv4 } from "@octet/netip";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(parseIpv4("10.0.0.1"), 0x0a000001);
 * assertThrows(() => parseIpv4("1..2.3"), SyntaxError);
 * ```
 */
export function parseIpv4(text: string): number {
  const address = tryParseIpv4(text);
  if (address === undefined) {
    throw new SyntaxError(
      `Cannot parse an IPv4 address as ${JSON.stringify(text)} is not four decimal octets`,
    );
  }
  return address;
}

/**
 * Tells whether text is an IPv4 address in the strict form that {@linkcode parseIpv4} takes.
 *
 * @param text The text to look at.
 * @returns True when it parses.
 * @example
 * ```ts
 * import { isIpv4 } from "@octet/netip";
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isIpv4("127.0.0.1"));
 * assertFalse(isIpv4("0x7f.0.0.1"));
 * ```
 */
export function isIpv4(text: string): boolean {
  return tryParseIpv4(text) !== undefined;
}

/**
 * Formats an address as dotted decimal.
 *
 * @param address The address, host order; signed 32-bit values are taken as their unsigned twins.
 * @returns Four decimal octets, as in `192.168.0.1`.
 * @example
 * ```ts
 * import { formatIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpv4(0xc0a80001), "192.168.0.1");
 * ```
 */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${address >>> 16 & 0xff}.${address >>> 8 & 0xff}.${address & 0xff}`;
}

/**
 * Reads an address from four bytes in network byte order.
 *
 * @param bytes The buffer; `offset + 4` must lie inside it, which is not checked.
 * @param offset Where the address starts.
 * @returns The address, unsigned 32-bit, host order.
 * @example
 * ```ts
 * import { readIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readIpv4(Uint8Array.of(0, 192, 168, 0, 1), 1), 0xc0a80001);
 * ```
 */
export function readIpv4(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 24 | bytes[offset + 1]! << 16 | bytes[offset + 2]! << 8 |
    bytes[offset + 3]!) >>> 0;
}

/**
 * Writes an address as four bytes in network byte order.
 *
 * @param bytes The buffer; `offset + 4` must lie inside it, which is not checked.
 * @param offset Where the address goes.
 * @param address The address, host order.
 * @example
 * ```ts
 * import { writeIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(4);
 * writeIpv4(bytes, 0, 0xc0a80001);
 * assertEquals([...bytes], [192, 168, 0, 1]);
 * ```
 */
export function writeIpv4(bytes: Uint8Array, offset: number, address: number): void {
  bytes[offset] = address >>> 24;
  bytes[offset + 1] = address >>> 16;
  bytes[offset + 2] = address >>> 8;
  bytes[offset + 3] = address;
}

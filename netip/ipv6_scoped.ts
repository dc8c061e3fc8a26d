/**
 * IPv6 addresses with a zone, as in fe80::1%eth0 (RFC 4007 §11).
 *
 * @module
 */
import { formatIpv6, tryParseIpv6 } from "./ipv6.ts";

/** An IPv6 address and the zone (on most systems the interface) in which it means something. */
export interface ScopedIpv6 {
  /** The address. */
  readonly address: bigint;
  /** The zone's name or number as given, or `""` when there was none. */
  readonly zone: string;
}

/** A zone names an interface: no space, no control character, no character that delimits addresses. */
const ZONE = /^[A-Za-z0-9._~!@:+=-]{1,64}$/;

/**
 * Tells whether an address is scoped: unique only within a link, a site or a node (RFC 4007 §4, §5).
 *
 * @param address The address.
 * @returns True for link-local and loopback unicast, and for multicast of less than global scope.
 * @example
 * ```ts
 * import { isScopedIpv6, parseIpv6 } from "@octet/netip";
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isScopedIpv6(parseIpv6("ff02::1")));
 * assertFalse(isScopedIpv6(parseIpv6("2001:db8::1")));
 * ```
 */
export function isScopedIpv6(address: bigint): boolean {
  const top = Number(address >> 112n);
  if (top >>> 8 === 0xff) return (top & 0x000f) < 0x0e;
  // fe80::/10 link-local, fec0::/10 the deprecated site-local.
  return (top & 0xff80) === 0xfe80 || address === 1n;
}

/**
 * Parses an address that may carry a zone, without throwing.
 *
 * @param text An IPv6 address, and for a scoped address perhaps `%` and a zone.
 * @returns Address and zone, or `undefined` when the text is not one.
 * @example
 * ```ts
 * import { tryParseScopedIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tryParseScopedIpv6("fe80::1%"), undefined);
 * ```
 */
export function tryParseScopedIpv6(text: string): ScopedIpv6 | undefined {
  const percent = text.indexOf("%");
  const address = tryParseIpv6(percent < 0 ? text : text.slice(0, percent));
  if (address === undefined) return undefined;
  if (percent < 0) return { address, zone: "" };
  const zone = text.slice(percent + 1);
  return ZONE.test(zone) && isScopedIpv6(address) ? { address, zone } : undefined;
}

/**
 * Parses an address that may carry a zone, as in `fe80::1%eth0` (RFC 4007 §11.2).
 *
 * A zone is taken only where it means something: on an address for which
 * {@linkcode isScopedIpv6} is true.
 *
 * @param text The text to parse.
 * @returns Address and zone; the zone is `""` when none was given.
 * @throws {SyntaxError} If the text is anything else.
 * @example
 * ```ts
 * import { parseIpv6, parseScopedIpv6 } from "@octet/netip";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * assertEquals(parseScopedIpv6("fe80::1%eth0"), { address: parseIpv6("fe80::1"), zone: "eth0" });
 * assertThrows(() => parseScopedIpv6("2001:db8::1%eth0"), SyntaxError);
 * ```
 */
export function parseScopedIpv6(text: string): ScopedIpv6 {
  const parsed = tryParseScopedIpv6(text);
  if (parsed === undefined) {
    throw new SyntaxError(
      `Cannot parse a scoped IPv6 address as ${JSON.stringify(text)} is not like "fe80::1%eth0"`,
    );
  }
  return parsed;
}

/**
 * Formats an address with its zone.
 *
 * @param value Address and zone.
 * @returns Text such as `fe80::1%eth0`, without the `%` when the zone is empty.
 * @example
 * ```ts
 * import { formatScopedIpv6, parseScopedIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatScopedIpv6(parseScopedIpv6("FE80::1%eth0")), "fe80::1%eth0");
 * ```
 */
export function formatScopedIpv6(value: ScopedIpv6): string {
  const text = formatIpv6(value.address);
  return value.zone === "" ? text : `${text}%${value.zone}`;
}

/**
 * An interface's IPv6 address together with the prefix of its link.
 *
 * @module
 */
import { parsePrefixLength } from "./_cidr.ts";
import { formatIpv6, tryParseIpv6 } from "./ipv6.ts";
import { Ipv6Prefix } from "./ipv6_prefix.ts";

/** An address of an interface together with the prefix of the link it is on. */
export interface Ipv6Interface {
  /** The interface's own address. */
  readonly address: bigint;
  /** The prefix of the link; it contains `address`. */
  readonly prefix: Ipv6Prefix;
}

/**
 * Parses an interface's address and prefix length such as `2001:db8::2/64`.
 *
 * @param text Address, slash, length from 0 to 128 without leading zeros.
 * @returns The address as given and the prefix that holds it.
 * @throws {SyntaxError} If the text is anything else.
 * @example
 * ```ts
 * import { formatIpv6, parseIpv6Interface } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const { address, prefix } = parseIpv6Interface("2001:db8::2/64");
 * assertEquals(formatIpv6(address), "2001:db8::2");
 * assertEquals(`${prefix}`, "2001:db8::/64");
 * ```
 */
export function parseIpv6Interface(text: string): Ipv6Interface {
  const parsed = tryParseIpv6Interface(text);
  if (parsed === undefined) {
    throw new SyntaxError(
      `Cannot parse an IPv6 interface address as ${JSON.stringify(text)} is not like ` +
        `"2001:db8::2/64"`,
    );
  }
  return parsed;
}

/**
 * Parses as {@linkcode parseIpv6Interface} does, without throwing.
 *
 * @param text The text to parse.
 * @returns Address and prefix, or `undefined` when the text is not an interface address.
 * @example
 * ```ts
 * import { tryParseIpv6Interface } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tryParseIpv6Interface("2001:db8::2"), undefined);
 * ```
 */
export function tryParseIpv6Interface(text: string): Ipv6Interface | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return undefined;
  const address = tryParseIpv6(text.slice(0, slash));
  const length = parsePrefixLength(text.slice(slash + 1), 128);
  if (address === undefined || length < 0) return undefined;
  return { address, prefix: new Ipv6Prefix(address, length) };
}

/**
 * Formats an interface's address with its prefix length.
 *
 * @param value The address and its prefix.
 * @returns Text like `2001:db8::2/64`.
 * @example
 * ```ts
 * import { formatIpv6Interface, parseIpv6Interface } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpv6Interface(parseIpv6Interface("2001:db8::2/64")), "2001:db8::2/64");
 * ```
 */
export function formatIpv6Interface(value: Ipv6Interface): string {
  return `${formatIpv6(value.address)}/${value.prefix.length}`;
}

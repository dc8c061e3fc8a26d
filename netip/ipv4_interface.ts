/**
 * An interface's IPv4 address together with the prefix of its link.
 *
 * @module
 */
import { parsePrefixLength } from "./_cidr.ts";
import { formatIpv4, tryParseIpv4 } from "./ipv4.ts";
import { Ipv4Prefix } from "./ipv4_prefix.ts";

/** An address of an interface together with the prefix of the link it is on. */
export interface Ipv4Interface {
  /** The interface's own address, host order. */
  readonly address: number;
  /** The prefix of the link; it contains `address`. */
  readonly prefix: Ipv4Prefix;
}

/**
 * Parses an interface's address and prefix length such as `10.77.0.2/24`.
 *
 * @param text Address, slash, length from 0 to 32 without leading zeros.
 * @returns The address as given and the prefix that holds it.
 * @throws {SyntaxError} If the text is anything else.
 * @example
 * ```ts
 * import { formatIpv4, parseIpv4Interface } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const { address, prefix } = parseIpv4Interface("10.77.0.2/24");
 * assertEquals(formatIpv4(address), "10.77.0.2");
 * assertEquals(`${prefix}`, "10.77.0.0/24");
 * ```
 */
export function parseIpv4Interface(text: string): Ipv4Interface {
  const parsed = tryParseIpv4Interface(text);
  if (parsed === undefined) {
    throw new SyntaxError(
      `Cannot parse an IPv4 interface address as ${JSON.stringify(text)} is not like ` +
        `"10.77.0.2/24"`,
    );
  }
  return parsed;
}

/**
 * Parses as {@linkcode parseIpv4Interface} does, without throwing.
 *
 * @param text The text to parse.
 * @returns Address and prefix, or `undefined` when the text is not an interface address.
 * @example
 * ```ts
 * import { tryParseIpv4Interface } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tryParseIpv4Interface("10.77.0.2"), undefined);
 * ```
 */
export function tryParseIpv4Interface(text: string): Ipv4Interface | undefined {
  const slash = text.indexOf("/");
  if (slash < 0) return undefined;
  const address = tryParseIpv4(text.slice(0, slash));
  const length = parsePrefixLength(text.slice(slash + 1), 32);
  if (address === undefined || length < 0) return undefined;
  return { address, prefix: new Ipv4Prefix(address, length) };
}

/**
 * Formats an interface's address with its prefix length.
 *
 * @param value The address and its prefix.
 * @returns Text like `10.77.0.2/24`.
 * @example
 * ```ts
 * import { formatIpv4Interface, parseIpv4Interface } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpv4Interface(parseIpv4Interface("10.77.0.2/24")), "10.77.0.2/24");
 * ```
 */
export function formatIpv4Interface(value: Ipv4Interface): string {
  return `${formatIpv4(value.address)}/${value.prefix.length}`;
}

/**
 * IP addresses between text and the bytes that netlink carries.
 *
 * @module
 */
import { formatIpv4, isIpv4, parseIpv4, readIpv4, writeIpv4 } from "@octet/netip/ipv4";
import { formatIpv6, isIpv6, parseIpv6 } from "@octet/netip/ipv6";
import { readIpv6, writeIpv6 } from "@octet/netip/ipv6-bytes";

/** Address families as Linux numbers them. */
export const AddressFamily = {
  /** Any. */
  Unspecified: 0,
  /** IPv4. */
  Inet: 2,
  /** Bridge: forwarding databases. */
  Bridge: 7,
  /** IPv6. */
  Inet6: 10,
} as const;

/** The family of a version of IP, {@linkcode AddressFamily}`.Unspecified` for none. */
export function familyOf(version?: 4 | 6): number {
  if (version === undefined) return AddressFamily.Unspecified;
  return version === 4 ? AddressFamily.Inet : AddressFamily.Inet6;
}

/** An IP address as the kernel takes it. */
export interface AddressBytes {
  /** One of {@linkcode AddressFamily}. */
  readonly family: number;
  /** Network byte order, 4 or 16 bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An address with the length of its prefix, as the kernel takes it. */
export interface PrefixBytes extends AddressBytes {
  /** In bits. */
  readonly length: number;
}

/**
 * Parses an address of either family, strictly.
 *
 * @throws {SyntaxError} When the text is not an address.
 */
export function parseAddressBytes(text: string): AddressBytes {
  if (isIpv4(text)) {
    const bytes = new Uint8Array(4);
    writeIpv4(bytes, 0, parseIpv4(text));
    return { family: AddressFamily.Inet, bytes };
  }
  if (isIpv6(text)) {
    const bytes = new Uint8Array(16);
    writeIpv6(bytes, 0, parseIpv6(text));
    return { family: AddressFamily.Inet6, bytes };
  }
  throw new SyntaxError(`Cannot parse an IP address as ${JSON.stringify(text)} is not one`);
}

/**
 * Parses an address with the length of its prefix, such as `10.77.0.1/24`.
 *
 * @throws {SyntaxError} When the text is anything else.
 */
export function parsePrefixBytes(text: string): PrefixBytes {
  const slash = text.indexOf("/");
  const digits = slash < 0 ? "" : text.slice(slash + 1);
  const { family, bytes } = parseAddressBytes(slash < 0 ? text : text.slice(0, slash));
  const length = Number(digits);
  if (!/^(0|[1-9]\d{0,2})$/.test(digits) || length > bytes.length * 8) {
    throw new SyntaxError(
      `Cannot parse an address with its prefix length as ${JSON.stringify(text)} is not like ` +
        `"10.77.0.1/24"`,
    );
  }
  return { family, bytes, length };
}

/**
 * Formats the address in `bytes[offset…end)`: 4 bytes as IPv4, 16 as IPv6.
 *
 * @returns Empty for any other length.
 */
export function formatAddressBytes(bytes: Uint8Array, offset: number, end: number): string {
  if (end - offset === 4) return formatIpv4(readIpv4(bytes, offset));
  if (end - offset === 16) return formatIpv6(readIpv6(bytes, offset));
  return "";
}

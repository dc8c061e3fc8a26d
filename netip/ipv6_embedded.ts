/**
 * IPv4 addresses inside IPv6 addresses: mapped (RFC 4291 §2.5.5.2), NAT64 (RFC 6052), 6to4 (RFC 3056),
 * Teredo (RFC 4380).
 *
 * @module
 */
import type { Ipv6Prefix } from "./ipv6_prefix.ts";

/** The lengths a NAT64 prefix may have (RFC 6052 §2.2). */
const NAT64_LENGTHS: readonly number[] = [32, 40, 48, 56, 64, 96];

/** Bits 64 to 71 stay zero, so an IPv4 address that reaches them goes around them (RFC 6052 §2.2). */
const U_OCTET_POSITION = 56;

/**
 * Makes the IPv4-mapped IPv6 address of an IPv4 address (RFC 4291 §2.5.5.2).
 *
 * @param address The IPv4 address, host order.
 * @returns The address in ::ffff:0:0/96.
 * @example
 * ```ts
 * import { formatIpv6, mapIpv4, parseIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpv6(mapIpv4(parseIpv4("192.0.2.1"))), "::ffff:192.0.2.1");
 * ```
 */
export function mapIpv4(address: number): bigint {
  return 0xffffn << 32n | BigInt(address);
}

/**
 * Gives the IPv4 address inside an IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2).
 *
 * @param address The IPv6 address.
 * @returns The IPv4 address, host order, or `undefined` outside ::ffff:0:0/96.
 * @example
 * ```ts
 * import { formatIpv4, parseIpv6, unmapIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpv4(unmapIpv4(parseIpv6("::ffff:192.0.2.1"))!), "192.0.2.1");
 * assertEquals(unmapIpv4(parseIpv6("2001:db8::1")), undefined);
 * ```
 */
export function unmapIpv4(address: bigint): number | undefined {
  return address >> 32n === 0xffffn ? Number(BigInt.asUintN(32, address)) : undefined;
}

function checkNat64(prefix: Ipv6Prefix): void {
  if (!NAT64_LENGTHS.includes(prefix.length)) {
    throw new RangeError(
      `Cannot use ${prefix} for NAT64 as its length is none of ${NAT64_LENGTHS.join(", ")}`,
    );
  }
}

/**
 * Embeds an IPv4 address under a NAT64 prefix (RFC 6052 §2.2).
 *
 * @param prefix The prefix: 64:ff9b::/96 or a network's own of 32, 40, 48, 56, 64 or 96 bits.
 * @param address The IPv4 address, host order.
 * @returns The IPv4-embedded IPv6 address, its suffix zero.
 * @throws {RangeError} If the prefix has another length.
 * @example
 * ```ts
 * import { embedNat64, formatIpv6, Ipv6Prefix, parseIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const prefix = Ipv6Prefix.parse("2001:db8:122:344::/64");
 * const address = embedNat64(prefix, parseIpv4("192.0.2.33"));
 * assertEquals(formatIpv6(address), "2001:db8:122:344:c0:2:2100:0");
 * ```
 */
export function embedNat64(prefix: Ipv6Prefix, address: number): bigint {
  checkNat64(prefix);
  const ipv4 = BigInt(address);
  if (prefix.length === 96) return prefix.address | ipv4;
  // As if bits 64 to 71 were not there, then everything below bit 64 moves down by those eight.
  const packed = ipv4 << BigInt(96 - prefix.length);
  const high = packed >> 64n << 64n;
  return prefix.address | high | BigInt.asUintN(64, packed) >> 8n;
}

/**
 * Takes the IPv4 address out of an address under a NAT64 prefix (RFC 6052 §2.2, §2.3).
 *
 * @param prefix The prefix, as for {@linkcode embedNat64}.
 * @param address The IPv6 address.
 * @returns The IPv4 address, host order, or `undefined` when the address is not under the prefix.
 * @throws {RangeError} If the prefix has another length.
 * @example
 * ```ts
 * import { extractNat64, formatIpv4, Ipv6Prefix, parseIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const prefix = Ipv6Prefix.parse("64:ff9b::/96");
 * assertEquals(formatIpv4(extractNat64(prefix, parseIpv6("64:ff9b::c000:221"))!), "192.0.2.33");
 * ```
 */
export function extractNat64(prefix: Ipv6Prefix, address: bigint): number | undefined {
  checkNat64(prefix);
  if (!prefix.contains(address)) return undefined;
  if (prefix.length === 96) return Number(BigInt.asUintN(32, address));
  const low = BigInt.asUintN(64, BigInt.asUintN(U_OCTET_POSITION, address) << 8n);
  const packed = address >> 64n << 64n | low;
  return Number(BigInt.asUintN(32, packed >> BigInt(96 - prefix.length)));
}

/**
 * Gives the IPv4 address of the router inside a 6to4 address (RFC 3056 §2).
 *
 * @param address The IPv6 address.
 * @returns The IPv4 address, host order, or `undefined` outside 2002::/16.
 * @example
 * ```ts
 * import { formatIpv4, ipv4From6to4, parseIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatIpv4(ipv4From6to4(parseIpv6("2002:c000:201::1"))!), "192.0.2.1");
 * ```
 */
export function ipv4From6to4(address: bigint): number | undefined {
  return address >> 112n === 0x2002n ? Number(BigInt.asUintN(32, address >> 80n)) : undefined;
}

/** What a Teredo address tells (RFC 4380 §4). */
export interface TeredoAddress {
  /** The IPv4 address of the Teredo server, host order. */
  readonly server: number;
  /** The flags field, 16 bits. */
  readonly flags: number;
  /** The client's mapped IPv4 address, host order. */
  readonly client: number;
  /** The client's mapped UDP port. */
  readonly port: number;
}

/**
 * Takes a Teredo address apart (RFC 4380 §4).
 *
 * @param address The IPv6 address.
 * @returns Its parts, or `undefined` outside 2001::/32.
 * @example
 * ```ts
 * import { formatIpv4, parseIpv6, readTeredo } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const teredo = readTeredo(parseIpv6("2001:0:4136:e378:8000:63bf:3fff:fdd2"))!;
 * assertEquals(formatIpv4(teredo.server), "65.54.227.120");
 * assertEquals(formatIpv4(teredo.client), "192.0.2.45");
 * assertEquals(teredo.port, 40000);
 * ```
 */
export function readTeredo(address: bigint): TeredoAddress | undefined {
  if (address >> 96n !== 0x20010000n) return undefined;
  return {
    server: Number(BigInt.asUintN(32, address >> 64n)),
    flags: Number(BigInt.asUintN(16, address >> 48n)),
    client: ~Number(BigInt.asUintN(32, address)) >>> 0,
    port: ~Number(BigInt.asUintN(16, address >> 32n)) & 0xffff,
  };
}

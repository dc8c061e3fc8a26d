/**
 * Addresses, prefixes and ranges of either version as a command line gives them.
 *
 * @module
 */
import {
  formatIpv4,
  formatIpv6,
  ipv4MaskLength,
  Ipv4Prefix,
  ipv4RangeToPrefixes,
  Ipv6Prefix,
  ipv6RangeToPrefixes,
  tryParseIpv4,
  tryParseIpv6,
} from "@octet/netip";
import { UsageError } from "./_arguments.ts";

/** An address: a number is IPv4, a bigint IPv6. */
export type Address = number | bigint;

/** A prefix of either version. */
export type Prefix = Ipv4Prefix | Ipv6Prefix;

/** What a word of the command line means. */
export interface IpItem {
  /** The word. */
  readonly text: string;
  /** The address in it, which need not be the prefix's first; the first of a range. */
  readonly address: Address;
  /** The last address of a range; absent for anything else. */
  readonly last?: Address;
  /** The prefix; of a lone address, all of its bits. */
  readonly prefix: Prefix;
  /** Whether a prefix length or a mask was given. */
  readonly hasLength: boolean;
}

/** Formats an address of either version. */
export function formatAddress(address: Address): string {
  return typeof address === "number" ? formatIpv4(address) : formatIpv6(address);
}

/** Makes a prefix of an address of either version. */
export function makePrefix(address: Address, length: number): Prefix {
  return typeof address === "number"
    ? new Ipv4Prefix(address, length)
    : new Ipv6Prefix(address, length);
}

/** How many bits an address of this version has. */
export function bitsOf(address: Address): number {
  return typeof address === "number" ? 32 : 128;
}

/** An address as a bigint, for arithmetic. */
export function valueOf(address: Address): bigint {
  return BigInt(address);
}

/** The address of a version whose value this is; `undefined` when there is none. */
export function addressOf(value: bigint, like: Address): Address | undefined {
  if (value < 0n || value >= 1n << BigInt(bitsOf(like))) return undefined;
  return typeof like === "number" ? Number(value) : value;
}

function tryParseAddress(text: string): Address | undefined {
  return tryParseIpv4(text) ?? tryParseIpv6(text);
}

/**
 * Reads an address.
 *
 * @throws {UsageError} When it is none.
 */
export function readAddress(text: string): Address {
  const address = tryParseAddress(text);
  if (address !== undefined) return address;
  throw new UsageError(`${JSON.stringify(text)} is not an address like 192.0.2.1 or 2001:db8::1`);
}

/** The length behind a slash: digits, or an IPv4 mask. */
function readLength(text: string, address: Address): number | undefined {
  if (/^(0|[1-9]\d{0,2})$/.test(text)) {
    const length = Number(text);
    return length <= bitsOf(address) ? length : undefined;
  }
  const mask = typeof address === "number" ? tryParseIpv4(text) : undefined;
  return mask === undefined ? undefined : ipv4MaskLength(mask);
}

/**
 * Reads an address, a prefix, an address with its prefix length or mask, or a range.
 *
 * @throws {UsageError} When it is none.
 */
export function readItem(text: string): IpItem {
  const dash = text.indexOf("-");
  if (dash > 0) return readRange(text, text.slice(0, dash), text.slice(dash + 1));
  const slash = text.indexOf("/");
  const address = tryParseAddress(slash < 0 ? text : text.slice(0, slash));
  const length = address === undefined || slash < 0
    ? undefined
    : readLength(text.slice(slash + 1), address);
  if (address === undefined || slash >= 0 && length === undefined) {
    throw new UsageError(
      `${JSON.stringify(text)} is not an address, prefix or range like 192.0.2.1, 192.0.2.0/24, ` +
        "2001:db8::/32 or 192.0.2.1-192.0.2.9",
    );
  }
  return {
    text,
    address,
    prefix: makePrefix(address, length ?? bitsOf(address)),
    hasLength: length !== undefined,
  };
}

/**
 * Reads a range of two addresses.
 *
 * @throws {UsageError} When they are none, of two versions, or the wrong way round.
 */
export function readRange(text: string, firstText: string, lastText: string): IpItem {
  const address = readAddress(firstText);
  const last = readAddress(lastText);
  if (typeof address !== typeof last) {
    throw new UsageError(`${text} is not a range as its ends are of two versions of IP`);
  }
  if (last < address) {
    throw new UsageError(`${text} is not a range as ${lastText} comes before ${firstText}`);
  }
  return { text, address, last, prefix: makePrefix(address, bitsOf(address)), hasLength: false };
}

/** First and last address of what was given. */
export function endsOf(item: IpItem): readonly [first: Address, last: Address] {
  if (item.last !== undefined) return [item.address, item.last];
  return item.hasLength ? [item.prefix.first, item.prefix.last] : [item.address, item.address];
}

/** The prefixes that make up what was given, no more than it takes. */
export function prefixesOf(item: IpItem): Prefix[] {
  const [first, last] = endsOf(item);
  return typeof first === "number"
    ? [...ipv4RangeToPrefixes(first, last as number)]
    : [...ipv6RangeToPrefixes(first, last as bigint)];
}

/** How many addresses there are in what was given. */
export function countOf(item: IpItem): bigint {
  const [first, last] = endsOf(item);
  return valueOf(last) - valueOf(first) + 1n;
}

/** A count for JSON: a number as long as it is exact, text beyond. */
export function jsonCount(count: bigint): number | string {
  return count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : String(count);
}

/**
 * Ranges and sets of IPv6 addresses as the fewest prefixes (RFC 4291 §2.3).
 *
 * @module
 */
import { formatIpv6 } from "./ipv6.ts";
import { Ipv6Prefix } from "./ipv6_prefix.ts";

const BITS = 128;

/**
 * Splits a range of addresses into the fewest prefixes, from low to high.
 *
 * @param first The lowest address of the range.
 * @param last The highest address of the range.
 * @returns A lazy iterator over at most 254 prefixes.
 * @throws {RangeError} If `last` is lower than `first`.
 * @example
 * ```ts
 * import { ipv6RangeToPrefixes, parseIpv6 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const prefixes = ipv6RangeToPrefixes(parseIpv6("2001:db8::1"), parseIpv6("2001:db8::4"));
 * assertEquals([...prefixes].join(" "), "2001:db8::1/128 2001:db8::2/127 2001:db8::4/128");
 * ```
 */
export function ipv6RangeToPrefixes(
  first: bigint,
  last: bigint,
): Generator<Ipv6Prefix, undefined> {
  if (last < first) {
    throw new RangeError(
      `Cannot split a range as its last address ${formatIpv6(last)} lies below its first ` +
        formatIpv6(first),
    );
  }
  return splitRange(first, last);
}

/** How many bits a positive number needs. */
function bitLength(value: bigint): number {
  return value.toString(2).length;
}

function* splitRange(first: bigint, last: bigint): Generator<Ipv6Prefix, undefined> {
  let next = first;
  while (next <= last) {
    const aligned = next === 0n ? BITS : bitLength(next & -next) - 1;
    const bits = Math.min(aligned, bitLength(last - next + 1n) - 1);
    yield new Ipv6Prefix(next, BITS - bits);
    next += 1n << BigInt(bits);
  }
  return undefined;
}

/**
 * Aggregates prefixes into the fewest that hold exactly the same addresses.
 *
 * @param prefixes The prefixes in any order; they may overlap.
 * @returns The fewest prefixes, from low to high, none overlapping.
 * @example
 * ```ts
 * import { aggregateIpv6Prefixes, Ipv6Prefix } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const prefixes = ["2001:db8:1::/48", "2001:db8::/48", "2001:db8:1:8000::/49"].map(Ipv6Prefix.parse);
 * assertEquals(aggregateIpv6Prefixes(prefixes).join(" "), "2001:db8::/47");
 * ```
 */
export function aggregateIpv6Prefixes(prefixes: Iterable<Ipv6Prefix>): Ipv6Prefix[] {
  const kept: Ipv6Prefix[] = [];
  for (const prefix of [...prefixes].sort((a, b) => a.compare(b))) {
    if (kept.length > 0 && kept[kept.length - 1]!.containsPrefix(prefix)) continue;
    kept.push(prefix);
    mergeTail(kept);
  }
  return kept;
}

function mergeTail(kept: Ipv6Prefix[]): void {
  while (kept.length > 1) {
    const low = kept[kept.length - 2]!;
    const high = kept[kept.length - 1]!;
    if (low.length !== high.length) return;
    const wider = low.supernet();
    if (!wider.containsPrefix(high)) return;
    kept.length -= 2;
    kept.push(wider);
  }
}

/**
 * Summarises prefixes as the longest single prefix that holds them all, and maybe more.
 *
 * @param prefixes The prefixes in any order.
 * @returns The longest common prefix, or `undefined` when there are none.
 * @example
 * ```ts
 * import { Ipv6Prefix, summarizeIpv6Prefixes } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const prefixes = ["2001:db8::/48", "2001:db8:3::/48"].map(Ipv6Prefix.parse);
 * assertEquals(`${summarizeIpv6Prefixes(prefixes)}`, "2001:db8::/46");
 * ```
 */
export function summarizeIpv6Prefixes(prefixes: Iterable<Ipv6Prefix>): Ipv6Prefix | undefined {
  let common: Ipv6Prefix | undefined;
  for (const prefix of prefixes) {
    if (common === undefined) {
      common = prefix;
      continue;
    }
    const difference = common.address ^ prefix.address;
    const shared = difference === 0n ? BITS : BITS - bitLength(difference);
    common = common.supernet(Math.min(shared, common.length, prefix.length));
  }
  return common;
}

/**
 * Cuts a block out of another and gives the fewest prefixes for what remains, from low to high.
 *
 * @param prefix The block to cut from.
 * @param excluded The block to leave out.
 * @returns A lazy iterator: nothing when all is left out, `prefix` itself when they share nothing.
 * @example
 * ```ts
 * import { excludeIpv6Prefix, Ipv6Prefix } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const rest = excludeIpv6Prefix(Ipv6Prefix.parse("2001:db8::/32"), Ipv6Prefix.parse("2001:db8:4000::/34"));
 * assertEquals([...rest].join(" "), "2001:db8::/34 2001:db8:8000::/33");
 * ```
 */
export function* excludeIpv6Prefix(
  prefix: Ipv6Prefix,
  excluded: Ipv6Prefix,
): Generator<Ipv6Prefix, undefined> {
  if (excluded.containsPrefix(prefix)) return undefined;
  if (!prefix.containsPrefix(excluded)) {
    yield prefix;
    return undefined;
  }
  if (excluded.first > prefix.first) yield* splitRange(prefix.first, excluded.first - 1n);
  if (excluded.last < prefix.last) yield* splitRange(excluded.last + 1n, prefix.last);
  return undefined;
}

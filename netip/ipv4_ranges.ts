/**
 * Ranges and sets of IPv4 addresses as the fewest prefixes (RFC 4632 §3.1: aggregation).
 *
 * @module
 */
import { formatIpv4 } from "./ipv4.ts";
import { Ipv4Prefix } from "./ipv4_prefix.ts";

/**
 * Splits a range of addresses into the fewest prefixes, from low to high.
 *
 * @param first The lowest address of the range, host order.
 * @param last The highest address of the range, host order.
 * @returns A lazy iterator over at most 62 prefixes.
 * @throws {RangeError} If `last` is lower than `first`.
 * @example
 * ```ts
 * import { ipv4RangeToPrefixes, parseIpv4 } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const prefixes = ipv4RangeToPrefixes(parseIpv4("10.0.0.1"), parseIpv4("10.0.0.4"));
 * assertEquals([...prefixes].join(" "), "10.0.0.1/32 10.0.0.2/31 10.0.0.4/32");
 * ```
 */
export function ipv4RangeToPrefixes(
  first: number,
  last: number,
): Generator<Ipv4Prefix, undefined> {
  if (last < first) {
    throw new RangeError(
      `Cannot split a range as its last address ${formatIpv4(last)} lies below its first ` +
        formatIpv4(first),
    );
  }
  return splitRange(first, last);
}

function* splitRange(first: number, last: number): Generator<Ipv4Prefix, undefined> {
  let next = first;
  while (next <= last) {
    const aligned = next === 0 ? 32 : 31 - Math.clz32(next & -next);
    const count = last - next + 1;
    const fitting = count === 2 ** 32 ? 32 : 31 - Math.clz32(count);
    const bits = Math.min(aligned, fitting);
    yield new Ipv4Prefix(next, 32 - bits);
    next += 2 ** bits;
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
 * import { aggregateIpv4Prefixes, Ipv4Prefix } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const prefixes = ["10.0.1.0/24", "10.0.0.0/24", "10.0.1.128/25"].map(Ipv4Prefix.parse);
 * assertEquals(aggregateIpv4Prefixes(prefixes).join(" "), "10.0.0.0/23");
 * ```
 */
export function aggregateIpv4Prefixes(prefixes: Iterable<Ipv4Prefix>): Ipv4Prefix[] {
  const kept: Ipv4Prefix[] = [];
  for (const prefix of [...prefixes].sort((a, b) => a.compare(b))) {
    if (kept.length > 0 && kept[kept.length - 1]!.containsPrefix(prefix)) continue;
    kept.push(prefix);
    mergeTail(kept);
  }
  return kept;
}

function mergeTail(kept: Ipv4Prefix[]): void {
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
 * import { Ipv4Prefix, summarizeIpv4Prefixes } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const prefixes = ["10.0.0.0/24", "10.0.3.0/24"].map(Ipv4Prefix.parse);
 * assertEquals(`${summarizeIpv4Prefixes(prefixes)}`, "10.0.0.0/22");
 * ```
 */
export function summarizeIpv4Prefixes(prefixes: Iterable<Ipv4Prefix>): Ipv4Prefix | undefined {
  let common: Ipv4Prefix | undefined;
  for (const prefix of prefixes) {
    if (common === undefined) {
      common = prefix;
      continue;
    }
    const shared = Math.clz32(common.address ^ prefix.address);
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
 * import { excludeIpv4Prefix, Ipv4Prefix } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const rest = excludeIpv4Prefix(Ipv4Prefix.parse("10.0.0.0/8"), Ipv4Prefix.parse("10.64.0.0/10"));
 * assertEquals([...rest].join(" "), "10.0.0.0/10 10.128.0.0/9");
 * ```
 */
export function* excludeIpv4Prefix(
  prefix: Ipv4Prefix,
  excluded: Ipv4Prefix,
): Generator<Ipv4Prefix, undefined> {
  if (excluded.containsPrefix(prefix)) return undefined;
  if (!prefix.containsPrefix(excluded)) {
    yield prefix;
    return undefined;
  }
  if (excluded.first > prefix.first) yield* splitRange(prefix.first, excluded.first - 1);
  if (excluded.last < prefix.last) yield* splitRange(excluded.last + 1, prefix.last);
  return undefined;
}

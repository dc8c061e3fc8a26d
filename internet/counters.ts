/**
 * The counters of a stack in one plain object, by the names of Linux's `nstat` where one fits.
 *
 * @module
 */
import { Verdict } from "@octet/wire";
import type { Stack } from "./stack.ts";

/** Counters by name. */
export type StackCounters = Record<string, number>;

/**
 * Takes a snapshot of a stack's counters.
 *
 * @param stack The stack.
 * @param verdicts How many frames came to each verdict but `Ok`, by its number.
 */
export function snapshotCounters(stack: Stack, verdicts: Float64Array): StackCounters {
  const { ipv4, icmp, udp, tcp } = stack;
  const result: StackCounters = {};
  const { inOctets, outOctets, inMcastPkts, inBcastPkts, inCsumErrors, ...basic } = ipv4.counters;
  const { inMartians, inSourceRoutes, inNoRoutes, inBogons, reversePathFilter, ...ip } = basic;
  addAll(result, "Ip", ip);
  const reassembly = ipv4.reassembler.counters;
  result.IpReasmReqds = reassembly.requests;
  result.IpReasmOKs = reassembly.completed;
  result.IpReasmFails = reassembly.failed;
  result.IpReasmTimeout = reassembly.timedOut;
  addAll(result, "IpExt", { inOctets, outOctets, inMcastPkts, inBcastPkts, inCsumErrors });
  result.IpExtReasmOverlaps = reassembly.overlapped;
  result.IpExtReasmTiny = reassembly.tiny;
  addAll(result, "IpExt", { inMartians, inSourceRoutes, inNoRoutes, inBogons });
  result.TcpExtIPReversePathFilter = reversePathFilter;
  if (stack.nat !== null) addAll(result, "Nat", stack.nat.counters);
  addAll(result, "Icmp", icmp.counters);
  addAll(result, "Igmp", stack.igmp.counters);
  addAll(result, "Udp", udp.counters);
  for (const [name, value] of Object.entries(tcp.counters)) result[name] = value;
  for (const { link, arp } of stack.interfaces) {
    if (link !== null) addAll(result, "Link", link.counters);
    if (arp === null) continue;
    addAll(result, "Arp", arp.counters);
    const { evictions, droppedPackets } = arp.cache;
    addAll(result, "Arp", { evictions, heldDrops: droppedPackets });
  }
  for (const [name, verdict] of Object.entries(Verdict)) {
    if (verdict !== Verdict.Ok) result[`Drop${name}`] = verdicts[verdict]!;
  }
  return result;
}

function addAll(target: StackCounters, prefix: string, from: object): void {
  for (const [name, value] of Object.entries(from)) {
    const key = prefix + name[0]!.toUpperCase() + name.slice(1);
    target[key] = (target[key] ?? 0) + value;
  }
}

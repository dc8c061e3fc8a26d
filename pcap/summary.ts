/**
 * A packet in one line, for those who want no more than that.
 *
 * @module
 */
import { Direction } from "./capture_format.ts";
import { Dissector } from "./dissector.ts";
import { Formatter, type Us } from "./formatter.ts";

/** What is known about a packet beside its bytes. */
export interface SummaryOptions {
  /** Which way it went. */
  direction?: Direction;
  /** Whose addresses are printed as `us`. */
  us?: Us;
  /** What it begins with, see `LinkType`; Ethernet when left out. */
  linkType?: number;
  /** Whether every field is printed. */
  verbose?: boolean;
}

const dissector = new Dissector();
const brief = new Formatter();
const verbose = new Formatter({ verbose: true });
const nobody: Us = {};

/**
 * Says in one line what a packet is. Programs that print many use a {@linkcode Dissector} and a
 * {@linkcode Formatter} of their own.
 *
 * @example
 * ```ts
 * import { Direction, summarize } from "@octet/pcap";
 * import { MacAddress } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const frame = Uint8Array.fromHex(
 *   "e84d749f614a020000000001080045000028000040004006000ac0a80135c0a80101" +
 *     "cb0e005000000000000000005002000000000000",
 * );
 * const us = { mac: MacAddress.parse("02:00:00:00:00:01"), addresses: [0xc0a80135] };
 * assertEquals(
 *   summarize(frame, 0, frame.length, { direction: Direction.Out, us }),
 *   "OUT  54 [Ethernet len=14; destination=e8:4d:74:9f:61:4a; source=us" +
 *     " | IPv4 len=20; (Type of Service)=0x00; flags=0x4000; source=us; destination=192.168.1.1" +
 *     " | TCP [RFC9293] len=20; (Source port)=51982; (Destination port)=80; flags=SYN]",
 * );
 * ```
 *
 * @param bytes The buffer.
 * @param offset Where the packet begins.
 * @param end Where it ends (exclusive).
 * @param options What is known about it.
 * @returns One line, without an end of line.
 */
export function summarize(
  bytes: Uint8Array,
  offset: number,
  end: number,
  options: SummaryOptions = {},
): string {
  dissector.dissect(bytes, offset, end, options.linkType ?? 1);
  const formatter = options.verbose === true ? verbose : brief;
  formatter.setUs(options.us ?? nobody);
  return formatter.format(dissector.packet, options.direction ?? Direction.Unknown);
}

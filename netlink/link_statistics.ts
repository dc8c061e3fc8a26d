/**
 * Counters of a link: `struct rtnl_link_stats64` (`linux/if_link.h`), RFC 2863's in spirit.
 *
 * @module
 */
import { readHost64 } from "./host_order.ts";

/** One direction's counters. */
export interface LinkDirectionStatistics {
  /** Bytes. */
  readonly bytes: number;
  /** Packets. */
  readonly packets: number;
  /** Packets that were not good. */
  readonly errors: number;
  /** Good packets for which there was no room. */
  readonly dropped: number;
}

/** Counters of a link since it was made. */
export interface LinkStatistics {
  /** What came in. */
  readonly received: LinkDirectionStatistics & {
    /** Packets lost as the hardware ran over. */
    readonly overErrors: number;
    /** Multicast packets. */
    readonly multicast: number;
  };
  /** What went out. */
  readonly sent: LinkDirectionStatistics & {
    /** Packets lost for want of a carrier. */
    readonly carrierErrors: number;
    /** Collisions. */
    readonly collisions: number;
  };
}

const fields = {
  receivedPackets: 0,
  sentPackets: 8,
  receivedBytes: 16,
  sentBytes: 24,
  receivedErrors: 32,
  sentErrors: 40,
  receivedDropped: 48,
  sentDropped: 56,
  multicast: 64,
  collisions: 72,
  overErrors: 88,
  carrierErrors: 136,
} as const;

/** The least that the structure has held since it was made, in bytes. */
const leastLength = 184;

/**
 * Reads the counters in `bytes[offset…end)`.
 *
 * @returns The counters, or `undefined` when there is less than the structure has.
 */
export function decodeLinkStatistics(
  bytes: Uint8Array,
  offset: number,
  end: number,
): LinkStatistics | undefined {
  if (end - offset < leastLength) return undefined;
  const read = (field: keyof typeof fields): number => readHost64(bytes, offset + fields[field]);
  return {
    received: {
      bytes: read("receivedBytes"),
      packets: read("receivedPackets"),
      errors: read("receivedErrors"),
      dropped: read("receivedDropped"),
      overErrors: read("overErrors"),
      multicast: read("multicast"),
    },
    sent: {
      bytes: read("sentBytes"),
      packets: read("sentPackets"),
      errors: read("sentErrors"),
      dropped: read("sentDropped"),
      carrierErrors: read("carrierErrors"),
      collisions: read("collisions"),
    },
  };
}

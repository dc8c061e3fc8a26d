/**
 * How an ARP node is set up, and what it counts.
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import type { Packet, Random } from "@octet/wire";
import type { NeighbourCacheOptions } from "./neighbour_state.ts";

/** What ARP needs to know of the IP layer. */
export interface LocalAddresses {
  /** Whether an address, signed or unsigned, is one of the interface's own. */
  ownsAddress(address: number): boolean;
  /**
   * Which of the interface's own addresses to speak from toward a neighbour.
   *
   * @param neighbour Signed or unsigned.
   * @returns The address as a signed number, 0 when there is none.
   */
  addressToward(neighbour: number): number;
}

/**
 * Decides whether a station's question for an address that is not ours is answered with our hardware address (RFC 1027).
 * Addresses are in host order. It must say no to what lies on the link of who asks.
 */
export type ArpProxy = (target: number, sender: number) => boolean;

/** How an {@linkcode Arp} node is set up. */
export interface ArpOptions {
  /** The link's own hardware address. */
  readonly hardwareAddress: MacAddress;
  /** Which IPv4 addresses are ours. */
  readonly addresses: LocalAddresses;
  /** For the spread of confirmation times. */
  readonly random: Random;
  /** Sizes and times of the neighbour cache. */
  readonly cache?: NeighbourCacheOptions;
  /** Called with what waited for a neighbour that did not answer; the packet is gone after the call. */
  readonly onUnreachable?: (packet: Packet, now: number) => void;
  /** Called when a neighbour, host order, did not answer; before {@linkcode onUnreachable}. */
  readonly onFailure?: (neighbour: number, now: number) => void;
  /** Whether to answer for an address that is not ours (RFC 1027); see {@linkcode Arp.proxy}. */
  readonly proxy?: ArpProxy;
  /** Called when another station uses an address of ours (RFC 5227 §2.4), host order. */
  readonly onConflict?: (address: number, now: number) => void;
}

/** What an {@linkcode Arp} node has counted. */
export interface ArpCounters {
  /** Packets received. */
  inPackets: number;
  /** Packets that were malformed, or not about IPv4 over Ethernet. */
  inErrors: number;
  /** Requests for our addresses. */
  inRequests: number;
  /** Replies received. */
  inReplies: number;
  /** News that was refused as nobody had asked for it. */
  refused: number;
  /** Stations found using an address of ours. */
  conflicts: number;
  /** Requests sent. */
  outRequests: number;
  /** Replies sent. */
  outReplies: number;
  /** Requests for our addresses that could not be answered as too many came at once. */
  outDropped: number;
  /** Neighbours that did not answer. */
  failures: number;
}

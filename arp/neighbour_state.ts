/**
 * The states of a neighbour, and what a neighbour cache is set up with.
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import type { Packet } from "@octet/wire";

/** How much is known of a neighbour. From `Stale` on there is a hardware address to send to. */
export const NeighbourState = {
  /** Nothing: there is no entry. */
  None: 0,
  /** It did not answer; the next packet makes us ask again. */
  Failed: 1,
  /** It is being asked for the first time. */
  Incomplete: 2,
  /** Its address is known and has not been confirmed for a while. */
  Stale: 3,
  /** A packet was sent to a stale address; confirmation is awaited before asking. */
  Delay: 4,
  /** It is being asked whether its address still holds. */
  Probe: 5,
  /** Its address was confirmed lately. */
  Reachable: 6,
  /** Its address was set by hand. */
  Permanent: 7,
} as const;

/** One of the states of {@linkcode NeighbourState}. */
export type NeighbourState = (typeof NeighbourState)[keyof typeof NeighbourState];

/** Sizes and times of a {@linkcode NeighbourCache}. */
export interface NeighbourCacheOptions {
  /** How many neighbours are remembered at most, at least 16; 1024 when left out. */
  readonly capacity?: number;
  /** How long a confirmation holds on average, in milliseconds; each lasts 0.5 to 1.5 times this. 30,000. */
  readonly reachableTime?: number;
  /** How long an answer is awaited, in milliseconds; 1000. */
  readonly retransmitTime?: number;
  /** How long confirmation by upper layers is awaited before asking, in milliseconds; 5000. */
  readonly delayTime?: number;
  /** How often a neighbour is asked before it counts as unreachable; 3. */
  readonly probes?: number;
  /** For how long after a change of address another is refused, in milliseconds; 1000. */
  readonly lockTime?: number;
  /** How many requests are sent in a second at most, whoever is asked; 256. */
  readonly requestRate?: number;
  /** How many requests may go at once after silence; 512. */
  readonly requestBurst?: number;
  /** How many bytes of memory may wait for one neighbour; 212,992, Linux's default: about 101 packets. */
  readonly queueBytes?: number;
  /** How many bytes of memory may wait for all neighbours together; 4 MiB. */
  readonly totalQueueBytes?: number;
}

/** The settings of a {@linkcode NeighbourCache} where nothing is said. */
export const defaultNeighbourCacheOptions: Required<NeighbourCacheOptions> = {
  capacity: 1024,
  reachableTime: 30_000,
  retransmitTime: 1000,
  delayTime: 5000,
  probes: 3,
  lockTime: 1000,
  requestRate: 256,
  requestBurst: 512,
  queueBytes: 212_992,
  totalQueueBytes: 4 * 1024 * 1024,
};

/** What is known of a neighbour. */
export interface Neighbour {
  /** Its address, host order. */
  readonly address: number;
  /** Its hardware address; `null` while that is not known. */
  readonly hardwareAddress: MacAddress | null;
  /** How much of that is sure. */
  readonly state: NeighbourState;
}

/** What a {@linkcode NeighbourCache} tells its owner. */
export interface NeighbourListener {
  /** A request has become due: somebody is to be asked. */
  requestWanted(): void;
  /** A neighbour, host order, did not answer. */
  failed(address: number, now: number): void;
  /** The same for each packet that waited for it, the oldest first; it is gone after the call. */
  undelivered(packet: Packet, now: number): void;
}

/** What became of news about a neighbour; see {@linkcode NeighbourCache.learn}. */
export const Learned = {
  /** There was no entry, and none was to be made. */
  Ignored: 0,
  /** The news was taken. */
  Taken: 1,
  /** The news contradicts what is known and nobody asked for it. */
  Refused: 2,
} as const;

/** One of the values of {@linkcode Learned}. */
export type Learned = (typeof Learned)[keyof typeof Learned];

/**
 * The states of a neighbour, and what a neighbour cache is set up with.
 *
 * @module
 */
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
}

/** What a {@linkcode NeighbourCache} tells its owner. */
export interface NeighbourListener {
  /** A request has become due: somebody is to be asked. */
  requestWanted(): void;
  /** A neighbour did not answer; `packet` is what waited for it and is gone after the call. */
  unreachable(address: number, packet: Packet | null, now: number): void;
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

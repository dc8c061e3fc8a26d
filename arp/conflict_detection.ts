/**
 * The terms of address conflict detection (RFC 5227): its times, what is done in a conflict, and how a claim stands.
 *
 * @module
 */

/** The constants of RFC 5227 §1.1, times in milliseconds; RFC 3927 §9 has the same. */
export const AcdTime = {
  /** The longest delay before the first probe. */
  probeWait: 1000,
  /** How many probes are sent. */
  probeNum: 3,
  /** The shortest time between probes. */
  probeMin: 1000,
  /** The longest time between probes. */
  probeMax: 2000,
  /** How long answers to the last probe are awaited. */
  announceWait: 2000,
  /** How many announcements are sent. */
  announceNum: 2,
  /** The time between announcements. */
  announceInterval: 2000,
  /** From this many conflicts on, new addresses are probed slowly. */
  maxConflicts: 10,
  /** How slowly: the time between them. */
  rateLimitInterval: 60_000,
  /** The shortest time between defences of an address. */
  defendInterval: 10_000,
} as const;

/** The longest time that {@linkcode AcdTime} allows from the first thought of an address to its use, in milliseconds. */
export const longestDetection: number = AcdTime.probeWait + 2 * AcdTime.probeMax +
  AcdTime.announceWait;

/**
 * What to do when another station uses an address that is held (RFC 5227 §2.4): `"yield"` gives it up at once (a);
 * `"defend"` announces it, and gives it up when that does not help for ten seconds (b); `"insist"` announces it every
 * ten seconds at most, and never gives it up (c).
 */
export type AddressDefence = "yield" | "defend" | "insist";

/**
 * When an address is probed: `"before"` its use, as RFC 5227 §2.1 has it; while it is in use already, and given up
 * when somebody answers (`"optimistic"`, the idea of RFC 4429); or not at all (`"off"`).
 */
export type ConflictDetection = "before" | "optimistic" | "off";

/** How a claim to an address stands. */
export const ClaimState = {
  /** The link is asked; the address is not to be used yet. */
  Probing: 0,
  /** The link is asked while the address is used. */
  Tentative: 1,
  /** The address is ours. */
  Held: 2,
  /** Another station has it, and it is not to be used. The claim has ended. */
  Lost: 3,
} as const;

/** One of the states of {@linkcode ClaimState}. */
export type ClaimState = (typeof ClaimState)[keyof typeof ClaimState];

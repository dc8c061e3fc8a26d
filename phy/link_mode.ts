/**
 * What links can be, and what two PHYs make of what they offer each other (IEEE 802.3 Annex 28B).
 *
 * @module
 */

/** A speed and a duplex. */
export interface LinkMode {
  /** In Mbit/s. */
  readonly speed: number;
  /** Whether both sides may send at once. */
  readonly isFullDuplex: boolean;
}

/** Names of modes over twisted pairs. */
export type LinkModeName =
  | "10GBASE-T"
  | "5GBASE-T"
  | "2.5GBASE-T"
  | "1000BASE-T"
  | "1000BASE-T half"
  | "100BASE-TX"
  | "100BASE-T4"
  | "100BASE-TX half"
  | "10BASE-T"
  | "10BASE-T half";

/** The modes, the one preferred first (Annex 28B.3); full duplex unless they say so. */
export const linkModes: Readonly<Record<LinkModeName, LinkMode>> = {
  "10GBASE-T": { speed: 10_000, isFullDuplex: true },
  "5GBASE-T": { speed: 5000, isFullDuplex: true },
  "2.5GBASE-T": { speed: 2500, isFullDuplex: true },
  "1000BASE-T": { speed: 1000, isFullDuplex: true },
  "1000BASE-T half": { speed: 1000, isFullDuplex: false },
  "100BASE-TX": { speed: 100, isFullDuplex: true },
  "100BASE-T4": { speed: 100, isFullDuplex: false },
  "100BASE-TX half": { speed: 100, isFullDuplex: false },
  "10BASE-T": { speed: 10, isFullDuplex: true },
  "10BASE-T half": { speed: 10, isFullDuplex: false },
};

/** The names of the modes, the one preferred first (Annex 28B.3). */
export const linkModeNames: readonly LinkModeName[] = [
  "10GBASE-T",
  "5GBASE-T",
  "2.5GBASE-T",
  "1000BASE-T",
  "1000BASE-T half",
  "100BASE-TX",
  "100BASE-T4",
  "100BASE-TX half",
  "10BASE-T",
  "10BASE-T half",
];

/** What a PHY offers. */
export interface LinkAbilities {
  /** The modes, the one preferred first. */
  readonly modes: readonly LinkModeName[];
  /** Knows PAUSE frames (Annex 28B.2). */
  readonly pause: boolean;
  /** Knows PAUSE frames one way (Annex 28B.2). */
  readonly asymmetricPause: boolean;
}

/** Which way PAUSE frames go. */
export interface PauseDirections {
  /** This side may send them, to slow the partner down. */
  readonly transmit: boolean;
  /** This side obeys them. */
  readonly receive: boolean;
}

/**
 * The mode that two PHYs settle on: the best that both offer (Annex 28B.3).
 *
 * @example
 * ```ts
 * import { resolveLinkMode } from "@octet/phy";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(resolveLinkMode(["1000BASE-T", "100BASE-TX"], ["100BASE-TX", "10BASE-T"]), "100BASE-TX");
 * assertEquals(resolveLinkMode(["1000BASE-T"], ["10BASE-T"]), undefined);
 * ```
 *
 * @returns The mode; `undefined` when they have none in common.
 */
export function resolveLinkMode(
  local: readonly LinkModeName[],
  partner: readonly LinkModeName[],
): LinkModeName | undefined {
  return linkModeNames.find((mode) => local.includes(mode) && partner.includes(mode));
}

/**
 * Which way PAUSE frames go once both have offered (Table 28B-3). They exist on full duplex links alone.
 *
 * @example
 * ```ts
 * import { resolvePause } from "@octet/phy";
 * import { assertEquals } from "@std/assert";
 *
 * const both = { pause: true, asymmetricPause: true };
 * const sender = { pause: false, asymmetricPause: true };
 * assertEquals(resolvePause(sender, both), { transmit: true, receive: false });
 * assertEquals(resolvePause(both, both), { transmit: true, receive: true });
 * ```
 */
export function resolvePause(
  local: Pick<LinkAbilities, "pause" | "asymmetricPause">,
  partner: Pick<LinkAbilities, "pause" | "asymmetricPause">,
): PauseDirections {
  if (local.pause && partner.pause) return { transmit: true, receive: true };
  const isOneWay = local.asymmetricPause && partner.asymmetricPause;
  return {
    transmit: isOneWay && !local.pause && partner.pause,
    receive: isOneWay && local.pause && !partner.pause,
  };
}

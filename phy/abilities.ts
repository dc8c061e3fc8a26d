/**
 * Abilities between registers and names: what a PHY can, what it offers, what the partner offers (IEEE
 * 802.3 clauses 22.2.4.2, 28.2.4.1, 40.5.1.1, 45.2.1, 45.2.7).
 *
 * @module
 */
import { type LinkAbilities, type LinkModeName, linkModeNames } from "./link_mode.ts";
import { MultigigabitControlBit, MultigigabitStatusBit } from "./mmd_registers.ts";
import {
  AdvertisementBit,
  ExtendedStatusBit,
  MasterSlaveControlBit,
  MasterSlaveStatusBit,
  StatusBit,
} from "./registers.ts";

type BitTable = readonly (readonly [bit: number, mode: LinkModeName])[];

const baseModes: BitTable = [
  [AdvertisementBit.Base100T4, "100BASE-T4"],
  [AdvertisementBit.Base100Full, "100BASE-TX"],
  [AdvertisementBit.Base100Half, "100BASE-TX half"],
  [AdvertisementBit.Base10Full, "10BASE-T"],
  [AdvertisementBit.Base10Half, "10BASE-T half"],
];

const statusModes: BitTable = [
  [StatusBit.Base100T4, "100BASE-T4"],
  [StatusBit.Base100Full, "100BASE-TX"],
  [StatusBit.Base100Half, "100BASE-TX half"],
  [StatusBit.Base10Full, "10BASE-T"],
  [StatusBit.Base10Half, "10BASE-T half"],
];

const extendedModes: BitTable = [
  [ExtendedStatusBit.Base1000Full, "1000BASE-T"],
  [ExtendedStatusBit.Base1000Half, "1000BASE-T half"],
];

const gigabitControlModes: BitTable = [
  [MasterSlaveControlBit.Base1000Full, "1000BASE-T"],
  [MasterSlaveControlBit.Base1000Half, "1000BASE-T half"],
];

const gigabitStatusModes: BitTable = [
  [MasterSlaveStatusBit.Base1000Full, "1000BASE-T"],
  [MasterSlaveStatusBit.Base1000Half, "1000BASE-T half"],
];

const multigigabitControlModes: BitTable = [
  [MultigigabitControlBit.Base10G, "10GBASE-T"],
  [MultigigabitControlBit.Base5G, "5GBASE-T"],
  [MultigigabitControlBit.Base2500, "2.5GBASE-T"],
];

const multigigabitStatusModes: BitTable = [
  [MultigigabitStatusBit.Base10G, "10GBASE-T"],
  [MultigigabitStatusBit.Base5G, "5GBASE-T"],
  [MultigigabitStatusBit.Base2500, "2.5GBASE-T"],
];

/** PMA extended ability, 1.11 (Table 45-13). */
const pmaModes: BitTable = [
  [0x0004, "10GBASE-T"],
  [0x0020, "1000BASE-T"],
  [0x0080, "100BASE-TX"],
  [0x0100, "10BASE-T"],
];

/** PMA 2.5G/5G extended ability, 1.21 (Table 45-22). */
const pmaMultigigabitModes: BitTable = [
  [0x0002, "5GBASE-T"],
  [0x0001, "2.5GBASE-T"],
];

function read(value: number, table: BitTable): LinkModeName[] {
  return table.filter(([bit]) => (value & bit) !== 0).map(([, mode]) => mode);
}

function write(modes: readonly LinkModeName[], table: BitTable): number {
  return table.reduce((value, [bit, mode]) => modes.includes(mode) ? value | bit : value, 0);
}

function sorted(modes: readonly LinkModeName[]): LinkModeName[] {
  return linkModeNames.filter((mode) => modes.includes(mode));
}

/**
 * What a PHY can.
 *
 * @param status Register 1.
 * @param extendedStatus Register 15, read when the status says that there is one; 0 otherwise.
 */
export function decodeSupportedModes(status: number, extendedStatus: number): LinkModeName[] {
  const extended = (status & StatusBit.Extended) !== 0 ? read(extendedStatus, extendedModes) : [];
  return sorted([...extended, ...read(status, statusModes)]);
}

/**
 * What a clause 45 PMA can over twisted pairs.
 *
 * @param ability Register 1.11.
 * @param multigigabitAbility Register 1.21, or 0.
 */
export function decodePmaModes(ability: number, multigigabitAbility: number): LinkModeName[] {
  const multigigabit = (ability & 0x4000) !== 0
    ? read(multigigabitAbility, pmaMultigigabitModes)
    : [];
  return sorted([...multigigabit, ...read(ability, pmaModes)]);
}

/** Registers that hold what one side offers. */
export interface AbilityRegisters {
  /** Register 4 or 5, or 7.16 or 7.19. */
  readonly base: number;
  /** Register 9 or 10; 0 where there is none. */
  readonly gigabit?: number;
  /** Register 7.32 or 7.33; 0 where there is none. */
  readonly multigigabit?: number;
}

function abilities(base: number, modes: readonly LinkModeName[]): LinkAbilities {
  return {
    modes: sorted([...modes, ...read(base, baseModes)]),
    pause: (base & AdvertisementBit.Pause) !== 0,
    asymmetricPause: (base & AdvertisementBit.AsymmetricPause) !== 0,
  };
}

/**
 * What this PHY offers.
 *
 * @param registers Registers 4, 9 and 7.32.
 */
export function decodeAdvertisement(registers: AbilityRegisters): LinkAbilities {
  const { base, gigabit = 0, multigigabit = 0 } = registers;
  return abilities(base, [
    ...read(multigigabit, multigigabitControlModes),
    ...read(gigabit, gigabitControlModes),
  ]);
}

/**
 * What the partner offers.
 *
 * @param registers Registers 5, 10 and 7.33.
 */
export function decodePartnerAbilities(registers: AbilityRegisters): LinkAbilities {
  const { base, gigabit = 0, multigigabit = 0 } = registers;
  return abilities(base, [
    ...read(multigigabit, multigigabitStatusModes),
    ...read(gigabit, gigabitStatusModes),
  ]);
}

/** Bits that {@linkcode encodeAdvertisement} decides of, in registers 4, 9 and 7.32; the others are to be kept. */
export const advertisementMasks: Required<AbilityRegisters> = {
  base: AdvertisementBit.Selector | AdvertisementBit.Base10Half | AdvertisementBit.Base10Full |
    AdvertisementBit.Base100Half | AdvertisementBit.Base100Full | AdvertisementBit.Base100T4 |
    AdvertisementBit.Pause | AdvertisementBit.AsymmetricPause,
  gigabit: MasterSlaveControlBit.Base1000Full | MasterSlaveControlBit.Base1000Half,
  multigigabit: MultigigabitControlBit.Base10G | MultigigabitControlBit.Base5G |
    MultigigabitControlBit.Base2500,
};

/**
 * What is to be written to offer these abilities.
 *
 * @example
 * ```ts
 * import { encodeAdvertisement } from "@octet/phy";
 * import { assertEquals } from "@std/assert";
 *
 * const offer = { modes: ["1000BASE-T", "100BASE-TX"], pause: true, asymmetricPause: false } as const;
 * assertEquals(encodeAdvertisement(offer), { base: 0x0501, gigabit: 0x0200, multigigabit: 0 });
 * ```
 *
 * @returns The values of the bits of {@linkcode advertisementMasks}.
 */
export function encodeAdvertisement(offer: LinkAbilities): Required<AbilityRegisters> {
  return {
    // Selector 1: IEEE 802.3 (Annex 28A).
    base: write(offer.modes, baseModes) | 1 | (offer.pause ? AdvertisementBit.Pause : 0) |
      (offer.asymmetricPause ? AdvertisementBit.AsymmetricPause : 0),
    gigabit: write(offer.modes, gigabitControlModes),
    multigigabit: write(offer.modes, multigigabitControlModes),
  };
}

/**
 * The state of a link out of a PHY's registers (IEEE 802.3 clauses 22.2.4, 28.2.4, 40.5.1).
 *
 * @module
 */
import { decodeAdvertisement, decodePartnerAbilities, decodeSupportedModes } from "./abilities.ts";
import {
  type LinkAbilities,
  type LinkModeName,
  linkModes,
  type PauseDirections,
  resolveLinkMode,
  resolvePause,
} from "./link_mode.ts";
import {
  ControlBit,
  ExpansionBit,
  MasterSlaveControlBit,
  MasterSlaveStatusBit,
  StatusBit,
} from "./registers.ts";

/** How negotiation stands. */
export interface AutonegotiationState {
  /** The PHY can negotiate. */
  readonly isAble: boolean;
  /** It is to. */
  readonly isEnabled: boolean;
  /** It has. */
  readonly isComplete: boolean;
  /** The partner negotiates; otherwise its speed was sensed, and half duplex is assumed. */
  readonly isPartnerAble: boolean;
  /** More than one technology was sensed; since the last look. */
  readonly parallelDetectionFault: boolean;
}

/** Who gives the clock on 1000BASE-T and faster. */
export interface MasterSlaveState {
  /** This PHY does. */
  readonly isMaster: boolean;
  /** The role was set by hand. */
  readonly isManual: boolean;
  /** Both sides want the same role; since the last look. */
  readonly fault: boolean;
  /** This receiver works. */
  readonly isLocalReceiverOk: boolean;
  /** The partner's receiver works. */
  readonly isRemoteReceiverOk: boolean;
  /** Errors between frames since the last look, 255 for that many and more; 0 where they are not counted. */
  readonly idleErrors: number;
}

/** The state of a link. */
export interface LinkState {
  /** There is a link. */
  readonly isUp: boolean;
  /** The link was lost since the last look, even if it is there again. */
  readonly wasLost: boolean;
  /** In Mbit/s; 0 without a link or where nobody knows. */
  readonly speed: number;
  /** Whether both sides may send at once; `false` without a link. */
  readonly isFullDuplex: boolean;
  /** The mode by its name, where it was negotiated. */
  readonly mode?: LinkModeName;
  /** Which way PAUSE frames go, as negotiated. */
  readonly pause: PauseDirections;
  /** How negotiation stands. */
  readonly autonegotiation: AutonegotiationState;
  /** What the PHY can. */
  readonly supported: readonly LinkModeName[];
  /** What it offers. */
  readonly local: LinkAbilities;
  /** What the partner offers; absent until negotiation is complete. */
  readonly partner?: LinkAbilities;
  /** Who gives the clock; absent below 1000BASE-T. */
  readonly masterSlave?: MasterSlaveState;
  /** Modes in which both would sleep (clause 78); absent where the PHY does not know EEE. */
  readonly energyEfficient?: readonly LinkModeName[];
  /** The partner told of a fault; since the last look. */
  readonly remoteFault: boolean;
  /** A frame that would not end was seen; since the last look. */
  readonly jabber: boolean;
  /** The PHY gives back what it is sent. */
  readonly isLoopback: boolean;
  /** The PHY is in low power. */
  readonly isPoweredDown: boolean;
}

/** Values of registers, by their names in {@linkcode PhyRegister}. */
export interface LinkRegisters {
  /** Register 0. */
  readonly control: number;
  /** Register 1, the first of two looks. */
  readonly statusBefore: number;
  /** Register 1, the second of two looks: what holds since the first one. */
  readonly status: number;
  /** Register 4. */
  readonly advertisement: number;
  /** Register 5. */
  readonly partnerAbility: number;
  /** Register 6. */
  readonly expansion: number;
  /** Register 9; 0 on PHYs without 1000BASE-T. */
  readonly masterSlaveControl: number;
  /** Register 10; 0 on PHYs without 1000BASE-T. */
  readonly masterSlaveStatus: number;
  /** Register 15; 0 where the status says that there is none. */
  readonly extendedStatus: number;
}

const noPause: PauseDirections = { transmit: false, receive: false };

/** The speed that a control register sets, in Mbit/s (Table 22-7); 0 for the reserved value. */
export function forcedSpeed(control: number): number {
  const upper = (control & ControlBit.Speed1000) !== 0;
  const lower = (control & ControlBit.Speed100) !== 0;
  if (upper) return lower ? 0 : 1000;
  return lower ? 100 : 10;
}

/**
 * Reads the state of a link out of registers.
 *
 * Status bits that stay until they are read are why register 1 is needed twice: the first look tells
 * what was, the second what is (22.2.4.2.13).
 *
 * @example
 * ```ts
 * import { decodeLinkState } from "@octet/phy";
 * import { assertEquals } from "@std/assert";
 *
 * const { isUp, speed, mode, pause } = decodeLinkState({
 *   control: 0x1140,
 *   statusBefore: 0x796d,
 *   status: 0x796d,
 *   advertisement: 0x0de1,
 *   partnerAbility: 0xcde1,
 *   expansion: 0x000f,
 *   masterSlaveControl: 0x0200,
 *   masterSlaveStatus: 0x7800,
 *   extendedStatus: 0x2000,
 * });
 * assertEquals([isUp, speed, mode], [true, 1000, "1000BASE-T"]);
 * assertEquals(pause, { transmit: true, receive: true });
 * ```
 */
export function decodeLinkState(registers: LinkRegisters): LinkState {
  const { control, status, statusBefore, expansion } = registers;
  const isUp = (status & StatusBit.LinkUp) !== 0;
  const isEnabled = (control & ControlBit.Autonegotiation) !== 0;
  const isComplete = isEnabled && (status & StatusBit.AutonegotiationComplete) !== 0;
  const local = decodeAdvertisement({
    base: registers.advertisement,
    gigabit: registers.masterSlaveControl,
  });
  const partner = decodePartnerAbilities({
    base: registers.partnerAbility,
    gigabit: registers.masterSlaveStatus,
  });
  const mode = isUp && isComplete ? resolveLinkMode(local.modes, partner.modes) : undefined;
  const supported = decodeSupportedModes(status, registers.extendedStatus);
  const hasGigabit = supported.some((name) => linkModes[name].speed === 1000);
  const isFullDuplex = mode === undefined
    ? isUp && !isEnabled && (control & ControlBit.FullDuplex) !== 0
    : linkModes[mode].isFullDuplex;
  return {
    isUp,
    wasLost: (statusBefore & StatusBit.LinkUp) === 0,
    speed: mode !== undefined
      ? linkModes[mode].speed
      : isUp && !isEnabled
      ? forcedSpeed(control)
      : 0,
    isFullDuplex,
    ...(mode !== undefined && { mode }),
    pause: mode !== undefined && isFullDuplex ? resolvePause(local, partner) : noPause,
    autonegotiation: {
      isAble: (status & StatusBit.AutonegotiationAble) !== 0,
      isEnabled,
      isComplete,
      isPartnerAble: (expansion & ExpansionBit.PartnerAutonegotiationAble) !== 0,
      parallelDetectionFault: (expansion & ExpansionBit.ParallelDetectionFault) !== 0,
    },
    supported,
    local,
    ...(isComplete && { partner }),
    ...(hasGigabit && { masterSlave: decodeMasterSlave(registers) }),
    remoteFault: ((statusBefore | status) & StatusBit.RemoteFault) !== 0,
    jabber: ((statusBefore | status) & StatusBit.Jabber) !== 0,
    isLoopback: (control & ControlBit.Loopback) !== 0,
    isPoweredDown: (control & ControlBit.PowerDown) !== 0,
  };
}

function decodeMasterSlave(
  { masterSlaveControl, masterSlaveStatus }: LinkRegisters,
): MasterSlaveState {
  const has = (bit: number) => (masterSlaveStatus & bit) !== 0;
  return {
    isMaster: has(MasterSlaveStatusBit.Master),
    isManual: (masterSlaveControl & MasterSlaveControlBit.Manual) !== 0,
    fault: has(MasterSlaveStatusBit.Fault),
    isLocalReceiverOk: has(MasterSlaveStatusBit.LocalReceiverOk),
    isRemoteReceiverOk: has(MasterSlaveStatusBit.RemoteReceiverOk),
    idleErrors: masterSlaveStatus & MasterSlaveStatusBit.IdleErrors,
  };
}

/**
 * The state of a link out of a clause 45 PHY's devices: PMA, PCS and auto-negotiation (IEEE 802.3
 * clauses 45.2.1, 45.2.3, 45.2.7), and energy-efficient Ethernet (clause 78).
 *
 * @module
 */
import { decodeAdvertisement, decodePartnerAbilities, decodePmaModes } from "./abilities.ts";
import { type MdioBus, readMmd } from "./bus.ts";
import type { LinkState, MasterSlaveState } from "./link_state.ts";
import { type LinkModeName, linkModes, resolveLinkMode, resolvePause } from "./link_mode.ts";
import {
  Eee2Bit,
  EeeBit,
  MmdControlBit,
  MmdDevice,
  MmdRegister,
  MmdStatusBit,
  MultigigabitControlBit,
  MultigigabitStatusBit,
} from "./mmd_registers.ts";

/** Speeds in Mbit/s by bits 5 to 2 of PMA control 1, when both other bits are set (Table 45-4). */
const selectedSpeeds: ReadonlyMap<number, number> = /* @__PURE__ */ new Map([
  [0, 10_000],
  [2, 40_000],
  [3, 100_000],
  [4, 25_000],
  [5, 50_000],
  [6, 2500],
  [7, 5000],
]);

/** The speed that PMA control 1 sets, in Mbit/s (Table 45-4); 0 for reserved values and those that have no one speed. */
export function selectedSpeed(control: number): number {
  switch (control & 0x2040) {
    case 0x2040:
      return selectedSpeeds.get(control >>> 2 & 0xf) ?? 0;
    case 0x0040:
      return 1000;
    case 0x2000:
      return 100;
    default:
      return 10;
  }
}

/**
 * The devices that a port has (45.2.1.5).
 *
 * @returns Their numbers, see {@linkcode MmdDevice}; empty when nobody answers.
 */
export function readDevices(bus: MdioBus, port: number): number[] {
  // Every device lists them all; which one is there is not known before.
  for (const device of [MmdDevice.Pma, MmdDevice.Pcs, MmdDevice.Autonegotiation, MmdDevice.PhyXs]) {
    const list = (readMmd(bus, port, device, MmdRegister.Devices2) << 16 |
      readMmd(bus, port, device, MmdRegister.Devices1)) >>> 0;
    if (list === 0 || (list & 0x1fff_ffff) === 0x1fff_ffff) continue;
    return Array.from({ length: 31 }, (_, i) => i + 1).filter((one) => (list >>> one & 1) !== 0);
  }
  return [];
}

const eeeModes: readonly (readonly [bit: number, mode: LinkModeName])[] = [
  [EeeBit.Base10G, "10GBASE-T"],
  [EeeBit.Base1000, "1000BASE-T"],
  [EeeBit.Base100, "100BASE-TX"],
];

const eee2Modes: readonly (readonly [bit: number, mode: LinkModeName])[] = [
  [Eee2Bit.Base5G, "5GBASE-T"],
  [Eee2Bit.Base2500, "2.5GBASE-T"],
];

/** What a PHY and its partner make of energy-efficient Ethernet (clause 78). */
export interface EeeState {
  /** Modes in which the PHY can sleep. */
  readonly supported: readonly LinkModeName[];
  /** Modes in which it offers to. */
  readonly local: readonly LinkModeName[];
  /** Modes in which the partner offers to. */
  readonly partner: readonly LinkModeName[];
}

/** Reads what became of energy-efficient Ethernet (45.2.3.9, 45.2.7.13, 45.2.7.14). */
export function readEee(bus: MdioBus, port: number): EeeState {
  const modes = (device: number, register: number, register2: number): LinkModeName[] => {
    const value = known(readMmd(bus, port, device, register));
    const value2 = known(readMmd(bus, port, device, register2));
    return [
      ...eeeModes.filter(([bit]) => (value & bit) !== 0),
      ...eee2Modes.filter(([bit]) => (value2 & bit) !== 0),
    ].map(([, mode]) => mode).sort((a, b) => linkModes[b].speed - linkModes[a].speed);
  };
  const { Pcs, Autonegotiation } = MmdDevice;
  return {
    supported: modes(Pcs, MmdRegister.EeeCapability, MmdRegister.EeeCapability2),
    local: modes(Autonegotiation, MmdRegister.EeeAdvertisement, MmdRegister.EeeAdvertisement2),
    partner: modes(
      Autonegotiation,
      MmdRegister.EeePartnerAbility,
      MmdRegister.EeePartnerAbility2,
    ),
  };
}

/** A register that does not exist reads all ones where nobody answers. */
function known(value: number): number {
  return value === 0xffff ? 0 : value;
}

/**
 * Reads the state of a link of a PHY with clause 45 devices.
 *
 * @example
 * ```ts
 * import { MemoryMdioBus, MmdDevice, readMmdLinkState } from "@octet/phy";
 * import { assertEquals } from "@std/assert";
 *
 * const phy = new MemoryMdioBus().attach(0);
 * phy.setMmd(MmdDevice.Pma, 1, 0x0004);
 * phy.setMmd(MmdDevice.Pcs, 1, 0x0004);
 * phy.setMmd(MmdDevice.Pma, 0, 0x2058); // 2.5 Gbit/s, without negotiation
 * assertEquals(readMmdLinkState(phy.bus, 0).speed, 2500);
 * ```
 *
 * @param bus The bus.
 * @param port The port, 0 to 31.
 */
export function readMmdLinkState(bus: MdioBus, port: number): LinkState {
  const { Pma, Pcs, Autonegotiation } = MmdDevice;
  const read = (device: number, register: number) => readMmd(bus, port, device, register);
  const devices = readDevices(bus, port);
  // Who does not say has them all.
  const has = (device: number) => devices.length === 0 || devices.includes(device);
  const looks = [Pma, Pcs].filter(has).map((device) => [
    read(device, MmdRegister.Status1),
    read(device, MmdRegister.Status1),
  ]);
  const isEveryUp = (look: number) =>
    looks.length > 0 &&
    looks.every((statuses) => (known(statuses[look]!) & MmdStatusBit.LinkUp) !== 0);
  const control = known(read(Pma, MmdRegister.Control1));
  const anControl = has(Autonegotiation) ? known(read(Autonegotiation, MmdRegister.Control1)) : 0;
  const anStatus = has(Autonegotiation) ? known(read(Autonegotiation, MmdRegister.Status1)) : 0;
  const multigigabitControl = known(read(Autonegotiation, MmdRegister.MultigigabitControl));
  const multigigabitStatus = known(read(Autonegotiation, MmdRegister.MultigigabitStatus));
  const isEnabled = (anControl & MmdControlBit.Autonegotiation) !== 0;
  const isComplete = isEnabled && (anStatus & MmdStatusBit.AutonegotiationComplete) !== 0;
  const local = decodeAdvertisement({
    base: known(read(Autonegotiation, MmdRegister.Advertisement)),
    multigigabit: multigigabitControl,
  });
  const partner = decodePartnerAbilities({
    base: known(read(Autonegotiation, MmdRegister.PartnerAbility)),
    multigigabit: multigigabitStatus,
  });
  const isUp = isEveryUp(1) && (!isEnabled || isComplete);
  const mode = isUp && isComplete ? resolveLinkMode(local.modes, partner.modes) : undefined;
  const eee = has(Pcs) && has(Autonegotiation) ? readEee(bus, port) : undefined;
  return {
    isUp,
    wasLost: !isEveryUp(0),
    // 1000BASE-T is negotiated in clause 22 registers: without a mode in common here, the PMA says its speed.
    speed: mode !== undefined ? linkModes[mode].speed : isUp ? selectedSpeed(control) : 0,
    isFullDuplex: isUp && (mode === undefined || linkModes[mode].isFullDuplex),
    ...(mode !== undefined && { mode }),
    pause: mode !== undefined && linkModes[mode].isFullDuplex
      ? resolvePause(local, partner)
      : { transmit: false, receive: false },
    autonegotiation: {
      isAble: (anStatus & MmdStatusBit.AutonegotiationAble) !== 0,
      isEnabled,
      isComplete,
      isPartnerAble: (anStatus & MmdStatusBit.PartnerAutonegotiationAble) !== 0,
      parallelDetectionFault: false,
    },
    supported: has(Pma)
      ? decodePmaModes(
        known(read(Pma, MmdRegister.PmaExtendedAbility)),
        known(read(Pma, MmdRegister.PmaMultigigabitAbility)),
      )
      : [],
    local,
    ...(isComplete && { partner }),
    ...(has(Autonegotiation) && {
      masterSlave: decodeMasterSlave(multigigabitControl, multigigabitStatus),
    }),
    ...(eee !== undefined && eee.supported.length > 0 && {
      energyEfficient: eee.local.filter((one) => eee.partner.includes(one)),
    }),
    remoteFault: (anStatus & MmdStatusBit.RemoteFault) !== 0,
    jabber: false,
    isLoopback: (control & MmdControlBit.PmaLoopback) !== 0,
    isPoweredDown: (control & MmdControlBit.LowPower) !== 0,
  };
}

function decodeMasterSlave(control: number, status: number): MasterSlaveState {
  return {
    isMaster: (status & MultigigabitStatusBit.Master) !== 0,
    isManual: (control & MultigigabitControlBit.Manual) !== 0,
    fault: (status & MultigigabitStatusBit.Fault) !== 0,
    isLocalReceiverOk: (status & MultigigabitStatusBit.LocalReceiverOk) !== 0,
    isRemoteReceiverOk: (status & MultigigabitStatusBit.RemoteReceiverOk) !== 0,
    idleErrors: 0,
  };
}

/**
 * A PHY on a bus: its state read, its settings changed (IEEE 802.3 clauses 22.2.4, 28, 40).
 *
 * @module
 */
import { advertisementMasks, encodeAdvertisement } from "./abilities.ts";
import { checkMdio, checkValue, type MdioBus, readMmd, writeMmd } from "./bus.ts";
import { decodePhyIdentifier, type PhyIdentifier } from "./identifier.ts";
import type { LinkAbilities } from "./link_mode.ts";
import { decodeLinkState, type LinkState } from "./link_state.ts";
import { type EeeState, readEee } from "./mmd_link_state.ts";
import { MmdDevice, MmdRegister } from "./mmd_registers.ts";
import {
  ControlBit,
  ExtendedStatusBit,
  MasterSlaveControlBit,
  PhyRegister,
  StatusBit,
} from "./registers.ts";

/** How a link is set by hand. */
export interface ForcedLink {
  /** In Mbit/s: 10, 100 or 1000. 1000BASE-T needs negotiation (40.5.2): few PHYs link so but in loopback. */
  readonly speed: 10 | 100 | 1000;
  /** Whether both sides may send at once; `true` when left out. */
  readonly isFullDuplex?: boolean;
}

/** The role in giving the clock: left to negotiation, or by hand. */
export type MasterSlaveRole = "master" | "slave" | "prefer-master" | "prefer-slave";

/**
 * A PHY of clause 22.
 *
 * @example
 * ```ts
 * import { MemoryMdioBus, Phy } from "@octet/phy";
 * import { assertEquals } from "@std/assert";
 *
 * const bus = new MemoryMdioBus();
 * bus.attach(1, { identifier: 0x600d84a2 }).plug({ modes: ["1000BASE-T", "100BASE-TX"] });
 * const phy = new Phy(bus, 1);
 * assertEquals(phy.identifier()?.name, "Broadcom BCM54213PE");
 * assertEquals([phy.linkState().isUp, phy.linkState().speed], [true, 1000]);
 * ```
 */
export class Phy {
  /** The bus. */
  readonly bus: MdioBus;
  /** The PHY's address on it, 0 to 31. */
  readonly port: number;

  /**
   * Takes a PHY.
   *
   * @param bus The bus.
   * @param port The PHY's address on it, 0 to 31.
   * @throws {RangeError} When there is no such address.
   */
  constructor(bus: MdioBus, port: number) {
    checkMdio("use a PHY", port, 0, 0);
    this.bus = bus;
    this.port = port;
  }

  /** Reads a register, 0 to 31. */
  read(register: number): number {
    checkMdio("read a register", this.port, 0, register);
    return this.bus.read(this.port, register);
  }

  /** Writes 16 bits to a register, 0 to 31. */
  write(register: number, value: number): void {
    checkMdio("write a register", this.port, 0, register);
    checkValue("write a register", value);
    this.bus.write(this.port, register, value);
  }

  /** Sets the bits of `mask` in a register to those of `value`; writes only when something changes. */
  modify(register: number, mask: number, value: number): void {
    const before = this.read(register);
    const after = before & ~mask | value & mask;
    if (after !== before) this.write(register, after);
  }

  /** Reads a register of a device, see {@linkcode readMmd}. */
  readMmd(device: number, register: number): number {
    return readMmd(this.bus, this.port, device, register);
  }

  /** Writes a register of a device, see {@linkcode writeMmd}. */
  writeMmd(device: number, register: number, value: number): void {
    writeMmd(this.bus, this.port, device, register, value);
  }

  /** Who made it, and which one it is; `undefined` when nobody answers at its address. */
  identifier(): PhyIdentifier | undefined {
    return decodePhyIdentifier(
      this.read(PhyRegister.Identifier1),
      this.read(PhyRegister.Identifier2),
    );
  }

  /** Reads the state of the link. What stays set until it is read counts from the last call. */
  linkState(): LinkState {
    const statusBefore = this.read(PhyRegister.Status);
    const status = this.read(PhyRegister.Status);
    const extendedStatus = (status & StatusBit.Extended) !== 0
      ? this.read(PhyRegister.ExtendedStatus)
      : 0;
    const hasGigabit = hasGigabitRegisters(extendedStatus);
    return decodeLinkState({
      control: this.read(PhyRegister.Control),
      statusBefore,
      status,
      advertisement: this.read(PhyRegister.Advertisement),
      partnerAbility: this.read(PhyRegister.PartnerAbility),
      expansion: this.read(PhyRegister.Expansion),
      masterSlaveControl: hasGigabit ? this.read(PhyRegister.MasterSlaveControl) : 0,
      masterSlaveStatus: hasGigabit ? this.read(PhyRegister.MasterSlaveStatus) : 0,
      extendedStatus,
    });
  }

  /** Reads what became of energy-efficient Ethernet (clause 78). */
  eee(): EeeState {
    return readEee(this.bus, this.port);
  }

  /** Whether the PHY is starting anew (22.2.4.1.1). */
  get isResetting(): boolean {
    return (this.read(PhyRegister.Control) & ControlBit.Reset) !== 0;
  }

  /** Starts the PHY anew; it takes up to 0.5 s, in which nothing else may be written (22.2.4.1.1). */
  reset(): void {
    this.write(PhyRegister.Control, ControlBit.Reset);
  }

  /** Negotiates anew; the link goes down meanwhile (22.2.4.1.7). */
  restartAutonegotiation(): void {
    const bits = ControlBit.Autonegotiation | ControlBit.Restart;
    this.modify(PhyRegister.Control, bits | ControlBit.Isolate, bits);
  }

  /** Sets loopback: what is sent comes back, and nothing goes out (22.2.4.1.2). */
  setLoopback(isOn: boolean): void {
    this.modify(PhyRegister.Control, ControlBit.Loopback, isOn ? ControlBit.Loopback : 0);
  }

  /** Sets low power, in which there is no link (22.2.4.1.5). */
  setPowerDown(isOn: boolean): void {
    this.modify(PhyRegister.Control, ControlBit.PowerDown, isOn ? ControlBit.PowerDown : 0);
  }

  /** Cuts the PHY from the MII, or joins it (22.2.4.1.6). */
  setIsolate(isOn: boolean): void {
    this.modify(PhyRegister.Control, ControlBit.Isolate, isOn ? ControlBit.Isolate : 0);
  }

  /**
   * Sets what is offered to the partner, and negotiates it (28.2.4.1.3, 40.5.1.1).
   *
   * @param offer The modes, those the PHY does not know left out by it, and PAUSE.
   */
  advertise(offer: LinkAbilities): void {
    const { base, gigabit } = encodeAdvertisement(offer);
    this.modify(PhyRegister.Advertisement, advertisementMasks.base, base);
    const status = this.read(PhyRegister.Status);
    const hasExtended = (status & StatusBit.Extended) !== 0;
    if (hasExtended && hasGigabitRegisters(this.read(PhyRegister.ExtendedStatus))) {
      this.modify(PhyRegister.MasterSlaveControl, advertisementMasks.gigabit, gigabit);
    }
    this.restartAutonegotiation();
  }

  /** Sets speed and duplex by hand, without negotiation (22.2.4.1.3, 22.2.4.1.8). */
  force({ speed, isFullDuplex = true }: ForcedLink): void {
    const { Speed1000, Speed100, FullDuplex, Autonegotiation } = ControlBit;
    const speedBits = speed === 1000 ? Speed1000 : speed === 100 ? Speed100 : 0;
    this.modify(
      PhyRegister.Control,
      Speed1000 | Speed100 | FullDuplex | Autonegotiation,
      speedBits | (isFullDuplex ? FullDuplex : 0),
    );
  }

  /** Sets who gives the clock on 1000BASE-T, and negotiates it (40.5.1.1). */
  setMasterSlave(role: MasterSlaveRole): void {
    const { Manual, Master, Multiport } = MasterSlaveControlBit;
    const bits = {
      "master": Manual | Master,
      "slave": Manual,
      "prefer-master": Multiport,
      "prefer-slave": 0,
    }[role];
    this.modify(PhyRegister.MasterSlaveControl, Manual | Master | Multiport, bits);
    this.restartAutonegotiation();
  }

  /** Offers to sleep in the modes of EEE that the PHY knows, or in none, and negotiates it (45.2.7.13). */
  setEee(isOn: boolean): void {
    const { Autonegotiation, Pcs } = MmdDevice;
    const able = isOn ? this.readMmd(Pcs, MmdRegister.EeeCapability) & 0x000e : 0;
    this.writeMmd(Autonegotiation, MmdRegister.EeeAdvertisement, able);
    this.restartAutonegotiation();
  }
}

/** Whether registers 9 and 10 are those of 1000BASE-T. */
function hasGigabitRegisters(extendedStatus: number): boolean {
  const bits = ExtendedStatusBit.Base1000Full | ExtendedStatusBit.Base1000Half;
  return (extendedStatus & bits) !== 0;
}

/**
 * Finds the PHYs on a bus.
 *
 * @example
 * ```ts
 * import { findPhys, MemoryMdioBus } from "@octet/phy";
 * import { assertEquals } from "@std/assert";
 *
 * const bus = new MemoryMdioBus();
 * bus.attach(3);
 * assertEquals(findPhys(bus).map((phy) => phy.port), [3]);
 * ```
 *
 * @param bus The bus.
 * @returns Those that answer at addresses 0 to 31.
 */
export function findPhys(bus: MdioBus): Phy[] {
  return Array.from({ length: 32 }, (_, port) => new Phy(bus, port))
    .filter((phy) => phy.identifier() !== undefined);
}

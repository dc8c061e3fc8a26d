/**
 * A bus in memory with PHYs that behave: bits that stay until read or clear themselves, negotiation that
 * ends at once, devices behind registers 13 and 14. For tests, and to try things without hardware.
 *
 * @module
 */
import { decodeAdvertisement, decodeSupportedModes, encodeAdvertisement } from "./abilities.ts";
import type { MdioBus } from "./bus.ts";
import { type LinkAbilities, linkModes, resolveLinkMode } from "./link_mode.ts";
import { forcedSpeed } from "./link_state.ts";
import {
  AdvertisementBit,
  ControlBit,
  ExpansionBit,
  ExtendedStatusBit,
  MasterSlaveControlBit,
  MasterSlaveStatusBit,
  PhyRegister,
  StatusBit,
} from "./registers.ts";

/** What a {@linkcode MemoryPhy} is like. */
export interface MemoryPhyOptions {
  /** The identifier, both registers; 0x00221622 when left out. */
  readonly identifier?: number;
  /** Whether it knows 1000BASE-T; `true` when left out. */
  readonly isGigabit?: boolean;
}

/** The other end of the cable. */
export interface MemoryPartner extends Partial<LinkAbilities> {
  /** Whether it negotiates; `true` when left out. Otherwise its first mode is sensed. */
  readonly negotiates?: boolean;
}

const resetControl = ControlBit.Autonegotiation | ControlBit.FullDuplex | ControlBit.Speed1000;
const baseStatus = StatusBit.Base100Full | StatusBit.Base100Half | StatusBit.Base10Full |
  StatusBit.Base10Half | StatusBit.NoPreamble | StatusBit.AutonegotiationAble |
  StatusBit.ExtendedRegisters;
const baseAdvertisement = 0x01e1;

/** A PHY in memory. */
export class MemoryPhy {
  /** The bus that it is on. */
  readonly bus: MemoryMdioBus;
  readonly #registers = new Uint16Array(32);
  readonly #devices = new Map<number, number>();
  readonly #options: MemoryPhyOptions;
  readonly #addresses = new Uint16Array(32);
  #partner: MemoryPartner | null = null;
  #isUp = false;
  #wasLost = false;

  /** Makes a PHY without a cable. */
  constructor(bus: MemoryMdioBus, options: MemoryPhyOptions) {
    this.bus = bus;
    this.#options = options;
    this.#reset();
  }

  #reset(): void {
    const { identifier = 0x0022_1622, isGigabit = true } = this.#options;
    const registers = this.#registers.fill(0);
    registers[PhyRegister.Control] = isGigabit
      ? resetControl
      : ControlBit.Autonegotiation | ControlBit.Speed100;
    registers[PhyRegister.Identifier1] = identifier >>> 16;
    registers[PhyRegister.Identifier2] = identifier;
    registers[PhyRegister.Advertisement] = baseAdvertisement;
    if (isGigabit) {
      registers[PhyRegister.MasterSlaveControl] = MasterSlaveControlBit.Base1000Full;
      registers[PhyRegister.ExtendedStatus] = ExtendedStatusBit.Base1000Full;
    }
    this.#link();
  }

  /** Plugs in a cable; the link comes up at once when both sides have a mode in common. */
  plug(partner: MemoryPartner): this {
    this.#partner = partner;
    this.#link();
    return this;
  }

  /** Pulls the cable. */
  unplug(): this {
    this.#partner = null;
    this.#link();
    return this;
  }

  /** Sets a register of a device, as the hardware does. */
  setMmd(device: number, register: number, value: number): this {
    this.#devices.set(device << 16 | register, value & 0xffff);
    return this;
  }

  /** Reads a register of a device; 0 where nothing was set. */
  readMmd(device: number, register: number): number {
    return this.#devices.get(device << 16 | register) ?? 0;
  }

  /** Reads a register, as the bus does: what stays until read goes. */
  read(register: number): number {
    switch (register) {
      case PhyRegister.Status: {
        const status = this.#status();
        this.#wasLost = false;
        return status;
      }
      case PhyRegister.MmdData: {
        const control = this.#registers[PhyRegister.MmdControl]!;
        const device = control & 0x1f;
        const address = this.#addresses[device]!;
        return control >>> 14 === 0 ? address : this.readMmd(device, address);
      }
      default:
        return this.#registers[register]!;
    }
  }

  /** Writes a register, as the bus does. */
  write(register: number, value: number): void {
    switch (register) {
      case PhyRegister.Status:
      case PhyRegister.Identifier1:
      case PhyRegister.Identifier2:
      case PhyRegister.PartnerAbility:
      case PhyRegister.MasterSlaveStatus:
      case PhyRegister.ExtendedStatus:
        return;
      case PhyRegister.Control:
        if ((value & ControlBit.Reset) !== 0) return this.#reset();
        this.#registers[register] = value & ~ControlBit.Restart;
        // Whoever negotiates anew loses the link for a moment.
        if ((value & ControlBit.Restart) !== 0 && this.#isUp) this.#wasLost = true;
        return this.#link();
      case PhyRegister.MmdData: {
        const control = this.#registers[PhyRegister.MmdControl]!;
        const device = control & 0x1f;
        if (control >>> 14 === 0) this.#addresses[device] = value;
        else this.setMmd(device, this.#addresses[device]!, value);
        return;
      }
      default:
        this.#registers[register] = value;
    }
  }

  #status(): number {
    const isGigabit = this.#options.isGigabit ?? true;
    const isNegotiating =
      (this.#registers[PhyRegister.Control]! & ControlBit.Autonegotiation) !== 0;
    return baseStatus | (isGigabit ? StatusBit.Extended : 0) |
      (this.#isUp && !this.#wasLost ? StatusBit.LinkUp : 0) |
      (this.#isUp && isNegotiating ? StatusBit.AutonegotiationComplete : 0);
  }

  /** Finds out whether there is a link, and writes what the partner offers. */
  #link(): void {
    const registers = this.#registers;
    const wasUp = this.#isUp;
    const control = registers[PhyRegister.Control]!;
    const isOff = (control & (ControlBit.PowerDown | ControlBit.Isolate)) !== 0;
    const partner = isOff ? null : this.#partner;
    const { modes = [], pause = false, asymmetricPause = false, negotiates = true } = partner ?? {};
    // Who does not negotiate is sensed, and taken for half duplex (28.2.3.1).
    const sensed = modes[0]?.startsWith("100BASE") ? "100BASE-TX half" : "10BASE-T half";
    const offered = negotiates ? modes : partner === null ? [] : [sensed] as const;
    const offer = encodeAdvertisement({ modes: offered, pause, asymmetricPause });
    const isNegotiating = (control & ControlBit.Autonegotiation) !== 0;
    if (isNegotiating) {
      const local = decodeAdvertisement({
        base: registers[PhyRegister.Advertisement]!,
        gigabit: registers[PhyRegister.MasterSlaveControl]!,
      });
      const able = decodeSupportedModes(this.#status(), registers[PhyRegister.ExtendedStatus]!);
      const own = local.modes.filter((mode) => able.includes(mode));
      this.#isUp = partner !== null && resolveLinkMode(own, offered) !== undefined;
    } else {
      const speed = forcedSpeed(control);
      this.#isUp = modes.some((mode) => linkModes[mode].speed === speed);
    }
    const isTold = partner !== null && isNegotiating;
    const acknowledged = negotiates ? AdvertisementBit.Acknowledge : 0;
    registers[PhyRegister.PartnerAbility] = isTold ? offer.base | acknowledged : 0;
    registers[PhyRegister.Expansion] = isTold && negotiates
      ? ExpansionBit.PartnerAutonegotiationAble
      : 0;
    const { LocalReceiverOk, RemoteReceiverOk, Master } = MasterSlaveStatusBit;
    // The partner's bits stand two places higher in the status than in the control.
    registers[PhyRegister.MasterSlaveStatus] = isTold && this.#isUp && offer.gigabit !== 0
      ? offer.gigabit << 2 | LocalReceiverOk | RemoteReceiverOk |
        ((registers[PhyRegister.MasterSlaveControl]! & MasterSlaveControlBit.Master) !== 0
          ? Master
          : 0)
      : 0;
    if (wasUp && !this.#isUp) this.#wasLost = true;
  }
}

/** Options of {@linkcode MemoryMdioBus}. */
export interface MemoryMdioBusOptions {
  /** Whether the bus has clause 45 frames; `true` when left out. */
  readonly clause45?: boolean;
}

/** A bus in memory. */
export class MemoryMdioBus implements MdioBus {
  /** Reads a device's register; absent without clause 45. */
  declare readMmd?: (port: number, device: number, register: number) => number;
  /** Writes a device's register; absent without clause 45. */
  declare writeMmd?: (port: number, device: number, register: number, value: number) => void;
  readonly #phys = new Map<number, MemoryPhy>();

  /** Makes a bus without a PHY. */
  constructor(options: MemoryMdioBusOptions = {}) {
    if (options.clause45 === false) return;
    this.readMmd = (port, device, register) =>
      this.#phys.get(port)?.readMmd(device, register) ?? 0xffff;
    this.writeMmd = (port, device, register, value) => {
      this.#phys.get(port)?.setMmd(device, register, value);
    };
  }

  /** Puts a PHY on the bus. */
  attach(port: number, options: MemoryPhyOptions = {}): MemoryPhy {
    const phy = new MemoryPhy(this, options);
    this.#phys.set(port, phy);
    return phy;
  }

  /** Reads a register; all ones where there is no PHY, as the bus is pulled up. */
  read(port: number, register: number): number {
    return this.#phys.get(port)?.read(register) ?? 0xffff;
  }

  /** Writes a register. */
  write(port: number, register: number, value: number): void {
    this.#phys.get(port)?.write(register, value);
  }
}

/**
 * The management bus (MDIO) that registers are read and written over (IEEE 802.3 clauses 22.2.4.5 and
 * 45.3).
 *
 * @module
 */
import { PhyRegister } from "./registers.ts";

/** A bus with up to 32 ports. Implementations throw when the bus itself fails; a port that nobody answers at reads 0xffff. */
export interface MdioBus {
  /**
   * Reads a register (22.2.4.5).
   *
   * @param port The PHY's address, 0 to 31.
   * @param register The register, 0 to 31.
   * @returns 16 bits.
   */
  read(port: number, register: number): number;
  /**
   * Writes a register (22.2.4.5).
   *
   * @param port The PHY's address, 0 to 31.
   * @param register The register, 0 to 31.
   * @param value 16 bits.
   */
  write(port: number, register: number, value: number): void;
  /**
   * Reads a register of a device with clause 45 frames (45.3), where the bus has them.
   *
   * @param port The port, 0 to 31.
   * @param device The device, 1 to 31.
   * @param register The register, 0 to 65535.
   * @returns 16 bits.
   */
  readMmd?(port: number, device: number, register: number): number;
  /**
   * Writes a register of a device with clause 45 frames (45.3), where the bus has them.
   *
   * @param port The port, 0 to 31.
   * @param device The device, 1 to 31.
   * @param register The register, 0 to 65535.
   * @param value 16 bits.
   */
  writeMmd?(port: number, device: number, register: number, value: number): void;
}

/** Functions of register 13, in its upper two bits (Table 22-9a). */
const mmdFunction = { address: 0x0000, data: 0x4000 } as const;

/** Throws unless port, device and register are what a frame can carry. */
export function checkMdio(action: string, port: number, device: number, register: number): void {
  if (!Number.isInteger(port) || port < 0 || port > 31) {
    throw new RangeError(`Cannot ${action} as port ${port} is not from 0 to 31`);
  }
  if (!Number.isInteger(device) || device < 0 || device > 31) {
    throw new RangeError(`Cannot ${action} as device ${device} is not from 0 to 31`);
  }
  const most = device === 0 ? 31 : 0xffff;
  if (!Number.isInteger(register) || register < 0 || register > most) {
    throw new RangeError(`Cannot ${action} as register ${register} is not from 0 to ${most}`);
  }
}

/** Throws unless a value has 16 bits. */
export function checkValue(action: string, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
    throw new RangeError(`Cannot ${action} as value ${value} is not from 0 to 65535`);
  }
}

/** Aims registers 13 and 14 at a device's register (22.2.4.3.11). */
function aim(bus: MdioBus, port: number, device: number, register: number): void {
  bus.write(port, PhyRegister.MmdControl, mmdFunction.address | device);
  bus.write(port, PhyRegister.MmdData, register);
  bus.write(port, PhyRegister.MmdControl, mmdFunction.data | device);
}

/**
 * Reads a device's register: with clause 45 frames, or by way of registers 13 and 14 where the bus has clause 22 alone
 * (22.2.4.3.11, 22.2.4.3.12). Nobody else may use the bus meanwhile.
 *
 * @example
 * ```ts
 * import { MemoryMdioBus, MmdDevice, readMmd, writeMmd } from "@octet/phy";
 * import { assertEquals } from "@std/assert";
 *
 * const bus = new MemoryMdioBus();
 * bus.attach(1);
 * writeMmd(bus, 1, MmdDevice.Autonegotiation, 60, 6);
 * assertEquals(readMmd(bus, 1, MmdDevice.Autonegotiation, 60), 6);
 * ```
 *
 * @throws {RangeError} When port, device or register are none.
 */
export function readMmd(bus: MdioBus, port: number, device: number, register: number): number {
  checkMdio("read a register", port, device, register);
  if (bus.readMmd !== undefined) return bus.readMmd(port, device, register);
  aim(bus, port, device, register);
  return bus.read(port, PhyRegister.MmdData);
}

/**
 * Writes a device's register, as {@linkcode readMmd} reads it.
 *
 * @throws {RangeError} When port, device, register or value are none.
 */
export function writeMmd(
  bus: MdioBus,
  port: number,
  device: number,
  register: number,
  value: number,
): void {
  checkMdio("write a register", port, device, register);
  checkValue("write a register", value);
  if (bus.writeMmd !== undefined) return bus.writeMmd(port, device, register, value);
  aim(bus, port, device, register);
  bus.write(port, PhyRegister.MmdData, value);
}

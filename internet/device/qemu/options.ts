/**
 * How the wire to a virtual machine is set up, and what it counts.
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import { stationAddress } from "../station_address.ts";

const defaultMtu = 1500;

/** How the wire to a virtual machine is set up. */
export interface QemuOptions {
  /** The MTU in bytes, 68 to 65,535; 1,500 when left out. QEMU itself has none: both ends are to agree. */
  readonly mtu?: number;
  /** The address our side uses; random and locally administered when left out. Not the machine's own. */
  readonly hardwareAddress?: MacAddress;
}

/** What happened on the wire to a virtual machine. */
export interface QemuCounters {
  /** Frames not sent as no machine was there. */
  outDown: number;
  /** Frames lost as they were too long, or as the machine went while they were being sent. */
  outErrors: number;
  /** Frames received that were longer than the packet that was to hold them, or broke off. */
  inErrors: number;
  /** How many times a machine was connected; 0 for datagrams, which know no connection. */
  connections: number;
}

/**
 * Checks the options and fills them in.
 *
 * @param action What the error says when one of them is wrong.
 * @throws {RangeError} When the MTU or the hardware address cannot be.
 */
export function readQemuOptions(action: string, options: QemuOptions): Required<QemuOptions> {
  const { mtu = defaultMtu } = options;
  if (!(Number.isInteger(mtu) && mtu >= 68 && mtu <= 65_535)) {
    throw new RangeError(`${action} as an MTU of ${mtu} is not from 68 to 65535`);
  }
  return { mtu, hardwareAddress: stationAddress(action, options.hardwareAddress, undefined) };
}

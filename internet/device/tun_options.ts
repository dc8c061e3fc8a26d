/**
 * How TUN/TAP devices are opened.
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";

/** How {@linkcode openTun} opens a device. */
export interface TunOptions {
  /** The interface's name, at most 15 bytes; `tap%d` or nothing lets the kernel number it. */
  readonly name?: string;
  /** `tap` for Ethernet frames (the default), `tun` for IP packets. */
  readonly mode?: "tap" | "tun";
  /**
   * A file descriptor of a device that somebody else has opened and attached, inherited by this process; it belongs to the device
   * from then on. Name and mode are its own. No right is needed.
   */
  readonly fd?: number;
  /** Whether a device is made where there is none of the name; `true` when left out. */
  readonly create?: boolean;
  /** Whether the device must be new: an existing one of the name is refused; `false` when left out. */
  readonly createNew?: boolean;
  /** Whether super-segments and partial checksums pass the device, both ways; `true` when left out. */
  readonly offload?: boolean;
  /**
   * Whether the device may be opened more than once, each time for another queue: the kernel spreads its flows over them. When left
   * out it is as the existing device has it, and `false` for a new one. See {@linkcode TunDevice.openQueue}.
   */
  readonly multiQueue?: boolean;
  /** Whether the interface stays when nobody has it open; as it is when left out, for a new one `false`. */
  readonly persist?: boolean;
  /** The user id that may attach to it without `CAP_NET_ADMIN`, such as `Deno.uid()`; as it is when left out. */
  readonly owner?: number;
  /** The group id whose members may attach to it without `CAP_NET_ADMIN`; as it is when left out. */
  readonly group?: number;
  /** The MTU in bytes, 68 to 65,535; changing it needs `CAP_NET_ADMIN`. The device's own when left out. */
  readonly mtu?: number;
  /** The address our side uses; random and locally administered when left out. Not the kernel's own. */
  readonly hardwareAddress?: MacAddress;
}

/**
 * Refuses options that cannot be, before anything is opened.
 *
 * @param action What the error says.
 * @throws {RangeError} When a number is out of range.
 * @throws {TypeError} When two options do not go together.
 */
export function checkTunOptions(action: string, options: TunOptions): void {
  const { mtu, fd, owner, group, create, createNew, multiQueue } = options;
  const check = (what: string, value: number | undefined, least: number, most: number) => {
    if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
    throw new RangeError(`${action} as ${what} ${value} is not from ${least} to ${most}`);
  };
  check("an MTU of", mtu, 68, 65_535);
  check("file descriptor", fd, 0, 0x7fff_ffff);
  check("user id", owner, 0, 0xffff_fffe);
  check("group id", group, 0, 0xffff_fffe);
  if (create === false && createNew === true) {
    throw new TypeError(`${action} as "createNew" does not go with "create: false"`);
  }
  if (fd === undefined) return;
  for (
    const [key, value] of Object.entries({ name: options.name, create, createNew, multiQueue })
  ) {
    if (value !== undefined) {
      throw new TypeError(`${action} as "${key}" does not go with "fd": it is open already`);
    }
  }
}

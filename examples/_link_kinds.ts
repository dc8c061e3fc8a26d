/**
 * The kinds of network that `--link` names, a line each in one table: how it is written, what goes with it, and how it
 * is opened.
 *
 * @module
 */
import { type Device, openPacketSocket, openTun } from "@octet/internet";
import { bringUp } from "@octet/netlink";
import type { LinkSettings } from "./_link_settings.ts";
import { remoteLinkKinds } from "./_remote_links.ts";

/** What a device that cannot be opened, set up or used ends a program with. */
export class DeviceError extends Error {
  /** The error's name. */
  override name = "DeviceError";
}

/** A kind of network. */
export interface LinkKind {
  /** What `--link` calls it, before the colon. */
  readonly name: string;
  /** What stands after the colon, such as `NAME`; `undefined` where there is no colon. */
  readonly value: string | undefined;
  /** What people call it, with its article, for error messages. */
  readonly noun: string;
  /** What it is, in a line of the help page. */
  readonly help: string;
  /** Whether its frames are Ethernet frames, so that `--mac` and a lease make sense. */
  readonly hasEthernet: boolean;
  /** Whether the kernel's end of the wire is an interface of this machine, so that `--host-ip` makes sense. */
  readonly hasKernelSide: boolean;
  /**
   * Reads what stands after the colon.
   *
   * @returns It, or `undefined` when it will not do.
   * @throws {SyntaxError | RangeError} When it will not do, with the reason.
   */
  readonly read: (text: string) => string | undefined;
  /** What of that may be shown, where not all of it may. */
  readonly label?: (text: string) => string;
  /** Opens the device, in time or not; `null` for the LAN in memory, which is no device of its own. */
  readonly open: ((settings: LinkSettings) => Device | Promise<Device>) | null;
}

/** All kinds, in the order of the help page. */
export const linkKinds: readonly LinkKind[] = [
  {
    name: "lan",
    value: undefined,
    noun: "the in-memory LAN",
    help: "one in memory with a gateway that is Octet itself: needs no privilege",
    hasEthernet: true,
    hasKernelSide: false,
    read: () => undefined,
    open: null,
  },
  {
    name: "tap",
    value: "NAME",
    noun: "a TAP device",
    help: "a TAP device of Linux (Ethernet frames), made when missing",
    hasEthernet: true,
    hasKernelSide: true,
    read: readInterfaceName,
    open: (settings) => openKernelDevice(settings, "tap"),
  },
  {
    name: "tun",
    value: "NAME",
    noun: "a TUN device",
    help: "a TUN device of Linux (IP packets), made when missing",
    hasEthernet: false,
    hasKernelSide: true,
    read: readInterfaceName,
    open: (settings) => openKernelDevice(settings, "tun"),
  },
  {
    name: "fd",
    value: "N",
    noun: "a device handed over",
    help: "a TUN/TAP device that this program was given as an open file: needs no right",
    // Or not: that shows when it is open.
    hasEthernet: true,
    hasKernelSide: false,
    read: (text) => /^(0|[1-9]\d{0,8})$/.test(text) ? text : undefined,
    open: (settings) => openTun({ fd: Number(settings.name), ...deviceOptions(settings) }),
  },
  {
    name: "packet",
    value: "IFNAME",
    noun: "an AF_PACKET socket",
    help: "an interface of Linux, shared with the kernel: each has a MAC of its own",
    hasEthernet: true,
    hasKernelSide: false,
    read: readInterfaceName,
    // A host is in no VLAN.
    open: (settings) =>
      openPacketSocket(settings.name, { tags: false, ...deviceOptions(settings) }),
  },
  ...remoteLinkKinds,
];

/** The specs as `--link` takes them, in words. */
export function linkSpecs(): string {
  const specs = linkKinds.map(specOf);
  return `${specs.slice(0, -1).join(", ")} or ${specs.at(-1)}`;
}

/** A line for each kind, for the help page. */
export function describeLinkKinds(): string {
  return linkKinds.map((kind) => `  ${specOf(kind).padEnd(18)} ${kind.help}`).join("\n");
}

function specOf({ name, value }: LinkKind): string {
  return value === undefined ? name : `${name}:${value}`;
}

/** What `--link` itself needs, for a program's page. */
export const linkPermissions: string =
  "none for --link lan; --allow-net=HOST:PORT for http: and https:; --allow-read=FILE for\n" +
  "replay:; --allow-ffi for the others (and root, or CAP_NET_ADMIN to make a TUN/TAP device,\n" +
  "CAP_NET_RAW for packet:)";

/** Reads the name of an interface, as the kernel would have it (`dev_valid_name`). */
export function readInterfaceName(text: string): string | undefined {
  if (new TextEncoder().encode(text).length > 15) {
    throw new RangeError("an interface's name has at most 15 bytes");
  }
  return /^[^\s/:%\p{Cc}]+$/u.test(text) && text !== "." && text !== ".." ? text : undefined;
}

/** What all devices of the kernel take from the settings. */
function deviceOptions({ mtu, mac, offload }: LinkSettings): {
  offload: boolean;
  mtu?: number;
  hardwareAddress?: NonNullable<LinkSettings["mac"]>;
} {
  return {
    offload,
    ...(mtu !== undefined && { mtu }),
    ...(mac !== undefined && { hardwareAddress: mac }),
  };
}

function openKernelDevice(settings: LinkSettings, mode: "tap" | "tun"): Device {
  const { name, hostIp } = settings;
  const device = openTun({ name, mode, ...deviceOptions(settings) });
  try {
    bringUp(name, hostIp === undefined ? {} : { address: hostIp });
    return device;
  } catch (error) {
    device.close();
    throw error;
  }
}

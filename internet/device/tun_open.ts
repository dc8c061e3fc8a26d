/**
 * Opening `/dev/net/tun` and attaching it to an interface (Linux's `Documentation/networking/tuntap.rst`),
 * with errors that say what is missing and the way out.
 *
 * @module
 */
import { Errno, NetlinkConnection, writeHost16, writeHost32 } from "@octet/netlink";
import { systemError } from "@octet/netlink/libc";
import { type DeviceLibc, OpenFlag } from "./libc.ts";
import { virtioHeaderLength } from "./virtio.ts";

const path = "/dev/net/tun";
const TUNSETIFF = 0x4004_54ca;
const TUNSETOFFLOAD = 0x4004_54d0;
const TUNSETVNETHDRSZ = 0x4004_54d8;
const IFF_TUN = 0x0001;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
/** TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, TUN_F_TSO_ECN. */
const allOffloads = 0x01 | 0x02 | 0x04 | 0x08;
/** `struct ifreq`: 16 bytes of name, then a union. */
const requestLength = 40;
const nameLength = 16;

/** What to open. */
export interface TunRequest {
  /** The interface's name; empty or with `%d` when the kernel is to choose. */
  readonly name: string;
  /** Which of the two. */
  readonly mode: "tap" | "tun";
  /** Whether super-segments and partial checksums may come. */
  readonly offload: boolean;
}

/** What {@linkcode openTunDescriptor} opened. */
export interface TunDescriptor {
  /** The file descriptor, non-blocking. */
  readonly descriptor: number;
  /** The interface's name. */
  readonly name: string;
}

/**
 * Checks a name as the kernel would (`dev_valid_name`).
 *
 * @returns Its bytes.
 * @throws {RangeError} When it is too long.
 * @throws {SyntaxError} When it holds what no name may.
 */
export function interfaceNameBytes(action: string, name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length >= nameLength) {
    throw new RangeError(
      `${action} as the name of an interface has at most ${
        nameLength - 1
      } bytes and this has ${bytes.length}`,
    );
  }
  if (/[\s/:\0]/.test(name) || name === "." || name === "..") {
    throw new SyntaxError(
      `${action} as ${JSON.stringify(name)} cannot be the name of an interface`,
    );
  }
  return bytes;
}

/**
 * Opens a TUN/TAP device.
 *
 * @param libc The C library.
 * @param request What to open.
 * @returns The descriptor and the name.
 */
export function openTunDescriptor(libc: DeviceLibc, request: TunRequest): TunDescriptor {
  const { name, mode, offload } = request;
  const action = `Cannot open ${mode.toUpperCase()} device${name === "" ? "" : ` ${name}`}`;
  const ifreq = new Uint8Array(requestLength);
  ifreq.set(interfaceNameBytes(action, name));
  const kind = mode === "tap" ? IFF_TAP : IFF_TUN;
  writeHost16(ifreq, nameLength, kind | IFF_NO_PI | IFF_VNET_HDR);

  const { open, close, ioctl, ioctlValue } = libc.symbols;
  const flags = OpenFlag.ReadWrite | OpenFlag.NonBlocking | OpenFlag.CloseOnExec;
  const descriptor = open(new TextEncoder().encode(path + "\0"), flags);
  if (descriptor < 0) throw openError(action, libc.errno());
  const headerSize = new Uint8Array(4);
  writeHost32(headerSize, 0, virtioHeaderLength);
  if (ioctl(descriptor, TUNSETIFF, ifreq) < 0) {
    const errno = libc.errno();
    close(descriptor);
    throw attachError(action, errno, request);
  }
  if (
    ioctl(descriptor, TUNSETVNETHDRSZ, headerSize) < 0 ||
    ioctlValue(descriptor, TUNSETOFFLOAD, offload ? allOffloads : 0) < 0
  ) {
    const errno = libc.errno();
    close(descriptor);
    throw systemError(`${action} with ${offload ? "offload" : "plain frames"}`, errno);
  }
  return { descriptor, name: new TextDecoder().decode(ifreq.subarray(0, ifreq.indexOf(0))) };
}

function openError(action: string, errno: number): Error {
  switch (errno) {
    case Errno.ENOENT:
      return systemError(
        action,
        errno,
        `${path} does not exist: as root, load the driver with "modprobe tun", or make the node with ` +
          `"mkdir -p /dev/net && mknod ${path} c 10 200"`,
      );
    case Errno.ENODEV:
    case Errno.ENXIO:
      return systemError(
        action,
        errno,
        `the kernel has no TUN/TAP driver behind ${path}: as root, load it with "modprobe tun"`,
      );
    case Errno.EACCES:
    case Errno.EPERM:
      return systemError(
        action,
        errno,
        `this user may not open ${path}: run as root, or have root allow it with "chmod 666 ${path}"`,
      );
    default:
      return systemError(action, errno);
  }
}

function attachError(action: string, errno: number, request: TunRequest): Error {
  const { name, mode } = request;
  switch (errno) {
    case Errno.EPERM:
      return systemError(
        action,
        errno,
        `this process lacks CAP_NET_ADMIN: run as root, give deno the capability with "setcap ` +
          `cap_net_admin+ep", or have root make the device beforehand with "ip tuntap add dev ` +
          `${name || "tap0"} mode ${mode} user NAME"`,
      );
    case Errno.EBUSY:
      return systemError(action, errno, "another program has it open");
    case Errno.EINVAL: {
      const found = describeLink(name);
      if (found !== "" && found !== mode.toUpperCase()) {
        return new TypeError(`${action} as that interface is a ${found} device (EINVAL)`);
      }
      return systemError(action, errno);
    }
    default:
      return systemError(action, errno);
  }
}

/** What an interface is: `TAP`, `TUN`, `veth` …; empty when nobody knows. */
function describeLink(name: string): string {
  using netlink = new NetlinkConnection();
  const link = netlink.links().find((one) => one.name === name);
  if (link === undefined) return "";
  if (link.tunType !== undefined) return link.tunType.toUpperCase();
  return link.kind || "hardware or loopback";
}

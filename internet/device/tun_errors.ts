/**
 * What can be wrong with a TUN/TAP device, in words that say what to do.
 *
 * @module
 */
import { LinkConnection } from "@octet/netlink/link-connection";
import { Errno } from "@octet/netlink/errno";
import { systemError } from "@octet/netlink/libc";
import type { TunOptions } from "./tun_options.ts";

/** Where the driver is reached. */
export const tunPath = "/dev/net/tun";

/** The error of a `/dev/net/tun` that cannot be opened. */
export function openError(action: string, errno: number): Error {
  switch (errno) {
    case Errno.ENOENT:
      return systemError(
        action,
        errno,
        `${tunPath} does not exist: as root, load the driver with "modprobe tun", or make the node with ` +
          `"mkdir -p /dev/net && mknod ${tunPath} c 10 200"`,
      );
    case Errno.ENODEV:
    case Errno.ENXIO:
      return systemError(
        action,
        errno,
        `the kernel has no TUN/TAP driver behind ${tunPath}: as root, load it with "modprobe tun"`,
      );
    case Errno.EACCES:
    case Errno.EPERM:
      return systemError(
        action,
        errno,
        `this user may not open ${tunPath}: run as root, or have root allow it with "chmod 666 ${tunPath}"`,
      );
    default:
      return systemError(action, errno);
  }
}

/** The error of an interface that cannot be attached to. */
export function attachError(action: string, errno: number, options: TunOptions): Error {
  const { name = "", mode = "tap", createNew = false, multiQueue } = options;
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
      if (createNew) return systemError(action, Errno.EEXIST, "there is one of the name already");
      return systemError(
        action,
        errno,
        "another program has it open: end that, or take another name",
      );
    case Errno.E2BIG:
      return systemError(action, errno, "all its queues are open");
    case Errno.ENOTTY:
      return systemError(
        action,
        errno,
        `${tunPath} is not the TUN/TAP driver's node: as root, make it with "mknod ${tunPath} c 10 200"`,
      );
    case Errno.EINVAL: {
      const found = describeLink(name);
      if (found !== "" && found !== mode.toUpperCase()) {
        const remedy = found === "TAP" || found === "TUN"
          ? "open it as that, or take another name"
          : "take another name, or open it as a packet socket";
        return new TypeError(
          `${action} as that interface is a ${found} device: ${remedy} (EINVAL)`,
        );
      }
      if (found === "" || multiQueue === undefined) return systemError(action, errno);
      return systemError(
        action,
        errno,
        multiQueue
          ? 'it was made for one queue only: make it with "ip tuntap add … multi_queue"'
          : "it was made for several queues: open it with multiQueue",
      );
    }
    default:
      return systemError(action, errno);
  }
}

/** The error of a file descriptor that is no TUN/TAP device's. */
export function adoptError(action: string, errno: number): Error {
  switch (errno) {
    case Errno.EBADF:
      return systemError(
        action,
        errno,
        'this process was given none of that number: have a shell open it with "3<>/dev/net/tun", or a parent pass it on',
      );
    case Errno.EBADFD:
      return systemError(
        action,
        errno,
        "it is attached to no interface: that is for who opened it to do",
      );
    case Errno.ENOTTY:
    case Errno.EINVAL:
      return systemError(action, errno, "it is no TUN/TAP device");
    default:
      return systemError(action, errno);
  }
}

/** What an interface is: `TAP`, `TUN`, `veth` …; empty when nobody knows. */
function describeLink(name: string): string {
  using netlink = new LinkConnection();
  const link = netlink.links().find((one) => one.name === name);
  if (link === undefined) return "";
  if (link.tunType !== undefined) return link.tunType.toUpperCase();
  return link.kind || "hardware or loopback";
}

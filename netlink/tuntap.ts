/**
 * TUN/TAP devices that stay when nobody has them open, as `ip tuntap add` makes them. The kernel makes
 * no link of kind `tun` over netlink: it is `/dev/net/tun` that does (`linux/if_tun.h`).
 *
 * @module
 */
import { Errno } from "./errno.ts";
import { writeHost16 } from "./host_order.ts";
import { openLibc, systemError } from "./libc.ts";
import { checkLinkName } from "./link_name.ts";
import { insideNamespace, namespaceFunctions, type NamespaceReference } from "./namespace.ts";

const functions = {
  ...namespaceFunctions,
  ioctl: { parameters: ["i32", "u32", "buffer"], result: "i32" },
  ioctlValue: { name: "ioctl", parameters: ["i32", "u32", "u32"], result: "i32" },
} as const;

const O_RDWR_CLOEXEC = 0x8_0002;
const TUNSETIFF = 0x4004_54ca;
const TUNSETPERSIST = 0x4004_54cb;
const TUNSETOWNER = 0x4004_54cc;
const TUNSETGROUP = 0x4004_54ce;

const tunFlag = {
  tun: 0x0001,
  tap: 0x0002,
  multiQueue: 0x0100,
  noPacketInformation: 0x1000,
  vnetHeader: 0x4000,
  exclusive: 0x8000,
} as const;

/** Options of {@linkcode addPersistentTun}. */
export interface PersistentTunOptions {
  /** The user who may open it, by its number; without one, whoever may administer networks. */
  readonly owner?: number;
  /** The group that may open it, by its number. */
  readonly group?: number;
  /** Whether several queues may be opened. */
  readonly multiQueue?: boolean;
  /** Whether frames have a virtio header, which whoever opens it then asks for, too. */
  readonly vnetHeader?: boolean;
  /** The namespace that it is made in; this process's own when left out. */
  readonly namespace?: NamespaceReference;
}

/**
 * Makes a TUN or TAP device that stays. A later `deleteLink` removes it.
 *
 * @param name Its name; the kernel puts a number for `%d`.
 * @param mode Which of the two.
 * @param options Who may open it, and what it can.
 * @throws {Deno.errors.PermissionDenied} Without `CAP_NET_ADMIN`.
 * @throws {Deno.errors.Busy} When there is a link of that name.
 * @throws {Deno.errors.NotFound} Without `/dev/net/tun`.
 * @throws {RangeError} When a link cannot have that name.
 */
export function addPersistentTun(
  name: string,
  mode: "tun" | "tap",
  options: PersistentTunOptions = {},
): void {
  const action = `Cannot add link ${name}`;
  checkLinkName(action, name);
  const libc = openLibc(functions, `add link ${name}`);
  try {
    insideNamespace(libc, action, options.namespace, () => {
      const path = new TextEncoder().encode("/dev/net/tun\0");
      const descriptor = libc.symbols.open(path, O_RDWR_CLOEXEC);
      if (descriptor < 0) throw openError(action, libc.errno());
      try {
        const check = (result: number) => {
          if (result < 0) throw setError(action, libc.errno());
        };
        check(libc.symbols.ioctl(descriptor, TUNSETIFF, request(name, mode, options)));
        const { ioctlValue } = libc.symbols;
        if (options.owner !== undefined) check(ioctlValue(descriptor, TUNSETOWNER, options.owner));
        if (options.group !== undefined) check(ioctlValue(descriptor, TUNSETGROUP, options.group));
        check(ioctlValue(descriptor, TUNSETPERSIST, 1));
      } finally {
        libc.symbols.close(descriptor);
      }
    });
  } finally {
    libc.close();
  }
}

/** `struct ifreq` with name and flags. */
function request(
  name: string,
  mode: "tun" | "tap",
  options: PersistentTunOptions,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(40);
  new TextEncoder().encodeInto(name, bytes);
  writeHost16(
    bytes,
    16,
    tunFlag[mode] | tunFlag.noPacketInformation | tunFlag.exclusive |
      (options.multiQueue ? tunFlag.multiQueue : 0) | (options.vnetHeader ? tunFlag.vnetHeader : 0),
  );
  return bytes;
}

function openError(action: string, errno: number): Error {
  return systemError(
    action,
    errno,
    errno === Errno.ENOENT
      ? "/dev/net/tun does not exist: modprobe tun, or mknod /dev/net/tun c 10 200"
      : undefined,
  );
}

function setError(action: string, errno: number): Error {
  return systemError(
    action,
    errno,
    errno === Errno.EPERM
      ? "this process lacks CAP_NET_ADMIN: run as root"
      : errno === Errno.EBUSY
      ? "there is a link of that name"
      : undefined,
  );
}

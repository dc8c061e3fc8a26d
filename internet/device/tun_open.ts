/**
 * Opening `/dev/net/tun` and attaching it to an interface (Linux's `Documentation/networking/tuntap.rst`),
 * or taking over what somebody else has attached.
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import { LinkConnection } from "@octet/netlink/link-connection";
import { Errno } from "@octet/netlink/errno";
import { readHost16, writeHost16, writeHost32 } from "@octet/netlink/host-order";
import { systemError } from "@octet/netlink/libc";
import { type DeviceLibc, OpenFlag } from "./libc.ts";
import { adoptError, attachError, openError, tunPath } from "./tun_errors.ts";
import type { TunOptions } from "./tun_options.ts";
import { virtioHeaderLength } from "./virtio.ts";

const TUNSETIFF = 0x4004_54ca;
const TUNSETPERSIST = 0x4004_54cb;
const TUNSETOWNER = 0x4004_54cc;
const TUNSETGROUP = 0x4004_54ce;
const TUNSETOFFLOAD = 0x4004_54d0;
const TUNGETIFF = 0x8004_54d2;
const TUNSETVNETHDRSZ = 0x4004_54d8;
const SIOCGIFHWADDR = 0x8927;
const IFF_TUN = 0x0001;
const IFF_TAP = 0x0002;
const IFF_MULTI_QUEUE = 0x0100;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const IFF_TUN_EXCL = 0x8000;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const F_GETFL = 3;
const F_SETFL = 4;
/** TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, TUN_F_TSO_ECN. */
const tcpOffloads = 0x01 | 0x02 | 0x04 | 0x08;
/** TUN_F_USO4, TUN_F_USO6: since Linux 6.2, and only both together. */
const udpOffloads = 0x20 | 0x40;
/** `struct ifreq`: 16 bytes of name, then a union. */
const requestLength = 40;
const nameLength = 16;

/** What has been opened. */
export interface TunDescriptor {
  /** The file descriptor, non-blocking. */
  readonly descriptor: number;
  /** The interface's name. */
  readonly name: string;
  /** Which of the two it is. */
  readonly mode: "tap" | "tun";
  /** The address of the kernel's side, where there is one. */
  readonly kernelAddress: MacAddress | undefined;
  /** Whether more queues of it may be opened. */
  readonly isMultiQueue: boolean;
  /** Whether frames have a virtio header before them. */
  readonly hasHeader: boolean;
  /** Whether super-segments and partial checksums pass. */
  readonly offload: boolean;
  /** Whether the kernel takes and gives UDP super-datagrams, too. */
  readonly cutsDatagrams: boolean;
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
 * Opens a TUN/TAP device, or takes over the descriptor of one.
 *
 * @param libc The C library.
 * @param action What errors begin with.
 * @param options Which, and how.
 * @returns The descriptor, and what it is.
 */
export function openTunDescriptor(
  libc: DeviceLibc,
  action: string,
  options: TunOptions,
): TunDescriptor {
  if (options.fd !== undefined) return adopt(libc, action, options.fd, options);
  const { create = true } = options;
  const name = interfaceNameBytes(action, options.name ?? "");
  if (!create && !linkExists(options.name ?? "")) {
    throw systemError(action, Errno.ENODEV, "there is no such device, and none is to be made");
  }
  const flags = OpenFlag.ReadWrite | OpenFlag.NonBlocking | OpenFlag.CloseOnExec;
  const descriptor = libc.symbols.open(new TextEncoder().encode(tunPath + "\0"), flags);
  if (descriptor < 0) throw openError(action, libc.errno());
  try {
    attach(libc, action, descriptor, name, options);
    return describe(libc, action, descriptor, options);
  } catch (error) {
    libc.symbols.close(descriptor);
    throw error;
  }
}

function attach(
  libc: DeviceLibc,
  action: string,
  descriptor: number,
  name: Uint8Array,
  options: TunOptions,
): void {
  const { mode = "tap", createNew = false } = options;
  const multiQueue = options.multiQueue ?? isMultiQueue(options.name ?? "");
  const request = new Uint8Array(requestLength);
  request.set(name);
  let flags = (mode === "tap" ? IFF_TAP : IFF_TUN) | IFF_NO_PI | IFF_VNET_HDR;
  if (multiQueue) flags |= IFF_MULTI_QUEUE;
  if (createNew) flags |= IFF_TUN_EXCL;
  writeHost16(request, nameLength, flags);
  const { ioctl, ioctlValue } = libc.symbols;
  if (ioctl(descriptor, TUNSETIFF, request) < 0) {
    throw attachError(action, libc.errno(), options);
  }
  const { persist, owner, group } = options;
  const set = (what: string, request: number, value: number | undefined): void => {
    if (value === undefined || ioctlValue(descriptor, request, value) >= 0) return;
    throw systemError(`${action} with ${what} ${value}`, libc.errno());
  };
  set("owner", TUNSETOWNER, owner);
  set("group", TUNSETGROUP, group);
  set("persistence", TUNSETPERSIST, persist === undefined ? undefined : Number(persist));
}

function adopt(
  libc: DeviceLibc,
  action: string,
  descriptor: number,
  options: TunOptions,
): TunDescriptor {
  const { fcntl } = libc.symbols;
  const found = describe(libc, action, descriptor, options);
  if (options.mode !== undefined && options.mode !== found.mode) {
    throw new TypeError(`${action} as it is a ${found.mode.toUpperCase()} device`);
  }
  const flags = fcntl(descriptor, F_GETFL, 0);
  if (
    flags < 0 || fcntl(descriptor, F_SETFL, flags | OpenFlag.NonBlocking) < 0 ||
    fcntl(descriptor, F_SETFD, FD_CLOEXEC) < 0
  ) throw systemError(action, libc.errno());
  return found;
}

/** Asks an attached descriptor what it is, and sets what passes through it. */
function describe(
  libc: DeviceLibc,
  action: string,
  descriptor: number,
  { offload = true }: TunOptions,
): TunDescriptor {
  const { ioctl, ioctlValue } = libc.symbols;
  const request = new Uint8Array(requestLength);
  if (ioctl(descriptor, TUNGETIFF, request) < 0) throw adoptError(action, libc.errno());
  const name = new TextDecoder().decode(request.subarray(0, request.indexOf(0)));
  const flags = readHost16(request, nameLength);
  if ((flags & IFF_NO_PI) === 0) {
    throw new TypeError(`${action} as it was opened without IFF_NO_PI: frames have another header`);
  }
  const mode = (flags & IFF_TAP) !== 0 ? "tap" : "tun";
  const isMultiQueue = (flags & IFF_MULTI_QUEUE) !== 0;
  const hasAddress = mode === "tap" && ioctl(descriptor, SIOCGIFHWADDR, request) >= 0;
  // After the name: struct sockaddr, the family in two bytes before the address.
  const kernelAddress = hasAddress ? MacAddress.read(request, nameLength + 2) : undefined;
  const facts = { descriptor, name, mode, kernelAddress, isMultiQueue } as const;
  if ((flags & IFF_VNET_HDR) === 0) {
    return { ...facts, hasHeader: false, offload: false, cutsDatagrams: false };
  }
  const headerSize = new Uint8Array(4);
  writeHost32(headerSize, 0, virtioHeaderLength);
  const sets = (offloads: number): boolean => ioctlValue(descriptor, TUNSETOFFLOAD, offloads) >= 0;
  const isSized = ioctl(descriptor, TUNSETVNETHDRSZ, headerSize) >= 0;
  const cutsDatagrams = isSized && offload && sets(tcpOffloads | udpOffloads);
  if (!isSized || (!cutsDatagrams && !sets(offload ? tcpOffloads : 0))) {
    throw systemError(`${action} with ${offload ? "offload" : "plain frames"}`, libc.errno());
  }
  return { ...facts, hasHeader: true, offload, cutsDatagrams };
}

function linkExists(name: string): boolean {
  using netlink = new LinkConnection();
  return netlink.links().some((one) => one.name === name);
}

/** Whether there is a TUN/TAP device of a name that may be opened more than once: it is opened in no other way. */
function isMultiQueue(name: string): boolean {
  if (name === "") return false;
  using netlink = new LinkConnection();
  const data = netlink.links().find((one) => one.name === name)?.data;
  return data?.kind === "tun" && data.isMultiQueue;
}

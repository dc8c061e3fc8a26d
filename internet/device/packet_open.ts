/**
 * Opening an `AF_PACKET` socket on an interface (Linux's packet(7) and `Documentation/networking/packet_mmap.rst`), with
 * errors that say what is missing and the way out.
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import type { Link } from "@octet/netlink";
import { LinkConnection } from "@octet/netlink/link-connection";
import { Errno } from "@octet/netlink/errno";
import { writeHost16, writeHost32 } from "@octet/netlink/host-order";
import { systemError } from "@octet/netlink/libc";
import { writeU16 } from "@octet/wire";
import { type DeviceLibc, OpenFlag, writeAddress } from "./libc.ts";
import { interfaceNameBytes } from "./tun_open.ts";

const AF_PACKET = 17;
const SOCK_RAW = 3;
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_ATTACH_FILTER = 26;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
/** The level of a packet socket's options. */
export const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_DROP_MEMBERSHIP = 2;
/** The option that gives the kernel's counters, and starts them anew. */
export const PACKET_STATISTICS = 6;
/** The option for, and the type of, the control message about what is not in a frame's bytes. */
export const PACKET_AUXDATA = 8;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
/** `struct sockaddr_ll`. */
const addressLength = 20;
/** What a socket holds of frames that nobody has taken yet, and of those on their way out, in bytes. */
const bufferSize = 8 * 1024 * 1024;

/** What an interface may be asked to let through beside its own address. */
export const Membership = {
  /** Frames to a multicast address. */
  Multicast: 0,
  /** Every frame. */
  Promiscuous: 1,
  /** Frames to any multicast address. */
  AllMulticast: 2,
  /** Frames to another station's address. */
  Unicast: 3,
} as const;

/** A {@linkcode Membership}. */
export type Membership = typeof Membership[keyof typeof Membership];

/** A packet socket that has been opened. */
export interface PacketDescriptor {
  /** The file descriptor, non-blocking. Nothing arrives before {@linkcode bindPacketSocket}. */
  readonly descriptor: number;
  /** The interface. */
  readonly link: Link;
}

/**
 * Opens a socket for an interface.
 *
 * @param libc The C library.
 * @param action What errors begin with.
 * @param name The interface's name.
 * @param tags Whether what is not in a frame's bytes is told beside it.
 * @returns The socket, not bound yet.
 */
export function openPacketDescriptor(
  libc: DeviceLibc,
  action: string,
  name: string,
  tags: boolean,
): PacketDescriptor {
  const link = findLink(action, name);
  const { socket, close, setsockopt } = libc.symbols;
  // Without a protocol nothing arrives: the filter is in place before the first frame.
  const descriptor = socket(
    AF_PACKET,
    SOCK_RAW | OpenFlag.NonBlocking | OpenFlag.CloseOnExec,
    0,
  );
  if (descriptor < 0) {
    const errno = libc.errno();
    if (errno !== Errno.EPERM && errno !== Errno.EACCES) throw systemError(action, errno);
    throw systemError(
      action,
      errno,
      'this process lacks CAP_NET_RAW: run as root, or give deno the capability with "setcap cap_net_raw+ep"',
    );
  }
  const on = int(1);
  for (const option of tags ? [PACKET_VNET_HDR, PACKET_AUXDATA] : [PACKET_VNET_HDR]) {
    if (setsockopt(descriptor, SOL_PACKET, option, on, on.length) < 0) {
      const errno = libc.errno();
      close(descriptor);
      throw systemError(action, errno, `the kernel does not know packet socket option ${option}`);
    }
  }
  // Linux before 4.20 does not know it; there the filter alone holds back what this host sends.
  setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, on, on.length);
  // Beyond the system's limit with CAP_NET_ADMIN, up to it without.
  const size = int(bufferSize);
  for (const [forced, plain] of [[SO_RCVBUFFORCE, SO_RCVBUF], [SO_SNDBUFFORCE, SO_SNDBUF]]) {
    if (setsockopt(descriptor, SOL_SOCKET, forced!, size, size.length) < 0) {
      setsockopt(descriptor, SOL_SOCKET, plain!, size, size.length);
    }
  }
  return { descriptor, link };
}

function findLink(action: string, name: string): Link {
  if (name === "") throw new SyntaxError(`${action} as the interface has no name`);
  interfaceNameBytes(action, name);
  using netlink = new LinkConnection();
  const link = netlink.links().find((one) => one.name === name);
  if (link === undefined) {
    throw systemError(action, Errno.ENODEV, 'there is no such interface: "ip link" lists them');
  }
  const { hardwareType, hardwareAddress } = link;
  const isEthernet = hardwareType === ARPHRD_ETHER || hardwareType === ARPHRD_LOOPBACK;
  if (!isEthernet || hardwareAddress === undefined) {
    throw new TypeError(
      `${action} as its frames are not Ethernet frames, so that the kernel's and ours cannot be told apart`,
    );
  }
  if (!link.isUp) {
    throw systemError(
      action,
      Errno.ENETDOWN,
      `the interface is down: as root, bring it up with "ip link set ${name} up"`,
    );
  }
  return link;
}

/**
 * Puts a filter before a socket, in place of the one there was.
 *
 * @param program What `buildPacketFilter` made.
 */
export function attachFilter(
  libc: DeviceLibc,
  action: string,
  descriptor: number,
  program: Uint8Array<ArrayBuffer>,
): void {
  // struct sock_fprog: the number of instructions, and where they are.
  const description = new Uint8Array(16);
  writeHost16(description, 0, program.length / 8);
  writeAddress(description, 8, program);
  const { setsockopt } = libc.symbols;
  if (setsockopt(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, description, description.length) < 0) {
    throw systemError(action, libc.errno());
  }
}

/** Joins a socket to its interface; frames of an EtherType, 3 for all, arrive from now on. */
export function bindPacketSocket(
  libc: DeviceLibc,
  action: string,
  descriptor: number,
  index: number,
  etherType: number,
): void {
  const address = new Uint8Array(addressLength);
  writeHost16(address, 0, AF_PACKET);
  writeU16(address, 2, etherType);
  writeHost32(address, 4, index);
  if (libc.symbols.bind(descriptor, address, address.length) < 0) {
    throw systemError(action, libc.errno());
  }
}

/**
 * Asks the interface to let frames through, or no longer. What one socket asks for lasts as long as it, and others that
 * ask for the same are not disturbed.
 *
 * @param kind What is let through.
 * @param address The address, where the kind wants one.
 * @param isJoined Whether it is asked for or taken back.
 * @returns 0, or the error number.
 */
export function changeMembership(
  libc: DeviceLibc,
  descriptor: number,
  index: number,
  kind: Membership,
  address: MacAddress | null,
  isJoined: boolean,
): number {
  // struct packet_mreq.
  const request = new Uint8Array(16);
  writeHost32(request, 0, index);
  writeHost16(request, 4, kind);
  writeHost16(request, 6, 6);
  address?.writeTo(request, 8);
  const option = isJoined ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP;
  const { setsockopt } = libc.symbols;
  const isDone = setsockopt(descriptor, SOL_PACKET, option, request, request.length) === 0;
  return isDone ? 0 : libc.errno();
}

/** The index of the interface that a socket is bound to; negative when that has been deleted. */
export function boundIndex(libc: DeviceLibc, descriptor: number): number {
  const address = new Uint8Array(addressLength);
  if (libc.symbols.getsockname(descriptor, address, int(addressLength)) < 0) return -1;
  return new DataView(address.buffer).getInt32(4, true);
}

/** Gives an option's value in a buffer that holds an `int`. */
export function int(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  writeHost32(bytes, 0, value);
  return bytes;
}

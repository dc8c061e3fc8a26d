/**
 * Unix sockets of Linux through FFI: what they are made of, and errors that say the way out (unix(7)).
 *
 * @module
 */
import { Errno } from "@octet/netlink/errno";
import { writeHost16 } from "@octet/netlink/host-order";
import { type Libc, openLibc, systemError } from "@octet/netlink/libc";
import { OpenFlag } from "../libc.ts";

const functions = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "pointer", "pointer", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "u32", "i32", "buffer", "u32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  unlink: { parameters: ["buffer"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** The functions that Unix sockets call. */
export type SocketLibc = Libc<typeof functions>;

/** The kinds of sockets. */
export const SocketType = {
  /** A stream of bytes. */
  Stream: 1,
  /** Datagrams. */
  Datagram: 2,
} as const;

/** Flags of `send` and `recv` on Linux. */
export const MessageFlag = {
  /** `recv` gives a datagram's whole length, also when it did not fit. */
  Truncated: 0x20,
  /** What would wait fails with `EAGAIN`. */
  DontWait: 0x40,
  /** A peer that is gone is an error, not a signal. */
  NoSignal: 0x4000,
} as const;

const AF_UNIX = 1;
const pathOffset = 2;
/** `sun_path` has 108 bytes, one of them the zero at its end. */
const longestPath = 107;

let shared: SocketLibc | null = null;
let users = 0;

/**
 * Takes the library.
 *
 * @param purpose What for, as in `open QEMU socket /run/q`.
 * @returns The library; {@linkcode releaseSocketLibc} gives it back.
 */
export function acquireSocketLibc(purpose: string): SocketLibc {
  shared ??= openLibc(functions, purpose);
  users++;
  return shared;
}

/** Gives back what {@linkcode acquireSocketLibc} gave. */
export function releaseSocketLibc(): void {
  if (--users > 0) return;
  shared?.close();
  shared = null;
}

/**
 * Makes a `struct sockaddr_un`.
 *
 * @param action What the error says when it fails.
 * @param path The socket's place in the file system.
 * @throws {SyntaxError} When it is empty or holds a zero byte.
 * @throws {RangeError} When it is longer than 107 bytes.
 */
export function socketAddress(action: string, path: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(path);
  if (text.length === 0 || text.includes(0)) {
    throw new SyntaxError(`${action} as ${JSON.stringify(path)} cannot be the path of a socket`);
  }
  if (text.length > longestPath) {
    throw new RangeError(
      `${action} as the path of a socket has at most ${longestPath} bytes and this has ${text.length}`,
    );
  }
  const address = new Uint8Array(pathOffset + text.length + 1);
  writeHost16(address, 0, AF_UNIX);
  address.set(text, pathOffset);
  return address;
}

/** Makes a socket that never waits. */
export function openSocket(libc: SocketLibc, action: string, type: number): number {
  const flags = OpenFlag.NonBlocking | OpenFlag.CloseOnExec;
  const descriptor = libc.symbols.socket(AF_UNIX, type | flags, 0);
  if (descriptor < 0) throw systemError(action, libc.errno());
  return descriptor;
}

/**
 * Gives a socket its place. A socket that a program left there when it was killed is removed; one that is in use,
 * or anything that is no socket, stays.
 *
 * @throws {Deno.errors.AddrInUse} When something is there already.
 * @throws {Deno.errors.NotFound} When there is no such folder.
 * @throws {Deno.errors.PermissionDenied} When this user may not write to it.
 */
export function bindSocket(
  libc: SocketLibc,
  action: string,
  descriptor: number,
  type: number,
  address: Uint8Array<ArrayBuffer>,
): void {
  const { bind, unlink } = libc.symbols;
  if (bind(descriptor, address, address.length) === 0) return;
  let errno = libc.errno();
  if (errno === Errno.EADDRINUSE && isAbandoned(libc, action, type, address)) {
    unlink(address.subarray(pathOffset));
    if (bind(descriptor, address, address.length) === 0) return;
    errno = libc.errno();
  }
  throw bindError(action, errno);
}

/** Whether there is a socket that nobody has open. */
function isAbandoned(
  libc: SocketLibc,
  action: string,
  type: number,
  address: Uint8Array<ArrayBuffer>,
): boolean {
  const { open, connect, close } = libc.symbols;
  const probe = openSocket(libc, action, type);
  const isRefused = connect(probe, address, address.length) < 0 &&
    libc.errno() === Errno.ECONNREFUSED;
  close(probe);
  if (!isRefused) return false;
  // A file refuses connections, too, but can be opened; a socket cannot (open(2): ENXIO).
  const descriptor = open(address.subarray(pathOffset), OpenFlag.NonBlocking);
  if (descriptor >= 0) close(descriptor);
  return descriptor < 0 && libc.errno() === Errno.ENXIO;
}

/** Removes a socket from the file system; that it is gone already is as well. */
export function removeSocket(libc: SocketLibc, address: Uint8Array<ArrayBuffer>): void {
  libc.symbols.unlink(address.subarray(pathOffset));
}

function bindError(action: string, errno: number): Error {
  switch (errno) {
    case Errno.EADDRINUSE:
      return systemError(
        action,
        errno,
        "another program listens there, or it is a file that is no socket: choose another path",
      );
    case Errno.ENOENT:
      return systemError(action, errno, "there is no such folder");
    case Errno.EACCES:
    case Errno.EPERM:
      return systemError(action, errno, "this user may not write to that folder");
    default:
      return systemError(action, errno);
  }
}

/** Why a connection was not made, and what to do. */
export function connectError(action: string, errno: number): Error {
  switch (errno) {
    case Errno.ENOENT:
      return systemError(
        action,
        errno,
        "there is no such socket: start QEMU first, with server=on, or listen for it",
      );
    case Errno.ECONNREFUSED:
      return systemError(
        action,
        errno,
        "nobody listens there: start QEMU first, with server=on, or listen for it",
      );
    case Errno.EACCES:
    case Errno.EPERM:
      return systemError(
        action,
        errno,
        "this user may not write to it: run as the user that runs QEMU, or have that user allow it",
      );
    case Errno.EAGAIN:
      return systemError(action, errno, "another program is connected and QEMU takes one only");
    case Errno.EPROTOTYPE:
      return systemError(action, errno, "it is a socket of the other kind, stream or datagram");
    default:
      return systemError(action, errno);
  }
}

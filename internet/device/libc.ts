/**
 * The system calls of TUN/TAP devices and packet sockets. The library is opened with the first device and given back
 * with the last, so that all devices of a process share call sites that V8 compiles to direct calls.
 *
 * @module
 */
import { type Libc, openLibc } from "@octet/netlink/libc";

// Lengths are declared as "u32" and results as "i32": a "usize" argument keeps V8 from calling
// directly (160 ns a read become 250), and an "isize" result may come back as a bigint.
const functions = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  ioctl: { parameters: ["i32", "u32", "buffer"], result: "i32" },
  ioctlValue: { name: "ioctl", parameters: ["i32", "u32", "u32"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32", nonblocking: true },
  timerfd_create: { parameters: ["i32", "i32"], result: "i32" },
  timerfd_settime: { parameters: ["i32", "i32", "buffer", "pointer"], result: "i32" },
} as const;

/** The functions a device calls. */
export type DeviceLibc = Libc<typeof functions>;

let shared: DeviceLibc | null = null;
let users = 0;

/**
 * Takes the library.
 *
 * @param purpose What for, as in `open TAP device tap0`.
 * @returns The library; {@linkcode releaseLibc} gives it back.
 */
export function acquireLibc(purpose: string): DeviceLibc {
  shared ??= openLibc(functions, purpose);
  users++;
  return shared;
}

/** Gives back what {@linkcode acquireLibc} gave. No call of it may be under way. */
export function releaseLibc(): void {
  if (--users > 0) return;
  shared?.close();
  shared = null;
}

/** Flags of `open`, `socket`, `epoll_create1` and `timerfd_create` on x86-64 and aarch64. */
export const OpenFlag = {
  /** For reading and writing. */
  ReadWrite: 2,
  /** Calls that would wait fail with `EAGAIN`. */
  NonBlocking: 0x800,
  /** Closed in programs that this one starts. */
  CloseOnExec: 0x8_0000,
} as const;

/** Events of `epoll`. */
export const PollEvent = {
  /** There is something to read. */
  In: 1,
  /** There is room to write. */
  Out: 4,
  /** The device is gone. */
  Error: 8,
} as const;

/** Writes where a buffer lies in memory, as a `struct` that is handed to the kernel has it: 8 bytes, host order. */
export function writeAddress(
  bytes: Uint8Array<ArrayBuffer>,
  offset: number,
  buffer: Uint8Array<ArrayBuffer>,
): void {
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer));
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(offset, BigInt(address), true);
}

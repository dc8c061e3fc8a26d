/**
 * QEMU's `-netdev dgram` over Unix sockets: each datagram is a frame, and nothing is connected (QEMU's `net/dgram.c`).
 *
 * @module
 */
import { DescriptorDevice } from "../descriptor_device.ts";
import type { MacAddress } from "@octet/netip";
import { Errno } from "@octet/netlink/errno";
import type { Packet } from "@octet/wire";
import type { Device } from "../device.ts";
import { longestPrefixedFrame } from "../length_prefix.ts";
import { acquireLibc, type DeviceLibc, PollEvent, releaseLibc } from "../libc.ts";
import { DescriptorWait } from "../wait.ts";
import { type QemuCounters, type QemuOptions, readQemuOptions } from "./options.ts";
import {
  acquireSocketLibc,
  bindSocket,
  MessageFlag,
  openSocket,
  releaseSocketLibc,
  removeSocket,
  socketAddress,
  type SocketLibc,
  SocketType,
} from "./unix_socket.ts";

/** How long to wait for room in the machine's queue, which `poll` does not tell of, in milliseconds. */
const fullWait = 1;

/** The two sockets of a `-netdev dgram`. */
export interface QemuDatagramPaths {
  /** Ours, which the device makes: QEMU's `remote.path`. */
  readonly local: string;
  /** QEMU's: its `local.path`. */
  readonly remote: string;
}

/**
 * The wire to a virtual machine, a datagram a frame. The machine may come and go; while it is not there, frames sent
 * are dropped and counted.
 */
export class QemuDatagramDevice extends DescriptorDevice implements Device {
  /** `qemu:` and the two paths. */
  readonly name: string;
  /** Ethernet. */
  readonly link = "ethernet";
  /** The MTU in bytes. */
  readonly mtu: number;
  /** The MTU: QEMU's sockets carry no super-segments. */
  readonly maxSegment: number;
  /** The address our side uses. */
  readonly hardwareAddress: MacAddress;
  /** QEMU wants complete checksums. */
  readonly checksumOffload = false;
  /** A sleep in `epoll_wait` costs about 0.1 ms. */
  readonly spinTime = 0.1;
  /** What was dropped, and why. */
  readonly counters: Readonly<QemuCounters>;

  readonly #counters: QemuCounters = { outDown: 0, outErrors: 0, inErrors: 0, connections: 0 };
  readonly #sockets: SocketLibc;
  /** Where it waits. */
  protected override readonly waiting: DescriptorWait;
  readonly #local: Uint8Array<ArrayBuffer>;
  readonly #remote: Uint8Array<ArrayBuffer>;
  readonly #recv: SocketLibc["symbols"]["recv"];
  readonly #sendto: SocketLibc["symbols"]["sendto"];
  #descriptor: number;
  #isFull = false;
  #isClosed = false;
  #parked: Promise<void> | null = null;

  /**
   * Opens the device; {@linkcode openQemuDatagram} says it shorter.
   *
   * @param paths Where the two sockets are in the file system.
   * @param options MTU and hardware address.
   */
  constructor(paths: QemuDatagramPaths, options: QemuOptions = {}) {
    super();
    const { local, remote } = paths;
    this.name = `qemu:${local},${remote}`;
    const purpose = `exchange datagrams with QEMU at ${local} and ${remote}`;
    const action = `Cannot ${purpose}`;
    const { mtu, hardwareAddress } = readQemuOptions(action, options);
    this.mtu = this.maxSegment = mtu;
    this.hardwareAddress = hardwareAddress;
    this.counters = this.#counters;
    this.#local = socketAddress(action, local);
    this.#remote = socketAddress(action, remote);
    if (local === remote) {
      throw new RangeError(`${action} as the two are one: give each side its own`);
    }
    const sockets = this.#sockets = acquireSocketLibc(purpose);
    this.#recv = sockets.symbols.recv;
    this.#sendto = sockets.symbols.sendto;
    let libc: DeviceLibc | null = null;
    let descriptor = -1;
    let isBound = false;
    try {
      libc = acquireLibc(purpose);
      descriptor = this.#descriptor = openSocket(sockets, action, SocketType.Datagram);
      bindSocket(sockets, action, descriptor, SocketType.Datagram, this.#local);
      isBound = true;
      this.waiting = new DescriptorWait(action);
    } catch (error) {
      if (descriptor >= 0) sockets.symbols.close(descriptor);
      if (isBound) removeSocket(sockets, this.#local);
      if (libc !== null) releaseLibc();
      releaseSocketLibc();
      throw error;
    }
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Takes the oldest frame; see {@linkcode Device.receive}. */
  receive(packet: Packet): boolean {
    const { bytes } = packet;
    const flags = MessageFlag.DontWait | MessageFlag.Truncated;
    while (!this.#isClosed) {
      const length = this.#recv(this.#descriptor, bytes, bytes.length, flags);
      if (length > 0 && length <= bytes.length) {
        packet.length = length;
        packet.checksumVerified = false;
        packet.checksumStart = 0;
        packet.checksumOffset = 0;
        packet.segmentSize = 0;
        return true;
      }
      // An empty datagram is no frame.
      if (length > 0) this.#counters.inErrors++;
      else if (length < 0 && this.#sockets.errno() !== Errno.EINTR) return false;
    }
    return false;
  }

  /** Sends a frame; see {@linkcode Device.transmit}. */
  transmit(packet: Packet): boolean {
    if (packet.checksumStart !== 0) packet.completeChecksum();
    if (packet.length > longestPrefixedFrame || packet.segmentSize !== 0) {
      this.#counters.outErrors++;
      return true;
    }
    const remote = this.#remote;
    const flags = MessageFlag.DontWait | MessageFlag.NoSignal;
    while (!this.#isClosed) {
      const { bytes, length } = packet;
      if (this.#sendto(this.#descriptor, bytes, length, flags, remote, remote.length) >= 0) break;
      const errno = this.#sockets.errno();
      if (errno === Errno.EINTR) continue;
      if (errno === Errno.EAGAIN) {
        this.#isFull = true;
        return false;
      }
      const isAway = errno === Errno.ENOENT || errno === Errno.ECONNREFUSED;
      if (isAway) this.#counters.outDown++;
      else this.#counters.outErrors++;
      break;
    }
    return true;
  }

  /** Waits for something to do; see {@linkcode Device.ready}. Resolves at once when the device is closed. */
  ready(timeout: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return this.#parked ??= this.#park(timeout);
  }

  async #park(timeout: number): Promise<void> {
    const limit = this.#isFull ? Math.min(timeout, fullWait) : timeout;
    this.#isFull = false;
    await this.waiting.wait(this.#descriptor, PollEvent.In, limit);
    this.#parked = null;
  }

  /** Closes the socket and removes it. */
  override close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    removeSocket(this.#sockets, this.#local);
    this.waiting.close();
    this.#sockets.symbols.close(this.#descriptor);
    this.#descriptor = -1;
    releaseLibc();
    releaseSocketLibc();
  }
}

/**
 * Opens the wire to a virtual machine that speaks datagrams: `qemu-system-x86_64 -netdev
 * dgram,id=n,local.type=unix,local.path=REMOTE,remote.type=unix,remote.path=LOCAL -device e1000,netdev=n`, our
 * `local` being QEMU's `remote`. Neither end must be first.
 *
 * @example
 * ```ts ignore
 * import { Host, openQemuDatagram } from "@octet/internet";
 *
 * const wire = openQemuDatagram({ local: "/run/octet.sock", remote: "/run/vm.sock" });
 * await using host = new Host(wire, { address: { address: "10.77.0.1/24" } });
 * ```
 *
 * @param paths Where the two sockets are in the file system, at most 107 bytes each.
 * @param options MTU and hardware address.
 * @returns The device.
 * @throws {Deno.errors.AddrInUse} When another program has our path, or a file is there that is no socket.
 * @throws {Deno.errors.NotFound} When there is no such folder.
 * @throws {Deno.errors.PermissionDenied} When this user may not write to the folder.
 * @throws {Deno.errors.NotSupported} On anything but Linux.
 * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
 * @throws {RangeError} When a path is too long, the two are one, or the MTU or hardware address cannot be.
 * @throws {SyntaxError} When a path is empty or holds a zero byte.
 */
export function openQemuDatagram(
  paths: QemuDatagramPaths,
  options: QemuOptions = {},
): QemuDatagramDevice {
  return new QemuDatagramDevice(paths, options);
}

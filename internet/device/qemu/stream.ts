/**
 * QEMU's `-netdev stream`: a virtual machine's network card at the other end of a Unix socket, and no privilege
 * needed. A frame is its length in four bytes, network byte order, and itself (QEMU's `net/stream.c`).
 *
 * @module
 */
import { DescriptorDevice } from "../descriptor_device.ts";
import type { MacAddress } from "@octet/netip";
import { Errno } from "@octet/netlink/errno";
import { systemError } from "@octet/netlink/libc";
import { Packet } from "@octet/wire";
import type { Device } from "../device.ts";
import {
  FrameAssembler,
  lengthPrefix,
  longestPrefixedFrame,
  writePrefixedFrame,
} from "../length_prefix.ts";
import { acquireLibc, type DeviceLibc, OpenFlag, PollEvent, releaseLibc } from "../libc.ts";
import { DescriptorWait } from "../wait.ts";
import { type QemuCounters, type QemuOptions, readQemuOptions } from "./options.ts";
import {
  acquireSocketLibc,
  bindSocket,
  connectError,
  MessageFlag,
  openSocket,
  releaseSocketLibc,
  removeSocket,
  socketAddress,
  type SocketLibc,
  SocketType,
} from "./unix_socket.ts";

/** What one `recv` takes at most: as much as a Unix socket holds unless told otherwise, or nearly. */
const pieceLength = 128 * 1024;
const backlog = 1;

/**
 * The wire to a virtual machine. It carries one machine at a time; while there is none, frames sent are dropped and
 * counted, as by any unplugged card.
 */
export class QemuStreamDevice extends DescriptorDevice implements Device {
  /** `qemu:` and the socket's path. */
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
  readonly #counters: QemuCounters = { outDown: 0, outErrors: 0, inErrors: 0, connections: 0 };
  readonly #sockets: SocketLibc;
  /** Where it waits. */
  protected override readonly waiting: DescriptorWait;
  readonly #address: Uint8Array<ArrayBuffer>;
  readonly #piece: Packet;
  readonly #assembler: FrameAssembler;
  readonly #out: Packet;
  /** Of `#out`, the first byte that is not sent, and the end. */
  #outAt = 0;
  #outEnd = 0;
  /** The socket that listens; -1 for the role that connects. */
  #listener = -1;
  /** The machine's socket; -1 while there is none. */
  #peer = -1;
  /** Frames that broke off. */
  #broken = 0;
  #isClosed = false;
  #loss: Error | null = null;
  #parked: Promise<void> | null = null;

  /**
   * Opens the device; {@linkcode connectQemu} and {@linkcode listenQemu} say it shorter.
   *
   * @param path Where the socket is in the file system.
   * @param role Whether QEMU listens (`server=on`) or connects.
   * @param options MTU and hardware address.
   */
  constructor(path: string, role: "connect" | "listen", options: QemuOptions = {}) {
    super();
    this.name = `qemu:${path}`;
    const purpose = `${role === "connect" ? "connect to" : "listen for"} QEMU at ${path}`;
    const action = `Cannot ${purpose}`;
    const { mtu, hardwareAddress } = readQemuOptions(action, options);
    this.mtu = this.maxSegment = mtu;
    this.hardwareAddress = hardwareAddress;
    this.#address = socketAddress(action, path);
    const sockets = this.#sockets = acquireSocketLibc(purpose);
    let descriptor = -1;
    let libc: DeviceLibc | null = null;
    try {
      libc = acquireLibc(purpose);
      descriptor = openSocket(sockets, action, SocketType.Stream);
      if (role === "connect") this.#connect(action, descriptor);
      else this.#listen(action, descriptor);
      this.waiting = new DescriptorWait(action);
    } catch (error) {
      if (descriptor >= 0) sockets.symbols.close(descriptor);
      if (this.#listener >= 0) removeSocket(sockets, this.#address);
      if (libc !== null) releaseLibc();
      releaseSocketLibc();
      throw error;
    }
    this.#piece = new Packet(pieceLength);
    this.#assembler = new FrameAssembler(this.#piece);
    this.#out = new Packet(lengthPrefix + longestPrefixedFrame);
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What was dropped, and why. */
  get counters(): Readonly<QemuCounters> {
    const counters = this.#counters;
    counters.inErrors = this.#broken + this.#assembler.oversized;
    return counters;
  }

  /** Whether a machine is at the other end. */
  get isConnected(): boolean {
    return this.#peer >= 0 || this.#accept();
  }

  /** Takes the oldest frame; see {@linkcode Device.receive}. */
  receive(packet: Packet): boolean {
    const assembler = this.#assembler;
    while (!this.#isClosed) {
      if (assembler.next(packet)) return true;
      if (this.#peer < 0 && !this.#accept()) return false;
      if (assembler.isBroken) {
        this.#hangUp(Errno.EPROTOTYPE, "what came is not QEMU's -netdev stream");
        continue;
      }
      if (!this.#read()) return false;
    }
    return false;
  }

  /** Sends a frame; see {@linkcode Device.transmit}. */
  transmit(packet: Packet): boolean {
    if (this.#isClosed) return true;
    if (packet.checksumStart !== 0) packet.completeChecksum();
    if (this.#outAt < this.#outEnd && !this.#flush()) return false;
    if (this.#peer < 0 && !this.#accept()) {
      this.#counters.outDown++;
      return true;
    }
    if (packet.length > longestPrefixedFrame || packet.segmentSize !== 0) {
      this.#counters.outErrors++;
      return true;
    }
    this.#outAt = 0;
    this.#outEnd = writePrefixedFrame(packet, this.#out, 0);
    this.#flush();
    return true;
  }

  /**
   * Waits for something to do; see {@linkcode Device.ready}. Resolves at once when the device is closed.
   *
   * @throws {Deno.errors.ConnectionReset} When the device connected to QEMU, and QEMU has gone.
   */
  ready(timeout: number): Promise<void> {
    if (this.#isClosed || !this.#assembler.isEmpty) return Promise.resolve();
    return this.#parked ??= this.#park(timeout);
  }

  async #park(timeout: number): Promise<void> {
    if (this.#loss === null) {
      const isFull = this.#outAt < this.#outEnd;
      const events = isFull ? PollEvent.In | PollEvent.Out : PollEvent.In;
      const descriptor = this.#peer >= 0 ? this.#peer : this.#listener;
      await this.waiting.wait(descriptor, events, timeout);
      if (isFull && !this.#isClosed) this.#flush();
    }
    this.#parked = null;
    if (!this.#isClosed && this.#loss !== null) throw this.#loss;
  }

  /** Closes the socket, and removes it when this side made it. */
  override close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#listener >= 0) removeSocket(this.#sockets, this.#address);
    this.waiting.close();
    this.#release();
  }

  #connect(action: string, descriptor: number): void {
    const { connect } = this.#sockets.symbols;
    if (connect(descriptor, this.#address, this.#address.length) < 0) {
      throw connectError(action, this.#sockets.errno());
    }
    this.#peer = descriptor;
    this.#counters.connections++;
  }

  #listen(action: string, descriptor: number): void {
    bindSocket(this.#sockets, action, descriptor, SocketType.Stream, this.#address);
    this.#listener = descriptor;
    if (this.#sockets.symbols.listen(descriptor, backlog) < 0) {
      throw systemError(action, this.#sockets.errno());
    }
  }

  #accept(): boolean {
    if (this.#listener < 0 || this.#isClosed) return false;
    const flags = OpenFlag.NonBlocking | OpenFlag.CloseOnExec;
    const peer = this.#sockets.symbols.accept4(this.#listener, null, null, flags);
    if (peer < 0) return false;
    this.#peer = peer;
    this.#counters.connections++;
    this.#assembler.reset();
    return true;
  }

  /** Takes what the socket holds; `false` when that is nothing, for now or for good. */
  #read(): boolean {
    const { bytes } = this.#piece;
    const { recv } = this.#sockets.symbols;
    for (;;) {
      const length = recv(this.#peer, bytes, bytes.length, MessageFlag.DontWait);
      if (length > 0) {
        this.#assembler.feed(length);
        return true;
      }
      const errno = length === 0 ? Errno.ECONNRESET : this.#sockets.errno();
      if (errno === Errno.EINTR) continue;
      if (errno === Errno.EAGAIN) return false;
      this.#hangUp(Errno.ECONNRESET, "QEMU has ended or closed the connection");
      return false;
    }
  }

  /** Sends what is left of a frame; `false` when some of it still is. */
  #flush(): boolean {
    const { send } = this.#sockets.symbols;
    const flags = MessageFlag.DontWait | MessageFlag.NoSignal;
    const { bytes } = this.#out;
    while (this.#peer >= 0 && this.#outAt < this.#outEnd) {
      // Only the rest of a frame that did not fit is looked at through a view of its own.
      const view = this.#outAt === 0 ? bytes : bytes.subarray(this.#outAt, this.#outEnd);
      const length = send(this.#peer, view, this.#outEnd - this.#outAt, flags);
      if (length >= 0) {
        this.#outAt += length;
        continue;
      }
      const errno = this.#sockets.errno();
      if (errno === Errno.EINTR) continue;
      if (errno === Errno.EAGAIN) return false;
      // What it sent before it went is still to be read; reading tells of its end.
      this.#counters.outErrors++;
      break;
    }
    this.#outAt = this.#outEnd = 0;
    return true;
  }

  /** Lets go of the machine: for good where this side connected, until the next comes where it listens. */
  #hangUp(errno: number, state: string): void {
    this.#sockets.symbols.close(this.#peer);
    this.#peer = -1;
    this.#outAt = this.#outEnd = 0;
    if (!this.#assembler.isBetweenFrames) this.#broken++;
    this.#assembler.reset();
    if (this.#listener < 0) {
      this.#loss = systemError(`Cannot go on with ${this.name}`, errno, state);
    }
  }

  #release(): void {
    if (this.#peer >= 0) this.#sockets.symbols.close(this.#peer);
    if (this.#listener >= 0) this.#sockets.symbols.close(this.#listener);
    this.#peer = this.#listener = -1;
    this.#piece.release();
    this.#assembler.release();
    this.#out.release();
    releaseLibc();
    releaseSocketLibc();
  }
}

/**
 * Connects to a virtual machine that listens: `qemu-system-x86_64 -netdev
 * stream,id=n,server=on,addr.type=unix,addr.path=PATH -device e1000,netdev=n`.
 *
 * When the machine goes, {@linkcode Device.ready} rejects, and a {@linkcode Host} on the device ends.
 * `--allow-ffi` is the only permission needed, and the right to write to the socket.
 *
 * @example
 * ```ts ignore
 * import { connectQemu, Host } from "@octet/internet";
 *
 * await using host = new Host(connectQemu("/run/vm.sock"), { address: { address: "10.77.0.1/24" } });
 * ```
 *
 * @param path Where the socket is in the file system, at most 107 bytes.
 * @param options MTU and hardware address.
 * @returns The device.
 * @throws {Deno.errors.NotFound} When there is no such socket.
 * @throws {Deno.errors.ConnectionRefused} When nobody listens there.
 * @throws {Deno.errors.PermissionDenied} When this user may not write to it.
 * @throws {Deno.errors.NotSupported} On anything but Linux.
 * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
 * @throws {RangeError} When the path is too long, or the MTU or hardware address cannot be.
 * @throws {SyntaxError} When the path is empty or holds a zero byte.
 */
export function connectQemu(path: string, options: QemuOptions = {}): QemuStreamDevice {
  return new QemuStreamDevice(path, "connect", options);
}

/**
 * Listens for virtual machines that connect: `qemu-system-x86_64 -netdev
 * stream,id=n,server=off,addr.type=unix,addr.path=PATH -device e1000,netdev=n`. One at a time; when it goes, the next
 * may come.
 *
 * @example
 * ```ts ignore
 * import { Host, listenQemu } from "@octet/internet";
 *
 * await using host = new Host(listenQemu("/run/vm.sock"), { address: { address: "10.77.0.1/24" } });
 * ```
 *
 * @param path Where to make the socket, at most 107 bytes; it is removed when the device is closed.
 * @param options MTU and hardware address.
 * @returns The device.
 * @throws {Deno.errors.AddrInUse} When another program listens there, or a file is there that is no socket.
 * @throws {Deno.errors.NotFound} When there is no such folder.
 * @throws {Deno.errors.PermissionDenied} When this user may not write to the folder.
 * @throws {Deno.errors.NotSupported} On anything but Linux.
 * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
 * @throws {RangeError} When the path is too long, or the MTU or hardware address cannot be.
 * @throws {SyntaxError} When the path is empty or holds a zero byte.
 */
export function listenQemu(path: string, options: QemuOptions = {}): QemuStreamDevice {
  return new QemuStreamDevice(path, "listen", options);
}

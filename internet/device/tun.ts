/**
 * TUN/TAP devices of Linux, through FFI to libc, with large sends and checksums left to the kernel.
 *
 * @module
 */
import { DescriptorDevice } from "./descriptor_device.ts";
import { MacAddress } from "@octet/netip/mac-address";
import { LinkConnection } from "@octet/netlink/link-connection";
import { Errno } from "@octet/netlink/errno";
import { systemError } from "@octet/netlink/libc";
import type { Packet } from "@octet/wire";
import { DatagramCutter } from "./datagram_cutter.ts";
import type { Device, LinkKind } from "./device.ts";
import { acquireLibc, type DeviceLibc, PollEvent, releaseLibc } from "./libc.ts";
import { deviceGone } from "./errors.ts";
import { FrameReadable, FrameWritable } from "./frame_streams.ts";
import { stationAddress } from "./station_address.ts";
import { openTunDescriptor, type TunDescriptor } from "./tun_open.ts";
import { checkTunOptions, type TunOptions } from "./tun_options.ts";
import { clearOffloadFacts, readVirtioHeader, writeVirtioHeader } from "./virtio.ts";
import { DescriptorWait } from "./wait.ts";

/** The longest IP packet that the kernel takes or gives with segmentation left to the other side. */
const longestSegment = 65_535;
/** The MTU of an interface that cannot be asked, in bytes. */
const usualMtu = 1500;

/** What a {@linkcode TunDevice} dropped, and why. */
export interface TunCounters {
  /** Frames not sent as the interface was down. */
  outDown: number;
  /** Frames that the kernel refused as malformed, or that it had no memory for. */
  outErrors: number;
  /** Frames received that were longer than the packet that was to hold them, or shorter than a header. */
  inErrors: number;
}

/**
 * An open TUN/TAP device: this program holds one end of the wire, the kernel's interface is the other.
 * Frames sent while the interface is down are dropped, as by any unplugged card.
 */
export class TunDevice extends DescriptorDevice implements Device {
  /** The interface's name. */
  readonly name: string;
  /** Whether it carries Ethernet frames (TAP) or IP packets (TUN). */
  readonly link: LinkKind;
  /** The interface's MTU in bytes when it was opened. */
  readonly mtu: number;
  /** The address our side uses; zero for a TUN. */
  readonly hardwareAddress: MacAddress;
  /** 65,535 with offload, else the MTU. */
  readonly maxSegment: number;
  /** Whether the kernel takes and gives partial checksums. */
  readonly checksumOffload: boolean;
  /** Whether more queues of it may be opened. */
  readonly isMultiQueue: boolean;
  /** A sleep in `epoll_wait` costs about 0.1 ms. */
  readonly spinTime = 0.1;
  /** What was dropped, and why. */
  readonly counters: Readonly<TunCounters>;

  readonly #counters: TunCounters = { outDown: 0, outErrors: 0, inErrors: 0 };
  readonly #libc: DeviceLibc;
  /** Where it waits. */
  protected override readonly waiting: DescriptorWait;
  readonly #read: DeviceLibc["symbols"]["read"];
  readonly #write: DeviceLibc["symbols"]["write"];
  /** Whether frames have a virtio header before them; without one, nothing is offloaded. */
  readonly #hasHeader: boolean;
  /** Cuts UDP super-datagrams where the kernel does not; `null` where it does. */
  readonly #cutter: DatagramCutter | null;
  #descriptor: number;
  #isFull = false;
  #isGone = false;
  #parked: Promise<void> | null = null;
  #readable: FrameReadable | null = null;
  #writable: FrameWritable | null = null;

  /**
   * Opens a device; {@linkcode openTun} says it shorter.
   *
   * @param options Which, and how.
   */
  constructor(options: TunOptions = {}) {
    super();
    const label = labelOf(options);
    const action = `Cannot open ${label}`;
    checkTunOptions(action, options);
    const libc = acquireLibc(`open ${label}`);
    let opened: TunDescriptor | null = null;
    try {
      opened = openTunDescriptor(libc, action, options);
      const { name, mode, offload, kernelAddress } = opened;
      this.name = name;
      this.link = mode === "tap" ? "ethernet" : "ip";
      this.mtu = settleMtu(name, options);
      this.maxSegment = offload ? longestSegment : this.mtu;
      this.checksumOffload = offload;
      this.isMultiQueue = opened.isMultiQueue;
      this.#hasHeader = opened.hasHeader;
      this.#cutter = opened.cutsDatagrams ? null : new DatagramCutter(this.link);
      this.hardwareAddress = mode === "tun"
        ? MacAddress.zero
        : stationAddress(action, options.hardwareAddress, kernelAddress);
      if (mode === "tap" && kernelAddress?.sameAs(this.hardwareAddress)) {
        throw new RangeError(
          `${action} as the kernel's side of the wire has address ${kernelAddress} already`,
        );
      }
      this.waiting = new DescriptorWait(action);
    } catch (error) {
      // What was handed over stays with who did.
      if (opened !== null && options.fd === undefined) libc.symbols.close(opened.descriptor);
      releaseLibc();
      throw error;
    }
    this.counters = this.#counters;
    this.#libc = libc;
    this.#read = libc.symbols.read;
    this.#write = libc.symbols.write;
    this.#descriptor = opened.descriptor;
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#descriptor < 0;
  }

  /** Takes the oldest frame; see {@linkcode Device.receive}. */
  receive(packet: Packet): boolean {
    const room = this.#hasHeader ? packet.room : packet.bytes;
    const headerLength = room.length - packet.bytes.length;
    while (this.#descriptor >= 0) {
      const length = this.#read(this.#descriptor, room, room.length);
      if (length > headerLength && length < room.length) {
        packet.length = length - headerLength;
        if (headerLength === 0) clearOffloadFacts(packet);
        else readVirtioHeader(packet);
        return true;
      }
      if (length >= 0) {
        this.#counters.inErrors++;
        continue;
      }
      const errno = this.#libc.errno();
      if (errno === Errno.EAGAIN) return false;
      if (errno !== Errno.EINTR) {
        this.#isGone = errno === Errno.EBADFD;
        return false;
      }
    }
    return false;
  }

  /** Sends a frame; see {@linkcode Device.transmit}. */
  transmit(packet: Packet): boolean {
    const cutter = this.#cutter;
    if (cutter === null || !cutter.wants(packet)) return this.#transmit(packet);
    return cutter.send(packet, this.#transmitPiece);
  }

  readonly #transmitPiece = (piece: Packet): boolean => this.#transmit(piece);

  #transmit(packet: Packet): boolean {
    if (!this.checksumOffload && packet.checksumStart !== 0) packet.completeChecksum();
    const room = this.#hasHeader ? packet.room : packet.bytes;
    if (this.#hasHeader ? !writeVirtioHeader(packet, this.link) : packet.segmentSize !== 0) {
      this.#counters.outErrors++;
      return true;
    }
    const length = packet.length + room.length - packet.bytes.length;
    while (this.#descriptor >= 0) {
      if (this.#write(this.#descriptor, room, length) >= 0) return true;
      const errno = this.#libc.errno();
      if (errno === Errno.EAGAIN) {
        this.#isFull = true;
        return false;
      }
      if (errno === Errno.EINTR) continue;
      if (errno === Errno.EIO) this.#counters.outDown++;
      else this.#counters.outErrors++;
      this.#isGone = errno === Errno.EBADFD;
      return true;
    }
    return true;
  }

  /**
   * Waits for something to do; see {@linkcode Device.ready}. Resolves at once when the device is closed.
   *
   * @throws {Deno.errors.BadResource} When the interface has been deleted.
   */
  ready(timeout: number): Promise<void> {
    if (this.#descriptor < 0) return Promise.resolve();
    return this.#parked ??= this.#park(timeout);
  }

  async #park(timeout: number): Promise<void> {
    const events = this.#isFull ? PollEvent.In | PollEvent.Out : PollEvent.In;
    this.#isFull = false;
    if (!this.#isGone) {
      const came = await this.waiting.wait(this.#descriptor, events, timeout);
      if ((came & PollEvent.Error) !== 0) this.#isGone = true;
    }
    this.#parked = null;
    if (this.#isGone && this.#descriptor >= 0) throw deviceGone(this.name);
  }

  /**
   * Opens another queue of the device: frames of one connection arrive in one queue, the kernel spreads connections over all that
   * are open. Each is a device that is closed by itself, such as one in every worker.
   *
   * @returns The queue, with the same hardware address.
   * @throws {TypeError} When the device was not opened with `multiQueue`.
   */
  openQueue(): TunDevice {
    if (!this.isMultiQueue) {
      throw new TypeError(`Cannot open another queue of ${this.name} as it has one only`);
    }
    return new TunDevice({
      name: this.name,
      mode: this.link === "ethernet" ? "tap" : "tun",
      multiQueue: true,
      create: false,
      offload: this.checksumOffload,
      ...(this.link === "ethernet" && { hardwareAddress: this.hardwareAddress }),
    });
  }

  /** The frames that arrive, one a chunk, as they would be on a wire. A device is read by it or by a stack. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#readable ??= new FrameReadable(this)).stream;
  }

  /** Sends each chunk as a frame. */
  get writable(): WritableStream<Uint8Array> {
    return (this.#writable ??= new FrameWritable(this)).stream;
  }

  /** Closes the device; the kernel deletes the interface when nobody made it persistent. */
  override close(): void {
    if (this.#descriptor < 0) return;
    this.waiting.close();
    this.#libc.symbols.close(this.#descriptor);
    this.#descriptor = -1;
    this.#cutter?.close();
    releaseLibc();
  }
}

function labelOf({ name, mode = "tap", fd }: TunOptions): string {
  if (fd !== undefined) return `device of file descriptor ${fd}`;
  return `${mode.toUpperCase()} device${name ? ` ${name}` : ""}`;
}

/** Sets the interface's MTU where one is wanted; gives that it has now. */
function settleMtu(name: string, { mtu, fd }: TunOptions): number {
  using netlink = new LinkConnection();
  const link = netlink.links().find((one) => one.name === name);
  if (link === undefined) {
    if (fd === undefined) throw systemError(`Cannot find link ${name}`, Errno.ENODEV);
    // The interface is in another namespace, as it may be when a descriptor was handed over.
    return mtu ?? usualMtu;
  }
  if (mtu !== undefined && mtu !== link.mtu) netlink.setLink(name, { mtu });
  return mtu ?? link.mtu;
}

/**
 * Opens a TUN/TAP device, and makes it where there is none of the name. The interface is down at first when it is new:
 * `bringUp` of `@octet/netlink` raises it and gives the kernel's side an address.
 *
 * `--allow-ffi` is the only permission needed. To make a device takes `CAP_NET_ADMIN`; one that
 * root made for a user (`ip tuntap add dev tap0 mode tap user NAME`) that user opens without.
 *
 * @example
 * ```ts ignore
 * import { openTun } from "@octet/internet";
 * import { bringUp } from "@octet/netlink";
 *
 * using tap = openTun({ name: "tap0" });
 * bringUp("tap0", { address: "10.77.0.1/24" });
 * for await (const frame of tap.readable) console.log(frame.length);
 * ```
 *
 * @param options Which, and how.
 * @returns The device.
 * @throws {Deno.errors.PermissionDenied} Without `CAP_NET_ADMIN`, or when `/dev/net/tun` may not be opened.
 * @throws {Deno.errors.NotFound} When there is no `/dev/net/tun`, or with `create: false` no such device.
 * @throws {Deno.errors.AlreadyExists} With `createNew`, when there is a device of the name.
 * @throws {Deno.errors.BadResource} When `fd` is no open file, or attached to no interface.
 * @throws {Deno.errors.Busy} When another program has the device open.
 * @throws {Deno.errors.NotSupported} On anything but Linux.
 * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
 * @throws {RangeError} When the name is longer than 15 bytes, or the MTU, hardware address, owner or group cannot be.
 * @throws {SyntaxError} When the name holds what no interface name may.
 * @throws {TypeError} When the interface is of another kind than `mode` says, or options do not go together.
 */
export function openTun(options: TunOptions = {}): TunDevice {
  return new TunDevice(options);
}

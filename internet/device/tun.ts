/**
 * TUN/TAP devices of Linux, through FFI to libc, with large sends and checksums left to the kernel.
 *
 * @module
 */
import { MacAddress } from "@octet/netip";
import { Errno, NetlinkConnection } from "@octet/netlink";
import { systemError } from "@octet/netlink/libc";
import { CryptoRandom, type Packet } from "@octet/wire";
import type { Device, LinkKind } from "./device.ts";
import { acquireLibc, type DeviceLibc, PollEvent, releaseLibc } from "./libc.ts";
import { FrameReadable, FrameWritable } from "./frame_streams.ts";
import { openTunDescriptor } from "./tun_open.ts";
import { readVirtioHeader, virtioHeaderLength, writeVirtioHeader } from "./virtio.ts";
import { DescriptorWait } from "./wait.ts";

/** The longest IP packet that the kernel takes or gives with segmentation left to the other side. */
const longestSegment = 65_535;

/** How {@linkcode openTun} opens a device. */
export interface TunOptions {
  /** The interface's name, at most 15 bytes; `tap%d` or nothing lets the kernel number it. */
  readonly name?: string;
  /** `tap` for Ethernet frames (the default), `tun` for IP packets. */
  readonly mode?: "tap" | "tun";
  /** Whether super-segments and partial checksums pass the device, both ways; `true` when left out. */
  readonly offload?: boolean;
  /** The MTU in bytes, 68 to 65,535; changing it needs `CAP_NET_ADMIN`. The device's own when left out. */
  readonly mtu?: number;
  /** The address our side uses; random and locally administered when left out. Not the kernel's own. */
  readonly hardwareAddress?: MacAddress;
}

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
export class TunDevice implements Device {
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
  /** A sleep in `ppoll` costs about 0.1 ms. */
  readonly spinTime = 0.1;
  /** What was dropped, and why. */
  readonly counters: Readonly<TunCounters>;

  readonly #counters: TunCounters = { outDown: 0, outErrors: 0, inErrors: 0 };
  readonly #libc: DeviceLibc;
  readonly #wait: DescriptorWait;
  readonly #read: DeviceLibc["symbols"]["read"];
  readonly #write: DeviceLibc["symbols"]["write"];
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
    const { mode = "tap", offload = true } = options;
    const label = `${mode.toUpperCase()} device${options.name ? ` ${options.name}` : ""}`;
    const action = `Cannot open ${label}`;
    const { mtu: wanted } = options;
    if (wanted !== undefined && !(Number.isInteger(wanted) && wanted >= 68 && wanted <= 65_535)) {
      throw new RangeError(`${action} as an MTU of ${wanted} is not from 68 to 65535`);
    }
    const libc = acquireLibc(`open ${label}`);
    let descriptor = -1;
    try {
      const opened = openTunDescriptor(libc, { name: options.name ?? "", mode, offload });
      descriptor = opened.descriptor;
      this.name = opened.name;
      this.link = mode === "tap" ? "ethernet" : "ip";
      const { mtu, kernelAddress } = linkFacts(opened.name, wanted);
      this.mtu = mtu;
      this.maxSegment = offload ? longestSegment : mtu;
      this.checksumOffload = offload;
      this.hardwareAddress = mode === "tun"
        ? MacAddress.zero
        : ownAddress(action, options.hardwareAddress, kernelAddress);
      this.#wait = new DescriptorWait(libc, action);
    } catch (error) {
      if (descriptor >= 0) libc.symbols.close(descriptor);
      releaseLibc();
      throw error;
    }
    this.counters = this.#counters;
    this.#libc = libc;
    this.#read = libc.symbols.read;
    this.#write = libc.symbols.write;
    this.#descriptor = descriptor;
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#descriptor < 0;
  }

  /** Takes the oldest frame; see {@linkcode Device.receive}. */
  receive(packet: Packet): boolean {
    const { room } = packet;
    while (this.#descriptor >= 0) {
      const length = this.#read(this.#descriptor, room, room.length);
      if (length > virtioHeaderLength && length < room.length) {
        packet.length = length - virtioHeaderLength;
        readVirtioHeader(packet);
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
    if (!this.checksumOffload && packet.checksumStart !== 0) packet.completeChecksum();
    if (!writeVirtioHeader(packet, this.link)) {
      this.#counters.outErrors++;
      return true;
    }
    const length = packet.length + virtioHeaderLength;
    while (this.#descriptor >= 0) {
      if (this.#write(this.#descriptor, packet.room, length) >= 0) return true;
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
      const came = await this.#wait.wait(this.#descriptor, events, timeout);
      if ((came & PollEvent.Error) !== 0) this.#isGone = true;
    }
    this.#parked = null;
    if (this.#descriptor < 0) this.#release();
    else if (this.#isGone) {
      throw systemError(
        `Cannot use ${this.name}`,
        Errno.EBADFD,
        "its interface has been deleted",
      );
    }
  }

  /** Ends a {@linkcode TunDevice.ready} that is waiting. */
  wake(): void {
    this.#wait.wake();
  }

  /** Never: a TUN/TAP device holds nothing back. */
  deadline(): number {
    return Infinity;
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
  close(): void {
    if (this.#descriptor < 0) return;
    this.#libc.symbols.close(this.#descriptor);
    this.#descriptor = -1;
    if (this.#wait.isWaiting) this.#wait.wake();
    else this.#release();
  }

  /** Closes the device. */
  [Symbol.dispose](): void {
    this.close();
  }

  #release(): void {
    this.#wait.close();
    releaseLibc();
  }
}

/** Sets the interface's MTU where one is wanted; gives MTU and address that it has now. */
function linkFacts(
  name: string,
  mtu: number | undefined,
): { mtu: number; kernelAddress: MacAddress | undefined } {
  using netlink = new NetlinkConnection();
  const link = netlink.link(name);
  if (mtu !== undefined && mtu !== link.mtu) netlink.setLink(name, { mtu });
  return { mtu: mtu ?? link.mtu, kernelAddress: link.hardwareAddress };
}

function ownAddress(
  action: string,
  wanted: MacAddress | undefined,
  kernel: MacAddress | undefined,
): MacAddress {
  if (wanted === undefined) {
    const random = new CryptoRandom();
    let address: MacAddress;
    do {
      address = MacAddress.random(() => random.uint32());
    } while (kernel?.sameAs(address));
    return address;
  }
  if (wanted.isMulticast || wanted.isZero) {
    throw new RangeError(`${action} as ${wanted} is not the address of one station`);
  }
  if (kernel?.sameAs(wanted)) {
    throw new RangeError(
      `${action} as the kernel's side of the wire has address ${wanted} already`,
    );
  }
  return wanted;
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
 * @throws {Deno.errors.NotFound} When there is no `/dev/net/tun`.
 * @throws {Deno.errors.Busy} When another program has the device open.
 * @throws {Deno.errors.NotSupported} On anything but Linux.
 * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
 * @throws {RangeError} When the name is longer than 15 bytes, or the MTU or hardware address cannot be.
 * @throws {SyntaxError} When the name holds what no interface name may.
 * @throws {TypeError} When the interface is of another kind than `mode` says.
 */
export function openTun(options: TunOptions = {}): TunDevice {
  return new TunDevice(options);
}

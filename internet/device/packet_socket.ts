/**
 * A device on an interface that the kernel has already, through an `AF_PACKET` socket: both use the one card, each under a
 * hardware address of its own.
 *
 * @module
 */
import { DescriptorDevice } from "./descriptor_device.ts";
import type { MacAddress } from "@octet/netip";
import { Errno } from "@octet/netlink/errno";
import { readHost32 } from "@octet/netlink/host-order";
import { systemError } from "@octet/netlink/libc";
import { Packet } from "@octet/wire";
import { DatagramCutter } from "./datagram_cutter.ts";
import { type Device, frameCapacity, type LinkKind } from "./device.ts";
import { deviceGone } from "./errors.ts";
import { FrameReadable, FrameWritable } from "./frame_streams.ts";
import { acquireLibc, type DeviceLibc, PollEvent, releaseLibc } from "./libc.ts";
import { MessageBuffer } from "./message_buffer.ts";
import {
  buildPacketFilter,
  mostFilteredGroups,
  type PacketFilterOptions,
} from "./packet_filter.ts";
import {
  attachFilter,
  bindPacketSocket,
  boundIndex,
  changeMembership,
  int,
  Membership,
  openPacketDescriptor,
  PACKET_STATISTICS,
  SOL_PACKET,
} from "./packet_open.ts";
import { Segmenter } from "./segment.ts";
import { stationAddress } from "./station_address.ts";
import { readVirtioHeader, virtioHeaderLength, writeVirtioHeader } from "./virtio.ts";
import { DescriptorWait } from "./wait.ts";

/** The longest IP packet that the kernel takes or gives with segmentation left to the other side. */
const longestSegment = 65_535;
/** `ETH_P_ALL`. */
const allEtherTypes = 3;
/** How long to wait for room in an interface's queue, which nobody tells of, in milliseconds. */
const queueRetry = 1;
/** After how long an interface that went down is looked at again, in milliseconds: at first, and at most. */
const firstLook = 10;
const lastLook = 1000;

/** How {@linkcode openPacketSocket} opens a device. */
export interface PacketSocketOptions {
  /**
   * The address our side uses; random and locally administered when left out. The interface's own is possible where
   * nothing else is let through (Wi-Fi, many clouds): then our IP addresses must not be the kernel's, and its traffic
   * reaches us as well.
   */
  readonly hardwareAddress?: MacAddress;
  /** Whether frames to other stations are received, too; `false` when left out. */
  readonly promiscuous?: boolean;
  /**
   * Whether frames with 802.1Q tags are received; `true` when left out. The kernel takes tags out and tells them beside the frame: without
   * them a frame is taken in two thirds of the time.
   */
  readonly tags?: boolean;
  /** The one EtherType whose frames are received, such as 0x0806; all of them when left out. Any may be sent. */
  readonly etherType?: number;
  /** Whether super-segments and partial checksums pass, both ways; `true` when left out. */
  readonly offload?: boolean;
  /** The MTU in bytes, from 68 to the interface's own, which is what it is when left out. */
  readonly mtu?: number;
}

/** What a {@linkcode PacketSocketDevice} dropped, and why. */
export interface PacketSocketCounters {
  /** Frames not sent as the interface was down. */
  readonly outDown: number;
  /** Frames that the kernel refused as malformed or too long. */
  readonly outErrors: number;
  /** Frames received that were longer than the packet that was to hold them, or that the kernel could not describe. */
  readonly inErrors: number;
  /** Frames that the kernel dropped as this process did not take them in time. */
  readonly inDropped: number;
}

/**
 * An open packet socket. Frames sent while the interface is down are dropped, as by any unplugged card. What the host itself
 * sends on the interface does not arrive here, nor the other way round: the two meet on the wire, not in the card.
 */
export class PacketSocketDevice extends DescriptorDevice implements Device {
  /** The interface's name when it was opened. */
  readonly name: string;
  /** Ethernet, always. */
  readonly link: LinkKind = "ethernet";
  /** The MTU in bytes. */
  readonly mtu: number;
  /** The address our side uses. */
  readonly hardwareAddress: MacAddress;
  /** 65,535 with offload, else the MTU. */
  readonly maxSegment: number;
  /** Whether partial checksums pass. */
  readonly checksumOffload: boolean;
  /** A sleep in `epoll_wait` costs about 0.1 ms. */
  readonly spinTime = 0.1;

  readonly #index: number;
  readonly #libc: DeviceLibc;
  /** Where it waits. */
  protected override readonly waiting: DescriptorWait;
  readonly #recvmsg: DeviceLibc["symbols"]["recvmsg"];
  readonly #read: DeviceLibc["symbols"]["read"];
  readonly #write: DeviceLibc["symbols"]["write"];
  /** What comes beside a frame; `null` where nothing does. */
  readonly #message: MessageBuffer | null;
  readonly #filter: Omit<PacketFilterOptions, "groups">;
  /** Cuts UDP super-datagrams, once the kernel has refused one (before Linux 6.2). */
  #cutter: DatagramCutter | null = null;
  /** Without offload: a super-segment that is being cut, and what cuts it. */
  readonly #whole: Packet | null;
  readonly #segmenter = new Segmenter();
  #descriptor: number;
  #isFull = false;
  /** The queue of the interface was full; nobody tells when it no longer is. */
  #isQueueFull = false;
  #isGone = false;
  /** After how many milliseconds an interface that went down is looked at again; 0 while it is up. */
  #lookAfter = 0;
  #parked: Promise<void> | null = null;
  #groups: readonly MacAddress[] = [];
  #isAllMulticast = true;
  #outDown = 0;
  #outErrors = 0;
  #inErrors = 0;
  #inDropped = 0;
  #readable: FrameReadable | null = null;
  #writable: FrameWritable | null = null;

  /**
   * Opens a device; {@linkcode openPacketSocket} says it shorter.
   *
   * @param name The interface.
   * @param options How.
   */
  constructor(name: string, options: PacketSocketOptions = {}) {
    super();
    const { offload = true, promiscuous = false, tags = true, mtu } = options;
    const { etherType = allEtherTypes } = options;
    const action = `Cannot open packet socket on ${name}`;
    if (!(Number.isInteger(etherType) && etherType >= 1 && etherType <= 0xffff)) {
      throw new RangeError(`${action} as ${etherType} is no EtherType`);
    }
    const libc = acquireLibc(`open packet socket on ${name}`);
    let descriptor = -1;
    try {
      const opened = openPacketDescriptor(libc, action, name, tags);
      const { link } = opened;
      descriptor = opened.descriptor;
      this.#index = link.index;
      this.mtu = checkMtu(action, mtu, link.mtu);
      this.hardwareAddress = stationAddress(action, options.hardwareAddress, link.hardwareAddress);
      const { hardwareAddress } = this;
      const join = (kind: Membership, address: MacAddress | null): void => {
        const errno = changeMembership(libc, descriptor, link.index, kind, address, true);
        if (errno !== 0) throw systemError(action, errno);
      };
      if (promiscuous) join(Membership.Promiscuous, null);
      else if (!link.hardwareAddress?.sameAs(hardwareAddress)) {
        join(Membership.Unicast, hardwareAddress);
      }
      join(Membership.AllMulticast, null);
      this.#message = tags ? new MessageBuffer() : null;
      this.#filter = { hardwareAddress, promiscuous, tags };
      attachFilter(libc, action, descriptor, buildPacketFilter(this.#filter));
      bindPacketSocket(libc, action, descriptor, link.index, etherType);
      this.waiting = new DescriptorWait(action);
    } catch (error) {
      if (descriptor >= 0) libc.symbols.close(descriptor);
      releaseLibc();
      throw error;
    }
    this.name = name;
    this.maxSegment = offload ? longestSegment : this.mtu;
    this.checksumOffload = offload;
    // Whatever we ask for, the kernel hands on what a card or a veth has put together.
    this.#whole = offload
      ? null
      : new Packet(frameCapacity({ mtu: this.mtu, maxSegment: longestSegment }));
    this.#libc = libc;
    this.#recvmsg = libc.symbols.recvmsg;
    this.#read = libc.symbols.read;
    this.#write = libc.symbols.write;
    this.#descriptor = descriptor;
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#descriptor < 0;
  }

  /** What was dropped so far, and why. */
  get counters(): PacketSocketCounters {
    this.#readStatistics();
    return {
      outDown: this.#outDown,
      outErrors: this.#outErrors,
      inErrors: this.#inErrors,
      inDropped: this.#inDropped,
    };
  }

  /** Takes the oldest frame; see {@linkcode Device.receive}. */
  receive(packet: Packet): boolean {
    const whole = this.#whole;
    if (whole === null) return this.#receive(packet);
    while (!this.#segmenter.next(packet)) {
      if (!this.#receive(whole)) return false;
      if (whole.segmentSize === 0 && whole.length > packet.bytes.length) this.#inErrors++;
      else if (!this.#segmenter.reset(whole, "ethernet")) this.#inErrors++;
    }
    packet.completeChecksum();
    return true;
  }

  #receive(packet: Packet): boolean {
    const message = this.#message;
    const { room } = packet;
    while (this.#descriptor >= 0) {
      const length = message === null
        ? this.#read(this.#descriptor, room, room.length)
        : this.#recvmsg(this.#descriptor, message.aim(packet), 0);
      if (length >= 0) {
        this.#lookAfter = 0;
        packet.length = length - virtioHeaderLength;
        // What fills all the room may have been longer.
        if (packet.length > 0 && length < room.length) {
          readVirtioHeader(packet);
          if (message === null || message.restoreTag(packet)) return true;
        }
        this.#inErrors++;
        continue;
      }
      const errno = this.#libc.errno();
      if (errno === Errno.EAGAIN) return false;
      if (errno === Errno.ENETDOWN) this.#look();
      else if (errno === Errno.EINVAL) this.#inErrors++;
      else if (errno !== Errno.EINTR) return false;
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
    if (!writeVirtioHeader(packet, "ethernet")) {
      this.#outErrors++;
      return true;
    }
    const length = packet.length + virtioHeaderLength;
    while (this.#descriptor >= 0) {
      if (this.#write(this.#descriptor, packet.room, length) >= 0) {
        this.#lookAfter = 0;
        return true;
      }
      switch (this.#libc.errno()) {
        case Errno.EINTR:
          continue;
        case Errno.EAGAIN:
          this.#isFull = true;
          return false;
        case Errno.ENOBUFS:
          this.#isQueueFull = true;
          return false;
        case Errno.ENETDOWN:
        case Errno.ENXIO:
          this.#look();
          this.#outDown++;
          return true;
        case Errno.EINVAL:
          if (this.#cutter === null && packet.segmentSize !== 0) {
            this.#cutter = new DatagramCutter("ethernet");
            return this.transmit(packet);
          }
          this.#outErrors++;
          return true;
        default:
          this.#outErrors++;
          return true;
      }
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
    let events: number = PollEvent.In;
    let limit = timeout;
    if (this.#isFull) events |= PollEvent.Out;
    if (this.#isQueueFull) limit = Math.min(limit, queueRetry);
    this.#isFull = this.#isQueueFull = false;
    if (this.#lookAfter > 0) limit = Math.min(limit, this.#lookAfter);
    if (!this.#isGone) await this.waiting.wait(this.#descriptor, events, limit);
    this.#parked = null;
    if (this.#descriptor >= 0 && this.#lookAfter > 0) this.#look();
    if (this.#isGone && this.#descriptor >= 0) throw deviceGone(this.name);
  }

  /**
   * Sees whether an interface that has gone down is still there. The socket tells that it went down, and not that it is deleted
   * a moment later, so that it is looked at again until frames pass.
   */
  #look(): void {
    if (this.#lookAfter === 0) this.#lookAfter = firstLook;
    else this.#lookAfter = Math.min(2 * this.#lookAfter, lastLook);
    this.#isGone = boundIndex(this.#libc, this.#descriptor) !== this.#index;
  }

  /**
   * Says which multicast addresses are listened to; until then, and beyond 64 of them, frames to all of them are received.
   *
   * @param groups The addresses, without the broadcast address, which is always listened to.
   */
  setGroups(groups: readonly MacAddress[]): void {
    if (this.#descriptor < 0 || this.#isGone) return;
    const isAll = groups.length > mostFilteredGroups;
    const before = this.#groups;
    const has = (list: readonly MacAddress[], one: MacAddress) =>
      list.some((other) => other.sameAs(one));
    const wanted = isAll ? [] : groups.filter((one, at) => !has(groups.slice(0, at), one));
    // First what is to come, so that nothing is missed on the way.
    if (isAll && !this.#isAllMulticast) this.#join(Membership.AllMulticast, null, true);
    for (const one of wanted) {
      if (!has(before, one)) this.#join(Membership.Multicast, one, true);
    }
    const program = buildPacketFilter({ ...this.#filter, ...(!isAll && { groups: wanted }) });
    attachFilter(this.#libc, `Cannot join groups on ${this.name}`, this.#descriptor, program);
    if (!isAll && this.#isAllMulticast) this.#join(Membership.AllMulticast, null, false);
    for (const one of before) if (!has(wanted, one)) this.#join(Membership.Multicast, one, false);
    this.#groups = wanted;
    this.#isAllMulticast = isAll;
  }

  #join(kind: Membership, address: MacAddress | null, isJoined: boolean): void {
    const index = this.#index;
    const errno = changeMembership(this.#libc, this.#descriptor, index, kind, address, isJoined);
    if (errno === 0) return;
    // Somebody has deleted the interface: that is for `ready` to say.
    if (errno === Errno.ENODEV) this.#look();
    else throw systemError(`Cannot join groups on ${this.name}`, errno);
  }

  /** The frames that arrive, one a chunk, as they would be on a wire. A device is read by it or by a stack. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return (this.#readable ??= new FrameReadable(this)).stream;
  }

  /** Sends each chunk as a frame. */
  get writable(): WritableStream<Uint8Array> {
    return (this.#writable ??= new FrameWritable(this)).stream;
  }

  /** Closes the device; the interface stays as it is. */
  override close(): void {
    if (this.#descriptor < 0) return;
    this.#readStatistics();
    this.waiting.close();
    this.#libc.symbols.close(this.#descriptor);
    this.#descriptor = -1;
    this.#whole?.release();
    this.#cutter?.close();
    releaseLibc();
  }

  /** The kernel counts from one question to the next. */
  #readStatistics(): void {
    if (this.#descriptor < 0) return;
    const statistics = new Uint8Array(8);
    const { getsockopt } = this.#libc.symbols;
    const length = int(statistics.length);
    if (getsockopt(this.#descriptor, SOL_PACKET, PACKET_STATISTICS, statistics, length) === 0) {
      this.#inDropped += readHost32(statistics, 4);
    }
  }
}

function checkMtu(action: string, wanted: number | undefined, own: number): number {
  if (wanted === undefined) return own;
  if (Number.isInteger(wanted) && wanted >= 68 && wanted <= own) return wanted;
  throw new RangeError(
    `${action} as an MTU of ${wanted} is not from 68 to the interface's own, ${own}`,
  );
}

/**
 * Opens a device on an interface that the kernel has already. Both use it, each under a hardware address of its own, so that the
 * kernel answers nothing that is ours; they do not hear each other, as what one card sends it does not receive.
 *
 * `--allow-ffi` is the only permission needed, and `CAP_NET_RAW`.
 *
 * @example
 * ```ts ignore
 * import { Host, openPacketSocket } from "@octet/internet";
 *
 * await using host = new Host(openPacketSocket("eth0"));
 * await host.configure(); // An address of its own, from the DHCP server of the LAN.
 * ```
 *
 * @param name The interface.
 * @param options How.
 * @returns The device.
 * @throws {Deno.errors.PermissionDenied} Without `CAP_NET_RAW`.
 * @throws {Deno.errors.NotFound} When there is no such interface.
 * @throws {Deno.errors.NotSupported} On anything but Linux.
 * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
 * @throws {Error} When the interface is down, with code `ENETDOWN`.
 * @throws {RangeError} When the name is longer than 15 bytes, or the MTU or hardware address cannot be.
 * @throws {SyntaxError} When the name holds what no interface name may.
 * @throws {TypeError} When the interface carries no Ethernet frames.
 */
export function openPacketSocket(
  name: string,
  options: PacketSocketOptions = {},
): PacketSocketDevice {
  return new PacketSocketDevice(name, options);
}

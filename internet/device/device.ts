/**
 * What a stack needs of the thing below it: frames in, frames out, and a way to sleep until
 * something happens.
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import type { Packet } from "@octet/wire";

/** What the frames of a device are: Ethernet frames, or bare IP packets. */
export type LinkKind = "ethernet" | "ip";

/**
 * A network device: a TAP, a port of an in-memory LAN, or a wrapper around another device.
 *
 * Nothing here blocks and nothing allocates per frame. A device fills in `length` and the four
 * offload facts of a packet that it receives (`checksumVerified`, `checksumStart`, `checksumOffset`,
 * `segmentSize`) and leaves the others alone. On ingress `checksumStart` other than 0 says that the
 * checksum field holds the pseudo header's sum only, as the sender left the rest to a card that there is
 * not; such a frame never was on a wire, so `checksumVerified` is set, too. Who shows or stores the bytes
 * fills the field in first ({@linkcode Packet.completeChecksum}, on a copy or for good).
 */
export interface Device extends Disposable {
  /** The name by which people know it. */
  readonly name: string;
  /** What its frames are. */
  readonly link: LinkKind;
  /** The longest IP packet in bytes. */
  readonly mtu: number;
  /** The hardware address that our side uses; zero where the link has none. */
  readonly hardwareAddress: MacAddress;
  /**
   * The longest IP packet in bytes that it takes and gives when `segmentSize` is set: beyond `mtu` where the
   * device cuts TCP super-segments and UDP super-datagrams for us, else `mtu`. Packets to receive into hold
   * at least {@linkcode frameCapacity} bytes.
   */
  readonly maxSegment: number;
  /** Whether a checksum left partial (`checksumStart`) costs us nothing; else it is completed on transmission. */
  readonly checksumOffload: boolean;
  /**
   * How long it pays to look again before {@linkcode Device.ready}, in milliseconds: about what a sleep
   * costs; 0 where waking costs next to nothing.
   */
  readonly spinTime: number;
  /** Whether it has been closed; then nothing is received, and what is transmitted is lost. */
  readonly isClosed: boolean;
  /**
   * Takes the oldest frame that has arrived.
   *
   * @param packet Where it goes.
   * @returns `false` when there is none.
   */
  receive(packet: Packet): boolean;
  /**
   * Sends a frame. The packet may be reused at once; its bytes have their checksum completed where the
   * device takes no partial ones. What the device can never send is dropped and counted.
   *
   * @param packet The frame. With `segmentSize` set, `checksumStart` must be set as well.
   * @returns `false` when the device is full and the frame is to be offered again.
   */
  transmit(packet: Packet): boolean;
  /**
   * Waits until a frame may have arrived, a full device may have room again, {@linkcode Device.wake} is
   * called, or time is up. It may end early. One call at a time: a second joins the first.
   *
   * @param timeout Milliseconds; Infinity for no limit.
   * @throws {Error} When the device is gone for good; nothing comes or goes any more then.
   */
  ready(timeout: number): Promise<void>;
  /** Makes a {@linkcode Device.ready} that waits keep the process alive, as it does at first where it can be chosen. */
  ref?(): void;
  /** Lets the process end while a {@linkcode Device.ready} waits. */
  unref?(): void;
  /**
   * Says which multicast addresses are listened to, where the device can leave the others out; until then it listens to all.
   *
   * @param groups The addresses; the broadcast address is listened to in any case.
   */
  setGroups?(groups: readonly MacAddress[]): void;
  /** Ends a {@linkcode Device.ready} that is waiting; without one it does nothing. */
  wake(): void;
  /**
   * When the device itself next has something to do (a frame that it holds back comes due), in milliseconds
   * of its clock; Infinity for never. `ready` minds it; who runs on virtual time asks.
   */
  deadline(): number;
  /** Gives the device back and ends a `ready` that waits. A second call does nothing. */
  close(): void;
}

/** The length of an Ethernet header with one 802.1Q tag. */
const linkHeaderRoom = 18;

/**
 * How large a packet must be to hold any frame of a device.
 *
 * @example
 * ```ts
 * import { frameCapacity, Lan } from "@octet/internet";
 * import { assertEquals } from "@std/assert";
 *
 * using port = new Lan().attach({ mtu: 1500, maxSegment: 1500 });
 * assertEquals(frameCapacity(port), 1518);
 * ```
 *
 * @param device The device.
 * @returns The capacity in bytes, room for one 802.1Q tag included.
 */
export function frameCapacity(device: Pick<Device, "mtu" | "maxSegment">): number {
  return Math.max(device.mtu, device.maxSegment) + linkHeaderRoom;
}

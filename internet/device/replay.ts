/**
 * A capture in the place of a network: what somebody received once is received again.
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import { openCapture } from "@octet/pcap/capture-file";
import { type CaptureReader, Direction, LinkType } from "@octet/pcap/capture-format";
import { PcapngReader } from "@octet/pcap/pcapng-reader";
import { copyBytes, type Packet, readU48 } from "@octet/wire";
import type { Device, LinkKind } from "./device.ts";
import { Signal } from "./signal.ts";
import { stationAddress } from "./station_address.ts";

const headerLength = 14;
const defaultMtu = 1500;
const longestMtu = 65_535;

/** How {@linkcode replay} plays. */
export interface ReplayOptions {
  /** How much faster than it was captured, above 0: 1 when left out, Infinity for as fast as frames are taken. */
  readonly speed?: number;
  /**
   * Which packets: `in` those that the capture does not say were sent (the default), `out` those that it says were,
   * `all`. The pcap format never says.
   */
  readonly direction?: "in" | "out" | "all";
  /** The MTU in bytes, 68 to 65,535; when left out, 1,500 or what the longest packet wants. */
  readonly mtu?: number;
  /** The address our side uses; when left out, that of the capture's interface, else a random one. */
  readonly hardwareAddress?: MacAddress;
  /** The time in milliseconds; `performance.now` when left out. */
  readonly clock?: () => number;
}

/** What a replay has done. */
export interface ReplayCounters {
  /** Frames given. */
  played: number;
  /** Frames that the capture had cut short; they are given as they are. */
  truncated: number;
  /** Frames longer than the packet that was to hold them. */
  oversized: number;
  /** Frames that were sent, to nobody. */
  transmitted: number;
}

/** What a look through the capture has found. */
interface Survey {
  readonly link: LinkKind;
  /** How many packets there are to play. */
  readonly count: number;
  readonly skipped: number;
  readonly longest: number;
  readonly hardwareAddress: MacAddress | undefined;
  readonly damage: SyntaxError | null;
}

/** A device that gives the frames of a capture in their own time, and sends to nobody. */
export class ReplayDevice implements Device {
  /** `replay`, or `replay:` and the file's name. */
  readonly name: string;
  /** What the capture's packets are. */
  readonly link: LinkKind;
  /** The MTU in bytes. */
  readonly mtu: number;
  /** The MTU: a capture does not say how segments are to be cut. */
  readonly maxSegment: number;
  /** The address our side uses; zero where the packets have none. */
  readonly hardwareAddress: MacAddress;
  /** What is sent is seen with complete checksums. */
  readonly checksumOffload = false;
  /** Waking costs next to nothing. */
  readonly spinTime = 0;
  /** How many packets there are to play. */
  readonly count: number;
  /** How many are left out: those of the other direction, and those of other links than the first. */
  readonly skipped: number;
  /** Where and why the file cannot be read on, or `null`; what comes before is played. */
  readonly damage: SyntaxError | null;
  /** Resolves when more is waited for than there is, so that the last frame has been dealt with; or by close. */
  readonly ended: Promise<void>;

  readonly #counters: ReplayCounters = { played: 0, truncated: 0, oversized: 0, transmitted: 0 };
  readonly #reader: CaptureReader;
  readonly #direction: "in" | "out" | "all";
  readonly #speed: number;
  readonly #clock: () => number;
  readonly #signal: Signal = new Signal();
  readonly #end: PromiseWithResolvers<void> = Promise.withResolvers();
  #left: number;
  /** When the first packet was captured, and when it was played. */
  #firstTime = 0;
  #startedAt = NaN;
  #isClosed = false;

  /**
   * Looks the capture through; {@linkcode replay} says it shorter.
   *
   * @param bytes The whole file. It is not copied.
   * @param name What people know it by.
   * @param options Speed, direction, clock.
   */
  constructor(bytes: Uint8Array, name: string, options: ReplayOptions = {}) {
    const { speed = 1, direction = "in" } = options;
    const action = `Cannot play ${name}`;
    if (!(speed > 0)) throw new RangeError(`${action} as a speed of ${speed} is not above 0`);
    const survey = surveyCapture(action, openCapture(bytes), direction);
    const { mtu = Math.min(Math.max(defaultMtu, survey.longest), longestMtu) } = options;
    if (!(Number.isInteger(mtu) && mtu >= 68 && mtu <= longestMtu)) {
      throw new RangeError(`${action} as an MTU of ${mtu} is not from 68 to 65535`);
    }
    this.name = name;
    this.link = survey.link;
    this.mtu = this.maxSegment = mtu;
    this.hardwareAddress = survey.link === "ip"
      ? MacAddress.zero
      : stationAddress(action, options.hardwareAddress ?? survey.hardwareAddress, undefined);
    this.count = this.#left = survey.count;
    this.skipped = survey.skipped;
    this.damage = survey.damage;
    this.ended = this.#end.promise;
    this.#reader = openCapture(bytes);
    this.#direction = direction;
    this.#speed = speed;
    this.#clock = options.clock ?? (() => performance.now());
    this.#find();
    this.#firstTime = this.#reader.time;
  }

  /** What it has done. */
  get counters(): Readonly<ReplayCounters> {
    return this.#counters;
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether the last frame was taken. */
  get isAtEnd(): boolean {
    return this.#left === 0;
  }

  /** Takes the next frame when its time has come; the first one's is when it is first asked for. */
  receive(packet: Packet): boolean {
    const reader = this.#reader;
    while (!this.#isClosed && this.#left > 0 && this.deadline() <= this.#clock()) {
      const length = reader.end - reader.offset;
      const fits = length <= packet.bytes.length;
      if (fits) {
        copyBytes(reader.bytes, -1, reader.offset, packet.bytes, packet.address, 0, length);
        packet.length = length;
        packet.checksumVerified = false;
        packet.checksumStart = 0;
        packet.checksumOffset = 0;
        packet.segmentSize = 0;
        this.#counters.played++;
        if (reader.originalLength > length) this.#counters.truncated++;
      } else {
        this.#counters.oversized++;
      }
      this.#left--;
      this.#find();
      if (fits) return true;
    }
    return false;
  }

  /** Counts a frame. */
  transmit(packet: Packet): boolean {
    packet.completeChecksum();
    if (!this.#isClosed) this.#counters.transmitted++;
    return true;
  }

  /** Waits until the next frame's time has come; see {@linkcode Device.ready}. */
  ready(timeout: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    if (this.#left === 0) this.#end.resolve();
    return this.#signal.wait(Math.min(timeout, this.deadline() - this.#clock()));
  }

  /** Ends a {@linkcode ReplayDevice.ready} that is waiting. */
  wake(): void {
    this.#signal.fire();
  }

  /** When the next frame comes, in milliseconds of the clock; Infinity after the last. */
  deadline(): number {
    if (this.#left === 0) return Infinity;
    if (Number.isNaN(this.#startedAt)) this.#startedAt = this.#clock();
    return this.#startedAt + (this.#reader.time - this.#firstTime) / this.#speed;
  }

  /** Ends it. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#left = 0;
    this.#end.resolve();
    this.#signal.close();
  }

  /** Ends it. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Moves on to the next packet to play. */
  #find(): void {
    if (this.#left === 0) return;
    do this.#reader.next(); while (!isWanted(this.#reader, this.#direction, this.link));
  }
}

/** What the packets of a link type are to a stack, if anything. */
function linkOf(linkType: number): LinkKind | undefined {
  switch (linkType) {
    case LinkType.Ethernet:
      return "ethernet";
    case LinkType.Raw:
    case LinkType.Ipv4:
    case LinkType.Ipv6:
      return "ip";
    default:
      return undefined;
  }
}

function isWanted(
  reader: CaptureReader,
  wanted: "in" | "out" | "all",
  link: LinkKind | undefined,
): boolean {
  const { direction } = reader;
  const isOut = direction === Direction.Out;
  return (wanted === "all" || (wanted === "out") === isOut) && linkOf(reader.linkType) === link;
}

function surveyCapture(
  action: string,
  reader: CaptureReader,
  direction: "in" | "out" | "all",
): Survey {
  let link: LinkKind | undefined;
  let otherType = -1;
  let [count, total, longest] = [0, 0, 0];
  let hardwareAddress: MacAddress | undefined;
  let damage: SyntaxError | null = null;
  try {
    while (reader.next()) {
      total++;
      const kind = linkOf(reader.linkType);
      if (kind === undefined) otherType = reader.linkType;
      link ??= kind;
      if (kind === undefined || !isWanted(reader, direction, link)) continue;
      count++;
      const length = reader.end - reader.offset;
      longest = Math.max(longest, length - (link === "ethernet" ? headerLength : 0));
      if (reader instanceof PcapngReader) {
        hardwareAddress ??= stationOf(reader.interfaces[reader.interfaceId]?.hardwareAddress);
      }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    damage = error;
  }
  if (link === undefined && otherType >= 0) {
    throw new TypeError(
      `${action} as its packets are of link type ${otherType}: Ethernet (1) and IP (101, 228, 229) can be`,
    );
  }
  const skipped = total - count;
  return { link: link ?? "ethernet", count, skipped, longest, hardwareAddress, damage };
}

function stationOf(bytes: Uint8Array | null | undefined): MacAddress | undefined {
  if (bytes?.length !== 6) return undefined;
  const address = MacAddress.fromNumber(readU48(bytes, 0));
  return address.isMulticast || address.isZero ? undefined : address;
}

/**
 * Plays a capture: its frames are received in their own time, or as fast as they are taken, and what is sent goes
 * nowhere. {@linkcode capture} and {@linkcode sniff} around it show what a stack would have answered.
 *
 * `--allow-read` for a file that is named; none for bytes.
 *
 * @example
 * ```ts
 * import { replay } from "@octet/internet";
 * import { PcapngWriter } from "@octet/pcap";
 * import { Packet } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new PcapngWriter();
 * const lan = writer.addInterface();
 * for (const time of [0, 60_000]) writer.writePacket(lan, time, new Uint8Array(60), 0, 60);
 *
 * using device = replay(writer.take(), { speed: Infinity });
 * const packet = new Packet(1518);
 * assertEquals([device.receive(packet), device.receive(packet)], [true, true]);
 * assertEquals([device.receive(packet), device.isAtEnd], [false, true]);
 * ```
 *
 * @param file The name of a pcap or pcapng file, or what is in it.
 * @param options Speed, direction, clock.
 * @returns The device.
 * @throws {SyntaxError} When it is neither.
 * @throws {TypeError} When its packets are neither Ethernet frames nor IP packets.
 * @throws {RangeError} When the speed, the MTU or the hardware address cannot be.
 */
export function replay(file: string | URL | Uint8Array, options: ReplayOptions = {}): ReplayDevice {
  if (file instanceof Uint8Array) return new ReplayDevice(file, "replay", options);
  return new ReplayDevice(Deno.readFileSync(file), `replay:${file}`, options);
}

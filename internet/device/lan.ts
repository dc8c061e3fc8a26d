/**
 * An Ethernet in memory: a switch that learns, and the ports that hosts of this process plug into.
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import { CryptoRandom, type Packet, type Random } from "@octet/wire";
import type { Device } from "./device.ts";
import { impair } from "./impair.ts";
import type { ImpairmentOptions } from "./impairment.ts";
import { MacTable } from "./mac_table.ts";
import { copyFrame, PacketPool, PacketQueue } from "./packet_pool.ts";
import { Segmenter } from "./segment.ts";
import { Signal } from "./signal.ts";

const headerLength = 14;
const sourceOffset = 6;
const vlanTagLength = 4;
/** Ethernet with a tag, IPv4 with all its options or IPv6, TCP with all its options. */
const longestHeaders = headerLength + vlanTagLength + 60 + 60;
const defaultMtu = 1500;
const longestSegment = 65_535;

/** How a {@linkcode Lan} is set up. */
export interface LanOptions {
  /** Where port addresses come from that nobody chose; secure random numbers when left out. */
  readonly random?: Random;
  /** The time in milliseconds by which impaired ports delay frames; `performance.now` when left out. */
  readonly clock?: () => number;
}

/** How a port is set up. */
export interface PortOptions {
  /** Its name, `portN` when left out. */
  readonly name?: string;
  /** The address of the station that plugs in; random and locally administered when left out. */
  readonly mac?: MacAddress;
  /** The MTU in bytes, 68 to 65,535; 1,500 when left out. */
  readonly mtu?: number;
  /**
   * The longest IP packet in bytes of a TCP super-segment; the MTU (no super-segments) when left out. Frames
   * go whole between two ports that both take them, else the switch cuts them.
   */
  readonly maxSegment?: number;
  /** Whether the port takes and gives partial checksums; `false` when left out. */
  readonly checksumOffload?: boolean;
  /** How many frames wait at the port for its station; 4,096 when left out. What comes beyond is dropped. */
  readonly queueLimit?: number;
  /**
   * What goes wrong on the cable between station and switch, in both directions, as {@linkcode impair} has it. Such a
   * port takes no super-segments.
   */
  readonly impairment?: string | ImpairmentOptions;
}

/** What a {@linkcode Lan} has counted. */
export interface LanCounters {
  /** Frames that stations sent. */
  frames: number;
  /** Frames that went to every port, as broadcast, multicast or to an address not heard yet. */
  floods: number;
  /** Copies lost at a port whose queue was full. */
  queueDrops: number;
  /** Frames lost as no header stood in them, or longer than the receiving port's MTU. */
  badFrames: number;
}

/**
 * An Ethernet switch in memory. It delivers at once and in order; time passes only on impaired ports.
 *
 * @example
 * ```ts
 * import { Lan } from "@octet/internet";
 * import { MacAddress } from "@octet/netip";
 * import { Packet } from "@octet/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const lan = new Lan();
 * using a = lan.attach({ mac: MacAddress.parse("02:00:00:00:00:0a") });
 * using b = lan.attach({ mac: MacAddress.parse("02:00:00:00:00:0b") });
 * const packet = new Packet(1518);
 * b.hardwareAddress.writeTo(packet.bytes, 0);
 * a.hardwareAddress.writeTo(packet.bytes, 6);
 * packet.length = 60;
 * assert(a.transmit(packet));
 * packet.clear();
 * assert(b.receive(packet));
 * assertEquals(packet.length, 60);
 * ```
 */
export class Lan {
  readonly #ports: (LanPort | null)[] = [];
  readonly #stations = new MacTable();
  readonly #pool = new PacketPool();
  readonly #segmenter = new Segmenter();
  readonly #random: Random;
  readonly #clock: () => number;
  readonly #counters: LanCounters = { frames: 0, floods: 0, queueDrops: 0, badFrames: 0 };

  /**
   * Makes a switch without ports.
   *
   * @param options Clock and random numbers.
   */
  constructor(options: LanOptions = {}) {
    this.#random = options.random ?? new CryptoRandom();
    this.#clock = options.clock ?? (() => performance.now());
  }

  /** What it has counted. */
  get counters(): Readonly<LanCounters> {
    return this.#counters;
  }

  /**
   * Plugs a station in.
   *
   * @param options Address, MTU, offload, impairment.
   * @returns The port; closing it unplugs the station.
   * @throws {RangeError} When a number is out of its range.
   * @throws {SyntaxError} When the impairment is not understood.
   */
  attach(options: PortOptions = {}): Device {
    const { mtu = defaultMtu, maxSegment = mtu, queueLimit = 4096 } = options;
    if (!(Number.isInteger(mtu) && mtu >= 68 && mtu <= longestSegment)) {
      throw new RangeError(`Cannot attach port as its MTU of ${mtu} is not from 68 to 65535`);
    }
    if (!(Number.isInteger(maxSegment) && maxSegment >= mtu && maxSegment <= longestSegment)) {
      throw new RangeError(
        `Cannot attach port as its longest segment of ${maxSegment} is not from the MTU of ${mtu} to 65535`,
      );
    }
    if (!(Number.isInteger(queueLimit) && queueLimit >= 1 && queueLimit <= 1 << 20)) {
      throw new RangeError(
        `Cannot attach port as its queue limit of ${queueLimit} is not from 1 to 1048576`,
      );
    }
    let index = this.#ports.indexOf(null);
    if (index < 0) index = this.#ports.length;
    const port = new LanPort({
      name: options.name ?? `port${index}`,
      hardwareAddress: options.mac ?? MacAddress.random(() => this.#random.uint32()),
      mtu,
      maxSegment,
      checksumOffload: options.checksumOffload ?? false,
      queueLimit,
      pool: this.#pool,
      forward: (packet) => this.#forward(index, packet),
      detach: () => {
        this.#ports[index] = null;
        this.#stations.forget(index);
      },
    });
    if (options.impairment === undefined) {
      this.#ports[index] = port;
      return port;
    }
    const impaired = impair(port, options.impairment, { clock: this.#clock });
    this.#ports[index] = port;
    return impaired;
  }

  #forward(from: number, packet: Packet): void {
    const { bytes } = packet;
    this.#counters.frames++;
    if (packet.length < headerLength) {
      this.#counters.badFrames++;
      return;
    }
    // A group address is nobody's source (IEEE 802.3 §3.2.3).
    if ((bytes[sourceOffset]! & 1) === 0) this.#stations.set(bytes, sourceOffset, from);
    const to = (bytes[0]! & 1) === 0 ? this.#stations.get(bytes, 0) : -1;
    if (to >= 0) {
      if (to !== from) this.#deliver(this.#ports[to]!, packet);
      return;
    }
    this.#counters.floods++;
    for (let i = 0; i < this.#ports.length; i++) {
      const port = this.#ports[i]!;
      if (port !== null && i !== from) this.#deliver(port, packet);
    }
  }

  #deliver(port: LanPort, packet: Packet): void {
    if (packet.segmentSize === 0 || port.maxSegment > port.mtu) {
      const copy = this.#pool.take(packet.length);
      copyFrame(packet, copy);
      this.#enqueue(port, copy);
      return;
    }
    const segmenter = this.#segmenter;
    if (!segmenter.reset(packet, "ethernet")) {
      this.#counters.badFrames++;
      return;
    }
    const capacity = longestHeaders + packet.segmentSize;
    for (;;) {
      const piece = this.#pool.take(capacity);
      if (!segmenter.next(piece)) {
        this.#pool.put(piece);
        return;
      }
      this.#enqueue(port, piece);
    }
  }

  #enqueue(port: LanPort, packet: Packet): void {
    const isTagged = packet.bytes[12] === 0x81 && packet.bytes[13] === 0;
    const payload = packet.length - headerLength - (isTagged ? vlanTagLength : 0);
    if (payload > (packet.segmentSize === 0 ? port.mtu : port.maxSegment)) {
      this.#counters.badFrames++;
      this.#pool.put(packet);
      return;
    }
    if (packet.checksumStart === 0) packet.checksumVerified = false;
    else if (port.checksumOffload) packet.checksumVerified = true;
    else {
      packet.completeChecksum();
      packet.checksumVerified = false;
    }
    if (!port.deliver(packet)) {
      this.#counters.queueDrops++;
      this.#pool.put(packet);
    }
  }
}

interface PortSetup {
  readonly name: string;
  readonly hardwareAddress: MacAddress;
  readonly mtu: number;
  readonly maxSegment: number;
  readonly checksumOffload: boolean;
  readonly queueLimit: number;
  readonly pool: PacketPool;
  readonly forward: (packet: Packet) => void;
  readonly detach: () => void;
}

/** One socket of the switch, and the station's end of the cable. */
class LanPort implements Device {
  readonly link = "ethernet";
  readonly name: string;
  readonly hardwareAddress: MacAddress;
  readonly mtu: number;
  readonly maxSegment: number;
  readonly checksumOffload: boolean;
  isClosed = false;

  readonly #setup: PortSetup;
  readonly #queue: PacketQueue;
  readonly spinTime = 0;
  readonly #signal = new Signal();

  constructor(setup: PortSetup) {
    this.#setup = setup;
    this.#queue = new PacketQueue(setup.queueLimit);
    this.name = setup.name;
    this.hardwareAddress = setup.hardwareAddress;
    this.mtu = setup.mtu;
    this.maxSegment = setup.maxSegment;
    this.checksumOffload = setup.checksumOffload;
  }

  /** What the switch does to the port: hands a packet over; `false` when the queue is full. */
  deliver(packet: Packet): boolean {
    if (this.#queue.isFull) return false;
    this.#queue.push(packet);
    this.#signal.fire();
    return true;
  }

  receive(packet: Packet): boolean {
    const queued = this.#queue.shift();
    if (queued === null) return false;
    copyFrame(queued, packet);
    this.#setup.pool.put(queued);
    return true;
  }

  transmit(packet: Packet): boolean {
    if (!this.isClosed) this.#setup.forward(packet);
    return true;
  }

  ready(timeout: number): Promise<void> {
    if (this.isClosed || this.#queue.length > 0) return Promise.resolve();
    return this.#signal.wait(timeout);
  }

  ref(): void {
    this.#signal.setRef(true);
  }

  unref(): void {
    this.#signal.setRef(false);
  }

  wake(): void {
    this.#signal.fire();
  }

  deadline(): number {
    return Infinity;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#setup.detach();
    for (let queued = this.#queue.shift(); queued !== null; queued = this.#queue.shift()) {
      this.#setup.pool.put(queued);
    }
    this.#signal.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

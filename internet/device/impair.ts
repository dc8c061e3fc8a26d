/**
 * A device on a bad wire.
 *
 * @module
 */
import { Packet, SeededRandom } from "@octet/wire";
import { DelayLine, type ImpairmentCounters } from "./delay_line.ts";
import { type Device, frameCapacity } from "./device.ts";
import { type Impairment, type ImpairmentOptions, resolveImpairment } from "./impairment.ts";
import { copyFrame, PacketPool } from "./packet_pool.ts";
import { Segmenter } from "./segment.ts";
import { DeviceWrapper } from "./wrapper.ts";

/** How {@linkcode impair} is set up. */
export interface ImpairOptions {
  /** The time in milliseconds; `performance.now` when left out. */
  readonly clock?: () => number;
}

/** The second direction draws from a sequence of its own. */
const ingressSeed = 0x1_0000_0000;

/** A device whose frames go wrong in both directions. */
export class ImpairedDevice extends DeviceWrapper {
  /** What goes wrong. */
  readonly impairment: Impairment;

  readonly #clock: () => number;
  readonly #pool = new PacketPool();
  readonly #out: DelayLine;
  readonly #in: DelayLine;
  readonly #segmenter = new Segmenter();
  readonly #frame: Packet;
  readonly #piece: Packet;

  /**
   * Wraps a device; {@linkcode impair} says it shorter.
   *
   * @param inner The device.
   * @param impairment What goes wrong.
   * @param options The clock.
   */
  constructor(inner: Device, impairment: string | ImpairmentOptions, options: ImpairOptions = {}) {
    super(inner);
    this.impairment = resolveImpairment(impairment);
    this.#clock = options.clock ?? (() => performance.now());
    const { seed } = this.impairment;
    this.#out = new DelayLine(this.impairment, new SeededRandom(seed), this.#pool);
    this.#in = new DelayLine(this.impairment, new SeededRandom(seed + ingressSeed), this.#pool);
    this.#frame = new Packet(frameCapacity(inner));
    this.#piece = new Packet(frameCapacity(inner));
  }

  /** The MTU: chance is per frame on the wire, so there are no super-segments here. */
  override get maxSegment(): number {
    return this.inner.mtu;
  }

  /** What happened to frames that we sent. */
  get outCounters(): Readonly<ImpairmentCounters> {
    return this.#out.counters;
  }

  /** What happened to frames that we received. */
  get inCounters(): Readonly<ImpairmentCounters> {
    return this.#in.counters;
  }

  /** Takes the oldest frame that has arrived by now. */
  override receive(packet: Packet): boolean {
    if (this.isClosed) return false;
    const now = this.#clock();
    this.#flush(now);
    // Bounded, so that a peer that never stops sending does not keep us here.
    for (let i = 0; i < this.impairment.limit && this.inner.receive(this.#frame); i++) {
      this.#admit(this.#in, this.#frame, now);
    }
    const arrived = this.#in.deadline() <= now ? this.#in.peek() : null;
    if (arrived === null) return false;
    copyFrame(arrived, packet);
    this.#in.drop();
    return true;
  }

  /** Puts a frame on the bad wire; it is never full, as what it cannot hold is lost. */
  override transmit(packet: Packet): boolean {
    if (this.isClosed) return true;
    const now = this.#clock();
    this.#admit(this.#out, packet, now);
    this.#flush(now);
    return true;
  }

  /** Waits for something to do; sends what comes due meanwhile. */
  override async ready(timeout: number): Promise<void> {
    const now = this.#clock();
    this.#flush(now);
    const out = this.#out.deadline();
    // What is overdue waits for room in the device inside, and that its own `ready` knows.
    const due = Math.min(out > now ? out : Infinity, this.#in.deadline());
    await this.inner.ready(Math.max(0, Math.min(timeout, due - now)));
    if (!this.isClosed) this.#flush(this.#clock());
  }

  /** When the next frame, of either direction, is due. */
  override deadline(): number {
    return Math.min(this.inner.deadline(), this.#out.deadline(), this.#in.deadline());
  }

  /** Closes the device; what is under way is lost. */
  override close(): void {
    if (this.isClosed) return;
    this.inner.close();
    this.#out.clear();
    this.#in.clear();
    this.#pool.clear();
    this.#frame.release();
    this.#piece.release();
  }

  #admit(line: DelayLine, frame: Packet, now: number): void {
    if (frame.segmentSize === 0) line.admit(frame, now);
    else if (this.#segmenter.reset(frame, this.link)) {
      while (this.#segmenter.next(this.#piece)) line.admit(this.#piece, now);
    }
  }

  /** Hands frames of ours that are due to the device. */
  #flush(now: number): void {
    const out = this.#out;
    while (out.deadline() <= now && this.inner.transmit(out.peek()!)) out.drop();
  }
}

/**
 * Puts a device on a bad wire: loss, delay, jitter, reordering, duplication, corruption, a rate and a queue limit, in both
 * directions, the same from the same seed.
 *
 * Chance works on frames as they would be on a wire: the wrapped device reports `maxSegment` as its MTU, so that
 * the stack above makes no super-segments, and cuts those that the device inside gives. A TAP opened
 * with `offload: false` gives none to begin with, which is cheaper.
 *
 * @example
 * ```ts
 * import { impair, Lan } from "@octet/internet";
 * import { Packet } from "@octet/wire";
 * import { assert } from "@std/assert";
 *
 * let now = 0;
 * const lan = new Lan();
 * using a = impair(lan.attach(), "delay=20ms", { clock: () => now });
 * using b = lan.attach();
 * const packet = new Packet(1518);
 * packet.bytes.fill(0xff, 0, 6);
 * packet.length = 60;
 * a.transmit(packet);
 * assert(!b.receive(packet));
 * now = a.deadline();
 * a.receive(packet); // Any call hands on what is due.
 * assert(b.receive(packet));
 * ```
 *
 * @param device The device; it belongs to the wrapper from then on.
 * @param impairment What goes wrong, as text for {@linkcode parseImpairment} or as an object.
 * @param options The clock.
 * @returns The device on the bad wire.
 * @throws {SyntaxError} When the text is not understood.
 * @throws {RangeError} When a number is out of its range.
 */
export function impair(
  device: Device,
  impairment: string | ImpairmentOptions,
  options: ImpairOptions = {},
): ImpairedDevice {
  return new ImpairedDevice(device, impairment, options);
}

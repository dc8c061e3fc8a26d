/**
 * Looking at what passes a device.
 *
 * @module
 */
import { Direction } from "@octet/pcap/capture-format";
import { Packet } from "@octet/wire";
import { type Device, frameCapacity } from "./device.ts";
import { copyFrame } from "./packet_pool.ts";
import { DeviceWrapper } from "./wrapper.ts";

/** What a device knew of a frame that it carried. */
export interface FrameFacts {
  /** Whether the transport checksum was left to the device; in the bytes shown it has been filled in. */
  readonly checksumWasPartial: boolean;
  /** Whether the device vouched for the transport checksum. */
  readonly checksumVerified: boolean;
  /** Payload bytes in each segment of a super-segment that never was on a wire as one frame; 0 for ordinary frames. */
  readonly segmentSize: number;
}

/** Takes frames as they pass. */
export interface FrameSink {
  /**
   * Called for each frame. Nothing may be kept of what is passed: it is reused for the next.
   *
   * @param bytes Holds the frame in its first `length` bytes, with complete checksums.
   * @param length The frame's length in bytes.
   * @param direction Whether it came in or went out.
   * @param time When, in milliseconds since the epoch unless the capture was given another clock.
   * @param facts What the device knew of it.
   */
  frame(
    bytes: Uint8Array<ArrayBuffer>,
    length: number,
    direction: Direction,
    time: number,
    facts: FrameFacts,
  ): void;
}

/** How {@linkcode capture} and `sniff` are set up. */
export interface CaptureOptions {
  /** The time in milliseconds; since the epoch when left out. */
  readonly clock?: () => number;
}

/** A device whose frames are shown to somebody. */
export class CapturedDevice extends DeviceWrapper {
  readonly #sink: FrameSink;
  readonly #clock: () => number;
  readonly #copy: Packet;
  readonly #facts = { checksumWasPartial: false, checksumVerified: false, segmentSize: 0 };

  /**
   * Wraps a device; {@linkcode capture} says it shorter.
   *
   * @param inner The device.
   * @param sink Who gets the frames.
   * @param options The clock.
   */
  constructor(inner: Device, sink: FrameSink, options: CaptureOptions = {}) {
    super(inner);
    this.#sink = sink;
    this.#clock = options.clock ?? (() => performance.timeOrigin + performance.now());
    this.#copy = new Packet(frameCapacity(inner));
  }

  /** Takes the oldest frame, and shows it. */
  override receive(packet: Packet): boolean {
    if (!this.inner.receive(packet)) return false;
    this.#show(packet, packet.checksumStart, Direction.In);
    return true;
  }

  /** Sends a frame, and shows it when the device took it. */
  override transmit(packet: Packet): boolean {
    const { checksumStart } = packet;
    if (!this.inner.transmit(packet)) return false;
    this.#show(packet, checksumStart, Direction.Out);
    return true;
  }

  /** Closes the device; the sink is not told. */
  override close(): void {
    if (this.isClosed) return;
    this.inner.close();
    this.#copy.release();
  }

  #show(packet: Packet, checksumStart: number, direction: Direction): void {
    const facts = this.#facts;
    facts.checksumWasPartial = checksumStart !== 0;
    facts.checksumVerified = direction === Direction.In && packet.checksumVerified;
    facts.segmentSize = packet.segmentSize;
    let shown = packet;
    if (packet.checksumStart !== 0) {
      shown = this.#copy;
      copyFrame(packet, shown);
      shown.completeChecksum();
    }
    this.#sink.frame(shown.bytes, shown.length, direction, this.#clock(), facts);
  }
}

/**
 * Shows every frame that passes a device to a sink, such as one that writes a pcapng file. Frames of which the
 * checksum was left to the device are shown as copies with the checksum filled in.
 *
 * @example
 * ```ts
 * import { capture, Lan } from "@octet/internet";
 * import { Packet } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const lengths: number[] = [];
 * using port = capture(new Lan().attach(), { frame: (_bytes, length) => lengths.push(length) });
 * const packet = new Packet(1518);
 * packet.length = 60;
 * port.transmit(packet);
 * assertEquals(lengths, [60]);
 * ```
 *
 * @param device The device; it belongs to the wrapper from then on.
 * @param sink Who gets the frames.
 * @param options The clock.
 * @returns The device.
 */
export function capture(
  device: Device,
  sink: FrameSink,
  options: CaptureOptions = {},
): CapturedDevice {
  return new CapturedDevice(device, sink, options);
}

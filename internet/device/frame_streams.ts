/**
 * A device as web streams: one frame a chunk, in the form it would have on a wire.
 *
 * @module
 */
import { Packet } from "@octet/wire";
import { type Device, frameCapacity } from "./device.ts";
import { Segmenter } from "./segment.ts";

/** The frames that a device receives. Cancelling the stream closes the device. */
export class FrameReadable {
  /** The stream. */
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #device: Device;
  readonly #packet: Packet;
  readonly #piece: Packet;
  readonly #segmenter = new Segmenter();

  /**
   * Makes the stream; it takes no frame before it is read, and ends when the device is closed.
   *
   * @param device Where the frames come from.
   */
  constructor(device: Device) {
    this.#device = device;
    this.#packet = new Packet(frameCapacity(device));
    this.#piece = new Packet(frameCapacity(device));
    this.stream = new ReadableStream({
      pull: (controller) => this.#pull(controller),
      cancel: () => device.close(),
    }, { highWaterMark: 0 });
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>): Promise<void> {
    const device = this.#device;
    while (!this.#segmenter.next(this.#piece)) {
      if (device.receive(this.#packet)) this.#segmenter.reset(this.#packet, device.link);
      else await device.ready(Infinity);
      if (device.isClosed) {
        this.#packet.release();
        this.#piece.release();
        controller.close();
        return;
      }
    }
    this.#piece.completeChecksum();
    controller.enqueue(this.#piece.bytes.slice(0, this.#piece.length));
  }
}

/** Sends each chunk written as a frame. Closing the stream leaves the device open. */
export class FrameWritable {
  /** The stream. */
  readonly stream: WritableStream<Uint8Array>;

  /**
   * Makes the stream.
   *
   * @param device Where the frames go.
   */
  constructor(device: Device) {
    const packet = new Packet(frameCapacity(device));
    this.stream = new WritableStream({
      async write(frame: Uint8Array): Promise<void> {
        if (frame.length > packet.bytes.length) {
          throw new RangeError(
            `Cannot send frame of ${frame.length} bytes as ${device.name} takes at most ${packet.bytes.length}`,
          );
        }
        if (device.isClosed) throw new TypeError(`Cannot send frame as ${device.name} is closed`);
        packet.clear();
        packet.bytes.set(frame);
        packet.length = frame.length;
        while (!device.transmit(packet)) await device.ready(Infinity);
      },
    });
  }
}

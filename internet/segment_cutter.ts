/**
 * Super-segments for interfaces whose devices do not cut them: the stack does.
 *
 * @module
 */
import type { SegmentCutter } from "@octet/ipv4";
import { copyBytes, Packet } from "@octet/wire";
import { Segmenter } from "./device/segment.ts";

/** Cuts in software, as Linux's GSO does. */
export class SoftwareCutter implements SegmentCutter {
  readonly #segmenter: Segmenter = new Segmenter();
  #whole: Packet | null = null;

  /** Begins with a datagram; see {@linkcode SegmentCutter.reset}. */
  reset(packet: Packet, offset: number, end: number): boolean {
    const length = end - offset;
    const whole = this.#whole ??= new Packet(65_535);
    copyBytes(packet.bytes, packet.address, offset, whole.bytes, whole.address, 0, length);
    whole.length = length;
    whole.segmentSize = packet.segmentSize;
    whole.checksumVerified = packet.checksumVerified;
    return this.#segmenter.reset(whole, "ip");
  }

  /** Writes the next piece; see {@linkcode SegmentCutter.next}. */
  next(piece: Packet): number {
    return this.#segmenter.next(piece) ? piece.length : 0;
  }
}

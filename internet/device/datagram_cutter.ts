/**
 * UDP super-datagrams for a device whose kernel takes TCP's only: they are cut here, and go one by one.
 *
 * @module
 */
import { Packet } from "@octet/wire";
import type { LinkKind } from "./device.ts";
import { SegmentLayout } from "./segment_layout.ts";
import { Segmenter } from "./segment.ts";

/** Ethernet with a tag, IPv4 with all its options or IPv6, UDP. */
const longestHeaders = 18 + 60 + 8;

/** Cuts one frame at a time, and goes on where it was when the device had no room. */
export class DatagramCutter {
  readonly #link: LinkKind;
  readonly #layout = new SegmentLayout();
  readonly #segmenter = new Segmenter();
  #piece: Packet | null = null;
  /** Whether a frame is being cut, whose last piece has not gone yet. */
  #isBusy = false;

  /** Makes a cutter for frames of one kind. */
  constructor(link: LinkKind) {
    this.#link = link;
  }

  /** Whether a frame is one that must be cut. */
  wants(frame: Packet): boolean {
    if (frame.segmentSize === 0) return false;
    return this.#isBusy || (this.#layout.reset(frame, this.#link) && this.#layout.isUdp);
  }

  /**
   * Sends a frame in pieces.
   *
   * @param frame The frame; the same, unchanged, when it is offered again.
   * @param send Sends a piece; `false` when there is no room now.
   * @returns `false` when the rest is to be sent by another call.
   */
  send(frame: Packet, send: (piece: Packet) => boolean): boolean {
    const piece = this.#room(frame);
    if (this.#isBusy) {
      if (!send(piece)) return false;
    } else if (!this.#segmenter.reset(frame, this.#link)) return true;
    this.#isBusy = true;
    while (this.#segmenter.next(piece)) if (!send(piece)) return false;
    this.#isBusy = false;
    return true;
  }

  #room(frame: Packet): Packet {
    const needed = longestHeaders + frame.segmentSize;
    if (this.#piece !== null && this.#piece.bytes.length >= needed) return this.#piece;
    this.#piece?.release();
    return this.#piece = new Packet(needed);
  }

  /** Gives the memory back. */
  close(): void {
    this.#piece?.release();
    this.#piece = null;
    this.#isBusy = false;
  }
}

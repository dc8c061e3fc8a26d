/**
 * Frames in a stream of bytes: each behind its length, four bytes in network byte order. So does QEMU's
 * `-netdev stream` (`net/stream.c`), and so do the WebSocket messages of an httptap.
 *
 * @module
 */
import { copyBytes, Packet, readU32, writeU32 } from "@octet/wire";

/** Bytes before each frame. */
export const lengthPrefix = 4;

/** The longest frame in bytes that QEMU sends and takes (`NET_BUFSIZE` of its `net/net.h`: 64 KiB and 4 KiB). */
export const longestPrefixedFrame = 69_632;

/**
 * Writes a frame behind its length.
 *
 * @param packet The frame; its checksum must be complete.
 * @param to Where it goes.
 * @param offset Where in it to begin; there must be room.
 * @returns Where it ends.
 */
export function writePrefixedFrame(packet: Packet, to: Packet, offset: number): number {
  const { length } = packet;
  writeU32(to.bytes, offset, length);
  const start = offset + lengthPrefix;
  copyBytes(packet.bytes, packet.address, 0, to.bytes, to.address, start, length);
  return start + length;
}

/**
 * Takes frames out of a stream that arrives in pieces, cut anywhere. Each byte is copied once, into the packet that
 * is to hold it, but for the frames that lie across the end of a piece.
 */
export class FrameAssembler {
  /** Frames dropped as no packet was long enough to hold them. */
  oversized = 0;

  /** A frame of which the end is still to come, with its length. */
  readonly #rest: Packet = new Packet(lengthPrefix + longestPrefixedFrame);
  #piece: Packet;
  #at = 0;
  #end = 0;
  #held = 0;
  #isBroken = false;

  /**
   * Begins at the beginning of a frame.
   *
   * @param piece Holds the bytes that {@linkcode FrameAssembler.feed} tells of.
   */
  constructor(piece: Packet) {
    this.#piece = piece;
  }

  /** Whether a length came that no frame has: where the next frame begins is not known, and nothing more is given. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Whether all bytes have been taken, and the next piece may come. */
  get isEmpty(): boolean {
    return this.#at === this.#end;
  }

  /** Whether the stream has come to the end of a frame, neither more nor less. */
  get isBetweenFrames(): boolean {
    return this.#at === this.#end && this.#held === 0;
  }

  /** Begins again, at the beginning of a frame. */
  reset(): void {
    this.#at = this.#end = this.#held = 0;
    this.#isBroken = false;
  }

  /**
   * Tells of new bytes; those before must have been taken.
   *
   * @param length How many lie at the beginning of the piece.
   */
  feed(length: number): void {
    this.#at = 0;
    this.#end = length;
  }

  /**
   * Takes the next frame that is there whole.
   *
   * @param packet Where it goes; its `length` is set.
   * @returns `false` when more bytes are needed, or the stream is broken.
   */
  next(packet: Packet): boolean {
    while (!this.#isBroken) {
      const left = this.#end - this.#at;
      if (this.#held > 0) {
        if (!this.#complete()) return false;
        if (this.#give(this.#rest, lengthPrefix, this.#takeHeld(), packet)) return true;
        continue;
      }
      if (left < lengthPrefix) return this.#keep(left);
      const length = this.#lengthAt(this.#piece, this.#at);
      if (length < 0) return false;
      if (left - lengthPrefix < length) return this.#keep(left);
      const start = this.#at + lengthPrefix;
      this.#at = start + length;
      if (this.#give(this.#piece, start, length, packet)) return true;
    }
    return false;
  }

  /** Gives its memory back; that of the piece is its owner's. */
  release(): void {
    this.#rest.release();
  }

  /** Adds to the frame that is held what it lacks. */
  #complete(): boolean {
    if (this.#held < lengthPrefix && !this.#keepUpTo(lengthPrefix)) return false;
    const length = this.#lengthAt(this.#rest, 0);
    return length >= 0 && this.#keepUpTo(lengthPrefix + length);
  }

  #takeHeld(): number {
    const length = this.#held - lengthPrefix;
    this.#held = 0;
    return length;
  }

  #keepUpTo(wanted: number): boolean {
    this.#keep(Math.min(wanted - this.#held, this.#end - this.#at));
    return this.#held === wanted;
  }

  #keep(length: number): false {
    const { bytes, address } = this.#piece;
    copyBytes(bytes, address, this.#at, this.#rest.bytes, this.#rest.address, this.#held, length);
    this.#at += length;
    this.#held += length;
    return false;
  }

  #lengthAt(packet: Packet, offset: number): number {
    const length = readU32(packet.bytes, offset);
    if (length <= longestPrefixedFrame) return length;
    this.#isBroken = true;
    return -1;
  }

  #give(from: Packet, offset: number, length: number, packet: Packet): boolean {
    // An empty frame is none.
    if (length === 0) return false;
    if (length > packet.bytes.length) {
      this.oversized++;
      return false;
    }
    copyBytes(from.bytes, from.address, offset, packet.bytes, packet.address, 0, length);
    packet.length = length;
    packet.checksumVerified = false;
    packet.checksumStart = 0;
    packet.checksumOffset = 0;
    packet.segmentSize = 0;
    return true;
  }
}

/**
 * Frames in binary messages, as on the WebSocket at `/frames`: one or more whole frames, each behind its length in
 * four bytes, network byte order.
 *
 * @module
 */
import { Packet } from "@octet/wire";
import {
  FrameAssembler,
  lengthPrefix,
  longestPrefixedFrame,
  writePrefixedFrame,
} from "../length_prefix.ts";

/** The longest message in bytes that is sent, and that must be taken. */
export const longestMessage = 131_072;

/** Puts frames together to messages. */
export class MessageWriter {
  readonly #message: Packet = new Packet(longestMessage);
  #end = 0;

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.#end;
  }

  /** Whether the longest frame would still go in. */
  get hasRoom(): boolean {
    return this.#end + lengthPrefix + longestPrefixedFrame <= longestMessage;
  }

  /** Adds a frame of at most {@linkcode longestPrefixedFrame} bytes; there must be room. */
  append(packet: Packet): void {
    this.#end = writePrefixedFrame(packet, this.#message, this.#end);
  }

  /** Takes the message; it is overwritten by the next. */
  take(): Uint8Array<ArrayBuffer> {
    const message = this.#message.bytes.subarray(0, this.#end);
    this.#end = 0;
    return message;
  }

  /** Gives the memory back. */
  release(): void {
    this.#message.release();
  }
}

/** Takes messages apart. */
export class MessageReader {
  readonly #piece: Packet = new Packet(longestMessage);
  readonly #assembler: FrameAssembler = new FrameAssembler(this.#piece);

  /** Frames dropped as no packet was long enough to hold them. */
  get oversized(): number {
    return this.#assembler.oversized;
  }

  /** Whether what has been read so far was whole frames. */
  get isWhole(): boolean {
    return this.#assembler.isBetweenFrames;
  }

  /**
   * Begins with a message; the one before must have been read to its end.
   *
   * @param data What came.
   * @returns `false` when it is text or too long.
   */
  open(data: unknown): boolean {
    if (!(data instanceof ArrayBuffer) || data.byteLength > longestMessage) return false;
    this.#piece.bytes.set(new Uint8Array(data));
    this.#assembler.feed(data.byteLength);
    return true;
  }

  /** Takes the next frame; `false` at the message's end, when {@linkcode MessageReader.isWhole} is to hold. */
  next(packet: Packet): boolean {
    return this.#assembler.next(packet);
  }

  /** Forgets what was left of a message that was not whole. */
  reset(): void {
    this.#assembler.reset();
  }

  /** Gives the memory back. */
  release(): void {
    this.#assembler.release();
    this.#piece.release();
  }
}

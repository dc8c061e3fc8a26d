/**
 * What rewrites addresses between interfaces, as the IP node sees it: network address translation (RFC 3022).
 *
 * @module
 */
import type { Packet } from "@octet/wire";

/** What a {@linkcode Translator} did with a datagram. */
export const Translation = {
  /** Nothing: it is none of its business. */
  Pass: 0,
  /** Its addresses are new, in the bytes and in the packet's facts. */
  Done: 1,
  /** It must not go on. */
  Drop: 2,
} as const;
/** One of the values of {@linkcode Translation}. */
export type Translation = (typeof Translation)[keyof typeof Translation];

/** Rewrites datagrams on their way through. Each is whole: fragments are put together before. */
export interface Translator {
  /**
   * A datagram came to one of our own addresses: whose is it?
   *
   * @param packet Where it lies; `source` and `destination` are set, and are changed with the bytes.
   * @param offset Where its IP header begins.
   * @param end Where it ends (exclusive).
   * @param isInside Whether it came from inside: it is to turn round here (RFC 4787 §6).
   * @param now Milliseconds.
   */
  inbound(
    packet: Packet,
    offset: number,
    end: number,
    isInside: boolean,
    now: number,
  ): Translation;
  /**
   * A datagram is about to leave by an interface that translates.
   *
   * @param external The address that it speaks from outside, signed or unsigned.
   */
  outbound(
    packet: Packet,
    offset: number,
    end: number,
    external: number,
    now: number,
  ): Translation;
  /**
   * A datagram that was translated cannot be delivered: gives it back the addresses it came with, so that the error
   * about it is understood.
   *
   * @returns Whether it was one.
   */
  revert(packet: Packet, offset: number, end: number): boolean;
}

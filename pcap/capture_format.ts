/**
 * What the two file formats share: link types, directions, time, and what a reader looks like.
 *
 * @module
 */

/** What the first bytes of a captured packet are (the LINKTYPE_ values of the pcap-linktype registry). */
export const LinkType = {
  /** BSD loopback: a 4-byte address family in the writer's byte order. */
  Null: 0,
  /** An Ethernet frame without preamble, and without check sequence. */
  Ethernet: 1,
  /** An IPv4 or IPv6 packet, told apart by its version field; what a TUN device carries. */
  Raw: 101,
  /** Linux "cooked" capture. */
  LinuxSll: 113,
  /** An IPv4 packet. */
  Ipv4: 228,
  /** An IPv6 packet. */
  Ipv6: 229,
  /** Linux "cooked" capture, version 2. */
  LinuxSll2: 276,
} as const;

/** Which way a packet went (the low two bits of pcapng's `epb_flags`). */
export const Direction = {
  /** Not said. */
  Unknown: 0,
  /** Received. */
  In: 1,
  /** Sent. */
  Out: 2,
} as const;

/** One of the values of {@linkcode Direction}. */
export type Direction = (typeof Direction)[keyof typeof Direction];

/** Takes what a writer has written so far. The bytes are only there during the call. */
export type CaptureSink = (bytes: Uint8Array<ArrayBuffer>) => void;

/** The longest packet that is written, and that a reader believes in: what Wireshark and libpcap take. */
export const maxPacketLength = 262_144;

/**
 * A cursor over the packets of a capture. The getters speak of the packet that the last call of
 * `next` found; the packet lies in place in `bytes`.
 */
export interface CaptureReader {
  /** The file. */
  readonly bytes: Uint8Array;
  /** Where the packet begins in `bytes`. */
  readonly offset: number;
  /** Where the packet ends in `bytes` (exclusive). */
  readonly end: number;
  /** How long the packet was on the wire, in bytes; more than was kept when the capture cut it. */
  readonly originalLength: number;
  /** When it was captured: milliseconds since 1970 with fractions, exact to about 0.25 µs. */
  readonly time: number;
  /** The whole seconds of the time, since 1970. */
  readonly seconds: number;
  /** The rest of the time, in nanoseconds, 0 to 999,999,999. */
  readonly nanoseconds: number;
  /** Which interface of the capture it was seen on; an index from 0. */
  readonly interfaceId: number;
  /** What its first bytes are, see {@linkcode LinkType}. */
  readonly linkType: number;
  /** Which way it went. */
  readonly direction: Direction;
  /**
   * Moves on to the next packet.
   *
   * @returns Whether there is one.
   * @throws {SyntaxError} When the file is damaged from here on; what came before was good.
   */
  next(): boolean;
}

/**
 * The carrier: one reusable object that holds a frame, and what the layers tell each other about it.
 *
 * @module
 */
import * as checksum from "./checksum.ts";
import { allocate, type Block, release } from "./memory.ts";
import * as memory from "./memory.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const foldSum = checksum.foldSum;
const pseudoHeaderSum = checksum.pseudoHeaderSum;
const sumBytes = checksum.sumBytes;
const copyBytes = memory.copyBytes;
const sumSlab = memory.sumSlab;

/** Where the checksum lies in a UDP header (RFC 768). */
const udpChecksumOffset = 6;

/**
 * A frame and its facts. On the way up each layer fills in what the next one needs; on the way down
 * the upper layer says where the frame is to go and the lower ones write the headers.
 */
export class Packet {
  /**
   * Bytes kept free before the frame for a header that only the device knows. Ten is the length of
   * `virtio_net_hdr`, and puts the IP header of an Ethernet frame on a multiple of four.
   */
  static readonly headroom = 10;

  /** The frame's buffer: `bytes[0…length)` is the frame. */
  declare readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same, for headers: a number of four bytes is one access in place of four. */
  declare readonly view: DataView<ArrayBuffer>;
  /** Where `bytes` begins in the slab, -1 when outside. */
  declare readonly address: number;
  /** The headroom and the frame's buffer as one view, for devices. */
  declare readonly room: Uint8Array<ArrayBuffer>;

  /** The frame's length in bytes. */
  length = 0;

  /**
   * Which of the stack's interfaces the frame came in by or goes out of; an index from 0. Who writes a datagram may
   * name the interface it is to leave by; -1 leaves that to the routes.
   */
  interfaceIndex = 0;
  /** Whether the frame is addressed to a link-layer broadcast or multicast address. */
  isLinkBroadcast = false;
  /** Whether the frame is addressed to another station, and was taken as the link is promiscuous; ingress only. */
  isLinkForeign = false;
  /** The IPv4 address of the neighbour that gets the frame next, host order; egress only. */
  nextHop = 0;

  /** IP version, 4 or 6. */
  ipVersion = 4;
  /** Where the IP header begins in `bytes`. */
  networkOffset = 0;
  /** Source IPv4 address, host order. 0 on egress lets the IP layer choose. */
  source = 0;
  /** Destination IPv4 address, host order. */
  destination = 0;
  /** Source port of UDP; 0 on egress means the sending node's own. */
  sourcePort = 0;
  /** Destination port of UDP. */
  destinationPort = 0;
  /** IPv4 time to live; 0 on egress means the stack's default. */
  hopLimit = 0;
  /** DSCP (upper six bits) and ECN (lower two), the type-of-service octet. */
  trafficClass = 0;
  /** Whether routers may fragment the datagram; egress only. */
  mayFragment = false;
  /** The IP protocol number of the payload, where the node that writes it speaks several. */
  protocol = 0;
  /**
   * How many bytes of IPv4 options stand before the transport header, written by the transport's node: a
   * multiple of four up to 40, 0 for none; egress only.
   */
  optionsLength = 0;
  /** Whether we get a copy ourselves of a multicast or broadcast that is sent, where we listen to it; egress only. */
  loopsBack = false;
  /**
   * Whether the source stays 0.0.0.0, as the sender has no address yet (RFC 1122 §3.2.1.3 (a)); only for what is sent
   * to everybody by a named interface, egress only.
   */
  isUnspecified = false;

  /** Whether the device vouches for the transport checksum; ingress only. */
  checksumVerified = false;
  /** From where the transport checksum is to be summed; 0 when it is complete. */
  checksumStart = 0;
  /** Where the checksum field lies, relative to `checksumStart`. */
  checksumOffset = 0;
  /** Payload bytes in each segment of a super-segment, 0 when the frame is a single segment. */
  segmentSize = 0;

  readonly #block: Block;

  /**
   * Takes memory for one frame; {@linkcode Packet.release} gives it back.
   *
   * @param capacity The longest frame, in bytes.
   */
  constructor(capacity: number) {
    const block = allocate(capacity + Packet.headroom);
    this.#block = block;
    this.room = block.bytes;
    const bytes = block.bytes.subarray(Packet.headroom);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.address = block.address < 0 ? -1 : block.address + Packet.headroom;
  }

  /** Forgets all facts, so that the packet can be filled again. */
  clear(): void {
    this.length = 0;
    this.interfaceIndex = 0;
    this.isLinkBroadcast = false;
    this.isLinkForeign = false;
    this.nextHop = 0;
    this.ipVersion = 4;
    this.networkOffset = 0;
    this.source = 0;
    this.destination = 0;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.hopLimit = 0;
    this.trafficClass = 0;
    this.mayFragment = false;
    this.protocol = 0;
    this.optionsLength = 0;
    this.loopsBack = false;
    this.isUnspecified = false;
    this.checksumVerified = false;
    this.checksumStart = 0;
    this.checksumOffset = 0;
    this.segmentSize = 0;
  }

  /**
   * Becomes a copy of another packet: bytes, length and facts.
   *
   * @throws {RangeError} When the other frame is longer than this packet's capacity.
   */
  copyFrom(other: Packet): void {
    if (other.length > this.bytes.length) {
      throw new RangeError(
        `Cannot copy frame of ${other.length} bytes into a packet of ${this.bytes.length}`,
      );
    }
    copyBytes(other.bytes, other.address, 0, this.bytes, this.address, 0, other.length);
    this.length = other.length;
    this.interfaceIndex = other.interfaceIndex;
    this.isLinkBroadcast = other.isLinkBroadcast;
    this.isLinkForeign = other.isLinkForeign;
    this.nextHop = other.nextHop;
    this.ipVersion = other.ipVersion;
    this.networkOffset = other.networkOffset;
    this.source = other.source;
    this.destination = other.destination;
    this.sourcePort = other.sourcePort;
    this.destinationPort = other.destinationPort;
    this.hopLimit = other.hopLimit;
    this.trafficClass = other.trafficClass;
    this.mayFragment = other.mayFragment;
    this.protocol = other.protocol;
    this.optionsLength = other.optionsLength;
    this.loopsBack = other.loopsBack;
    this.isUnspecified = other.isUnspecified;
    this.checksumVerified = other.checksumVerified;
    this.checksumStart = other.checksumStart;
    this.checksumOffset = other.checksumOffset;
    this.segmentSize = other.segmentSize;
  }

  /**
   * One's complement sum over a range of the frame.
   *
   * @param offset Where to begin.
   * @param end Where to stop (exclusive).
   * @param initial A partial sum to add to.
   * @returns The sum, folded to 16 bits.
   */
  sum(offset: number, end: number, initial: number): number {
    return this.address >= 0
      ? sumSlab(this.address + offset, end - offset, initial)
      : sumBytes(this.bytes, offset, end, initial);
  }

  /**
   * Whether the transport checksum over `[offset, end)` and the pseudo header holds, or the device
   * has vouched for it.
   *
   * @param protocol The IP protocol number.
   */
  verifyTransport(protocol: number, offset: number, end: number): boolean {
    if (this.checksumVerified) return true;
    const pseudo = pseudoHeaderSum(this.source, this.destination, protocol, end - offset);
    return this.sum(offset, end, pseudo) === 0xffff;
  }

  /**
   * Leaves the transport checksum to the device, or to {@linkcode Packet.completeChecksum}: writes
   * the pseudo header's sum into the field, as Linux's `CHECKSUM_PARTIAL` has it. `source` and
   * `destination` must be set.
   *
   * @param protocol The IP protocol number.
   * @param offset Where the transport header begins.
   * @param length Of transport header and payload, in bytes.
   * @param field Where the checksum field lies in the transport header.
   */
  startChecksum(protocol: number, offset: number, length: number, field: number): void {
    const pseudo = pseudoHeaderSum(this.source, this.destination, protocol, length);
    this.view.setUint16(offset + field, foldSum(pseudo));
    this.checksumStart = offset;
    this.checksumOffset = field;
  }

  /** Finishes a checksum that {@linkcode Packet.startChecksum} began. `length` must be set. */
  completeChecksum(): void {
    const start = this.checksumStart;
    if (start === 0) return;
    const value = ~this.sum(start, this.length, 0) & 0xffff;
    // RFC 768: a UDP checksum that comes out as zero is sent as all ones. TCP's stays zero: the same number to who
    // adds it up, but all ones cannot come out of a sum that is not empty (RFC 1624 §3), and analysers complain of it.
    const isUdp = this.checksumOffset === udpChecksumOffset;
    this.view.setUint16(start + this.checksumOffset, value === 0 && isUdp ? 0xffff : value);
    this.checksumStart = 0;
  }

  /** Gives the memory back. The packet must not be used afterwards. */
  release(): void {
    release(this.#block);
  }
}

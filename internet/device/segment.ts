/**
 * Cuts a TCP super-segment into the segments that go on a wire, as a card with segmentation offload
 * (or Linux's GSO) does: headers repeated, IPv4 identification and TCP sequence number counted on, PSH and FIN
 * on the last segment only, CWR on the first only, checksums complete. A UDP super-datagram is cut into datagrams.
 *
 * @module
 */
import {
  checksum,
  copyBytes,
  type Packet,
  readU16,
  readU32,
  sumBytes,
  writeU16,
  writeU32,
} from "@octet/wire";
import type { LinkKind } from "./device.ts";
import { copyFrame } from "./packet_pool.ts";
import { SegmentLayout } from "./segment_layout.ts";

const protocolTcp = 6;
const protocolUdp = 17;
const flagFin = 0x01;
const flagPsh = 0x08;
const flagCwr = 0x80;

/**
 * A cutter for one super-segment at a time. It allocates nothing: `reset` with the frame, then `next` with a packet for
 * each piece until it says there is no more. The frame must stay as it is meanwhile.
 *
 * @example
 * ```ts
 * import { Segmenter } from "@octet/internet";
 * import { Packet } from "@octet/wire";
 * import { assert } from "@std/assert";
 *
 * const frame = new Packet(1514);
 * frame.length = 60; // Not a super-segment: it comes out as it is, once.
 * const piece = new Packet(1514);
 * const segmenter = new Segmenter();
 * assert(segmenter.reset(frame, "ethernet"));
 * assert(segmenter.next(piece));
 * assert(!segmenter.next(piece));
 * ```
 */
export class Segmenter {
  readonly #layout = new SegmentLayout();
  #frame: Packet | null = null;
  #isWhole = false;
  #at = 0;
  #index = 0;
  #flags = 0;

  /**
   * Begins with a frame. One without `segmentSize`, or whose payload fits in one segment, comes out as one piece, a
   * copy with its facts.
   *
   * @param frame The frame.
   * @param link What the frame is.
   * @returns `false` when `segmentSize` is set on what is neither TCP nor UDP, and nothing can be done with it.
   */
  reset(frame: Packet, link: LinkKind): boolean {
    this.#frame = frame;
    this.#index = 0;
    this.#isWhole = frame.segmentSize === 0;
    if (this.#isWhole) return true;
    const layout = this.#layout;
    if (!layout.reset(frame, link)) {
      this.#frame = null;
      return false;
    }
    this.#at = layout.payloadOffset;
    this.#flags = layout.isUdp ? 0 : frame.bytes[layout.transportOffset + 13]!;
    this.#isWhole = layout.payloadEnd - layout.payloadOffset <= frame.segmentSize;
    return true;
  }

  /**
   * Writes the next piece.
   *
   * @param piece Where it goes; only bytes, length and the offload facts are set.
   * @returns `false` when there is no more.
   */
  next(piece: Packet): boolean {
    const frame = this.#frame;
    if (frame === null) return false;
    if (this.#isWhole) {
      this.#frame = null;
      copyFrame(frame, piece);
      piece.segmentSize = 0;
      return true;
    }
    const { payloadOffset, payloadEnd, isUdp } = this.#layout;
    const start = this.#at;
    const length = Math.min(frame.segmentSize, payloadEnd - start);
    const isLast = start + length === payloadEnd;
    copy(frame, 0, piece, 0, payloadOffset);
    copy(frame, start, piece, payloadOffset, length);
    piece.length = payloadOffset + length;

    if (!isUdp) this.#finishTcp(frame, piece, start - payloadOffset, isLast);
    this.#finishHeaders(piece);

    piece.checksumVerified = frame.checksumVerified;
    piece.checksumStart = 0;
    piece.checksumOffset = 0;
    piece.segmentSize = 0;
    this.#at = start + length;
    this.#index++;
    if (isLast) this.#frame = null;
    return true;
  }

  /** Sequence number and flags of the piece. */
  #finishTcp(frame: Packet, piece: Packet, position: number, isLast: boolean): void {
    const tcp = this.#layout.transportOffset;
    writeU32(piece.bytes, tcp + 4, readU32(frame.bytes, tcp + 4) + position);
    let flags = this.#flags;
    if (!isLast) flags &= ~(flagFin | flagPsh);
    if (this.#index > 0) flags &= ~flagCwr;
    piece.bytes[tcp + 13] = flags;
  }

  /** Lengths, identification and checksums of the piece. */
  #finishHeaders(piece: Packet): void {
    const { networkOffset: ip, transportOffset: transport, ipVersion, isUdp } = this.#layout;
    const { bytes, length } = piece;
    if (ipVersion === 4) {
      writeU16(bytes, ip + 2, length - ip);
      writeU16(bytes, ip + 4, readU16(bytes, ip + 4) + this.#index);
      writeU16(bytes, ip + 10, 0);
      writeU16(bytes, ip + 10, checksum(bytes, ip, transport));
    } else writeU16(bytes, ip + 4, length - transport);
    if (isUdp) writeU16(bytes, transport + 4, length - transport);
    // The pseudo header: both addresses, the protocol, the length (RFC 9293 §3.1, RFC 768, RFC 8200 §8.1).
    const addresses = ipVersion === 4 ? ip + 12 : ip + 8;
    const protocol = isUdp ? protocolUdp : protocolTcp;
    const pseudo = sumBytes(bytes, addresses, addressesEnd(addresses, ipVersion), protocol) +
      (length - transport);
    const field = transport + (isUdp ? 6 : 16);
    writeU16(bytes, field, 0);
    const value = ~piece.sum(transport, length, pseudo) & 0xffff;
    writeU16(bytes, field, value === 0 && isUdp ? 0xffff : value);
  }
}

function addressesEnd(start: number, ipVersion: number): number {
  return start + (ipVersion === 4 ? 8 : 32);
}

function copy(
  from: Packet,
  fromOffset: number,
  to: Packet,
  toOffset: number,
  length: number,
): void {
  copyBytes(from.bytes, from.address, fromOffset, to.bytes, to.address, toOffset, length);
}

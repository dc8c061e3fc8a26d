/**
 * Where the headers of a TCP super-segment or a UDP super-datagram lie, for those who cut it or have it cut.
 *
 * @module
 */
import { type Packet, readU16 } from "@octet/wire";
import type { LinkKind } from "./device.ts";

const ethernetHeader = 14;
const ethertypeIpv4 = 0x0800;
const ethertypeIpv6 = 0x86dd;
const ethertypeVlan = 0x8100;
const protocolTcp = 6;
const protocolUdp = 17;
const udpHeader = 8;

/** The offsets of one frame's headers. One object is reused for all frames. */
export class SegmentLayout {
  /** IP version, 4 or 6. */
  ipVersion = 4;
  /** Where the IP header begins. */
  networkOffset = 0;
  /** Whether it is UDP; else it is TCP. */
  isUdp = false;
  /** Where the TCP or UDP header begins. */
  transportOffset = 0;
  /** Where the payload of TCP or UDP begins. */
  payloadOffset = 0;
  /** Where the payload of TCP or UDP stops (exclusive): the IP packet's end, link padding left out. */
  payloadEnd = 0;

  /**
   * Finds the headers.
   *
   * @param packet The frame.
   * @param link What the frame is.
   * @returns `false` when it is not a whole TCP segment or UDP datagram in one unfragmented IP packet without IPv6 extension headers.
   */
  reset(packet: Packet, link: LinkKind): boolean {
    const { bytes, length } = packet;
    let at = 0;
    if (link === "ethernet") {
      at = ethernetHeader;
      if (length < at + 4) return false;
      let etherType = readU16(bytes, 12);
      if (etherType === ethertypeVlan) {
        etherType = readU16(bytes, 16);
        at = ethernetHeader + 4;
      }
      if (etherType !== ethertypeIpv4 && etherType !== ethertypeIpv6) return false;
    }
    if (length < at + 20) return false;
    this.networkOffset = at;
    this.ipVersion = bytes[at]! >>> 4;
    let protocol: number;
    if (this.ipVersion === 4) {
      if ((readU16(bytes, at + 6) & 0x3fff) !== 0) return false;
      protocol = bytes[at + 9]!;
      this.transportOffset = at + (bytes[at]! & 15) * 4;
      this.payloadEnd = at + readU16(bytes, at + 2);
      if (this.transportOffset < at + 20) return false;
    } else if (this.ipVersion === 6) {
      if (length < at + 40) return false;
      protocol = bytes[at + 6]!;
      this.transportOffset = at + 40;
      this.payloadEnd = at + 40 + readU16(bytes, at + 4);
    } else return false;
    this.isUdp = protocol === protocolUdp;
    if (this.isUdp) {
      this.payloadOffset = this.transportOffset + udpHeader;
      return this.payloadEnd <= length && this.payloadOffset <= this.payloadEnd;
    }
    if (protocol !== protocolTcp) return false;
    if (this.transportOffset + 20 > length || this.payloadEnd > length) return false;
    const headerLength = (bytes[this.transportOffset + 12]! >>> 4) * 4;
    this.payloadOffset = this.transportOffset + headerLength;
    return headerLength >= 20 && this.payloadOffset <= this.payloadEnd;
  }
}

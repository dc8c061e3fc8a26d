/**
 * Where the headers of a TCP super-segment lie, for those who cut it or have it cut.
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

/** The offsets of one frame's headers. One object is reused for all frames. */
export class TcpLayout {
  /** IP version, 4 or 6. */
  ipVersion = 4;
  /** Where the IP header begins. */
  networkOffset = 0;
  /** Where the TCP header begins. */
  transportOffset = 0;
  /** Where the TCP payload begins. */
  payloadOffset = 0;
  /** Where the TCP payload stops (exclusive): the IP packet's end, link padding left out. */
  payloadEnd = 0;

  /**
   * Finds the headers.
   *
   * @param packet The frame.
   * @param link What the frame is.
   * @returns `false` when it is not a whole TCP segment in one unfragmented IP packet without IPv6 extension headers.
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
    if (this.ipVersion === 4) {
      if (bytes[at + 9] !== protocolTcp || (readU16(bytes, at + 6) & 0x3fff) !== 0) return false;
      this.transportOffset = at + (bytes[at]! & 15) * 4;
      this.payloadEnd = at + readU16(bytes, at + 2);
      if (this.transportOffset < at + 20) return false;
    } else if (this.ipVersion === 6) {
      if (length < at + 40 || bytes[at + 6] !== protocolTcp) return false;
      this.transportOffset = at + 40;
      this.payloadEnd = at + 40 + readU16(bytes, at + 4);
    } else return false;
    if (this.transportOffset + 20 > length || this.payloadEnd > length) return false;
    const headerLength = (bytes[this.transportOffset + 12]! >>> 4) * 4;
    this.payloadOffset = this.transportOffset + headerLength;
    return headerLength >= 20 && this.payloadOffset <= this.payloadEnd;
  }
}

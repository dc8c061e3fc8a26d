/**
 * Takes packets apart, from the link layer to the application's message: as far as the bytes
 * validate, and no further.
 *
 * @module
 */
import { ArpFrame } from "@octet/arp/frame";
import { EtherType } from "@octet/ethernet/ether-type";
import { EthernetFrame } from "@octet/ethernet/frame";
import { Icmpv4Frame } from "@octet/icmpv4/frame";
import { isIcmpv4Error } from "@octet/icmpv4/message-type";
import { Ipv4Frame } from "@octet/ipv4/frame";
import { Ipv4Options } from "@octet/ipv4/options";
import { TcpFrame } from "@octet/tcp/frame";
import { TcpOption, TcpOptionCursor } from "@octet/tcp/options";
import { UdpFrame } from "@octet/udp/frame";
import { readU16, Verdict } from "@octet/wire";
import { ApplicationDissector } from "./_dissect_application.ts";
import { LinkType } from "./capture_format.ts";
import { Dissection } from "./dissection.ts";
import { fieldId, Protocol } from "./field_table.ts";

const arpSenderMac = fieldId("arp.src.hw_mac");
const arpSenderOther = fieldId("arp.src.hw");
const ipOptions = fieldId("ip.options");
const icmpIdentifier = fieldId("icmp.ident");
const icmpSequence = fieldId("icmp.seq");
const icmpMtu = fieldId("icmp.mtu");
const icmpGateway = fieldId("icmp.redir_gw");
const icmpPointer = fieldId("icmp.pointer");
const tcpSourcePort = fieldId("tcp.srcport");
const tcpMss = fieldId("tcp.options.mss_val");
const tcpWindowScale = fieldId("tcp.options.wscale.shift");
const tcpSackPermitted = fieldId("tcp.options.sack_perm");
const tcpSack = fieldId("tcp.options.sack");
const tcpTimestamp = fieldId("tcp.options.timestamp.tsval");
const tcpTimestampEcho = fieldId("tcp.options.timestamp.tsecr");
const tcpOther = fieldId("tcp.options.unknown");
const payloadEtherType = fieldId("payload.ethertype");
const payloadProtocol = fieldId("payload.protocol");

/**
 * Takes packets apart. One object serves any number of packets; nothing is allocated for one.
 *
 * @example
 * ```ts
 * import { Dissector, fieldId, Protocol } from "@octet/pcap";
 * import { assertEquals } from "@std/assert";
 *
 * const frame = new Uint8Array(42);
 * frame.set([0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1], 12);
 * const dissector = new Dissector();
 * dissector.dissect(frame, 0, frame.length);
 * const packet = dissector.packet;
 * assertEquals(packet.layerProtocols[1], Protocol.Arp);
 * assertEquals(packet.number(packet.find(fieldId("arp.opcode"))), 1);
 * ```
 */
export class Dissector {
  /** The packet last taken apart; the next one takes its place. */
  readonly packet: Dissection = new Dissection();

  readonly #ethernet: EthernetFrame = new EthernetFrame();
  readonly #arp: ArpFrame = new ArpFrame();
  readonly #ipv4: Ipv4Frame = new Ipv4Frame();
  readonly #ipv4Options: Ipv4Options = new Ipv4Options();
  readonly #icmp: Icmpv4Frame = new Icmpv4Frame();
  readonly #udp: UdpFrame = new UdpFrame();
  readonly #tcp: TcpFrame = new TcpFrame();
  readonly #tcpOptions: TcpOptionCursor = new TcpOptionCursor();
  readonly #application: ApplicationDissector = new ApplicationDissector(this.packet);

  /**
   * Takes a packet apart; the result is {@linkcode Dissector.packet}.
   *
   * @param bytes The buffer.
   * @param offset Where the packet begins.
   * @param end Where it ends (exclusive).
   * @param linkType What it begins with, see {@linkcode LinkType}; Ethernet when left out.
   * @returns Ok, or what was wrong with the first layer that is malformed.
   */
  dissect(bytes: Uint8Array, offset: number, end: number, linkType: number = 1): Verdict {
    const packet = this.packet;
    packet.reset(bytes, offset, end);
    switch (linkType) {
      case LinkType.Ethernet:
        this.#ethernetFrame(bytes, offset, end);
        break;
      case LinkType.Raw:
      case LinkType.Ipv4:
      case LinkType.Ipv6:
        if (offset < end && bytes[offset]! >>> 4 === 6) this.#ipv6Packet(bytes, offset, end);
        else this.#ipv4Packet(bytes, offset, end);
        break;
      default:
        this.#payload(offset, end);
        break;
    }
    return packet.verdict;
  }

  #payload(offset: number, end: number): void {
    if (end > offset) this.packet.addLayer(Protocol.Payload, offset, end - offset);
  }

  /** Bytes whose protocol number nobody knows; `at` is where the number stands. */
  #unknown(offset: number, end: number, field: number, at: number, length: number): void {
    this.packet.addLayer(Protocol.Payload, offset, end - offset);
    this.packet.addField(field, at, length);
  }

  /** A layer whose header does not validate: no field of it can be read. */
  #malformed(protocol: Protocol, offset: number, verdict: Verdict): void {
    this.packet.addLayer(protocol, offset, 0);
    this.packet.fail(verdict);
  }

  #ethernetFrame(bytes: Uint8Array, offset: number, end: number): void {
    const frame = this.#ethernet;
    frame.reset(bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) return this.#malformed(Protocol.Ethernet, offset, verdict);
    const packet = this.packet;
    packet.addHeader(Protocol.Ethernet, offset, 14);
    const payload = frame.payloadOffset;
    for (let at = offset + 14; at < payload; at += 4) packet.addHeader(Protocol.Vlan, at, 4);
    const type = frame.etherType;
    if (type === EtherType.Ipv4) this.#ipv4Packet(bytes, payload, end);
    else if (type === EtherType.Arp) this.#arpPacket(bytes, payload, end);
    else if (type === EtherType.Ipv6) this.#ipv6Packet(bytes, payload, end);
    else if (type === 0) this.#payload(payload, frame.payloadEnd);
    else this.#unknown(payload, frame.payloadEnd, payloadEtherType, payload - 2, 2);
  }

  #arpPacket(bytes: Uint8Array, offset: number, end: number): void {
    const frame = this.#arp;
    frame.reset(bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) return this.#malformed(Protocol.Arp, offset, verdict);
    const packet = this.packet;
    packet.addHeader(Protocol.Arp, offset, frame.payloadEnd - offset);
    const first = frame.isEthernetIpv4 ? arpSenderMac : arpSenderOther;
    const hardware = frame.hardwareLength;
    const protocol = frame.protocolLength;
    packet.addField(first, frame.senderHardwareOffset, hardware);
    packet.addField(first + 1, frame.senderProtocolOffset, protocol);
    packet.addField(first + 2, frame.targetHardwareOffset, hardware);
    packet.addField(first + 3, frame.targetProtocolOffset, protocol);
  }

  #ipv4Packet(bytes: Uint8Array, offset: number, end: number): void {
    const frame = this.#ipv4;
    frame.reset(bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) return this.#malformed(Protocol.Ipv4, offset, verdict);
    this.#ipv4Header(bytes, offset, frame.payloadOffset);
    // More fragments, or not the first: the transport header's lengths speak of the whole datagram.
    if (frame.isFragment) {
      this.#fragment(bytes, offset, frame.payloadOffset, frame.payloadEnd);
    } else {
      this.#transport(frame.protocol, bytes, frame.payloadOffset, frame.payloadEnd, offset + 9);
    }
  }

  #ipv4Header(bytes: Uint8Array, offset: number, payload: number): void {
    const packet = this.packet;
    packet.addHeader(Protocol.Ipv4, offset, payload - offset);
    if (payload - offset === 20) return;
    packet.addField(ipOptions, offset + 20, payload - offset - 20);
    const options = this.#ipv4Options;
    options.reset(bytes, offset + 20, payload);
    while (options.next());
    if (options.verdict !== Verdict.Ok) packet.fail(options.verdict);
  }

  /** A piece of a datagram: of a first one the ports can be read, all else is payload. */
  #fragment(bytes: Uint8Array, offset: number, payload: number, end: number): void {
    const packet = this.packet;
    const protocol = bytes[offset + 9]!;
    const isFirst = (readU16(bytes, offset + 6) & 0x1fff) === 0;
    let length = 0;
    if (isFirst && protocol === 17 && end - payload >= 8) {
      length = 8;
      packet.addHeader(Protocol.Udp, payload, length);
    } else if (isFirst && protocol === 6 && end - payload >= 20) {
      length = 20;
      packet.addHeader(Protocol.Tcp, payload, length);
    } else if (isFirst && protocol === 6 && end - payload >= 8) {
      // As much as RFC 792 promises to quote.
      length = 8;
      packet.addLayer(Protocol.Tcp, payload, length);
      packet.addField(tcpSourcePort, payload, 2);
      packet.addField(tcpSourcePort + 1, payload + 2, 2);
      packet.addField(tcpSourcePort + 2, payload + 4, 4);
    } else if (isFirst && protocol === 1 && end - payload >= 8) {
      length = end - payload;
      packet.addHeader(Protocol.Icmp, payload, length);
      this.#echo(bytes, payload);
    } else {
      this.#unknown(payload, end, payloadProtocol, offset + 9, 1);
      return;
    }
    this.#payload(payload + length, end);
  }

  #ipv6Packet(bytes: Uint8Array, offset: number, end: number): void {
    const payload = offset + 40;
    if (payload > end) return this.#malformed(Protocol.Ipv6, offset, Verdict.Short);
    if (bytes[offset]! >>> 4 !== 6) {
      return this.#malformed(Protocol.Ipv6, offset, Verdict.BadVersion);
    }
    const length = readU16(bytes, offset + 4);
    if (length > end - payload) return this.#malformed(Protocol.Ipv6, offset, Verdict.BadLength);
    this.packet.addHeader(Protocol.Ipv6, offset, 40);
    const next = bytes[offset + 6]!;
    // ICMP's number means nothing after IPv6.
    if (next === 1) this.#unknown(payload, payload + length, payloadProtocol, offset + 6, 1);
    else this.#transport(next, bytes, payload, payload + length, offset + 6);
  }

  #transport(protocol: number, bytes: Uint8Array, offset: number, end: number, at: number): void {
    if (protocol === 6) this.#tcpSegment(bytes, offset, end);
    else if (protocol === 17) this.#udpDatagram(bytes, offset, end);
    else if (protocol === 1) this.#icmpMessage(bytes, offset, end);
    else this.#unknown(offset, end, payloadProtocol, at, 1);
  }

  #tcpSegment(bytes: Uint8Array, offset: number, end: number): void {
    const frame = this.#tcp;
    frame.reset(bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) return this.#malformed(Protocol.Tcp, offset, verdict);
    const packet = this.packet;
    const payload = frame.payloadOffset;
    packet.addHeader(Protocol.Tcp, offset, payload - offset);
    if (payload - offset > 20) this.#options(bytes, offset + 20, payload);
    if (payload === end) return;
    if (!this.#application.stream(bytes, payload, end, frame.sourcePort, frame.destinationPort)) {
      this.#payload(payload, end);
    }
  }

  #options(bytes: Uint8Array, offset: number, end: number): void {
    const packet = this.packet;
    const cursor = this.#tcpOptions;
    cursor.reset(bytes, offset, end);
    while (cursor.next()) {
      const at = cursor.dataOffset;
      const length = cursor.dataLength;
      const kind = cursor.kind;
      if (kind === TcpOption.Mss && length === 2) packet.addField(tcpMss, at, 2);
      else if (kind === TcpOption.WindowScale && length === 1) {
        packet.addField(tcpWindowScale, at, 1);
      } else if (kind === TcpOption.SackPermitted && length === 0) {
        packet.addField(tcpSackPermitted, at - 2, 2);
      } else if (kind === TcpOption.Sack) packet.addField(tcpSack, at, length);
      else if (kind === TcpOption.Timestamps && length === 8) {
        packet.addField(tcpTimestamp, at, 4);
        packet.addField(tcpTimestampEcho, at + 4, 4);
      } else packet.addField(tcpOther, at - 2, length + 2);
    }
    if (cursor.verdict !== Verdict.Ok) packet.fail(cursor.verdict);
  }

  #udpDatagram(bytes: Uint8Array, offset: number, end: number): void {
    const frame = this.#udp;
    frame.reset(bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) return this.#malformed(Protocol.Udp, offset, verdict);
    this.packet.addHeader(Protocol.Udp, offset, 8);
    const payload = frame.payloadOffset;
    const payloadEnd = frame.payloadEnd;
    if (payload === payloadEnd) return;
    const from = frame.sourcePort;
    const to = frame.destinationPort;
    if (!this.#application.datagram(bytes, payload, payloadEnd, from, to)) {
      this.#payload(payload, payloadEnd);
    }
  }

  #icmpMessage(bytes: Uint8Array, offset: number, end: number): void {
    const frame = this.#icmp;
    frame.reset(bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) return this.#malformed(Protocol.Icmp, offset, verdict);
    const packet = this.packet;
    const type = frame.type;
    const isError = isIcmpv4Error(type);
    packet.addHeader(Protocol.Icmp, offset, isError ? 8 : end - offset);
    if (isError) {
      if (type === 3 && frame.code === 4) packet.addField(icmpMtu, offset + 6, 2);
      else if (type === 5) packet.addField(icmpGateway, offset + 4, 4);
      else if (type === 12) packet.addField(icmpPointer, offset + 4, 1);
      this.#quoted(bytes, offset + 8, end);
    } else this.#echo(bytes, offset);
  }

  /** What ties an answer to its question, in the types of message that have it. */
  #echo(bytes: Uint8Array, offset: number): void {
    const type = bytes[offset]!;
    if (type !== 0 && type !== 8 && (type < 13 || type > 18)) return;
    this.packet.addField(icmpIdentifier, offset + 4, 2);
    this.packet.addField(icmpSequence, offset + 6, 2);
  }

  /** What an ICMP error quotes: an IPv4 header and at least 8 bytes (RFC 792), its lengths not its own. */
  #quoted(bytes: Uint8Array, offset: number, end: number): void {
    const header = offset < end ? (bytes[offset]! & 15) * 4 : 0;
    if (end - offset < 20 || bytes[offset]! >>> 4 !== 4 || header < 20 || header > end - offset) {
      return this.#payload(offset, end);
    }
    const payload = offset + header;
    this.#ipv4Header(bytes, offset, payload);
    if (payload < end) this.#fragment(bytes, offset, payload, end);
  }
}

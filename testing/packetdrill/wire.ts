/**
 * Packets as bytes: what a script injects is built, what the stack sends is taken apart.
 *
 * @module
 */
import { encodeIcmpv4, Icmpv4Frame } from "@octet/icmpv4";
import { encodeIpv4, Ipv4Frame } from "@octet/ipv4";
import { encodeTcp, TcpFlag, TcpFrame } from "@octet/tcp";
import { checksum, pseudoHeaderSum, Verdict, writeU16, writeU32 } from "@octet/wire";
import type { IcmpPacket, IpInfo, TcpOptionSpec, TcpPacket } from "./ast.ts";
import type { RunConfig } from "./config.ts";
import { Mismatch, Unsupported } from "./errors.ts";
import type { Flow } from "./flow.ts";
import { decodeOptions, encodeOptions } from "./options.ts";
import { streamBytes } from "./payload.ts";

/** A segment that the stack has sent, with the numbers of the wire. */
export interface SentSegment {
  /** When, in microseconds of the script. */
  readonly time: number;
  /** The type-of-service octet. */
  readonly trafficClass: number;
  /** Time to live. */
  readonly timeToLive: number;
  /** Our port. */
  readonly localPort: number;
  /** The peer's port. */
  readonly remotePort: number;
  /** Sequence number, unsigned. */
  readonly sequence: number;
  /** Acknowledgement number, unsigned. */
  readonly ack: number;
  /** Flags; bit 8 is AE. */
  readonly flags: number;
  /** Window field. */
  readonly window: number;
  /** Urgent pointer. */
  readonly urgentPointer: number;
  /** Options; `null` when a length among them is wrong. */
  readonly options: readonly TcpOptionSpec[] | null;
  /** Payload. */
  readonly payload: Uint8Array;
}

/** An ICMP message that the stack has sent. */
export interface SentIcmp {
  /** When, in microseconds of the script. */
  readonly time: number;
  /** The type. */
  readonly type: number;
  /** The code. */
  readonly code: number;
}

const maxPayload = 65_535 - 60;

/** Builds a segment to be injected, as a datagram. */
export function buildSegment(
  packet: TcpPacket,
  flow: Flow,
  config: RunConfig,
): Uint8Array<ArrayBuffer> {
  const isSyn = (packet.flags & TcpFlag.Syn) !== 0;
  const hasAck = (packet.flags & TcpFlag.Ack) !== 0;
  const offset = flow.localOffset(isSyn);
  const [sourcePort, destinationPort] = packet.ports ?? [flow.remotePort, flow.localPort];
  const { start, length } = packet.sequence;
  if (length > maxPayload) throw new Unsupported(`a payload of ${length} bytes`);
  const segment = encodeTcp({
    sourcePort,
    destinationPort,
    sequence: start + flow.remoteOffset(isSyn),
    acknowledgment: hasAck ? packet.ack + offset : packet.ack,
    flags: packet.flags & 0xff,
    window: packet.window ?? 0,
    urgentPointer: packet.urgentPointer,
    options: encodeOptions(
      (packet.options ?? []).map((option) => toLive(option, flow, offset, hasAck, config)),
    ),
    payload: streamBytes(isSyn ? 0 : start - 1, length),
  });
  if ((packet.flags & 0x100) !== 0) segment[12]! |= 1;
  const { remoteAddress: source, localAddress: destination } = config;
  const pseudo = pseudoHeaderSum(source, destination, 6, segment.length);
  writeU16(segment, 16, checksum(segment, 0, segment.length, pseudo));
  return encodeIpv4({
    source,
    destination,
    protocol: 6,
    trafficClass: trafficClassOf(packet.ip),
    dontFragment: true,
    payload: segment,
    ...(packet.ip.ttl === undefined ? {} : { timeToLive: packet.ip.ttl }),
  });
}

function trafficClassOf(ip: IpInfo): number {
  if (ip.tos !== undefined) return ip.tos;
  return typeof ip.ecn === "number" ? ip.ecn : 0;
}

function toLive(
  option: TcpOptionSpec,
  flow: Flow,
  offset: number,
  hasAck: boolean,
  config: RunConfig,
): TcpOptionSpec {
  if (option.kind === "sack") {
    const blocks = option.blocks.map(([left, right]) => [left + offset, right + offset] as const);
    return { kind: "sack", blocks };
  }
  if (option.kind !== "TS" || !hasAck) return option;
  const echo = flow.echoToLive(option.echo, config.scalesEcho);
  if (echo === undefined) {
    throw new Mismatch(
      "no segment was sent with the timestamp to echo",
      `a TS val ${option.echo} before`,
      "none",
    );
  }
  return { ...option, echo };
}

const icmpTypes: Readonly<Record<string, number>> = {
  echo_reply: 0,
  unreachable: 3,
  source_quench: 4,
  redirect: 5,
  echo_request: 8,
  time_exceeded: 11,
  parameter_problem: 12,
};

const icmpCodes: Readonly<Record<string, number>> = {
  "": 0,
  net_unreachable: 0,
  host_unreachable: 1,
  protocol_unreachable: 2,
  port_unreachable: 3,
  frag_needed: 4,
  source_route_failed: 5,
  net_unknown: 6,
  host_unknown: 7,
  source_host_isolated: 8,
  net_prohibited: 9,
  host_prohibited: 10,
  net_unreachable_tos: 11,
  host_unreachable_tos: 12,
  packet_filtered: 13,
  communication_prohibited: 13,
  host_precedence_violation: 14,
  precedence_cutoff: 15,
};

/** The numbers of an ICMP message. */
export function icmpNumbers(packet: IcmpPacket): { type: number; code: number } {
  const type = icmpTypes[packet.type];
  const code = icmpCodes[packet.code];
  if (type === undefined) throw new Unsupported(`ICMP type ${packet.type}`);
  if (code === undefined) throw new Unsupported(`ICMP code ${packet.code}`);
  return { type, code };
}

/** Builds an ICMP message about a segment of ours, as a datagram. */
export function buildIcmp(
  packet: IcmpPacket,
  flow: Flow,
  config: RunConfig,
): Uint8Array<ArrayBuffer> {
  const { localAddress, remoteAddress } = config;
  // Eight octets of the segment are all that RFC 792 promises.
  const quoted = new Uint8Array(8);
  writeU16(quoted, 0, flow.localPort);
  writeU16(quoted, 2, flow.remotePort);
  writeU32(quoted, 4, packet.quoted.start + flow.localOffset(false));
  const quote = encodeIpv4({
    source: localAddress,
    destination: remoteAddress,
    protocol: 6,
    dontFragment: true,
    payload: quoted,
  });
  const inner = new Ipv4Frame();
  inner.reset(quote, 0, quote.length);
  inner.totalLength = 40 + packet.quoted.length;
  inner.updateChecksum();
  return encodeIpv4({
    source: remoteAddress,
    destination: localAddress,
    protocol: 1,
    payload: encodeIcmpv4({ ...icmpNumbers(packet), info: packet.mtu, payload: quote }),
  });
}

/** Takes a datagram apart that the stack has sent; `null` when it is neither TCP nor ICMP. */
export function parseSent(
  bytes: Uint8Array<ArrayBuffer>,
  time: number,
): SentSegment | SentIcmp | null {
  const ip = new Ipv4Frame();
  ip.reset(bytes, 0, bytes.length);
  const verdict = ip.validate();
  if (verdict !== Verdict.Ok) {
    throw new Mismatch("bad IPv4 header", "a datagram", `verdict ${verdict}`);
  }
  if (ip.protocol === 1) {
    const icmp = new Icmpv4Frame();
    icmp.reset(bytes, ip.payloadOffset, ip.payloadEnd);
    return { time, type: icmp.type, code: icmp.code };
  }
  if (ip.protocol !== 6) return null;
  const length = ip.payloadEnd - ip.payloadOffset;
  const pseudo = pseudoHeaderSum(ip.source, ip.destination, 6, length);
  const sum = checksum(bytes, ip.payloadOffset, ip.payloadEnd, pseudo);
  if (sum !== 0) throw new Mismatch("bad TCP checksum", "0", `${sum}`);
  const tcp = new TcpFrame();
  tcp.reset(bytes, ip.payloadOffset, ip.payloadEnd);
  if (tcp.validate() !== Verdict.Ok) throw new Mismatch("bad TCP header", "a segment", "not one");
  return {
    time,
    trafficClass: ip.trafficClass,
    timeToLive: ip.timeToLive,
    localPort: tcp.sourcePort,
    remotePort: tcp.destinationPort,
    sequence: tcp.sequence >>> 0,
    ack: tcp.acknowledgment >>> 0,
    flags: tcp.flags | ((bytes[ip.payloadOffset + 12]! & 1) << 8),
    window: tcp.window,
    urgentPointer: tcp.urgentPointer,
    options: decodeOptions(bytes, tcp.optionsOffset, tcp.payloadOffset),
    payload: bytes.slice(tcp.payloadOffset, tcp.payloadEnd),
  };
}

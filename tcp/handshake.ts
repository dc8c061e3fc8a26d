/**
 * Opening a connection: active, passive and simultaneous (RFC 9293 §3.5), and what the two sides
 * agree on (RFC 7323, RFC 2018).
 *
 * @module
 */
import { forgetChrono } from "./chrono.ts";
import type { TcpConnection } from "./connection.ts";
import { Ecn } from "./ecn.ts";
import { initialSequence, timestampOffset } from "./isn.ts";
import * as optionsModule from "./options.ts";
import type { Segment } from "./segment.ts";
import type { TcpLink } from "./network.ts";
import type { TcpSettings } from "./settings.ts";
import { TcpError, TcpState } from "./state.ts";
import type { Tcp } from "./tcp.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { maxWindowScale } = optionsModule;
const { None } = TcpError;
const { Established, FinWait1, SynSent } = TcpState;

/** What a peer that announces no MSS is assumed to take (RFC 9293 §3.7.1). */
export const defaultMss = 536;
/** The least MSS that is believed; a smaller one would be an attack on the sender's efficiency (Linux's `TCP_MIN_MSS`). */
export const minMss = 88;
/** Length of IPv4 and TCP headers without options, in bytes. */
export const headersLength = 40;
/** Length of the timestamps option with its padding, in bytes. */
const timestampsLength = 12;

/** The smallest window shift with which 16 bits express `limit` (RFC 7323 §2.3). */
export function windowScaleFor(limit: number): number {
  let scale = 0;
  while (scale < maxWindowScale && limit > 0xffff << scale) scale++;
  return scale;
}

/** Readies a connection for its first segment: addresses and ports are set, everything else starts anew. */
export function prepare(connection: TcpConnection, tcp: Tcp, now: number): void {
  const { localAddress, remoteAddress, localPort, remotePort } = connection;
  connection.tcp = tcp;
  connection.error = None;
  connection.isOrphan = false;
  connection.listener = null;
  connection.lingerUntil = Infinity;
  forgetChrono(connection);
  connection.equip();
  const { sender, receiver, settings } = connection;
  connection.keepAlive.stop();
  connection.timestamps.reset();
  receiver.reset();
  const ports = (localPort << 16) | remotePort;
  sender.open(initialSequence(tcp.hash, localAddress, remoteAddress, ports, now));
  const link = tcp.network.linkTo(remoteAddress);
  sender.path.link = link;
  receiver.ownMss = ownMss(link, settings);
}

/** Says where the clock of the timestamps begins, if they may be used: before a SYN goes out that offers them, or agrees. */
export function startClock({ tcp, timestamps, localAddress, remoteAddress }: TcpConnection): void {
  timestamps.offset = timestampOffset(tcp!.hash, localAddress, remoteAddress);
}

/** Our MSS towards a peer: what the link holds (RFC 9293 §3.7.1), or less where the settings say so. */
export function ownMss(link: TcpLink, settings: TcpSettings): number {
  return Math.min(link.mtu - headersLength, settings.maxSegmentSize);
}

/** The peer's SYN has come, first or in answer to ours. */
export function takeSyn(connection: TcpConnection, segment: Segment, now: number): void {
  const { sender, receiver, settings } = connection;
  receiver.open(segment.sequence);
  receiver.dataAt = now | 0;
  if (segment.hasTimestamps && settings.timestamps) {
    if (connection.isPassive) startClock(connection);
    connection.timestamps.open(segment, now);
  }
  sender.sackPermitted = segment.sackPermitted && settings.sack;
  receiver.scalesWindow = segment.windowScale >= 0 && settings.windowScaling;
  if (receiver.scalesWindow) {
    sender.scale = segment.windowScale;
    receiver.scale = settings.scale;
  }
  agreeOnEcn(connection, segment);
  sender.wnd = segment.window;
  sender.maxWnd = segment.window;
  sender.wl1 = segment.sequence;
  sender.wl2 = segment.acknowledgment;
  startSender(connection, segment.mss, now);
}

/** RFC 3168 §6.1.1: an offer is agreed to, and an agreement taken; a SYN that was sent again offers no more (§6.1.1.1). */
function agreeOnEcn(connection: TcpConnection, segment: Segment): void {
  const { sender, state } = connection;
  sender.ecn.enabled = state === SynSent
    ? connection.settings.ecn === "on" && Ecn.isSetupSynAck(segment.flags)
    : connection.settings.ecn !== "off" && Ecn.isSetupSyn(segment.flags);
}

/** The most we send in a segment: what the peer takes and the path carries, less the options (RFC 6691 §3). */
function startSender(connection: TcpConnection, announced: number, now: number): void {
  const { remoteAddress, timestamps, settings } = connection;
  const link = connection.sender.path.link!;
  const mtu = connection.tcp!.paths.mtu(remoteAddress, link.mtu, now);
  const peerMss = Math.max(announced === 0 ? defaultMss : announced, minMss);
  const options = timestamps.enabled ? timestampsLength : 0;
  const mss = Math.min(peerMss, settings.maxSegmentSize, mtu - headersLength) - options;
  const headers = headersLength + options;
  connection.sender.start(mss, link.maxSegment - headers, headers);
}

/** The handshake is complete. */
export function establish(connection: TcpConnection): void {
  connection.state = connection.sender.finWanted ? FinWait1 : Established;
}

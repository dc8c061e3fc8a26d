/**
 * How a segment of a connection is written: which one, its header, and its options.
 *
 * @module
 */
import type { Packet } from "@octet/wire";
import type { TcpConnection } from "./connection.ts";
import { Ecn, EcnCodepoint } from "./ecn.ts";
import { TcpFlag } from "./frame.ts";
import * as frame from "./frame.ts";
import {
  writeMss,
  writeSackPermitted,
  writeSackPermittedTimestamps,
  writeWindowScale,
} from "./options.ts";
import * as options from "./options.ts";
import { TcpState } from "./state.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { tcpHeaderLength } = frame;
const { writeSack, writeTimestamps } = options;
const { Ect0 } = EcnCodepoint;
const { Ack, Ece, Syn } = TcpFlag;
const { SynSent, TimeWait } = TcpState;

/** How a timestamps option begins: two NOPs, its kind and length (RFC 7323 appendix A). */
const timestampsOption = 0x0101080a;

/** Writes the segment that is to go out next at `offset`; gives its length in bytes, 0 when there is none. */
export function writeNext(
  connection: TcpConnection,
  packet: Packet,
  offset: number,
  now: number,
): number {
  const { sender, receiver, state } = connection;
  if (state === TimeWait) {
    return receiver.ackNow ? writeBare(connection, packet, offset, sender.nxt, now) : 0;
  }
  // Blocks get a segment of their own: on a full one there is no room for them.
  if (receiver.ackNow && receiver.owesSack && sender.sackPermitted) {
    return writeBare(connection, packet, offset, sender.nxt, now);
  }
  if (sender.plan(now)) return writePlanned(connection, packet, offset, now);
  if (sender.timer.windowProbeDue || takesKeepAlive(connection, now)) {
    // An octet that is acknowledged already makes the peer tell its window (RFC 9293 §3.8.4).
    sender.timer.windowProbeDue = false;
    return writeBare(connection, packet, offset, (sender.una - 1) | 0, now);
  }
  if (receiver.ackNow && state !== SynSent) {
    return writeBare(connection, packet, offset, sender.nxt, now);
  }
  return 0;
}

function takesKeepAlive({ keepAlive, settings, sender }: TcpConnection, now: number): boolean {
  return keepAlive.takeProbe(now, settings, sender.flight > 0);
}

function writePlanned(
  connection: TcpConnection,
  packet: Packet,
  offset: number,
  now: number,
): number {
  const { sender } = connection;
  const { outFlags, outLength } = sender;
  const isSyn = (outFlags & Syn) !== 0;
  const isNew = !sender.outAgain;
  const flags = outFlags | (connection.state === SynSent ? 0 : Ack) |
    (isSyn ? synEcnFlags(connection, isNew) : sender.ecn.takeFlags(isNew && outLength > 0));
  // RFC 3168 §6.1.5: what is sent again is not marked, nor is a SYN or a bare acknowledgement.
  if (sender.ecn.enabled && isNew && outLength > 0) packet.trafficClass |= Ect0;
  const headerLength = isSyn
    ? writeSynOptions(connection, packet.bytes, offset, now)
    : writeOptions(connection, packet, offset + tcpHeaderLength, 0, now) + tcpHeaderLength;
  if (outLength > 0) {
    sender.copyPayload(packet.bytes, packet.address, offset + headerLength);
    if (outLength > sender.mss) packet.segmentSize = sender.mss;
  }
  const length = headerLength + outLength;
  writeHeader(connection, packet, offset, headerLength, length, sender.outSequence, flags);
  if (!isNew) {
    connection.tcp!.counters.TcpRetransSegs++;
    const { timestamps } = connection;
    sender.undo.retransmitted(timestamps.value(now), timestamps.enabled);
  }
  sender.sent(now);
  if (isNew && outLength > 0) connection.receiver.answers(now | 0);
  return length;
}

/** An offer in the first SYN alone, as some paths drop it (§6.1.1.1); an agreement in every SYN-ACK. */
function synEcnFlags(connection: TcpConnection, isNew: boolean): number {
  if (connection.state !== SynSent) return connection.sender.ecn.enabled ? Ece : 0;
  return connection.settings.ecn === "on" && isNew ? Ecn.synFlags : 0;
}

function writeBare(
  connection: TcpConnection,
  packet: Packet,
  offset: number,
  sequence: number,
  now: number,
): number {
  const { receiver, sender, timestamps } = connection;
  let blocks = 0;
  if (sender.sackPermitted && receiver.owesSack) {
    blocks = receiver.sackBlocks(timestamps.enabled ? 3 : 4);
  }
  const length = writeOptions(connection, packet, offset + tcpHeaderLength, blocks, now) +
    tcpHeaderLength;
  const flags = Ack | sender.ecn.takeFlags(false);
  writeHeader(connection, packet, offset, length, length, sequence, flags);
  return length;
}

function writeHeader(
  connection: TcpConnection,
  packet: Packet,
  offset: number,
  headerLength: number,
  length: number,
  sequence: number,
  flags: number,
): void {
  const { view } = packet;
  const { receiver } = connection;
  const isSyn = (flags & Syn) !== 0;
  view.setInt32(offset, (connection.localPort << 16) | connection.remotePort);
  view.setInt32(offset + 4, sequence | 0);
  view.setInt32(offset + 8, (flags & Ack) === 0 ? 0 : receiver.nxt);
  view.setInt32(offset + 12, (headerLength << 26) | (flags << 16) | receiver.advertise(isSyn));
  view.setInt32(offset + 16, 0);
  const { sender } = connection;
  packet.hopLimit = sender.hopLimit;
  packet.trafficClass |= sender.trafficClass;
  packet.source = connection.localAddress;
  packet.destination = connection.remoteAddress;
  packet.startChecksum(6, offset, length, 16);
  const { counters } = connection.tcp!;
  const count = packet.segmentSize === 0
    ? 1
    : Math.ceil((length - headerLength) / packet.segmentSize);
  counters.TcpOutSegs += count;
  connection.sender.segments += count;
}

/** Writes the options of a segment without SYN at `offset`; gives their length in bytes. */
function writeOptions(
  connection: TcpConnection,
  { bytes, view }: Packet,
  offset: number,
  blocks: number,
  now: number,
): number {
  const { timestamps, receiver } = connection;
  let length = 0;
  if (timestamps.enabled) {
    view.setInt32(offset, timestampsOption);
    view.setInt32(offset + 4, timestamps.value(now));
    view.setInt32(offset + 8, timestamps.recent);
    length = 12;
  }
  if (blocks > 0) length += writeSack(bytes, offset + length, receiver.sackEdges, blocks);
  return length;
}

/** A SYN offers everything; a SYN-ACK what the SYN offered (RFC 7323 §2.2, §3.2, RFC 2018 §2). */
function writeSynOptions(
  connection: TcpConnection,
  bytes: Uint8Array,
  offset: number,
  now: number,
): number {
  const { sender, timestamps } = connection;
  const isAnswer = connection.state !== SynSent;
  const sack = isAnswer ? sender.sackPermitted : connection.settings.sack;
  const stamps = isAnswer ? timestamps.enabled : connection.settings.timestamps;
  const scale = isAnswer ? connection.receiver.scalesWindow : connection.settings.windowScaling;
  let length: number = tcpHeaderLength;
  length += writeMss(bytes, offset + length, connection.receiver.ownMss);
  if (stamps) {
    const value = timestamps.value(now);
    length += sack
      ? writeSackPermittedTimestamps(bytes, offset + length, value, timestamps.recent)
      : writeTimestamps(bytes, offset + length, value, timestamps.recent);
  } else if (sack) {
    length += writeSackPermitted(bytes, offset + length);
  }
  if (scale) length += writeWindowScale(bytes, offset + length, connection.settings.scale);
  return length;
}

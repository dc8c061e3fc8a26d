/**
 * How a segment of a connection is written: which one, its header, and its options.
 *
 * @module
 */
import type { Packet } from "@octet/wire";
import type { TcpConnection } from "./connection.ts";
import type { ConnectionParts } from "./connection_parts.ts";
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

/**
 * Writes the segment that is to go out next.
 *
 * @param connection Whose it is.
 * @param parts What it works with, as the caller has found out already.
 * @param packet Where it goes.
 * @param offset Where its TCP header begins.
 * @param now Milliseconds.
 * @returns The segment's length in bytes, 0 when there is none.
 */
export function writeNext(
  connection: TcpConnection,
  parts: ConnectionParts,
  packet: Packet,
  offset: number,
  now: number,
): number {
  const { sender, receiver } = parts;
  const { state } = connection;
  if (state === TimeWait) {
    return receiver.ackNow ? writeBare(connection, parts, packet, offset, sender.nxt, now) : 0;
  }
  // Blocks get a segment of their own: on a full one there is no room for them.
  if (receiver.ackNow && receiver.owesSack && sender.sackPermitted) {
    return writeBare(connection, parts, packet, offset, sender.nxt, now);
  }
  if (sender.plan(now)) return writePlanned(connection, parts, packet, offset, now);
  const { timer } = sender;
  if (
    timer.windowProbeDue ||
    parts.keepAlive.takeProbe(now, connection.settings, sender.flight > 0)
  ) {
    // An octet that is acknowledged already makes the peer tell its window (RFC 9293 §3.8.4).
    timer.windowProbeDue = false;
    return writeBare(connection, parts, packet, offset, (sender.una - 1) | 0, now);
  }
  if (receiver.ackNow && state !== SynSent) {
    return writeBare(connection, parts, packet, offset, sender.nxt, now);
  }
  return 0;
}

function writePlanned(
  connection: TcpConnection,
  parts: ConnectionParts,
  packet: Packet,
  offset: number,
  now: number,
): number {
  const { sender } = parts;
  const { outFlags, outLength, ecn } = sender;
  const isSyn = (outFlags & Syn) !== 0;
  const isNew = !sender.outAgain;
  const isNewData = isNew && outLength > 0;
  let flags = connection.state === SynSent ? outFlags : outFlags | Ack;
  if (isSyn) {
    flags |= synEcnFlags(connection, ecn.enabled, isNew);
  } else if (ecn.enabled) {
    flags |= ecn.takeFlags(isNewData);
  }
  // RFC 3168 §6.1.5: what is sent again is not marked, nor is a SYN or a bare acknowledgement.
  if (isNewData && ecn.enabled) packet.trafficClass |= Ect0;
  const headerLength = isSyn
    ? writeSynOptions(connection, packet.bytes, offset, now)
    : writeOptions(parts, packet, offset, 0, now);
  if (outLength > 0) {
    sender.copyPayload(packet.bytes, packet.address, offset + headerLength);
    if (outLength > sender.mss) packet.segmentSize = sender.mss;
  }
  const length = headerLength + outLength;
  writeHeader(connection, parts, packet, offset, headerLength, length, sender.outSequence, flags);
  if (!isNew) {
    connection.tcp!.counters.TcpRetransSegs++;
    const { timestamps } = parts;
    sender.undo.retransmitted(timestamps.value(now), timestamps.enabled);
  }
  sender.sent(now);
  if (isNewData) parts.receiver.answers(now | 0);
  return length;
}

/** An offer in the first SYN alone, as some paths drop it (§6.1.1.1); an agreement in every SYN-ACK. */
function synEcnFlags(connection: TcpConnection, isAgreed: boolean, isNew: boolean): number {
  if (connection.state !== SynSent) return isAgreed ? Ece : 0;
  return connection.settings.ecn === "on" && isNew ? Ecn.synFlags : 0;
}

function writeBare(
  connection: TcpConnection,
  parts: ConnectionParts,
  packet: Packet,
  offset: number,
  sequence: number,
  now: number,
): number {
  const { receiver, sender, timestamps } = parts;
  let blocks = 0;
  if (sender.sackPermitted && receiver.owesSack) {
    blocks = receiver.sackBlocks(timestamps.enabled ? 3 : 4);
  }
  const length = writeOptions(parts, packet, offset, blocks, now);
  const flags = Ack | sender.ecn.takeFlags(false);
  writeHeader(connection, parts, packet, offset, length, length, sequence, flags);
  return length;
}

function writeHeader(
  connection: TcpConnection,
  { receiver, sender }: ConnectionParts,
  packet: Packet,
  offset: number,
  headerLength: number,
  length: number,
  sequence: number,
  flags: number,
): void {
  // V8 does not see through an argument that branches: all are made before.
  const { view } = packet;
  const ports = (connection.localPort << 16) | connection.remotePort;
  const acknowledgment = (flags & Ack) === 0 ? 0 : receiver.nxt;
  const window = receiver.advertise((flags & Syn) !== 0);
  view.setInt32(offset, ports);
  view.setInt32(offset + 4, sequence | 0);
  view.setInt32(offset + 8, acknowledgment);
  view.setInt32(offset + 12, (headerLength << 26) | (flags << 16) | window);
  view.setInt32(offset + 16, 0);
  packet.hopLimit = sender.hopLimit;
  packet.trafficClass |= sender.trafficClass;
  packet.source = connection.localAddress;
  packet.destination = connection.remoteAddress;
  packet.startChecksum(6, offset, length, 16);
  const { counters } = connection.tcp!;
  const { segmentSize } = packet;
  const count = segmentSize === 0 ? 1 : Math.ceil((length - headerLength) / segmentSize);
  counters.TcpOutSegs += count;
  sender.segments += count;
}

/** Writes the options of a segment without SYN; gives the length of its header, which begins at `offset`. */
function writeOptions(
  { timestamps, receiver }: ConnectionParts,
  packet: Packet,
  offset: number,
  blocks: number,
  now: number,
): number {
  let length: number = tcpHeaderLength;
  if (timestamps.enabled) {
    const { view } = packet;
    const { recent } = timestamps;
    const value = timestamps.value(now);
    view.setInt32(offset + 20, timestampsOption);
    view.setInt32(offset + 24, value);
    view.setInt32(offset + 28, recent);
    length = 32;
  }
  if (blocks > 0) length += writeSack(packet.bytes, offset + length, receiver.sackEdges, blocks);
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

/**
 * Header prediction (RFC 7323 §5.6): on an established connection nearly every segment is the next one in order, its
 * acknowledgement covers what was sent once, and nothing is being repaired. Such a segment needs a few of the steps of
 * RFC 9293 §3.10.7.4; those alone stand here, and leave the connection as `arrival.ts` would. What is saved is not the
 * checks, which are made all the same, but everything that they find nothing to do for.
 *
 * @module
 */
import type { Packet } from "@octet/wire";
import * as arrival from "./arrival.ts";
import type { TcpConnection } from "./connection.ts";
import { EcnCodepoint } from "./ecn.ts";
import { TcpEvent } from "./event.ts";
import { TcpFlag } from "./frame.ts";
import { RecoveryState } from "./recovery.ts";
import { TimerKind } from "./retransmit_timer.ts";
import type { Segment } from "./segment.ts";
import type { Sender } from "./sender.ts";
import * as senderTimer from "./sender_timer.ts";
import type { SentSegment } from "./sent_segment.ts";
import * as seq from "./seq.ts";
import { TcpState } from "./state.ts";
import type { Timestamps } from "./timestamps.ts";
import * as window from "./window.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { text } = arrival;
const { restartTimer } = senderTimer;
const { seqAfter, seqBefore, seqDistance } = seq;
const { isWorthTelling, moveWindow } = window;
const { Ce } = EcnCodepoint;
const { Readable, Writable } = TcpEvent;
const { Ack, Psh } = TcpFlag;
const { Established } = TcpState;
const { Open } = RecoveryState;
const { Persist } = TimerKind;

/** Takes a segment in that is as predicted; gives `false`, and has done nothing, when it is not. */
export function arrivesAsPredicted(
  connection: TcpConnection,
  segment: Segment,
  packet: Packet,
  now: number,
): boolean {
  const { sender, receiver, timestamps } = connection;
  const { acknowledgment, payloadLength } = segment;
  if (
    (segment.flags & ~Psh) !== Ack || connection.state !== Established ||
    segment.sequence !== receiver.nxt || segment.sackCount > 0 || segment.window === 0 ||
    (packet.trafficClass & 3) === Ce || seqBefore(acknowledgment, sender.una) ||
    seqAfter(acknowledgment, sender.nxt) || !isCalm(sender) ||
    timestamps.isOld(segment, now) || (payloadLength > 0 && !receiver.takes(payloadLength))
  ) return false;
  const life = connection.connectionId;
  const { una } = sender;
  if (acknowledgment !== una && !advanceTo(sender, segment, timestamps, now)) return false;
  if (moveWindow(sender, segment, sender.scale) || sender.unsent > 0) connection.requestTurn();
  timestamps.update(segment, receiver.lastAck, now);
  if (acknowledgment !== una && connection.onEvent !== null && isWorthTelling(sender.buffer)) {
    connection.tell(Writable);
    if (connection.connectionId !== life) return true;
    if (connection.state !== Established || !receiver.takes(payloadLength)) {
      text(connection, segment, packet, now);
      return true;
    }
  }
  if (payloadLength === 0) return true;
  receiver.take(packet, segment.payloadOffset, payloadLength, sender.rtt.srtt | 0, now);
  if (receiver.ackNow) {
    connection.requestTurn();
    if (receiver.isHurried) connection.tcp!.isUrgent = true;
  }
  connection.tell(Readable);
  return true;
}

/**
 * Whether all that an acknowledgement can tell is that what was sent has arrived: the peer speaks SACK and holds nothing
 * beyond a gap, its window is open, nothing is lost, being repaired or probed, and no timer waits for what may have
 * been reordered.
 */
function isCalm(sender: Sender): boolean {
  const { scoreboard, timer } = sender;
  return sender.recovery.state === Open && scoreboard.lost.first === null &&
    scoreboard.sackedOctets === 0 && sender.sackPermitted && sender.wnd > 0 &&
    timer.kind !== Persist && timer.reorderAt === Infinity && !sender.probe.isOutstanding &&
    sender.chrono === null;
}

/** What was sent once is acknowledged, in part or in whole. Gives `false`, and has done nothing, when it was sent again. */
function advanceTo(
  sender: Sender,
  segment: Segment,
  timestamps: Timestamps,
  now: number,
): boolean {
  const ack = segment.acknowledgment;
  const { scoreboard, rack, rtt, congestion } = sender;
  const { first } = scoreboard;
  let last: SentSegment | null = null;
  let count = 0;
  let record = first;
  for (; record !== null && seqBefore(record.start, ack); record = record.next) {
    if (record.transmissions > 1) return false;
    if (seqAfter(record.end, ack)) break;
    last = record;
    count++;
  }
  const isRoundStart = !seqBefore(ack, sender.roundEnd);
  if (last === null) {
    const echoed = timestamps.roundTrip(segment, now);
    if (echoed >= 0) rtt.sampleEcho(echoed);
    congestion.roundTrip(-1, isRoundStart);
  } else {
    if (rack.isReordered(first!)) return false;
    const sample = now - first!.sentAt;
    rack.deliveredInOrder(last, now);
    rtt.sample(sample);
    congestion.roundTrip(sample, isRoundStart);
    scoreboard.removeThrough(last, count);
  }
  if (record !== null && seqBefore(record.start, ack)) scoreboard.covered(ack);
  if (isRoundStart) sender.roundEnd = sender.nxt;
  const octets = seqDistance(sender.una, ack);
  sender.una = ack;
  sender.dropAcknowledged();
  sender.delivered += octets;
  sender.deliveredAt = now;
  sender.progressAt = now;
  sender.retries = 0;
  if (sender.isCwndLimited) {
    congestion.acknowledged(octets, rtt.srtt, now);
    sender.growBuffer();
  }
  restartTimer(sender, now);
  return true;
}

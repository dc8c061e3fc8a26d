/**
 * What an arriving segment does to a connection (RFC 9293 §3.10.7), in the order of that section.
 *
 * @module
 */
import { type Packet, Verdict } from "@octet/wire";
import type { TcpConnection } from "./connection.ts";
import { TcpEvent } from "./event.ts";
import { TcpFlag } from "./frame.ts";
import { establish, takeSyn } from "./handshake.ts";
import * as prediction from "./prediction.ts";
import { challenge, isExactReset, mayAnswer } from "./reset.ts";
import type { Segment } from "./segment.ts";
import * as seq from "./seq.ts";
import { TcpError, TcpState } from "./state.ts";
import * as window from "./window.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqAfter, seqBefore, seqBeforeOrAt, seqDistance } = seq;
const { arrivesAsPredicted } = prediction;
const { isWorthTelling, updateWindow } = window;
const { Ok, QueueFull, Unexpected } = Verdict;
const { Opened, Readable, Writable } = TcpEvent;
const { Ack, Fin, Rst, Syn } = TcpFlag;
const { None, Refused, Reset } = TcpError;
const { Closing, Established, FinWait1, FinWait2, LastAck, SynReceived, SynSent, TimeWait } =
  TcpState;

/** How soon a SYN goes again after the remains of an old connection have been reset, in milliseconds. */
const synAgainSoon = 2;

/** Takes a segment of `connection` in. */
export function segmentArrives(
  connection: TcpConnection,
  segment: Segment,
  packet: Packet,
  now: number,
): Verdict {
  connection.keepAlive.heard(now, connection.settings);
  if (arrivesAsPredicted(connection, segment, packet, now)) return Ok;
  return connection.state === SynSent
    ? arrivesInSynSent(connection, segment, now)
    : arrivesSynchronized(connection, segment, packet, now);
}

/** §3.10.7.3 */
function arrivesInSynSent(connection: TcpConnection, segment: Segment, now: number): Verdict {
  const { sender, tcp } = connection;
  const isAck = segment.has(Ack);
  const ack = segment.acknowledgment;
  if (isAck && (seqBeforeOrAt(ack, sender.iss) || seqAfter(ack, sender.nxt))) {
    tcp!.answerWithReset(segment, connection.localAddress, connection.remoteAddress);
    // The peer knows of a connection that is gone (§3.5.1, half-open): our reset ends it, and it takes a SYN then.
    const isNew = sender.retries === 0 && sender.nxt !== sender.iss;
    if (isNew && !segment.has(Rst)) sender.timer.hasten(now + synAgainSoon);
    return Unexpected;
  }
  if (segment.has(Rst)) {
    if (!isAck) return Unexpected;
    connection.end(Refused);
    return Ok;
  }
  if (!segment.has(Syn)) return Unexpected;
  const life = connection.connectionId;
  takeSyn(connection, segment, now);
  if (isAck) {
    sender.acknowledge(segment, connection.timestamps.roundTrip(segment, now), false, now);
    connection.receiver.ackNow = true;
    opened(connection);
    if (connection.connectionId !== life) return Ok;
  } else {
    // Simultaneous open: our SYN goes again, with an acknowledgement this time.
    connection.state = SynReceived;
    sender.scoreboard.markAllLost();
  }
  connection.requestTurn();
  return Ok;
}

/** §3.10.7.4 */
function arrivesSynchronized(
  connection: TcpConnection,
  segment: Segment,
  packet: Packet,
  now: number,
): Verdict {
  const { receiver, timestamps } = connection;
  if (timestamps.isOld(segment, now)) {
    connection.tcp!.counters.TcpExtPAWSEstab++;
    return unacceptable(connection, segment, now);
  }
  // Both sides have opened (figure 8): the answer to our SYN repeats the peer's, and is no old duplicate.
  if (isSynAckOfBoth(connection, segment)) return acknowledged(connection, segment, now);
  if (!receiver.isAcceptable(segment)) {
    // With a closed window "special allowance should be made to accept valid ACKs" (§3.10.7.4).
    const life = connection.connectionId;
    if (isAckAtClosedWindow(connection, segment)) acknowledged(connection, segment, now);
    if (connection.connectionId !== life) return Ok;
    return unacceptable(connection, segment, now);
  }
  if (segment.has(Rst)) return reset(connection, segment, now);
  if (segment.has(Syn)) {
    challenge(connection, now);
    return Unexpected;
  }
  if (!segment.has(Ack)) return Unexpected;
  if (connection.sender.ecn.received(packet.trafficClass, segment.flags)) receiver.ackNow = true;
  const life = connection.connectionId;
  const verdict = acknowledged(connection, segment, now);
  if (verdict !== Ok || connection.connectionId !== life) return verdict;
  // Only now: a timestamp that comes with a wrong acknowledgement must not shut the true peer out.
  timestamps.update(segment, receiver.lastAck, now);
  text(connection, segment, packet, now);
  return Ok;
}

function isSynAckOfBoth(connection: TcpConnection, segment: Segment): boolean {
  const { sender, receiver } = connection;
  return connection.state === SynReceived && segment.sequence === receiver.irs &&
    (segment.flags & (Syn | Ack | Rst)) === (Syn | Ack) &&
    seqAfter(segment.acknowledgment, sender.una) &&
    seqBeforeOrAt(segment.acknowledgment, sender.nxt);
}

function isAckAtClosedWindow(connection: TcpConnection, segment: Segment): boolean {
  return connection.receiver.wnd === 0 && segment.sequence === connection.receiver.nxt &&
    (segment.flags & (Ack | Rst | Syn)) === Ack;
}

/** "If an incoming segment is not acceptable, an acknowledgment should be sent in reply." */
function unacceptable(connection: TcpConnection, segment: Segment, now: number): Verdict {
  const { receiver, sender } = connection;
  if (segment.has(Rst)) {
    return isExactReset(connection, segment) ? reset(connection, segment, now) : Unexpected;
  }
  if (
    connection.state === SynReceived && segment.has(Syn) &&
    segment.sequence === receiver.irs
  ) {
    // The peer has not got our SYN-ACK.
    sender.scoreboard.markAllLost();
  } else {
    if (connection.state === TimeWait && segment.has(Fin)) {
      connection.restartTimeWait(now);
    }
    if (seqBefore(segment.sequence, receiver.nxt)) receiver.sawDuplicate(segment);
    // Two ends that disagree would answer each other's bare acknowledgements for ever.
    if (segment.payloadLength === 0 && !mayAnswer(connection, now)) return Unexpected;
    receiver.ackNow = true;
  }
  connection.requestTurn();
  return Unexpected;
}

/** Second: check the RST bit; RFC 5961 §3.2. */
function reset(connection: TcpConnection, segment: Segment, now: number): Verdict {
  if (!isExactReset(connection, segment)) {
    challenge(connection, now);
    return Unexpected;
  }
  switch (connection.state) {
    case SynReceived:
      connection.end(Refused);
      return Ok;
    case TimeWait:
      // RFC 1337: a reset must not cut TIME-WAIT short.
      return Unexpected;
    case Closing:
    case LastAck:
      connection.end(None);
      return Ok;
    default:
      connection.end(Reset);
      return Ok;
  }
}

/** Fifth: check the ACK field. The application is told of what has changed, and may have ended the connection since. */
function acknowledged(connection: TcpConnection, segment: Segment, now: number): Verdict {
  const { sender, connectionId } = connection;
  const ack = segment.acknowledgment;
  if (connection.state === SynReceived) {
    if (seqBeforeOrAt(ack, sender.una) || seqAfter(ack, sender.nxt)) {
      connection.tcp!.answerWithReset(
        segment,
        connection.localAddress,
        connection.remoteAddress,
      );
      return Unexpected;
    }
    if (connection.listener !== null && !connection.listener.hasRoom) {
      // The accept queue is full: the handshake completes when the peer tries again.
      connection.tcp!.counters.TcpExtListenOverflows++;
      return QueueFull;
    }
    sender.wl1 = segment.sequence;
    sender.wl2 = ack;
    opened(connection);
    if (connection.connectionId !== connectionId) return Ok;
  }
  // RFC 5961 §5.2: what was never sent, or is older than any window, is not from the peer.
  if (seqAfter(ack, sender.nxt) || seqDistance(ack, sender.una) > sender.maxWnd) {
    challenge(connection, now);
    return Unexpected;
  }
  if (connection.state === TimeWait) {
    if (segment.has(Fin)) {
      connection.receiver.ackNow = true;
      connection.restartTimeWait(now);
      connection.requestTurn();
    }
    return Ok;
  }
  takeAcknowledgment(connection, segment, now);
  if (connection.connectionId !== connectionId) return Ok;
  if (sender.isFinAcknowledged) connection.advanceState(true, connection.receiver.finReached, now);
  return Ok;
}

function takeAcknowledgment(connection: TcpConnection, segment: Segment, now: number): void {
  const { sender, timestamps } = connection;
  const free = sender.buffer.free;
  const advanced = seqAfter(segment.acknowledgment, sender.una);
  if (advanced || segment.acknowledgment === sender.una) {
    const changed = updateWindow(sender, segment);
    const isBare = !changed && segment.length === 0;
    sender.acknowledge(segment, timestamps.roundTrip(segment, now), isBare, now);
    // A turn for nothing costs a tenth of a segment there and back; accounts of time are kept in turns.
    if (
      sender.hasMore || connection.receiver.ackNow || sender.chrono !== null ||
      sender.pacing !== null
    ) connection.requestTurn();
    if (advanced && sender.buffer.free > free && isWorthTelling(sender.buffer)) {
      connection.tell(Writable);
    }
  } else if (segment.sackCount > 0 && sender.flight > 0) {
    // Overtaken on the way: its number is old, what it tells of blocks may be new.
    sender.acknowledge(segment, -1, false, now);
    connection.requestTurn();
  }
}

function opened(connection: TcpConnection): void {
  const life = connection.connectionId;
  establish(connection);
  connection.tcp!.established(connection);
  // Who was told by the listener may have ended it at once.
  if (connection.connectionId === life) connection.tell(Opened | Writable);
}

/** Seventh and eighth: process the segment text, check the FIN bit. */
export function text(
  connection: TcpConnection,
  segment: Segment,
  packet: Packet,
  now: number,
): void {
  const { receiver, state } = connection;
  if (segment.payloadLength === 0 && !segment.has(Fin)) return;
  if (
    state !== Established && state !== FinWait1 && state !== FinWait2
  ) return;
  if (connection.isOrphan && segment.payloadLength > 0) {
    // Nobody is left to read it (RFC 1122 §4.2.2.13).
    connection.tcp!.counters.TcpExtTCPAbortOnData++;
    connection.abort(now);
    return;
  }
  const news = receiver.accept(segment, packet, connection.sender.rtt.srtt | 0, now);
  if (receiver.finReached) {
    connection.advanceState(connection.sender.isFinAcknowledged, true, now);
  }
  if (receiver.ackNow) {
    connection.requestTurn();
    if (receiver.isHurried) connection.tcp!.isUrgent = true;
  }
  if (news) connection.tell(Readable);
}

/**
 * What must hold of a connection between any two calls, for tests and fuzz targets.
 *
 * @module
 */
import type { TcpConnection } from "./connection.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { RecordQueue, SentSegment } from "./sent_segment.ts";
import { seqAdd, seqAfter, seqDistance } from "./seq.ts";
import { TcpState, tcpStateName } from "./state.ts";
import { TimerKind } from "./retransmit_timer.ts";

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Invariant broken: ${what}`);
}

/** The records of a queue, its links checked both ways, and its octets. */
function members(queue: RecordQueue, name: string): Set<SentSegment> {
  const found = new Set<SentSegment>();
  let octets = 0;
  let before: SentSegment | null = null;
  for (let record = queue.first; record !== null; record = record.later) {
    must(!found.has(record), `${name} is a ring`);
    must(record.earlier === before, `${name} is linked both ways`);
    found.add(record);
    octets += record.length;
    before = record;
  }
  must(queue.last === before, `${name} knows its last`);
  must(queue.octets === octets, `${name} counts ${queue.octets} octets of ${octets}`);
  return found;
}

/** Every record stands in sequence order and in exactly one place; each counter is the sum it claims to be. */
export function checkScoreboard(scoreboard: Scoreboard): void {
  const inFlight = members(scoreboard.inFlight, "inFlight");
  const lost = members(scoreboard.lost, "lost");
  let before: SentSegment | null = null;
  let sacked = 0;
  let count = 0;
  for (let record = scoreboard.first; record !== null; record = record.next) {
    count++;
    must(record.length > 0, "no record is empty");
    must(record.previous === before, "records are linked both ways");
    if (before !== null) must(before.end === record.start, "records leave no gap");
    must(inFlight.has(record) === (!record.isSacked && !record.isLost), "in flight or not");
    must(lost.has(record) === record.isLost, "lost or not");
    must(!(record.isSacked && record.isLost), "what the peer holds is not lost");
    if (record.isSacked) sacked += record.length;
    before = record;
  }
  must(scoreboard.last === before, "the scoreboard knows its last");
  must(scoreboard.sackedOctets === sacked, `${scoreboard.sackedOctets} of ${sacked} octets held`);
  must(scoreboard.count === count, `${scoreboard.count} of ${count} records`);
  must(inFlight.size + lost.size <= count, "no record outside of the sequence");
  let sentAt = -Infinity;
  for (let record = scoreboard.inFlight.first; record !== null; record = record.later) {
    must(record.sentAt >= sentAt, "records in flight stand in the order of sending");
    sentAt = record.sentAt;
  }
}

/** What must hold once a connection has been asked for segments and had none. */
export function checkConnection(connection: TcpConnection): void {
  const { sender, receiver, state } = connection;
  const at = tcpStateName(state);
  checkScoreboard(sender.scoreboard);
  if (state === TcpState.Closed) {
    must(connection.wakeTime === Infinity, "no timer after the end");
    must(connection.parent === null, "no parent after the end");
    must(sender.scoreboard.isEmpty && sender.buffer.length === 0, "nothing to send after the end");
    return;
  }
  const flight = seqDistance(sender.una, sender.nxt);
  must(flight >= 0, `${at}: SND.UNA after SND.NXT`);
  if (state !== TcpState.TimeWait) {
    const { first, last } = sender.scoreboard;
    must((first === null) === (flight === 0), `${at}: records without flight, or flight without`);
    if (first !== null) {
      must(first.start === sender.una && last!.end === sender.nxt, `${at}: records are the flight`);
    }
  }
  must(sender.wnd >= 0 && sender.wnd <= sender.maxWnd, `${at}: SND.WND ${sender.wnd}`);
  const { rto, srtt, rttvar } = sender.rtt;
  must(rto > 0 && rto <= 120_000 && srtt >= 0 && rttvar >= 0, `${at}: RTO ${rto} of ${srtt}`);
  if (connection.isOpen) {
    must(sender.cwnd >= 0 && sender.congestion.cwnd >= sender.mss, `${at}: cwnd ${sender.cwnd}`);
  }
  const isPaced = sender.pacing !== null && sender.pacing.dueAt < Infinity;
  if (flight > 0 || sender.unsent > 0 && connection.isOpen) {
    must(
      (sender.timer.kind !== TimerKind.None || isPaced) && connection.wakeTime < Infinity,
      `${at}: something to send or in flight, and no timer`,
    );
  }
  if (sender.finWanted && !sender.finSent && connection.isOpen) {
    must(sender.timer.kind !== TimerKind.None || isPaced, `${at}: a FIN to send, and no timer`);
  }
  must(seqDistance(receiver.nxt, receiver.edge) >= 0, `${at}: the window's edge before RCV.NXT`);
  must(receiver.wnd <= receiver.buffer.limit, `${at}: a window larger than the buffer`);
  const { reassembly } = receiver;
  let right = receiver.nxt;
  for (let i = 0; i < reassembly.count; i++) {
    must(seqAfter(reassembly.left(i), right), `${at}: a range touches the one before`);
    must(seqAfter(reassembly.right(i), reassembly.left(i)), `${at}: an empty range`);
    right = reassembly.right(i);
  }
  must(
    receiver.isDiscarding || !seqAfter(right, seqAdd(receiver.nxt, receiver.buffer.free)),
    `${at}: a range beyond the buffer`,
  );
}

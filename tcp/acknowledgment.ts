/**
 * What an acknowledgement does to the sender (RFC 9293 §3.10.7.4 fifth, RFC 6675 §5, RFC 8985 §6.2), and
 * what its absence does (RFC 6298 §5).
 *
 * @module
 */
import * as inferredModule from "./inferred.ts";
import { suspectBlackHole } from "./path_mtu_change.ts";
import { RecoveryState } from "./recovery.ts";
import { TimerKind } from "./retransmit_timer.ts";
import { enterSack } from "./sack.ts";
import * as sack from "./sack.ts";
import type { Segment } from "./segment.ts";
import type { Sender } from "./sender.ts";
import * as senderTimer from "./sender_timer.ts";
import * as seq from "./seq.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { areTelling, forgetDuplicates, inferredDelivery } = inferredModule;
const { isDuplicateSack } = sack;
const { restartTimer } = senderTimer;
const { seqBefore, seqDistance } = seq;
const { Loss, Open, Recovery, Reduction } = RecoveryState;
const { Persist, Retransmit } = TimerKind;

/**
 * A full segment that was lost so often, while others arrive, may be too long for the path: at 10 % loss one in
 * a hundred million is unlucky like that.
 */
const hopelessTransmissions = 8;

/** After so many timeouts in a row the path may be a black hole for long segments; Linux's `tcp_retries1`. */
const blackHoleTimeouts = 3;

/**
 * Takes an acceptable acknowledgement in: `SEG.ACK <= nxt`.
 *
 * @param echoRtt The round trip that the timestamp echo tells, in milliseconds; negative when there is none.
 * @param isBare Whether the segment has neither payload, SYN nor FIN, and changes no window.
 */
export function takeAcknowledgment(
  sender: Sender,
  segment: Segment,
  echoRtt: number,
  isBare: boolean,
  now: number,
): void {
  const { scoreboard, probe, recovery } = sender;
  const ack = segment.acknowledgment;
  // An old one brings its blocks alone.
  const advance = Math.max(0, seqDistance(sender.una, ack));
  const sackedBefore = scoreboard.sackedOctets;
  const flight = sender.flight;
  const isDuplicate = sender.sackPermitted && isDuplicateSack(segment);
  if (isDuplicate) takeDuplicate(sender, segment);
  let inferred = -1;
  if (advance > 0) {
    if (!sender.sackPermitted) inferred = inferredDelivery(sender, advance);
    undoWhereSpurious(sender, segment);
    // After a duplicate the echo may be that of a first answer long lost: no sample, or each timeout would
    // lengthen the next.
    takeCumulative(sender, ack, isDuplicate ? -1 : echoRtt, now);
    if (!sender.sackPermitted) forgetDuplicates(sender, advance);
  } else if (isBare && flight > 0 && !sender.sackPermitted) {
    sender.dupAcks++;
    inferred = sender.mss;
  }
  // Blocks come last: what the acknowledgement covers lies below them, and is not reordered by that.
  if (sender.sackPermitted && segment.sackCount > 0) enterSack(sender, segment, isDuplicate, now);
  // What the blocks had told before is taken off the scoreboard again by the cumulative part.
  const delivered = advance + scoreboard.sackedOctets - sackedBefore;
  if (delivered > 0) {
    sender.delivered += delivered;
    sender.deliveredAt = now;
  }
  if (advance > 0) sender.progressAt = now;
  // RFC 9293 §3.8.6.1: a peer that answers with a closed window is alive.
  const isClosed = sender.wnd === 0 || sender.timer.kind === Persist;
  if (delivered > 0 || (isClosed && !sender.isAbandoned)) sender.retries = 0;
  const isDuplicateAck = isBare && advance === 0 && segment.sackCount === 0;
  if (
    probe.answered(ack, isDuplicate, isDuplicateAck) && recovery.state === Open
  ) {
    sender.congestion.lost(flight, now);
  }
  const isOld = seqBefore(ack, sender.una);
  if (!isOld && sender.ecn.acknowledged(segment.flags, sender.una, sender.nxt)) {
    markReceived(sender, flight, now);
  }
  if (sender.chrono !== null) sender.chrono.look(sender, now);
  recover(sender, inferred < 0 ? delivered : inferred, advance, flight, now);
  if (sender.timer.kind === Persist && sender.wnd > 0) {
    sender.rtt.backoff = 0;
    restartTimer(sender, now);
  } else if (delivered > 0) {
    restartTimer(sender, now);
  }
}

function takeCumulative(sender: Sender, ack: number, echoRtt: number, now: number): void {
  const { scoreboard, rack, rtt } = sender;
  let sample = -1;
  let repeated = false;
  for (;;) {
    const record = scoreboard.covered(ack);
    if (record === null) break;
    if (!record.isSacked) {
      if (record.transmissions > 1) repeated = true;
      else if (sample < 0) sample = now - record.sentAt;
      // RFC 8985 §6.2 step 2: an echo older than the last copy answers one before it.
      const isOfEarlier = record.transmissions > 1 && echoRtt > now - record.sentAt + 1;
      if (!isOfEarlier) rack.delivered(record, rtt, now);
    }
    scoreboard.removeFirst();
  }
  if (sample >= 0 && !repeated) rtt.sample(sample);
  else if (echoRtt >= 0) rtt.sampleEcho(echoRtt);
  if (sender.una === sender.iss && rtt.srtt === 0) rtt.fallBack();
  const isRoundStart = !seqBefore(ack, sender.roundEnd);
  if (isRoundStart) sender.roundEnd = sender.nxt;
  sender.congestion.roundTrip(sample, isRoundStart);
  sender.una = ack;
  sender.dropAcknowledged();
}

/** RFC 8985 §6.2 step 4: the window of tolerance grows with reordering that is shown to be real; RFC 3708: all undone. */
function takeDuplicate(sender: Sender, segment: Segment): void {
  sender.rack.duplicateSeen(sender.una, sender.nxt);
  sender.duplicatesReported++;
  if (sender.undo.duplicate(segment.sackEdges[0]!)) undo(sender);
}

/**
 * What an earlier episode had sent again already, when this one began, answers that: its echo is older than anything of
 * this episode, and tells nothing of it.
 */
function undoWhereSpurious(sender: Sender, segment: Segment): void {
  const { first } = sender.scoreboard;
  if (first === null || first.transmissions < 2 || first.episode !== sender.undo.episode) return;
  if (segment.hasTimestamps && sender.undo.isSpurious(segment.timestampEcho)) undo(sender);
}

/** The reaction was needless: window and threshold as before, and what was called lost is in flight (RFC 4015). */
function undo(sender: Sender): void {
  sender.undo.reset();
  sender.congestion.undo();
  sender.recovery.reset();
  sender.scoreboard.unmarkLost();
  sender.rtt.backoff = 0;
  sender.undone++;
}

/** A router has marked a packet: less is sent, as after a loss, and nothing is sent again (RFC 3168 §6.1.2). */
function markReceived(sender: Sender, flight: number, now: number): void {
  if (sender.recovery.state !== Open) return;
  sender.congestion.lost(flight, now);
  sender.recovery.reduce(sender.nxt, flight, sender.congestion.ssthresh);
}

/** Finds what is lost, and begins or ends an episode of repair. */
export function recover(
  sender: Sender,
  delivered: number,
  advance: number,
  flight: number,
  now: number,
): void {
  const { recovery, scoreboard, congestion } = sender;
  const ends = recovery.isOver(sender.una);
  // RFC 5681 §3.1: after a timeout slow start goes on with every acknowledgement, the one that ends it included.
  const mayGrow = !ends || recovery.state === Loss;
  if (ends) {
    recovery.reset();
    sender.rack.recovered();
  }
  const known = scoreboard.lost.octets;
  detect(sender, advance, now);
  const isSafe = advance > 0 && scoreboard.lost.octets <= known;
  // The window has been reduced for a mark just now: the loss is of the same congestion.
  if (scoreboard.lost.first !== null && recovery.state === Reduction) {
    recovery.repair();
  }
  if (recovery.state === Open && scoreboard.lost.first !== null) {
    sender.undo.arm(sender.una);
    congestion.lost(flight, now);
    sender.ecn.reduced(sender.nxt);
    // What was delivered before the episode takes no part in it.
    const before = sender.sackPermitted
      ? scoreboard.sackedOctets + advance - delivered
      : Math.max(0, sender.dupAcks - 1) * sender.mss;
    recovery.enter(sender.nxt, flight - before, congestion.ssthresh);
  }
  const next = scoreboard.lost.first;
  if (next !== null && next.transmissions >= hopelessTransmissions) suspectBlackHole(sender, now);
  if (recovery.isReducing) {
    recovery.acknowledged(delivered, sender.pipe, sender.mss, isSafe);
  } else if (mayGrow && advance > 0 && delivered > 0 && sender.isCwndLimited) {
    // RFC 5681 §3.2: what is told of by duplicates alone does not let the window grow.
    congestion.acknowledged(delivered, sender.rtt.srtt, now);
    sender.growBuffer();
  }
}

function detect(sender: Sender, advance: number, now: number): void {
  const { scoreboard, recovery, rtt } = sender;
  if (sender.sackPermitted) {
    const { rack } = sender;
    rack.detect(scoreboard, sender.mss, rtt, recovery.state !== Open, now);
    sender.timer.reorderAt = rack.dueAt;
    return;
  }
  // Without SACK: three duplicates, or a partial acknowledgement in recovery (RFC 6582 §3.2).
  const first = scoreboard.first;
  if (first === null || first.isLost) return;
  const isPartial = advance > 0 && recovery.state === Recovery;
  if (isPartial || areTelling(sender)) scoreboard.markLost(first);
}

/** The retransmission timer has gone off (RFC 6298 §5.4 to §5.6). */
export function timedOut(sender: Sender, now: number): void {
  const { scoreboard, recovery } = sender;
  if (scoreboard.isEmpty) return;
  // RFC 6928 §2: the loss of a SYN says nothing of the path for data.
  const isOpen = sender.una !== sender.iss;
  if (isOpen && (recovery.state !== Loss || sender.retries === 0)) {
    sender.undo.arm(sender.una);
    sender.congestion.timedOut(sender.flight, now);
    sender.ecn.reduced(sender.nxt);
  }
  sender.retries++;
  sender.dupAcks = 0;
  sender.rtt.backOff();
  // A peer that has dropped what it said it holds leaves the oldest record marked (RFC 2018 §8).
  if (scoreboard.first!.isSacked) scoreboard.forgetSacked();
  scoreboard.markAllLost();
  recovery.enterLoss(sender.nxt);
  sender.isCwndLimited = isOpen;
  sender.probe.reset();
  if (isOpen && sender.retries >= blackHoleTimeouts) suspectBlackHole(sender, now);
  sender.timer.arm(Retransmit, now + sender.rtt.rto);
}

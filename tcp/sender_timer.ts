/**
 * When the sender's timer is armed, for what (RFC 6298 §5, RFC 8985 §7.2), and what it does.
 *
 * @module
 */
import * as acknowledgment from "./acknowledgment.ts";
import { RecoveryState } from "./recovery.ts";
import { TimerKind } from "./retransmit_timer.ts";
import type { Sender } from "./sender.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { recover, timedOut } = acknowledgment;
const { Open } = RecoveryState;
const { None, Persist, Probe, Retransmit } = TimerKind;

/** New data was acknowledged: the timer starts again, or stops when nothing is outstanding (RFC 6298 §5.2, §5.3). */
export function restartTimer(sender: Sender, now: number): void {
  const { scoreboard, timer } = sender;
  if (scoreboard.isEmpty) {
    if (timer.kind !== Persist || sender.wnd > 0) timer.stop();
    return;
  }
  timer.timeoutAt = now + sender.rtt.rto;
  arm(sender, now);
}

/** A segment has been sent: the timer runs from the first one on (RFC 6298 §5.1), a probe from the last. */
export function armTimer(sender: Sender, isRetransmission: boolean, now: number): void {
  const { timer } = sender;
  const { kind } = timer;
  if (isRetransmission && kind !== None) return;
  if (kind === Retransmit && !mayProbe(sender)) return;
  if (kind === None || kind === Persist) {
    timer.timeoutAt = now + sender.rtt.rto;
  }
  arm(sender, now);
}

function mayProbe(sender: Sender): boolean {
  return sender.sackPermitted && !sender.probe.isOutstanding && sender.rtt.srtt > 0 &&
    sender.recovery.state === Open && sender.scoreboard.sackedOctets === 0;
}

/** A probe waits for the last segment sent, but never longer than the timeout runs (RFC 8985 §7.2). */
function arm(sender: Sender, now: number): void {
  const { timer } = sender;
  // Doubles are neither passed on nor given back: each would be boxed, 16 bytes a segment.
  timer.at = timer.timeoutAt;
  if (!mayProbe(sender)) {
    timer.kind = Retransmit;
    return;
  }
  const probe = now + 2 * sender.rtt.srtt + sender.probe.patience(sender.flight <= sender.mss);
  if (probe < timer.at) timer.at = probe;
  timer.kind = Probe;
}

/** The retransmission timer, the probe timer or the reordering timer has come due. Gives `false` to give up. */
export function expireTimers(sender: Sender, now: number, maxRetries: number): boolean {
  const { timer } = sender;
  if (timer.reorderAt <= now) recover(sender, 0, 0, sender.flight, now);
  if (timer.at > now) return true;
  const kind = timer.kind;
  timer.stopMain();
  if (kind === Probe) {
    sender.probe.isDue = true;
    // RFC 8985 §7.3: the retransmission timer takes over, whether or not there is anything to probe with.
    timer.arm(Retransmit, now + sender.rtt.rto);
    return true;
  }
  if (sender.retries >= maxRetries) return false;
  if (kind === Persist) {
    sender.retries++;
    sender.rtt.backOff();
    sender.forcesSmall = sender.wnd > 0;
    if (!sender.forcesSmall) timer.windowProbeDue = true;
    timer.arm(Persist, now + sender.rtt.rto);
  } else {
    timedOut(sender, now);
  }
  return true;
}

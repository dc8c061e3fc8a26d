/**
 * When the sender's timer is armed, and for what (RFC 6298 §5, RFC 8985 §7.2).
 *
 * @module
 */
import { RecoveryState } from "./recovery.ts";
import { TimerKind } from "./retransmit_timer.ts";
import type { Sender } from "./sender.ts";

/** New data was acknowledged: the timer starts again, or stops when nothing is outstanding (RFC 6298 §5.2, §5.3). */
export function restartTimer(sender: Sender, now: number): void {
  const { scoreboard, timer } = sender;
  if (scoreboard.isEmpty) {
    if (timer.kind !== TimerKind.Persist || sender.wnd > 0) timer.stop();
    return;
  }
  timer.timeoutAt = now + sender.rtt.rto;
  arm(sender, now);
}

/** A segment has been sent: the timer runs from the first one on (RFC 6298 §5.1), a probe from the last. */
export function armTimer(sender: Sender, isRetransmission: boolean, now: number): void {
  const { timer } = sender;
  const { kind } = timer;
  if (isRetransmission && kind !== TimerKind.None) return;
  if (kind === TimerKind.Retransmit && !mayProbe(sender)) return;
  if (kind === TimerKind.None || kind === TimerKind.Persist) {
    timer.timeoutAt = now + sender.rtt.rto;
  }
  arm(sender, now);
}

function mayProbe(sender: Sender): boolean {
  return sender.sackPermitted && !sender.probe.isOutstanding && sender.rtt.srtt > 0 &&
    sender.recovery.state === RecoveryState.Open && sender.scoreboard.sackedOctets === 0;
}

/** A probe waits for the last segment sent, but never longer than the timeout runs (RFC 8985 §7.2). */
function arm(sender: Sender, now: number): void {
  const { timer } = sender;
  const probe = now + sender.probe.timeout(sender.rtt.srtt, sender.flight <= sender.mss);
  if (mayProbe(sender)) timer.arm(TimerKind.Probe, Math.min(probe, timer.timeoutAt));
  else timer.arm(TimerKind.Retransmit, timer.timeoutAt);
}

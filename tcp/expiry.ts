/**
 * The times of a connection (RFC 9293 §3.8.3, §3.8.4, RFC 5482 §3.1): who waits for what, for how long, which comes
 * first, and what ends with it.
 *
 * @module
 */
import type { TcpConnection } from "./connection.ts";
import type { ConnectionParts } from "./connection_parts.ts";
import * as networkError from "./network_error.ts";
import { TimerKind } from "./retransmit_timer.ts";
import * as senderTimer from "./sender_timer.ts";
import { TcpError, TcpState } from "./state.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { timeoutCause } = networkError;
const { expireTimers } = senderTimer;
const { Persist } = TimerKind;
const { None, TimedOut } = TcpError;
const { FinWait2, SynReceived, SynSent, TimeWait } = TcpState;

/** Handles the timers of a connection that have come due, which may end it. */
export function expire(connection: TcpConnection, now: number): void {
  const { sender, receiver, settings, keepAlive } = connection;
  receiver.expire(now);
  const due = Math.min(sender.timer.at, sender.timer.reorderAt) <= now;
  if ((due && !expireTimers(sender, now, retryLimit(connection))) || isLate(connection, now)) {
    connection.end(timeoutCause(connection));
  } else if (connection.lingerUntil <= now) {
    lingeredOut(connection, now);
  } else if (keepAlive.isDead(now, settings, now - connection.heardAt, settings.userTimeout)) {
    connection.tcp!.resetConnection(connection, now);
    connection.end(timeoutCause(connection));
  }
}

/**
 * Tells the parent of a connection that is not closed when its next deadline is.
 *
 * @param connection Whose deadline it is.
 * @param parts What it works with.
 */
export function arm(connection: TcpConnection, parts: ConnectionParts): void {
  const { timer, pacing } = parts.sender;
  const { ackAt } = parts.receiver;
  const { lingerUntil, settings, turn } = connection;
  let { at } = timer;
  if (timer.reorderAt < at) at = timer.reorderAt;
  if (ackAt < at) at = ackAt;
  if (lingerUntil < at) at = lingerUntil;
  if (parts.keepAlive.at < at) at = parts.keepAlive.at;
  if (pacing !== null && pacing.dueAt < at) at = pacing.dueAt;
  if (settings.userTimeout > 0) at = Math.min(at, givesUpAt(connection));
  parts.dueAt = at;
  // `wakeAt`, spelt out: a double that is passed on is boxed, 16 bytes a segment.
  const before = turn.wakeTime;
  if (at === before) return;
  turn.wakeTime = at;
  // Of a deadline that moves later the queue learns when the old time comes round.
  if (at < before || turn.timerIndex < 0) turn.reschedule();
}

/** When the oldest octet will have waited for too long, sent again or held up by a closed window; else Infinity. */
export function givesUpAt({ sender, settings }: TcpConnection): number {
  const { retries, timer, progressAt } = sender;
  const waits = retries > 0 || timer.kind === Persist;
  return waits ? progressAt + settings.userTimeout : Infinity;
}

/** The state has ended by itself; who has lingered over unacknowledged data is cut off. */
function lingeredOut(connection: TcpConnection, now: number): void {
  if (connection.state === TimeWait) return connection.end(None);
  if (connection.state === FinWait2) return connection.end(TimedOut);
  connection.tcp!.counters.TcpExtTCPAbortOnLinger++;
  connection.abort(now);
}

/** RFC 5482 §3.1, the local half: the oldest octet has gone unacknowledged for too long. */
function isLate(connection: TcpConnection, now: number): boolean {
  return connection.settings.userTimeout > 0 && givesUpAt(connection) <= now;
}

function retryLimit({ settings, state }: TcpConnection): number {
  if (settings.userTimeout > 0) return Infinity;
  if (state === SynSent) return settings.synRetries;
  return state === SynReceived ? settings.synAckRetries : settings.retries;
}

/**
 * The window after a pause (RFC 2861 §2, RFC 5681 §4.1): what was known of the path grows old.
 *
 * @module
 */
import type { Sender } from "./sender.ts";

/** New data is about to go out: has there been a pause longer than a timeout, with nothing in flight? */
export function restartAfterPause(sender: Sender, now: number): void {
  if (sender.flight > 0 || !sender.decaysIdle || sender.lastSentAt === -Infinity) return;
  const pause = now - sender.lastSentAt;
  if (pause <= sender.rtt.rto) return;
  sender.congestion.idled(Math.floor(pause / sender.rtt.rto));
  // Once for each pause, however often a segment is planned in it.
  sender.lastSentAt = now;
}

/**
 * Silly windows avoided on both sides (RFC 9293 §3.8.6.2, RFC 1122 §4.2.3.3, §4.2.3.4).
 *
 * @module
 */
import type { Sender } from "./sender.ts";

/**
 * Whether the window's right edge may move now: only by a segment, or by half of the buffer.
 *
 * @param current The window as the peer knows it, in bytes.
 * @param available What the buffer has free, in bytes.
 * @param limit What the buffer holds in all, in bytes.
 * @param mss The peer's segments, in bytes.
 */
export function isWorthAdvertising(
  current: number,
  available: number,
  limit: number,
  mss: number,
): boolean {
  return available - current >= Math.min(limit / 2, mss);
}

/**
 * Whether a window update is to be sent on its own, without waiting for a segment to ride on: the
 * peer's window has become small, and there is a good deal more to offer; never less than what may be
 * advertised, or each read would send a duplicate acknowledgement.
 *
 * @param current The window as the peer knows it, in bytes.
 * @param available What the buffer has free, in bytes.
 * @param limit What the buffer holds in all, in bytes.
 * @param mss The peer's segments, in bytes.
 */
export function isWorthUpdating(
  current: number,
  available: number,
  limit: number,
  mss: number,
): boolean {
  return current < limit / 2 && available - current >= Math.min(limit / 2, 2 * mss);
}

/**
 * How much of the unsent data may go now: what the congestion window, the peer's window, silly-window
 * avoidance and Nagle leave of it.
 *
 * @param unsent Bytes never sent.
 * @param fin Whether a FIN follows them, so that nothing is worth waiting for.
 * @param isProbe Whether a tail-loss probe may exceed the congestion window (RFC 8985 §7.3).
 * @returns Bytes; 0 when it is better to wait.
 */
export function sendable(sender: Sender, unsent: number, fin: boolean, isProbe: boolean): number {
  const { mss } = sender;
  const window = sender.wnd - sender.flight;
  let room = sender.cwnd - sender.scoreboard.pipe;
  if (isProbe) room = Math.max(room, mss);
  // Limited transmit (RFC 3042): each of the first two duplicates lets a segment go. With SACK the pipe tells.
  if (!sender.sackPermitted) room += Math.min(sender.dupAcks, 2) * mss;
  const wanted = Math.min(unsent, window, sender.maxSend);
  if (wanted <= 0) {
    // What holds us back is the peer: the congestion window must not grow meanwhile (RFC 9438 §4.6).
    if (room > 0) sender.isCwndLimited = false;
    return 0;
  }
  if (room < Math.min(mss, unsent)) {
    sender.isCwndLimited = true;
    return 0;
  }
  let length = wanted;
  if (room < wanted) {
    sender.isCwndLimited = true;
    length = room >= mss ? room - (room % mss) : room;
  }
  const tail = length % mss;
  if (tail === 0) return length;
  if (length === unsent) {
    return !fin && sender.nagle.holds(sender.una) ? length - tail : length;
  }
  // RFC 9293 §3.8.6.2.1: a piece that only the window cuts goes when it is worth it.
  if (length > mss) return length - tail;
  if (sender.forcesSmall || length >= sender.maxWnd / 2) {
    sender.forcesSmall = false;
    return length;
  }
  return 0;
}

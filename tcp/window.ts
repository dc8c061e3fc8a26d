/**
 * The peer's window, and silly windows avoided on both sides (RFC 9293 §3.8.6.2, RFC 1122 §4.2.3.3, §4.2.3.4).
 *
 * @module
 */
import type { RingBuffer } from "@octet/wire";
import { TcpFlag } from "./frame.ts";
import type { Segment } from "./segment.ts";
import type { Sender } from "./sender.ts";
import * as seq from "./seq.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqAfter, seqBefore } = seq;
const { Syn } = TcpFlag;

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
  let room = sender.cwnd - sender.pipe;
  if (unsent <= mss && unsent <= window && unsent <= room) {
    return unsent === mss || goesSmall(sender, fin) ? unsent : 0;
  }
  if (isProbe) room = Math.max(room, mss);
  const most = sender.pacing === null ? sender.maxSend : sender.pacing.quantum(sender);
  const wanted = Math.min(unsent, window, most);
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
    // The congestion window may hold a part of an octet, and the rest of such a division is a call.
    length = room >= mss ? (Math.floor(room / mss) * mss) | 0 : room;
  }
  if (length === mss) return length;
  const tail = length % mss;
  if (tail === 0) return length;
  if (length === unsent) return goesSmall(sender, fin) ? length : length - tail;
  // RFC 9293 §3.8.6.2.1: a piece that only the window cuts goes when it is worth it.
  if (length > mss) return length - tail;
  if (sender.forcesSmall || length >= sender.maxWnd / 2) {
    sender.forcesSmall = false;
    return length;
  }
  return 0;
}

/** Whether a piece shorter than a segment, with which all is sent, goes now. */
function goesSmall(sender: Sender, fin: boolean): boolean {
  if (!fin && !sender.forcesSmall && sender.nagle.holds(sender.una)) return false;
  sender.forcesSmall = false;
  return true;
}

/** Whether a writer that waits is to be woken: when a third of the buffer is free, as Linux does, not for every segment. */
export function isWorthTelling(buffer: RingBuffer): boolean {
  return buffer.free * 3 >= buffer.limit;
}

/** Takes the peer's window in (RFC 9293 §3.10.7.4); that of a SYN is not scaled. Gives whether it has changed. */
export function updateWindow(sender: Sender, segment: Segment): boolean {
  return moveWindow(sender, segment, segment.has(Syn) ? 0 : sender.scale);
}

/** Takes the peer's window in, scaled by so many bits. Gives whether it has changed. */
export function moveWindow(sender: Sender, segment: Segment, scale: number): boolean {
  const { sequence, acknowledgment } = segment;
  const { wl1, wl2 } = sender;
  if (!seqBefore(wl1, sequence) && !(wl1 === sequence && !seqAfter(wl2, acknowledgment))) {
    return false;
  }
  const window = segment.window << scale;
  const changed = window !== sender.wnd;
  sender.wnd = window;
  sender.wl1 = sequence;
  sender.wl2 = acknowledgment;
  if (window > sender.maxWnd) sender.maxWnd = window;
  return changed;
}

/** RFC 9438 §4.2: the congestion window may grow when it is used; in slow start half is enough, as Linux has it. */
export function fillsWindow(sender: Sender): boolean {
  const { pipe } = sender.scoreboard;
  const { cwnd, ssthresh } = sender.congestion;
  return cwnd < ssthresh ? 2 * pipe > cwnd : pipe + sender.mss > cwnd;
}

/**
 * The receiver's part in avoiding silly windows (RFC 9293 §3.8.6.2.2, RFC 1122 §4.2.3.3).
 *
 * @module
 */

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
 * peer's window has become small, and there is a good deal more to offer.
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
  return current < limit / 2 && available - current >= Math.min(limit / 4, 2 * mss);
}

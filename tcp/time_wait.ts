/**
 * How long a connection that is over holds its ports (RFC 9293 §3.4.2, RFC 1337, RFC 6191).
 *
 * @module
 */
import type { TcpConnection } from "./connection.ts";
import { TcpFlag } from "./frame.ts";
import type { Segment } from "./segment.ts";
import { seqAfter } from "./seq.ts";

/**
 * 2 MSL in milliseconds. RFC 9293 puts the maximum segment lifetime at two minutes as "an
 * engineering choice"; Linux and we take half a minute.
 */
export const timeWaitDuration = 60_000;

/** How long an orphan waits for the peer's FIN, in milliseconds; Linux's `tcp_fin_timeout`. */
export const finWait2Timeout = 60_000;

/**
 * Whether a segment may open a new incarnation of a connection that is in TIME-WAIT: a SYN that
 * cannot belong to the old one, by its timestamp (RFC 6191 §2) or its sequence number (RFC 1122
 * §4.2.2.13).
 */
export function mayReuse(connection: TcpConnection, segment: Segment): boolean {
  if ((segment.flags & (TcpFlag.Syn | TcpFlag.Ack | TcpFlag.Rst)) !== TcpFlag.Syn) return false;
  const { timestamps, receiver } = connection;
  if (timestamps.enabled && segment.hasTimestamps) {
    const elapsed = (segment.timestampValue - timestamps.recent) | 0;
    if (elapsed !== 0) return elapsed > 0;
  }
  return seqAfter(segment.sequence, receiver.nxt);
}

/**
 * How long a connection that is over holds its ports (RFC 9293 §3.4.2, RFC 1337, RFC 6191).
 *
 * @module
 */
import type { TcpConnection } from "./connection.ts";
import { TcpFlag } from "./frame.ts";
import type { Segment } from "./segment.ts";
import { seqAfter } from "./seq.ts";
import { TcpState } from "./state.ts";

/**
 * 2 MSL in milliseconds. RFC 9293 puts the maximum segment lifetime at two minutes as "an
 * engineering choice"; Linux and we take half a minute.
 */
export const timeWaitDuration = 60_000;

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

/** How long the timestamp clock has to tick on before the ends of a connection are used again, in milliseconds. */
const replaceAfter = 1000;

/**
 * Whether a connection that we open may take the ends of one in TIME-WAIT: RFC 6191's rule from the other side,
 * Linux's `tcp_tw_reuse`. Whatever is left of the old one carries older timestamps, so the peer drops it.
 */
export function mayReplace(connection: TcpConnection, now: number): boolean {
  return connection.state === TcpState.TimeWait && connection.isReplaceable &&
    now - connection.heardAt >= replaceAfter;
}

/**
 * What the network reports of a segment that we sent (RFC 1122 §4.2.3.9, RFC 5927, RFC 6069).
 *
 * @module
 */
import { readI32 } from "@octet/wire";
import type { TcpConnection } from "./connection.ts";
import { TimerKind } from "./retransmit_timer.ts";
import { seqBefore } from "./seq.ts";
import { TcpError } from "./state.ts";

const destinationUnreachable = 3;
const timeExceeded = 11;
/** The code of {@linkcode destinationUnreachable} that tells of the path's MTU (RFC 1191 §4). */
const fragmentationNeeded = 4;

/** The code of {@linkcode destinationUnreachable} up to which no route leads there. */
const hostUnreachable = 1;

/** What an ICMP message means for a connection that is being opened; `None` when nothing. */
function errorFor(type: number, code: number): TcpError {
  if (type === timeExceeded) return TcpError.HostUnreachable;
  if (type !== destinationUnreachable) return TcpError.None;
  switch (code) {
    case 0:
    case 6:
    case 9:
    case 11:
      return TcpError.NetworkUnreachable;
    case 2:
    case 3:
      return TcpError.Refused;
    default:
      return TcpError.HostUnreachable;
  }
}

/**
 * Tells a connection of an ICMP error about one of its segments.
 *
 * @param type The ICMP type.
 * @param code The ICMP code.
 * @param mtu The next hop's MTU in bytes that a router tells with type 3 code 4; 0 when it does not.
 * @param bytes The buffer with the quote.
 * @param offset Where the quoted TCP header begins; eight bytes are there.
 * @returns Whether the quote is of a segment in flight; anybody can send one that is not (RFC 5927 §4.1).
 */
export function reportToConnection(
  connection: TcpConnection,
  type: number,
  code: number,
  mtu: number,
  bytes: Uint8Array,
  offset: number,
  now: number,
): boolean {
  const sequence = readI32(bytes, offset + 4);
  const { una, nxt } = connection.sender;
  if (seqBefore(sequence, una) || !seqBefore(sequence, nxt)) return false;
  if (type === destinationUnreachable && code === fragmentationNeeded) {
    connection.tooBig(mtu, now);
    return true;
  }
  const error = errorFor(type, code);
  if (error === TcpError.None) return true;
  connection.networkError(error);
  if (connection.isOpen) {
    reports.set(connection, { error, at: now });
    if (type === destinationUnreachable && code <= hostUnreachable && sequence === una) {
      linkIsDown(connection, now);
    }
  }
  return true;
}

/** What was reported last of an open connection: no reason to end it, but the reason if nothing else comes. */
const reports: WeakMap<TcpConnection, { readonly error: TcpError; readonly at: number }> =
  new WeakMap();

/** Why a connection that is given up has got no answer: what the network has said since the last one came. */
export function timeoutCause(connection: TcpConnection): TcpError {
  const report = reports.get(connection);
  return report !== undefined && report.at > connection.sender.progressAt
    ? report.error
    : TcpError.TimedOut;
}

/**
 * A router has no way to the peer, so the retransmission was not lost by congestion: the timeout is not doubled for it,
 * and the connection goes on soon after the way is back (RFC 6069 §4.2).
 */
function linkIsDown(connection: TcpConnection, now: number): void {
  const { sender } = connection;
  const { rtt, timer } = sender;
  if (timer.kind !== TimerKind.Retransmit || rtt.backoff === 0) return;
  rtt.backoff--;
  timer.hasten(Math.max(now, sender.lastSentAt + rtt.rto));
  connection.rearm();
}

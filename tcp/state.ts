/**
 * The states of a connection (RFC 9293 §3.3.2) and how one ends.
 *
 * @module
 */

/** The states, numbered as Linux's `tcp_info.tcpi_state` numbers them. */
export const TcpState = {
  /** Data flows both ways. */
  Established: 1,
  /** A SYN has been sent. */
  SynSent: 2,
  /** A SYN has come and been answered. */
  SynReceived: 3,
  /** We have closed; our FIN is not acknowledged. */
  FinWait1: 4,
  /** We have closed, and the peer knows; it may still send. */
  FinWait2: 5,
  /** Both have closed; waiting for old segments to die out. */
  TimeWait: 6,
  /** No connection. */
  Closed: 7,
  /** The peer has closed; we may still send. */
  CloseWait: 8,
  /** Both have closed; our FIN is not acknowledged. */
  LastAck: 9,
  /** Waiting for connections. */
  Listen: 10,
  /** Both have closed at the same time; our FIN is not acknowledged. */
  Closing: 11,
} as const;

/** One of the states of {@linkcode TcpState}. */
export type TcpState = (typeof TcpState)[keyof typeof TcpState];

/**
 * The name of a state as RFC 9293 writes it.
 *
 * @example
 * ```ts
 * import { TcpState, tcpStateName } from "@octet/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tcpStateName(TcpState.FinWait1), "FIN-WAIT-1");
 * ```
 */
export function tcpStateName(state: TcpState): string {
  return names[state]!;
}

const names: readonly string[] = [
  "",
  "ESTABLISHED",
  "SYN-SENT",
  "SYN-RECEIVED",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "TIME-WAIT",
  "CLOSED",
  "CLOSE-WAIT",
  "LAST-ACK",
  "LISTEN",
  "CLOSING",
];

/** Why a connection has ended; `None` while it has not, or when it ended in order. */
export const TcpError = {
  /** Nothing went wrong. */
  None: 0,
  /** The peer answered our SYN with a reset: ECONNREFUSED. */
  Refused: 1,
  /** The peer reset the connection: ECONNRESET. */
  Reset: 2,
  /** Nobody answered in time: ETIMEDOUT. */
  TimedOut: 3,
  /** The network says that the peer's host cannot be reached: EHOSTUNREACH. */
  HostUnreachable: 4,
  /** No route leads there: ENETUNREACH. */
  NetworkUnreachable: 5,
  /** We have aborted it ourselves: ECONNABORTED. */
  Aborted: 6,
} as const;

/** One of the codes of {@linkcode TcpError}. */
export type TcpError = (typeof TcpError)[keyof typeof TcpError];

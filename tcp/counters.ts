/**
 * What TCP counts, under the names of Linux's `nstat`.
 *
 * @module
 */

/** Counters of one stack's TCP. */
export class TcpCounters {
  /** Connections opened by us. */
  TcpActiveOpens: number = 0;
  /** Connections opened by peers. */
  TcpPassiveOpens: number = 0;
  /** Handshakes that failed. */
  TcpAttemptFails: number = 0;
  /** Established connections that were reset. */
  TcpEstabResets: number = 0;
  /** Connections established now. */
  TcpCurrEstab: number = 0;
  /** Segments received. */
  TcpInSegs: number = 0;
  /** Segments sent. */
  TcpOutSegs: number = 0;
  /** Segments sent again. */
  TcpRetransSegs: number = 0;
  /** Segments received that were malformed. */
  TcpInErrs: number = 0;
  /** Segments received with a bad checksum. */
  TcpInCsumErrors: number = 0;
  /** Resets sent. */
  TcpOutRsts: number = 0;
  /** Completed handshakes that found the accept queue full. */
  TcpExtListenOverflows: number = 0;
  /** SYNs answered with a cookie (RFC 4987). */
  TcpExtSyncookiesSent: number = 0;
  /** Connections made of a cookie that came back. */
  TcpExtSyncookiesRecv: number = 0;
  /** SYNs that found the listener full. */
  TcpExtListenDrops: number = 0;
  /** Challenge acknowledgements (RFC 5961). */
  TcpExtTCPChallengeACK: number = 0;
  /** Segments refused for their old timestamp (RFC 7323 §5). */
  TcpExtPAWSEstab: number = 0;
  /** Connections reset as data came when nobody was left to read. */
  TcpExtTCPAbortOnData: number = 0;
  /** Connections reset as they were closed with data that nobody had read. */
  TcpExtTCPAbortOnClose: number = 0;
  /** Connections reset as their data was not delivered in the time to linger. */
  TcpExtTCPAbortOnLinger: number = 0;
  /** Connections reset at their close as there were too many orphans. */
  TcpExtTCPAbortOnMemory: number = 0;
  /** Connections that did not stay in TIME-WAIT as there were too many. */
  TcpExtTCPTimeWaitOverflow: number = 0;
  /** Connections given up as the peer was silent. */
  TcpExtTCPAbortOnTimeout: number = 0;
}

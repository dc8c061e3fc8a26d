/**
 * What is settled for a connection before it opens: the options that programs give, completed and
 * checked. The connections of one stack share theirs.
 *
 * @module
 */
import {
  initialReceiveBuffer,
  initialSendBuffer,
  maximumReceiveBuffer,
  maximumSendBuffer,
} from "./auto_tuning.ts";
import type { CongestionControlFactory } from "./congestion.ts";
import { minMss, windowScaleFor } from "./handshake.ts";

/** What may also be changed while a connection is open. Times are in milliseconds. */
export interface TcpTuning {
  /** How often a SYN is sent again, as `TCP_SYNCNT` and `tcp_syn_retries`; 6 when not given. */
  readonly synRetries: number;
  /** How often a SYN-ACK is sent again, as `tcp_synack_retries`; 5 when not given. */
  readonly synAckRetries: number;
  /** How often data is sent again before the connection is given up, as `tcp_retries2`; 15 when not given. */
  readonly retries: number;
  /** How long a connection is idle before the first keep-alive probe, as `TCP_KEEPIDLE`; two hours when not given. */
  readonly keepAliveIdle: number;
  /** How long between keep-alive probes, as `TCP_KEEPINTVL`; 75 s when not given. */
  readonly keepAliveInterval: number;
  /** How many keep-alive probes go unanswered before the connection is given up, as `TCP_KEEPCNT`; 9 when not given. */
  readonly keepAliveCount: number;
  /** How long a closed connection waits for the peer's FIN, as `TCP_LINGER2` and `tcp_fin_timeout`; a minute when not given. */
  readonly finTimeout: number;
  /**
   * What `close` does with data on its way, as `SO_LINGER`: 0 drops it and resets the connection, more resets it when
   * the data is not acknowledged so long after; `Infinity`, the default, never does.
   */
  readonly linger: number;
  /** Whether the congestion window decays in pauses (RFC 2861), as `tcp_slow_start_after_idle`; `true` when not given. */
  readonly slowStartAfterIdle: boolean;
  /**
   * The pace of what is sent: 0, the default, for none, `Infinity` for that of the congestion window, else the most
   * bytes a second, as `SO_MAX_PACING_RATE`.
   */
  readonly pacing: number;
  /** The type-of-service octet of what is sent, its ECN bits 0, as `IP_TOS`; 0 when not given. */
  readonly trafficClass: number;
}

/** What is settled where nobody says otherwise: Linux's values. */
export const defaultTuning: TcpTuning = {
  synRetries: 6,
  synAckRetries: 5,
  retries: 15,
  keepAliveIdle: 7_200_000,
  keepAliveInterval: 75_000,
  keepAliveCount: 9,
  finTimeout: 60_000,
  linger: Infinity,
  slowStartAfterIdle: true,
  pacing: 0,
  trafficClass: 0,
};

/** Settings of a connection. */
export interface TcpConnectionOptions extends Partial<TcpTuning> {
  /**
   * Bytes the send buffer may hold, as `SO_SNDBUF`; when not given it follows the congestion window, up to
   * `maxSendBuffer`.
   */
  sendBuffer?: number;
  /** Bytes the send buffer may grow to; 4 MiB when not given. */
  maxSendBuffer?: number;
  /**
   * Bytes the receive buffer may hold, as `SO_RCVBUF`; when not given it follows what arrives in a round trip, up
   * to `maxReceiveBuffer`.
   */
  receiveBuffer?: number;
  /** Bytes the receive buffer may grow to, and so the largest window; 6 MiB when not given, at most 2^30. */
  maxReceiveBuffer?: number;
  /** Makes the congestion controller of each connection; CUBIC when not given. */
  congestionControl?: CongestionControlFactory;
  /** Whether to offer selective acknowledgements (RFC 2018); `true` when not given. */
  sack?: boolean;
  /** Whether to offer timestamps (RFC 7323); `true` when not given. */
  timestamps?: boolean;
  /** Whether to offer window scaling (RFC 7323); `true` when not given. */
  windowScaling?: boolean;
  /**
   * Explicit congestion notification (RFC 3168): `"on"` offers it, `"accept"`, the default, agrees to a peer's offer,
   * `"off"` does neither; as Linux's `tcp_ecn` 1, 2, 0.
   */
  ecn?: "on" | "accept" | "off";
  /** The longest segment either way, in bytes of payload and options, as `TCP_MAXSEG`; what the path carries when not given. */
  maxSegmentSize?: number;
  /** How long data may go unacknowledged, in milliseconds, as `TCP_USER_TIMEOUT`; 0, the default, counts retries instead. */
  userTimeout?: number;
}

/** Settings of connections. */
export interface TcpSettings extends TcpTuning {
  /** What the send buffer begins with, in bytes. */
  readonly sendBuffer: number;
  /** What the send buffer may grow to, in bytes. */
  readonly maxSendBuffer: number;
  /** What the receive buffer begins with, in bytes. */
  readonly receiveBuffer: number;
  /** What the receive buffer may grow to, in bytes. */
  readonly maxReceiveBuffer: number;
  /** Makes congestion controllers; `null` for CUBIC. */
  readonly congestionControl: CongestionControlFactory | null;
  /** Whether SACK is offered. */
  readonly sack: boolean;
  /** Whether timestamps are offered. */
  readonly timestamps: boolean;
  /** Whether window scaling is offered. */
  readonly windowScaling: boolean;
  /** Our window shift as offered: the smallest that lets the window field express the whole buffer. */
  readonly scale: number;
  /** Whether ECN is offered, or agreed to. */
  readonly ecn: "on" | "accept" | "off";
  /** The longest segment either way, in bytes. */
  readonly maxSegmentSize: number;
  /** How long data may go unacknowledged, in milliseconds; 0 counts retries instead. */
  readonly userTimeout: number;
}

/**
 * Completes and checks options.
 *
 * @throws {RangeError} When a size is out of range.
 */
export function settleOptions(options: TcpConnectionOptions): TcpSettings {
  const maxSendBuffer = options.sendBuffer ?? options.maxSendBuffer ?? maximumSendBuffer;
  const maxReceiveBuffer = options.receiveBuffer ?? options.maxReceiveBuffer ??
    maximumReceiveBuffer;
  checkBuffer("send", maxSendBuffer);
  checkBuffer("receive", maxReceiveBuffer);
  const { maxSegmentSize = Infinity } = options;
  if (!(maxSegmentSize >= minMss && maxSegmentSize % 1 === 0) && maxSegmentSize !== Infinity) {
    throw new RangeError(
      `Cannot create connection as its segments must hold at least ${minMss} whole bytes: ${maxSegmentSize}`,
    );
  }
  return {
    ...tune(defaultTuning, options),
    sendBuffer: options.sendBuffer ?? Math.min(initialSendBuffer, maxSendBuffer),
    maxSendBuffer,
    receiveBuffer: options.receiveBuffer ?? Math.min(initialReceiveBuffer, maxReceiveBuffer),
    maxReceiveBuffer,
    congestionControl: options.congestionControl ?? null,
    sack: options.sack ?? true,
    timestamps: options.timestamps ?? true,
    windowScaling: options.windowScaling ?? true,
    scale: windowScaleFor(maxReceiveBuffer),
    ecn: options.ecn ?? "accept",
    maxSegmentSize,
    userTimeout: options.userTimeout ?? 0,
  };
}

/**
 * Changes what may be changed.
 *
 * @throws {RangeError} When a number is out of range.
 */
export function tune(before: TcpTuning, changes: Partial<TcpTuning>): TcpTuning {
  const value = (name: Exclude<keyof TcpTuning, "slowStartAfterIdle">, least: number) => {
    const number = changes[name] ?? before[name];
    if (!(number >= least)) {
      throw new RangeError(`Cannot set ${name} as it must be at least ${least}: ${number}`);
    }
    return number;
  };
  return {
    synRetries: value("synRetries", 0),
    synAckRetries: value("synAckRetries", 0),
    retries: value("retries", 0),
    keepAliveIdle: value("keepAliveIdle", 1),
    keepAliveInterval: value("keepAliveInterval", 1),
    keepAliveCount: value("keepAliveCount", 1),
    finTimeout: value("finTimeout", 0),
    linger: value("linger", 0),
    slowStartAfterIdle: changes.slowStartAfterIdle ?? before.slowStartAfterIdle,
    pacing: value("pacing", 0),
    trafficClass: value("trafficClass", 0) & 0xfc,
  };
}

function checkBuffer(name: string, size: number): void {
  if (!(Number.isInteger(size) && size >= 1 && size <= 2 ** 30)) {
    throw new RangeError(
      `Cannot create connection as its ${name} buffer must be from 1 to 2^30 bytes: ${size}`,
    );
  }
}

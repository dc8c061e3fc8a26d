/**
 * How a connection stands, under the names of Linux's `struct tcp_info` without their prefix, so that whoever
 * knows `ss -ti` knows this.
 *
 * @module
 */
import type { TcpConnection } from "./connection.ts";
import { defaultMss } from "./handshake.ts";
import { RecoveryState } from "./recovery.ts";
import { TimerKind } from "./retransmit_timer.ts";
import type { TcpState } from "./state.ts";

/** `ca_state` of {@linkcode TcpInfo}, numbered as Linux's `enum tcp_ca_state`. */
export const TcpCaState = {
  /** Nothing unusual. */
  Open: 0,
  /** Something came out of order at the peer. */
  Disorder: 1,
  /** The window is being reduced for a mark, not for a loss. */
  Cwr: 2,
  /** Fast recovery. */
  Recovery: 3,
  /** After a retransmission timeout. */
  Loss: 4,
} as const;

/** One of the values of {@linkcode TcpCaState}. */
export type TcpCaState = (typeof TcpCaState)[keyof typeof TcpCaState];

/** Bits of `options` of {@linkcode TcpInfo}, as Linux's `TCPI_OPT_*`. */
export const TcpInfoOption = {
  /** Timestamps are used. */
  Timestamps: 1,
  /** SACK is used. */
  Sack: 2,
  /** Windows are scaled. */
  WindowScale: 4,
  /** ECN is used. */
  Ecn: 8,
} as const;

/** A snapshot. Times that Linux gives in microseconds are in microseconds; counts of segments are in segments. */
export interface TcpInfo {
  /** The state; Linux's numbers. */
  readonly state: TcpState;
  /** The state of loss recovery. */
  readonly ca_state: TcpCaState;
  /** Retransmission timeouts in a row. */
  readonly retransmits: number;
  /** Probes of a closed window in a row. */
  readonly probes: number;
  /** How many times the timeout was doubled. */
  readonly backoff: number;
  /** What both sides agreed on, {@linkcode TcpInfoOption}. */
  readonly options: number;
  /** The peer's window shift. */
  readonly snd_wscale: number;
  /** Our window shift. */
  readonly rcv_wscale: number;
  /** Retransmission timeout, in microseconds. */
  readonly rto: number;
  /** Our MSS towards the peer, in bytes, options taken off. */
  readonly snd_mss: number;
  /** The peer's segments, in bytes. */
  readonly rcv_mss: number;
  /** Segments sent and not acknowledged. */
  readonly unacked: number;
  /** Of these, segments that the peer holds. */
  readonly sacked: number;
  /** Of these, segments deemed lost. */
  readonly lost: number;
  /** Of these, segments sent again and in flight. */
  readonly retrans: number;
  /** Milliseconds since data was sent. */
  readonly last_data_sent: number;
  /** Milliseconds since the peer was heard. */
  readonly last_ack_recv: number;
  /** The path's MTU, in bytes. */
  readonly pmtu: number;
  /** Smoothed round-trip time, in microseconds. */
  readonly rtt: number;
  /** Its deviation, in microseconds. */
  readonly rttvar: number;
  /** The smallest round-trip time, in microseconds; 2^32 - 1 before the first sample. */
  readonly min_rtt: number;
  /** Slow-start threshold, in segments; 2^31 - 1 before the first loss. */
  readonly snd_ssthresh: number;
  /** Congestion window, in segments. */
  readonly snd_cwnd: number;
  /** The peer's window, in bytes. */
  readonly snd_wnd: number;
  /** The MSS that we announced, in bytes. */
  readonly advmss: number;
  /** Our receive buffer, in bytes. */
  readonly rcv_space: number;
  /** Segments sent again in all. */
  readonly total_retrans: number;
  /** Payload bytes acknowledged. */
  readonly bytes_acked: number;
  /** Payload bytes received in order. */
  readonly bytes_received: number;
  /** Payload bytes sent, again ones included. */
  readonly bytes_sent: number;
  /** Payload bytes sent again. */
  readonly bytes_retrans: number;
  /** Segments sent. */
  readonly segs_out: number;
  /** Segments received. */
  readonly segs_in: number;
  /** Bytes in the send buffer that were never sent. */
  readonly notsent_bytes: number;
  /** Octets that the peer has told it has, in segments. */
  readonly delivered: number;
  /** Bytes a second that the last round trips delivered: the window over the round-trip time, as far as it is used. */
  readonly delivery_rate: number;
  /** D-SACK blocks that have come. */
  readonly dsack_dups: number;
  /** Whether reordering was seen: 0 or 1. */
  readonly reord_seen: number;
}

/** Takes a snapshot of a connection. */
export function tcpInfo(connection: TcpConnection, now: number): TcpInfo {
  const { sender, receiver, timestamps } = connection;
  const { rtt, scoreboard, congestion, mss } = sender;
  const segments = (octets: number) => Math.ceil(octets / mss);
  let retrans = 0;
  for (let record = scoreboard.first; record !== null; record = record.next) {
    if (!record.isSacked && !record.isLost && record.transmissions > 1) retrans += record.length;
  }
  const isProbing = sender.timer.kind === TimerKind.Persist;
  const { ssthresh } = congestion;
  const inFlight = Math.min(sender.flight, sender.cwnd);
  return {
    state: connection.state,
    ca_state: caState(connection),
    retransmits: isProbing ? 0 : sender.retries,
    probes: isProbing ? sender.retries : 0,
    backoff: rtt.backoff,
    options: (timestamps.enabled ? TcpInfoOption.Timestamps : 0) |
      (sender.sackPermitted ? TcpInfoOption.Sack : 0) |
      (connection.scalesWindow ? TcpInfoOption.WindowScale : 0) |
      (sender.ecn.enabled ? TcpInfoOption.Ecn : 0),
    snd_wscale: sender.scale,
    rcv_wscale: receiver.scale,
    rto: microseconds(rtt.rto),
    snd_mss: mss,
    rcv_mss: Math.max(receiver.mss, defaultMss),
    unacked: segments(sender.flight),
    sacked: segments(scoreboard.sackedOctets),
    lost: segments(scoreboard.lost.octets),
    retrans: segments(retrans),
    last_data_sent: sender.lastSentAt === -Infinity ? 0 : Math.floor(now - sender.lastSentAt),
    last_ack_recv: Math.floor(now - connection.heardAt),
    pmtu: mss + sender.headers,
    rtt: microseconds(rtt.srtt),
    rttvar: microseconds(rtt.rttvar),
    min_rtt: rtt.minRtt === Infinity ? 0xffff_ffff : microseconds(rtt.minRtt),
    snd_ssthresh: ssthresh === Infinity ? 0x7fff_ffff : Math.floor(ssthresh / mss),
    snd_cwnd: Math.floor(sender.cwnd / mss),
    snd_wnd: sender.wnd,
    advmss: connection.receiveMss - (timestamps.enabled ? 12 : 0),
    rcv_space: receiver.buffer.limit,
    total_retrans: sender.retransmissions,
    bytes_acked: sender.bytesSent - sender.bytesAgain - dataInFlight(connection),
    bytes_received: receiver.received,
    bytes_sent: sender.bytesSent,
    bytes_retrans: sender.bytesAgain,
    segs_out: connection.segmentsOut,
    segs_in: connection.segmentsIn,
    notsent_bytes: sender.unsent,
    delivered: segments(sender.delivered),
    delivery_rate: rtt.srtt === 0 ? 0 : Math.round((inFlight * 1000) / rtt.srtt),
    dsack_dups: sender.duplicatesReported,
    reord_seen: sender.rack.reorderingSeen ? 1 : 0,
  };
}

function caState(connection: TcpConnection): TcpCaState {
  const { recovery, scoreboard } = connection.sender;
  if (recovery.state === RecoveryState.Loss) return TcpCaState.Loss;
  if (recovery.state === RecoveryState.Recovery) return TcpCaState.Recovery;
  if (recovery.state === RecoveryState.Reduction) return TcpCaState.Cwr;
  return scoreboard.sackedOctets > 0 ? TcpCaState.Disorder : TcpCaState.Open;
}

/** Payload bytes in flight: sequence space less the SYN and the FIN that stand in it. */
function dataInFlight(connection: TcpConnection): number {
  const { sender } = connection;
  const syn = sender.una === sender.iss && sender.nxt !== sender.iss ? 1 : 0;
  const fin = sender.finSent && sender.una !== sender.nxt ? 1 : 0;
  return sender.flight - syn - fin;
}

function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000);
}

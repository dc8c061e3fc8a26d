/**
 * How a connection stands, under the names of Linux's `struct tcp_info` without their prefix, so that whoever
 * knows `ss -ti` knows this.
 *
 * @module
 */
import { chronoOf } from "./chrono.ts";
import type { TcpConnection } from "./connection.ts";
import { defaultMss } from "./handshake.ts";
import { RecoveryState } from "./recovery.ts";
import { TimerKind } from "./retransmit_timer.ts";
import type { Sender } from "./sender.ts";
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
  /** Of these, segments deemed lost, those included that are in flight again. */
  readonly lost: number;
  /** Of these, segments sent again and in flight. */
  readonly retrans: number;
  /** Milliseconds since data was sent. */
  readonly last_data_sent: number;
  /** Milliseconds since data has come, or since the connection opened. */
  readonly last_data_recv: number;
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
  /** Segments sent, modulo 2^32. */
  readonly segs_out: number;
  /** Segments received, modulo 2^32. */
  readonly segs_in: number;
  /** Bytes in the send buffer that were never sent. */
  readonly notsent_bytes: number;
  /** Octets that the peer has told it has, in segments. */
  readonly delivered: number;
  /** Bytes a second that the peer has got while the segment was on its way that was acknowledged last; 0 before the first. */
  readonly delivery_rate: number;
  /** D-SACK blocks that have come. */
  readonly dsack_dups: number;
  /** How many segments beyond a gap make it a loss where no time tells. */
  readonly reordering: number;
  /** Bytes a second at which segments are paced; 2^32 - 1 for no pace. */
  readonly pacing_rate: number;
  /** Microseconds since the first call in which there was something to send or to be acknowledged. */
  readonly busy_time: number;
  /** Of these, microseconds in which the peer's window held data up. */
  readonly rwnd_limited: number;
  /** Of these, microseconds in which the send buffer was full and all of it sent. */
  readonly sndbuf_limited: number;
  /** Whether the rate of delivery was what the application sent, not what the path takes: 0 or 1. */
  readonly delivery_rate_app_limited: number;
  /** Whether reordering was seen: 0 or 1. */
  readonly reord_seen: number;
}

/** Takes a snapshot of a connection. */
export function tcpInfo(connection: TcpConnection, now: number): TcpInfo {
  const { sender, receiver, timestamps } = connection;
  const { rtt, scoreboard, congestion, mss } = sender;
  const chrono = chronoOf(connection, now);
  const segments = (octets: number) => Math.ceil(octets / mss);
  let retrans = 0;
  for (let record = scoreboard.first; record !== null; record = record.next) {
    if (!record.isSacked && !record.isLost && record.transmissions > 1) retrans += record.length;
  }
  const isProbing = sender.timer.kind === TimerKind.Persist;
  const { ssthresh } = congestion;
  return {
    state: connection.state,
    ca_state: caState(connection),
    retransmits: isProbing ? 0 : sender.retries,
    probes: isProbing ? sender.retries : 0,
    backoff: rtt.backoff,
    options: (timestamps.enabled ? TcpInfoOption.Timestamps : 0) |
      (sender.sackPermitted ? TcpInfoOption.Sack : 0) |
      (connection.receiver.scalesWindow ? TcpInfoOption.WindowScale : 0) |
      (sender.ecn.enabled ? TcpInfoOption.Ecn : 0),
    snd_wscale: sender.scale,
    rcv_wscale: receiver.scale,
    rto: microseconds(rtt.rto),
    snd_mss: mss,
    rcv_mss: Math.max(receiver.mss, defaultMss),
    unacked: segments(sender.flight),
    sacked: segments(scoreboard.sackedOctets),
    lost: segments(scoreboard.lost.octets + retrans),
    retrans: segments(retrans),
    last_data_sent: sender.lastSentAt === -Infinity ? 0 : Math.floor(now - sender.lastSentAt),
    last_data_recv: ((now | 0) - receiver.dataAt) | 0,
    last_ack_recv: Math.floor(now - connection.heardAt),
    pmtu: mss + sender.headers,
    rtt: microseconds(rtt.srtt),
    rttvar: microseconds(rtt.rttvar),
    min_rtt: rtt.minRtt === Infinity ? 0xffff_ffff : microseconds(rtt.minRtt),
    snd_ssthresh: ssthresh === Infinity ? 0x7fff_ffff : Math.floor(ssthresh / mss),
    snd_cwnd: Math.floor(sender.cwnd / mss),
    snd_wnd: sender.wnd,
    advmss: connection.receiver.ownMss - (timestamps.enabled ? 12 : 0),
    rcv_space: receiver.buffer.limit,
    total_retrans: sender.retransmissions,
    bytes_acked: sender.bytesSent - sender.bytesAgain - dataInFlight(connection),
    bytes_received: receiver.received,
    bytes_sent: sender.bytesSent,
    bytes_retrans: sender.bytesAgain,
    segs_out: sender.segments >>> 0,
    segs_in: receiver.segments >>> 0,
    notsent_bytes: sender.unsent,
    delivered: segments(sender.delivered),
    delivery_rate: deliveryRate(sender),
    dsack_dups: sender.duplicatesReported,
    reordering: 3,
    pacing_rate: pacingRate(sender),
    busy_time: microseconds(chrono.busy),
    rwnd_limited: microseconds(chrono.windowLimited),
    sndbuf_limited: microseconds(chrono.bufferLimited),
    delivery_rate_app_limited: sender.isCwndLimited || sender.unsent > 0 ? 0 : 1,
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

/**
 * What was delivered between two acknowledgements a round trip apart: the last, and the one that had come when the
 * segment was sent that it tells of. Less than the smallest round trip is acknowledgements that were held up together.
 */
function deliveryRate({ delivered, deliveredAt, rack, rtt }: Sender): number {
  if (delivered === 0) return 0;
  const interval = Math.max(deliveredAt - rack.priorDeliveredAt, rtt.minRtt);
  return Math.round((((delivered - rack.priorDelivered) | 0) * 1000) / interval);
}

function pacingRate(sender: Sender): number {
  const rate = sender.pacing?.rate(sender) ?? Infinity;
  return rate === Infinity ? 0xffff_ffff : Math.round(rate);
}

function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1000);
}

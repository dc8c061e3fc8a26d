/**
 * A TCP connection (RFC 9293): a node that ties sender, receiver and state together.
 *
 * @module
 */
import { BaseNode, type Packet, type Verdict } from "@octet/wire";
import { segmentArrives } from "./arrival.ts";
import {
  initialReceiveBuffer,
  initialSendBuffer,
  maximumReceiveBuffer,
  maximumSendBuffer,
} from "./auto_tuning.ts";
import type { CongestionControlFactory } from "./congestion.ts";
import { Cubic } from "./cubic.ts";
import { KeepAlive } from "./keepalive.ts";
import type { TcpListener } from "./listener.ts";
import { Receiver } from "./receiver.ts";
import type { Segment } from "./segment.ts";
import { Sender } from "./sender.ts";
import { TcpError, TcpState, tcpStateName } from "./state.ts";
import type { Tcp } from "./tcp.ts";
import { type TcpInfo, tcpInfo } from "./tcp_info.ts";
import { Timestamps } from "./timestamps.ts";
import { windowScaleFor } from "./handshake.ts";
import { finWait2Timeout, timeWaitDuration } from "./time_wait.ts";
import { writeNext } from "./transmit.ts";

/** What has changed for the application; a set of bits. */
export const TcpEvent = {
  /** The connection is established. */
  Opened: 1,
  /** There is more to read, or the end of the stream was reached. */
  Readable: 2,
  /** The send buffer has room again. */
  Writable: 4,
  /** The connection has ended; `error` says why. */
  Closed: 8,
} as const;

/** Settings of a connection. */
export interface TcpConnectionOptions {
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
  /** How long data may go unacknowledged, in milliseconds, as `TCP_USER_TIMEOUT`; 0, the default, counts retries instead. */
  userTimeout?: number;
}

/** How many times data is sent again before the connection is given up; Linux's `tcp_retries2`. */
const maxRetries = 15;
/** How many times a SYN is sent again; Linux's `tcp_syn_retries`. */
const maxSynRetries = 6;
/** How many times a SYN-ACK is sent again; Linux's `tcp_synack_retries`. */
const maxSynAckRetries = 5;

/**
 * One connection. Four kinds of methods: getters; what the network does to it (`arrive`,
 * `networkError`); what the application does to it (`write`, `read`, `closeWrite`, `close`,
 * `abort`); what it wants done (`encapsulate`, `deadline`). After the application has done something
 * the stack is asked for frames, which leads to `encapsulate`.
 */
export class TcpConnection extends BaseNode {
  /** Our IPv4 address, host order. */
  localAddress: number = 0;
  /** The peer's IPv4 address, host order. */
  remoteAddress: number = 0;
  /** The peer's port. */
  remotePort: number = 0;
  /** The state. */
  state: TcpState = TcpState.Closed;
  /** Why the connection has ended. */
  error: TcpError = TcpError.None;
  /** Whether it was opened by a listener. */
  isPassive: boolean = false;
  /** Whether it was given back and waits to be opened again. */
  isPooled: boolean = false;
  /** The next in the accept queue of a listener. */
  nextAccepted: TcpConnection | null = null;
  /** The listener whose accept queue waits for it, or `null`. */
  listener: TcpListener | null = null;
  /** The TCP it is registered in, also after its end; `null` before its first connection. */
  tcp: Tcp | null = null;
  /** Our MSS: the most payload that we take in a segment, announced in the SYN. */
  receiveMss: number = 1460;
  /** Called with {@linkcode TcpEvent} bits when something has changed for the application. */
  onEvent: ((events: number) => void) | null = null;
  /** Whether the application has closed both directions: nobody reads what still comes. */
  isOrphan: boolean = false;
  /** The sending half. */
  readonly sender: Sender;
  /** The receiving half. */
  readonly receiver: Receiver;
  /** The timestamps option. */
  readonly timestamps: Timestamps = new Timestamps();
  /** Keep-alive probes. */
  readonly keepAlive: KeepAlive = new KeepAlive();
  /** Whether SACK is offered. */
  readonly offersSack: boolean;
  /** Whether timestamps are offered. */
  readonly offersTimestamps: boolean;
  /** Whether ECN is offered, or agreed to. */
  readonly ecn: "on" | "accept" | "off";
  /** How long data may go unacknowledged, in milliseconds; 0 counts retries instead. */
  userTimeout: number;
  /** How many segments have come. */
  segmentsIn: number = 0;
  /** How many segments have been sent. */
  segmentsOut: number = 0;
  /** When a segment of the peer has come last, in milliseconds. */
  heardAt: number = 0;
  /** Whether window scaling is offered. */
  readonly offersWindowScaling: boolean;
  /** Our window shift as offered: the smallest that lets the window field express the whole buffer. */
  readonly offeredScale: number;
  /** Whether both sides scale their windows. */
  scalesWindow: boolean = false;
  /** Challenge acknowledgements sent since {@linkcode TcpConnection.challengeWindow}. */
  challenges: number = 0;
  /** When the current second of counting challenges began, in milliseconds. */
  challengeWindow: number = -Infinity;
  /** When TIME-WAIT or an orphan's FIN-WAIT-2 ends, in milliseconds. */
  lingerUntil: number = Infinity;

  /**
   * Makes a connection that is closed. `Tcp.connect` and listeners open it, and may open it again
   * after its end.
   */
  constructor(options: TcpConnectionOptions = {}) {
    super();
    this.protocol = 6;
    const maxSend = options.sendBuffer ?? options.maxSendBuffer ?? maximumSendBuffer;
    const maxReceive = options.receiveBuffer ?? options.maxReceiveBuffer ?? maximumReceiveBuffer;
    checkBuffer("send", maxSend);
    checkBuffer("receive", maxReceive);
    const sendBuffer = options.sendBuffer ?? Math.min(initialSendBuffer, maxSend);
    const receiveBuffer = options.receiveBuffer ?? Math.min(initialReceiveBuffer, maxReceive);
    this.sender = new Sender(sendBuffer, maxSend, options.congestionControl?.() ?? new Cubic());
    this.receiver = new Receiver(receiveBuffer, maxReceive);
    this.ecn = options.ecn ?? "accept";
    this.userTimeout = options.userTimeout ?? 0;
    this.offersSack = options.sack ?? true;
    this.offersTimestamps = options.timestamps ?? true;
    this.offersWindowScaling = options.windowScaling ?? true;
    this.offeredScale = windowScaleFor(maxReceive);
  }

  /** Bytes that can be read now. */
  get readable(): number {
    return this.receiver.buffer.length;
  }

  /** Bytes that {@linkcode TcpConnection.write} takes now. */
  get writable(): number {
    return this.mayWrite ? this.sender.buffer.free : 0;
  }

  /** Whether the state allows to send data, or to queue it until the connection is established. */
  get mayWrite(): boolean {
    const { state } = this;
    const isFit = state === TcpState.Established || state === TcpState.CloseWait ||
      state === TcpState.SynSent || state === TcpState.SynReceived;
    return isFit && !this.sender.finWanted;
  }

  /** Whether the peer has closed and everything before has been read, or the connection has ended. */
  get isEndOfStream(): boolean {
    return this.readable === 0 && (this.receiver.finReached || this.state === TcpState.Closed);
  }

  /** Whether the handshake is complete and the connection has not ended. */
  get isOpen(): boolean {
    return this.state !== TcpState.Closed && this.state !== TcpState.SynSent &&
      this.state !== TcpState.SynReceived;
  }

  // What the network does to it.

  /** A segment of this connection has arrived; its checksum holds. */
  arrive(segment: Segment, packet: Packet, now: number): Verdict {
    this.heardAt = now;
    this.segmentsIn++;
    const verdict = segmentArrives(this, segment, packet, now);
    this.rearm();
    return verdict;
  }

  /** Segments reach a connection taken apart: see {@linkcode TcpConnection.arrive}. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    return this.tcp!.demux(packet, offset, end, now);
  }

  /** A router on the way cannot pass our segments on (RFC 1191); `mtu` is what it can, 0 when it does not say. */
  tooBig(mtu: number, now: number): void {
    if (!this.isOpen || this.state === TcpState.TimeWait) return;
    this.sender.tooBig(mtu, now);
    this.rearm();
    this.requestTurn();
  }

  /**
   * The network cannot deliver. Only a connection that is being opened ends with it; an established one goes on,
   * as the cause may pass (RFC 1122 §4.2.3.9).
   */
  networkError(error: TcpError): void {
    if (this.state === TcpState.SynSent || this.state === TcpState.SynReceived) this.end(error);
  }

  // What the application does to it.

  /**
   * Queues bytes for sending.
   *
   * @param source The bytes; they are copied.
   * @param offset Where to begin.
   * @param end Where to stop (exclusive).
   * @returns How many were taken: 0 when the buffer is full.
   * @throws {TypeError} When the connection is not open for writing.
   */
  write(source: Uint8Array, offset: number = 0, end: number = source.length): number {
    if (!this.mayWrite) {
      const state = this.sender.finWanted ? "closed for writing" : tcpStateName(this.state);
      throw new TypeError(`Cannot write to connection as it is ${state}`);
    }
    const taken = this.sender.buffer.write(source, offset, end);
    if (taken > 0) this.requestTurn();
    return taken;
  }

  /**
   * Takes received bytes out.
   *
   * @param target Where they go.
   * @param offset Where to begin.
   * @param end Where to stop (exclusive).
   * @returns How many; 0 when there are none, see {@linkcode TcpConnection.isEndOfStream}.
   */
  read(target: Uint8Array, offset: number = 0, end: number = target.length): number {
    const given = this.receiver.buffer.read(target, offset, end);
    if (given > 0) this.consumed(given);
    return given;
  }

  /** Bytes have been taken from the receive buffer: it may have to grow, and the peer to learn of the room. */
  consumed(bytes: number): void {
    if (this.state === TcpState.Closed || this.receiver.finReached) return;
    this.receiver.tune(bytes, this.sender.rtt.srtt, this.heardAt);
    if (this.receiver.owesUpdate()) {
      this.receiver.ackNow = true;
      this.requestTurn();
    }
  }

  /** Closes the sending direction: a FIN follows what has been written. Does nothing when it is closed already. */
  closeWrite(): void {
    if (!this.mayWrite) return;
    if (this.state === TcpState.SynSent) {
      if (this.sender.buffer.length === 0) {
        this.end(TcpError.None);
        return;
      }
    }
    this.sender.finWanted = true;
    if (this.state === TcpState.Established) this.state = TcpState.FinWait1;
    else if (this.state === TcpState.CloseWait) this.state = TcpState.LastAck;
    this.requestTurn();
  }

  /**
   * Closes both directions. What was written is still sent; when received data has not been read, or
   * data arrives later, the peer is told with a reset (RFC 1122 §4.2.2.13).
   */
  close(now: number): void {
    if (this.isOrphan) return;
    this.isOrphan = true;
    this.sender.isAbandoned = true;
    if (this.readable > 0 && this.isOpen && this.state !== TcpState.TimeWait) {
      this.abort(now);
      return;
    }
    this.closeWrite();
    if (this.state === TcpState.FinWait2) this.linger(now + finWait2Timeout);
  }

  /** Ends the connection at once; the peer is told with a reset, and unsent data is dropped. */
  abort(_now: number): void {
    switch (this.state) {
      case TcpState.Closed:
        return;
      case TcpState.SynReceived:
      case TcpState.Established:
      case TcpState.FinWait1:
      case TcpState.FinWait2:
      case TcpState.CloseWait:
        this.tcp!.resetConnection(this);
        break;
    }
    this.end(TcpError.Aborted);
  }

  // What it wants done.

  /** Writes the next segment, and handles the timers that have come due. */
  override encapsulate(
    packet: Packet,
    _ipOffset: number,
    offset: number,
    now: number,
  ): number {
    this.#expire(now);
    const length = this.state === TcpState.Closed ? 0 : writeNext(this, packet, offset, now);
    this.rearm();
    return length;
  }

  #expire(now: number): void {
    const { sender, receiver } = this;
    receiver.expire(now);
    const due = Math.min(sender.timer.at, sender.timer.reorderAt) <= now;
    if (due && (!sender.expire(now, this.#retryLimit()) || this.#isLate(now))) {
      this.end(TcpError.TimedOut);
    } else if (this.lingerUntil <= now) {
      this.end(this.state === TcpState.TimeWait ? TcpError.None : TcpError.TimedOut);
    } else if (this.keepAlive.isDead(now)) {
      this.tcp!.resetConnection(this);
      this.end(TcpError.TimedOut);
    }
  }

  /** RFC 5482 §3.1, the local half: the oldest octet has gone unacknowledged for too long. */
  #isLate(now: number): boolean {
    const { retries, rtt } = this.sender;
    if (this.userTimeout === 0 || retries === 0) return false;
    return now - this.sender.progressAt >= this.userTimeout && rtt.backoff > 0;
  }

  #retryLimit(): number {
    if (this.userTimeout > 0) return Infinity;
    if (this.state === TcpState.SynSent) return maxSynRetries;
    return this.state === TcpState.SynReceived ? maxSynAckRetries : maxRetries;
  }

  /** Tells the parent when the next deadline is. */
  rearm(): void {
    if (this.state === TcpState.Closed) return;
    const { timer } = this.sender;
    let at = timer.at;
    if (timer.reorderAt < at) at = timer.reorderAt;
    if (this.receiver.ackAt < at) at = this.receiver.ackAt;
    if (this.lingerUntil < at) at = this.lingerUntil;
    if (this.keepAlive.at < at) at = this.keepAlive.at;
    // `wakeAt`, spelt out: a double that is passed on is boxed, 16 bytes a segment.
    if (at === this.wakeTime) return;
    this.wakeTime = at;
    this.parent!.timers.schedule(this);
  }

  // Between the parts of this package.

  /** The peer's FIN has been reached, or our FIN acknowledged: the state that follows (RFC 9293 §3.10.7.4). */
  advanceState(finAcknowledged: boolean, finReached: boolean, now: number): void {
    switch (this.state) {
      case TcpState.Established:
        if (finReached) this.state = TcpState.CloseWait;
        break;
      case TcpState.FinWait1:
        if (finAcknowledged && finReached) this.enterTimeWait(now);
        else if (finReached) this.state = TcpState.Closing;
        else if (finAcknowledged) {
          this.state = TcpState.FinWait2;
          if (this.isOrphan) this.linger(now + finWait2Timeout);
        }
        break;
      case TcpState.FinWait2:
        if (finReached) this.enterTimeWait(now);
        break;
      case TcpState.Closing:
        if (finAcknowledged) this.enterTimeWait(now);
        break;
      case TcpState.LastAck:
        if (finAcknowledged) this.end(TcpError.None);
        break;
    }
  }

  /** Waits for old segments to die out (RFC 9293 §3.4.2). */
  enterTimeWait(now: number): void {
    this.state = TcpState.TimeWait;
    this.sender.clear();
    this.keepAlive.stop();
    this.linger(now + timeWaitDuration);
    this.listener = null;
  }

  /** Lets the state end by itself at a time. */
  linger(until: number): void {
    this.lingerUntil = until;
    this.rearm();
  }

  /** Ends the connection without telling the peer. What has been received stays readable unless it was aborted. */
  end(error: TcpError): void {
    if (this.state === TcpState.Closed) return;
    const { tcp } = this;
    tcp!.ended(this, error);
    this.state = TcpState.Closed;
    this.error = error;
    this.lingerUntil = Infinity;
    this.keepAlive.stop();
    this.sender.clear();
    if (error !== TcpError.None || this.isOrphan) this.receiver.clear();
    this.receiver.ackNow = false;
    this.receiver.ackAt = Infinity;
    tcp!.drop(this);
    this.connectionId++;
    this.tell(TcpEvent.Closed | TcpEvent.Readable | TcpEvent.Writable);
  }

  /** How the connection stands, in the terms of Linux's `tcp_info`. */
  tcpInfo(now: number): TcpInfo {
    return tcpInfo(this, now);
  }

  /** Tells the application. */
  tell(events: number): void {
    if (this.onEvent !== null) this.onEvent(events);
  }
}

function checkBuffer(name: string, size: number): void {
  if (!(Number.isInteger(size) && size >= 1 && size <= 2 ** 30)) {
    throw new RangeError(
      `Cannot create connection as its ${name} buffer must be from 1 to 2^30 bytes: ${size}`,
    );
  }
}

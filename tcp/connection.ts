/**
 * A TCP connection (RFC 9293): a node that ties sender, receiver and state together.
 *
 * @module
 */
import { BaseNode, type Packet, type Verdict } from "@octet/wire";
import * as arrival from "./arrival.ts";
import { knownChrono } from "./chrono.ts";
import { type ConnectionParts, returnParts, takeParts } from "./connection_parts.ts";
import { TcpEvent } from "./event.ts";
import * as expiry from "./expiry.ts";
import type { KeepAlive } from "./keepalive.ts";
import type { TcpListener } from "./listener.ts";
import { segmentsTooBig } from "./path_mtu_change.ts";
import type { Receiver } from "./receiver.ts";
import type { Segment } from "./segment.ts";
import type { Sender } from "./sender.ts";
import {
  settleOptions,
  type TcpConnectionOptions,
  type TcpSettings,
  type TcpTuning,
  tune,
} from "./settings.ts";
import { TcpError, TcpState, tcpStateName } from "./state.ts";
import type { Tcp } from "./tcp.ts";
import { type TcpInfo, tcpInfo } from "./tcp_info.ts";
import type { Timestamps } from "./timestamps.ts";
import { timeWaitDuration } from "./time_wait.ts";
import * as transmit from "./transmit.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { segmentArrives } = arrival;
const { arm, expire } = expiry;
const { writeNext } = transmit;
const { Closed: HasClosed, Readable, Writable } = TcpEvent;
const { Aborted, None } = TcpError;
const { Closed, CloseWait, Closing, Established, FinWait1, FinWait2 } = TcpState;
const { LastAck, SynReceived, SynSent, TimeWait } = TcpState;

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
  /** What {@linkcode ConnectionTable} makes of the two ends; nothing to anybody else. */
  hash: number = 0;
  /** The state. */
  state: TcpState = TcpState.Closed;
  /** Why the connection has ended. */
  error: TcpError = None;
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
  /**
   * Called with {@linkcode TcpEvent} bits when something has changed for the application, which may do then with this
   * connection and others what it likes, but not hand frames to the stack, nor ask it for any.
   */
  onEvent: ((events: number) => void) | null = null;
  /** Whether the application has closed both directions: nobody reads what still comes. */
  isOrphan: boolean = false;
  /** What was settled before it opened. */
  declare settings: TcpSettings;
  /** Whether it was used since the hand of {@linkcode Hibernation} came by. */
  isUsed: boolean = false;
  /** Where it stands among those that are awake, -1 when it does not. */
  awakeIndex: number = -1;
  /** Where its numbers are while it sleeps, -1 when there are none. */
  #slot = -1;
  #parts: ConnectionParts | null = null;
  /**
   * When a segment of the peer has come last, in milliseconds. A double from the start: with the integer 0 there were
   * connections of two shapes, and each use of one asked which; writing a segment took 10 % longer.
   */
  heardAt: number = -0;
  /** Whether it has used timestamps, and is in TIME-WAIT: asked of many that sleep, so it stands here. */
  isReplaceable: boolean = false;
  /** When TIME-WAIT or an orphan's FIN-WAIT-2 ends, in milliseconds. */
  lingerUntil: number = Infinity;

  /**
   * Makes a connection that is closed. `Tcp.connect` and listeners open it, and may open it again
   * after its end.
   */
  constructor(options: TcpConnectionOptions | TcpSettings = {}) {
    super();
    this.protocol = 6;
    this.settings = "scale" in options ? options : settleOptions(options);
  }

  /** The sending half. Do not keep it: while the connection sleeps it serves another. */
  get sender(): Sender {
    return (this.#parts ?? this.#wake()).sender;
  }

  /** The receiving half. Do not keep it. */
  get receiver(): Receiver {
    return (this.#parts ?? this.#wake()).receiver;
  }

  /** The timestamps option. Do not keep it. */
  get timestamps(): Timestamps {
    return (this.#parts ?? this.#wake()).timestamps;
  }

  /** Keep-alive probes. Do not keep it. */
  get keepAlive(): KeepAlive {
    return (this.#parts ?? this.#wake()).keepAlive;
  }

  /** Bytes that can be read now. */
  get readable(): number {
    return this.#parts === null ? 0 : this.#parts.receiver.buffer.length;
  }

  /** Bytes that {@linkcode TcpConnection.write} takes now. */
  get writable(): number {
    return this.mayWrite ? this.sender.buffer.free : 0;
  }

  /** Whether the state allows to send data, or to queue it until the connection is established. */
  get mayWrite(): boolean {
    const { state } = this;
    const isFit = state === Established || state === CloseWait || state === SynSent ||
      state === SynReceived;
    return isFit && !this.sender.finWanted;
  }

  /** Whether the peer has closed and everything before has been read, or the connection has ended. */
  get isEndOfStream(): boolean {
    return this.readable === 0 && (this.receiver.finReached || this.state === Closed);
  }

  /** Whether the handshake is complete and the connection has not ended. */
  get isOpen(): boolean {
    return this.state !== Closed && this.state !== SynSent &&
      this.state !== SynReceived;
  }

  // What the network does to it.

  /** A segment of this connection has arrived; its checksum holds. */
  arrive(segment: Segment, packet: Packet, now: number): Verdict {
    this.heardAt = now;
    this.isUsed = true;
    this.receiver.segments++;
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
    if (!this.isOpen || this.state === TimeWait) return;
    segmentsTooBig(this, mtu, now);
    this.rearm();
    this.requestTurn();
  }

  /**
   * The network cannot deliver. Only a connection that is being opened ends with it; an established one goes on,
   * as the cause may pass (RFC 1122 §4.2.3.9).
   */
  networkError(error: TcpError): void {
    if (this.state === SynSent || this.state === SynReceived) this.end(error);
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
    this.isUsed = true;
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
    if (this.state === Closed || this.receiver.finReached) return;
    this.receiver.tune(bytes, this.sender.rtt.srtt, this.heardAt);
    if (this.receiver.owesUpdate()) {
      this.receiver.ackNow = true;
      this.requestTurn();
    }
  }

  /**
   * Changes times and limits, as `setsockopt` does.
   *
   * @throws {RangeError} When a number is out of range.
   */
  tune(changes: Partial<TcpTuning>, now: number): void {
    this.settings = { ...this.settings, ...tune(this.settings, changes) };
    (this.#parts ?? this.#wake()).retune(this.settings);
    if (changes.keepAliveIdle !== undefined) this.keepAlive.heard(now, this.settings);
    if (this.state === Closed) return;
    this.rearm();
    // What the old pace has held back need not wait any more.
    this.requestTurn();
  }

  /** Switches Nagle's algorithm off or on, as `TCP_NODELAY`; what it has held back goes then. */
  setNoDelay(isOn: boolean): void {
    this.sender.nagle.noDelay = isOn;
    if (isOn && this.sender.unsent > 0) this.requestTurn();
  }

  /** Switches keep-alive probes on or off, as `SO_KEEPALIVE`; in TIME-WAIT there is nothing to keep alive. */
  setKeepAlive(isOn: boolean, now: number): void {
    if (isOn && this.state !== TimeWait) this.keepAlive.start(now, this.settings);
    else this.keepAlive.stop();
    this.rearm();
  }

  /** Closes the sending direction: a FIN follows what has been written. Does nothing when it is closed already. */
  closeWrite(): void {
    if (!this.mayWrite) return;
    if (this.state === SynSent && this.sender.buffer.length === 0) {
      this.end(None);
      return;
    }
    this.sender.finWanted = true;
    if (this.state === Established) this.state = FinWait1;
    else if (this.state === CloseWait) this.state = LastAck;
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
    if (this.state === Closed) {
      this.receiver.clear();
      return;
    }
    if (this.state === TimeWait) return;
    const { counters, lingerers } = this.tcp!;
    lingerers.orphans++;
    const { linger, finTimeout } = this.settings;
    const loses = this.readable > 0 && this.isOpen;
    if (loses || linger === 0 || lingerers.hasTooManyOrphans) {
      if (loses) counters.TcpExtTCPAbortOnClose++;
      else if (linger > 0) counters.TcpExtTCPAbortOnMemory++;
      this.abort(now);
      return;
    }
    if (linger < Infinity) this.linger(now + linger);
    this.closeWrite();
    if (this.state === FinWait2) this.linger(now + finTimeout);
  }

  /** Ends the connection at once; the peer is told with a reset, and unsent data is dropped. */
  abort(now: number): void {
    switch (this.state) {
      case Closed:
        return;
      case SynReceived:
      case Established:
      case FinWait1:
      case FinWait2:
      case CloseWait:
        this.tcp!.resetConnection(this, now);
        break;
    }
    this.end(Aborted);
  }

  // What it wants done.

  /** Writes the next segment, and handles the timers that have come due. */
  override encapsulate(
    packet: Packet,
    _ipOffset: number,
    offset: number,
    now: number,
  ): number {
    const { turn } = this;
    if (this.lingerUntil <= now && this.state === TimeWait) {
      // Many end at a time, and most of them asleep.
      turn.hasMore = false;
      this.end(None);
      return 0;
    }
    const parts = this.#parts ?? this.#wake();
    if (parts.dueAt <= now) expire(this, now);
    if (this.state === Closed) {
      turn.hasMore = false;
      return 0;
    }
    const length = writeNext(this, parts, packet, offset, now);
    turn.hasMore = parts.receiver.ackNow || parts.sender.hasMore;
    arm(this, parts);
    return length;
  }

  /** Tells the parent when the next deadline is. */
  rearm(): void {
    if (this.state !== Closed) arm(this, this.#parts ?? this.#wake());
  }

  // Between the parts of this package.

  /** Whether it is idle, so that its numbers are all there is to it. */
  get mayHibernate(): boolean {
    return this.isOpen && this.#parts !== null && !this.isReady && this.#parts.isIdle;
  }

  /** Falls asleep; its numbers go to `slot`. Gives the parts, for others to use. */
  hibernate(slot: number): ConnectionParts {
    const parts = this.#parts!;
    this.#slot = slot;
    this.#parts = null;
    return parts;
  }

  /** Gives its parts to others, as it has ended. */
  surrender(): void {
    const parts = this.#parts;
    if (parts === null) return;
    this.#parts = null;
    parts.sender.clear();
    parts.receiver.clear();
    returnParts(parts);
  }

  /** Is given back: what was chosen for it is forgotten, with its data. */
  strip(): void {
    this.#parts?.receiver.clear();
    this.#parts?.adapt(this.settings);
  }

  /** Is about to open: has parts that are set up as its settings say. */
  equip(): void {
    let parts = this.#parts;
    if (parts === null) parts = this.#parts = takeParts(this.settings);
    else parts.fit(this.settings);
    // No timer runs at first.
    parts.dueAt = Infinity;
  }

  #wake(): ConnectionParts {
    const parts = this.#parts = takeParts(this.settings);
    if (this.#slot < 0) {
      parts.reset();
      return parts;
    }
    const { hibernation } = this.tcp!;
    hibernation.restore(parts, this.#slot);
    this.#slot = -1;
    parts.sender.chrono = knownChrono(this);
    hibernation.awoke(this);
    return parts;
  }

  /** The peer's FIN has been reached, or our FIN acknowledged: the state that follows (RFC 9293 §3.10.7.4). */
  advanceState(finAcknowledged: boolean, finReached: boolean, now: number): void {
    switch (this.state) {
      case Established:
        if (finReached) this.state = CloseWait;
        break;
      case FinWait1:
        if (finAcknowledged && finReached) this.enterTimeWait(now);
        else if (finReached) this.state = Closing;
        else if (finAcknowledged) {
          this.state = FinWait2;
          if (this.isOrphan) this.linger(now + this.settings.finTimeout);
        }
        break;
      case FinWait2:
        if (finReached) this.enterTimeWait(now);
        break;
      case Closing:
        if (finAcknowledged) this.enterTimeWait(now);
        break;
      case LastAck:
        if (finAcknowledged) this.end(None);
        break;
    }
  }

  /** Waits for old segments to die out (RFC 9293 §3.4.2). */
  enterTimeWait(now: number): void {
    const { counters, lingerers } = this.tcp!;
    if (this.isOrphan) lingerers.orphans--;
    lingerers.timeWaits++;
    this.state = TimeWait;
    this.isReplaceable = this.timestamps.enabled;
    this.sender.clear();
    this.keepAlive.stop();
    if (lingerers.hasTooManyTimeWaits) counters.TcpExtTCPTimeWaitOverflow++;
    this.restartTimeWait(now);
  }

  /** TIME-WAIT begins, or begins anew. One too many stays for as long as it takes to answer the peer's FIN. */
  restartTimeWait(now: number): void {
    const isTooMany = this.tcp!.lingerers.hasTooManyTimeWaits;
    this.linger(now + (isTooMany ? 1 : timeWaitDuration));
  }

  /** Lets the state end by itself at a time. */
  linger(until: number): void {
    this.lingerUntil = until;
    this.rearm();
  }

  /** Ends the connection without telling the peer. What has been received stays readable unless we aborted it. */
  end(error: TcpError): void {
    const { tcp, state, isOrphan } = this;
    if (state === Closed) return;
    tcp!.ended(this, error);
    if (state === TimeWait) tcp!.lingerers.timeWaits--;
    else if (isOrphan) tcp!.lingerers.orphans--;
    this.state = Closed;
    this.error = error;
    this.lingerUntil = Infinity;
    if (this.#slot >= 0 && isOrphan) {
      // Nobody will ask for what it knew.
      tcp!.hibernation.forget(this.#slot);
      this.#slot = -1;
    } else {
      const { sender, receiver, keepAlive } = this.#parts ?? this.#wake();
      keepAlive.stop();
      sender.clear();
      if (error === Aborted || isOrphan) receiver.clear();
      receiver.ackNow = false;
      receiver.ackAt = Infinity;
    }
    tcp!.drop(this);
    this.connectionId++;
    if (isOrphan) tcp!.hibernation.retire(this);
    this.tell(HasClosed | Readable | Writable);
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

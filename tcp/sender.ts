/**
 * The sending half of a connection: what is to be sent next, and what acknowledgements do to it
 * (RFC 9293 §3.8, RFC 6675, RFC 8985).
 *
 * @module
 */
import type { Archive } from "./archive.ts";
import { RingBuffer } from "@octet/wire";
import type { CongestionControl } from "./congestion.ts";
import { Rack } from "./rack.ts";
import { Recovery, RecoveryState } from "./recovery.ts";
import { RttEstimator } from "./rtt.ts";
import { Scoreboard } from "./scoreboard.ts";
import type { Segment } from "./segment.ts";
import { TcpFlag } from "./frame.ts";
import * as seq from "./seq.ts";
import type { SentSegment } from "./sent_segment.ts";
import * as acknowledgment from "./acknowledgment.ts";
import type { Chrono } from "./chrono.ts";
import { Ecn } from "./ecn.ts";
import { restartAfterPause } from "./idle_restart.ts";
import * as inferred from "./inferred.ts";
import type { Pacing } from "./pacing.ts";
import { PathMtu } from "./path_mtu.ts";
import * as senderTimer from "./sender_timer.ts";
import { Undo } from "./undo.ts";
import { Nagle } from "./nagle.ts";
import { TailLossProbe } from "./tail_loss_probe.ts";
import { RetransmitTimer, TimerKind } from "./retransmit_timer.ts";
import * as window from "./window.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqDistance } = seq;
const { takeAcknowledgment } = acknowledgment;
const { inferredOctets } = inferred;
const { armTimer } = senderTimer;
const { fillsWindow, sendable } = window;
const { Open } = RecoveryState;
const { Fin, Psh, Syn } = TcpFlag;
const { None, Persist } = TimerKind;

/** Send variables, buffer and recovery of one connection. Sequence numbers are signed 32-bit. */
export class Sender {
  /** ISS: the initial sequence number. */
  iss: number = 0;
  /** SND.UNA: oldest unacknowledged sequence number. */
  una: number = 0;
  /** SND.NXT: next sequence number to be sent. */
  nxt: number = 0;
  /** SND.WND: the peer's window in bytes, scaled. */
  wnd: number = 0;
  /** SND.WL1: sequence number of the segment that last updated the window. */
  wl1: number = 0;
  /** SND.WL2: acknowledgement number of the segment that last updated the window. */
  wl2: number = 0;
  /** The largest window the peer has offered (RFC 9293 §3.8.6.2.1). */
  maxWnd: number = 0;
  /** Snd.Wind.Shift: how far the peer's window field is shifted (RFC 7323 §2). */
  scale: number = 0;
  /** The most payload in one segment, options already taken off. */
  mss: number = 536;
  /** The most payload in one send; above `mss` where the device segments. */
  maxSend: number = 536;
  /** Time to live of what is sent; 0 for the stack's default. */
  hopLimit: number = 0;
  /** The type-of-service octet of what is sent, without ECN. */
  trafficClass: number = 0;
  /** Whether the peer sends SACK blocks. */
  sackPermitted: boolean = false;
  /** Whether the application has closed: FIN follows the last byte. */
  finWanted: boolean = false;
  /** Whether the FIN has been sent at least once. */
  finSent: boolean = false;
  /** How many segments in a row went unanswered: retransmissions, or probes of a closed window. */
  retries: number = 0;
  /** How many segments have been sent. */
  segments: number = 0;
  /** Payload bytes sent, those sent again included. */
  bytesSent: number = 0;
  /** Payload bytes sent again. */
  bytesAgain: number = 0;
  /** When a segment with data, SYN or FIN was sent last, in milliseconds. */
  lastSentAt: number = -Infinity;
  /** How many times a segment has been sent again. */
  retransmissions: number = 0;
  /** Duplicate acknowledgements in a row, counted where there is no SACK. */
  dupAcks: number = 0;
  /** When the peer last acknowledged something new, or something was sent with nothing outstanding; in milliseconds. */
  progressAt: number = 0;
  /** Octets that the peer has told it has. */
  delivered: number = 0;
  /** When it has told so last, or something was sent with nothing outstanding; in milliseconds. */
  deliveredAt: number = -Infinity;
  /** How many D-SACK blocks have come. */
  duplicatesReported: number = 0;
  /** How many reactions to losses were undone as there was none. */
  undone: number = 0;
  /** SND.NXT when the current round trip began. */
  roundEnd: number = 0;
  /** Length of IP and TCP headers with options, in bytes. */
  headers: number = 40;
  /** Accounts for what holds it up, where somebody asks; else `null`. */
  chrono: Chrono | null = null;
  /** When the next segment may go, where the application asks for an even pace; else `null`. */
  pacing: Pacing | null = null;
  /** Whether the window decays in pauses. */
  decaysIdle: boolean = true;
  /** What the buffer may grow to, in bytes. */
  declare maxBuffer: number;
  /** Whether nobody waits for the outcome: a window that stays closed is not waited for without end then. */
  isAbandoned: boolean = false;
  /** Whether the congestion window is what holds the sender back; only then may it grow (RFC 9438 §4.2). */
  isCwndLimited: boolean = false;
  /** Whether the next piece goes however small it is: it has waited long enough (RFC 9293 §3.8.6.2.1 (4)). */
  forcesSmall: boolean = false;
  /** Bytes waiting or in flight. */
  declare readonly buffer: RingBuffer;
  /** What is in flight. */
  readonly scoreboard: Scoreboard = new Scoreboard();
  /** Round-trip time. */
  readonly rtt: RttEstimator = new RttEstimator();
  /** Loss detection by time. */
  readonly rack: Rack = new Rack();
  /** The episode of repair. */
  readonly recovery: Recovery = new Recovery();
  /** The timer of retransmission, tail-loss probe and window probe. */
  readonly timer: RetransmitTimer = new RetransmitTimer();
  /** Nagle's algorithm. */
  readonly nagle: Nagle = new Nagle();
  /** The tail-loss probe. */
  readonly probe: TailLossProbe = new TailLossProbe();
  /** What a segment may hold on its path. */
  readonly path: PathMtu = new PathMtu();
  /** Congestion marks. */
  readonly ecn: Ecn = new Ecn();
  /** What may have been a needless reaction. */
  readonly undo: Undo = new Undo();
  /** The congestion controller. */
  declare congestion: CongestionControl;

  /** What {@linkcode Sender.plan} chose: where the segment begins. */
  outSequence: number = 0;
  /** What {@linkcode Sender.plan} chose: payload bytes. */
  outLength: number = 0;
  /** What {@linkcode Sender.plan} chose: whether it has been sent before. */
  get outAgain(): boolean {
    return this.#outRecord !== null;
  }
  /** What {@linkcode Sender.plan} chose: SYN, FIN and PSH, as they apply. */
  outFlags: number = 0;
  #outRecord: SentSegment | null = null;

  /** Sequence number of the first byte in `buffer`. */
  #dataStart = 0;
  #sendLimit = 536;

  /**
   * Makes an idle sender.
   * @param limit Bytes the send buffer may hold at first.
   * @param maximum Bytes it may grow to.
   * @param congestion The congestion controller.
   */
  constructor(limit: number, maximum: number, congestion: CongestionControl) {
    this.buffer = new RingBuffer(limit);
    this.maxBuffer = maximum;
    this.congestion = congestion;
  }

  /** Octets of sequence space sent and not acknowledged. */
  get flight(): number {
    return seqDistance(this.una, this.nxt);
  }

  /** Octets believed to be in the network. */
  get pipe(): number {
    const { pipe } = this.scoreboard;
    return this.dupAcks === 0 ? pipe : Math.max(0, pipe - inferredOctets(this));
  }

  /** Payload bytes that have never been sent. */
  get unsent(): number {
    if (this.finSent) return 0;
    return Math.max(0, (this.#dataStart + this.buffer.length - this.nxt) | 0);
  }

  /** Whether {@linkcode Sender.plan} may find something, or a window probe is due; the windows are not looked at. */
  get hasMore(): boolean {
    return this.unsent > 0 || this.scoreboard.lost.first !== null || this.probe.isDue ||
      (this.finWanted && !this.finSent) || this.timer.windowProbeDue;
  }

  /** Whether nothing is in flight, nothing waits to be sent, and nothing is being repaired. */
  get isIdle(): boolean {
    return this.una === this.nxt && this.buffer.length === 0 &&
      this.timer.kind === None &&
      this.recovery.state === Open && this.finWanted === this.finSent;
  }

  /** The window that congestion leaves, in bytes. */
  get cwnd(): number {
    return this.recovery.isReducing ? this.recovery.cwnd : this.congestion.cwnd;
  }

  /** Whether all data and the FIN have been acknowledged. */
  get isFinAcknowledged(): boolean {
    return this.finSent && this.una === this.nxt;
  }

  /** Begins a connection: the SYN is what comes next. */
  open(iss: number): void {
    this.iss = iss;
    this.una = iss;
    this.nxt = iss;
    this.#dataStart = (iss + 1) | 0;
    this.wnd = 0;
    this.maxWnd = 0;
    this.scale = 0;
    this.sackPermitted = false;
    this.hopLimit = 0;
    this.finWanted = false;
    this.finSent = false;
    this.retries = 0;
    this.retransmissions = 0;
    this.bytesSent = 0;
    this.segments = 0;
    this.bytesAgain = 0;
    this.isAbandoned = false;
    this.dupAcks = 0;
    this.delivered = 0;
    this.deliveredAt = -Infinity;
    this.duplicatesReported = 0;
    this.undone = 0;
    this.roundEnd = iss;
    this.undo.reset();
    this.ecn.reset(iss);
    this.isCwndLimited = false;
    this.forcesSmall = false;
    this.nagle.reset(iss);
    this.probe.reset();
    this.lastSentAt = -Infinity;
    this.progressAt = -Infinity;
    this.rtt.reset();
    this.rack.reset(iss);
    this.recovery.reset();
    this.recovery.point = iss;
    this.timer.stop();
  }

  /**
   * The segment sizes are known: the window starts.
   *
   * @param mss Payload of one segment.
   * @param maxSend Payload of one send.
   * @param headers Length of IP and TCP headers with options.
   */
  start(mss: number, maxSend: number, headers: number): void {
    // A device that does not segment takes one segment at a time, however small those become.
    this.#sendLimit = maxSend >= 2 * mss ? maxSend : 0;
    this.headers = headers;
    this.path.reset(mss);
    this.congestion.start(mss);
    this.resize(mss);
  }

  /** Forgets all data and timers, and gives the memory back. */
  clear(): void {
    this.buffer.clear();
    this.scoreboard.clear();
    this.timer.stop();
  }

  /** Keeps what a connection needs beyond an idle time; see {@linkcode Archive}. */
  archive(archive: Archive): void {
    this.iss = archive.int(this.iss);
    this.segments = archive.int(this.segments);
    this.nxt = archive.int(this.nxt);
    this.wnd = archive.int(this.wnd);
    this.wl1 = archive.int(this.wl1);
    this.wl2 = archive.int(this.wl2);
    this.maxWnd = archive.int(this.maxWnd);
    this.scale = archive.int(this.scale);
    this.hopLimit = archive.int(this.hopLimit);
    this.trafficClass = archive.int(this.trafficClass);
    this.mss = archive.int(this.mss);
    this.maxSend = archive.int(this.maxSend);
    this.retransmissions = archive.int(this.retransmissions);
    this.duplicatesReported = archive.int(this.duplicatesReported);
    this.undone = archive.int(this.undone);
    this.roundEnd = archive.int(this.roundEnd);
    this.headers = archive.int(this.headers);
    this.maxBuffer = archive.int(this.maxBuffer);
    this.#dataStart = archive.int(this.#dataStart);
    this.#sendLimit = archive.int(this.#sendLimit);
    this.buffer.limit = archive.int(this.buffer.limit);
    this.bytesSent = archive.real(this.bytesSent);
    this.bytesAgain = archive.real(this.bytesAgain);
    this.lastSentAt = archive.real(this.lastSentAt);
    this.progressAt = archive.real(this.progressAt);
    this.delivered = archive.real(this.delivered);
    this.deliveredAt = archive.real(this.deliveredAt);
    this.sackPermitted = archive.flag(this.sackPermitted);
    this.finWanted = archive.flag(this.finWanted);
    this.finSent = archive.flag(this.finSent);
    this.isAbandoned = archive.flag(this.isAbandoned);
    this.isCwndLimited = archive.flag(this.isCwndLimited);
    this.una = this.nxt;
    this.retries = 0;
    this.dupAcks = 0;
    this.forcesSmall = false;
    this.rtt.archive(archive);
    this.rack.archive(archive);
    this.nagle.archive(archive);
    this.path.archive(archive);
    this.ecn.archive(archive);
    this.congestion.archive!(archive);
    this.recovery.reset();
    this.recovery.point = (this.nxt - 1) | 0;
    this.probe.reset();
    this.undo.reset();
  }

  // What the network does to it.

  /**
   * Takes an acceptable acknowledgement in: `SEG.ACK <= nxt`.
   *
   * @param echoRtt The round trip that the timestamp echo tells, in milliseconds; negative when there is none.
   * @param isBare Whether the segment has neither payload, SYN nor FIN, and changes no window.
   */
  acknowledge(segment: Segment, echoRtt: number, isBare: boolean, now: number): void {
    takeAcknowledgment(this, segment, echoRtt, isBare, now);
  }

  /** Drops from the buffer what is acknowledged. */
  dropAcknowledged(): void {
    const data = Math.min(seqDistance(this.#dataStart, this.una), this.buffer.length);
    if (data <= 0) return;
    this.buffer.discard(data);
    this.#dataStart = (this.#dataStart + data) | 0;
    this.nagle.expectsMore = false;
  }

  /** Lets the buffer follow the window: what is in flight, and as much again for the writer to be ahead by. */
  growBuffer(): void {
    const wanted = Math.min(Math.ceil(2 * this.congestion.cwnd), this.maxBuffer);
    if (wanted > this.buffer.limit) this.buffer.limit = wanted;
  }

  /** The segments have another size from now on. */
  resize(mss: number): void {
    this.mss = mss;
    this.maxSend = Math.max(mss, this.#sendLimit - (this.#sendLimit % mss));
    this.congestion.resize(mss);
  }

  // What it wants done.

  /** Chooses the next segment, and says whether there is one. {@linkcode Sender.sent} must follow when it goes out. */
  plan(now: number): boolean {
    const { scoreboard } = this;
    this.#outRecord = null;
    if (this.chrono !== null) this.chrono.look(this, now);
    if (this.pacing !== null && this.pacing.holds(this, now)) return false;
    if (scoreboard.lost.first !== null) return this.#planAgain(scoreboard.lost.first);
    if (this.nxt === this.iss) {
      this.#out(this.iss, 0, Syn);
      return true;
    }
    if (this.una === this.iss) return false;
    const isProbe = this.probe.isDue;
    if (isProbe) this.probe.isDue = false;
    if (this.#planNew(isProbe, now)) {
      if (isProbe) this.probe.begin((this.nxt + this.outLength) | 0, false);
      return true;
    }
    return isProbe && this.#planProbe();
  }

  #planAgain(record: SentSegment): boolean {
    const room = this.cwnd - this.pipe;
    let length = record.length;
    if (record.length > this.mss || room < length) {
      const allowed = Math.max(room - (room % this.mss), this.scoreboard.pipe === 0 ? this.mss : 0);
      if (allowed === 0) {
        this.isCwndLimited = true;
        return false;
      }
      length = Math.min(length, allowed, this.maxSend);
      if (length < record.length) this.scoreboard.split(record, (record.start + length) | 0);
    }
    this.#outAgain(record);
    return true;
  }

  #outAgain(record: SentSegment): void {
    this.#outRecord = record;
    let flags = 0;
    let length = record.length;
    if (record.isSyn) {
      flags = Syn;
      length--;
    }
    if (record.isFin) {
      flags = Fin;
      length--;
    }
    this.#out(record.start, length, length > 0 ? flags | Psh : flags);
  }

  #planNew(isProbe: boolean, now: number): boolean {
    const unsent = this.unsent;
    const fin = this.finWanted && !this.finSent;
    if (unsent === 0 && !fin) return false;
    restartAfterPause(this, now);
    const mss = this.path.current(this.mss, now);
    if (mss !== this.mss) this.resize(mss);
    const length = sendable(this, unsent, fin, isProbe);
    // The FIN is an octet too, and has to lie in the window.
    const isLast = length === unsent;
    const sendsFin = isLast && fin && length < this.wnd - this.flight;
    if (length === 0 && !sendsFin) {
      if (this.flight === 0 && this.timer.kind === None) {
        this.progressAt = now;
        this.timer.arm(Persist, now + this.rtt.rto);
      }
      return false;
    }
    let flags = isLast && length > 0 ? Psh : 0;
    if (sendsFin) flags |= Fin;
    this.#out(this.nxt, length, flags);
    return true;
  }

  /** RFC 8985 §7.3: with nothing new to send, the last segment goes again. */
  #planProbe(): boolean {
    const { scoreboard } = this;
    let record = scoreboard.last;
    if (record === null || record.isSacked || record.isLost) return false;
    if (record.length > this.mss) {
      record = scoreboard.split(record, (record.end - this.mss) | 0);
    }
    this.probe.begin(this.nxt, true);
    this.#outAgain(record);
    return true;
  }

  #out(sequence: number, length: number, flags: number): void {
    this.outSequence = sequence;
    this.outLength = length;
    this.outFlags = flags;
  }

  /** Copies the payload that {@linkcode Sender.plan} chose. */
  copyPayload(target: Uint8Array, address: number, offset: number): void {
    const position = seqDistance(this.#dataStart, this.outSequence);
    this.buffer.peek(position, target, address, offset, this.outLength);
  }

  /** What is sent now will tell by its acknowledgement how much was delivered in the meantime. */
  #stamp(record: SentSegment): void {
    record.delivered = this.delivered | 0;
    record.deliveredAt = this.deliveredAt;
  }

  /** The segment that {@linkcode Sender.plan} chose has been written. */
  sent(now: number): void {
    const { scoreboard, recovery } = this;
    this.lastSentAt = now;
    let octets = this.outLength;
    this.bytesSent += octets;
    const again = this.#outRecord;
    if (again !== null) {
      scoreboard.sentAgain(again, now, this.undo.episode);
      this.#stamp(again);
      this.retransmissions++;
      this.bytesAgain += octets;
    } else {
      const isSyn = (this.outFlags & Syn) !== 0;
      const isFin = (this.outFlags & Fin) !== 0;
      if (isSyn || isFin) octets++;
      const end = (this.nxt + octets) | 0;
      if (scoreboard.isEmpty) this.progressAt = this.deliveredAt = now;
      const record = scoreboard.add(this.nxt, end, now);
      record.isSyn = isSyn;
      record.isFin = isFin;
      this.#stamp(record);
      if (isFin) this.finSent = true;
      this.nxt = end;
      if (octets !== this.mss && this.outLength % this.mss !== 0) this.nagle.sentSmall(end);
      this.isCwndLimited = fillsWindow(this);
    }
    if (recovery.isReducing) recovery.sent(octets);
    if (this.pacing !== null) this.pacing.sent(this, octets, now);
    if (this.chrono !== null) this.chrono.look(this, now);
    armTimer(this, again !== null, now);
  }
}

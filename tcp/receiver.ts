/**
 * The receiving half of a connection: what has come, in order and out of order, and what we owe the
 * peer for it (RFC 9293 §3.8, RFC 5681 §4.2).
 *
 * @module
 */
import type { Archive } from "./archive.ts";
import { type Packet, RingBuffer } from "@octet/wire";
import { ReceiveTuning } from "./auto_tuning.ts";
import * as delayedAck from "./delayed_ack.ts";
import { TcpFlag } from "./frame.ts";
import { Reassembly } from "./reassembly.ts";
import type { Segment } from "./segment.ts";
import * as seq from "./seq.ts";
import * as windowModule from "./window.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const {
  ackDelay,
  acksAtOnce,
  ackSent,
  beginsAnew,
  dataArrived,
  dataSent,
  freshAck,
  hurry,
  quickAckSegments,
  waitedInVain,
} = delayedAck;
const { seqAdd, seqAfter, seqBefore, seqBeforeOrAt, seqDistance, seqMax } = seq;
const { isWorthAdvertising, isWorthUpdating } = windowModule;
const { Fin, Rst } = TcpFlag;

/** What {@linkcode Receiver.sackBlocks} fills. */
const blocks = new Int32Array(8);

/** Receive variables and buffer of one connection. Sequence numbers are signed 32-bit. */
export class Receiver {
  /** IRS: the peer's initial sequence number. */
  irs: number = 0;
  /** RCV.NXT: next sequence number expected. */
  nxt: number = 0;
  /** RCV.NXT + RCV.WND: the right edge of the window as the peer knows it. */
  edge: number = 0;
  /** Rcv.Wind.Shift: how far our window field is shifted (RFC 7323 §2). */
  scale: number = 0;
  /** The peer's largest segment seen so far, in payload bytes. */
  mss: number = 536;
  /** Our MSS: the most payload that we take in a segment, announced in the SYN. */
  ownMss: number = 1460;
  /** Whether both sides scale their windows. */
  scalesWindow: boolean = false;
  /** How many segments have come. */
  segments: number = 0;
  /** Challenge acknowledgements sent since {@linkcode Receiver.challengeWindow}. */
  challenges: number = 0;
  /** When the current second of counting challenges began, in milliseconds. */
  challengeWindow: number = -Infinity;
  /** Last.ACK.sent (RFC 7323 §4.3). */
  lastAck: number = 0;
  /** Whether the peer's FIN has been reached. */
  finReached: boolean = false;
  /** Whether the application wants no more data: what still comes is acknowledged and dropped. */
  isDiscarding: boolean = false;
  /** Whether an acknowledgement is owed at once. */
  ackNow: boolean = false;
  /** When a delayed acknowledgement falls due, in milliseconds; Infinity when none is owed. */
  ackAt: number = Infinity;
  /** When data in order has come last, in whole milliseconds modulo 2^32. */
  dataAt: number = 0;
  /** How many bytes have come in order, dropped ones included. */
  received: number = 0;
  /** How many segments brought data that was here already. */
  duplicates: number = 0;
  /** Bytes ready for the application. */
  declare readonly buffer: RingBuffer;
  /** What has come beyond a gap. */
  readonly reassembly: Reassembly = new Reassembly();
  /** SACK blocks to be sent: left and right edges in turn. All receivers share it, as a segment is written at once. */
  readonly sackEdges: Int32Array = blocks;

  readonly #tuning: ReceiveTuning = new ReceiveTuning();
  #initial = 0;
  #maximum = 0;
  #policy: number = freshAck;
  #finSequence = 0;
  #finSeen = false;
  #duplicateLeft = 0;
  #duplicateRight = 0;

  /**
   * Makes an idle receiver.
   *
   * @param limit Bytes the receive buffer may hold at first.
   * @param maximum Bytes it may grow to.
   */
  constructor(limit: number, maximum: number) {
    this.buffer = new RingBuffer(limit);
    this.#initial = limit;
    this.#maximum = maximum;
  }

  /** The application has taken bytes: the buffer may have to grow with what comes in a round trip. */
  tune(bytes: number, roundTrip: number, now: number): void {
    const { buffer } = this;
    if (buffer.limit >= this.#maximum) return;
    const { limit } = buffer;
    const wanted = this.#tuning.copied(bytes, roundTrip, limit, this.#maximum, now);
    if (wanted !== limit) buffer.limit = wanted;
  }

  /** RCV.WND: the window as the peer knows it, in bytes. */
  get wnd(): number {
    return Math.max(0, seqDistance(this.nxt, this.edge));
  }

  /** Whether nothing waits to be read, to be acknowledged, or for a gap to be filled. */
  get isIdle(): boolean {
    return this.buffer.length === 0 && this.reassembly.count === 0 && !this.ackNow &&
      this.ackAt === Infinity;
  }

  /** Serves connections with these buffer sizes from now on. */
  resize(limit: number, maximum: number): void {
    this.#initial = limit;
    this.#maximum = maximum;
  }

  /** Begins a connection. */
  reset(): void {
    this.irs = 0;
    this.scalesWindow = false;
    this.segments = 0;
    this.challenges = 0;
    this.challengeWindow = -Infinity;
    this.nxt = 0;
    this.edge = 0;
    this.scale = 0;
    this.mss = 536;
    this.finReached = false;
    this.isDiscarding = false;
    this.ackNow = false;
    this.ackAt = Infinity;
    this.duplicates = 0;
    this.received = 0;
    this.buffer.limit = this.#initial;
    this.#tuning.reset();
    this.#policy = freshAck;
    this.dataAt = 0;
    this.#finSeen = false;
    this.#duplicateLeft = 0;
    this.#duplicateRight = 0;
    this.clear();
  }

  /** Keeps what a connection needs beyond an idle time; see {@linkcode Archive}. */
  archive(archive: Archive): void {
    this.dataAt = archive.int(this.dataAt);
    this.irs = archive.int(this.irs);
    this.nxt = archive.int(this.nxt);
    this.edge = archive.int(this.edge);
    this.scale = archive.int(this.scale);
    this.mss = archive.int(this.mss);
    this.ownMss = archive.int(this.ownMss);
    this.segments = archive.int(this.segments);
    this.lastAck = archive.int(this.lastAck);
    this.duplicates = archive.int(this.duplicates);
    this.#initial = archive.int(this.#initial);
    this.#maximum = archive.int(this.#maximum);
    this.#policy = archive.int(this.#policy);
    this.#finSequence = archive.int(this.#finSequence);
    this.#duplicateLeft = archive.int(this.#duplicateLeft);
    this.#duplicateRight = archive.int(this.#duplicateRight);
    this.buffer.limit = archive.int(this.buffer.limit);
    this.received = archive.real(this.received);
    this.finReached = archive.flag(this.finReached);
    this.scalesWindow = archive.flag(this.scalesWindow);
    this.challenges = 0;
    this.challengeWindow = -Infinity;
    this.isDiscarding = archive.flag(this.isDiscarding);
    this.#finSeen = archive.flag(this.#finSeen);
    this.#tuning.archive(archive);
  }

  /** The peer's SYN has come. */
  open(irs: number): void {
    this.irs = irs;
    this.nxt = seqAdd(irs, 1);
    this.edge = this.nxt;
    this.lastAck = this.nxt;
  }

  /** Forgets all data and gives the memory back. */
  clear(): void {
    this.buffer.clear();
    this.reassembly.clear();
  }

  /** Whether there are blocks to report by SACK. */
  get owesSack(): boolean {
    return this.reassembly.count > 0 || this.#duplicateLeft !== this.#duplicateRight;
  }

  /** Whether any of the segment lies in the window (RFC 9293 §3.10.7.4, table 6). */
  isAcceptable(segment: Segment): boolean {
    const length = segment.length;
    const start = segment.sequence;
    const window = this.wnd;
    if (length === 0) {
      // A peer that has filled the window acknowledges from the edge; before a gap is filled that is not RCV.NXT.
      const reachesEdge = !segment.has(Rst) && start === this.edge;
      return start === this.nxt || reachesEdge ||
        (seqBefore(this.nxt, start) && seqBefore(start, this.edge));
    }
    if (window === 0) {
      // A FIN alone takes no room, and the peer could not end before we read.
      return segment.payloadLength === 0 && segment.has(Fin) && start === this.nxt;
    }
    const last = seqAdd(start, length - 1);
    return (seqBeforeOrAt(this.nxt, start) && seqBefore(start, this.edge)) ||
      (seqBeforeOrAt(this.nxt, last) && seqBefore(last, this.edge));
  }

  /**
   * Takes an acceptable segment's text and FIN.
   *
   * @param roundTrip The round trip of the path in whole milliseconds: no acknowledgement waits much longer.
   * @returns Whether bytes became readable or the FIN was reached.
   */
  accept(segment: Segment, packet: Packet, roundTrip: number, now: number): boolean {
    const before = this.nxt;
    if (segment.payloadLength > 0) this.#text(segment, packet, roundTrip, now);
    if (segment.has(Fin)) {
      this.#finSeen = true;
      this.#finSequence = seqAdd(segment.sequence, segment.length - 1);
      this.ackNow = true;
    }
    if (this.#finSeen && !this.finReached && this.nxt === this.#finSequence) {
      this.nxt = seqAdd(this.nxt, 1);
      this.edge = seqMax(this.edge, this.nxt);
      this.finReached = true;
      this.ackNow = true;
      // Nothing is left to be sent again: no duplicate is worth a word.
      this.#duplicateLeft = this.#duplicateRight;
    }
    return this.nxt !== before;
  }

  /** Whether so many bytes that come next in order are taken whole, and nothing else has to be done for them. */
  takes(length: number): boolean {
    return !this.isDiscarding && this.reassembly.count === 0 && !this.#finSeen &&
      seqBefore(this.nxt, this.edge) && length <= this.buffer.free;
  }

  /**
   * Takes bytes that come next in order; {@linkcode Receiver.takes} has said that it does.
   *
   * @param offset Where in the packet they begin.
   * @param roundTrip The round trip of the path in whole milliseconds.
   */
  take(packet: Packet, offset: number, length: number, roundTrip: number, now: number): void {
    if (length > this.mss) this.mss = Math.min(length, 9216);
    this.buffer.append(packet.bytes, packet.address, offset, length);
    this.nxt = seqAdd(this.nxt, length);
    this.received += length;
    this.#owe(roundTrip, now);
  }

  #text(segment: Segment, packet: Packet, roundTrip: number, now: number): void {
    let start = segment.sequence;
    let offset = segment.payloadOffset;
    let end = seqAdd(start, segment.payloadLength);
    if (segment.payloadLength > this.mss) this.mss = Math.min(segment.payloadLength, 9216);
    if (seqBefore(start, this.nxt)) {
      const known = Math.min(seqDistance(start, this.nxt), segment.payloadLength);
      this.duplicates++;
      this.#duplicateLeft = start;
      this.#duplicateRight = seqAdd(start, known);
      this.ackNow = true;
      this.#policy = hurry(this.#policy, this.#quickLimit());
      offset += known;
      start = seqAdd(start, known);
    }
    const edge = seqAdd(this.nxt, this.isDiscarding ? this.wnd : this.buffer.free);
    if (seqAfter(end, edge)) end = edge;
    const length = seqDistance(start, end);
    if (length <= 0) {
      this.ackNow = true;
    } else if (start === this.nxt) {
      this.#inOrder(packet, offset, length, roundTrip, now);
    } else {
      this.#outOfOrder(packet, start, end, offset, length);
    }
  }

  #inOrder(packet: Packet, offset: number, length: number, roundTrip: number, now: number): void {
    let taken = length;
    if (!this.isDiscarding) {
      this.buffer.place(0, packet.bytes, packet.address, offset, length);
    }
    if (this.reassembly.count > 0) {
      // RFC 5681 §4.2: what fills a gap, or part of one, is acknowledged at once.
      this.ackNow = true;
      const end = seqAdd(this.nxt, length);
      this.#cameTwice(this.nxt, end);
      taken = seqDistance(this.nxt, this.reassembly.advance(end));
    }
    if (!this.isDiscarding) this.buffer.commit(taken);
    this.nxt = seqAdd(this.nxt, taken);
    this.received += taken;
    this.#owe(roundTrip, now);
  }

  #outOfOrder(packet: Packet, start: number, end: number, offset: number, length: number): void {
    this.ackNow = true;
    this.#policy = hurry(this.#policy, this.#quickLimit());
    if (this.isDiscarding) return;
    this.#cameTwice(start, end);
    if (this.reassembly.contains(start, end) || !this.reassembly.add(start, end)) return;
    const distance = seqDistance(this.nxt, start);
    this.buffer.place(distance, packet.bytes, packet.address, offset, length);
  }

  /** RFC 2883 §4.1, §4.2: the first part of new data that was here already is told of. */
  #cameTwice(start: number, end: number): void {
    const { reassembly } = this;
    const first = reassembly.overlapping(start, end);
    if (first < 0) return;
    this.duplicates++;
    if (this.#duplicateLeft !== this.#duplicateRight) return;
    this.#duplicateLeft = seqMax(start, reassembly.left(first));
    const right = reassembly.right(first);
    this.#duplicateRight = seqBefore(right, end) ? right : end;
  }

  /** In-order data is acknowledged at the latest with every second full segment, or in 200 ms (RFC 5681 §4.2). */
  #owe(roundTrip: number, now: number): void {
    const at = now | 0;
    const gap = (at - this.dataAt) | 0;
    this.dataAt = at;
    const quick = beginsAnew(this.#policy, gap) ? this.#quickLimit() : 0;
    this.#policy = dataArrived(this.#policy, gap, quick);
    if (this.ackNow) return;
    if (seqDistance(this.lastAck, this.nxt) > this.mss || acksAtOnce(this.#policy)) {
      this.ackNow = true;
    } else if (this.ackAt === Infinity) {
      this.ackAt = now + ackDelay(this.#policy, roundTrip);
    }
  }

  /** Whether each arrival is to be acknowledged by itself: there is a gap, or was one just now, or all is new. */
  get isHurried(): boolean {
    return this.reassembly.count > 0 || acksAtOnce(this.#policy);
  }

  /** One for each two segments that the window takes: more the peer cannot send in a round trip. */
  #quickLimit(): number {
    return Math.max(2, Math.min(quickAckSegments, (this.wnd / (2 * this.mss)) | 0));
  }

  /** The delayed acknowledgement falls due. */
  expire(now: number): void {
    if (this.ackAt > now) return;
    this.#policy = waitedInVain(this.#policy);
    this.ackAt = Infinity;
    this.ackNow = true;
  }

  /** Whether the application has read enough for the peer to be told at once (RFC 9293 §3.8.6.2.2). */
  owesUpdate(): boolean {
    return isWorthUpdating(this.wnd, this.#available(), this.#limit(), this.mss);
  }

  /**
   * The window field of a segment that goes out now, and with it the acknowledgement: whatever was
   * owed is paid.
   */
  advertise(isSyn: boolean): number {
    this.#policy = ackSent(this.#policy);
    this.ackNow = false;
    this.ackAt = Infinity;
    this.lastAck = this.nxt;
    const available = this.#available();
    if (isWorthAdvertising(this.wnd, available, this.#limit(), this.mss)) {
      const shift = isSyn ? 0 : this.scale;
      const window = Math.min(available >>> shift, 0xffff) << shift;
      this.edge = seqMax(this.edge, seqAdd(this.nxt, window));
    }
    return Math.min(this.wnd >>> (isSyn ? 0 : this.scale), 0xffff);
  }

  /**
   * New data goes out: an answer, where something has come just before.
   *
   * @param at The time in whole milliseconds modulo 2^32.
   */
  answers(at: number): void {
    this.#policy = dataSent(this.#policy, (at - this.dataAt) | 0);
  }

  /** Fills `sackEdges` (RFC 2018 §4; a duplicate first, RFC 2883 §4) and gives how many blocks there are. */
  sackBlocks(limit: number): number {
    let count = 0;
    if (this.#duplicateLeft !== this.#duplicateRight) {
      this.sackEdges[0] = this.#duplicateLeft;
      this.sackEdges[1] = this.#duplicateRight;
      this.#duplicateLeft = this.#duplicateRight;
      count = 1;
    }
    return this.reassembly.count === 0
      ? count
      : this.reassembly.report(this.sackEdges, count, limit);
  }

  /** Remembers that a segment came that was wholly a duplicate, to be reported once. */
  sawDuplicate(segment: Segment): void {
    if (segment.payloadLength === 0) return;
    this.duplicates++;
    this.#policy = hurry(this.#policy, this.#quickLimit());
    const end = seqAdd(segment.sequence, segment.payloadLength);
    this.#duplicateLeft = segment.sequence;
    this.#duplicateRight = seqBefore(end, this.nxt) ? end : this.nxt;
  }

  /** The largest window that there may be: the buffer, and what 16 bits can tell of it. */
  #limit(): number {
    const { limit } = this.buffer;
    const most = 0xffff << this.scale;
    // `Math.min` would take both for numbers with fractions.
    return limit < most ? limit : most;
  }

  #available(): number {
    const limit = this.#limit();
    if (this.isDiscarding) return limit;
    const { free } = this.buffer;
    return free < limit ? free : limit;
  }
}

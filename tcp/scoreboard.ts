/**
 * The scoreboard (RFC 6675 §3): which of the octets sent are in flight, held by the peer, or lost.
 *
 * Every record stands in sequence order, and besides in exactly one of two queues, `inFlight` in
 * order of transmission or `lost` in order of discovery; those the peer holds stand in neither. So
 * the pipe is a number that is at hand, and an acknowledgement costs what it changes.
 *
 * @module
 */
import * as seq from "./seq.ts";
import { RecordQueue, type SentSegment } from "./sent_segment.ts";
import * as sentSegment from "./sent_segment.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqAfter, seqBefore, seqBeforeOrAt } = seq;
const { returnRecord, returnRecords, takeRecord } = sentSegment;

/** The records of one connection's flight. */
export class Scoreboard {
  /** Sent, and neither acknowledged nor deemed lost. */
  readonly inFlight: RecordQueue = new RecordQueue();
  /** Deemed lost, not sent again yet. */
  readonly lost: RecordQueue = new RecordQueue();
  /** Octets that the peer holds beyond a gap. */
  sackedOctets: number = 0;
  /** How many records there are. */
  count: number = 0;
  /** The oldest record, or `null` when all is acknowledged. */
  first: SentSegment | null = null;
  #last: SentSegment | null = null;
  /** Where the last search ended; SACK blocks come near each other. */
  #hint: SentSegment | null = null;

  /** Whether nothing is outstanding. */
  get isEmpty(): boolean {
    return this.first === null;
  }

  /** The newest record, or `null`. */
  get last(): SentSegment | null {
    return this.#last;
  }

  /** RFC 6675's pipe: octets believed to be in the network. */
  get pipe(): number {
    return this.inFlight.octets;
  }

  /** Records that `[start, end)` has just been sent for the first time. */
  add(start: number, end: number, now: number): SentSegment {
    const record = takeRecord(start, end);
    const last = this.#last;
    this.count++;
    record.sentAt = now;
    record.transmissions = 1;
    this.#last = record;
    if (last === null) {
      this.first = record;
    } else {
      last.next = record;
      record.previous = last;
    }
    this.inFlight.push(record);
    return record;
  }

  /** Records that a lost record, or the part of it before `end`, has just been sent again, in an episode of repair. */
  sentAgain(record: SentSegment, now: number, episode: number = 0): void {
    this.#leave(record);
    record.isLost = false;
    record.sentAt = now;
    if (record.transmissions++ === 1) record.episode = episode;
    this.inFlight.push(record);
  }

  /** Moves a record in flight to the lost ones. */
  markLost(record: SentSegment): void {
    this.inFlight.remove(record);
    record.isLost = true;
    this.lost.push(record);
  }

  /** Deems lost everything that the peer does not hold (RFC 6675 §5.1), in sequence order. */
  markAllLost(): void {
    for (let record = this.first; record !== null; record = record.next) {
      if (record.isSacked) continue;
      this.#leave(record);
      record.isLost = true;
      this.lost.push(record);
    }
  }

  /** Deems lost what is in flight in pieces longer than `mss`: the path does not carry them. */
  markLongLost(mss: number): void {
    for (let record = this.first; record !== null; record = record.next) {
      if (!record.isSacked && !record.isLost && record.length > mss) this.markLost(record);
    }
  }

  /** Puts what was deemed lost, and has not been sent again, back in flight. */
  unmarkLost(): void {
    for (let record = this.lost.first; record !== null; record = this.lost.first) {
      this.lost.remove(record);
      record.isLost = false;
      this.inFlight.insertByTime(record);
    }
  }

  /** Forgets what the peer said it holds, as it may have dropped it (RFC 2018 §8). */
  forgetSacked(): void {
    for (let record = this.first; record !== null; record = record.next) {
      if (!record.isSacked) continue;
      record.isSacked = false;
      this.inFlight.push(record);
    }
    this.sackedOctets = 0;
  }

  /**
   * The oldest record when `ack` covers it whole, else `null`; one that is covered in part is cut.
   * {@linkcode Scoreboard.removeFirst} takes it off.
   */
  covered(ack: number): SentSegment | null {
    const record = this.first;
    if (record === null) return null;
    if (seqBeforeOrAt(record.end, ack)) return record;
    if (seqBefore(record.start, ack)) this.#cutFront(record, ack);
    return null;
  }

  /** Takes the oldest record off and gives it back to the pool. */
  removeFirst(): void {
    const record = this.first!;
    if (record.isSacked) this.sackedOctets -= record.length;
    else this.#leave(record);
    this.first = record.next;
    if (this.first === null) this.#last = null;
    else this.first.previous = null;
    if (this.#hint === record) this.#hint = this.first;
    this.count--;
    returnRecord(record);
  }

  /**
   * Takes the `count` oldest records up to `last` off and gives them back to the pool. All of them are in flight, and
   * were sent once: so they stand foremost in that queue, in the same order.
   */
  removeThrough(last: SentSegment, count: number): void {
    const first = this.first!;
    const { next } = last;
    this.inFlight.removeThrough(last, (last.end - first.start) | 0);
    this.first = next;
    if (next === null) this.#last = null;
    else next.previous = null;
    this.#hint = null;
    this.count -= count;
    returnRecords(first, last);
  }

  /** The record that holds sequence number `sequence`, or the first after it, or `null`. */
  find(sequence: number): SentSegment | null {
    let record = this.#hint ?? this.first;
    if (record === null) return null;
    while (record.previous !== null && seqAfter(record.start, sequence)) record = record.previous;
    while (record !== null && seqBeforeOrAt(record.end, sequence)) record = record.next;
    if (record !== null) this.#hint = record;
    return record;
  }

  /** Cuts a record in two before `sequence`, which lies inside; gives the second half. */
  split(record: SentSegment, sequence: number): SentSegment {
    const half = takeRecord(sequence, record.end);
    this.count++;
    half.sentAt = record.sentAt;
    half.transmissions = record.transmissions;
    half.episode = record.episode;
    half.delivered = record.delivered;
    half.deliveredAt = record.deliveredAt;
    half.isSacked = record.isSacked;
    half.isLost = record.isLost;
    half.isFin = record.isFin;
    record.isFin = false;
    record.end = sequence;
    half.previous = record;
    half.next = record.next;
    if (half.next === null) this.#last = half;
    else half.next.previous = half;
    record.next = half;
    if (!record.isSacked) (record.isLost ? this.lost : this.inFlight).insertAfter(half, record);
    return half;
  }

  /**
   * Marks a record as held by the peer and joins it with held neighbours, so that a later block over
   * the same range is one step. Gives the record that stands for it now.
   */
  sack(record: SentSegment): SentSegment {
    this.#leave(record);
    record.isLost = false;
    record.isSacked = true;
    this.sackedOctets += record.length;
    const next = record.next;
    if (next !== null && next.isSacked) this.#join(record, next);
    const previous = record.previous;
    if (previous === null || !previous.isSacked) return record;
    this.#join(previous, record);
    return previous;
  }

  /** Forgets the whole flight. */
  clear(): void {
    while (this.first !== null) this.removeFirst();
    this.#hint = null;
  }

  #join(record: SentSegment, next: SentSegment): void {
    record.end = next.end;
    record.isFin ||= next.isFin;
    record.next = next.next;
    if (record.next === null) this.#last = record;
    else record.next.previous = record;
    if (this.#hint === next) this.#hint = record;
    this.count--;
    returnRecord(next);
  }

  #cutFront(record: SentSegment, sequence: number): void {
    const octets = (sequence - record.start) | 0;
    if (record.isSacked) this.sackedOctets -= octets;
    else (record.isLost ? this.lost : this.inFlight).octets -= octets;
    record.start = sequence;
    record.isSyn = false;
  }

  #leave(record: SentSegment): void {
    if (!record.isSacked) (record.isLost ? this.lost : this.inFlight).remove(record);
  }
}

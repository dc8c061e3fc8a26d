/**
 * What the sender remembers of each stretch of sequence space in flight, and the lists it stands
 * in. Records are pooled: steady state allocates none.
 *
 * @module
 */

/** One transmission's stretch of sequence space. */
export class SentSegment {
  /** First sequence number. */
  start: number = 0;
  /** The sequence number after the last. */
  end: number = 0;
  /** When it was last sent, in milliseconds. */
  sentAt: number = 0;
  /** How many times it has been sent. */
  transmissions: number = 0;
  /** The episode of repair in which it was first sent again, as {@linkcode Undo} numbers them. */
  episode: number = 0;
  /** Whether it carries the SYN. */
  isSyn: boolean = false;
  /** Whether it carries the FIN. */
  isFin: boolean = false;
  /** Whether the peer has it, by a SACK block. */
  isSacked: boolean = false;
  /** Whether it is deemed lost and waits to be sent again. */
  isLost: boolean = false;
  /** Octets that the peer had taken delivery of when this was sent, modulo 2^32, for the delivery rate. */
  delivered: number = 0;
  /** When it had taken delivery of them, in milliseconds. */
  deliveredAt: number = -Infinity;
  /** The one before in sequence order. */
  previous: SentSegment | null = null;
  /** The next in sequence order; in the pool the next free record. */
  next: SentSegment | null = null;
  /** The one sent before it that is in flight too, or the one that was lost before it. */
  earlier: SentSegment | null = null;
  /** The one sent after it that is in flight too, or the one that was lost after it. */
  later: SentSegment | null = null;

  /** Length in octets of sequence space. */
  get length(): number {
    return (this.end - this.start) | 0;
  }
}

let pool: SentSegment | null = null;

/** Takes a record for `[start, end)`, its flags cleared, in no list; when it was sent, and how often, is the caller's. */
export function takeRecord(start: number, end: number): SentSegment {
  let record = pool;
  if (record === null) record = new SentSegment();
  else pool = record.next;
  record.start = start;
  record.end = end;
  record.episode = 0;
  record.isSyn = false;
  record.isFin = false;
  record.isSacked = false;
  record.isLost = false;
  record.previous = null;
  record.next = null;
  return record;
}

/** Gives a record that stands in no list back. */
export function returnRecord(record: SentSegment): void {
  record.previous = null;
  record.next = pool;
  pool = record;
}

/** Gives the records from `first` to `last`, which follow one another in sequence order, back. */
export function returnRecords(first: SentSegment, last: SentSegment): void {
  last.next = pool;
  pool = first;
}

/** Records in the order in which they were sent, or lost. */
export class RecordQueue {
  /** The first. */
  first: SentSegment | null = null;
  /** The last. */
  last: SentSegment | null = null;
  /** Octets of sequence space that stand in it. */
  octets: number = 0;

  /** Appends a record. */
  push(record: SentSegment): void {
    const { last } = this;
    this.last = record;
    record.later = null;
    record.earlier = null;
    if (last === null) {
      this.first = record;
    } else {
      last.later = record;
      record.earlier = last;
    }
    this.octets += record.length;
  }

  /** Puts a record right behind another one: the second half of a split. */
  insertAfter(record: SentSegment, before: SentSegment): void {
    const later = before.later;
    record.earlier = before;
    record.later = later;
    before.later = record;
    if (later === null) this.last = record;
    else later.earlier = record;
  }

  /** Puts a record where its time of transmission belongs; what was sent at the same time stays in sequence order. */
  insertByTime(record: SentSegment): void {
    let later = this.first;
    while (
      later !== null && (later.sentAt < record.sentAt ||
        (later.sentAt === record.sentAt && ((later.start - record.start) | 0) < 0))
    ) later = later.later;
    if (later === null) {
      this.push(record);
      return;
    }
    record.later = later;
    record.earlier = later.earlier;
    if (later.earlier === null) this.first = record;
    else later.earlier.later = record;
    later.earlier = record;
    this.octets += record.length;
  }

  /** Takes the foremost records up to `last` out, which are so many octets. */
  removeThrough(last: SentSegment, octets: number): void {
    const { later } = last;
    this.first = later;
    if (later === null) this.last = null;
    else later.earlier = null;
    this.octets -= octets;
  }

  /** Takes a record out. */
  remove(record: SentSegment): void {
    const { earlier, later } = record;
    if (earlier === null) this.first = later;
    else earlier.later = later;
    if (later === null) this.last = earlier;
    else later.earlier = earlier;
    record.earlier = null;
    record.later = null;
    this.octets -= record.length;
  }
}

/**
 * SACK blocks that arrive (RFC 2018 §5, RFC 2883 §4): which records they cover.
 *
 * @module
 */
import type { Rack } from "./rack.ts";
import type { RttEstimator } from "./rtt.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { Segment } from "./segment.ts";
import type { SentSegment } from "./sent_segment.ts";
import * as seq from "./seq.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqAdd, seqAfter, seqBefore, seqDistance } = seq;

/** Whether the first block tells of data that came twice: it lies before the acknowledgement, or inside the second. */
export function isDuplicateSack(segment: Segment): boolean {
  const edges = segment.sackEdges;
  if (segment.sackCount === 0) return false;
  if (seqBefore(edges[0]!, segment.acknowledgment)) return true;
  return segment.sackCount > 1 && !seqBefore(edges[0]!, edges[2]!) &&
    !seqAfter(edges[1]!, edges[3]!);
}

/**
 * Beyond how many records for each segment in flight none is cut any more: a peer that reports every
 * other octet would have us keep, and walk, a record for each (CVE-2019-11477 and its like).
 */
const maxRecordsPerSegment = 2;
/** And how many are allowed in any case. */
const minRecords = 64;

/** Where SACK blocks are entered. */
export interface SackTarget {
  /** SND.UNA. */
  readonly una: number;
  /** SND.NXT. */
  readonly nxt: number;
  /** The most payload in one segment. */
  readonly mss: number;
  /** The records in flight. */
  readonly scoreboard: Scoreboard;
  /** Learns the round trips. */
  readonly rtt: RttEstimator;
  /** Learns what was delivered. */
  readonly rack: Rack;
}

/** Enters the blocks of a segment; those that reach outside of the flight are ignored. */
export function enterSack(
  target: SackTarget,
  segment: Segment,
  skipsFirst: boolean,
  now: number,
): void {
  const edges = segment.sackEdges;
  const { acknowledgment } = segment;
  const lowest = seqAfter(acknowledgment, target.una) ? acknowledgment : target.una;
  sortBlocks(edges, skipsFirst ? 1 : 0, segment.sackCount);
  for (let i = skipsFirst ? 1 : 0; i < segment.sackCount; i++) {
    const left = edges[2 * i]!;
    const right = edges[2 * i + 1]!;
    if (seqBefore(left, lowest) || seqAfter(right, target.nxt)) continue;
    enterBlock(target, left, right, now);
  }
}

/**
 * The newest block comes first (RFC 2018 §4), and those after it may be news, too, where acknowledgements were lost:
 * entered as they come, they would pass for reordering in the network.
 */
function sortBlocks(edges: Int32Array, from: number, count: number): void {
  for (let i = from + 1; i < count; i++) {
    const left = edges[2 * i]!;
    const right = edges[2 * i + 1]!;
    let j = i;
    for (; j > from && seqBefore(left, edges[2 * j - 2]!); j--) {
      edges[2 * j] = edges[2 * j - 2]!;
      edges[2 * j + 1] = edges[2 * j - 1]!;
    }
    edges[2 * j] = left;
    edges[2 * j + 1] = right;
  }
}

function enterBlock(target: SackTarget, left: number, right: number, now: number): void {
  const { scoreboard, rtt, rack } = target;
  const segments = seqDistance(target.una, target.nxt) / target.mss;
  const limit = Math.max(minRecords, maxRecordsPerSegment * segments);
  let record = scoreboard.find(left);
  while (record !== null && seqBefore(record.start, right)) {
    const from = seqBefore(record.start, left)
      ? nextBoundary(record, left, target.mss)
      : record.start;
    const to = seqAfter(record.end, right) ? lastBoundary(record, right, target.mss) : record.end;
    const isWhole = from === record.start && to === record.end;
    if (!record.isSacked && seqBefore(from, to) && (isWhole || scoreboard.count < limit)) {
      if (from !== record.start) record = scoreboard.split(record, from);
      if (to !== record.end) scoreboard.split(record, to);
      if (record.transmissions === 1) rtt.sample(now - record.sentAt);
      rack.delivered(record, rtt, now);
      record = scoreboard.sack(record);
    }
    record = record.next;
  }
}

/**
 * The first place at or after `sequence` at which a send was cut into segments. A part of a segment is no delivery:
 * peers hold whole ones, and who tells of single octets would have us keep a record for each.
 */
function nextBoundary(record: SentSegment, sequence: number, mss: number): number {
  const octets = Math.ceil(seqDistance(record.start, sequence) / mss) * mss;
  return octets < record.length ? seqAdd(record.start, octets) : record.end;
}

/** The last place at or before `sequence` at which a send was cut into segments; a FIN may stand apart. */
function lastBoundary(record: SentSegment, sequence: number, mss: number): number {
  if (record.isFin && seqDistance(sequence, record.end) === 1) return sequence;
  return seqAdd(record.start, Math.floor(seqDistance(record.start, sequence) / mss) * mss);
}

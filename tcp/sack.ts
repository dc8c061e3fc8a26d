/**
 * SACK blocks that arrive (RFC 2018 §5, RFC 2883 §4): which records they cover.
 *
 * @module
 */
import type { Rack } from "./rack.ts";
import type { RttEstimator } from "./rtt.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { Segment } from "./segment.ts";
import { seqAfter, seqBefore, seqDistance } from "./seq.ts";

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
  for (let i = skipsFirst ? 1 : 0; i < segment.sackCount; i++) {
    const left = edges[2 * i]!;
    const right = edges[2 * i + 1]!;
    if (seqBefore(left, lowest) || seqAfter(right, target.nxt)) continue;
    enterBlock(target, left, right, now);
  }
}

function enterBlock(target: SackTarget, left: number, right: number, now: number): void {
  const { scoreboard, rtt, rack } = target;
  const segments = seqDistance(target.una, target.nxt) / target.mss;
  const limit = Math.max(minRecords, maxRecordsPerSegment * segments);
  let record = scoreboard.find(left);
  while (record !== null && seqBefore(record.start, right)) {
    const isWhole = !seqBefore(record.start, left) && !seqAfter(record.end, right);
    if (!record.isSacked && (isWhole || scoreboard.count < limit)) {
      if (seqBefore(record.start, left)) record = scoreboard.split(record, left);
      if (seqAfter(record.end, right)) scoreboard.split(record, right);
      if (record.transmissions === 1) rtt.sample(now - record.sentAt);
      rack.delivered(record, rtt, now);
      record = scoreboard.sack(record);
    }
    record = record.next;
  }
}

/**
 * The timestamps option: a clock for the peer to echo, and protection against wrapped sequence
 * numbers (RFC 7323 §4, §5).
 *
 * @module
 */
import type { Archive } from "./archive.ts";
import type { Segment } from "./segment.ts";
import * as seq from "./seq.ts";
import { TcpFlag } from "./frame.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqBeforeOrAt } = seq;
const { Rst } = TcpFlag;

/** After so long without a segment TS.Recent says nothing any more (RFC 7323 §5.5): 24 days, in milliseconds. */
const outdated = 24 * 24 * 3600 * 1000;

/** The timestamp state of one connection. The clock ticks once a millisecond. */
export class Timestamps {
  /** Whether both sides use the option. */
  enabled: boolean = false;
  /** TS.Recent: the value to echo. */
  recent: number = 0;
  /** What our clock is ahead of the time by, modulo 2^32. */
  offset: number = 0;
  #recentAt = -Infinity;

  /** A connection begins; where its clock stands may be said later. */
  reset(offset: number = 0): void {
    this.enabled = false;
    this.recent = 0;
    this.offset = offset;
  }

  /** Keeps what a connection needs beyond an idle time; see {@linkcode Archive}. */
  archive(archive: Archive): void {
    this.enabled = archive.flag(this.enabled);
    this.recent = archive.int(this.recent);
    this.offset = archive.int(this.offset);
    this.#recentAt = archive.real(this.#recentAt);
  }

  /** TSval of a segment that goes out now. */
  value(now: number): number {
    return (Math.floor(now) + this.offset) | 0;
  }

  /** The peer's SYN carried the option. */
  open(segment: Segment, now: number): void {
    this.enabled = true;
    this.recent = segment.timestampValue;
    this.#recentAt = now;
  }

  /** R1 of RFC 7323 §5.3: whether the segment is an old duplicate. A reset never is (§5.2). */
  isOld(segment: Segment, now: number): boolean {
    if (!this.enabled || !segment.hasTimestamps || segment.has(Rst)) return false;
    return ((segment.timestampValue - this.recent) | 0) < 0 && now - this.#recentAt < outdated;
  }

  /** RFC 7323 §4.3: which segment's timestamp is echoed. */
  update(segment: Segment, lastAck: number, now: number): void {
    if (!segment.hasTimestamps || !seqBeforeOrAt(segment.sequence, lastAck)) return;
    if (((segment.timestampValue - this.recent) | 0) < 0) return;
    this.recent = segment.timestampValue;
    this.#recentAt = now;
  }

  /** The round trip that the segment's echo tells, in milliseconds; -1 when it tells none. */
  roundTrip(segment: Segment, now: number): number {
    if (!this.enabled || !segment.hasTimestamps || segment.timestampEcho === 0) return -1;
    return Math.max(-1, (this.value(now) - segment.timestampEcho) | 0);
  }
}

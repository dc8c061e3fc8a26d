/**
 * How many connections may linger in a stack after their owners have let go of them: orphans that still have
 * something to send, and those in TIME-WAIT. Beyond that a flood of short connections would hold
 * memory for a minute each; Linux has the same limits as `tcp_max_orphans` and `tcp_max_tw_buckets`.
 *
 * @module
 */

/** Settings of {@linkcode Lingerers}. */
export interface LimitOptions {
  /** How many closed connections may be about to deliver the rest of their data; 65,536 when not given. */
  maxOrphans?: number;
  /** How many connections may be in TIME-WAIT; 65,536 when not given. */
  maxTimeWaits?: number;
}

/** Counts the connections of one stack that have no owner. */
export class Lingerers {
  /** How many orphans there are, those in TIME-WAIT not counted. */
  orphans: number = 0;
  /** How many connections are in TIME-WAIT. */
  timeWaits: number = 0;
  /** How many orphans there may be. */
  maxOrphans: number;
  /** How many connections may be in TIME-WAIT. */
  maxTimeWaits: number;

  /** Begins with none. */
  constructor(options: LimitOptions = {}) {
    this.maxOrphans = options.maxOrphans ?? 65_536;
    this.maxTimeWaits = options.maxTimeWaits ?? 65_536;
  }

  /** Whether there is one orphan too many. */
  get hasTooManyOrphans(): boolean {
    return this.orphans > this.maxOrphans;
  }

  /** Whether there is one connection in TIME-WAIT too many. */
  get hasTooManyTimeWaits(): boolean {
    return this.timeWaits > this.maxTimeWaits;
  }
}

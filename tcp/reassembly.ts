/**
 * What has arrived out of order (RFC 9293 §3.10.7.4) and what we tell the peer of it (RFC 2018 §4).
 * The bytes themselves lie in the receive buffer at their place already; here are the ranges.
 *
 * @module
 */
import * as seq from "./seq.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqAfter, seqBefore, seqBeforeOrAt, seqMax } = seq;

/** How many separate ranges are kept; what would make one more is dropped, and comes again. */
const maxRanges = 128;

/** For how many ranges room is made first. */
const firstRanges = 8;
/** What a connection without a gap keeps: nothing of its own. */
const none = new Int32Array(0);

/** Ranges of sequence space beyond RCV.NXT, in order, with a gap between each two. */
export class Reassembly {
  #edges: Int32Array = none;
  /** When each range last grew, in ticks of `#clock`: RFC 2018 reports the latest first. */
  #stamps: Int32Array = none;
  #count = 0;
  #clock = 0;

  /** How many ranges there are. */
  get count(): number {
    return this.#count;
  }

  /** Left edge of range `index`. */
  left(index: number): number {
    return this.#edges[2 * index]!;
  }

  /** Right edge of range `index` (exclusive). */
  right(index: number): number {
    return this.#edges[2 * index + 1]!;
  }

  /**
   * Adds a range.
   *
   * @returns `false` when it would be one too many: nothing was changed.
   */
  add(left: number, right: number): boolean {
    const edges = this.#edges;
    let first = 0;
    while (first < this.#count && seqBefore(edges[2 * first + 1]!, left)) first++;
    let after = first;
    let from = left;
    let to = right;
    while (after < this.#count && seqBeforeOrAt(edges[2 * after]!, right)) {
      if (seqBefore(edges[2 * after]!, from)) from = edges[2 * after]!;
      to = seqMax(to, edges[2 * after + 1]!);
      after++;
    }
    if (after === first) {
      if (this.#count === maxRanges) return false;
      this.#open(first);
    } else if (after > first + 1) {
      this.#close(first + 1, after);
    }
    this.#edges[2 * first] = from;
    this.#edges[2 * first + 1] = to;
    this.#stamps[first] = ++this.#clock;
    return true;
  }

  /** Forgets all ranges. */
  clear(): void {
    this.#count = 0;
    this.#clock = 0;
  }

  /**
   * In-order data has come up to `next`: takes off what that has reached.
   *
   * @returns The sequence number up to which everything is there now.
   */
  advance(next: number): number {
    let reached = next;
    let gone = 0;
    while (gone < this.#count && !seqAfter(this.left(gone), reached)) {
      reached = seqMax(reached, this.right(gone));
      gone++;
    }
    if (gone > 0) this.#close(0, gone);
    if (this.#count === 0) this.#clock = 0;
    return reached;
  }

  /**
   * Writes SACK blocks, the one that grew last first (RFC 2018 §4).
   *
   * @param blocks Left and right edges in turn.
   * @param at How many blocks stand in `blocks` already.
   * @param limit How many may stand in it.
   * @returns How many stand in it now.
   */
  report(blocks: Int32Array, at: number, limit: number): number {
    let written = at;
    let below = 0x7fffffff;
    while (written < limit) {
      let best = -1;
      let stamp = -1;
      for (let i = 0; i < this.#count; i++) {
        const candidate = this.#stamps[i]!;
        if (candidate < below && candidate > stamp) {
          best = i;
          stamp = candidate;
        }
      }
      if (best < 0) break;
      blocks[2 * written] = this.left(best);
      blocks[2 * written + 1] = this.right(best);
      written++;
      below = stamp;
    }
    return written;
  }

  /** Whether `[left, right)` lies inside one of the ranges. */
  contains(left: number, right: number): boolean {
    for (let i = 0; i < this.#count; i++) {
      if (seqBeforeOrAt(this.left(i), left) && seqBeforeOrAt(right, this.right(i))) return true;
    }
    return false;
  }

  /** The first range that shares octets with `[left, right)`; -1 when none does. */
  overlapping(left: number, right: number): number {
    for (let i = 0; i < this.#count; i++) {
      if (!seqBefore(this.left(i), right)) return -1;
      if (seqAfter(this.right(i), left)) return i;
    }
    return -1;
  }

  #open(index: number): void {
    if (this.#count === this.#stamps.length) {
      const room = Math.max(2 * this.#count, firstRanges);
      const edges = new Int32Array(2 * room);
      const stamps = new Int32Array(room);
      edges.set(this.#edges);
      stamps.set(this.#stamps);
      this.#edges = edges;
      this.#stamps = stamps;
    }
    this.#edges.copyWithin(2 * index + 2, 2 * index, 2 * this.#count);
    this.#stamps.copyWithin(index + 1, index, this.#count);
    this.#count++;
  }

  #close(from: number, to: number): void {
    this.#edges.copyWithin(2 * from, 2 * to, 2 * this.#count);
    this.#stamps.copyWithin(from, to, this.#count);
    this.#count -= to - from;
  }
}

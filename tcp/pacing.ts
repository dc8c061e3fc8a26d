/**
 * Pacing: segments leave at an even rate instead of a window at once, so that short queues on the way do not
 * overflow. As Linux has it: twice the rate of window over round trip in slow start, 1.2 times after, and
 * not before the tenth segment. Off unless asked for. Holds no clock.
 *
 * @module
 */
import type { Sender } from "./sender.ts";

/** How much faster than the window goes round it may go in slow start, which is to double the window. */
const slowStartRatio = 2;
/** And in congestion avoidance. */
const avoidanceRatio = 1.2;
/** What a sender may be ahead of its pace by, in milliseconds: timers are no finer. */
const credit = 1;
/** How many segments go unpaced at first: the window that everybody is granted. */
const unpaced = 10;

/** The pace of one connection. */
export class Pacing {
  /** The most that it may send, in bytes a second; Infinity for what the window allows. */
  limit: number = Infinity;
  /** When the next segment may go, in milliseconds; Infinity when none waits for that. */
  dueAt: number = Infinity;
  #next = -Infinity;

  /** The pace now, in bytes a second. */
  rate({ congestion, rtt }: Sender): number {
    const ratio = congestion.cwnd < congestion.ssthresh / 2 ? slowStartRatio : avoidanceRatio;
    return rtt.srtt === 0
      ? this.limit
      : Math.min((ratio * congestion.cwnd * 1000) / rtt.srtt, this.limit);
  }

  /** Whether the next segment has to wait; {@linkcode Pacing.dueAt} says for how long. */
  holds(sender: Sender, now: number): boolean {
    this.dueAt = this.#next - credit;
    if (now < this.dueAt && sender.hasMore) return true;
    this.dueAt = Infinity;
    return false;
  }

  /** The most that one send may hold, in bytes: what goes in the time of the credit, but two segments at least. */
  quantum(sender: Sender): number {
    const { mss, maxSend } = sender;
    const octets = (this.rate(sender) * credit) / 1000;
    return octets >= maxSend
      ? maxSend
      : Math.min(Math.max(octets - (octets % mss), 2 * mss), maxSend);
  }

  /** Octets have been sent. */
  sent(sender: Sender, octets: number, now: number): void {
    const rate = this.rate(sender);
    if (rate === Infinity || (this.limit === Infinity && sender.bytesSent < unpaced * sender.mss)) {
      return;
    }
    this.#next = Math.max(this.#next, now) + ((octets + sender.headers) * 1000) / rate;
  }

  /** The pace so far does not count. */
  reset(): void {
    this.#next = -Infinity;
    this.dueAt = Infinity;
  }
}

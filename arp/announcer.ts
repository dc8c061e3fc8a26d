/**
 * Announcements that are still to be sent (RFC 5227 §2.3).
 *
 * @module
 */
import { AcdTime } from "./conflict_detection.ts";
import { ArpOperation } from "./frame.ts";

/** How an address is announced. */
export interface AnnounceOptions {
  /** How many announcements, two seconds apart; 2 when left out. */
  readonly count?: number;
  /**
   * Which form they have: requests, as RFC 5227 §3 asks for, or replies, which some equipment wants to see;
   * `"request"` when left out.
   */
  readonly form?: "request" | "reply";
}

/** One address that is being announced. */
export interface Announcement {
  /** Signed. */
  readonly address: number;
  /** See {@linkcode ArpOperation}. */
  operation: number;
  /** How many are left. */
  left: number;
  /** When the next is due, in milliseconds. */
  time: number;
}

/** What is announced at present: hardly ever more than a few addresses. */
export class Announcer {
  readonly #pending: Announcement[] = [];

  /** Whether nothing is left to be sent. */
  get isEmpty(): boolean {
    return this.#pending.length === 0;
  }

  /** When the next announcement is due, in milliseconds; Infinity for never. */
  get deadline(): number {
    let time = Infinity;
    for (let i = 0; i < this.#pending.length; i++) time = Math.min(time, this.#pending[i]!.time);
    return time;
  }

  /** Begins to announce an address, or begins anew. */
  add(address: number, now: number, options: AnnounceOptions = {}): void {
    const { count = AcdTime.announceNum, form = "request" } = options;
    this.remove(address);
    this.#pending.push({
      address: address | 0,
      operation: form === "request" ? ArpOperation.Request : ArpOperation.Reply,
      left: count,
      time: now,
    });
  }

  /** Announces an address no more. */
  remove(address: number): void {
    const index = this.#pending.findIndex((one) => one.address === (address | 0));
    if (index >= 0) this.#pending.splice(index, 1);
  }

  /** An announcement that is due, `null` when there is none; the caller sends it now. */
  take(now: number): Announcement | null {
    const index = this.#pending.findIndex((one) => one.time <= now);
    if (index < 0) return null;
    const due = this.#pending[index]!;
    due.time = now + AcdTime.announceInterval;
    if (--due.left <= 0) this.#pending.splice(index, 1);
    return due;
  }
}

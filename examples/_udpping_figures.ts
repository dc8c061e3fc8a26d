/**
 * What udpping counts.
 *
 * @module
 */

/** How many of the latest requests can be matched with what comes back. */
const window = 65_536;
/** Of how many of the latest answers the times are kept. */
const kept = 100_000;

/** Times in milliseconds. */
export interface Latencies {
  /** The shortest of all. */
  readonly min: number;
  /** The mean of all. */
  readonly avg: number;
  /** Half of the latest 100,000 took no longer. */
  readonly median: number;
  /** 99 of 100 of them took no longer. */
  readonly p99: number;
  /** The longest of all. */
  readonly max: number;
}

/** An answer. */
export interface Answer {
  /** Which request it is to. */
  readonly sequence: number;
  /** How long it took, in milliseconds. */
  readonly time: number;
  /** Whether the request was answered before. */
  readonly isDuplicate: boolean;
  /** Whether a later request was answered before (RFC 4737 §3). */
  readonly isReordered: boolean;
}

/** Requests, and what came back of them. */
export class Figures {
  /** How many were sent. */
  sent = 0;
  /** How many were answered. */
  received = 0;
  /** How many answers came once more. */
  duplicates = 0;
  /** How many were answered after a later one (RFC 4737 §3). */
  reordered = 0;
  readonly #sentAt: Float64Array<ArrayBuffer> = new Float64Array(window);
  /** The sequence number in each slot, negative once it was answered. */
  readonly #sequences: Float64Array<ArrayBuffer> = new Float64Array(window);
  readonly #times: number[] = [];
  #sum = 0;
  #min = Infinity;
  #max = 0;
  #highest = 0;

  /** Counts a request; gives its number, from 1 on. */
  send(now: number): number {
    const sequence = ++this.sent;
    this.#sentAt[sequence % window] = now;
    this.#sequences[sequence % window] = sequence;
    return sequence;
  }

  /** Counts an answer; `null` for one to no request that is remembered. */
  receive(sequence: number, now: number): Answer | null {
    const slot = sequence % window;
    const found = this.#sequences[slot]!;
    if (sequence === 0 || Math.abs(found) !== sequence) return null;
    const isDuplicate = found < 0;
    const isReordered = !isDuplicate && sequence < this.#highest;
    const time = now - this.#sentAt[slot]!;
    this.#sequences[slot] = -sequence;
    this.#highest = Math.max(this.#highest, sequence);
    if (isDuplicate) this.duplicates++;
    else this.#count(time);
    if (isReordered) this.reordered++;
    return { sequence, time, isDuplicate, isReordered };
  }

  /** How many were lost, in percent. */
  get loss(): number {
    return this.sent === 0 ? 0 : 100 * (1 - this.received / this.sent);
  }

  /** How long the answers took; `null` without any. */
  get latencies(): Latencies | null {
    if (this.received === 0) return null;
    const sorted = Float64Array.from(this.#times).sort();
    const rank = (part: number) => sorted[Math.ceil(part * sorted.length) - 1]!;
    return {
      min: this.#min,
      avg: this.#sum / this.received,
      median: rank(0.5),
      p99: rank(0.99),
      max: this.#max,
    };
  }

  #count(time: number): void {
    this.#times[this.received % kept] = time;
    this.received++;
    this.#sum += time;
    this.#min = Math.min(this.#min, time);
    this.#max = Math.max(this.#max, time);
  }
}

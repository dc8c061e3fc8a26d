/**
 * Waiting for a link, without a clock of its own: it is polled with the time, and says when it wants to
 * be polled next.
 *
 * @module
 */
import type { LinkState } from "./link_state.ts";

/** Options of {@linkcode LinkWait}. */
export interface LinkWaitOptions {
  /** Milliseconds after which it gives up; Infinity when left out. */
  readonly timeout?: number;
  /** Milliseconds between two looks; 100 when left out. */
  readonly interval?: number;
  /** Milliseconds for which the link must stay, as it may come and go at first; 0 when left out. */
  readonly settle?: number;
}

/** How waiting for a link stands. */
export type LinkWaitStatus = "waiting" | "up" | "timed-out";

/**
 * Waits for a link: a state machine in `waiting`, `up` or `timed-out`.
 *
 * In the first it looks at the link at most once an interval. A link that was lost between two looks
 * has to stay for the time to settle from the beginning.
 *
 * @example
 * ```ts
 * import { LinkWait, MemoryMdioBus, Phy } from "@octet/phy";
 * import { assertEquals } from "@std/assert";
 *
 * const bus = new MemoryMdioBus();
 * const memory = bus.attach(1);
 * const phy = new Phy(bus, 1);
 * const wait = new LinkWait(() => phy.linkState(), 0, { timeout: 5000 });
 * assertEquals([wait.poll(0), wait.deadline()], ["waiting", 100]);
 * memory.plug({ modes: ["100BASE-TX"] });
 * assertEquals([wait.poll(100), wait.state?.speed, wait.deadline()], ["up", 100, Infinity]);
 * ```
 */
export class LinkWait {
  readonly #look: () => LinkState;
  readonly #end: number;
  readonly #interval: number;
  readonly #settle: number;
  #status: LinkWaitStatus = "waiting";
  #state: LinkState | undefined;
  #next: number;
  #upSince = Infinity;

  /**
   * Begins to wait.
   *
   * @param look Reads the state of the link.
   * @param now The time, in milliseconds.
   * @param options How long, and how often to look.
   * @throws {RangeError} When a time is negative or none.
   */
  constructor(look: () => LinkState, now: number, options: LinkWaitOptions = {}) {
    const { timeout = Infinity, interval = 100, settle = 0 } = options;
    for (const [name, value] of Object.entries({ timeout, interval, settle })) {
      if (!(value >= 0)) {
        throw new RangeError(`Cannot wait for a link as ${name} ${value} is no time`);
      }
    }
    this.#look = look;
    this.#end = now + timeout;
    this.#interval = interval;
    this.#settle = settle;
    this.#next = now;
  }

  /** How it stands. */
  get status(): LinkWaitStatus {
    return this.#status;
  }

  /** What the last look saw; `undefined` before the first. */
  get state(): LinkState | undefined {
    return this.#state;
  }

  /** When it wants to be polled next, in milliseconds; Infinity once it is at its end. */
  deadline(): number {
    return this.#status === "waiting" ? Math.min(this.#next, this.#end) : Infinity;
  }

  /**
   * Goes on; a call before {@linkcode LinkWait.deadline} does nothing.
   *
   * @param now The time, in milliseconds.
   * @returns How it stands.
   */
  poll(now: number): LinkWaitStatus {
    if (this.#status !== "waiting" || now < this.deadline()) return this.#status;
    const state = this.#look();
    this.#state = state;
    if (!state.isUp) this.#upSince = Infinity;
    // The very first look may tell of a loss long ago.
    else if (this.#upSince === Infinity || state.wasLost) this.#upSince = now;
    if (now - this.#upSince >= this.#settle) this.#status = "up";
    else if (now >= this.#end) this.#status = "timed-out";
    this.#next = Math.min(now + this.#interval, this.#upSince + this.#settle);
    return this.#status;
  }
}

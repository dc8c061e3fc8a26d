/**
 * Keep-alive probes (RFC 9293 §3.8.4, RFC 1122 §4.2.3.6): off unless the application asks, with
 * Linux's times.
 *
 * @module
 */

/** How long a connection is idle before the first probe, in milliseconds; `tcp_keepalive_time`. */
const idleTime = 7_200_000;
/** How long between probes, in milliseconds; `tcp_keepalive_intvl`. */
const interval = 75_000;
/** How many probes go unanswered before the connection is given up; `tcp_keepalive_probes`. */
const maxProbes = 9;

/** The keep-alive of one connection. Holds no clock. */
export class KeepAlive {
  /** When the next probe is due, in milliseconds; Infinity when keep-alive is off. */
  at: number = Infinity;
  #probes = 0;

  /** Switches keep-alive on. */
  start(now: number): void {
    this.#probes = 0;
    this.at = now + idleTime;
  }

  /** Switches keep-alive off. */
  stop(): void {
    this.at = Infinity;
  }

  /** The peer has been heard. */
  heard(now: number): void {
    if (this.at !== Infinity) this.start(now);
  }

  /** Whether as many probes went unanswered as are allowed. */
  isDead(now: number): boolean {
    return this.at <= now && this.#probes >= maxProbes;
  }

  /** Whether a probe is due; the next is armed then. */
  takeProbe(now: number): boolean {
    if (this.at > now) return false;
    this.#probes++;
    this.at = now + interval;
    return true;
  }
}

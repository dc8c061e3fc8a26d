/**
 * Keep-alive probes (RFC 9293 §3.8.4, RFC 1122 §4.2.3.6): off unless the application asks, with
 * Linux's times.
 *
 * @module
 */
import type { Archive } from "./archive.ts";
import { defaultTuning, type TcpTuning } from "./settings.ts";

/** The keep-alive of one connection. Holds no clock. */
export class KeepAlive {
  /** When the next probe is due, in milliseconds; Infinity when keep-alive is off. */
  at: number = Infinity;
  #probes = 0;

  /** Keeps what a connection needs beyond an idle time; see {@linkcode Archive}. */
  archive(archive: Archive): void {
    this.at = archive.real(this.at);
    this.#probes = archive.int(this.#probes);
  }

  /** Switches keep-alive on. */
  start(now: number, tuning: TcpTuning = defaultTuning): void {
    this.#probes = 0;
    this.at = now + tuning.keepAliveIdle;
  }

  /** Switches keep-alive off. */
  stop(): void {
    this.at = Infinity;
  }

  /** The peer has been heard. */
  heard(now: number, tuning: TcpTuning): void {
    if (this.at !== Infinity) this.start(now, tuning);
  }

  /**
   * Whether as many probes went unanswered as are allowed, or for as long.
   *
   * @param silence Milliseconds since the peer was heard.
   * @param userTimeout How long it may be silent (RFC 5482 §4.2), in milliseconds; 0 counts probes.
   */
  isDead(now: number, tuning: TcpTuning, silence: number, userTimeout: number): boolean {
    if (this.at > now || this.#probes === 0) return false;
    return userTimeout > 0 ? silence >= userTimeout : this.#probes >= tuning.keepAliveCount;
  }

  /**
   * Whether a probe is due; the next is armed then.
   *
   * @param isOutstanding Whether data waits for an acknowledgement: it is probe enough (RFC 9293 §3.8.4 MUST-26).
   */
  takeProbe(now: number, tuning: TcpTuning, isOutstanding: boolean): boolean {
    if (this.at > now) return false;
    if (isOutstanding) {
      this.start(now, tuning);
      return false;
    }
    this.#probes++;
    this.at = now + tuning.keepAliveInterval;
    return true;
  }
}

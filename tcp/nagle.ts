/**
 * Nagle's algorithm (RFC 9293 §3.7.4, RFC 896), as Minshall refined it and Linux has it: a small
 * segment waits only while another small one is unacknowledged, so that one large write does not
 * wait for its own tail.
 *
 * @module
 */
import type { Archive } from "./archive.ts";
import * as seq from "./seq.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { seqAfter } = seq;

/** The rule of one connection. */
export class Nagle {
  /** Whether the rule is off. */
  noDelay: boolean = false;
  /** Whether small segments wait until this is off again, as `TCP_CORK`. */
  isCorked: boolean = false;
  /** Whether what was written last is to be followed by more, as `MSG_MORE`: its end waits, if not for long. */
  expectsMore: boolean = false;
  /** Where the last small segment ended. */
  #smallEnd = 0;

  /** A connection begins at `iss`; the choice of the application stays. */
  reset(iss: number): void {
    this.#smallEnd = iss;
    this.expectsMore = false;
  }

  /** Keeps what a connection needs beyond an idle time; see {@linkcode Archive}. */
  archive(archive: Archive): void {
    this.noDelay = archive.flag(this.noDelay);
    this.isCorked = archive.flag(this.isCorked);
    this.expectsMore = archive.flag(this.expectsMore);
    this.#smallEnd = archive.int(this.#smallEnd);
  }

  /** A segment shorter than the MSS has been sent. */
  sentSmall(end: number): void {
    this.#smallEnd = end;
  }

  /** Whether a further small segment has to wait. */
  holds(una: number): boolean {
    if (this.isCorked || this.expectsMore) return true;
    return !this.noDelay && seqAfter(this.#smallEnd, una);
  }
}

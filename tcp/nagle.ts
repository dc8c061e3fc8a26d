/**
 * Nagle's algorithm (RFC 9293 §3.7.4, RFC 896), as Minshall refined it and Linux has it: a small
 * segment waits only while another small one is unacknowledged, so that one large write does not
 * wait for its own tail.
 *
 * @module
 */
import { seqAfter } from "./seq.ts";

/** The rule of one connection. */
export class Nagle {
  /** Whether the rule is off. */
  noDelay: boolean = false;
  /** Where the last small segment ended. */
  #smallEnd = 0;

  /** A connection begins at `iss`; the choice of the application stays. */
  reset(iss: number): void {
    this.#smallEnd = iss;
  }

  /** A segment shorter than the MSS has been sent. */
  sentSmall(end: number): void {
    this.#smallEnd = end;
  }

  /** Whether a further small segment has to wait. */
  holds(una: number): boolean {
    return !this.noDelay && seqAfter(this.#smallEnd, una);
  }
}

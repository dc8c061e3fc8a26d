/**
 * How large the buffers of a connection may become: they follow what the path carries in a round
 * trip, up to a maximum (dynamic right-sizing, as Linux does with `tcp_rmem` and `tcp_wmem`).
 * Holds no clock.
 *
 * @module
 */
import type { Archive } from "./archive.ts";

/** What the receive buffer begins with, in bytes; Linux's `tcp_rmem[1]`. */
export const initialReceiveBuffer = 131_072;
/** What the receive buffer may grow to, in bytes; Linux's `tcp_rmem[2]`. */
export const maximumReceiveBuffer = 6_291_456;
/** What the send buffer begins with, in bytes: enough for a super-segment, and as much again to be ahead by. */
export const initialSendBuffer = 262_144;
/** What the send buffer may grow to, in bytes; Linux's `tcp_wmem[2]`. */
export const maximumSendBuffer = 4_194_304;

/** Sizes one connection's receive buffer: twice what the application takes in a round trip. */
export class ReceiveTuning {
  #copied = 0;
  #since = 0;

  /** A connection begins. */
  reset(): void {
    this.#copied = 0;
    this.#since = 0;
  }

  /** Keeps what a connection needs beyond an idle time; see {@linkcode Archive}. */
  archive(archive: Archive): void {
    this.#copied = archive.real(this.#copied);
    this.#since = archive.real(this.#since);
  }

  /**
   * The application has taken bytes.
   *
   * @param bytes How many.
   * @param roundTrip The round trip as the receiver knows it, in milliseconds; 0 when it does not.
   * @param limit The buffer's limit now.
   * @param maximum The buffer's greatest limit.
   * @returns The limit from now on.
   */
  copied(bytes: number, roundTrip: number, limit: number, maximum: number, now: number): number {
    this.#copied += bytes;
    if (roundTrip <= 0 || now - this.#since < roundTrip) return limit;
    // What came in a round trip may double in the next, as in slow start: room for that, and for its gaps.
    const wanted = 4 * this.#copied;
    this.#copied = 0;
    this.#since = now;
    return Math.min(Math.max(limit, wanted), Math.max(limit, maximum));
  }
}

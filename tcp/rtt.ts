/**
 * Round-trip time and retransmission timeout (RFC 6298). Holds no clock.
 *
 * @module
 */
import type { Archive } from "./archive.ts";

/** RTO before the first sample (RFC 6298 §2.1), in milliseconds. */
export const initialRto = 1000;
/** RTO for data when the handshake gave no sample (RFC 6298 §5.7), in milliseconds. */
export const fallbackRto = 3000;
/**
 * The least that is added to the smoothed RTT, in milliseconds. RFC 6298 §2.4 asks for an RTO of a
 * second, from the days of coarse clocks; Linux adds 200 ms to the RTT instead, which is above the
 * delayed acknowledgement of every stack, and so do we.
 */
export const minRto = 200;
/** The largest RTO (RFC 6298 §2.5 allows no less than 60 s), in milliseconds. */
export const maxRto = 120_000;

/** What clocks tell apart, in milliseconds. */
const granularity = 0.001;

// V8 folds constants of a module, but not what it exports. See ARCHITECTURE.md.
const first: number = initialRto;
const least: number = minRto;
const most: number = maxRto;

/** Smoothed RTT, its variation, and the timeout that follows. */
export class RttEstimator {
  /** Smoothed round-trip time in milliseconds; 0 before the first sample. */
  srtt: number = 0;
  /** Its mean deviation in milliseconds. */
  rttvar: number = 0;
  /** The smallest sample in milliseconds; Infinity before the first. */
  minRtt: number = Infinity;
  /** How many times the timeout has been doubled since the last sample. */
  backoff: number = 0;
  #rto: number = first;
  /** The sample being taken in: as an argument of what V8 calls it would be boxed, 16 bytes an acknowledgement. */
  #measured = Infinity;

  /** The retransmission timeout in milliseconds, back-off included. */
  get rto(): number {
    return this.backoff === 0 ? this.#rto : this.#doubled();
  }

  #doubled(): number {
    return Math.min(this.#rto * 2 ** this.backoff, most);
  }

  /** The timeout without back-off, in milliseconds. */
  get baseRto(): number {
    return this.#rto;
  }

  /** Forgets everything, for a new connection. */
  reset(): void {
    this.srtt = 0;
    this.rttvar = 0;
    this.minRtt = Infinity;
    this.backoff = 0;
    this.#rto = first;
  }

  /**
   * Takes in a sample. Karn's rule is the caller's: no sample from a segment sent twice, unless a
   * timestamp tells the two apart (RFC 6298 §3).
   *
   * @param measured In milliseconds.
   */
  sample(measured: number): void {
    this.#measured = measured;
    this.#take();
  }

  #take(): void {
    // On virtual time an answer may come at once, and 0 says that there was no sample.
    const rtt = Math.max(this.#measured, granularity);
    if (rtt < this.minRtt) this.minRtt = rtt;
    if (this.srtt === 0) {
      this.srtt = rtt;
      this.rttvar = rtt / 2;
    } else {
      const rttvar = this.rttvar + (Math.abs(this.srtt - rtt) - this.rttvar) / 4;
      // On a path that does not vary it would shrink to a denormal number, which processors take 100 ns to add.
      this.rttvar = Math.max(rttvar, granularity);
      this.srtt += (rtt - this.srtt) / 8;
    }
    this.#rto = Math.min(this.srtt + Math.max(4 * this.rttvar, least), most);
    this.backoff = 0;
  }

  /**
   * Takes in a sample that a timestamp's echo tells. It counts whole milliseconds, and may say 0 for most of one: what is
   * known of the smallest round trip is more exact.
   *
   * @param measured In milliseconds.
   */
  sampleEcho(measured: number): void {
    const least = this.minRtt;
    if (least === Infinity) {
      this.sample(measured);
    } else {
      this.sample(Math.max(measured, least));
      this.minRtt = least;
    }
  }

  /** Keeps what a connection needs beyond an idle time; see {@linkcode Archive}. */
  archive(archive: Archive): void {
    this.srtt = archive.real(this.srtt);
    this.rttvar = archive.real(this.rttvar);
    this.minRtt = archive.real(this.minRtt);
    this.#rto = archive.real(this.#rto);
    this.backoff = archive.int(this.backoff);
  }

  /** No sample came of the handshake, as a SYN was lost: the first second was too short perhaps (RFC 6298 §5.7). */
  fallBack(): void {
    this.#rto = fallbackRto;
    this.backoff = 0;
  }

  /** The timer went off: doubles the timeout (RFC 6298 §5.5). */
  backOff(): void {
    this.backoff++;
  }
}

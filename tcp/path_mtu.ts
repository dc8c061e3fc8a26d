/**
 * What a segment may hold on its path (RFC 1191, RFC 8201): routers say so by ICMP, and where ICMP
 * is lost, full segments that go unanswered while small ones pass tell the same (RFC 4821's idea,
 * Linux's `tcp_mtu_probing=1`). Holds no clock.
 *
 * @module
 */
import type { Archive } from "./archive.ts";
import type { TcpLink } from "./network.ts";

/** Below this no path is believed to be; Linux's `min_pmtu` less the headers. */
const minPayload = 512;
/** RFC 1191 §7.1's plateaus, for routers that do not tell the MTU; with IP and TCP headers. */
const plateaus: readonly number[] = [
  65_535,
  32_000,
  17_914,
  8166,
  4352,
  2002,
  1492,
  1006,
  576,
  508,
  296,
  68,
];
/** What is tried in a black hole; Linux's `tcp_base_mss`. */
const baseMss = 1024;
/** When a larger segment is tried again, in milliseconds (RFC 1191 §6.3 asks for ten minutes). */
export const pathMtuTimeout = 600_000;

/** The path of one connection. */
export class PathMtu {
  /** What carries the segments, as the layer below said when the connection was opened; nobody asks later. */
  link: TcpLink | null = null;
  /** The largest MSS the peer and our link allow, in bytes. */
  #limit = 0;
  #until = Infinity;

  /** A connection begins; `mss` is what both ends allow. */
  reset(mss: number): void {
    this.#limit = mss;
    this.#until = Infinity;
  }

  /** Keeps what a connection needs beyond an idle time; see {@linkcode Archive}. */
  archive(archive: Archive): void {
    this.#limit = archive.int(this.#limit);
    this.#until = archive.real(this.#until);
  }

  /**
   * A router cannot pass a datagram on unfragmented.
   *
   * @param mss The MSS in use.
   * @param mtu What its link carries, in bytes; 0 when it does not say.
   * @param headers Length of IP and TCP headers with options.
   * @returns The MSS to use from now on; never more than `mss`.
   */
  tooBig(mss: number, mtu: number, headers: number, now: number): number {
    const told = mtu === 0 ? below(mss + headers) : mtu;
    const lower = Math.max(told - headers, minPayload);
    if (lower >= mss) return mss;
    this.#until = now + pathMtuTimeout;
    return lower;
  }

  /** A full segment goes unanswered, however often it is sent; gives the MSS to use from now on. */
  unanswered(mss: number, now: number): number {
    if (mss <= minPayload) return mss;
    this.#until = now + pathMtuTimeout;
    return mss > baseMss ? baseMss : minPayload;
  }

  /** The MSS to use at a time: the old limit is tried again after ten minutes. */
  current(mss: number, now: number): number {
    if (now < this.#until) return mss;
    this.#until = Infinity;
    return this.#limit;
  }
}

function below(length: number): number {
  for (const plateau of plateaus) if (plateau < length) return plateau;
  return 68;
}

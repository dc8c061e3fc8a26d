/**
 * SYN cookies (RFC 4987 §3.6): under a flood the listener remembers nothing of a SYN. All it has to
 * know comes back in the acknowledgement: the MSS in the sequence number, the other options in the
 * low bits of the timestamp.
 *
 * @module
 */
import type { KeyedHash } from "./isn.ts";

/** A cookie is good for two of these, in milliseconds. */
const period = 64_000;
/** The MSS values that three bits tell; the greatest that is not above the peer's is taken. */
const mssTable: readonly number[] = [536, 1024, 1220, 1300, 1380, 1440, 1460, 8960];
/** Low bits of the timestamp that carry options: four for the window scale, one each for SACK and ECN. */
const optionBits = 6;
const noScale = 15;

/** What the timestamp of a cookie tells of the SYN that it answers. */
export interface SynOptions {
  /** The peer's window scale, -1 without the option. */
  windowScale: number;
  /** Whether the peer offers SACK. */
  sackPermitted: boolean;
  /** Whether the peer offers ECN. */
  ecn: boolean;
}

/**
 * The sequence number of a SYN-ACK that remembers nothing.
 *
 * @param peerSequence The SYN's sequence number, so that the cookie fits this SYN alone.
 * @returns A signed 32-bit number.
 */
export function makeCookie(
  hash: KeyedHash,
  local: number,
  remote: number,
  ports: number,
  peerSequence: number,
  mss: number,
  now: number,
): number {
  let index = 0;
  while (index + 1 < mssTable.length && mssTable[index + 1]! <= mss) index++;
  const count = Math.floor(now / period) & 0x1f;
  return ((count << 27) | (index << 24) |
    seal(hash, local, remote, ports, peerSequence, count, index));
}

/**
 * Reads a cookie back.
 *
 * @param cookie The acknowledgement's number less one.
 * @param peerSequence The acknowledgement's sequence number less one.
 * @returns The peer's MSS; 0 when it is no cookie of ours, or too old.
 */
export function openCookie(
  hash: KeyedHash,
  local: number,
  remote: number,
  ports: number,
  peerSequence: number,
  cookie: number,
  now: number,
): number {
  const count = (cookie >>> 27) & 0x1f;
  const age = (Math.floor(now / period) - count) & 0x1f;
  if (age > 1) return 0;
  const index = (cookie >>> 24) & 7;
  if (seal(hash, local, remote, ports, peerSequence, count, index) !== (cookie & 0xff_ffff)) {
    return 0;
  }
  return mssTable[index]!;
}

function seal(
  hash: KeyedHash,
  local: number,
  remote: number,
  ports: number,
  peerSequence: number,
  count: number,
  index: number,
): number {
  return hash.hash(local ^ peerSequence, remote, ports, 3 | (count << 8) | (index << 16)) &
    0xff_ffff;
}

/** A TSval whose low bits carry the options, at or just below the clock's value. */
export function stampOptions(clock: number, options: SynOptions): number {
  const scale = options.windowScale < 0 ? noScale : options.windowScale;
  const bits = scale | (options.sackPermitted ? 0x10 : 0) | (options.ecn ? 0x20 : 0);
  const mask = (1 << optionBits) - 1;
  const value = (clock & ~mask) | bits;
  // The clock must not run ahead: what is later than now would look like the future to the peer.
  return ((value - clock) | 0) > 0 ? (value - (1 << optionBits)) | 0 : value | 0;
}

/** Reads the options back from the echo of {@linkcode stampOptions}. */
export function readOptions(echo: number, options: SynOptions): void {
  const scale = echo & 0xf;
  options.windowScale = scale === noScale ? -1 : scale;
  options.sackPermitted = (echo & 0x10) !== 0;
  options.ecn = (echo & 0x20) !== 0;
}

/**
 * Initial sequence numbers (RFC 6528): a clock of 4 microseconds plus a keyed hash of the two ends,
 * so that nobody off the path can guess one, and a new incarnation of a connection begins above
 * the old.
 *
 * @module
 */
import type { Random } from "@octet/wire";

/**
 * HalfSipHash-2-4 over 32-bit words: a keyed hash made of 32-bit operations only (Aumasson and
 * Bernstein's SipHash, in the half width that Linux uses where 64 bits are dear).
 */
export class KeyedHash {
  readonly #k0: number;
  readonly #k1: number;
  #v0 = 0;
  #v1 = 0;
  #v2 = 0;
  #v3 = 0;

  /**
   * Draws a key.
   *
   * @param random Where the key comes from; cryptographic in production.
   */
  constructor(random: Random) {
    this.#k0 = random.uint32() | 0;
    this.#k1 = random.uint32() | 0;
  }

  /**
   * Hashes four words.
   *
   * @returns A signed 32-bit number.
   */
  hash(a: number, b: number, c: number, d: number): number {
    this.#v0 = this.#k0;
    this.#v1 = this.#k1;
    this.#v2 = 0x6c796765 ^ this.#k0;
    this.#v3 = 0x74656462 ^ this.#k1;
    this.#word(a | 0);
    this.#word(b | 0);
    this.#word(c | 0);
    this.#word(d | 0);
    this.#word(16 << 24);
    this.#v2 ^= 0xff;
    this.#round();
    this.#round();
    this.#round();
    this.#round();
    return this.#v1 ^ this.#v3;
  }

  #word(word: number): void {
    this.#v3 ^= word;
    this.#round();
    this.#round();
    this.#v0 ^= word;
  }

  #round(): void {
    let v0 = this.#v0;
    let v1 = this.#v1;
    let v2 = this.#v2;
    let v3 = this.#v3;
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}

/**
 * The initial sequence number of a connection at a time (RFC 6528 §3).
 *
 * @param hash The keyed hash of this stack.
 * @param local Our IPv4 address, host order.
 * @param remote The peer's IPv4 address, host order.
 * @param ports Our port in the upper 16 bits, the peer's in the lower.
 * @param now Milliseconds.
 * @returns A signed 32-bit number.
 */
export function initialSequence(
  hash: KeyedHash,
  local: number,
  remote: number,
  ports: number,
  now: number,
): number {
  const clock = Math.floor(now * 250) % 0x1_0000_0000;
  return (clock + hash.hash(local, remote, ports, 0)) | 0;
}

/** The offset added to a connection's timestamp clock, so that it does not tell the uptime (RFC 7323 §7.1). */
export function timestampOffset(hash: KeyedHash, local: number, remote: number): number {
  return hash.hash(local, remote, 0, 1);
}

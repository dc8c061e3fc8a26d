/**
 * Messages over TCP: each behind its length in two bytes (RFC 1035 §4.2.2, RFC 7766 §8).
 *
 * @module
 */
import { readU16, Verdict, writeU16 } from "@octet/wire";

/**
 * Puts the length in front of a message, so that both go out in one write (RFC 7766 §8).
 *
 * @example
 * ```ts
 * import { frameForStream } from "@octet/dns/resolver";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(frameForStream(Uint8Array.of(7, 8, 9)), Uint8Array.of(0, 3, 7, 8, 9));
 * ```
 *
 * @param message The message.
 * @returns Length and message.
 * @throws {RangeError} When the message is longer than 65535 bytes.
 */
export function frameForStream(message: Uint8Array): Uint8Array<ArrayBuffer> {
  if (message.length > 0xffff) {
    throw new RangeError(`Cannot frame message as it is ${message.length} bytes long`);
  }
  const bytes = new Uint8Array(2 + message.length);
  writeU16(bytes, 0, message.length);
  bytes.set(message, 2);
  return bytes;
}

/**
 * Cuts a TCP stream into messages, however the stream was cut into reads.
 *
 * @example
 * ```ts
 * import { DnsStreamDecoder, frameForStream } from "@octet/dns/resolver";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const decoder = new DnsStreamDecoder();
 * const framed = frameForStream(new Uint8Array(12));
 * decoder.push(framed, 0, 5);
 * assert(!decoder.next());
 * decoder.push(framed, 5, framed.length);
 * assert(decoder.next());
 * assertEquals(decoder.end - decoder.offset, 12);
 * ```
 */
export class DnsStreamDecoder {
  /** Holds the message between `offset` and `end`, until the next call of `push`. */
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(1024);
  /** Where the message begins. */
  offset = 0;
  /** Where the message ends (exclusive). */
  end = 0;
  /** `BadLength` once a length is below the 12 bytes of a header: the stream is of no more use. */
  verdict: Verdict = Verdict.Ok;
  #used = 0;
  #filled = 0;

  /** Takes bytes from the stream; at most one unfinished message and what is pushed is kept. */
  push(bytes: Uint8Array, offset: number, end: number): void {
    const kept = this.#filled - this.#used;
    const wanted = kept + end - offset;
    if (wanted > this.bytes.length) {
      const grown = new Uint8Array(Math.max(wanted, 2 * this.bytes.length));
      grown.set(this.bytes.subarray(this.#used, this.#filled));
      this.bytes = grown;
    } else {
      this.bytes.copyWithin(0, this.#used, this.#filled);
    }
    this.bytes.set(bytes.subarray(offset, end), kept);
    this.#used = 0;
    this.#filled = wanted;
    this.offset = 0;
    this.end = 0;
  }

  /** Whether a whole message is there; it then lies between `offset` and `end`. */
  next(): boolean {
    const kept = this.#filled - this.#used;
    if (this.verdict !== Verdict.Ok || kept < 2) return false;
    const length = readU16(this.bytes, this.#used);
    if (length < 12) {
      this.verdict = Verdict.BadLength;
      return false;
    }
    if (kept < 2 + length) return false;
    this.offset = this.#used + 2;
    this.end = this.offset + length;
    this.#used = this.end;
    return true;
  }
}

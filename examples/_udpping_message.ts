/**
 * The datagrams of udpping: four bytes that say so, which run and which number it is, then padding.
 *
 * | offset | length | is |
 * | --- | --- | --- |
 * | 0 | 3 | `OUP` |
 * | 3 | 1 | 1 for a request, 2 for an answer |
 * | 4 | 4 | a random number for the run, network byte order |
 * | 8 | 4 | the sequence number, from 1 on, network byte order |
 *
 * An answer is a request with another fourth byte, and nothing but requests is answered: two servers never keep each
 * other busy. A plain echo (RFC 862) leaves the byte as it is, which is as good to who asked.
 *
 * @module
 */
import { readU32, writeU32 } from "@octet/wire";

/** How short a datagram may be, in bytes. */
export const leastSize = 12;

const [request, answer] = [0x4f555001, 0x4f555002];

/** Makes the buffer of all requests of a run. */
export function newRequest(size: number, run: number): Uint8Array {
  const bytes = Uint8Array.from({ length: size }, (_, i) => i & 0xff);
  writeU32(bytes, 0, request);
  writeU32(bytes, 4, run);
  return bytes;
}

/** Numbers a request. */
export function setSequence(bytes: Uint8Array, sequence: number): void {
  writeU32(bytes, 8, sequence);
}

/** Makes a request its answer, in place; `false` when it is none. */
export function makeAnswer(bytes: Uint8Array): boolean {
  if (bytes.length < leastSize || readU32(bytes, 0) >>> 0 !== request) return false;
  writeU32(bytes, 0, answer);
  return true;
}

/** The sequence number of an answer to a run's request; -1 when it is none. */
export function sequenceOf(bytes: Uint8Array, size: number, run: number): number {
  if (bytes.length !== size || readU32(bytes, 4) >>> 0 !== run >>> 0) return -1;
  const kind = readU32(bytes, 0) >>> 0;
  return kind === answer || kind === request ? readU32(bytes, 8) >>> 0 : -1;
}

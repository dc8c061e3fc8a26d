/**
 * What streams are filled with: a byte tells its position, so that a byte out of place shows.
 *
 * @module
 */

/** Byte `position` of a stream, counted from 0 after the SYN. No power of two divides its period. */
export function byteAt(position: number): number {
  return ((position % 251) + 251) % 251;
}

/** A piece of a stream. */
export function streamBytes(position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = byteAt(position + i);
  return bytes;
}

/** Where a piece first differs from the stream; -1 when it does not. */
export function firstDifference(bytes: Uint8Array, position: number): number {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== byteAt(position + i)) return i;
  return -1;
}

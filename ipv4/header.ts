/**
 * The header in place, for the node: sums over fixed offsets, quicker than the general checksum.
 *
 * @module
 */
import * as wire from "@octet/wire";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const readU16 = wire.readU16;
const sumBytes = wire.sumBytes;
const writeU16 = wire.writeU16;

/**
 * The one's complement sum over a header, 0xffff when its checksum holds.
 *
 * @param bytes The buffer.
 * @param offset Where the header begins.
 * @param headerLength 20 to 60 bytes.
 */
export function sumHeader(bytes: Uint8Array, offset: number, headerLength: number): number {
  if (headerLength !== 20) return sumBytes(bytes, offset, offset + headerLength);
  const sum = readU16(bytes, offset) + readU16(bytes, offset + 2) + readU16(bytes, offset + 4) +
    readU16(bytes, offset + 6) + readU16(bytes, offset + 8) + readU16(bytes, offset + 10) +
    readU16(bytes, offset + 12) + readU16(bytes, offset + 14) + readU16(bytes, offset + 16) +
    readU16(bytes, offset + 18);
  const folded = (sum & 0xffff) + (sum >>> 16);
  return (folded & 0xffff) + (folded >>> 16);
}

/** The same over a header without options, by its five words. */
export function sumWords(a: number, b: number, c: number, d: number, e: number): number {
  const sum = (a >>> 16) + (a & 0xffff) + (b >>> 16) + (b & 0xffff) + (c >>> 16) + (c & 0xffff) +
    (d >>> 16) + (d & 0xffff) + (e >>> 16) + (e & 0xffff);
  const folded = (sum & 0xffff) + (sum >>> 16);
  return (folded & 0xffff) + (folded >>> 16);
}

/** Computes a header's checksum and writes it. */
export function writeHeaderChecksum(bytes: Uint8Array, offset: number, headerLength: number): void {
  writeU16(bytes, offset + 10, 0);
  writeU16(bytes, offset + 10, ~sumHeader(bytes, offset, headerLength));
}

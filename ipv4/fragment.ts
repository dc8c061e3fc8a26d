/**
 * Cutting a datagram that exceeds the link's MTU (RFC 791 §3.2 "An Example Fragmentation
 * Procedure"). One fragment is written each time the link asks for a frame.
 *
 * @module
 */
import { copyBytes, type Packet, writeU16 } from "@octet/wire";
import { writeHeaderChecksum } from "./header.ts";

/** Holds the datagram that is being cut. */
export class Fragmenter {
  #packet: Packet | null = null;
  #header = 0;
  #headerLength = 0;
  #position = 0;
  #end = 0;

  /** Whether fragments remain to be sent. */
  get isBusy(): boolean {
    return this.#packet !== null;
  }

  /**
   * Begins with a datagram, whose header stands before it and is complete but for its checksum.
   *
   * @param packet The datagram; it belongs to the fragmenter from now on, which releases it.
   * @param offset Where its header begins.
   * @param headerLength The header's length in bytes.
   * @param end Where the datagram ends (exclusive).
   */
  begin(packet: Packet, offset: number, headerLength: number, end: number): void {
    this.#packet = packet;
    this.#header = offset;
    this.#headerLength = headerLength;
    this.#position = offset + headerLength;
    this.#end = end;
  }

  /**
   * Writes the next fragment.
   *
   * @param target Where it goes; its facts are set from the datagram's.
   * @param offset Where its header begins.
   * @param mtu How long it may be, in bytes; at least 68 (RFC 791).
   * @returns Its length in bytes.
   */
  write(target: Packet, offset: number, mtu: number): number {
    const packet = this.#packet!;
    const headerLength = this.#headerLength;
    const position = this.#position;
    const left = this.#end - position;
    const room = mtu - headerLength;
    const isLast = left <= room;
    const length = isLast ? left : room & ~7;
    const bytes = target.bytes;
    for (let i = 0; i < headerLength; i++) bytes[offset + i] = packet.bytes[this.#header + i]!;
    const start = position - this.#header - headerLength;
    writeU16(bytes, offset + 2, headerLength + length);
    // A datagram that fits after all goes out as it is, with its flags.
    if (!isLast || start > 0) writeU16(bytes, offset + 6, (isLast ? 0 : 0x2000) | (start >>> 3));
    writeHeaderChecksum(bytes, offset, headerLength);
    copyBytes(
      packet.bytes,
      packet.address,
      position,
      bytes,
      target.address,
      offset + headerLength,
      length,
    );
    target.interfaceIndex = packet.interfaceIndex;
    target.networkOffset = offset;
    target.source = packet.source;
    target.destination = packet.destination;
    target.nextHop = packet.nextHop;
    target.checksumStart = 0;
    target.segmentSize = 0;
    this.#position += length;
    if (isLast) {
      packet.release();
      this.#packet = null;
    }
    return headerLength + length;
  }

  /** Drops what remains. */
  clear(): void {
    this.#packet?.release();
    this.#packet = null;
  }
}

/**
 * Cutting a datagram that exceeds the link's MTU (RFC 791 §3.2 "An Example Fragmentation
 * Procedure"). One fragment is written each time the link asks for a frame.
 *
 * @module
 */
import { copyBytes, type Packet, readU16, writeU16 } from "@octet/wire";
import { ipv4HeaderLength, ipv4MaximumHeaderLength } from "./frame.ts";
import { writeHeaderChecksum } from "./header.ts";
import { copyFragmentOptions } from "./option_rules.ts";
import { Ipv4Options } from "./options.ts";

/** Holds the datagram that is being cut. */
export class Fragmenter {
  readonly #options: Ipv4Options = new Ipv4Options();
  readonly #copied: Uint8Array<ArrayBuffer> = new Uint8Array(ipv4MaximumHeaderLength);
  #packet: Packet | null = null;
  #header = 0;
  #headerLength = 0;
  #start = 0;
  #base = 0;
  #hasMore = false;
  #isLent = false;
  #position = 0;
  #end = 0;

  /** Whether fragments remain to be sent. */
  get isBusy(): boolean {
    return this.#packet !== null;
  }

  /** The interface by which the datagram leaves; there must be one being cut. */
  get interfaceIndex(): number {
    return this.#packet!.interfaceIndex;
  }

  /**
   * Begins with a datagram, whose header stands before it and is complete but for its checksum.
   *
   * @param packet The datagram; it belongs to the fragmenter from now on, which releases it.
   * @param offset Where its header begins.
   * @param headerLength The header's length in bytes.
   * @param end Where the datagram ends (exclusive).
   * @param isLent Whether the packet stays the caller's, and is as it is until the last fragment is written.
   */
  begin(
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    isLent: boolean = false,
  ): void {
    const field = readU16(packet.bytes, offset + 6);
    // What is cut may be a fragment itself, on its way through a router.
    this.#base = field & 0x1fff;
    this.#hasMore = (field & 0x2000) !== 0;
    this.#isLent = isLent;
    this.#packet = packet;
    this.#header = offset;
    this.#headerLength = headerLength;
    this.#start = offset + headerLength;
    this.#position = this.#start;
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
    const start = position - this.#start;
    writeU16(bytes, offset + 2, headerLength + length);
    // A datagram that fits after all goes out as it is, with its flags.
    if (!isLast || start > 0) {
      const more = isLast && !this.#hasMore ? 0 : 0x2000;
      writeU16(bytes, offset + 6, more | (this.#base + (start >>> 3)));
    }
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
    // RFC 791 §3.1: only the first fragment carries all options.
    if (start === 0 && headerLength > ipv4HeaderLength) this.#dropOptions(packet);
    if (isLast) this.clear();
    return headerLength + length;
  }

  #dropOptions(packet: Packet): void {
    const options = this.#options;
    const copied = this.#copied;
    const from = this.#header + ipv4HeaderLength;
    options.reset(packet.bytes, from, this.#header + this.#headerLength);
    const length = copyFragmentOptions(options, packet.bytes, copied);
    for (let i = 0; i < length; i++) packet.bytes[from + i] = copied[i]!;
    this.#headerLength = ipv4HeaderLength + length;
    packet.bytes[this.#header] = 0x40 | (this.#headerLength >>> 2);
  }

  /** Drops what remains. */
  clear(): void {
    if (!this.#isLent) this.#packet?.release();
    this.#packet = null;
  }
}

/**
 * ICMP errors on their way through (RFC 5508 §4): whom they are for stands in what they quote, and both are translated.
 *
 * @module
 */
import { type Packet, readI32, readU16, writeU16 } from "@octet/wire";
import type { Mapping } from "./mapping.ts";
import { destinationField, portField, rewrite, rewriteAddress, sourceField } from "./rewrite.ts";
import type { MappingTable } from "./table.ts";

const icmpHeader = 8;
const leastIpHeader = 20;
const leastQuote = 8;

/** Whether an ICMP type reports an error: unreachable, source quench, redirect, time exceeded, parameter problem. */
export function isIcmpError(type: number): boolean {
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
}

/** Translates errors. Sessions are neither refreshed nor ended by them (RFC 5508 REQ-10). */
export class IcmpErrors {
  readonly #mappings: MappingTable;
  /** Where the quote of the error at hand begins, where its transport header does, and its port. */
  #quote = 0;
  #protocol = 0;
  #transport = 0;

  /** Looks things up in a table. */
  constructor(mappings: MappingTable) {
    this.#mappings = mappings;
  }

  /** Whether an error quotes what a mapping has sent. */
  isKnown(packet: Packet, offset: number, end: number): boolean {
    return this.#read(packet, offset, end) && this.#sender(packet.bytes) !== null;
  }

  /**
   * Translates an error from outside about what was sent by way of the NAT.
   *
   * @returns 0 when it is about something else, 1 when it was translated, 2 when it is malformed.
   */
  inbound(packet: Packet, offset: number, end: number): 0 | 1 | 2 {
    if (!this.#read(packet, offset, end)) return 0;
    const mapping = this.#sender(packet.bytes);
    if (mapping === null) return 0;
    if (!this.#isIntact(packet, offset, end)) return 2;
    const { internalAddress, internalPort } = mapping;
    rewrite(packet, this.#quote, end, sourceField, internalAddress, internalPort);
    rewriteAddress(packet.bytes, offset, destinationField, internalAddress);
    packet.destination = internalAddress >>> 0;
    this.#finish(packet, end);
    return 1;
  }

  /**
   * Translates an error from inside about what came in by way of the NAT.
   *
   * @param external The address that it speaks from, signed or unsigned (RFC 5508 REQ-5: its sender may have no mapping).
   * @returns Whether it is about such a datagram, and in order.
   */
  outbound(packet: Packet, offset: number, end: number, external: number): boolean {
    if (!this.#read(packet, offset, end)) return false;
    const { bytes } = packet;
    const port = this.#port(bytes, false);
    const address = readI32(bytes, this.#quote + destinationField);
    const mapping = this.#mappings.findInternal(this.#protocol, address, port, external | 0);
    if (mapping === null || !this.#isIntact(packet, offset, end)) return false;
    const { externalAddress, externalPort } = mapping;
    rewrite(packet, this.#quote, end, destinationField, externalAddress, externalPort);
    rewriteAddress(bytes, offset, sourceField, externalAddress);
    packet.source = externalAddress >>> 0;
    this.#finish(packet, end);
    return true;
  }

  #read(packet: Packet, offset: number, end: number): boolean {
    const { bytes } = packet;
    const quote = offset + ((bytes[offset]! & 0x0f) << 2) + icmpHeader;
    if (quote + leastIpHeader > end || bytes[quote]! >>> 4 !== 4) return false;
    const headerLength = (bytes[quote]! & 0x0f) << 2;
    if (headerLength < leastIpHeader || quote + headerLength + leastQuote > end) return false;
    // A later fragment has no ports.
    if ((readU16(bytes, quote + 6) & 0x1fff) !== 0) return false;
    this.#quote = quote;
    this.#protocol = bytes[quote + 9]!;
    this.#transport = quote + headerLength;
    return true;
  }

  #sender(bytes: Uint8Array): Mapping | null {
    const address = readI32(bytes, this.#quote + sourceField);
    return this.#mappings.findExternal(this.#protocol, address, this.#port(bytes, true));
  }

  #port(bytes: Uint8Array, isSource: boolean): number {
    const field = portField(this.#protocol, isSource);
    return field < 0 ? 0 : readU16(bytes, this.#transport + field);
  }

  /** RFC 5508 REQ-3 a: an error whose own checksum is wrong is dropped; that of the quote is its sender's matter. */
  #isIntact(packet: Packet, offset: number, end: number): boolean {
    const icmp = offset + ((packet.bytes[offset]! & 0x0f) << 2);
    return packet.checksumVerified || packet.sum(icmp, end, 0) === 0xffff;
  }

  #finish(packet: Packet, end: number): void {
    const icmp = this.#quote - icmpHeader;
    writeU16(packet.bytes, icmp + 2, 0);
    writeU16(packet.bytes, icmp + 2, ~packet.sum(icmp, end, 0));
    packet.checksumStart = 0;
  }
}

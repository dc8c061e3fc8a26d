/**
 * New addresses and ports in a header, and the checksums with them (RFC 1624): what is changed is subtracted from the sum
 * and what replaces it is added, so no payload is read.
 *
 * @module
 */
import { type Packet, readI32, readU16, writeU16, writeU32 } from "@octet/wire";
import { protocolIcmp, protocolTcp, protocolUdp } from "./mapping.ts";

/** Where the source and destination addresses stand in an IP header. */
export const sourceField = 12;
/** See {@linkcode sourceField}. */
export const destinationField = 16;

/** What is to be added to a one's complement sum when 32 bits change. */
function difference(before: number, after: number): number {
  return (~before >>> 16) + (~before & 0xffff) + (after >>> 16) + (after & 0xffff);
}

function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** Brings a complemented checksum up to date (RFC 1624 §3, equation 3). */
function adjust(bytes: Uint8Array, at: number, delta: number): void {
  writeU16(bytes, at, ~fold((~readU16(bytes, at) & 0xffff) + delta));
}

/**
 * Gives a datagram another source or destination, and leaves what it carries as it is.
 *
 * @param bytes The buffer.
 * @param offset Where its IP header begins.
 * @param field {@linkcode sourceField} or {@linkcode destinationField}.
 * @param address The new address, signed or unsigned.
 * @returns What that adds to a sum over the pseudo header.
 */
export function rewriteAddress(
  bytes: Uint8Array,
  offset: number,
  field: number,
  address: number,
): number {
  const delta = difference(readI32(bytes, offset + field), address);
  writeU32(bytes, offset + field, address);
  adjust(bytes, offset + 10, delta);
  return delta;
}

/** Where the port, or what stands for it, lies behind a transport header's first byte; -1 where there is none. */
export function portField(protocol: number, isSource: boolean): number {
  if (protocol === protocolTcp || protocol === protocolUdp) return isSource ? 0 : 2;
  return protocol === protocolIcmp ? 4 : -1;
}

/**
 * Gives a datagram another source or destination.
 *
 * @param packet Where it lies; when its checksum is yet to be completed, it stays so.
 * @param offset Where its IP header begins.
 * @param end Where it ends (exclusive); what lies behind is not touched, as in a quote.
 * @param field {@linkcode sourceField} or {@linkcode destinationField}.
 * @param address The new address, signed or unsigned.
 * @param port The new port or identifier.
 */
export function rewrite(
  packet: Packet,
  offset: number,
  end: number,
  field: number,
  address: number,
  port: number,
): void {
  const { bytes } = packet;
  const protocol = bytes[offset + 9]!;
  const transport = offset + ((bytes[offset]! & 0x0f) << 2);
  const addressDelta = rewriteAddress(bytes, offset, field, address);
  const portAt = portField(protocol, field === sourceField);
  if (portAt < 0 || transport + portAt + 2 > end) return;
  const oldPort = readU16(bytes, transport + portAt);
  const portDelta = (~oldPort & 0xffff) + port;
  writeU16(bytes, transport + portAt, port);
  if (protocol === protocolIcmp) {
    if (transport + 4 <= end) adjust(bytes, transport + 2, portDelta);
    return;
  }
  const sumAt = transport + (protocol === protocolTcp ? 16 : 6);
  if (sumAt + 2 > end) return;
  if (packet.checksumStart === transport) {
    // The field holds the pseudo header's sum, of which the ports are no part.
    writeU16(bytes, sumAt, fold(readU16(bytes, sumAt) + addressDelta));
    return;
  }
  if (protocol === protocolTcp) {
    adjust(bytes, sumAt, addressDelta + portDelta);
    return;
  }
  // RFC 768: no sum stays no sum, and one that comes out as 0 is written as all ones.
  if (readU16(bytes, sumAt) === 0) return;
  adjust(bytes, sumAt, addressDelta + portDelta);
  if (readU16(bytes, sumAt) === 0) writeU16(bytes, sumAt, 0xffff);
}

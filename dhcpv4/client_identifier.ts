/**
 * Client identifiers, the value of option 61 (RFC 2132 §9.14, RFC 4361 §6.1).
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import { readU16, readU32, writeU16, writeU32 } from "@octet/wire";

/** The type byte of an identifier that holds an IAID and a DUID (RFC 4361 §6.1). */
export const duidIdentifierType = 255;

/** Types of DUIDs (RFC 8415 §11, RFC 6355). */
export const DuidType = {
  /** Link-layer address plus time (RFC 8415 §11.2). */
  LinkLayerTime: 1,
  /** Enterprise number and an identifier of the vendor's (RFC 8415 §11.3). */
  Enterprise: 2,
  /** Link-layer address (RFC 8415 §11.4). */
  LinkLayer: 3,
  /** A UUID (RFC 6355). */
  Uuid: 4,
} as const;

/** A hardware type and its address. */
export interface HardwareIdentifier {
  /** Which form this is. */
  readonly kind: "hardware";
  /** ARP's hardware type, 1 to 254: 1 is Ethernet. */
  readonly hardwareType: number;
  /** The address. */
  readonly address: Uint8Array;
}

/** What identifies an interface and the node it belongs to (RFC 4361). */
export interface DuidIdentifier {
  /** Which form this is. */
  readonly kind: "duid";
  /** The identity of the interface's association, 32 bits. */
  readonly iaid: number;
  /** One of {@linkcode DuidType}, or another 16-bit number. */
  readonly duidType: number;
  /** The DUID without its type. */
  readonly duid: Uint8Array;
}

/** Type 0: anything that is not an address, such as a name; or type 255 without a whole DUID. */
export interface OpaqueIdentifier {
  /** Which form this is. */
  readonly kind: "opaque";
  /** The type byte. */
  readonly type: number;
  /** What follows it. */
  readonly data: Uint8Array;
}

/** A client identifier taken apart. */
export type ClientIdentifier = HardwareIdentifier | DuidIdentifier | OpaqueIdentifier;

/**
 * Takes an identifier apart. Servers compare identifiers byte by byte; this is for people to look at.
 *
 * @example
 * ```ts
 * import { parseClientIdentifier } from "@octet/dhcpv4";
 * import { assertEquals } from "@std/assert";
 *
 * const identifier = parseClientIdentifier(Uint8Array.of(1, 2, 0, 0, 0, 0, 1));
 * assertEquals(identifier.kind, "hardware");
 * ```
 *
 * @param bytes The value of option 61, at least 2 bytes.
 * @returns Its parts.
 */
export function parseClientIdentifier(bytes: Uint8Array): ClientIdentifier {
  const type = bytes[0] ?? 0;
  if (type === duidIdentifierType && bytes.length >= 8) {
    return {
      kind: "duid",
      iaid: readU32(bytes, 1),
      duidType: readU16(bytes, 5),
      duid: bytes.slice(7),
    };
  }
  if (type === 0 || type === duidIdentifierType) {
    return { kind: "opaque", type, data: bytes.slice(1) };
  }
  return { kind: "hardware", hardwareType: type, address: bytes.slice(1) };
}

/**
 * Puts an identifier together.
 *
 * @example
 * ```ts
 * import { DuidType, formClientIdentifier } from "@octet/dhcpv4";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = formClientIdentifier({
 *   kind: "duid",
 *   iaid: 1,
 *   duidType: DuidType.LinkLayer,
 *   duid: Uint8Array.of(0, 1, 2, 0, 0, 0, 0, 1),
 * });
 * assertEquals([...bytes], [255, 0, 0, 0, 1, 0, 3, 0, 1, 2, 0, 0, 0, 0, 1]);
 * ```
 *
 * @param identifier Its parts.
 * @returns The value of option 61.
 * @throws {RangeError} When a number is out of range or there are no data.
 */
export function formClientIdentifier(identifier: ClientIdentifier): Uint8Array {
  switch (identifier.kind) {
    case "duid": {
      const bytes = new Uint8Array(7 + identifier.duid.length);
      check(identifier.iaid, 0xffff_ffff);
      check(identifier.duidType, 0xffff);
      bytes[0] = duidIdentifierType;
      writeU32(bytes, 1, identifier.iaid);
      writeU16(bytes, 5, identifier.duidType);
      bytes.set(identifier.duid, 7);
      return nonEmpty(bytes, 8);
    }
    case "hardware":
      return typed(identifier.hardwareType, identifier.address);
    case "opaque":
      return typed(identifier.type, identifier.data);
  }
}

/**
 * The identifier most clients send: hardware type 1 and the MAC address.
 *
 * @param address The MAC address.
 * @returns The value of option 61, 7 bytes.
 */
export function macClientIdentifier(address: MacAddress): Uint8Array {
  const bytes = new Uint8Array(7);
  bytes[0] = 1;
  address.writeTo(bytes, 1);
  return bytes;
}

function check(value: number, high: number): void {
  if (!Number.isInteger(value) || value < 0 || value > high) {
    throw new RangeError(
      `Cannot form client identifier as ${value} is not an integer from 0 to ${high}`,
    );
  }
}

function nonEmpty(bytes: Uint8Array, least: number): Uint8Array {
  if (bytes.length < least) {
    throw new RangeError("Cannot form client identifier as it holds no data");
  }
  return bytes;
}

function typed(type: number, data: Uint8Array): Uint8Array {
  check(type, 0xff);
  const bytes = new Uint8Array(1 + data.length);
  bytes[0] = type;
  bytes.set(data, 1);
  return nonEmpty(bytes, 2);
}

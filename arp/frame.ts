/**
 * The ARP packet (RFC 826): who has this protocol address?
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import { Verdict } from "@octet/wire";
import * as wire from "@octet/wire";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const readU16 = wire.readU16;
const readU32 = wire.readU32;
const writeU16 = wire.writeU16;
const writeU32 = wire.writeU32;
const { Ok, Short } = Verdict;

/** Operations (RFC 826, RFC 903, RFC 2390; IANA "arp-parameters"). */
export const ArpOperation = {
  /** Who has the target protocol address? */
  Request: 1,
  /** The sender has it. */
  Reply: 2,
  /** Reverse ARP request (RFC 903). */
  ReverseRequest: 3,
  /** Reverse ARP reply (RFC 903). */
  ReverseReply: 4,
  /** Inverse ARP request (RFC 2390). */
  InverseRequest: 8,
  /** Inverse ARP reply (RFC 2390). */
  InverseReply: 9,
} as const;

/** One of the numbers of {@linkcode ArpOperation}. */
export type ArpOperation = (typeof ArpOperation)[keyof typeof ArpOperation];

/** Length in bytes of an ARP packet for IPv4 over Ethernet. */
export const arpFrameLength = 28;

/** Hardware type 1, protocol type 0x0800: the first four bytes for IPv4 over Ethernet. */
const ethernetIpv4 = 0x0001_0800;

/**
 * A view of an ARP packet in place, whatever its address lengths. Call
 * {@linkcode ArpFrame.validate} first: once it says ok, no getter reads outside the range given to
 * {@linkcode ArpFrame.reset}.
 *
 * @example
 * ```ts
 * import { ArpFrame, ArpOperation, encodeArp } from "@octet/arp";
 * import { MacAddress, parseIpv4 } from "@octet/netip";
 * import { Verdict } from "@octet/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const bytes = encodeArp({
 *   operation: ArpOperation.Request,
 *   senderHardware: MacAddress.parse("02:00:00:00:00:01"),
 *   senderAddress: parseIpv4("10.0.0.1"),
 *   targetAddress: parseIpv4("10.0.0.2"),
 * });
 * const frame = new ArpFrame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assert(frame.isEthernetIpv4);
 * assertEquals(frame.targetAddress, parseIpv4("10.0.0.2"));
 * ```
 */
export class ArpFrame {
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #end = 0;

  /** Aims the view at `bytes[offset…end)`. */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
  }

  /** Checks that the header and the four addresses fit; `Short` when they do not. */
  validate(): Verdict {
    if (this.#end - this.#offset < 8) return Short;
    return this.payloadEnd > this.#end ? Short : Ok;
  }

  /** Whether this is IPv4 over Ethernet, so that the address getters have a meaning. */
  get isEthernetIpv4(): boolean {
    return readU32(this.#bytes, this.#offset) === ethernetIpv4 &&
      readU16(this.#bytes, this.#offset + 4) === 0x0604;
  }

  /** The kind of link, 1 for Ethernet. */
  get hardwareType(): number {
    return readU16(this.#bytes, this.#offset);
  }

  /** The kind of protocol address, an EtherType. */
  get protocolType(): number {
    return readU16(this.#bytes, this.#offset + 2);
  }

  /** Bytes in a hardware address. */
  get hardwareLength(): number {
    return this.#bytes[this.#offset + 4]!;
  }

  /** Bytes in a protocol address. */
  get protocolLength(): number {
    return this.#bytes[this.#offset + 5]!;
  }

  /** What is asked or said; see {@linkcode ArpOperation}. */
  get operation(): number {
    return readU16(this.#bytes, this.#offset + 6);
  }

  set operation(operation: number) {
    writeU16(this.#bytes, this.#offset + 6, operation);
  }

  /** Where the sender's hardware address lies in the buffer. */
  get senderHardwareOffset(): number {
    return this.#offset + 8;
  }

  /** Where the sender's protocol address lies in the buffer. */
  get senderProtocolOffset(): number {
    return this.#offset + 8 + this.hardwareLength;
  }

  /** Where the target's hardware address lies in the buffer. */
  get targetHardwareOffset(): number {
    return this.senderProtocolOffset + this.protocolLength;
  }

  /** Where the target's protocol address lies in the buffer. */
  get targetProtocolOffset(): number {
    return this.targetHardwareOffset + this.hardwareLength;
  }

  /** Where the packet ends (exclusive); what follows is padding. */
  get payloadEnd(): number {
    return this.targetProtocolOffset + this.protocolLength;
  }

  /** Where the packet ends, as it carries nothing. */
  get payloadOffset(): number {
    return this.payloadEnd;
  }

  /** The sender's hardware address; zero unless {@linkcode isEthernetIpv4}. */
  get senderHardware(): MacAddress {
    return this.#hardwareAt(this.senderHardwareOffset);
  }

  /** The sender's IPv4 address, host order; 0 when protocol addresses are not of four bytes. */
  get senderAddress(): number {
    return this.#addressAt(this.senderProtocolOffset);
  }

  set senderAddress(address: number) {
    if (this.protocolLength === 4) writeU32(this.#bytes, this.senderProtocolOffset, address);
  }

  /** The target's hardware address; zero unless {@linkcode isEthernetIpv4}. */
  get targetHardware(): MacAddress {
    return this.#hardwareAt(this.targetHardwareOffset);
  }

  /** The target's IPv4 address, host order; 0 when protocol addresses are not of four bytes. */
  get targetAddress(): number {
    return this.#addressAt(this.targetProtocolOffset);
  }

  set targetAddress(address: number) {
    if (this.protocolLength === 4) writeU32(this.#bytes, this.targetProtocolOffset, address);
  }

  #hardwareAt(offset: number): MacAddress {
    return this.hardwareLength === 6 ? MacAddress.read(this.#bytes, offset) : MacAddress.zero;
  }

  #addressAt(offset: number): number {
    return this.protocolLength === 4 ? readU32(this.#bytes, offset) : 0;
  }
}

/**
 * Writes the first eight bytes of an ARP packet for IPv4 over Ethernet in place.
 *
 * @param bytes The buffer.
 * @param offset Where the packet begins.
 * @param operation See {@linkcode ArpOperation}.
 */
export function writeArpHeader(bytes: Uint8Array, offset: number, operation: number): void {
  bytes[offset] = 0;
  bytes[offset + 1] = 1;
  bytes[offset + 2] = 8;
  bytes[offset + 3] = 0;
  bytes[offset + 4] = 6;
  bytes[offset + 5] = 4;
  bytes[offset + 6] = operation >>> 8;
  bytes[offset + 7] = operation;
}

/** What {@linkcode encodeArp} writes. */
export interface ArpFields {
  /** See {@linkcode ArpOperation}. */
  readonly operation: number;
  /** The sender's hardware address. */
  readonly senderHardware: MacAddress;
  /** The sender's IPv4 address, host order. */
  readonly senderAddress: number;
  /** The target's hardware address; zero when left out, as in a request. */
  readonly targetHardware?: MacAddress;
  /** The target's IPv4 address, host order. */
  readonly targetAddress: number;
}

/**
 * Builds an ARP packet for IPv4 over Ethernet, for tests and for crafting; stacks write in place.
 *
 * @example
 * ```ts
 * import { encodeArp } from "@octet/arp";
 * import { MacAddress } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeArp({
 *   operation: 2,
 *   senderHardware: MacAddress.parse("02:00:00:00:00:01"),
 *   senderAddress: 0x0a000001,
 *   targetHardware: MacAddress.parse("02:00:00:00:00:02"),
 *   targetAddress: 0x0a000002,
 * });
 * assertEquals(bytes.length, 28);
 * ```
 *
 * @param fields What to write.
 * @returns 28 bytes.
 */
export function encodeArp(fields: ArpFields): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(arpFrameLength);
  writeArpHeader(bytes, 0, fields.operation);
  fields.senderHardware.writeTo(bytes, 8);
  writeU32(bytes, 14, fields.senderAddress);
  (fields.targetHardware ?? MacAddress.zero).writeTo(bytes, 18);
  writeU32(bytes, 24, fields.targetAddress);
  return bytes;
}

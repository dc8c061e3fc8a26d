/**
 * The Ethernet frame: Ethernet II (RFC 894) and IEEE 802.3 with a length, either with any number of
 * IEEE 802.1Q tags.
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import { readI32, readU16, Verdict, writeU16 } from "@octet/wire";
import { EtherType } from "./ether_type.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { ServiceVlan, Vlan } = EtherType;

/** Bytes of an Ethernet header without tags. */
export const etherHeaderLength = 14;
/** Bytes that one 802.1Q tag adds. */
export const vlanTagLength = 4;
/** The shortest frame in bytes, without the frame check sequence: shorter ones are padded (IEEE 802.3 §3.2.8). */
export const minimumFrameLength = 60;

/**
 * Whether an EtherType announces an 802.1Q tag: customer (0x8100), service (0x88a8), or the
 * 0x9100 that equipment used for the outer tag before 802.1ad.
 */
export function isVlanTag(type: number): boolean {
  return type === Vlan || type === ServiceVlan || type === 0x9100;
}

/**
 * A view of an Ethernet frame in place. Call {@linkcode EthernetFrame.validate} first: once it says
 * ok, no getter reads outside the range given to {@linkcode EthernetFrame.reset}. Setters change
 * single fields and keep the frame valid, save for {@linkcode EthernetFrame.etherType}: after it
 * validate again.
 *
 * @example
 * ```ts
 * import { EthernetFrame, EtherType } from "@octet/ethernet";
 * import { Verdict } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new Uint8Array(60);
 * bytes.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x08, 0x06]);
 * const frame = new EthernetFrame();
 * frame.reset(bytes, 0, bytes.length);
 * assertEquals(frame.validate(), Verdict.Ok);
 * assertEquals(frame.etherType, EtherType.Arp);
 * assertEquals(frame.isBroadcast, true);
 * assertEquals(frame.payloadOffset, 14);
 * ```
 */
export class EthernetFrame {
  #bytes: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #end = 0;
  #typeOffset = 0;

  /** Aims the view at `bytes[offset…end)`. */
  reset(bytes: Uint8Array, offset: number, end: number): void {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
    this.#typeOffset = offset + 12;
  }

  /**
   * Checks lengths and walks over the tags.
   *
   * @returns `Short` when the header does not fit, `BadLength` when an 802.3 length exceeds the frame, `BadValue`
   *     for a type from 1501 to 1535, which is neither length nor EtherType (IEEE 802.3 §3.2.6).
   */
  validate(): Verdict {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#offset + 12;
    if (at + 2 > end) return Verdict.Short;
    let type = readU16(bytes, at);
    while (isVlanTag(type)) {
      at += vlanTagLength;
      if (at + 2 > end) return Verdict.Short;
      type = readU16(bytes, at);
    }
    this.#typeOffset = at;
    if (type <= 1500) return type > end - at - 2 ? Verdict.BadLength : Verdict.Ok;
    return type < 0x0600 ? Verdict.BadValue : Verdict.Ok;
  }

  /** Where the destination address lies in the buffer: six bytes. */
  get destinationOffset(): number {
    return this.#offset;
  }

  /** Where the source address lies in the buffer: six bytes. */
  get sourceOffset(): number {
    return this.#offset + 6;
  }

  /** The destination address, as an object for people; hot code compares at {@linkcode destinationOffset}. */
  get destination(): MacAddress {
    return MacAddress.read(this.#bytes, this.#offset);
  }

  set destination(address: MacAddress) {
    address.writeTo(this.#bytes, this.#offset);
  }

  /** The source address, as an object for people; hot code compares at {@linkcode sourceOffset}. */
  get source(): MacAddress {
    return MacAddress.read(this.#bytes, this.#offset + 6);
  }

  set source(address: MacAddress) {
    address.writeTo(this.#bytes, this.#offset + 6);
  }

  /** Whether the destination is ff:ff:ff:ff:ff:ff. */
  get isBroadcast(): boolean {
    return readU16(this.#bytes, this.#offset) === 0xffff &&
      readI32(this.#bytes, this.#offset + 2) === -1;
  }

  /** Whether the destination is a group address, broadcast included. */
  get isMulticast(): boolean {
    return (this.#bytes[this.#offset]! & 1) !== 0;
  }

  /** What the frame carries, behind all tags; 0 for an 802.3 frame, which has a length instead. */
  get etherType(): number {
    const type = readU16(this.#bytes, this.#typeOffset);
    return type <= 1500 ? 0 : type;
  }

  set etherType(type: number) {
    writeU16(this.#bytes, this.#typeOffset, type);
  }

  /** Whether this is an 802.3 frame, with a length in place of the EtherType and (commonly) an LLC header next. */
  get isLengthFrame(): boolean {
    return readU16(this.#bytes, this.#typeOffset) <= 1500;
  }

  /** How many 802.1Q tags the frame has. */
  get tagCount(): number {
    return (this.#typeOffset - this.#offset - 12) >> 2;
  }

  /**
   * The type that announces a tag, such as 0x8100.
   *
   * @param index The tag, 0 for the outermost; below {@linkcode tagCount}.
   * @returns 0 when there is no such tag.
   */
  tagProtocol(index: number = 0): number {
    return this.#hasTag(index) ? readU16(this.#bytes, this.#offset + 12 + index * 4) : 0;
  }

  /**
   * The VLAN id of a tag, 0 to 4095; 0 means "priority only" (IEEE 802.1Q §9.6).
   *
   * @param index The tag, 0 for the outermost.
   * @returns 0 when there is no such tag.
   */
  vlanId(index: number = 0): number {
    return this.#tagControl(index) & 0x0fff;
  }

  /**
   * The priority code point of a tag, 0 to 7.
   *
   * @param index The tag, 0 for the outermost.
   * @returns 0 when there is no such tag.
   */
  priority(index: number = 0): number {
    return this.#tagControl(index) >>> 13;
  }

  /**
   * Whether a tag says that the frame may be dropped first.
   *
   * @param index The tag, 0 for the outermost.
   */
  isDropEligible(index: number = 0): boolean {
    return (this.#tagControl(index) & 0x1000) !== 0;
  }

  /**
   * Writes a tag's control field.
   *
   * @param index The tag, 0 for the outermost; below {@linkcode tagCount}.
   * @param vlanId 0 to 4095.
   * @param priority 0 to 7.
   * @param isDropEligible Whether the frame may be dropped first.
   */
  setTag(index: number, vlanId: number, priority: number, isDropEligible: boolean): void {
    if (!this.#hasTag(index)) return;
    const control = ((priority & 7) << 13) | (isDropEligible ? 0x1000 : 0) | (vlanId & 0x0fff);
    writeU16(this.#bytes, this.#offset + 14 + index * 4, control);
  }

  /** Where the payload begins. */
  get payloadOffset(): number {
    return this.#typeOffset + 2;
  }

  /** Where the payload ends (exclusive): an 802.3 length counts, an Ethernet II frame may end in padding. */
  get payloadEnd(): number {
    const type = readU16(this.#bytes, this.#typeOffset);
    return type <= 1500 ? this.#typeOffset + 2 + type : this.#end;
  }

  #hasTag(index: number): boolean {
    return index >= 0 && index < this.tagCount;
  }

  #tagControl(index: number): number {
    return this.#hasTag(index) ? readU16(this.#bytes, this.#offset + 14 + index * 4) : 0;
  }
}

/** One 802.1Q tag for {@linkcode encodeEthernet}. */
export interface VlanTag {
  /** The VLAN, 0 to 4095. */
  readonly id: number;
  /** Priority code point, 0 to 7; 0 when left out. */
  readonly priority?: number;
  /** Whether the frame may be dropped first; `false` when left out. */
  readonly isDropEligible?: boolean;
  /** The type that announces the tag; 0x8100 when left out. */
  readonly protocol?: number;
}

/** What {@linkcode encodeEthernet} writes. */
export interface EthernetFields {
  /** To whom. */
  readonly destination: MacAddress;
  /** From whom. */
  readonly source: MacAddress;
  /** What is carried; when left out the frame is an 802.3 one with a length. */
  readonly etherType?: number;
  /** The tags, outermost first. */
  readonly tags?: readonly VlanTag[];
  /** The payload; none when left out. */
  readonly payload?: Uint8Array;
  /** Whether to fill up to 60 bytes with zeros; `true` when left out. */
  readonly pad?: boolean;
}

/**
 * Builds a frame, for tests and for crafting; stacks write in place.
 *
 * @example
 * ```ts
 * import { encodeEthernet, EtherType } from "@octet/ethernet";
 * import { MacAddress } from "@octet/netip";
 * import { assertEquals } from "@std/assert";
 *
 * const frame = encodeEthernet({
 *   destination: MacAddress.parse("ff:ff:ff:ff:ff:ff"),
 *   source: MacAddress.parse("02:00:00:00:00:01"),
 *   etherType: EtherType.Arp,
 * });
 * assertEquals(frame.length, 60);
 * ```
 *
 * @param fields What to write.
 * @returns The frame without its frame check sequence.
 * @throws {RangeError} When a field does not fit its bits, or an 802.3 payload exceeds 1500 bytes.
 */
export function encodeEthernet(fields: EthernetFields): Uint8Array<ArrayBuffer> {
  const { etherType, tags = [], payload = new Uint8Array(0), pad = true } = fields;
  if (etherType === undefined && payload.length > 1500) {
    throw new RangeError(
      `Cannot encode 802.3 frame as its payload of ${payload.length} bytes exceeds 1500`,
    );
  }
  if (etherType !== undefined && !(etherType >= 0x0600 && etherType <= 0xffff)) {
    throw new RangeError(`Cannot encode Ethernet frame as its type ${etherType} is no EtherType`);
  }
  const header = etherHeaderLength + tags.length * vlanTagLength;
  const length = header + payload.length;
  const bytes = new Uint8Array(pad ? Math.max(length, minimumFrameLength) : length);
  fields.destination.writeTo(bytes, 0);
  fields.source.writeTo(bytes, 6);
  let at = 12;
  for (const { id, priority = 0, isDropEligible = false, protocol = EtherType.Vlan } of tags) {
    if (!(id >= 0 && id <= 0x0fff && priority >= 0 && priority <= 7)) {
      throw new RangeError(
        `Cannot encode VLAN tag as its id is ${id} and its priority ${priority}`,
      );
    }
    writeU16(bytes, at, protocol);
    writeU16(bytes, at + 2, (priority << 13) | (isDropEligible ? 0x1000 : 0) | id);
    at += vlanTagLength;
  }
  writeU16(bytes, at, etherType ?? payload.length);
  bytes.set(payload, at + 2);
  return bytes;
}

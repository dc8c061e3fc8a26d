/**
 * Addresses of links: `struct ifaddrmsg` and its attributes (RFC 3549 §3.1.2, `linux/if_addr.h`).
 *
 * @module
 */
import { formatAddressBytes, parseAddressBytes, parsePrefixBytes } from "./address_bytes.ts";
import { AddressFamily } from "./address_bytes.ts";
import { AttributeCursor } from "./attribute.ts";
import { readHost32, writeHost32 } from "./host_order.ts";
import { NetlinkFlag, type NetlinkMessage, NetlinkType } from "./message.ts";
import type { MessageWriter } from "./writer.ts";

/** Attributes of an address. */
export const AddressAttribute = {
  /** The address of the prefix; on a point-to-point link the peer's. */
  Address: 1,
  /** The link's own address. */
  Local: 2,
  /** A label. */
  Label: 3,
  /** The broadcast address. */
  Broadcast: 4,
  /** Flags, 32 bits wide. */
  Flags: 8,
} as const;

/** An address of a link as the kernel describes it. */
export interface LinkAddress {
  /** The index of the link. */
  readonly index: number;
  /** 4 or 6. */
  readonly version: 4 | 6;
  /** The address as text. */
  readonly address: string;
  /** The length of its prefix in bits. */
  readonly prefixLength: number;
  /** The other end of a point-to-point link. */
  readonly peer?: string;
  /** The broadcast address. */
  readonly broadcast?: string;
  /** The label. */
  readonly label?: string;
  /** How far it is valid: 0 everywhere, 253 the link, 254 the host. */
  readonly scope: number;
  /** Flags (`IFA_F_…`): 0x80 permanent, 0x40 tentative. */
  readonly flags: number;
}

/** Options of {@linkcode writeNewAddress}. */
export interface NewAddressOptions {
  /**
   * The broadcast address; `null` for none. By default the last of the prefix for IPv4 up to /30, none
   * otherwise, as `ip address add … broadcast +` has it.
   */
  readonly broadcast?: string | null;
  /** The other end of a point-to-point link. */
  readonly peer?: string;
  /** Leaves an address that exists as it is instead of failing. */
  readonly replace?: boolean;
}

const headerLength = 8;

/**
 * Reads a message of type {@linkcode NetlinkType}`.NewAddress` or `DeleteAddress`.
 *
 * @param message A message that {@linkcode NetlinkMessage.validate} found well formed.
 * @returns The address, or `undefined` when the payload is malformed or of another family than IP.
 */
export function decodeLinkAddress(message: NetlinkMessage): LinkAddress | undefined {
  const { bytes, payloadOffset: at, payloadEnd: end } = message;
  if (end - at < headerLength) return undefined;
  const family = bytes[at]!;
  if (family !== AddressFamily.Inet && family !== AddressFamily.Inet6) return undefined;
  let prefixAddress = "";
  let local = "";
  let broadcast = "";
  let label = "";
  let flags: number = bytes[at + 2]!;
  const attributes = new AttributeCursor().reset(bytes, at + headerLength, end);
  while (attributes.next()) {
    const { type, valueOffset, valueEnd } = attributes;
    if (type === AddressAttribute.Address) {
      prefixAddress = formatAddressBytes(bytes, valueOffset, valueEnd);
    } else if (type === AddressAttribute.Local) {
      local = formatAddressBytes(bytes, valueOffset, valueEnd);
    } else if (type === AddressAttribute.Broadcast) {
      broadcast = formatAddressBytes(bytes, valueOffset, valueEnd);
    } else if (type === AddressAttribute.Label) label = attributes.text();
    else if (type === AddressAttribute.Flags) flags = attributes.u32();
  }
  const address = local || prefixAddress;
  if (attributes.verdict !== 0 || address === "") return undefined;
  return {
    index: readHost32(bytes, at + 4),
    version: family === AddressFamily.Inet ? 4 : 6,
    address,
    prefixLength: bytes[at + 1]!,
    ...(prefixAddress !== "" && prefixAddress !== address && { peer: prefixAddress }),
    ...(broadcast !== "" && { broadcast }),
    ...(label !== "" && { label }),
    scope: bytes[at + 3]!,
    flags,
  };
}

function addressHeader(family: number, prefixLength: number, index: number): Uint8Array {
  const header = new Uint8Array(headerLength);
  header[0] = family;
  header[1] = prefixLength;
  writeHost32(header, 4, index);
  return header;
}

/** Writes the request for the addresses of all links. */
export function writeGetAddresses(writer: MessageWriter): void {
  writer.begin(NetlinkType.GetAddress, NetlinkFlag.Request | NetlinkFlag.Dump, 0)
    .bytes(addressHeader(AddressFamily.Unspecified, 0, 0));
}

function lastOfPrefix(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((byte, i) => byte | (0xff >>> Math.min(8, Math.max(0, length - 8 * i))));
}

/**
 * Writes the request to give a link an address.
 *
 * @param writer Where it goes.
 * @param index The link's index.
 * @param address Address and prefix length, such as `10.77.0.1/24`.
 * @param options Broadcast and peer addresses.
 * @throws {SyntaxError} When an address is not one.
 */
export function writeNewAddress(
  writer: MessageWriter,
  index: number,
  address: string,
  options: NewAddressOptions = {},
): void {
  const { family, bytes, length } = parsePrefixBytes(address);
  const flags = NetlinkFlag.Request | NetlinkFlag.Ack | NetlinkFlag.Create |
    (options.replace ? NetlinkFlag.Replace : NetlinkFlag.Exclusive);
  writer.begin(NetlinkType.NewAddress, flags, 0).bytes(addressHeader(family, length, index));
  writer.attribute(AddressAttribute.Local, bytes);
  const peer = options.peer === undefined ? bytes : parseAddressBytes(options.peer).bytes;
  writer.attribute(AddressAttribute.Address, peer);
  if (typeof options.broadcast === "string") {
    writer.attribute(AddressAttribute.Broadcast, parseAddressBytes(options.broadcast).bytes);
  } else if (
    options.broadcast === undefined && options.peer === undefined &&
    family === AddressFamily.Inet && length <= 30
  ) {
    writer.attribute(AddressAttribute.Broadcast, lastOfPrefix(bytes, length));
  }
}

/**
 * Writes the request to take an address away from a link.
 *
 * @param writer Where it goes.
 * @param index The link's index.
 * @param address Address and prefix length, such as `10.77.0.1/24`.
 * @throws {SyntaxError} When the address is not one.
 */
export function writeDeleteAddress(writer: MessageWriter, index: number, address: string): void {
  const { family, bytes, length } = parsePrefixBytes(address);
  writer.begin(NetlinkType.DeleteAddress, NetlinkFlag.Request | NetlinkFlag.Ack, 0)
    .bytes(addressHeader(family, length, index))
    .attribute(AddressAttribute.Local, bytes);
}

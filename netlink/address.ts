/**
 * Addresses of links: `struct ifaddrmsg` and its attributes (RFC 3549 §3.1.2, `linux/if_addr.h`).
 *
 * @module
 */
import {
  AddressFamily,
  familyOf,
  formatAddressBytes,
  parseAddressBytes,
  parsePrefixBytes,
} from "./address_bytes.ts";
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
  /** The anycast address. */
  Anycast: 5,
  /** Lifetimes. */
  CacheInfo: 6,
  /** Flags, 32 bits wide. */
  Flags: 8,
  /** The metric of the prefix's route. */
  Metric: 9,
  /** Who made it. */
  Origin: 11,
} as const;

/** Flags of an address (`IFA_F_…`). */
export const AddressFlag = {
  /** IPv4: another address of the same prefix comes first; IPv6: temporary (RFC 8981). */
  Secondary: 0x1,
  /** Not to be checked for duplicates. */
  NoDuplicateDetection: 0x2,
  /** May be used while it is being checked (RFC 4429). */
  Optimistic: 0x4,
  /** Somebody else has it. */
  DuplicateDetected: 0x8,
  /** A mobile node's home address (RFC 6275). */
  Home: 0x10,
  /** Its preferred lifetime is over. */
  Deprecated: 0x20,
  /** Being checked for duplicates. */
  Tentative: 0x40,
  /** Without end. */
  Permanent: 0x80,
  /** A template for temporary addresses. */
  ManageTemporary: 0x100,
  /** Makes no route for its prefix. */
  NoPrefixRoute: 0x200,
  /** Joins a multicast group. */
  AutoJoin: 0x400,
  /** Made of a secret (RFC 7217). */
  StablePrivacy: 0x800,
} as const;

/** How far an address or a route's destination is (`RT_SCOPE_…`). */
export const RouteScope = {
  /** Everywhere. */
  Global: 0,
  /** The site. */
  Site: 200,
  /** The link. */
  Link: 253,
  /** This host. */
  Host: 254,
  /** Nowhere. */
  Nowhere: 255,
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
  /** The anycast address. */
  readonly anycast?: string;
  /** The label. */
  readonly label?: string;
  /** How far it is valid, see {@linkcode RouteScope}. */
  readonly scope: number;
  /** Flags, see {@linkcode AddressFlag}. */
  readonly flags: number;
  /** Seconds for which it is valid; Infinity without end. */
  readonly validLifetime: number;
  /** Seconds for which it is preferred; Infinity without end. */
  readonly preferredLifetime: number;
  /** The metric of its prefix's route; absent for the default. */
  readonly metric?: number;
  /** Who made it (`IFAPROT_…`): 1 the loopback, 2 router advertisement, 3 link-local; 0 nobody says. */
  readonly origin: number;
}

/** What {@linkcode writeGetAddresses} asks for; everything when nothing is given. */
export interface AddressFilter {
  /** Addresses of this link alone, by its index. */
  readonly index?: number;
  /** Addresses of one version alone. */
  readonly version?: 4 | 6;
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
  /** The label of an IPv4 address; it must begin with the link's name. */
  readonly label?: string;
  /** How far it is valid, see {@linkcode RouteScope}; by default 127.0.0.0/8 on the host, all else everywhere. */
  readonly scope?: number;
  /** Seconds for which it is valid; Infinity when left out. */
  readonly validLifetime?: number;
  /** Seconds for which it is preferred, at most {@linkcode NewAddressOptions.validLifetime}, which it is when left out. */
  readonly preferredLifetime?: number;
  /** The metric of its prefix's route. */
  readonly metric?: number;
  /** Flags, see {@linkcode AddressFlag}: `NoDuplicateDetection`, `NoPrefixRoute`, `Home` … */
  readonly flags?: number;
  /** Changes an address that exists instead of failing. */
  readonly replace?: boolean;
}

const headerLength = 8;
const cacheInfoLength = 16;
const forever = 0xffff_ffff;

function lifetime(seconds: number): number {
  return seconds === forever ? Infinity : seconds;
}

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
  let anycast = "";
  let label = "";
  let flags: number = bytes[at + 2]!;
  let validLifetime = Infinity;
  let preferredLifetime = Infinity;
  let metric: number | undefined;
  let origin = 0;
  const attributes = new AttributeCursor().reset(bytes, at + headerLength, end);
  while (attributes.next()) {
    const { valueOffset, valueEnd } = attributes;
    const address = () => formatAddressBytes(bytes, valueOffset, valueEnd);
    switch (attributes.type) {
      case AddressAttribute.Address:
        prefixAddress = address();
        break;
      case AddressAttribute.Local:
        local = address();
        break;
      case AddressAttribute.Broadcast:
        broadcast = address();
        break;
      case AddressAttribute.Anycast:
        anycast = address();
        break;
      case AddressAttribute.Label:
        label = attributes.text();
        break;
      case AddressAttribute.Flags:
        flags = attributes.u32();
        break;
      case AddressAttribute.Metric:
        metric = attributes.u32();
        break;
      case AddressAttribute.Origin:
        origin = attributes.u8();
        break;
      case AddressAttribute.CacheInfo:
        if (attributes.length < cacheInfoLength) return undefined;
        preferredLifetime = lifetime(readHost32(bytes, valueOffset));
        validLifetime = lifetime(readHost32(bytes, valueOffset + 4));
        break;
    }
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
    ...(anycast !== "" && { anycast }),
    ...(label !== "" && { label }),
    scope: bytes[at + 3]!,
    flags,
    validLifetime,
    preferredLifetime,
    ...(metric !== undefined && { metric }),
    origin,
  };
}

function addressHeader(
  family: number,
  prefixLength: number,
  index: number,
  scope: number = 0,
): Uint8Array {
  const header = new Uint8Array(headerLength);
  header[0] = family;
  header[1] = prefixLength;
  header[3] = scope;
  writeHost32(header, 4, index);
  return header;
}

/**
 * Writes the request for the addresses of all links, or of those that pass a filter. Kernels before
 * 5.0 filter by version alone.
 */
export function writeGetAddresses(writer: MessageWriter, filter: AddressFilter = {}): void {
  writer.begin(NetlinkType.GetAddress, NetlinkFlag.Request | NetlinkFlag.Dump, 0)
    .bytes(addressHeader(familyOf(filter.version), 0, filter.index ?? 0));
}

function lastOfPrefix(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((byte, i) => byte | (0xff >>> Math.min(8, Math.max(0, length - 8 * i))));
}

function defaultScope(family: number, bytes: Uint8Array): number {
  return family === AddressFamily.Inet && bytes[0] === 127 ? RouteScope.Host : RouteScope.Global;
}

/**
 * Writes the request to give a link an address.
 *
 * @param writer Where it goes.
 * @param index The link's index.
 * @param address Address and prefix length, such as `10.77.0.1/24`.
 * @param options Broadcast and peer addresses, label, lifetimes.
 * @throws {SyntaxError} When an address is not one.
 * @throws {RangeError} When a lifetime is not one, or the preferred one is the longer.
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
  const scope = options.scope ?? defaultScope(family, bytes);
  writer.begin(NetlinkType.NewAddress, flags, 0)
    .bytes(addressHeader(family, length, index, scope));
  writer.attribute(AddressAttribute.Local, bytes);
  const peer = options.peer === undefined ? bytes : parseAddressBytes(options.peer).bytes;
  writer.attribute(AddressAttribute.Address, peer);
  if (typeof options.broadcast === "string") {
    writer.attribute(AddressAttribute.Broadcast, parseAddressBytes(options.broadcast).bytes);
  } else if (
    options.broadcast === undefined && options.peer === undefined &&
    family === AddressFamily.Inet && length <= 30 && scope !== RouteScope.Host
  ) {
    writer.attribute(AddressAttribute.Broadcast, lastOfPrefix(bytes, length));
  }
  if (options.label !== undefined) writer.text(AddressAttribute.Label, options.label);
  if (options.flags !== undefined) writer.u32(AddressAttribute.Flags, options.flags);
  if (options.metric !== undefined) writer.u32(AddressAttribute.Metric, options.metric);
  writeLifetimes(writer, options);
}

function writeLifetimes(writer: MessageWriter, options: NewAddressOptions): void {
  const { validLifetime = Infinity } = options;
  const { preferredLifetime = validLifetime } = options;
  if (validLifetime === Infinity && preferredLifetime === Infinity) return;
  for (const [name, seconds] of Object.entries({ validLifetime, preferredLifetime })) {
    const isWhole = Number.isInteger(seconds) && seconds >= 0 && seconds < forever;
    if (!isWhole && seconds !== Infinity) {
      throw new RangeError(
        `Cannot set ${name} as ${seconds} is not a whole number of seconds below 2^32 - 1`,
      );
    }
  }
  if (preferredLifetime > validLifetime) {
    throw new RangeError(
      `Cannot set preferredLifetime as ${preferredLifetime} s is more than the valid ${validLifetime} s`,
    );
  }
  const info = new Uint8Array(cacheInfoLength);
  writeHost32(info, 0, Math.min(preferredLifetime, forever));
  writeHost32(info, 4, Math.min(validLifetime, forever));
  writer.attribute(AddressAttribute.CacheInfo, info);
}

/**
 * Writes the request to take an address away from a link.
 *
 * @param writer Where it goes.
 * @param index The link's index.
 * @param address Address and prefix length, such as `10.77.0.1/24`.
 * @param peer The other end, of the address that has it: several may share the near end.
 * @throws {SyntaxError} When the address is not one.
 */
export function writeDeleteAddress(
  writer: MessageWriter,
  index: number,
  address: string,
  peer?: string,
): void {
  const { family, bytes, length } = parsePrefixBytes(address);
  writer.begin(NetlinkType.DeleteAddress, NetlinkFlag.Request | NetlinkFlag.Ack, 0)
    .bytes(addressHeader(family, length, index))
    .attribute(AddressAttribute.Local, bytes);
  // Without the prefix's address the kernel would take the first of that address, whatever its length.
  const prefixAddress = peer === undefined ? bytes : parseAddressBytes(peer).bytes;
  writer.attribute(AddressAttribute.Address, prefixAddress);
}

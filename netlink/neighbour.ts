/**
 * Neighbours: ARP and neighbour discovery caches, and the forwarding databases of bridges;
 * `struct ndmsg` and its attributes (`linux/neighbour.h`).
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import { AddressFamily, familyOf, formatAddressBytes, parseAddressBytes } from "./address_bytes.ts";
import { AttributeCursor } from "./attribute.ts";
import { readHost16, readHost32, writeHost16, writeHost32 } from "./host_order.ts";
import { NetlinkFlag, type NetlinkMessage, NetlinkType } from "./message.ts";
import type { MessageWriter } from "./writer.ts";

/** Attributes of a neighbour. */
export const NeighbourAttribute = {
  /** Its IP address; in a forwarding database of a tunnel, the tunnel's other end. */
  Destination: 1,
  /** Its hardware address. */
  HardwareAddress: 2,
  /** How long ago it was used, confirmed, updated. */
  CacheInfo: 3,
  /** Unanswered questions. */
  Probes: 4,
  /** The VLAN, in a forwarding database. */
  Vlan: 5,
  /** Filter: the link. */
  Index: 8,
  /** The bridge. */
  Master: 9,
  /** Who made it. */
  Origin: 12,
} as const;

/** States of a neighbour (`NUD_…`; RFC 4861 §7.3.2). */
export const NeighbourState = {
  /** Being asked for. */
  Incomplete: 0x01,
  /** Known to be there. */
  Reachable: 0x02,
  /** Known, to be confirmed when it is used. */
  Stale: 0x04,
  /** Used, waiting for a confirmation by what is above. */
  Delay: 0x08,
  /** Being confirmed. */
  Probe: 0x10,
  /** It does not answer. */
  Failed: 0x20,
  /** The link needs no resolution. */
  NoArp: 0x40,
  /** Entered by hand; stays. */
  Permanent: 0x80,
} as const;

/** Flags of a neighbour (`NTF_…`). */
export const NeighbourFlag = {
  /** Asked for by a program. */
  Use: 0x01,
  /** Of the link's own forwarding database. */
  Self: 0x02,
  /** Of the bridge's forwarding database. */
  Master: 0x04,
  /** Answered for by this host. */
  Proxy: 0x08,
  /** Learned from outside. */
  ExternallyLearned: 0x10,
  /** Does not wander to other ports. */
  Sticky: 0x40,
  /** A router (RFC 4861 §4.4). */
  Router: 0x80,
} as const;

/** A neighbour as the kernel describes it. */
export interface Neighbour {
  /** 4 or 6; 0 for an entry of a forwarding database. */
  readonly version: 0 | 4 | 6;
  /** The index of the link. */
  readonly index: number;
  /** Its IP address; empty in a bridge's forwarding database. */
  readonly address: string;
  /** Its hardware address; absent while it is not known, or when it has not 6 bytes. */
  readonly hardwareAddress?: MacAddress;
  /** The state, see {@linkcode NeighbourState}; 0 for none. */
  readonly state: number;
  /** Flags, see {@linkcode NeighbourFlag}. */
  readonly flags: number;
  /** The kind of address, as in {@linkcode RouteType}. */
  readonly type: number;
  /** How many questions went unanswered. */
  readonly probes: number;
  /** The index of the bridge, in a forwarding database; 0 when none. */
  readonly master: number;
  /** The VLAN, in a forwarding database; absent when none. */
  readonly vlan?: number;
  /** Seconds since it was last used; absent where the kernel does not say. */
  readonly used?: number;
  /** Seconds since it was last confirmed. */
  readonly confirmed?: number;
  /** Seconds since it was last changed. */
  readonly updated?: number;
  /** Who made it, as in {@linkcode RouteOrigin}; 0 nobody says. */
  readonly origin: number;
}

/** What {@linkcode writeGetNeighbours} asks for; the caches of IPv4 and IPv6 when nothing is given. */
export interface NeighbourFilter {
  /** Neighbours of one version alone; 0 for the forwarding databases of bridges. */
  readonly version?: 0 | 4 | 6;
  /** Neighbours on this link alone, by its index. */
  readonly index?: number;
  /** Neighbours on ports of this bridge alone, by its index. */
  readonly master?: number;
  /** Addresses that this host answers for, in place of neighbours. */
  readonly proxy?: boolean;
}

/** Options of {@linkcode writeNewNeighbour}. */
export interface NewNeighbourOptions {
  /** Its hardware address. */
  readonly hardwareAddress?: MacAddress;
  /** The state, see {@linkcode NeighbourState}; permanent by default. */
  readonly state?: number;
  /** Flags, see {@linkcode NeighbourFlag}: `Proxy`, `Router` … */
  readonly flags?: number;
  /** Changes a neighbour that exists instead of failing. */
  readonly replace?: boolean;
}

const headerLength = 12;
const cacheInfoLength = 16;
/** `USER_HZ`: in how many parts the kernel cuts a second for user space. */
const ticks = 100;

/**
 * Reads a message of type {@linkcode NetlinkType}`.NewNeighbour` or `DeleteNeighbour`.
 *
 * @param message A message that {@linkcode NetlinkMessage.validate} found well formed.
 * @returns The neighbour, or `undefined` when the payload is malformed or of a family that is not known here.
 */
export function decodeNeighbour(message: NetlinkMessage): Neighbour | undefined {
  const { bytes, payloadOffset: at, payloadEnd: end } = message;
  if (end - at < headerLength) return undefined;
  const family = bytes[at]!;
  const version = family === AddressFamily.Inet
    ? 4
    : family === AddressFamily.Inet6
    ? 6
    : family === AddressFamily.Bridge
    ? 0
    : undefined;
  if (version === undefined) return undefined;
  const found: { -readonly [K in keyof Neighbour]: Neighbour[K] } = {
    version,
    index: readHost32(bytes, at + 4),
    address: "",
    state: readHost16(bytes, at + 8),
    flags: bytes[at + 10]!,
    type: bytes[at + 11]!,
    probes: 0,
    master: 0,
    origin: 0,
  };
  const attributes = new AttributeCursor().reset(bytes, at + headerLength, end);
  while (attributes.next()) {
    const { valueOffset, valueEnd } = attributes;
    switch (attributes.type) {
      case NeighbourAttribute.Destination:
        found.address = formatAddressBytes(bytes, valueOffset, valueEnd);
        if (found.address === "") return undefined;
        break;
      case NeighbourAttribute.HardwareAddress:
        if (attributes.length === 6) found.hardwareAddress = MacAddress.read(bytes, valueOffset);
        break;
      case NeighbourAttribute.Probes:
        found.probes = attributes.u32();
        break;
      case NeighbourAttribute.Vlan:
        found.vlan = attributes.u16();
        break;
      case NeighbourAttribute.Master:
        found.master = attributes.u32();
        break;
      case NeighbourAttribute.Origin:
        found.origin = attributes.u8();
        break;
      case NeighbourAttribute.CacheInfo:
        if (attributes.length < cacheInfoLength) return undefined;
        found.confirmed = Math.trunc(readHost32(bytes, valueOffset) / ticks);
        found.used = Math.trunc(readHost32(bytes, valueOffset + 4) / ticks);
        found.updated = Math.trunc(readHost32(bytes, valueOffset + 8) / ticks);
        break;
    }
  }
  return attributes.verdict === 0 ? found : undefined;
}

function neighbourHeader(family: number, index: number, state: number, flags: number): Uint8Array {
  const header = new Uint8Array(headerLength);
  header[0] = family;
  writeHost32(header, 4, index);
  writeHost16(header, 8, state);
  header[10] = flags;
  return header;
}

/** Writes the request for the neighbours that pass a filter. Kernels before 5.0 filter by version alone. */
export function writeGetNeighbours(writer: MessageWriter, filter: NeighbourFilter = {}): void {
  const family = filter.version === 0 ? AddressFamily.Bridge : familyOf(filter.version);
  const flags = filter.proxy ? NeighbourFlag.Proxy : 0;
  // A forwarding database is filtered by the link in the header, a cache by an attribute.
  const isDatabase = filter.version === 0;
  writer.begin(NetlinkType.GetNeighbour, NetlinkFlag.Request | NetlinkFlag.Dump, 0)
    .bytes(neighbourHeader(family, isDatabase ? filter.index ?? 0 : 0, 0, flags));
  if (filter.index !== undefined && !isDatabase) {
    writer.u32(NeighbourAttribute.Index, filter.index);
  }
  if (filter.master !== undefined) writer.u32(NeighbourAttribute.Master, filter.master);
}

/**
 * Writes the request to add a neighbour.
 *
 * @param writer Where it goes.
 * @param index The link's index.
 * @param address Its IP address.
 * @param options Its hardware address and state.
 * @throws {SyntaxError} When the address is not one.
 */
export function writeNewNeighbour(
  writer: MessageWriter,
  index: number,
  address: string,
  options: NewNeighbourOptions = {},
): void {
  const { family, bytes } = parseAddressBytes(address);
  const { state = NeighbourState.Permanent, flags = 0, hardwareAddress } = options;
  writer.begin(
    NetlinkType.NewNeighbour,
    NetlinkFlag.Request | NetlinkFlag.Ack | NetlinkFlag.Create |
      (options.replace ? NetlinkFlag.Replace : NetlinkFlag.Exclusive),
    0,
  ).bytes(neighbourHeader(family, index, state, flags))
    .attribute(NeighbourAttribute.Destination, bytes);
  if (hardwareAddress === undefined) return;
  const hardware = new Uint8Array(6);
  hardwareAddress.writeTo(hardware, 0);
  writer.attribute(NeighbourAttribute.HardwareAddress, hardware);
}

/**
 * Writes the request to remove a neighbour.
 *
 * @param writer Where it goes.
 * @param index The link's index.
 * @param address Its IP address.
 * @param flags {@linkcode NeighbourFlag}`.Proxy` for an address that this host answers for.
 * @throws {SyntaxError} When the address is not one.
 */
export function writeDeleteNeighbour(
  writer: MessageWriter,
  index: number,
  address: string,
  flags: number = 0,
): void {
  const { family, bytes } = parseAddressBytes(address);
  writer.begin(NetlinkType.DeleteNeighbour, NetlinkFlag.Request | NetlinkFlag.Ack, 0)
    .bytes(neighbourHeader(family, index, 0, flags))
    .attribute(NeighbourAttribute.Destination, bytes);
}

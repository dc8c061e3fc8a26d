/**
 * Requests about links: list, make, change, remove (RFC 3549 §3.1.3, `linux/if_link.h`).
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import { writeHost32 } from "./host_order.ts";
import { linkHeaderLength } from "./link.ts";
import { LinkAttribute, LinkFlag, LinkInfoAttribute } from "./link_constants.ts";
import {
  type BridgeSettings,
  type NewLinkKind,
  type VethPeer,
  writeLinkData,
} from "./link_kind.ts";
import { checkLinkName } from "./link_name.ts";
import { NetlinkFlag, NetlinkType } from "./message.ts";
import type { MessageWriter } from "./writer.ts";

/** What {@linkcode writeGetLinks} asks for; everything when nothing is given. */
export interface LinkFilter {
  /** Ports of this bridge or bond alone, by its index. */
  readonly master?: number;
  /** Links of this kind alone. */
  readonly kind?: string;
}

/** What {@linkcode writeSetLink} changes. */
export interface LinkChange {
  /** Brings the link up or down. */
  readonly up?: boolean;
  /** The MTU in bytes. */
  readonly mtu?: number;
  /** The hardware address. */
  readonly hardwareAddress?: MacAddress;
  /** A new name. */
  readonly name?: string;
  /** The index of the bridge or bond that it is to belong to; 0 sets it free. */
  readonly master?: number;
  /** The length of the transmit queue in packets. */
  readonly queueLength?: number;
  /** Whether it takes every frame. */
  readonly promiscuous?: boolean;
  /** Whether it takes every multicast frame. */
  readonly allMulticast?: boolean;
  /** Whether it knows multicast. */
  readonly multicast?: boolean;
  /** Whether it speaks ARP. */
  readonly arp?: boolean;
  /** A description; empty takes it away. */
  readonly alias?: string;
  /** The group. */
  readonly group?: number;
  /** Moves the link to the network namespace of this process. */
  readonly namespacePid?: number;
  /** Moves the link to the network namespace that this descriptor refers to. */
  readonly namespaceDescriptor?: number;
  /** What a bridge is set to; for links of that kind. */
  readonly bridge?: BridgeSettings;
}

/** What a link may be given while it is made; the kernel takes a description only afterwards. */
export type NewLinkSettings = Omit<LinkChange, "name" | "alias" | "bridge">;

const encoder = new TextEncoder();

/** Leaves counters out of what is listed (`RTEXT_FILTER_SKIP_STATS`). */
const skipStatistics = 1 << 3;

function linkHeader(index: number, flags: number, mask: number): Uint8Array {
  const header = new Uint8Array(linkHeaderLength);
  writeHost32(header, 4, index);
  writeHost32(header, 8, flags);
  writeHost32(header, 12, mask);
  return header;
}

/**
 * Writes the request for all links, or for the one named.
 *
 * @param writer Where it goes.
 * @param name Only this link, by its name or one of its other names.
 */
export function writeGetLink(writer: MessageWriter, name?: string): void {
  if (name === undefined) return writeGetLinks(writer);
  writer.begin(NetlinkType.GetLink, NetlinkFlag.Request | NetlinkFlag.Ack, 0)
    .bytes(linkHeader(0, 0, 0));
  const isAlternative = encoder.encode(name).length > 15;
  writer.text(isAlternative ? LinkAttribute.AlternativeName : LinkAttribute.Name, name);
}

/**
 * Writes the request for the link of an index.
 *
 * @param writer Where it goes.
 * @param index The interface index.
 */
export function writeGetLinkByIndex(writer: MessageWriter, index: number): void {
  writer.begin(NetlinkType.GetLink, NetlinkFlag.Request | NetlinkFlag.Ack, 0)
    .bytes(linkHeader(index, 0, 0));
}

/**
 * Writes the request for all links that pass a filter. Kernels before 5.0 do not filter.
 *
 * @param writer Where it goes.
 * @param filter Which links.
 * @param withStatistics Whether counters are wanted.
 */
export function writeGetLinks(
  writer: MessageWriter,
  filter: LinkFilter = {},
  withStatistics: boolean = true,
): void {
  writer.begin(NetlinkType.GetLink, NetlinkFlag.Request | NetlinkFlag.Dump, 0)
    .bytes(linkHeader(0, 0, 0));
  if (!withStatistics) writer.u32(LinkAttribute.ExtendedMask, skipStatistics);
  if (filter.master !== undefined) writer.u32(LinkAttribute.Master, filter.master);
  if (filter.kind !== undefined) {
    const info = writer.beginNest(LinkAttribute.Info);
    writer.text(LinkInfoAttribute.Kind, filter.kind).endNest(info);
  }
}

const flagChanges = [
  ["up", LinkFlag.Up],
  ["promiscuous", LinkFlag.Promiscuous],
  ["allMulticast", LinkFlag.AllMulticast],
  ["multicast", LinkFlag.Multicast],
] as const;

function changeHeader(index: number, change: LinkChange): Uint8Array {
  let flags = 0;
  let mask = 0;
  for (const [name, bit] of flagChanges) {
    if (change[name] === undefined) continue;
    mask |= bit;
    if (change[name]) flags |= bit;
  }
  if (change.arp !== undefined) {
    mask |= LinkFlag.NoArp;
    if (!change.arp) flags |= LinkFlag.NoArp;
  }
  return linkHeader(index, flags, mask);
}

function writeChange(writer: MessageWriter, change: LinkChange): void {
  if (change.mtu !== undefined) writer.u32(LinkAttribute.Mtu, change.mtu);
  if (change.hardwareAddress !== undefined) {
    const bytes = new Uint8Array(6);
    change.hardwareAddress.writeTo(bytes, 0);
    writer.attribute(LinkAttribute.Address, bytes);
  }
  if (change.name !== undefined) {
    checkLinkName("Cannot name a link", change.name);
    writer.text(LinkAttribute.Name, change.name);
  }
  if (change.master !== undefined) writer.u32(LinkAttribute.Master, change.master);
  if (change.queueLength !== undefined) writer.u32(LinkAttribute.QueueLength, change.queueLength);
  if (change.alias !== undefined) {
    writer.attribute(LinkAttribute.Alias, encoder.encode(change.alias));
  }
  if (change.group !== undefined) writer.u32(LinkAttribute.Group, change.group);
  writeNamespace(writer, change);
}

function writeNamespace(
  writer: MessageWriter,
  { namespacePid, namespaceDescriptor }: Pick<
    LinkChange,
    "namespacePid" | "namespaceDescriptor"
  >,
): void {
  if (namespacePid !== undefined) writer.u32(LinkAttribute.NamespacePid, namespacePid);
  if (namespaceDescriptor !== undefined) {
    writer.u32(LinkAttribute.NamespaceDescriptor, namespaceDescriptor);
  }
}

function writeKind(writer: MessageWriter, link: NewLinkKind): void {
  const info = writer.beginNest(LinkAttribute.Info);
  writer.text(LinkInfoAttribute.Kind, link.kind);
  const data = writer.beginNest(LinkInfoAttribute.Data);
  writeLinkData(writer, link, (peer) => writePeer(writer, peer));
  writer.endNest(data).endNest(info);
}

function writePeer(writer: MessageWriter, peer: VethPeer): void {
  writer.bytes(linkHeader(0, 0, 0));
  if (peer.name !== undefined) {
    checkLinkName("Cannot name a link", peer.name);
    writer.text(LinkAttribute.Name, peer.name);
  }
  writeNamespace(writer, peer);
}

/**
 * Writes the request to change a link.
 *
 * @param writer Where it goes.
 * @param index The interface index.
 * @param change What becomes different.
 * @throws {RangeError} When a link cannot have the new name.
 */
export function writeSetLink(writer: MessageWriter, index: number, change: LinkChange): void {
  // What belongs to a kind is changed by the message that makes links, without the flag to make one.
  const type = change.bridge === undefined ? NetlinkType.SetLink : NetlinkType.NewLink;
  writer.begin(type, NetlinkFlag.Request | NetlinkFlag.Ack, 0)
    .bytes(changeHeader(index, change));
  writeChange(writer, change);
  if (change.bridge !== undefined) writeKind(writer, { kind: "bridge", ...change.bridge });
}

/**
 * Writes the request to make a link.
 *
 * @example
 * ```ts
 * import { MessageWriter, NetlinkMessage, NetlinkType, writeNewLink } from "@octet/netlink";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new MessageWriter();
 * writeNewLink(writer, "veth0", { kind: "veth", peer: { name: "veth1" } }, { mtu: 1400 });
 * const bytes = writer.finish();
 * assertEquals(new NetlinkMessage().reset(bytes, 0, bytes.length).type, NetlinkType.NewLink);
 * ```
 *
 * @param writer Where it goes.
 * @param name Its name; the kernel puts a number for `%d`.
 * @param link What kind, and what belongs to it.
 * @param settings What else it is to have.
 * @throws {RangeError} When a link cannot have that name.
 */
export function writeNewLink(
  writer: MessageWriter,
  name: string,
  link: NewLinkKind,
  settings: NewLinkSettings = {},
): void {
  checkLinkName(`Cannot add link ${name}`, name);
  const flags = NetlinkFlag.Request | NetlinkFlag.Ack | NetlinkFlag.Create | NetlinkFlag.Exclusive;
  writer.begin(NetlinkType.NewLink, flags, 0).bytes(changeHeader(0, settings));
  writer.text(LinkAttribute.Name, name);
  writeChange(writer, settings);
  if ("parent" in link && link.parent !== undefined && link.kind !== "vxlan") {
    writer.u32(LinkAttribute.Link, link.parent);
  }
  writeKind(writer, link);
}

/**
 * Writes the request to remove a link.
 *
 * @param writer Where it goes.
 * @param index The interface index.
 */
export function writeDeleteLink(writer: MessageWriter, index: number): void {
  writer.begin(NetlinkType.DeleteLink, NetlinkFlag.Request | NetlinkFlag.Ack, 0)
    .bytes(linkHeader(index, 0, 0));
}

/**
 * Writes the request to give a link another name, up to 127 bytes long, or to take one away.
 *
 * @param writer Where it goes.
 * @param index The interface index.
 * @param name The other name.
 * @param isAdded `false` takes it away.
 */
export function writeAlternativeName(
  writer: MessageWriter,
  index: number,
  name: string,
  isAdded: boolean = true,
): void {
  const [type, flags] = isAdded
    ? [NetlinkType.NewLinkProperty, NetlinkFlag.Create | NetlinkFlag.Append]
    : [NetlinkType.DeleteLinkProperty, 0];
  writer.begin(type, NetlinkFlag.Request | NetlinkFlag.Ack | flags, 0)
    .bytes(linkHeader(index, 0, 0));
  const list = writer.beginNest(LinkAttribute.PropertyList);
  writer.text(LinkAttribute.AlternativeName, name).endNest(list);
}

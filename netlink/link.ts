/**
 * Links (network interfaces): `struct ifinfomsg` and its attributes (`linux/if_link.h`).
 *
 * @module
 */
import { MacAddress } from "@octet/netip";
import { AttributeCursor } from "./attribute.ts";
import { readHost16, readHost32, readHostI32, writeHost16, writeHost32 } from "./host_order.ts";
import { NetlinkFlag, type NetlinkMessage, NetlinkType } from "./message.ts";
import type { MessageWriter } from "./writer.ts";

/** Attributes of a link. */
export const LinkAttribute = {
  /** The hardware address. */
  Address: 1,
  /** The hardware broadcast address. */
  Broadcast: 2,
  /** The name. */
  Name: 3,
  /** The MTU. */
  Mtu: 4,
  /** The link below. */
  Link: 5,
  /** The bridge or bond that the link belongs to. */
  Master: 10,
  /** The operational state (RFC 2863 §3.1.14). */
  OperState: 16,
  /** Nested: what kind of link it is. */
  Info: 18,
} as const;

/** Attributes inside {@linkcode LinkAttribute}`.Info`. */
export const LinkInfoAttribute = {
  /** The kind as text: `tun`, `veth`, `bridge` … */
  Kind: 1,
  /** Nested: attributes that belong to the kind. */
  Data: 2,
} as const;

/** `IFLA_TUN_TYPE`, inside the data of a link of kind `tun`. */
const tunTypeAttribute = 3;

/** Flags of a link. */
export const LinkFlag = {
  /** Brought up. */
  Up: 0x1,
  /** Has a broadcast address. */
  Broadcast: 0x2,
  /** The loopback. */
  Loopback: 0x8,
  /** A point-to-point link. */
  PointToPoint: 0x10,
  /** Up and its lower layer is, too. */
  Running: 0x40,
  /** Knows no ARP. */
  NoArp: 0x80,
  /** Takes every frame. */
  Promiscuous: 0x100,
  /** Knows multicast. */
  Multicast: 0x1000,
  /** Has a carrier. */
  LowerUp: 0x1_0000,
} as const;

/** A link as the kernel describes it. */
export interface Link {
  /** The interface index. */
  readonly index: number;
  /** The name, at most 15 bytes. */
  readonly name: string;
  /** The hardware type (`ARPHRD_…`): 1 Ethernet, 772 loopback, 65534 none. */
  readonly hardwareType: number;
  /** Flags, see {@linkcode LinkFlag}. */
  readonly flags: number;
  /** Whether it has been brought up. */
  readonly isUp: boolean;
  /** The MTU in bytes. */
  readonly mtu: number;
  /** The hardware address; absent on links that have none of 6 bytes. */
  readonly hardwareAddress?: MacAddress;
  /** The operational state (RFC 2863 §3.1.14): 6 is up, 2 is down, 0 is unknown. */
  readonly operState: number;
  /** The kind: `tun`, `veth`, `bridge` …; empty for physical links and the loopback. */
  readonly kind: string;
  /** For links of kind `tun`: which of the two it is. */
  readonly tunType?: "tun" | "tap";
  /** The index of the bridge or bond that it belongs to, 0 when none. */
  readonly master: number;
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
}

const headerLength = 16;
const tunTypes = [undefined, "tun", "tap"] as const;

/**
 * Reads a message of type {@linkcode NetlinkType}`.NewLink` or `DeleteLink`.
 *
 * @param message A message that {@linkcode NetlinkMessage.validate} found well formed.
 * @returns The link, or `undefined` when the payload is malformed.
 */
export function decodeLink(message: NetlinkMessage): Link | undefined {
  const { bytes, payloadOffset: at, payloadEnd: end } = message;
  if (end - at < headerLength) return undefined;
  const flags = readHost32(bytes, at + 8);
  let name = "";
  let mtu = 0;
  let operState = 0;
  let master = 0;
  let kind = "";
  let tunType: "tun" | "tap" | undefined;
  let hardwareAddress: MacAddress | undefined;
  const attributes = new AttributeCursor().reset(bytes, at + headerLength, end);
  while (attributes.next()) {
    switch (attributes.type) {
      case LinkAttribute.Address:
        if (attributes.length === 6) {
          hardwareAddress = MacAddress.read(bytes, attributes.valueOffset);
        }
        break;
      case LinkAttribute.Name:
        name = attributes.text();
        break;
      case LinkAttribute.Mtu:
        mtu = attributes.u32();
        break;
      case LinkAttribute.OperState:
        operState = attributes.u8();
        break;
      case LinkAttribute.Master:
        master = attributes.u32();
        break;
      case LinkAttribute.Info: {
        const info = attributes.nested();
        while (info.next()) {
          if (info.type === LinkInfoAttribute.Kind) kind = info.text();
          else if (info.type === LinkInfoAttribute.Data && kind === "tun") {
            const data = info.nested();
            while (data.next()) {
              if (data.type === tunTypeAttribute) tunType = tunTypes[data.u8()];
            }
          }
        }
        break;
      }
    }
  }
  if (attributes.verdict !== 0) return undefined;
  return {
    index: readHostI32(bytes, at + 4),
    name,
    hardwareType: readHost16(bytes, at + 2),
    flags,
    isUp: (flags & LinkFlag.Up) !== 0,
    mtu,
    operState,
    kind,
    master,
    ...(hardwareAddress && { hardwareAddress }),
    ...(tunType && { tunType }),
  };
}

function linkHeader(index: number, flags: number, change: number): Uint8Array {
  const header = new Uint8Array(headerLength);
  writeHost16(header, 2, 0);
  writeHost32(header, 4, index);
  writeHost32(header, 8, flags);
  writeHost32(header, 12, change);
  return header;
}

/**
 * Writes the request for all links, or for the one named.
 *
 * @param writer Where it goes.
 * @param name Only this link.
 */
export function writeGetLink(writer: MessageWriter, name?: string): void {
  const flags = NetlinkFlag.Request | (name === undefined ? NetlinkFlag.Dump : NetlinkFlag.Ack);
  writer.begin(NetlinkType.GetLink, flags, 0).bytes(linkHeader(0, 0, 0));
  if (name !== undefined) writer.text(LinkAttribute.Name, name);
}

/**
 * Writes the request to change a link.
 *
 * @param writer Where it goes.
 * @param index The interface index.
 * @param change What becomes different.
 */
export function writeSetLink(writer: MessageWriter, index: number, change: LinkChange): void {
  const mask = change.up === undefined ? 0 : LinkFlag.Up;
  writer.begin(NetlinkType.SetLink, NetlinkFlag.Request | NetlinkFlag.Ack, 0)
    .bytes(linkHeader(index, change.up === true ? LinkFlag.Up : 0, mask));
  if (change.mtu !== undefined) writer.u32(LinkAttribute.Mtu, change.mtu);
  if (change.hardwareAddress !== undefined) {
    const bytes = new Uint8Array(6);
    change.hardwareAddress.writeTo(bytes, 0);
    writer.attribute(LinkAttribute.Address, bytes);
  }
  if (change.name !== undefined) writer.text(LinkAttribute.Name, change.name);
}

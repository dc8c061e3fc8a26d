/**
 * Links (network interfaces) as the kernel describes them: `struct ifinfomsg` and its attributes
 * (RFC 3549 §3.1.3, `linux/if_link.h`).
 *
 * @module
 */
import { MacAddress } from "@octet/netip/mac-address";
import { AttributeCursor } from "./attribute.ts";
import { readHost16, readHost32, readHostI32 } from "./host_order.ts";
import { LinkAttribute, LinkFlag, LinkInfoAttribute } from "./link_constants.ts";
import { type BridgePort, decodeBridgePort, decodeLinkData, type LinkData } from "./link_kind.ts";
import { decodeLinkStatistics, type LinkStatistics } from "./link_statistics.ts";
import type { NetlinkMessage } from "./message.ts";

/** A link as the kernel describes it. */
export interface Link {
  /** The interface index. */
  readonly index: number;
  /** The name, at most 15 bytes. */
  readonly name: string;
  /** Other names. */
  readonly alternativeNames: readonly string[];
  /** A description that somebody gave it. */
  readonly alias?: string;
  /** The hardware type: 1 Ethernet, 772 loopback, 65534 none. */
  readonly hardwareType: number;
  /** Flags, see {@linkcode LinkFlag}. */
  readonly flags: number;
  /** Whether it has been brought up. */
  readonly isUp: boolean;
  /** Whether it has a carrier. */
  readonly hasCarrier: boolean;
  /** The MTU in bytes. */
  readonly mtu: number;
  /** The least MTU in bytes, 0 for no limit. */
  readonly minMtu: number;
  /** The largest MTU in bytes, 0 for no limit. */
  readonly maxMtu: number;
  /** The hardware address; absent on links that have none of 6 bytes. */
  readonly hardwareAddress?: MacAddress;
  /** The address that the hardware was made with; absent where the driver does not say. */
  readonly permanentAddress?: MacAddress;
  /** The hardware address whatever its length is; empty when there is none. */
  readonly addressBytes: Uint8Array<ArrayBuffer>;
  /** The hardware broadcast address, on point-to-point links the peer's; empty when there is none. */
  readonly broadcastBytes: Uint8Array<ArrayBuffer>;
  /** The operational state (RFC 2863 §3.1.14): 6 is up, 2 is down, 0 is unknown. */
  readonly operState: number;
  /** Whether going up waits for somebody's word: 0 no, 1 yes. */
  readonly linkMode: number;
  /** The queueing discipline at the root. */
  readonly qdisc: string;
  /** The length of the transmit queue in packets; absent for 0 on old kernels. */
  readonly queueLength: number;
  /** The group, 0 by default. */
  readonly group: number;
  /** How many asked for promiscuous mode. */
  readonly promiscuity: number;
  /** The kind: `tun`, `veth`, `bridge` …; empty for physical links and the loopback. */
  readonly kind: string;
  /** What belongs to the kind, of those that are known here. */
  readonly data?: LinkData;
  /** For links of kind `tun`: which of the two it is. */
  readonly tunType?: "tun" | "tap";
  /** The index of the bridge or bond that it belongs to, 0 when none. */
  readonly master: number;
  /** The kind of that master: `bridge`, `bond` …; empty when there is none. */
  readonly portKind: string;
  /** The port's settings, where the master is a bridge. */
  readonly port?: BridgePort;
  /** The index of the link below, or of a veth pair's other end; 0 for a lower link that has none. */
  readonly parent?: number;
  /** The kernel's number of the namespace in which {@linkcode Link.parent} is, when it is another; -1 when unknown. */
  readonly parentNamespace?: number;
  /** Counters. */
  readonly statistics?: LinkStatistics;
}

/** The length of `struct ifinfomsg` in bytes. */
export const linkHeaderLength = 16;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Reads a message of type {@linkcode NetlinkType}`.NewLink` or `DeleteLink`.
 *
 * @param message A message that {@linkcode NetlinkMessage.validate} found well formed.
 * @returns The link, or `undefined` when the payload is malformed.
 */
export function decodeLink(message: NetlinkMessage): Link | undefined {
  const { bytes, payloadOffset: at, payloadEnd: end } = message;
  if (end - at < linkHeaderLength) return undefined;
  const flags = readHost32(bytes, at + 8);
  const link: Mutable<Link> = {
    index: readHostI32(bytes, at + 4),
    name: "",
    alternativeNames: [],
    hardwareType: readHost16(bytes, at + 2),
    flags,
    isUp: (flags & LinkFlag.Up) !== 0,
    hasCarrier: (flags & LinkFlag.LowerUp) !== 0,
    mtu: 0,
    minMtu: 0,
    maxMtu: 0,
    addressBytes: new Uint8Array(0),
    broadcastBytes: new Uint8Array(0),
    operState: 0,
    linkMode: 0,
    qdisc: "",
    queueLength: 0,
    group: 0,
    promiscuity: 0,
    kind: "",
    master: 0,
    portKind: "",
  };
  const attributes = new AttributeCursor().reset(bytes, at + linkHeaderLength, end);
  while (attributes.next()) readAttribute(link, attributes, bytes);
  return attributes.verdict === 0 ? link : undefined;
}

function readAttribute(link: Mutable<Link>, attribute: AttributeCursor, bytes: Uint8Array): void {
  switch (attribute.type) {
    case LinkAttribute.Address:
      link.addressBytes = attribute.value();
      if (attribute.length === 6) {
        link.hardwareAddress = MacAddress.read(bytes, attribute.valueOffset);
      }
      break;
    case LinkAttribute.PermanentAddress:
      if (attribute.length === 6) {
        link.permanentAddress = MacAddress.read(bytes, attribute.valueOffset);
      }
      break;
    case LinkAttribute.Broadcast:
      link.broadcastBytes = attribute.value();
      break;
    case LinkAttribute.Name:
      link.name = attribute.text();
      break;
    case LinkAttribute.Mtu:
      link.mtu = attribute.u32();
      break;
    case LinkAttribute.MinMtu:
      link.minMtu = attribute.u32();
      break;
    case LinkAttribute.MaxMtu:
      link.maxMtu = attribute.u32();
      break;
    case LinkAttribute.Link:
      link.parent = attribute.u32();
      break;
    case LinkAttribute.LinkNamespace:
      link.parentNamespace = attribute.i32();
      break;
    case LinkAttribute.Qdisc:
      link.qdisc = attribute.text();
      break;
    case LinkAttribute.Master:
      link.master = attribute.u32();
      break;
    case LinkAttribute.QueueLength:
      link.queueLength = attribute.u32();
      break;
    case LinkAttribute.OperState:
      link.operState = attribute.u8();
      break;
    case LinkAttribute.LinkMode:
      link.linkMode = attribute.u8();
      break;
    case LinkAttribute.Group:
      link.group = attribute.u32();
      break;
    case LinkAttribute.Promiscuity:
      link.promiscuity = attribute.u32();
      break;
    case LinkAttribute.Alias:
      link.alias = attribute.text();
      break;
    case LinkAttribute.Statistics64: {
      const statistics = decodeLinkStatistics(bytes, attribute.valueOffset, attribute.valueEnd);
      if (statistics !== undefined) link.statistics = statistics;
      break;
    }
    case LinkAttribute.PropertyList: {
      const names = attribute.nested();
      const found: string[] = [];
      while (names.next()) {
        if (names.type === LinkAttribute.AlternativeName) found.push(names.text());
      }
      attribute.settle(names);
      link.alternativeNames = found;
      break;
    }
    case LinkAttribute.Info:
      readInfo(link, attribute);
      break;
  }
}

function readInfo(link: Mutable<Link>, attribute: AttributeCursor): void {
  const info = attribute.nested();
  while (info.next()) {
    switch (info.type) {
      case LinkInfoAttribute.Kind:
        link.kind = info.text();
        break;
      case LinkInfoAttribute.PortKind:
        link.portKind = info.text();
        break;
      case LinkInfoAttribute.Data: {
        // The kernel writes the kind first.
        const nested = info.nested();
        const data = decodeLinkData(link.kind, nested);
        info.settle(nested);
        if (data === undefined) break;
        link.data = data;
        if (data.kind === "tun") link.tunType = data.type;
        break;
      }
      case LinkInfoAttribute.PortData:
        if (link.portKind === "bridge") {
          const nested = info.nested();
          link.port = decodeBridgePort(nested);
          info.settle(nested);
        }
        break;
    }
  }
  attribute.settle(info);
}

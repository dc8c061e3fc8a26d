/**
 * Kinds of links: what belongs to a bridge, a VLAN, a TUN/TAP … inside `IFLA_LINKINFO`
 * (`linux/if_link.h`), read and written.
 *
 * @module
 */
import { parseAddressBytes } from "./address_bytes.ts";
import type { AttributeCursor } from "./attribute.ts";
import type { MessageWriter } from "./writer.ts";

/** What a bridge is set to. */
export interface BridgeSettings {
  /** Hundredths of a second in the listening and in the learning state (IEEE 802.1D §17.14). */
  readonly forwardDelay?: number;
  /** Hundredths of a second between two hello messages. */
  readonly helloTime?: number;
  /** Hundredths of a second that the root's word is good for. */
  readonly maxAge?: number;
  /** Hundredths of a second that a learned address is kept. */
  readonly ageingTime?: number;
  /** Whether the spanning tree protocol runs. */
  readonly stp?: boolean;
  /** The priority in the election of the root, 0 to 65535. */
  readonly priority?: number;
  /** Whether VLAN tags are looked at. */
  readonly vlanFiltering?: boolean;
  /** The VLAN of untagged frames, 0 to 4094. */
  readonly defaultPvid?: number;
  /** Whether IGMP and MLD are listened to. */
  readonly multicastSnooping?: boolean;
}

/** Modes of a macvlan, and their numbers. */
export const MacvlanMode = {
  /** Siblings do not hear each other. */
  private: 1,
  /** Siblings hear each other through the switch outside. */
  vepa: 2,
  /** Siblings hear each other. */
  bridge: 4,
  /** One only, with the address of the link below. */
  passthru: 8,
  /** Frames from listed sources alone. */
  source: 16,
} as const;

/** What a link of a kind is made of; see {@linkcode NewLinkKind} for those that can be made. */
export type LinkData =
  | { readonly kind: "bridge" } & BridgeSettings
  | {
    readonly kind: "tun";
    /** Which of the two it is. */
    readonly type: "tun" | "tap";
    /** Whether frames have a header of packet information. */
    readonly hasPacketInformation: boolean;
    /** Whether frames have a virtio header. */
    readonly hasVnetHeader: boolean;
    /** Whether several queues may be opened. */
    readonly isMultiQueue: boolean;
    /** Whether it stays when nobody has it open. */
    readonly isPersistent: boolean;
    /** The user who may open it. */
    readonly owner?: number;
    /** The group that may open it. */
    readonly group?: number;
  }
  | {
    readonly kind: "vlan";
    /** The VLAN, 0 to 4094. */
    readonly id: number;
    /** The EtherType of the tag: 0x8100 or 0x88a8. */
    readonly protocol: number;
  }
  | {
    readonly kind: "macvlan" | "macvtap";
    /** One of {@linkcode MacvlanMode}. */
    readonly mode: number;
  }
  | {
    readonly kind: "vrf";
    /** The routing table. */
    readonly table: number;
  }
  | {
    readonly kind: "vxlan";
    /** The network identifier, 24 bits. */
    readonly id: number;
    /** The UDP port, host order. */
    readonly port: number;
  };

/** A kind of link that can be made, with what it takes. */
export type NewLinkKind =
  | {
    /** A link that swallows what it is given, or one of a kind that takes no data. */
    readonly kind: "dummy" | "ifb" | "nlmon" | "vcan";
  }
  | { readonly kind: "bridge" } & BridgeSettings
  | {
    readonly kind: "veth";
    /** The other end; the kernel names it when this does not. */
    readonly peer?: VethPeer;
  }
  | {
    readonly kind: "vlan";
    /** The index of the link below. */
    readonly parent: number;
    /** The VLAN, 0 to 4094. */
    readonly id: number;
    /** The EtherType of the tag, 0x8100 when left out. */
    readonly protocol?: number;
  }
  | {
    readonly kind: "macvlan" | "macvtap";
    /** The index of the link below. */
    readonly parent: number;
    /** One of {@linkcode MacvlanMode}; `bridge` when left out. */
    readonly mode?: number;
  }
  | {
    readonly kind: "ipvlan";
    /** The index of the link below. */
    readonly parent: number;
    /** 0 for L2, 1 for L3, 2 for L3 with the lower namespace's filters; 1 when left out. */
    readonly mode?: number;
  }
  | {
    readonly kind: "vrf";
    /** The routing table. */
    readonly table: number;
  }
  | {
    readonly kind: "bond";
    /** 0 balance-rr, 1 active-backup, 2 balance-xor, 3 broadcast, 4 802.3ad, 5 balance-tlb, 6 balance-alb. */
    readonly mode?: number;
    /** Milliseconds between two looks at the links' state. */
    readonly monitorInterval?: number;
  }
  | {
    readonly kind: "vxlan";
    /** The network identifier, 24 bits. */
    readonly id: number;
    /** The index of the link below. */
    readonly parent?: number;
    /** The peer's address, or the multicast group's. */
    readonly remote?: string;
    /** The local address. */
    readonly local?: string;
    /** The UDP port, host order; 4789 when left out (RFC 7348 §8). */
    readonly port?: number;
  };

/** The other end of a veth pair. */
export interface VethPeer {
  /** Its name. */
  readonly name?: string;
  /** The process id whose namespace it is made in. */
  readonly namespacePid?: number;
  /** A descriptor of the namespace that it is made in. */
  readonly namespaceDescriptor?: number;
}

/** A port of a bridge. */
export interface BridgePort {
  /** 0 disabled, 1 listening, 2 learning, 3 forwarding, 4 blocking (IEEE 802.1D §8.4). */
  readonly state: number;
  /** The priority, 0 to 63. */
  readonly priority: number;
  /** The cost of the path. */
  readonly cost: number;
  /** Whether frames may go out where they came in. */
  readonly hairpin: boolean;
  /** Whether spanning tree messages shut the port. */
  readonly guard: boolean;
  /** Whether the port must not lead to the root. */
  readonly rootBlock: boolean;
  /** Whether one leave message ends a group at once. */
  readonly fastLeave: boolean;
  /** Whether source addresses are learned. */
  readonly learning: boolean;
  /** Whether unicast frames to unknown stations go out here. */
  readonly flood: boolean;
  /** Whether multicast frames go out here. */
  readonly multicastFlood: boolean;
  /** Whether ports that are so, too, are out of reach. */
  readonly isolated: boolean;
}

const bridgeAttribute = {
  forwardDelay: 1,
  helloTime: 2,
  maxAge: 3,
  ageingTime: 4,
  stp: 5,
  priority: 6,
  vlanFiltering: 7,
  multicastSnooping: 23,
  defaultPvid: 39,
} as const;

const tunTypes = [undefined, "tun", "tap"] as const;

/** Reads the attributes of the cursor one after the other, by their type. */
function collect(cursor: AttributeCursor, read: (type: number) => void): boolean {
  while (cursor.next()) read(cursor.type);
  return cursor.verdict === 0;
}

function decodeBridge(data: AttributeCursor): LinkData | undefined {
  const settings: { -readonly [K in keyof BridgeSettings]: BridgeSettings[K] } = {};
  const isWhole = collect(data, (type) => {
    switch (type) {
      case bridgeAttribute.forwardDelay:
        settings.forwardDelay = data.u32();
        break;
      case bridgeAttribute.helloTime:
        settings.helloTime = data.u32();
        break;
      case bridgeAttribute.maxAge:
        settings.maxAge = data.u32();
        break;
      case bridgeAttribute.ageingTime:
        settings.ageingTime = data.u32();
        break;
      case bridgeAttribute.stp:
        settings.stp = data.u32() !== 0;
        break;
      case bridgeAttribute.priority:
        settings.priority = data.u16();
        break;
      case bridgeAttribute.vlanFiltering:
        settings.vlanFiltering = data.u8() !== 0;
        break;
      case bridgeAttribute.multicastSnooping:
        settings.multicastSnooping = data.u8() !== 0;
        break;
      case bridgeAttribute.defaultPvid:
        settings.defaultPvid = data.u16();
        break;
    }
  });
  return isWhole ? { kind: "bridge", ...settings } : undefined;
}

function decodeTun(data: AttributeCursor): LinkData | undefined {
  const values: number[] = [];
  // Owner and group are 32 bits wide, all that is read beside them is 8.
  const isWhole = collect(data, (type) => {
    if (type === 1 || type === 2) values[type] = data.u32();
    else if (type >= 3 && type <= 7) values[type] = data.u8();
  });
  const type = tunTypes[values[3] ?? 0];
  if (!isWhole || type === undefined) return undefined;
  return {
    kind: "tun",
    type,
    hasPacketInformation: values[4] === 1,
    hasVnetHeader: values[5] === 1,
    isPersistent: values[6] === 1,
    isMultiQueue: values[7] === 1,
    ...(values[1] !== undefined && { owner: values[1] }),
    ...(values[2] !== undefined && { group: values[2] }),
  };
}

/**
 * Reads what belongs to a kind of link.
 *
 * @param kind The kind, as in {@linkcode LinkInfoAttribute}`.Kind`.
 * @param data A cursor over what is in {@linkcode LinkInfoAttribute}`.Data`; its verdict says whether it was whole.
 * @returns What was read; `undefined` for a kind that is not known here.
 */
export function decodeLinkData(kind: string, data: AttributeCursor): LinkData | undefined {
  let first = 0;
  let second = 0;
  switch (kind) {
    case "bridge":
      return decodeBridge(data);
    case "tun":
      return decodeTun(data);
    case "vlan":
      collect(data, (type) => {
        if (type === 1) first = data.u16();
        else if (type === 5) second = data.u16be();
      });
      return { kind, id: first, protocol: second };
    case "macvlan":
    case "macvtap":
      collect(data, (type) => {
        if (type === 1) first = data.u32();
      });
      return { kind, mode: first };
    case "vrf":
      collect(data, (type) => {
        if (type === 1) first = data.u32();
      });
      return { kind, table: first };
    case "vxlan":
      collect(data, (type) => {
        if (type === 1) first = data.u32();
        else if (type === 15) second = data.u16be();
      });
      return { kind, id: first, port: second };
    default:
      return undefined;
  }
}

/**
 * Reads what belongs to a port of a bridge.
 *
 * @param data A cursor over what is in {@linkcode LinkInfoAttribute}`.PortData`.
 * @returns The port; its values are 0 where the cursor's verdict is not ok.
 */
export function decodeBridgePort(data: AttributeCursor): BridgePort {
  const values: number[] = [];
  const has = (type: number): boolean => values[type] === 1;
  collect(data, (type) => {
    if (type === 2) values[type] = data.u16();
    else if (type === 3) values[type] = data.u32();
    else if (type <= 9 || type === 27 || type === 33) values[type] = data.u8();
  });
  return {
    state: values[1] ?? 0,
    priority: values[2] ?? 0,
    cost: values[3] ?? 0,
    hairpin: has(4),
    guard: has(5),
    rootBlock: has(6),
    fastLeave: has(7),
    learning: has(8),
    flood: has(9),
    multicastFlood: has(27),
    isolated: has(33),
  };
}

function writeBridge(writer: MessageWriter, settings: BridgeSettings): void {
  for (const name of ["forwardDelay", "helloTime", "maxAge", "ageingTime"] as const) {
    const value = settings[name];
    if (value !== undefined) writer.u32(bridgeAttribute[name], value);
  }
  if (settings.stp !== undefined) writer.u32(bridgeAttribute.stp, settings.stp ? 1 : 0);
  for (const name of ["priority", "defaultPvid"] as const) {
    const value = settings[name];
    if (value !== undefined) writer.u16(bridgeAttribute[name], value);
  }
  for (const name of ["vlanFiltering", "multicastSnooping"] as const) {
    const value = settings[name];
    if (value !== undefined) writer.u8(bridgeAttribute[name], value ? 1 : 0);
  }
}

function writeVxlan(writer: MessageWriter, link: NewLinkKind & { kind: "vxlan" }): void {
  writer.u32(1, link.id);
  if (link.parent !== undefined) writer.u32(3, link.parent);
  if (link.remote !== undefined) {
    const { bytes } = parseAddressBytes(link.remote);
    writer.attribute(bytes.length === 4 ? 2 : 16, bytes);
  }
  if (link.local !== undefined) {
    const { bytes } = parseAddressBytes(link.local);
    writer.attribute(bytes.length === 4 ? 4 : 17, bytes);
  }
  writer.u16be(15, link.port ?? 4789);
}

/**
 * Writes what belongs to a kind of link, inside an open {@linkcode LinkInfoAttribute}`.Data`.
 *
 * @param writer Where it goes.
 * @param link The kind.
 * @param writePeer Writes the header and the attributes of a veth pair's other end.
 */
export function writeLinkData(
  writer: MessageWriter,
  link: NewLinkKind,
  writePeer: (peer: VethPeer) => void,
): void {
  switch (link.kind) {
    case "bridge":
      writeBridge(writer, link);
      break;
    case "veth":
      if (link.peer !== undefined) {
        const mark = writer.beginNest(1);
        writePeer(link.peer);
        writer.endNest(mark);
      }
      break;
    case "vlan":
      writer.u16(1, link.id);
      if (link.protocol !== undefined) writer.u16be(5, link.protocol);
      break;
    case "macvlan":
    case "macvtap":
      writer.u32(1, link.mode ?? MacvlanMode.bridge);
      break;
    case "ipvlan":
      writer.u16(1, link.mode ?? 1);
      break;
    case "vrf":
      writer.u32(1, link.table);
      break;
    case "bond":
      if (link.mode !== undefined) writer.u8(1, link.mode);
      if (link.monitorInterval !== undefined) writer.u32(3, link.monitorInterval);
      break;
    case "vxlan":
      writeVxlan(writer, link);
      break;
  }
}

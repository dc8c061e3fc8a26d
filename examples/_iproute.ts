/**
 * Links and addresses as iproute2 shows them: the objects of `ip -json`, and its lines made of them.
 *
 * @module
 */
import { formatIpv4, formatIpv6, readIpv4, readIpv6 } from "@octet/netip";
import {
  AddressFlag,
  HardwareType,
  type Link,
  type LinkAddress,
  LinkFlag,
  type LinkStatistics,
  RouteScope,
} from "@octet/netlink";

/** A JSON object, its members in the order in which they are shown. */
export type JsonObject = Record<string, unknown>;

/** The names and states of links, by their indexes. */
export class LinkNames {
  readonly #links: ReadonlyMap<number, Link>;

  /** Remembers links. */
  constructor(links: readonly Link[]) {
    this.#links = new Map(links.map((link) => [link.index, link]));
  }

  /** The name of a link, `if7` for one that is not known. */
  name(index: number): string {
    return this.#links.get(index)?.name ?? `if${index}`;
  }

  /** Whether a link is known to be down. */
  isDown(index: number): boolean {
    return !(this.#links.get(index)?.isUp ?? false);
  }
}

/** The flags in iproute2's order, which is not that of the bits. */
const flagNames: readonly (readonly [bit: number, name: string])[] = [
  [LinkFlag.Loopback, "LOOPBACK"],
  [LinkFlag.Broadcast, "BROADCAST"],
  [LinkFlag.PointToPoint, "POINTOPOINT"],
  [LinkFlag.Multicast, "MULTICAST"],
  [LinkFlag.NoArp, "NOARP"],
  [LinkFlag.AllMulticast, "ALLMULTI"],
  [LinkFlag.Promiscuous, "PROMISC"],
  [LinkFlag.Master, "MASTER"],
  [LinkFlag.Slave, "SLAVE"],
  [LinkFlag.Debug, "DEBUG"],
  [LinkFlag.Dynamic, "DYNAMIC"],
  [LinkFlag.AutoMedia, "AUTOMEDIA"],
  [LinkFlag.PortSelect, "PORTSEL"],
  [LinkFlag.NoTrailers, "NOTRAILERS"],
  [LinkFlag.Up, "UP"],
  [LinkFlag.LowerUp, "LOWER_UP"],
  [LinkFlag.Dormant, "DORMANT"],
  [LinkFlag.Echo, "ECHO"],
];

const operStates = [
  ...["UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"],
];

const hardwareTypes: ReadonlyMap<number, string> = new Map([
  [HardwareType.Ethernet, "ether"],
  [32, "infiniband"],
  [280, "can"],
  [HardwareType.Ppp, "ppp"],
  [519, "rawip"],
  [HardwareType.Tunnel, "ipip"],
  [HardwareType.Tunnel6, "tunnel6"],
  [HardwareType.Loopback, "loopback"],
  [HardwareType.Sit, "sit"],
  [HardwareType.Gre, "gre"],
  [801, "ieee802.11"],
  [803, "ieee802.11/radiotap"],
  [823, "gre6"],
  [824, "netlink"],
  [826, "vsockmon"],
  [HardwareType.None, "none"],
]);

const addressFlags: readonly (readonly [bit: number, name: string])[] = [
  [AddressFlag.Secondary, "secondary"],
  [AddressFlag.NoDuplicateDetection, "nodad"],
  [AddressFlag.Optimistic, "optimistic"],
  [AddressFlag.DuplicateDetected, "dadfailed"],
  [AddressFlag.Home, "home"],
  [AddressFlag.Deprecated, "deprecated"],
  [AddressFlag.Tentative, "tentative"],
  [AddressFlag.ManageTemporary, "mngtmpaddr"],
  [AddressFlag.NoPrefixRoute, "noprefixroute"],
  [AddressFlag.AutoJoin, "autojoin"],
  [AddressFlag.StablePrivacy, "stable-privacy"],
];

const scopes: ReadonlyMap<number, string> = new Map([
  [RouteScope.Global, "global"],
  [RouteScope.Site, "site"],
  [RouteScope.Link, "link"],
  [RouteScope.Host, "host"],
  [RouteScope.Nowhere, "nowhere"],
]);

/** The name of a scope, or its number. */
export function scopeName(scope: number): string {
  return scopes.get(scope) ?? String(scope);
}

function hardwareText(bytes: Uint8Array, type: number): string {
  const isTunnel = type === HardwareType.Tunnel || type === HardwareType.Sit ||
    type === HardwareType.Gre;
  if (isTunnel && bytes.length === 4) return formatIpv4(readIpv4(bytes, 0));
  const isTunnel6 = type === HardwareType.Tunnel6 || type === 823;
  if (isTunnel6 && bytes.length === 16) return formatIpv6(readIpv6(bytes, 0));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function linkFlags(link: Link, names: LinkNames): string[] {
  const found = flagNames.filter(([bit]) => (link.flags & bit) !== 0).map(([, name]) => name);
  if (link.isUp && (link.flags & LinkFlag.Running) === 0) found.unshift("NO-CARRIER");
  const lower = link.parentNamespace === undefined ? link.parent ?? 0 : 0;
  if (lower !== 0 && names.isDown(lower)) found.push("M-DOWN");
  return found;
}

function statisticsObject({ received, sent }: LinkStatistics): JsonObject {
  return {
    rx: {
      bytes: received.bytes,
      packets: received.packets,
      errors: received.errors,
      dropped: received.dropped,
      over_errors: received.overErrors,
      multicast: received.multicast,
    },
    tx: {
      bytes: sent.bytes,
      packets: sent.packets,
      errors: sent.errors,
      dropped: sent.dropped,
      carrier_errors: sent.carrierErrors,
      collisions: sent.collisions,
    },
  };
}

/** What is shown of a link. */
export interface LinkObjectOptions {
  /** Whether it is shown without addresses: `ip link` says mode and description, `ip address` does not. */
  readonly alone?: boolean;
  /** Whether counters are. */
  readonly statistics?: boolean;
}

/** A link as an object of `ip -json link`. */
export function linkObject(
  link: Link,
  names: LinkNames,
  options: LinkObjectOptions = {},
): JsonObject {
  const object: JsonObject = { ifindex: link.index };
  if (link.parent !== undefined) {
    if (link.parent === 0) object["link"] = null;
    else if (link.parentNamespace !== undefined) object["link_index"] = link.parent;
    else object["link"] = names.name(link.parent);
  }
  object["ifname"] = link.name;
  object["flags"] = linkFlags(link, names);
  object["mtu"] = link.mtu;
  if (link.qdisc !== "") object["qdisc"] = link.qdisc;
  if (link.master !== 0) object["master"] = names.name(link.master);
  object["operstate"] = operStates[link.operState] ?? `0x${link.operState.toString(16)}`;
  if (options.alone === true) object["linkmode"] = link.linkMode === 0 ? "DEFAULT" : "DORMANT";
  object["group"] = link.group === 0 ? "default" : String(link.group);
  if (link.queueLength !== 0) object["txqlen"] = link.queueLength;
  object["link_type"] = hardwareTypes.get(link.hardwareType) ?? `[${link.hardwareType}]`;
  if (link.addressBytes.length > 0) {
    object["address"] = hardwareText(link.addressBytes, link.hardwareType);
    if (link.broadcastBytes.length > 0) {
      if ((link.flags & LinkFlag.PointToPoint) !== 0) object["link_pointtopoint"] = true;
      object["broadcast"] = hardwareText(link.broadcastBytes, link.hardwareType);
    }
    const permanent = link.permanentAddress?.toString();
    if (permanent !== undefined && permanent !== object["address"]) object["permaddr"] = permanent;
  }
  const { parentNamespace } = link;
  if (parentNamespace !== undefined && parentNamespace >= 0) {
    object["link_netnsid"] = parentNamespace;
  }
  if (options.alone === true && link.alias !== undefined) object["ifalias"] = link.alias;
  if (link.alternativeNames.length > 0) object["altnames"] = link.alternativeNames;
  if (options.statistics === true && link.statistics !== undefined) {
    object["stats64"] = statisticsObject(link.statistics);
  }
  return object;
}

/** The name of a link with what is behind it, such as `v0@v1`. */
export function nameWithPeer(link: JsonObject): string {
  if (link["link"] === null) return `${link["ifname"]}@NONE`;
  if (link["link"] !== undefined) return `${link["ifname"]}@${link["link"]}`;
  if (link["link_index"] !== undefined) return `${link["ifname"]}@if${link["link_index"]}`;
  return String(link["ifname"]);
}

/** How a link's lines are coloured. */
export interface Paint {
  /** A name. */
  readonly name: (text: string) => string;
  /** An address. */
  readonly address: (text: string) => string;
  /** A state: up, down or neither. */
  readonly state: (text: string) => string;
}

/** No colour. */
export const plain: Paint = { name: String, address: String, state: String };

/** The lines of `ip link`, of an object that {@linkcode linkObject} made. */
export function linkLines(link: JsonObject, paint: Paint = plain): string {
  const words: string[] = [];
  const add = (label: string, name: string) => {
    if (link[name] !== undefined) words.push(`${label} ${link[name]}`);
  };
  add("mtu", "mtu");
  add("qdisc", "qdisc");
  add("master", "master");
  words.push(`state ${paint.state(String(link["operstate"]))}`);
  add("mode", "linkmode");
  add("group", "group");
  add("qlen", "txqlen");
  const flags = (link["flags"] as string[]).join(",");
  const name = paint.name(nameWithPeer(link));
  const lines = [`${link["ifindex"]}: ${name}: <${flags}> ${words.join(" ")}`];
  const hardware = [`    link/${link["link_type"]}`];
  if (link["address"] !== undefined) hardware.push(paint.address(String(link["address"])));
  if (link["broadcast"] !== undefined) {
    const label = link["link_pointtopoint"] === true ? "peer" : "brd";
    hardware.push(label, paint.address(String(link["broadcast"])));
  }
  if (link["permaddr"] !== undefined) hardware.push("permaddr", String(link["permaddr"]));
  if (link["link_netnsid"] !== undefined) hardware.push(`link-netnsid ${link["link_netnsid"]}`);
  lines.push(hardware.join(" "));
  if (link["ifalias"] !== undefined) lines.push(`    alias ${link["ifalias"]}`);
  for (const other of link["altnames"] as string[] | undefined ?? []) {
    lines.push(`    altname ${other}`);
  }
  const counters = link["stats64"] as { rx: JsonObject; tx: JsonObject } | undefined;
  if (counters !== undefined) {
    lines.push(...counterLines("RX", counters.rx), ...counterLines("TX", counters.tx));
  }
  return `${lines.join("\n")}\n`;
}

function counterLines(direction: string, counters: JsonObject): string[] {
  const names = Object.keys(counters).map((name) => name.replace("_errors", ""));
  const values = Object.values(counters).map(String);
  const widths = names.map((name, i) => Math.max(name.length, values[i]!.length, 7));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => cell.padStart(widths[i]!)).join(" ");
  return [`    ${direction}: ${line(names)}`, `        ${line(values)}`];
}

function lifetime(seconds: number): number {
  return Math.min(seconds, 0xffff_ffff);
}

/** An address as an object of `addr_info` in `ip -json address`. */
export function addressObject(address: LinkAddress): JsonObject {
  const { peer, metric, broadcast, anycast, label } = address;
  return {
    family: address.version === 4 ? "inet" : "inet6",
    local: address.address,
    ...(peer !== undefined && { address: peer }),
    prefixlen: address.prefixLength,
    ...(metric !== undefined && metric !== 0 && { metric }),
    ...(broadcast !== undefined && { broadcast }),
    ...(anycast !== undefined && { anycast }),
    scope: scopeName(address.scope),
    ...addressFlagObject(address),
    ...(label !== undefined && { label }),
    valid_life_time: lifetime(address.validLifetime),
    preferred_life_time: lifetime(address.preferredLifetime),
  };
}

function addressFlagObject({ flags, version }: LinkAddress): JsonObject {
  const found: JsonObject = {};
  for (const [bit, name] of addressFlags) {
    if ((flags & bit) === 0) continue;
    found[name === "secondary" && version === 6 ? "temporary" : name] = true;
  }
  if ((flags & AddressFlag.Permanent) === 0) found["dynamic"] = true;
  return found;
}

/** The lines of `ip address` for an address, of an object that {@linkcode addressObject} made. */
export function addressLines(address: JsonObject, paint: Paint = plain): string {
  const local = paint.address(String(address["local"]));
  const words = [
    `    ${address["family"]}`,
    address["address"] === undefined
      ? `${local}/${address["prefixlen"]}`
      : `${local} peer ${address["address"]}/${address["prefixlen"]}`,
  ];
  for (const [label, name] of [["metric", "metric"], ["brd", "broadcast"], ["any", "anycast"]]) {
    if (address[name!] !== undefined) words.push(`${label} ${address[name!]}`);
  }
  words.push(`scope ${address["scope"]}`);
  for (const [name, value] of Object.entries(address)) if (value === true) words.push(name);
  if (address["label"] !== undefined) words.push(String(address["label"]));
  const life = (name: string) => address[name] === 0xffff_ffff ? "forever" : `${address[name]}sec`;
  return `${words.join(" ")}\n       valid_lft ${life("valid_life_time")} ` +
    `preferred_lft ${life("preferred_life_time")}\n`;
}

/**
 * The words of `link.ts set` and `link.ts add`, which are those of iproute2.
 *
 * @module
 */
import { MacAddress } from "@octet/netip";
import {
  type BridgeSettings,
  type LinkSettings,
  MacvlanMode,
  type NamespaceReference,
  type NewLinkKind,
} from "@octet/netlink";
import { UsageError } from "./_arguments.ts";

/** Words of a command line, read one after the other. */
export class Words {
  readonly #words: readonly string[];
  #next = 0;

  /** Stands before the first word. */
  constructor(words: readonly string[]) {
    this.#words = words;
  }

  /** The next word; `undefined` at the end. */
  next(): string | undefined {
    return this.#words[this.#next++];
  }

  /** Takes the next word when it is this one. */
  take(word: string): boolean {
    if (this.#words[this.#next] !== word) return false;
    this.#next++;
    return true;
  }

  /** Whether all have been read. */
  get isAtEnd(): boolean {
    return this.#next >= this.#words.length;
  }

  /** The value behind a word. */
  text(word: string, like: string): string {
    const value = this.next();
    if (value === undefined) throw new UsageError(`${word} wants ${like} behind it`);
    return value;
  }

  /** A whole number behind a word. */
  integer(word: string, least: number, most: number): number {
    const like = `a whole number from ${least} to ${most}`;
    const text = this.text(word, like);
    const value = /^(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : NaN;
    if (value >= least && value <= most) return value;
    throw new UsageError(`${word} wants ${like}, not ${JSON.stringify(text)}`);
  }

  /** `on` or `off` behind a word; also 1 and 0, which iproute2 takes for some. */
  toggle(word: string): boolean {
    const text = this.text(word, "on or off");
    if (text === "on" || text === "1") return true;
    if (text === "off" || text === "0") return false;
    throw new UsageError(`${word} wants on or off, not ${JSON.stringify(text)}`);
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Turns links' names into indexes. */
export type FindLink = (name: string) => number;

function readMac(words: Words, word: string): MacAddress {
  const text = words.text(word, "a MAC address like 02:00:00:00:00:01");
  const address = MacAddress.tryParse(text);
  if (address !== undefined) return address;
  throw new UsageError(`${word} wants a MAC address like 02:00:00:00:00:01, not ${text}`);
}

function readNamespace(words: Words): NamespaceReference {
  const text = words.text("netns", "the name of a namespace, or a process id");
  return /^[1-9]\d*$/.test(text) ? { pid: Number(text) } : text;
}

/** Reads one of the words that both commands know; `false` when it is another. */
function readSetting(word: string, words: Words, settings: Mutable<LinkSettings>): boolean {
  switch (word) {
    case "up":
    case "down":
      settings.up = word === "up";
      return true;
    case "mtu":
      settings.mtu = words.integer(word, 0, 0x7fff_ffff);
      return true;
    case "address":
      settings.hardwareAddress = readMac(words, word);
      return true;
    case "master":
      settings.master = words.text(word, "the name of a bridge or bond");
      return true;
    case "txqueuelen":
    case "txqlen":
    case "qlen":
      settings.queueLength = words.integer(word, 0, 0xffff_ffff);
      return true;
    case "promisc":
      settings.promiscuous = words.toggle(word);
      return true;
    case "allmulticast":
      settings.allMulticast = words.toggle(word);
      return true;
    case "multicast":
      settings.multicast = words.toggle(word);
      return true;
    case "arp":
      settings.arp = words.toggle(word);
      return true;
    case "group":
      settings.group = words.take("default") ? 0 : words.integer(word, 0, 0x7fff_ffff);
      return true;
    case "netns":
      settings.namespace = readNamespace(words);
      return true;
    default:
      return false;
  }
}

/** Reads what `link.ts set IFNAME` is to change. */
export function readSettings(words: Words): LinkSettings {
  const settings: Mutable<LinkSettings> = {};
  if (words.isAtEnd) {
    throw new UsageError("Missing what to set, such as mtu 1400: --help lists the words");
  }
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (readSetting(word, words, settings)) continue;
    switch (word) {
      case "nomaster":
        settings.master = null;
        break;
      case "name":
        settings.name = words.text(word, "the new name");
        break;
      case "alias":
        settings.alias = words.text(word, "a description");
        break;
      case "type": {
        const kind = words.text(word, "bridge");
        if (kind !== "bridge") {
          throw new UsageError(`set … type knows bridge alone, not ${JSON.stringify(kind)}`);
        }
        settings.bridge = readBridge(words);
        break;
      }
      default:
        throw new UsageError(`Unknown word ${JSON.stringify(word)}: --help lists them`);
    }
  }
  return settings;
}

/** What `link.ts add IFNAME` is to make. */
export interface NewLinkWords {
  /** The kind; TUN/TAP devices are made another way. */
  readonly kind: NewLinkKind | TunWords;
  /** What else the link is to have. */
  readonly settings: Omit<LinkSettings, "name" | "alias" | "bridge">;
}

/** A TUN/TAP device to be made. */
export interface TunWords {
  /** Which of the two. */
  readonly kind: "tun" | "tap";
  /** The user who may open it. */
  readonly owner?: number;
  /** The group that may open it. */
  readonly group?: number;
  /** Whether several queues may be opened. */
  readonly multiQueue?: boolean;
  /** Whether frames have a virtio header. */
  readonly vnetHeader?: boolean;
}

/** Whether a TUN/TAP device is to be made. */
export function isTun(link: NewLinkKind | TunWords): link is TunWords {
  return link.kind === "tun" || link.kind === "tap";
}

const kinds = [
  ...["bridge", "bond", "dummy", "ifb", "ipvlan", "macvlan", "macvtap", "nlmon", "tap", "tun"],
  ...["vcan", "veth", "vlan", "vrf", "vxlan"],
];

/** Reads what `link.ts add IFNAME` is to make. */
export function readNewLink(words: Words, findLink: FindLink): NewLinkWords {
  const settings: Mutable<LinkSettings> = {};
  let parent: string | undefined;
  let kind: string | undefined;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (readSetting(word, words, settings)) continue;
    if (word === "link") parent = words.text(word, "the name of the link below");
    else {
      kind = word === "type" ? words.text(word, `one of ${kinds.join(", ")}`) : word;
      break;
    }
  }
  if (kind === undefined) {
    throw new UsageError(`Missing type: one of ${kinds.join(", ")}`);
  }
  if (!kinds.includes(kind)) {
    throw new UsageError(`Unknown type ${JSON.stringify(kind)}: one of ${kinds.join(", ")}`);
  }
  const made = readKind(kind, words, parent, findLink);
  if (isTun(made) && Object.keys(settings).length > 0) {
    throw new UsageError(
      `A ${made.kind} device is made with nothing set: say up, mtu … with link.ts set, afterwards`,
    );
  }
  return { kind: made, settings };
}

function readKind(
  kind: string,
  words: Words,
  parent: string | undefined,
  findLink: FindLink,
): NewLinkKind | TunWords {
  const below = (): number => {
    if (parent === undefined) {
      throw new UsageError(`Type ${kind} wants link IFNAME before it: the link below`);
    }
    return findLink(parent);
  };
  switch (kind) {
    case "tun":
    case "tap":
      return readTun(kind, words);
    case "bridge":
      return { kind, ...readBridge(words) };
    case "veth":
      return readVeth(words);
    case "vlan":
      return readVlan(words, below());
    case "macvlan":
    case "macvtap":
      return { kind, parent: below(), mode: readMacvlanMode(words) };
    case "ipvlan":
      return { kind, parent: below(), mode: readIpvlanMode(words) };
    case "vrf":
      if (!words.take("table")) throw new UsageError("Type vrf wants table NUMBER behind it");
      return atEnd(words, { kind, table: words.integer("table", 1, 0xffff_ffff) });
    case "vxlan":
      return readVxlan(words, parent === undefined ? undefined : findLink(parent));
    case "bond":
      return atEnd(words, { kind });
    default:
      return atEnd(words, { kind: kind as "dummy" });
  }
}

function atEnd<T>(words: Words, value: T): T {
  const word = words.next();
  if (word === undefined) return value;
  throw new UsageError(`Unknown word ${JSON.stringify(word)}: --help lists them`);
}

function readTun(kind: "tun" | "tap", words: Words): TunWords {
  const tun: Mutable<TunWords> = { kind };
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "user") tun.owner = words.integer(word, 0, 0xffff_fffe);
    else if (word === "group") tun.group = words.integer(word, 0, 0xffff_fffe);
    else if (word === "multi_queue") tun.multiQueue = true;
    else if (word === "vnet_hdr") tun.vnetHeader = true;
    else throw new UsageError(`Unknown word ${JSON.stringify(word)}: --help lists them`);
  }
  return tun;
}

function readBridge(words: Words): BridgeSettings {
  const settings: Mutable<BridgeSettings> = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    switch (word) {
      case "stp_state":
        settings.stp = words.toggle(word);
        break;
      case "priority":
        settings.priority = words.integer(word, 0, 65_535);
        break;
      case "forward_delay":
        settings.forwardDelay = words.integer(word, 0, 3000);
        break;
      case "hello_time":
        settings.helloTime = words.integer(word, 100, 1000);
        break;
      case "max_age":
        settings.maxAge = words.integer(word, 600, 4000);
        break;
      case "ageing_time":
        settings.ageingTime = words.integer(word, 0, 0xffff_ffff);
        break;
      case "vlan_filtering":
        settings.vlanFiltering = words.toggle(word);
        break;
      case "vlan_default_pvid":
        settings.defaultPvid = words.integer(word, 0, 4094);
        break;
      case "mcast_snooping":
        settings.multicastSnooping = words.toggle(word);
        break;
      default:
        throw new UsageError(`Unknown word ${JSON.stringify(word)}: --help lists them`);
    }
  }
  return settings;
}

function readVeth(words: Words): NewLinkKind {
  if (!words.take("peer")) return atEnd(words, { kind: "veth" });
  let name: string | undefined;
  let namespacePid: number | undefined;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "name") name = words.text(word, "the name of the other end");
    else if (word === "netns") namespacePid = words.integer("peer netns", 1, 0x7fff_ffff);
    else throw new UsageError(`Unknown word ${JSON.stringify(word)} behind peer: name or netns`);
  }
  return {
    kind: "veth",
    peer: {
      ...(name !== undefined && { name }),
      ...(namespacePid !== undefined && { namespacePid }),
    },
  };
}

function readVlan(words: Words, parent: number): NewLinkKind {
  let protocol = 0x8100;
  let id: number | undefined;
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "id") id = words.integer(word, 0, 4094);
    else if (word === "protocol") {
      const text = words.text(word, "802.1Q or 802.1ad").toLowerCase();
      if (text !== "802.1q" && text !== "802.1ad") {
        throw new UsageError(`protocol wants 802.1Q or 802.1ad, not ${JSON.stringify(text)}`);
      }
      protocol = text === "802.1q" ? 0x8100 : 0x88a8;
    } else throw new UsageError(`Unknown word ${JSON.stringify(word)}: id or protocol`);
  }
  if (id === undefined) throw new UsageError("Type vlan wants id NUMBER behind it");
  return { kind: "vlan", parent, id, protocol };
}

function readMacvlanMode(words: Words): number {
  if (!words.take("mode")) return atEnd(words, MacvlanMode.bridge);
  const text = words.text("mode", Object.keys(MacvlanMode).join(", "));
  if (!Object.hasOwn(MacvlanMode, text)) {
    throw new UsageError(`mode wants one of ${Object.keys(MacvlanMode).join(", ")}, not ${text}`);
  }
  return atEnd(words, MacvlanMode[text as keyof typeof MacvlanMode]);
}

function readIpvlanMode(words: Words): number {
  if (!words.take("mode")) return atEnd(words, 1);
  const text = words.text("mode", "l2, l3 or l3s");
  const mode = ["l2", "l3", "l3s"].indexOf(text);
  if (mode < 0) throw new UsageError(`mode wants l2, l3 or l3s, not ${JSON.stringify(text)}`);
  return atEnd(words, mode);
}

function readVxlan(words: Words, parent: number | undefined): NewLinkKind {
  let id: number | undefined;
  const rest: { remote?: string; local?: string; port?: number } = {};
  for (let word = words.next(); word !== undefined; word = words.next()) {
    if (word === "id" || word === "vni") id = words.integer(word, 0, 0xff_ffff);
    else if (word === "remote") rest.remote = words.text(word, "an address");
    else if (word === "local") rest.local = words.text(word, "an address");
    else if (word === "dstport") rest.port = words.integer(word, 1, 65_535);
    else throw new UsageError(`Unknown word ${JSON.stringify(word)}: --help lists them`);
  }
  if (id === undefined) throw new UsageError("Type vxlan wants id NUMBER behind it");
  return { kind: "vxlan", id, ...(parent !== undefined && { parent }), ...rest };
}

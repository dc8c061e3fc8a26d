/**
 * One of a stack's interfaces: the link with what belongs to it.
 *
 * @module
 */
import { Arp, type NeighbourCacheOptions } from "@octet/arp";
import { EthernetLink } from "@octet/ethernet/link";
import type {
  InterfaceCounters,
  Ipv4,
  Ipv4Interface,
  LocalAddress,
  SourceValidation,
} from "@octet/ipv4";
import type { Ipv4Prefix } from "@octet/netip";
import { MacAddress } from "@octet/netip/mac-address";
import { writeMulticastMac } from "@octet/netip/multicast-mac";
import {
  type BaseNode,
  BranchNode,
  type NodeParent,
  type Packet,
  type Random,
  type Verdict,
} from "@octet/wire";
import { proxyArp } from "./proxy_arp.ts";

/** How an {@linkcode Interface} is set up. */
export interface InterfaceOptions {
  /** Its name, such as `"eth1"`; made of its index when left out. */
  readonly name?: string;
  /** What carries the datagrams: Ethernet frames (when left out), or nothing at all as on a TUN device. */
  readonly link?: "ethernet" | "ip";
  /** The hardware address; a random locally administered one when left out. */
  readonly hardwareAddress?: MacAddress;
  /** The longest datagram of the link, in bytes, 68 to 65,535; 1500 when left out. */
  readonly mtu?: number;
  /** The longest datagram that the device cuts into segments for us; the MTU when left out. */
  readonly maxSegment?: number;
  /** Whether the device completes transport checksums; `false` when left out. */
  readonly checksumOffload?: boolean;
  /** The VLAN, 1 to 4094; frames are untagged when left out. */
  readonly vlanId?: number;
  /** Whether frames to other stations are taken too; `false` when left out. */
  readonly promiscuous?: boolean;
  /** Sizes and times of the neighbour cache. */
  readonly neighbours?: NeighbourCacheOptions;
  /** How many datagrams wait for a full device at most; 1000 when left out. */
  readonly queueLimit?: number;
  /**
   * Whether the source of what comes in must be reachable (RFC 3704). When left out, `"off"` on a host, and `"strict"`
   * on a router.
   */
  readonly sourceValidation?: SourceValidation;
  /** Whether sources are refused that cannot stand in the public Internet; `false` when left out. */
  readonly filtersBogons?: boolean;
  /**
   * Whether to answer ARP requests for what is reached by another interface (RFC 1027): `true` for everything that a
   * route leads to, or what lies in some prefixes; `false` when left out. Only for a stack that forwards.
   */
  readonly proxyArp?: boolean | readonly Ipv4Prefix[];
  /** Called when another station uses an address of ours, host order. */
  readonly onConflict?: (address: number, now: number) => void;
}

/** What an {@linkcode Interface} shares with the rest of its stack. */
export interface InterfaceSetup {
  /** The IP layer. */
  readonly ipv4: Ipv4;
  /** Random numbers. */
  readonly random: Random;
  /** Called with a datagram whose next hop did not answer; the packet is gone after the call. */
  readonly onUnreachable: (via: Interface, packet: Packet, now: number) => void;
  /** Called when a neighbour, host order, did not answer. */
  readonly onFailure: (via: Interface, neighbour: number, now: number) => void;
  /** Called when the interface has come up again. */
  readonly onUp: (via: Interface) => void;
}

/** A stack's interface: a node of the stack, with its link below. */
export class Interface extends BranchNode {
  /** What the IP layer knows of it. */
  declare readonly ip: Ipv4Interface;
  /** The hardware address; 00:00:00:00:00:00 without Ethernet. */
  readonly hardwareAddress: MacAddress;
  /** The Ethernet link; `null` where datagrams travel bare. */
  declare readonly link: EthernetLink | null;
  /** The neighbours; `null` where there is no Ethernet. */
  declare readonly arp: Arp | null;
  /** Bytes before a datagram in a frame. */
  declare readonly headerLength: number;
  readonly #ipv4: Ipv4;
  readonly #onUp: (via: Interface) => void;
  /** Where frames go in: the link, or the IP layer where there is none. */
  declare readonly root: BaseNode;

  /**
   * Makes an interface, and registers it in the IP layer.
   *
   * @param parent The stack, which it becomes a node of.
   * @param options How it is set up.
   * @param setup What it shares with the rest of the stack.
   * @throws {RangeError} When an option is out of range.
   * @throws {TypeError} When another interface has the name, or it is to answer for others and the stack does not
   *     forward.
   */
  constructor(parent: NodeParent, options: InterfaceOptions, setup: InterfaceSetup) {
    super();
    const { ipv4, random } = setup;
    const { link = "ethernet", mtu = 1500, checksumOffload = false, queueLimit = 1000 } = options;
    const { hardwareAddress = MacAddress.random(() => random.uint32()), onConflict } = options;
    const { proxyArp: proxies = false } = options;
    const isEthernet = link === "ethernet";
    this.#ipv4 = ipv4;
    this.#onUp = setup.onUp;
    this.hardwareAddress = isEthernet ? hardwareAddress : MacAddress.zero;
    const { promiscuous = false, vlanId = 0 } = options;
    this.link = isEthernet ? new EthernetLink({ hardwareAddress, promiscuous, vlanId }) : null;
    this.headerLength = this.link?.headerLength ?? 0;
    this.ip = ipv4.addInterface({
      mtu,
      maxSegment: options.maxSegment ?? mtu,
      checksumOffload,
      queueLimit,
      ...(options.name === undefined ? {} : { name: options.name }),
    });
    const { sourceValidation = ipv4.isForwarding ? "strict" : "off" } = options;
    this.ip.sourceValidation = sourceValidation;
    this.ip.filtersBogons = options.filtersBogons ?? false;
    this.attach(parent);
    this.root = this.link ?? this.ip;
    this.root.attach(this);
    this.arp = this.link === null ? null : new Arp({
      hardwareAddress,
      random,
      addresses: this.ip,
      cache: options.neighbours ?? {},
      onUnreachable: (packet, now) => setup.onUnreachable(this, packet, now),
      onFailure: (neighbour, now) => setup.onFailure(this, neighbour, now),
      ...(onConflict === undefined ? {} : { onConflict }),
      ...(proxies === false ? {} : { proxy: proxyArp(ipv4, this.ip, proxies) }),
    });
    if (this.link !== null && this.arp !== null) {
      this.link.register(this.arp);
      this.link.register(this.ip);
      this.link.resolver = this.arp;
      this.#tellLink(0xe0000001, true);
    }
  }

  /** Its number, counted from 0; `packet.interfaceIndex` names it. */
  get index(): number {
    return this.ip.index;
  }

  /** Its name. */
  get name(): string {
    return this.ip.name;
  }

  /** The longest datagram, in bytes. */
  get mtu(): number {
    return this.ip.mtu;
  }

  /** The longest datagram that the device cuts into segments for us, in bytes. */
  get maxSegment(): number {
    return this.ip.maxSegment;
  }

  /** Whether the device completes transport checksums. */
  get checksumOffload(): boolean {
    return this.ip.checksumOffload;
  }

  /** Whether it carries frames. */
  get isUp(): boolean {
    return this.ip.isUp;
  }

  /** What was counted so far. */
  get counters(): Readonly<InterfaceCounters> {
    return this.ip.counters;
  }

  /** The addresses, the primary one first. */
  get addresses(): readonly LocalAddress[] {
    return this.ip.addresses.entries;
  }

  /** Whether its device has no room: its frames stay here, and those of other interfaces go on. */
  get isBlocked(): boolean {
    return this.ip.isBlocked;
  }

  set isBlocked(isBlocked: boolean) {
    if (this.ip.isBlocked === isBlocked) return;
    this.ip.isBlocked = isBlocked;
    this.#reconsider();
  }

  /**
   * Brings the interface up; its neighbours are told of its addresses (RFC 5227 §2.3).
   *
   * @param now Milliseconds; when left out, the neighbours are not told.
   */
  up(now?: number): void {
    if (this.isUp) return;
    this.#ipv4.setUp(this.ip, true);
    this.#reconsider();
    this.#onUp(this);
    if (now === undefined) return;
    for (const { address } of this.addresses) this.arp?.announce(address, now);
  }

  /**
   * Takes the interface down: frames are neither taken nor sent, routes through it are not used, and its neighbours
   * are forgotten. Addresses, routes and groups stay for the time when it is up again.
   */
  down(): void {
    if (!this.isUp) return;
    this.#ipv4.setUp(this.ip, false);
    this.arp?.cache.clear();
    this.#reconsider();
  }

  /** Takes a frame; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    return this.root.demux(packet, offset, end, now);
  }

  /** Writes a frame of the link's own: ARP, and what has waited; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, ipOffset: number, offset: number, now: number): number {
    const { readyList } = this;
    const { turn } = this.root;
    const length = this.root.encapsulate(packet, ipOffset, offset, now);
    readyList.served(turn, length !== 0);
    this.turn.hasMore = !readyList.isEmpty;
    packet.interfaceIndex = this.index;
    if (this.link === null) packet.length = offset + length;
    return length;
  }

  /** Takes the interface out of its stack: addresses, routes, timers and all. */
  remove(): void {
    this.#ipv4.removeInterface(this.ip);
    this.root.detach();
    this.detach();
  }

  /** Takes datagrams to a multicast group, host order, from now on. */
  joinGroup(group: number): void {
    this.ip.joinGroup(group);
    this.#tellLink(group, true);
  }

  /** Takes back one {@linkcode joinGroup}. */
  leaveGroup(group: number): void {
    this.ip.leaveGroup(group);
    this.#tellLink(group, false);
  }

  #tellLink(group: number, joins: boolean): void {
    const address = new Uint8Array(6);
    writeMulticastMac(address, 0, group);
    if (joins) this.link?.joinGroup(address, 0);
    else this.link?.leaveGroup(address, 0);
  }

  /** Puts the interface on its stack's list of the ready, or takes it off, as its state has it now. */
  #reconsider(): void {
    const { readyList } = this;
    readyList.isHeld = !this.isUp || this.isBlocked;
    if (!readyList.isHeld && !readyList.isEmpty) this.requestTurn();
    else if (this.isReady) this.parent?.dequeue(this);
  }
}

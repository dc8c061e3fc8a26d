/**
 * What the IP layer knows of interfaces and addresses: which are ours, and where datagrams go.
 *
 * @module
 */
import { BranchNode, Packet, type Verdict } from "@octet/wire";
import { AddressTable } from "./address_table.ts";
import * as addressTable from "./address_table.ts";
import type { SourceSelector } from "./errors.ts";
import { type DatagramReceiver, Ipv4Interface, type Ipv4InterfaceOptions } from "./interface.ts";
import { type Route, type RouteEntry, RouteTable } from "./route_table.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { isLinkLocal, loopbackIndex } = addressTable;

/** Where a datagram that is to be sent goes. */
export const Path = {
  /** Nowhere: no route leads to its destination. */
  None: 0,
  /** Out of an interface. */
  Link: 1,
  /** Back to ourselves. */
  Loop: 2,
} as const;
/** One of the values of {@linkcode Path}. */
export type Path = (typeof Path)[keyof typeof Path];

const { Link, Loop, None } = Path;

/**
 * Which addresses an interface speaks for (RFC 1122 §3.3.4.2). `"strong"`: its own only; what comes for another
 * interface's address is not taken, and what speaks from another's does not leave by it. `"weak"`: all of the host's.
 */
export type HostModel = "strong" | "weak";

/** The longest datagram that comes back to ourselves, in bytes. */
const loopbackMtu = 65_535;
/** 127.0.0.1. */
const loopbackAddress = 0x7f000001;

/** The part of the IP node that decides by addresses alone (RFC 1122 §3.2.1.3, §3.3.1, §3.3.4). */
export abstract class Ipv4Addressing extends BranchNode
  implements SourceSelector, DatagramReceiver {
  /** The addresses of all interfaces. Change them through {@linkcode addAddress} and {@linkcode removeAddress}. */
  readonly addresses: AddressTable = new AddressTable();
  /** Where datagrams go. */
  readonly routes: RouteTable = new RouteTable((route) => this.#interfaceFor(route));
  /** `lo`: it has 127.0.0.0/8, and addresses added to it are the host's on every interface. */
  readonly loopback: Ipv4Interface = new Ipv4Interface(loopbackIndex, this, {
    name: "lo",
    mtu: loopbackMtu,
  });

  /** By which interface the datagram leaves that {@linkcode route} has just looked at. */
  protected outbound: Ipv4Interface = this.loopback;
  readonly #interfaces: Ipv4Interface[] = [];
  /** The same by index; an index of an interface that was removed is free again. */
  readonly #byIndex: (Ipv4Interface | null)[] = [];
  #isStrong = true;
  #scratch: Packet | null = null;
  /** The last decision of {@linkcode route}, and what it was made of; `#lastVia` is `null` when there is none. */
  #lastDestination = 0;
  #lastWish = 0;
  #lastSource = 0;
  #lastHop = 0;
  #lastVia: Ipv4Interface | null = null;
  /** What {@linkcode admit} was told last; `#admittedVia` is `null` when there is nothing. */
  #admittedSource = 0;
  #admittedDestination = 0;
  #admittedVia: Ipv4Interface | null = null;

  /** Prepares a node without interfaces but the loopback. */
  constructor() {
    super();
    this.loopback.addresses.adoptLoopback(loopbackAddress);
    this.routes.onChange = () => this.forget();
  }

  /** The interfaces, the loopback left out, in the order in which they were added. */
  get interfaces(): readonly Ipv4Interface[] {
    return this.#interfaces;
  }

  /** Which addresses an interface speaks for; `"strong"` unless changed. */
  get hostModel(): HostModel {
    return this.#isStrong ? "strong" : "weak";
  }

  set hostModel(model: HostModel) {
    this.#isStrong = model === "strong";
    this.forget();
  }

  /** The longest datagram of the first interface, in bytes. */
  get mtu(): number {
    return this.#interfaces[0]?.mtu ?? loopbackMtu;
  }

  /**
   * Adds an interface, which is up. The caller registers it in its link.
   *
   * @returns The interface; its index is the lowest that is free.
   * @throws {RangeError} When the MTU is out of range.
   * @throws {TypeError} When another interface has the name.
   */
  addInterface(options: Ipv4InterfaceOptions): Ipv4Interface {
    const { name } = options;
    const isTaken = name !== undefined &&
      [this.loopback, ...this.#interfaces].some((other) => other.name === name);
    if (isTaken) throw new TypeError(`Cannot add interface ${name} as there is one of that name`);
    const vacant = this.#byIndex.indexOf(null);
    const index = vacant < 0 ? this.#byIndex.length : vacant;
    const via = new Ipv4Interface(index, this, options);
    this.#byIndex[index] = via;
    this.#interfaces.push(via);
    this.forget();
    return via;
  }

  /** Takes an interface away, with its addresses, its routes and what waits for it. */
  removeInterface(via: Ipv4Interface): void {
    if (this.#byIndex[via.index] !== via) return;
    this.setUp(via, false);
    for (const { address } of [...via.addresses.entries]) this.removeAddress(address);
    this.routes.removeInterface(via);
    this.#byIndex[via.index] = null;
    this.#interfaces.splice(this.#interfaces.indexOf(via), 1);
  }

  /** The interface of an index, the loopback included; `null` when there is none. */
  interfaceAt(index: number): Ipv4Interface | null {
    return index === loopbackIndex ? this.loopback : this.#byIndex[index] ?? null;
  }

  /** Brings an interface up or down. Routes through one that is down are not taken; its addresses stay ours. */
  setUp(via: Ipv4Interface, isUp: boolean): void {
    if (via.isUp === isUp) return;
    via.isUp = isUp;
    if (!isUp) via.clear();
    this.routes.refresh(via);
  }

  /**
   * Adds an address, and a route to its subnet.
   *
   * @param address Host order.
   * @param prefixLength 0 to 32.
   * @param via Whose address it is; the first interface's when left out.
   * @throws {RangeError} When it is no host address, or one of ours already.
   * @throws {TypeError} When there is no interface.
   */
  addAddress(address: number, prefixLength: number, via: Ipv4Interface = this.#first()): void {
    const entry = this.addresses.add(address, prefixLength, via.index);
    via.addresses.adopt(entry);
    this.forget();
    if (prefixLength < 32 && via !== this.loopback) {
      const { prefix } = entry;
      this.routes.add({
        prefix,
        gateway: 0,
        metric: 0,
        source: address >>> 0,
        interfaceIndex: via.index,
      });
    }
  }

  /**
   * Takes an address away, and the routes that speak from it. Nothing is sent from it any more; connections from it
   * stay, and go on when it comes back before their patience ends.
   *
   * @param address Host order.
   * @returns Whether it was there.
   */
  removeAddress(address: number): boolean {
    const entry = this.addresses.remove(address);
    if (entry === undefined) return false;
    this.interfaceAt(entry.interfaceIndex)?.addresses.remove(address);
    this.forget();
    this.routes.removeSource(address >>> 0);
    return true;
  }

  /** Takes datagrams to a multicast group on an interface (the first when left out); see {@linkcode Ipv4Interface.joinGroup}. */
  joinGroup(group: number, via: Ipv4Interface = this.#first()): void {
    via.joinGroup(group);
  }

  /** Takes back one {@linkcode joinGroup}. */
  leaveGroup(group: number, via: Ipv4Interface = this.#first()): void {
    via.leaveGroup(group);
  }

  /** Whether an address, signed or unsigned, is one of the host's own. */
  ownsAddress(address: number): boolean {
    return this.addresses.owns(address);
  }

  /** Which of our addresses to speak from toward a neighbour; see {@linkcode AddressTable.toward}. */
  addressToward(neighbour: number): number {
    return this.addresses.toward(neighbour);
  }

  /** Whether datagrams to an address, signed or unsigned, come back to us: it is ours, or loopback. */
  isLocal(address: number): boolean {
    return this.addresses.owns(address) || (address >>> 24) === 127;
  }

  /** Whether an address, signed or unsigned, is a broadcast address: 255.255.255.255 or a subnet's. */
  isBroadcast(address: number): boolean {
    return (address | 0) === -1 || this.addresses.isBroadcast(address);
  }

  /** The source address for datagrams to a destination; see {@linkcode SourceSelector.sourceFor}. */
  sourceFor(destination: number): number {
    const packet = this.#ask(destination, 0);
    return packet === null ? 0 : packet.source;
  }

  /**
   * The interface by which datagrams to a destination leave, `null` when none leads there; the loopback for our own
   * addresses.
   *
   * @param destination Signed or unsigned.
   * @param source The address they speak from, 0 for whichever suits.
   */
  interfaceFor(destination: number, source: number = 0): Ipv4Interface | null {
    const packet = this.#ask(destination, source);
    return packet === null ? null : this.interfaceAt(packet.interfaceIndex);
  }

  /** The address that an interface speaks from toward a next hop, signed; 0 when the host has none. */
  sourceOn(via: Ipv4Interface, nextHop: number, destination: number): number {
    return this.#chooseSource(0, via, nextHop, destination);
  }

  /** Sets `packet.source` where it is 0; see {@linkcode SourceSelector.fillSource}. */
  fillSource(packet: Packet): boolean {
    const wish = packet.interfaceIndex;
    const path = this.route(packet);
    packet.interfaceIndex = wish;
    return path !== None;
  }

  /** Takes a datagram; see {@linkcode DatagramReceiver.receive}. */
  abstract receive(
    via: Ipv4Interface,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): Verdict;

  /** Whether an interface takes datagrams to an address of ours that is another's, by the host model. */
  protected speaksFor(address: number): boolean {
    if (!this.addresses.owns(address)) return false;
    return !this.#isStrong || this.addresses.find(address)!.interfaceIndex === loopbackIndex;
  }

  /** RFC 1122 §3.2.1.3, RFC 1812 §5.3.7: sources that no datagram may have. */
  protected isMartian(source: number, destination: number): boolean {
    const first = source >>> 24;
    if (first >= 224 || first === 127 || destination >>> 24 === 127) return true;
    // 0.0.0.0 says "this host, it has no address yet"; it can only speak to everybody.
    if (first === 0) return source !== 0 || destination >>> 28 < 0xe;
    return this.addresses.owns(source) || this.addresses.isBroadcast(source);
  }

  /**
   * Whether datagrams between these two addresses, signed, were let in from an interface before: the addresses need
   * not be judged again, which takes 80 instructions.
   */
  protected isAdmitted(via: Ipv4Interface, source: number, destination: number): boolean {
    return source === this.#admittedSource && destination === this.#admittedDestination &&
      via === this.#admittedVia;
  }

  /** Remembers that datagrams between two addresses, signed, are let in from an interface. */
  protected admit(via: Ipv4Interface, source: number, destination: number): void {
    this.#admittedSource = source;
    this.#admittedDestination = destination;
    this.#admittedVia = via;
  }

  /** What was decided before is to be decided anew: addresses, routes or rules have changed. */
  protected forget(): void {
    this.#lastVia = null;
    this.#admittedVia = null;
  }

  /**
   * Finds out where a packet goes: sets `nextHop` and `interfaceIndex`, and `source` where it is 0. An interface that
   * `interfaceIndex` names before is the only one that comes into question; -1 leaves it to the routes.
   */
  protected route(packet: Packet): Path {
    const destination = packet.destination | 0;
    const wish = packet.source | 0;
    const via = this.#lastVia;
    if (
      via !== null && destination === this.#lastDestination && packet.interfaceIndex < 0 &&
      (wish === this.#lastSource || wish === this.#lastWish)
    ) {
      packet.nextHop = this.#lastHop;
      if (wish === 0) packet.source = this.#lastSource >>> 0;
      packet.interfaceIndex = via.index;
      if (this.outbound !== via) this.outbound = via;
      return Link;
    }
    return this.#decide(packet, destination, wish);
  }

  #decide(packet: Packet, destination: number, wish: number): Path {
    const addresses = this.addresses;
    const first = destination >>> 24;
    if (addresses.owns(destination) || first === 127) {
      if (!this.loopback.isUp) return None;
      if (wish === 0) packet.source = packet.destination;
      packet.interfaceIndex = loopbackIndex;
      return Loop;
    }
    // RFC 1122 §3.2.1.3 (g): loopback addresses stay inside; (c): nor do we speak from what is not ours.
    if (wish !== 0 && !addresses.owns(wish)) return None;
    const named = packet.interfaceIndex < 0 ? null : this.interfaceAt(packet.interfaceIndex);
    if (packet.interfaceIndex >= 0 && (named === null || !named.isUp)) return None;
    let nextHop = destination;
    let source = 0;
    let via: Ipv4Interface | null;
    // 240.0.0.0/4 is reserved (RFC 1112 §4), save for the limited broadcast; 0.0.0.0/8 is no destination.
    if (first === 0 || first >= 240 && destination !== -1) return None;
    if (first >= 224) {
      via = named ?? this.#interfaceForMany(destination, wish);
      if (via === null) return None;
      if (!packet.isUnspecified) source = via.addresses.toward(destination);
    } else if (addresses.isBroadcast(destination)) {
      via = named ?? this.#interfaceOfSubnet(destination);
      if (via === null || !via.isUp) return None;
      nextHop = -1;
      source = via.addresses.toward(destination);
    } else {
      const route = this.#findRoute(destination, wish, named);
      if (route === null) return None;
      via = route.interface;
      // RFC 3927 §2.6.2: what is link-local is asked for on the link, and never given to a router.
      if (route.gateway !== 0 && !isLinkLocal(destination)) nextHop = route.gateway | 0;
      source = this.#chooseSource(route.source | 0, via, nextHop, destination);
      if (source === 0 && wish === 0) return None;
    }
    packet.nextHop = nextHop >>> 0;
    packet.source = (wish === 0 ? source : wish) >>> 0;
    packet.interfaceIndex = via.index;
    this.outbound = via;
    if (named === null) {
      this.#lastDestination = destination;
      this.#lastWish = wish;
      this.#lastSource = packet.source | 0;
      this.#lastHop = packet.nextHop;
      this.#lastVia = via;
    }
    return Link;
  }

  #findRoute(destination: number, wish: number, named: Ipv4Interface | null): RouteEntry | null {
    const { routes } = this;
    if (named !== null) return routes.findVia(destination, named);
    const route = routes.find(destination);
    if (wish === 0 || !this.#isStrong || route === null || route.interface.addresses.owns(wish)) {
      return route;
    }
    // RFC 1122 §3.3.4.2: route(source, destination). Addresses of the loopback belong to the whole host.
    const owner = this.interfaceAt(this.addresses.find(wish)!.interfaceIndex);
    return owner === null || owner === this.loopback ? route : routes.findVia(destination, owner);
  }

  /** The source that a route names, else one of its interface; an interface without addresses borrows another's. */
  #chooseSource(
    preferred: number,
    via: Ipv4Interface,
    nextHop: number,
    destination: number,
  ): number {
    if (preferred !== 0 && this.addresses.owns(preferred)) return preferred;
    return via.addresses.toward(nextHop, destination) ||
      this.addresses.toward(nextHop, destination);
  }

  /** By which interface multicasts and limited broadcasts leave: their source's, that of a route to them, the first. */
  #interfaceForMany(destination: number, wish: number): Ipv4Interface | null {
    if (wish !== 0) {
      const owner = this.interfaceAt(this.addresses.find(wish)!.interfaceIndex);
      if (owner !== null && owner !== this.loopback) return owner.isUp ? owner : null;
    }
    const route = destination === -1 ? null : this.routes.find(destination);
    if (route !== null) return route.interface;
    const interfaces = this.#interfaces;
    for (let i = 0; i < interfaces.length; i++) if (interfaces[i]!.isUp) return interfaces[i]!;
    return null;
  }

  #interfaceOfSubnet(broadcast: number): Ipv4Interface | null {
    const interfaces = this.#interfaces;
    let found: Ipv4Interface | null = null;
    for (let i = 0; i < interfaces.length; i++) {
      const via = interfaces[i]!;
      if (via.addresses.isBroadcast(broadcast) && (found === null || !found.isUp)) found = via;
    }
    return found;
  }

  #interfaceFor(route: Route): Ipv4Interface {
    const { interfaceIndex, source, gateway } = route;
    if (interfaceIndex !== undefined) {
      const via = this.interfaceAt(interfaceIndex);
      if (via !== null && via !== this.loopback) return via;
      throw new RangeError(
        `Cannot add a route to ${route.prefix} as there is no interface ${interfaceIndex}`,
      );
    }
    const owner = this.addresses.find(source);
    if (owner !== undefined && owner.interfaceIndex !== loopbackIndex) {
      return this.interfaceAt(owner.interfaceIndex)!;
    }
    const beside = this.addresses.entries.find(({ prefix }) => prefix.contains(gateway >>> 0));
    if (gateway !== 0 && beside !== undefined && beside.interfaceIndex !== loopbackIndex) {
      return this.interfaceAt(beside.interfaceIndex)!;
    }
    return this.#first();
  }

  #first(): Ipv4Interface {
    const first = this.#interfaces[0];
    if (first === undefined) throw new TypeError("Cannot use an interface as there is none");
    return first;
  }

  #ask(destination: number, source: number): Packet | null {
    const packet = this.#scratch ??= new Packet(0);
    packet.source = source;
    packet.destination = destination;
    packet.interfaceIndex = -1;
    return this.route(packet) === None ? null : packet;
  }
}

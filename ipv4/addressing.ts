/**
 * What the IP layer knows of addresses: which are ours, which groups we are in, and where datagrams go.
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip";
import { BranchNode, Packet } from "@octet/wire";
import { AddressTable } from "./address_table.ts";
import type { SourceSelector } from "./errors.ts";
import { RouteTable } from "./route_table.ts";

/** Where a datagram that is to be sent goes. */
export const Path = {
  /** Nowhere: no route leads to its destination. */
  None: 0,
  /** Out of the interface. */
  Link: 1,
  /** Back to ourselves. */
  Loop: 2,
} as const;
/** One of the values of {@linkcode Path}. */
export type Path = (typeof Path)[keyof typeof Path];

/** The part of the IP node that decides by addresses alone (RFC 1122 §3.2.1.3, §3.3.1, §3.3.4). */
export abstract class Ipv4Addressing extends BranchNode implements SourceSelector {
  /** The interface's addresses. Change them through {@linkcode addAddress} and {@linkcode removeAddress}. */
  readonly addresses: AddressTable = new AddressTable();
  /** Where datagrams go. */
  readonly routes: RouteTable = new RouteTable();

  /** How often each group was joined, by its signed address; all hosts are in 224.0.0.1 (RFC 1112 §7.2). */
  readonly #groups: Map<number, number> = new Map([[0xe0000001 | 0, 1]]);
  #scratch: Packet | null = null;

  /**
   * Adds an address, and a route to its subnet.
   *
   * @param address Host order.
   * @param prefixLength 0 to 32.
   * @throws {RangeError} When it is no host address, or there already.
   */
  addAddress(address: number, prefixLength: number): void {
    const { prefix } = this.addresses.add(address, prefixLength);
    if (prefixLength < 32) {
      this.routes.add({ prefix, gateway: 0, metric: 0, source: address >>> 0 });
    }
  }

  /**
   * Takes an address away, and the routes that speak from it.
   *
   * @param address Host order.
   * @returns Whether it was there.
   */
  removeAddress(address: number): boolean {
    if (this.addresses.remove(address) === undefined) return false;
    this.routes.removeSource(address >>> 0);
    return true;
  }

  /**
   * Takes datagrams to a multicast group from now on. Joining twice needs leaving twice. The link has
   * to be told as well.
   *
   * @throws {RangeError} When the address is no multicast group.
   */
  joinGroup(group: number): void {
    if (group >>> 28 !== 0xe) {
      throw new RangeError(`Cannot join ${formatIpv4(group)} as it is no multicast group`);
    }
    this.#groups.set(group | 0, (this.#groups.get(group | 0) ?? 0) + 1);
  }

  /** Takes back one {@linkcode joinGroup}. */
  leaveGroup(group: number): void {
    const count = this.#groups.get(group | 0) ?? 0;
    if (count > 1) this.#groups.set(group | 0, count - 1);
    else this.#groups.delete(group | 0);
  }

  /** Whether an address, signed or unsigned, is one of the interface's own. */
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
    const packet = this.#scratch ??= new Packet(0);
    packet.source = 0;
    packet.destination = destination;
    return this.route(packet) === Path.None ? 0 : packet.source;
  }

  /** Sets `packet.source` where it is 0; see {@linkcode SourceSelector.fillSource}. */
  fillSource(packet: Packet): boolean {
    return this.route(packet) !== Path.None;
  }

  /** Whether we have joined a multicast group, given as a signed number. */
  protected isMember(group: number): boolean {
    return this.#groups.has(group);
  }

  /** RFC 1122 §3.2.1.3: sources that no datagram may have. */
  protected isMartian(source: number, destination: number): boolean {
    const first = source >>> 24;
    if (first >= 224 || first === 127 || destination >>> 24 === 127) return true;
    // 0.0.0.0 says "this host, it has no address yet"; it can only speak to everybody.
    if (first === 0) return source !== 0 || destination >>> 28 < 0xe;
    return this.addresses.owns(source) || this.addresses.isBroadcast(source);
  }

  /** Finds out where a packet goes: sets `nextHop`, and `source` where it is 0. */
  protected route(packet: Packet): Path {
    const destination = packet.destination | 0;
    const addresses = this.addresses;
    const first = destination >>> 24;
    if (addresses.owns(destination) || first === 127) {
      if (packet.source === 0) packet.source = packet.destination;
      return Path.Loop;
    }
    let nextHop = destination;
    let source = 0;
    if (first >= 224) {
      // 240.0.0.0/4 is reserved (RFC 1112 §4), save for the limited broadcast.
      if (first >= 240 && destination !== -1) return Path.None;
      source = addresses.primary;
    } else if (addresses.isBroadcast(destination)) {
      nextHop = -1;
      source = addresses.toward(destination);
    } else {
      const route = this.routes.find(destination);
      if (route === null || first === 0) return Path.None;
      if (route.gateway !== 0) nextHop = route.gateway | 0;
      source = route.source !== 0 ? route.source | 0 : addresses.toward(nextHop);
      if (source === 0 && packet.source === 0) return Path.None;
    }
    packet.nextHop = nextHop >>> 0;
    if (packet.source === 0) packet.source = source >>> 0;
    return Path.Link;
  }
}

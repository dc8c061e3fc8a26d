/**
 * A conversation with the kernel over an `AF_NETLINK` socket, through FFI. The kernel answers
 * rtnetlink requests while they are being sent, so every call here is synchronous and never waits.
 *
 * @module
 */
import {
  AddressFlag,
  decodeLinkAddress,
  type LinkAddress,
  type NewAddressOptions,
  writeDeleteAddress,
  writeGetAddresses,
  writeNewAddress,
} from "./address.ts";
import { Errno } from "./errno.ts";
import { systemError } from "./libc.ts";
import { LinkConnection } from "./link_connection.ts";
import { NetlinkType } from "./message.ts";
import {
  decodeNeighbour,
  type Neighbour,
  type NeighbourFilter,
  type NewNeighbourOptions,
  writeDeleteNeighbour,
  writeGetNeighbours,
  writeNewNeighbour,
} from "./neighbour.ts";
import { decodeRoute, type KernelRoute } from "./route.ts";
import {
  type RouteFilter,
  type RouteLookupOptions,
  type RouteOptions,
  writeDeleteRoute,
  writeGetRoute,
  writeGetRoutes,
  writeNewRoute,
} from "./route_request.ts";
import {
  decodeRule,
  type Rule,
  type RuleOptions,
  writeDeleteRule,
  writeGetRules,
  writeNewRule,
} from "./rule.ts";

/** Options of {@linkcode bringUp}. */
export interface BringUpOptions {
  /** An address for the kernel's side, with its prefix length, such as `10.77.0.1/24`. */
  readonly address?: string;
  /** The MTU in bytes. */
  readonly mtu?: number;
}

/** Which addresses {@linkcode NetlinkConnection.flushAddresses} takes away. */
export interface FlushAddressesOptions {
  /** Addresses of one version alone. */
  readonly version?: 4 | 6;
  /** Addresses of this scope alone, see {@linkcode RouteScope}. */
  readonly scope?: number;
  /** Leaves addresses without end. */
  readonly keepPermanent?: boolean;
}

/**
 * A netlink socket of family `NETLINK_ROUTE`. Reading needs no right; changing needs `CAP_NET_ADMIN`.
 * Every method throws `Deno.errors.*` with the kernel's own words in the message and the errno's name as `code`;
 * what else the error carries is {@linkcode NetlinkRequestError}. Links are given by name.
 *
 * @example
 * ```ts ignore
 * import { NetlinkConnection } from "@octet/netlink";
 *
 * using netlink = new NetlinkConnection();
 * netlink.addLink("br0", { kind: "bridge", stp: false });
 * netlink.addLink("veth0", { kind: "veth", peer: { name: "veth1" } }, { master: "br0", up: true });
 * netlink.addAddress("br0", "10.77.0.1/24");
 * netlink.setLink("br0", { up: true });
 * ```
 */
export class NetlinkConnection extends LinkConnection {
  /** All addresses, or those of the link named. */
  addresses(name?: string, version?: 4 | 6): LinkAddress[] {
    const index = name === undefined ? undefined : this.link(name).index;
    return this.dump(
      "Cannot list addresses",
      (writer) =>
        writeGetAddresses(writer, {
          ...(index !== undefined && { index }),
          ...(version !== undefined && { version }),
        }),
      (message) => message.type === NetlinkType.NewAddress ? decodeLinkAddress(message) : undefined,
    ).filter((address) => index === undefined || address.index === index);
  }

  /**
   * Gives a link an address.
   *
   * @param name The link.
   * @param address Address and prefix length, such as `10.77.0.1/24`.
   * @param options Broadcast and peer addresses, label, lifetimes.
   * @throws {Deno.errors.AlreadyExists} When the link has it already, unless `replace` is set.
   */
  addAddress(name: string, address: string, options: NewAddressOptions = {}): void {
    const { index } = this.link(name);
    writeNewAddress(this.writer, index, address, options);
    this.request(`Cannot add address ${address} to ${name}`, this.writer);
  }

  /**
   * Takes an address away from a link.
   *
   * @param name The link.
   * @param address Address and prefix length, such as `10.77.0.1/24`.
   * @param peer The other end, of the address that has it.
   */
  deleteAddress(name: string, address: string, peer?: string): void {
    const { index } = this.link(name);
    writeDeleteAddress(this.writer, index, address, peer);
    this.request(`Cannot delete address ${address} from ${name}`, this.writer);
  }

  /**
   * Takes all addresses away from a link, or those that are asked for.
   *
   * @param name The link.
   * @param options Which.
   * @returns How many were there.
   */
  flushAddresses(name: string, options: FlushAddressesOptions = {}): number {
    const { version, scope, keepPermanent = false } = options;
    const { index } = this.link(name);
    const going = this.addresses(name, version).filter((one) =>
      (version === undefined || one.version === version) &&
      (scope === undefined || one.scope === scope) &&
      !(keepPermanent && (one.flags & AddressFlag.Permanent) !== 0)
    );
    for (const { address, prefixLength, peer } of going) {
      writeDeleteAddress(this.writer, index, `${address}/${prefixLength}`, peer);
      try {
        this.request(`Cannot delete address ${address}/${prefixLength} from ${name}`, this.writer);
      } catch (error) {
        // It went with the address that it was secondary to, or its time was over.
        if (!(error instanceof Error && "code" in error && error.code === "EADDRNOTAVAIL")) {
          throw error;
        }
      }
    }
    return going.length;
  }

  /** All routes of all tables, or those that pass a filter. */
  routes(filter: RouteFilter = {}): KernelRoute[] {
    return this.dump(
      "Cannot list routes",
      (writer) => writeGetRoutes(writer, filter),
      (message) => message.type === NetlinkType.NewRoute ? decodeRoute(message) : undefined,
    ).filter((route) =>
      (filter.table === undefined || route.table === filter.table) &&
      (filter.origin === undefined || route.origin === filter.origin) &&
      (filter.type === undefined || route.type === filter.type) &&
      (filter.index === undefined || route.index === filter.index ||
        route.nextHops.some((hop) => hop.index === filter.index))
    );
  }

  /**
   * The way that a packet would take.
   *
   * @param destination The packet's destination address.
   * @param options What else is known of the packet.
   * @throws {Deno.errors.NetworkUnreachable} When there is none.
   */
  route(destination: string, options: RouteLookupOptions = {}): KernelRoute {
    let found: KernelRoute | undefined;
    const action = `Cannot find a route to ${destination}`;
    writeGetRoute(this.writer, destination, options);
    this.request(action, this.writer, (message) => {
      if (message.type === NetlinkType.NewRoute) found = decodeRoute(message);
    });
    if (found === undefined) throw systemError(action, Errno.ENETUNREACH);
    return found;
  }

  /**
   * Adds a route.
   *
   * @param destination The prefix, such as `0.0.0.0/0`.
   * @param options Where it leads.
   */
  addRoute(destination: string, options: RouteOptions = {}): void {
    writeNewRoute(this.writer, destination, options);
    this.request(`Cannot add route to ${destination}`, this.writer);
  }

  /**
   * Removes a route.
   *
   * @param destination The prefix.
   * @param options What else must match.
   */
  deleteRoute(destination: string, options: RouteOptions = {}): void {
    writeDeleteRoute(this.writer, destination, options);
    this.request(`Cannot delete route to ${destination}`, this.writer);
  }

  /** The neighbours known by IPv4 and IPv6, or, with version 0, by bridges. */
  neighbours(filter: NeighbourFilter = {}): Neighbour[] {
    return this.dump(
      "Cannot list neighbours",
      (writer) => writeGetNeighbours(writer, filter),
      (message) => message.type === NetlinkType.NewNeighbour ? decodeNeighbour(message) : undefined,
    ).filter((one) => filter.index === undefined || one.index === filter.index);
  }

  /**
   * Adds a neighbour.
   *
   * @param name The link.
   * @param address Its IP address.
   * @param options Its hardware address and state.
   */
  addNeighbour(name: string, address: string, options: NewNeighbourOptions = {}): void {
    writeNewNeighbour(this.writer, this.link(name).index, address, options);
    this.request(`Cannot add neighbour ${address} to ${name}`, this.writer);
  }

  /**
   * Removes a neighbour.
   *
   * @param name The link.
   * @param address Its IP address.
   * @param flags {@linkcode NeighbourFlag}`.Proxy` for an address that this host answers for.
   */
  deleteNeighbour(name: string, address: string, flags: number = 0): void {
    writeDeleteNeighbour(this.writer, this.link(name).index, address, flags);
    this.request(`Cannot delete neighbour ${address} from ${name}`, this.writer);
  }

  /** The rules of policy routing, of both versions or of one. */
  rules(version?: 4 | 6): Rule[] {
    return this.dump(
      "Cannot list rules",
      (writer) => writeGetRules(writer, version),
      (message) => message.type === NetlinkType.NewRule ? decodeRule(message) : undefined,
    );
  }

  /** Adds a rule of policy routing. */
  addRule(rule: RuleOptions): void {
    writeNewRule(this.writer, rule);
    this.request("Cannot add rule", this.writer);
  }

  /** Removes a rule of policy routing. */
  deleteRule(rule: RuleOptions): void {
    writeDeleteRule(this.writer, rule);
    this.request("Cannot delete rule", this.writer);
  }

  /**
   * Brings a link up, with an MTU and an address for the kernel's side where given. What is so already
   * is left alone, so that a device that root made ready needs no right.
   *
   * @param name The link.
   * @param options Address and MTU.
   * @throws {Deno.errors.PermissionDenied} When something is to change and `CAP_NET_ADMIN` is missing.
   */
  bringUp(name: string, options: BringUpOptions = {}): void {
    const link = this.link(name);
    const mtu = options.mtu === link.mtu ? undefined : options.mtu;
    if (!link.isUp || mtu !== undefined) {
      this.setLink(name, { up: true, ...(mtu !== undefined && { mtu }) });
    }
    const { address } = options;
    if (address === undefined) return;
    const has = this.addresses(name).some((one) =>
      `${one.address}/${one.prefixLength}` === address
    );
    if (!has) this.addAddress(name, address);
  }
}

/**
 * Brings a link up in one call, as {@linkcode NetlinkConnection.bringUp} does: what a program does with the TAP device
 * it has opened.
 *
 * @example
 * ```ts ignore
 * import { bringUp } from "@octet/netlink";
 *
 * bringUp("tap0", { address: "10.77.0.1/24" });
 * ```
 *
 * @param name The link.
 * @param options Address and MTU.
 */
export function bringUp(name: string, options: BringUpOptions = {}): void {
  using connection = new NetlinkConnection();
  connection.bringUp(name, options);
}

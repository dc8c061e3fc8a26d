/**
 * What a datagram socket is in: multicast groups on interfaces.
 *
 * @module
 */
import { everySource, type MulticastFilter } from "@octet/ipv4";
import { tryParseIpv4 } from "@octet/netip/ipv4";
import type { UdpSocket } from "@octet/udp";
import type { Interface } from "../interface.ts";
import {
  addressInUse,
  addressNotAvailable,
  invalidArgument,
  type NetworkError,
  noSuchDevice,
} from "./errors.ts";
import type { RunLoop } from "./run_loop.ts";

/** Which senders to a group are heard, as text. */
export interface MulticastSources {
  /** `"include"`: only these; `"exclude"`: all but these. */
  mode: "include" | "exclude";
  /** IPv4 addresses. */
  sources: readonly string[];
}

/** A socket's membership in a group; a superset of `Deno.MulticastV4Membership`. */
export interface MulticastV4Membership {
  /**
   * Leaves the group.
   *
   * @throws {Deno.errors.AddrNotAvailable} When the socket has left it already.
   */
  leave: () => Promise<void>;
  /** Says whether what the socket sends to groups comes back to sockets of this host that are in them. */
  setLoopback: (loopback: boolean) => Promise<void>;
  /** Sets the time to live of what the socket sends to groups, 0 to 255; -1 for the default, 1. */
  setTTL: (ttl: number) => Promise<void>;
  /**
   * Says which senders to the group are heard from now on (RFC 3376 §2).
   *
   * @throws {Error} When one of the sources is no IPv4 address.
   */
  setSources: (sources: MulticastSources) => Promise<void>;
}

interface Membership {
  readonly group: number;
  readonly via: Interface;
  filter: MulticastFilter;
}

/** The groups of one socket. */
export class Memberships {
  readonly #socket: UdpSocket;
  readonly #loop: RunLoop;
  readonly #check: () => void;
  #members: Membership[] = [];

  /**
   * Prepares a socket without groups.
   *
   * @param check Throws when the socket has been closed.
   */
  constructor(socket: UdpSocket, loop: RunLoop, check: () => void) {
    this.#socket = socket;
    this.#loop = loop;
    this.#check = check;
  }

  /** Joins a group; see `DatagramConn.joinMulticastV4`. */
  join(address: string, networkInterface: string, source?: string): MulticastV4Membership {
    const group = parse(address);
    const filter: MulticastFilter = source === undefined
      ? everySource
      : { mode: "include", sources: [parse(source)] };
    if (group >>> 28 !== 0xe) throw invalidArgument();
    const via = this.#interfaceOf(networkInterface, group);
    const known = this.#members.find((one) => one.group === group && one.via === via);
    if (known !== undefined) {
      // As with IP_ADD_SOURCE_MEMBERSHIP, sources of one group come one after another.
      if (source === undefined || known.filter.mode === "exclude") throw addressInUse();
      if (known.filter.sources.includes(filter.sources[0]!)) throw addressNotAvailable();
      known.filter = { mode: "include", sources: [...known.filter.sources, ...filter.sources] };
      this.#tell(known, known.filter);
      return this.#handle(known);
    }
    const member: Membership = { group, via, filter };
    this.#members.push(member);
    this.#tell(member, filter);
    return this.#handle(member);
  }

  /** Leaves all groups. */
  clear(): void {
    for (const member of [...this.#members]) this.#remove(member);
  }

  #handle(member: Membership): MulticastV4Membership {
    const socket = this.#socket;
    return {
      leave: () =>
        this.#do(() => {
          if (!this.#members.includes(member)) throw addressNotAvailable();
          this.#remove(member);
        }),
      setLoopback: (loopback) =>
        this.#do(() => {
          socket.multicastLoop = Boolean(loopback);
        }),
      setTTL: (ttl) =>
        this.#do(() => {
          if (!(Number.isInteger(ttl) && ttl >= -1 && ttl <= 255)) throw invalidArgument();
          socket.multicastHopLimit = ttl === -1 ? 1 : ttl;
        }),
      setSources: ({ mode, sources }) =>
        this.#do(() => {
          if (!this.#members.includes(member)) throw addressNotAvailable();
          member.filter = { mode, sources: sources.map(parse) };
          this.#tell(member, member.filter);
        }),
    };
  }

  /** What fails rejects, as every call of a promise's kind does. */
  #do(action: () => void): Promise<void> {
    return Promise.try(() => {
      this.#check();
      action();
    });
  }

  #remove(member: Membership): void {
    this.#members = this.#members.filter((one) => one !== member);
    this.#tell(member, null);
  }

  #tell(member: Membership, filter: MulticastFilter | null): void {
    const { group, via } = member;
    // An interface that has been removed took its groups along.
    if (this.#loop.stack.interfaceAt(via.index) === via) {
      this.#loop.stack.filterGroup(group, member, filter, via);
    }
    this.#socket.filterGroup(group, this.#merged(group));
    this.#loop.flush();
  }

  /** What the socket hears of a group, on whichever interface. */
  #merged(group: number): MulticastFilter | null {
    const filters = this.#members.filter((one) => one.group === group).map((one) => one.filter);
    if (filters.length <= 1) return filters[0] ?? null;
    const exclusions = filters.filter(({ mode }) => mode === "exclude");
    const inclusions = filters.filter(({ mode }) => mode === "include");
    const included = new Set(inclusions.flatMap(({ sources }) => sources));
    if (exclusions.length === 0) return { mode: "include", sources: [...included] };
    const [first, ...others] = exclusions.map(({ sources }) => new Set(sources));
    const common = others.reduce((all, one) => all.intersection(one), first!);
    return { mode: "exclude", sources: [...common.difference(included)] };
  }

  #interfaceOf(text: string, group: number): Interface {
    const { stack } = this.#loop;
    const address = tryParseIpv4(text);
    let found: Interface | undefined;
    if (address === 0) {
      const via = stack.ipv4.interfaceFor(group);
      found = via === null ? undefined : stack.interfaceAt(via.index) ?? undefined;
    } else if (address !== undefined) {
      found = stack.interfaces.find((via) => via.ip.ownsAddress(address));
    } else {
      found = stack.interfaces.find((via) => via.name === text);
      if (found === undefined) parse(text);
    }
    if (found === undefined) throw noSuchDevice();
    return found;
  }
}

/** As Deno says it. */
function parse(text: string): number {
  const address = tryParseIpv4(text);
  if (address === undefined) throw notAnAddress();
  return address;
}

function notAnAddress(): NetworkError {
  return new Error("invalid IPv4 address syntax");
}

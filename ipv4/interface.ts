/**
 * What the IP layer knows of an interface: its addresses, groups and limits, and the datagrams that wait for it.
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip/ipv4";
import { BaseNode, type Packet, Verdict } from "@octet/wire";
import { AddressTable } from "./address_table.ts";
import { ipv4MaximumLength } from "./frame.ts";
import { TransmitQueue } from "./transmit_queue.ts";

/** EtherType of IPv4. */
const etherType = 0x0800;

/**
 * Whether the source of what comes in must be reachable (RFC 3704): `"strict"`, by the interface it came in by; `"loose"`,
 * by any; `"off"`, it need not.
 */
export type SourceValidation = "strict" | "loose" | "off";

/** How an {@linkcode Ipv4Interface} is set up. */
export interface Ipv4InterfaceOptions {
  /** Its name for people, such as `"eth0"`; made of its index when left out. */
  readonly name?: string;
  /** The longest datagram that the link carries, in bytes: 68 to 65,535. */
  readonly mtu: number;
  /** The longest datagram that the device cuts into segments for us, in bytes; the MTU when left out. */
  readonly maxSegment?: number;
  /** Whether the device completes transport checksums; `false` when left out. */
  readonly checksumOffload?: boolean;
  /** How many datagrams wait for it at most; 1000, as Linux has it, when left out. */
  readonly queueLimit?: number;
  /** How many bytes of datagrams wait for it at most; 8 MiB when left out. */
  readonly queueBytes?: number;
}

/** What an {@linkcode Ipv4Interface} has counted. */
export interface InterfaceCounters {
  /** Datagrams received. */
  inPackets: number;
  /** Octets of datagrams received. */
  inOctets: number;
  /** Datagrams dropped on arrival, as the interface was down. */
  inDiscards: number;
  /** Datagrams sent. */
  outPackets: number;
  /** Octets of datagrams sent. */
  outOctets: number;
  /** Datagrams dropped as too many waited, or as the interface went down. */
  outDiscards: number;
}

/** What takes a datagram that came in by an interface: the IP node. */
export interface DatagramReceiver {
  /** Takes a datagram; see {@linkcode BaseNode.demux}. */
  receive(
    via: Ipv4Interface,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): Verdict;
}

/**
 * An interface as the IP layer sees it; a node of the link under it. Datagrams come in through it; those that it sends
 * itself are the ones that waited in {@linkcode Ipv4Interface.queue}.
 */
export class Ipv4Interface extends BaseNode {
  /** Its number; `packet.interfaceIndex` names it. */
  declare readonly index: number;
  /** Its name. */
  readonly name: string;
  /** The longest datagram that the link carries, in bytes. */
  declare readonly mtu: number;
  /** The longest datagram that the device cuts into segments for us, in bytes. */
  declare readonly maxSegment: number;
  /** Whether the device completes transport checksums. */
  declare readonly checksumOffload: boolean;
  /** Its addresses. Change them through the {@linkcode Ipv4} node. */
  readonly addresses: AddressTable = new AddressTable();
  /** Datagrams that wait for it. */
  declare readonly queue: TransmitQueue;
  /** What was counted so far. */
  readonly counters: InterfaceCounters = {
    inPackets: 0,
    inOctets: 0,
    inDiscards: 0,
    outPackets: 0,
    outOctets: 0,
    outDiscards: 0,
  };
  /** Whether it carries datagrams. Change it through {@linkcode Ipv4.setUp}. */
  isUp = true;
  /** Whether what leaves by it, when it is passed on, speaks from its address: what is behind it is outside. */
  translates = false;
  #sourceValidation: SourceValidation = "off";
  #filtersBogons = false;
  /** Whether either of {@linkcode sourceValidation} and {@linkcode filtersBogons} is asked for. */
  checksSources = false;
  /** Whether its device has no room: what is to leave by it waits in {@linkcode Ipv4Interface.queue}. */
  isBlocked = false;

  /** How often each group was joined, by its signed address; all hosts are in 224.0.0.1 (RFC 1112 §7.2). */
  readonly #groups: Map<number, number> = new Map([[0xe0000001 | 0, 1]]);
  readonly #receiver: DatagramReceiver;

  /**
   * Makes an interface without addresses.
   *
   * @throws {RangeError} When the MTU is out of range.
   */
  constructor(index: number, receiver: DatagramReceiver, options: Ipv4InterfaceOptions) {
    super();
    const { mtu } = options;
    if (!(mtu >= 68 && mtu <= ipv4MaximumLength)) {
      throw new RangeError(`Cannot set up IPv4 as MTU ${mtu} is not from 68 to 65535`);
    }
    this.protocol = etherType;
    this.index = index;
    this.name = options.name ?? `if${index}`;
    this.mtu = mtu;
    this.maxSegment = Math.max(mtu, options.maxSegment ?? mtu);
    this.checksumOffload = options.checksumOffload ?? false;
    this.queue = new TransmitQueue(
      options.queueLimit ?? 1000,
      options.queueBytes ?? 8 * 1024 * 1024,
    );
    this.#receiver = receiver;
  }

  /** Whether the source of what comes in must be reachable; `"off"` unless changed. */
  get sourceValidation(): SourceValidation {
    return this.#sourceValidation;
  }

  set sourceValidation(validation: SourceValidation) {
    this.#sourceValidation = validation;
    this.checksSources = validation !== "off" || this.#filtersBogons;
  }

  /**
   * Whether sources are refused that cannot stand in the public Internet (RFC 6890: private, shared, documentation and
   * the like), for an interface that leads there; `false` unless changed.
   */
  get filtersBogons(): boolean {
    return this.#filtersBogons;
  }

  set filtersBogons(filters: boolean) {
    this.#filtersBogons = filters;
    this.checksSources = filters || this.#sourceValidation !== "off";
  }

  /** Whether an address, signed or unsigned, is one of the interface's own. */
  ownsAddress(address: number): boolean {
    return this.addresses.owns(address);
  }

  /** Which of its addresses to speak from toward a neighbour; see {@linkcode AddressTable.toward}. */
  addressToward(neighbour: number): number {
    return this.addresses.toward(neighbour);
  }

  /** Takes a datagram from the link; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    if (!this.isUp) {
      this.counters.inDiscards++;
      return Verdict.Filtered;
    }
    packet.interfaceIndex = this.index;
    return this.#receiver.receive(this, packet, offset, end, now);
  }

  /** Writes the datagram that has waited longest; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number): number {
    const { queue, counters } = this;
    while (queue.count > 0) {
      const length = queue.take(packet, offset);
      this.hasMore = queue.count > 0;
      if (length > 0) {
        packet.interfaceIndex = this.index;
        counters.outPackets++;
        counters.outOctets += length;
        return length;
      }
      counters.outDiscards++;
    }
    return 0;
  }

  /**
   * Lets a datagram wait for its turn. `packet.nextHop` and the offload facts say the rest.
   *
   * @param packet Where it lies; it is copied.
   * @param offset Where its header begins.
   * @param end Where it ends (exclusive).
   * @returns `false` when too many wait already.
   */
  enqueue(packet: Packet, offset: number, end: number): boolean {
    if (!this.isUp || !this.queue.push(packet, offset, end)) {
      this.counters.outDiscards++;
      return false;
    }
    this.requestTurn();
    return true;
  }

  /** Drops what waits. */
  clear(): void {
    this.counters.outDiscards += this.queue.clear();
  }

  /**
   * Takes datagrams to a multicast group from now on. Joining twice needs leaving twice. The link has to be told as
   * well.
   *
   * @param group Host order.
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

  /** Whether the interface is in a multicast group, given as a signed number. */
  isMember(group: number): boolean {
    return this.#groups.has(group);
  }
}

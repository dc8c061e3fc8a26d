/**
 * One of a stack's interfaces: the link with what belongs to it.
 *
 * @module
 */
import { Arp, type NeighbourCacheOptions } from "@octet/arp";
import { EthernetLink } from "@octet/ethernet";
import type { Ipv4, LocalAddress } from "@octet/ipv4";
import { MacAddress, writeMulticastMac } from "@octet/netip";
import type { Packet, Random } from "@octet/wire";

/** How an {@linkcode Interface} is set up. */
export interface InterfaceOptions {
  /** What carries the datagrams: Ethernet frames, or nothing at all as on a TUN device. */
  readonly link: "ethernet" | "ip";
  /** The hardware address, on Ethernet. */
  readonly hardwareAddress: MacAddress;
  /** The longest datagram, in bytes. */
  readonly mtu: number;
  /** The longest datagram that the device cuts into segments for us, in bytes; the MTU where it does not. */
  readonly maxSegment: number;
  /** Whether the device completes transport checksums. */
  readonly checksumOffload: boolean;
  /** The VLAN, 0 for untagged frames. */
  readonly vlanId: number;
  /** Whether frames to other stations are taken too. */
  readonly promiscuous: boolean;
  /** Sizes and times of the neighbour cache. */
  readonly neighbours: NeighbourCacheOptions;
  /** Random numbers. */
  readonly random: Random;
  /** The IP layer that stands on this interface. */
  readonly ipv4: Ipv4;
  /** Called when another station uses an address of ours, host order. */
  readonly onConflict?: (address: number, now: number) => void;
}

/** A stack's interface. */
export class Interface {
  /** Its number, counted from 0; `packet.interfaceIndex` names it. */
  readonly index: number;
  /** The hardware address; 00:00:00:00:00:00 without Ethernet. */
  readonly hardwareAddress: MacAddress;
  /** The longest datagram, in bytes. */
  readonly mtu: number;
  /** The longest datagram that the device cuts into segments for us, in bytes. */
  readonly maxSegment: number;
  /** Whether the device completes transport checksums. */
  readonly checksumOffload: boolean;
  /** The Ethernet link; `null` where datagrams travel bare. */
  readonly link: EthernetLink | null;
  /** The neighbours; `null` where there is no Ethernet. */
  readonly arp: Arp | null;
  readonly #ipv4: Ipv4;

  /**
   * Makes an interface and stands the IP layer on it.
   *
   * @param index Its number.
   * @param options How it is set up.
   */
  constructor(index: number, options: InterfaceOptions) {
    const { ipv4, hardwareAddress, random } = options;
    this.index = index;
    this.mtu = options.mtu;
    this.maxSegment = options.maxSegment;
    this.checksumOffload = options.checksumOffload;
    this.#ipv4 = ipv4;
    if (options.link === "ip") {
      this.hardwareAddress = MacAddress.zero;
      this.link = null;
      this.arp = null;
      return;
    }
    const { promiscuous, vlanId, onConflict } = options;
    this.hardwareAddress = hardwareAddress;
    this.link = new EthernetLink({ hardwareAddress, promiscuous, vlanId });
    this.arp = new Arp({
      hardwareAddress,
      random,
      addresses: ipv4,
      cache: options.neighbours,
      onUnreachable: (packet, now) => this.#reportUnreachable(packet, now),
      ...(onConflict === undefined ? {} : { onConflict }),
    });
    this.link.register(this.arp);
    this.link.register(ipv4);
    this.link.resolver = this.arp;
    this.joinGroup(0xe0000001, false);
  }

  /** The addresses, the primary one first. */
  get addresses(): readonly LocalAddress[] {
    return this.#ipv4.addresses.entries;
  }

  /** Takes datagrams to a multicast group, host order, from now on. */
  joinGroup(group: number, isNew: boolean = true): void {
    if (isNew) this.#ipv4.joinGroup(group);
    const address = new Uint8Array(6);
    writeMulticastMac(address, 0, group);
    this.link?.joinGroup(address, 0);
  }

  /** Takes back one {@linkcode joinGroup}. */
  leaveGroup(group: number): void {
    this.#ipv4.leaveGroup(group);
    const address = new Uint8Array(6);
    writeMulticastMac(address, 0, group);
    this.link?.leaveGroup(address, 0);
  }

  /** The neighbour did not answer: its sender hears "host unreachable", as if a router had said it (RFC 1122 §2.4). */
  #reportUnreachable(packet: Packet, now: number): void {
    const ipv4 = this.#ipv4;
    packet.nextHop = packet.source;
    ipv4.deliverError(3, 1, 0, packet, packet.networkOffset, packet.length, now);
  }
}

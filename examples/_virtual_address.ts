/**
 * An address that moves between machines: it is given to the kernel's interface over netlink, and told to the link by ARP
 * announcements (RFC 5227 §3), so that every station's cache points here. Whoever announces it later takes it over.
 *
 * @module
 */
import { AddressProbe, ArpFrame, arpFrameLength, ArpOperation, ProbeState } from "@octet/arp";
import { writeArpHeader } from "@octet/arp";
import { EtherType } from "@octet/ethernet";
import { type Device, frameCapacity, openPacketSocket } from "@octet/internet";
import { formatIpv4, type Ipv4Interface, MacAddress } from "@octet/netip";
import { NetlinkConnection } from "@octet/netlink";
import { CryptoRandom, Packet, Verdict, writeU16, writeU32 } from "@octet/wire";

/** Where the ARP packet begins. */
const arpOffset = 14;
/** RFC 5227 §1.1: the second announcement follows after ANNOUNCE_INTERVAL, in milliseconds. */
const announceInterval = 2000;
/** RFC 5227 §1.1: the address is defended once in DEFEND_INTERVAL at most, in milliseconds. */
const defendInterval = 10_000;
/** How long after the claim an announcement of who had the address before says nothing, in milliseconds. */
const grace = 1000;

/** How an address is held. */
export interface VirtualAddressOptions {
  /** The time between announcements, in milliseconds. */
  readonly interval: number;
  /** Whether it is kept when another station claims it. */
  readonly defends: boolean;
  /** Called for each announcement that is sent. */
  readonly onAnnounce?: () => void;
}

/** How holding an address ended. */
export type HoldEnd =
  | { readonly reason: "stopped" }
  | { readonly reason: "taken"; readonly by: MacAddress }
  | { readonly reason: "removed" };

/** One address on one interface. */
export class VirtualAddress implements Disposable {
  /** The hardware address that the address is announced with: the interface's own. */
  readonly hardwareAddress: MacAddress;
  readonly #interface: string;
  readonly #address: Ipv4Interface;
  readonly #text: string;
  readonly #device: Device;
  readonly #packet: Packet;
  readonly #arp = new ArpFrame();
  #isClaimed = false;

  /**
   * Opens the interface.
   *
   * @param name The interface.
   * @param address The address, with a prefix of its own.
   * @throws {Error} With what to do, when the interface cannot be had.
   */
  constructor(name: string, address: Ipv4Interface) {
    this.#interface = name;
    this.#address = address;
    this.#text = `${formatIpv4(address.address)}/${address.prefix.length}`;
    using netlink = new NetlinkConnection();
    const link = netlink.links().find((one) => one.name === name);
    const hardwareAddress = link?.hardwareAddress;
    this.#device = openPacketSocket(name, {
      etherType: EtherType.Arp,
      offload: false,
      ...(hardwareAddress !== undefined && { hardwareAddress }),
    });
    this.#device.setGroups?.([]);
    this.hardwareAddress = this.#device.hardwareAddress;
    this.#packet = new Packet(frameCapacity(this.#device));
  }

  /**
   * Asks whether anybody has the address (RFC 5227 §2.1.1); it takes some five seconds when nobody has.
   *
   * @returns Who has it, or `null`.
   */
  async probe(signal: AbortSignal): Promise<MacAddress | null> {
    const probe = new AddressProbe({
      address: this.#address.address,
      hardwareAddress: this.hardwareAddress,
      random: new CryptoRandom(),
      now: performance.now(),
    });
    let rival: MacAddress | null = null;
    await this.#run(signal, () => {
      if (probe.deadline() <= performance.now()) {
        const length = probe.encapsulate(this.#packet, arpOffset, arpOffset, performance.now());
        if (length > 0) this.#send(length);
      }
      return probe.state === ProbeState.Probing ? probe.deadline() : -Infinity;
    }, (arp) => {
      probe.observe(arp.operation, arp.senderAddress, arp.targetAddress, performance.now());
      if (probe.state === ProbeState.Conflict) rival = arp.senderHardware;
    });
    return rival;
  }

  /**
   * Gives the address to the interface.
   *
   * @throws {Deno.errors.AlreadyExists} When it has the address already.
   * @throws {Deno.errors.PermissionDenied} Without `CAP_NET_ADMIN`.
   */
  claim(): void {
    using netlink = new NetlinkConnection();
    netlink.addAddress(this.#interface, this.#text);
    this.#isClaimed = true;
  }

  /** Announces the address from now on, until the signal, until somebody else claims it, or removes it here. */
  async hold(signal: AbortSignal, options: VirtualAddressOptions): Promise<HoldEnd> {
    const begin = performance.now();
    let due = begin;
    let count = 0;
    let defended = -Infinity;
    let end: HoldEnd = { reason: "stopped" };
    let isOver = false;
    const finish = (how: HoldEnd): void => {
      end = how;
      isOver = true;
    };
    await this.#run(signal, () => {
      const now = performance.now();
      if (!isOver && now >= due) {
        if (!this.#isThere()) finish({ reason: "removed" });
        else {
          this.#announce();
          options.onAnnounce?.();
          due = now +
            (count++ === 0 ? Math.min(announceInterval, options.interval) : options.interval);
        }
      }
      return isOver ? -Infinity : due;
    }, (arp) => {
      if ((arp.senderAddress | 0) !== (this.#address.address | 0)) return;
      const now = performance.now();
      if (now < begin + grace || (options.defends && now >= defended + defendInterval)) {
        defended = now;
        due = now;
      } else if (!options.defends) finish({ reason: "taken", by: arp.senderHardware });
    });
    return end;
  }

  /** Takes the address away from the interface again. */
  withdraw(): void {
    if (!this.#isClaimed) return;
    this.#isClaimed = false;
    using netlink = new NetlinkConnection();
    try {
      netlink.deleteAddress(this.#interface, this.#text);
    } catch (error) {
      // Somebody has removed it, or the interface with it.
      if (
        !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.AddrNotAvailable)
      ) {
        throw error;
      }
    }
  }

  /** Withdraws the address and closes the interface's socket. */
  close(): void {
    try {
      this.withdraw();
    } finally {
      this.#device.close();
      this.#packet.release();
    }
  }

  /** Withdraws the address and closes the interface's socket. */
  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Lets ARP packets of other stations come in, and time pass.
   *
   * @param step Does what is due, and says when it wants to be called next; -Infinity to end.
   */
  async #run(
    signal: AbortSignal,
    step: () => number,
    onArp: (arp: ArpFrame) => void,
  ): Promise<void> {
    const device = this.#device;
    const wake = (): void => device.wake();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        while (device.receive(this.#packet)) {
          if (this.#isForeign()) onArp(this.#arp);
        }
        const next = step();
        if (next === -Infinity) return;
        if (!signal.aborted) await device.ready(Math.max(0, next - performance.now()));
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  /** Whether the packet is a well-formed ARP packet of another station. */
  #isForeign(): boolean {
    const { bytes, length } = this.#packet;
    const arp = this.#arp;
    arp.reset(bytes, arpOffset, length);
    return length >= arpOffset && arp.validate() === Verdict.Ok && arp.isEthernetIpv4 &&
      !arp.senderHardware.sameAs(this.hardwareAddress);
  }

  #isThere(): boolean {
    using netlink = new NetlinkConnection();
    try {
      return netlink.addresses(this.#interface).some((one) =>
        `${one.address}/${one.prefixLength}` === this.#text
      );
    } catch (error) {
      // The address has gone with its interface.
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** RFC 5227 §3: a request for the address by who has it, to everybody. */
  #announce(): void {
    const { bytes } = this.#packet;
    const { address } = this.#address;
    MacAddress.broadcast.writeTo(bytes, 0);
    writeArpHeader(bytes, arpOffset, ArpOperation.Request);
    this.hardwareAddress.writeTo(bytes, arpOffset + 8);
    writeU32(bytes, arpOffset + 14, address);
    MacAddress.zero.writeTo(bytes, arpOffset + 18);
    writeU32(bytes, arpOffset + 24, address);
    this.#send(arpFrameLength);
  }

  /** Sends an ARP packet that stands in place, with its destination. */
  #send(length: number): void {
    const packet = this.#packet;
    this.hardwareAddress.writeTo(packet.bytes, 6);
    writeU16(packet.bytes, 12, EtherType.Arp);
    packet.length = arpOffset + length;
    packet.checksumStart = 0;
    packet.segmentSize = 0;
    this.#device.transmit(packet);
  }
}

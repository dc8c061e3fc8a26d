/**
 * The ARP node (RFC 826): answers for our addresses, asks for others', and hands what it hears to
 * the neighbour cache.
 *
 * @module
 */
import { EtherType } from "@octet/ethernet/ether-type";
import type { MacAddress } from "@octet/netip";
import { formatIpv4 } from "@octet/netip/ipv4";
import { BaseNode, type NodeParent, type Packet, Verdict } from "@octet/wire";
import * as wire from "@octet/wire";
import { type AddressClaim, type AddressClaimOptions, AddressClaims } from "./address_claim.ts";
import { type AnnounceOptions, Announcer } from "./announcer.ts";
import { ArpOperation } from "./frame.ts";
import * as frame from "./frame.ts";
import type { ArpCounters, ArpOptions, ArpProxy, LocalAddresses } from "./arp_options.ts";
import { HeldPackets } from "./held_packets.ts";
import { NeighbourCache } from "./neighbour_cache.ts";
import {
  defaultNeighbourCacheOptions,
  Learned,
  type Neighbour,
  type NeighbourListener,
  NeighbourState,
} from "./neighbour_state.ts";
import type { AddressProbe } from "./probe.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const readI32 = wire.readI32;
const readU16 = wire.readU16;
const { arpFrameLength } = frame;
const { Filtered, NotForUs, Ok, QueueFull, Short, Unexpected, Unsupported } = Verdict;
const { Reply, Request } = ArpOperation;
const { Ignored, Refused, Taken } = Learned;
const { None } = NeighbourState;

/** How many replies wait to be sent at most: a power of two. */
const replyLimit = 64;

/**
 * The ARP node, a child of an Ethernet link. It is the link's resolver too.
 *
 * A neighbour is learned from a request to us or from an answer that we asked for; any other packet
 * only corrects what is known already (RFC 826, "Packet Reception"), and a reply that nobody asked
 * for not even that, unless it is gratuitous.
 */
export class Arp extends BaseNode implements NeighbourListener {
  /** Who is known. */
  declare readonly cache: NeighbourCache;
  /** Who decides whether to answer for others; `null` for nobody else but us. */
  proxy: ArpProxy | null = null;
  /** What was counted so far. */
  readonly counters: ArpCounters = {
    inPackets: 0,
    inErrors: 0,
    inRequests: 0,
    inReplies: 0,
    refused: 0,
    conflicts: 0,
    outRequests: 0,
    outReplies: 0,
    outDropped: 0,
    failures: 0,
  };

  readonly #addresses: LocalAddresses;
  readonly #held: HeldPackets;
  readonly #high: number = 0;
  readonly #low: number = 0;
  readonly #onUnreachable: ((packet: Packet, now: number) => void) | undefined;
  readonly #onFailure: ((neighbour: number, now: number) => void) | undefined;
  readonly #onConflict: ((address: number, now: number) => void) | undefined;
  /** Requests to be answered: three numbers each (hardware address in two, IPv4 address) and the address asked for. */
  readonly #replies: Int32Array<ArrayBuffer> = new Int32Array(4 * replyLimit);
  #replyHead = 0;
  #replyCount = 0;
  readonly #announcer: Announcer = new Announcer();
  readonly #claims: AddressClaims;
  readonly #probes: AddressProbe[] = [];
  /** Whether there are, or have been, claims or probes. */
  #isWatched = false;

  /** Makes a node that knows no neighbour. */
  constructor(options: ArpOptions) {
    super();
    this.protocol = EtherType.Arp;
    const bytes = new Uint8Array(6);
    options.hardwareAddress.writeTo(bytes, 0);
    this.#high = readU16(bytes, 0);
    this.#low = readI32(bytes, 2);
    this.#addresses = options.addresses;
    this.#claims = new AddressClaims({
      hardwareAddress: options.hardwareAddress,
      random: options.random,
      announcer: this.#announcer,
      onAnnounce: () => this.requestTurn(),
    });
    this.proxy = options.proxy ?? null;
    this.#onUnreachable = options.onUnreachable;
    this.#onFailure = options.onFailure;
    this.#onConflict = options.onConflict;
    this.#held = new HeldPackets(EtherType.Ipv4, {
      ...defaultNeighbourCacheOptions,
      ...options.cache,
    });
    this.cache = new NeighbourCache(this.#held, this, options.random, options.cache);
  }

  /** Registers this node under a link, and beside it the packets that wait for neighbours. */
  override attach(parent: NodeParent): void {
    super.attach(parent);
    this.#held.attach(parent);
  }

  /** Takes this node out of its link. */
  override detach(): void {
    this.#held.detach();
    super.detach();
  }

  /** Finds a neighbour's hardware address for the link; see {@linkcode NeighbourCache.resolve}. */
  resolve(packet: Packet, offset: number, now: number): boolean {
    return this.cache.resolve(packet, offset, now);
  }

  /**
   * Asks who has an address, unless that is known. The answer shows in {@linkcode Arp.cache}.
   *
   * @param address The neighbour, host order.
   * @param now Milliseconds.
   */
  query(address: number, now: number): void {
    this.cache.query(address, now);
  }

  /** The claims that are not over; see {@linkcode Arp.claim}. */
  get claims(): readonly AddressClaim[] {
    return this.#claims.list;
  }

  /**
   * Claims an address: asks whether another station has it, announces it, and defends it
   * ({@link https://www.rfc-editor.org/rfc/rfc5227 RFC 5227}). Who claims makes it one of the interface's own as long
   * as {@linkcode AddressClaim.isUsable}. After ten conflicts in a row a new address is asked for once a minute.
   *
   * @param address Host order.
   * @param now Milliseconds.
   * @param options How it is claimed, and who is told of what comes of it.
   * @throws {RangeError} When the duration of probing is none.
   * @throws {TypeError} When this node is in no link.
   */
  claim(address: number, now: number, options: AddressClaimOptions = {}): AddressClaim {
    if (this.parent === null) {
      throw new TypeError("Cannot claim an address as the node is registered in no link");
    }
    this.#isWatched = true;
    return this.#claims.add(this.parent, address, now, options);
  }

  /** Gives a claim up: the address is neither announced nor defended any more. Its owner is not told. */
  release(claim: AddressClaim): void {
    this.#claims.remove(claim);
  }

  /**
   * Tells everybody that an address is ours: {@link https://www.rfc-editor.org/rfc/rfc5227 RFC 5227} §2.3
   * sends two announcements, two seconds apart.
   *
   * @param address Host order.
   * @param now Milliseconds.
   * @param options How many, and in which form.
   */
  announce(address: number, now: number, options: AnnounceOptions = {}): void {
    this.#announcer.add(address, now, options);
    this.requestTurn();
  }

  /** Who is known, and who is being asked. */
  get neighbours(): Neighbour[] {
    return this.cache.list();
  }

  /**
   * Sets a neighbour's hardware address by hand; no packet changes it.
   *
   * @param address Host order.
   * @param hardwareAddress The neighbour's.
   * @param now Milliseconds.
   * @throws {RangeError} When it is no station's address, or half of the cache is taken by such entries.
   */
  setNeighbour(address: number, hardwareAddress: MacAddress, now: number): void {
    const bytes = new Uint8Array(6);
    hardwareAddress.writeTo(bytes, 0);
    if (!isStation(address) || (bytes[0]! & 1) !== 0) {
      throw new RangeError(
        `Cannot set neighbour ${formatIpv4(address)} to ${hardwareAddress} as it is no station`,
      );
    }
    this.cache.setPermanent(address, bytes, 0, now);
  }

  /**
   * Forgets a neighbour, however it was learned, and what waits for it.
   *
   * @param address Host order.
   * @returns Whether it was known.
   */
  removeNeighbour(address: number): boolean {
    const isKnown = this.cache.stateOf(address) !== None;
    this.cache.forget(address);
    return isKnown;
  }

  /** Lets a probe see what arrives and send what it has to; see {@linkcode AddressProbe}. */
  addProbe(probe: AddressProbe): void {
    probe.attach(this.parent!);
    this.#probes.push(probe);
    this.#isWatched = true;
  }

  /** Ends what {@linkcode Arp.addProbe} began. */
  removeProbe(probe: AddressProbe): void {
    const index = this.#probes.indexOf(probe);
    if (index < 0) return;
    probe.detach();
    this.#probes.splice(index, 1);
  }

  /** Takes an ARP packet; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const { view } = packet;
    const counters = this.counters;
    counters.inPackets++;
    if (end - offset < arpFrameLength) {
      counters.inErrors++;
      return Short;
    }
    const kind = view.getInt32(offset + 4);
    const operation = kind & 0xffff;
    if (
      view.getInt32(offset) !== 0x0001_0800 || kind >>> 16 !== 0x0604 ||
      (operation !== Request && operation !== Reply)
    ) {
      counters.inErrors++;
      return Unsupported;
    }
    const high = view.getUint16(offset + 8);
    const low = view.getInt32(offset + 10);
    // Our own announcement come back, a group as a station, or nobody at all.
    if ((low === this.#low && high === this.#high) || (high & 0x0100) !== 0 || (high | low) === 0) {
      return Filtered;
    }
    const sender = view.getInt32(offset + 14);
    const target = view.getInt32(offset + 24);
    if (this.#isWatched) this.#show(operation, sender, target, packet.bytes, offset, now);
    if (operation === Reply) counters.inReplies++;
    if (sender !== 0 && this.#addresses.ownsAddress(sender)) {
      return this.#takeConflict(sender, packet.bytes, offset + 8, now);
    }
    return operation === Request
      ? this.#takeRequest(high, low, sender, target, now)
      : this.#takeReply(high, low, sender, target, now);
  }

  /** Writes a reply, a request or an announcement; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    const cache = this.cache;
    const announcer = this.#announcer;
    if (cache.isDue(now)) cache.expire(now);
    const length = this.#replyCount > 0
      ? this.#writeReply(packet.view, offset)
      : this.#writeRequest(packet, offset, now);
    const isQuiet = announcer.isEmpty;
    const hasMore = this.#replyCount > 0 || !isQuiet || cache.hasRequests;
    this.hasMore = hasMore;
    if (length !== 0 && hasMore) return length;
    if (isQuiet) cache.wake(this, Infinity);
    else cache.wake(this, announcer.deadline);
    return length;
  }

  #writeRequest(packet: Packet, offset: number, now: number): number {
    const cache = this.cache;
    const slot = cache.takeRequest(now);
    if (slot < 0) {
      return this.#announcer.isEmpty ? 0 : this.#writeAnnouncement(packet.view, offset, now);
    }
    const target = cache.addresses[slot]!;
    const sender = this.#addresses.addressToward(target);
    if (isLinkLocal(sender) || !cache.writeConfirmedAddress(slot, packet.bytes, offset - 14)) {
      writeHardware(packet.view, offset - 14, 0xffff, -1);
    }
    this.#write(packet.view, offset, Request, sender, 0, 0, target);
    this.counters.outRequests++;
    return arpFrameLength;
  }

  /** Called by the cache when somebody is to be asked. */
  requestWanted(): void {
    this.requestTurn();
  }

  /** Called by the cache when a neighbour did not answer. */
  failed(address: number, now: number): void {
    this.counters.failures++;
    this.#onFailure?.(address, now);
  }

  /** Called by the cache with what waited for that neighbour. */
  undelivered(packet: Packet, now: number): void {
    this.#onUnreachable?.(packet, now);
  }

  /** Shows a packet to those that wonder whether an address is free. */
  #show(
    operation: number,
    sender: number,
    target: number,
    bytes: Uint8Array,
    offset: number,
    now: number,
  ): void {
    const probes = this.#probes;
    for (let i = 0; i < probes.length; i++) probes[i]!.observe(operation, sender, target, now);
    this.#claims.observe(operation, sender, target, bytes, offset + 8, now);
    this.#isWatched = probes.length + this.#claims.list.length > 0;
  }

  #takeRequest(high: number, low: number, sender: number, target: number, now: number): Verdict {
    const isForUs = target !== 0 && (this.#addresses.ownsAddress(target) ||
      this.proxy !== null && this.#answersFor(target, sender));
    const learned = this.#learn(sender, high, low, false, isForUs, now);
    if (isForUs) {
      this.counters.inRequests++;
      return this.#queueReply(high, low, sender, target);
    }
    return learned === Ignored ? NotForUs : learned === Refused ? Filtered : Ok;
  }

  #takeReply(high: number, low: number, sender: number, target: number, now: number): Verdict {
    // A gratuitous reply corrects an entry as a gratuitous request does (RFC 5227 §3).
    const isReply = sender !== target;
    return this.#learn(sender, high, low, isReply, false, now) === Taken ? Ok : Unexpected;
  }

  #learn(
    sender: number,
    high: number,
    low: number,
    isReply: boolean,
    mayCreate: boolean,
    now: number,
  ): Learned {
    // A probe (RFC 5227 §2.1.1) has no sender address.
    if (!isStation(sender)) return Ignored;
    const learned = this.cache.learn(sender, high, low, isReply, mayCreate, now);
    if (learned === Refused) this.counters.refused++;
    return learned;
  }

  /** RFC 5227 §2.4: another station speaks from an address of ours. */
  #takeConflict(sender: number, bytes: Uint8Array, offset: number, now: number): Verdict {
    this.counters.conflicts++;
    this.#claims.contest(sender, bytes, offset, now);
    this.#onConflict?.(sender >>> 0, now);
    return Filtered;
  }

  /** RFC 1027 §2; who probes (RFC 5227 §2.1.1), or announces itself, is not answered for others. */
  #answersFor(target: number, sender: number): boolean {
    return sender !== 0 && sender !== target && isStation(target) && !isLinkLocal(target) &&
      this.proxy!(target >>> 0, sender >>> 0);
  }

  #queueReply(high: number, low: number, sender: number, target: number): Verdict {
    if (this.#replyCount === replyLimit) {
      this.counters.outDropped++;
      return QueueFull;
    }
    const at = 4 * ((this.#replyHead + this.#replyCount++) & (replyLimit - 1));
    const replies = this.#replies;
    replies[at] = high;
    replies[at + 1] = low;
    replies[at + 2] = sender;
    replies[at + 3] = target;
    this.requestTurn();
    return Ok;
  }

  #writeReply(view: DataView, offset: number): number {
    const replies = this.#replies;
    const at = 4 * this.#replyHead;
    const high = replies[at]!;
    const low = replies[at + 1]!;
    const asked = replies[at + 3]!;
    this.#replyHead = (this.#replyHead + 1) & (replyLimit - 1);
    this.#replyCount--;
    if (isLinkLocal(asked)) writeHardware(view, offset - 14, 0xffff, -1);
    else writeHardware(view, offset - 14, high, low);
    this.#write(view, offset, Reply, asked, high, low, replies[at + 2]!);
    this.counters.outReplies++;
    return arpFrameLength;
  }

  #writeAnnouncement(view: DataView, offset: number, now: number): number {
    for (;;) {
      const due = this.#announcer.take(now);
      if (due === null) return 0;
      const { address, operation } = due;
      // An address that was taken away in the meantime is not claimed any more.
      if (!this.#addresses.ownsAddress(address)) continue;
      writeHardware(view, offset - 14, 0xffff, -1);
      if (operation === Request) {
        this.#write(view, offset, operation, address, 0, 0, address);
        this.counters.outRequests++;
      } else {
        this.#write(view, offset, operation, address, this.#high, this.#low, address);
        this.counters.outReplies++;
      }
      return arpFrameLength;
    }
  }

  /** Writes a packet of ours; hardware addresses are numbers of 16 and of 32 bits. */
  #write(
    view: DataView,
    offset: number,
    operation: number,
    sender: number,
    targetHigh: number,
    targetLow: number,
    target: number,
  ): void {
    view.setInt32(offset, 0x0001_0800);
    view.setInt32(offset + 4, 0x0604_0000 | operation);
    writeHardware(view, offset + 8, this.#high, this.#low);
    view.setInt32(offset + 14, sender);
    writeHardware(view, offset + 18, targetHigh, targetLow);
    view.setInt32(offset + 24, target);
  }
}

/** RFC 3927 §2.5: what speaks from such an address is for all to hear, so that conflicts show. */
function isLinkLocal(address: number): boolean {
  return address >>> 16 === 0xa9fe;
}

/** Whether a station can have an address: it is no network's, no group's and no loopback. */
function isStation(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}

function writeHardware(view: DataView, offset: number, high: number, low: number): void {
  view.setInt16(offset, high);
  view.setInt32(offset + 2, low);
}

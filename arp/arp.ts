/**
 * The ARP node (RFC 826): answers for our addresses, asks for others', and hands what it hears to
 * the neighbour cache.
 *
 * @module
 */
import { EtherType } from "@octet/ethernet";
import type { MacAddress } from "@octet/netip";
import {
  BaseNode,
  type NodeParent,
  type Packet,
  type Random,
  readI32,
  readU16,
  Verdict,
  writeU16,
  writeU32,
} from "@octet/wire";
import { arpFrameLength, ArpOperation, writeArpHeader } from "./frame.ts";
import { HeldPackets } from "./held_packets.ts";
import { NeighbourCache } from "./neighbour_cache.ts";
import { Learned, type NeighbourCacheOptions, type NeighbourListener } from "./neighbour_state.ts";
import type { AddressProbe } from "./probe.ts";

/** What ARP needs to know of the IP layer. */
export interface LocalAddresses {
  /** Whether an address, signed or unsigned, is one of the interface's own. */
  ownsAddress(address: number): boolean;
  /**
   * Which of the interface's own addresses to speak from toward a neighbour.
   *
   * @param neighbour Signed or unsigned.
   * @returns The address as a signed number, 0 when there is none.
   */
  addressToward(neighbour: number): number;
}

/** How an {@linkcode Arp} node is set up. */
export interface ArpOptions {
  /** The link's own hardware address. */
  readonly hardwareAddress: MacAddress;
  /** Which IPv4 addresses are ours. */
  readonly addresses: LocalAddresses;
  /** For the spread of confirmation times. */
  readonly random: Random;
  /** Sizes and times of the neighbour cache. */
  readonly cache?: NeighbourCacheOptions;
  /** How many packets wait for their neighbours at most; 64 when left out. */
  readonly heldPackets?: number;
  /** Called with what waited for a neighbour that did not answer; the packet is gone after the call. */
  readonly onUnreachable?: (packet: Packet, now: number) => void;
  /** Called when another station uses an address of ours (RFC 5227 §2.4), host order. */
  readonly onConflict?: (address: number, now: number) => void;
}

/** What an {@linkcode Arp} node has counted. */
export interface ArpCounters {
  /** Packets received. */
  inPackets: number;
  /** Packets that were malformed, or not about IPv4 over Ethernet. */
  inErrors: number;
  /** Requests for our addresses. */
  inRequests: number;
  /** Replies received. */
  inReplies: number;
  /** News that was refused as nobody had asked for it. */
  refused: number;
  /** Stations found using an address of ours. */
  conflicts: number;
  /** Requests sent. */
  outRequests: number;
  /** Replies sent. */
  outReplies: number;
  /** Requests for our addresses that could not be answered as too many came at once. */
  outDropped: number;
  /** Neighbours that did not answer. */
  failures: number;
}

/** RFC 5227 §1.1: how many announcements, how far apart, and how often an address is defended. */
const announceCount = 2;
const announceInterval = 2000;
const defendInterval = 10_000;

const replyLimit = 64;

interface Announcement {
  readonly address: number;
  left: number;
  time: number;
}

/**
 * The ARP node, a child of an Ethernet link. It is the link's resolver too.
 *
 * A neighbour is learned from a request to us or from an answer that we asked for; any other packet
 * only corrects what is known already (RFC 826, "Packet Reception"), and a reply that nobody asked
 * for not even that, unless it is gratuitous.
 */
export class Arp extends BaseNode implements NeighbourListener {
  /** Who is known. */
  readonly cache: NeighbourCache;
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
  readonly #high: number;
  readonly #low: number;
  readonly #onUnreachable: ((packet: Packet, now: number) => void) | undefined;
  readonly #onConflict: ((address: number, now: number) => void) | undefined;
  /** Requests to be answered: three numbers each (hardware address in two, IPv4 address) and the address asked for. */
  readonly #replies: Int32Array<ArrayBuffer> = new Int32Array(4 * replyLimit);
  #replyHead = 0;
  #replyCount = 0;
  readonly #announcements: Announcement[] = [];
  readonly #probes: AddressProbe[] = [];
  #lastDefence = -Infinity;

  /** Makes a node that knows no neighbour. */
  constructor(options: ArpOptions) {
    super();
    this.protocol = EtherType.Arp;
    const bytes = new Uint8Array(6);
    options.hardwareAddress.writeTo(bytes, 0);
    this.#high = readU16(bytes, 0);
    this.#low = readI32(bytes, 2);
    this.#addresses = options.addresses;
    this.#onUnreachable = options.onUnreachable;
    this.#onConflict = options.onConflict;
    this.#held = new HeldPackets(EtherType.Ipv4, options.heldPackets ?? 64);
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

  /**
   * Tells everybody that an address is ours: {@link https://www.rfc-editor.org/rfc/rfc5227 RFC 5227} §2.3
   * sends two announcements, two seconds apart.
   *
   * @param address Host order.
   * @param now Milliseconds.
   * @param count How many announcements; 2 when left out.
   */
  announce(address: number, now: number, count: number = announceCount): void {
    const known = this.#announcements.find((item) => item.address === (address | 0));
    if (known === undefined) {
      this.#announcements.push({ address: address | 0, left: count, time: now });
    } else {
      known.left = count;
      known.time = now;
    }
    this.requestTurn();
  }

  /** Lets a probe see what arrives and send what it has to; see {@linkcode AddressProbe}. */
  addProbe(probe: AddressProbe): void {
    probe.attach(this.parent!);
    this.#probes.push(probe);
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
    const bytes = packet.bytes;
    const counters = this.counters;
    counters.inPackets++;
    if (end - offset < arpFrameLength) {
      counters.inErrors++;
      return Verdict.Short;
    }
    if (readI32(bytes, offset) !== 0x0001_0800 || readU16(bytes, offset + 4) !== 0x0604) {
      counters.inErrors++;
      return Verdict.Unsupported;
    }
    const operation = readU16(bytes, offset + 6);
    const sender = readI32(bytes, offset + 14);
    const target = readI32(bytes, offset + 24);
    const high = readU16(bytes, offset + 8);
    const low = readI32(bytes, offset + 10);
    if (operation !== ArpOperation.Request && operation !== ArpOperation.Reply) {
      counters.inErrors++;
      return Verdict.Unsupported;
    }
    // Our own announcement come back, a group as a station, or nobody at all.
    if ((low === this.#low && high === this.#high) || (high & 0x0100) !== 0 || (high | low) === 0) {
      return Verdict.Filtered;
    }
    const probes = this.#probes;
    for (let i = 0; i < probes.length; i++) probes[i]!.observe(operation, sender, target, now);
    return operation === ArpOperation.Request
      ? this.#takeRequest(bytes, offset, sender, target, now)
      : this.#takeReply(bytes, offset, sender, target, now);
  }

  /** Writes a reply, a request or an announcement; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    const bytes = packet.bytes;
    if (this.#replyCount > 0) return this.#writeReply(bytes, offset);
    const cache = this.cache;
    if (cache.isDue(now)) cache.expire(now);
    const slot = cache.takeRequest(now);
    if (slot >= 0) {
      const target = cache.addresses[slot]!;
      cache.writeRequestDestination(slot, bytes, offset - 14);
      return this.#writeRequest(bytes, offset, this.#addresses.addressToward(target), target);
    }
    if (this.#announcements.length > 0) {
      const length = this.#writeAnnouncement(bytes, offset, now);
      if (length > 0) return length;
    }
    this.wakeTime = Infinity;
    for (let i = 0; i < this.#announcements.length; i++) {
      this.wakeAt(Math.min(this.wakeTime, this.#announcements[i]!.time));
    }
    cache.wake(this);
    return 0;
  }

  /** Called by the cache when somebody is to be asked. */
  requestWanted(): void {
    this.requestTurn();
  }

  /** Called by the cache when a neighbour did not answer. */
  unreachable(_address: number, packet: Packet | null, now: number): void {
    this.counters.failures++;
    if (packet !== null) this.#onUnreachable?.(packet, now);
  }

  #takeRequest(
    bytes: Uint8Array,
    offset: number,
    sender: number,
    target: number,
    now: number,
  ): Verdict {
    if (sender !== 0 && this.#isConflict(sender, now)) return Verdict.Filtered;
    const isForUs = target !== 0 && this.#addresses.ownsAddress(target);
    const learned = this.#learn(sender, bytes, offset + 8, false, isForUs, now);
    if (isForUs) {
      this.counters.inRequests++;
      return this.#queueReply(bytes, offset, sender, target);
    }
    return learned === Learned.Ignored
      ? Verdict.NotForUs
      : learned === Learned.Refused
      ? Verdict.Filtered
      : Verdict.Ok;
  }

  #takeReply(
    bytes: Uint8Array,
    offset: number,
    sender: number,
    target: number,
    now: number,
  ): Verdict {
    this.counters.inReplies++;
    if (sender !== 0 && this.#isConflict(sender, now)) return Verdict.Filtered;
    // A gratuitous reply corrects an entry as a gratuitous request does (RFC 5227 §3).
    const isReply = sender !== target;
    const learned = this.#learn(sender, bytes, offset + 8, isReply, false, now);
    return learned === Learned.Taken ? Verdict.Ok : Verdict.Unexpected;
  }

  #learn(
    sender: number,
    bytes: Uint8Array,
    offset: number,
    isReply: boolean,
    mayCreate: boolean,
    now: number,
  ): Learned {
    const first = sender >>> 24;
    // A probe (RFC 5227 §2.1.1) has no sender address; loopback, groups and broadcast are no stations.
    if (first === 0 || first === 127 || first >= 224) return Learned.Ignored;
    const learned = this.cache.learn(sender, bytes, offset, isReply, mayCreate, now);
    if (learned === Learned.Refused) this.counters.refused++;
    return learned;
  }

  /** RFC 5227 §2.4 (b): defend the address with one announcement, at most every ten seconds. */
  #isConflict(sender: number, now: number): boolean {
    if (!this.#addresses.ownsAddress(sender)) return false;
    this.counters.conflicts++;
    if (now - this.#lastDefence >= defendInterval) {
      this.#lastDefence = now;
      this.announce(sender, now, 1);
    }
    this.#onConflict?.(sender >>> 0, now);
    return true;
  }

  #queueReply(bytes: Uint8Array, offset: number, sender: number, target: number): Verdict {
    if (this.#replyCount === replyLimit) {
      this.counters.outDropped++;
      return Verdict.QueueFull;
    }
    const at = 4 * ((this.#replyHead + this.#replyCount++) % replyLimit);
    const replies = this.#replies;
    replies[at] = readU16(bytes, offset + 8);
    replies[at + 1] = readI32(bytes, offset + 10);
    replies[at + 2] = sender;
    replies[at + 3] = target;
    this.requestTurn();
    return Verdict.Ok;
  }

  #writeReply(bytes: Uint8Array, offset: number): number {
    const at = 4 * this.#replyHead;
    this.#replyHead = (this.#replyHead + 1) % replyLimit;
    this.#replyCount--;
    const replies = this.#replies;
    writeU16(bytes, offset - 14, replies[at]!);
    writeU32(bytes, offset - 12, replies[at + 1]!);
    this.#writeSender(bytes, offset, ArpOperation.Reply, replies[at + 3]!);
    writeU16(bytes, offset + 18, replies[at]!);
    writeU32(bytes, offset + 20, replies[at + 1]!);
    writeU32(bytes, offset + 24, replies[at + 2]!);
    this.counters.outReplies++;
    return arpFrameLength;
  }

  #writeRequest(bytes: Uint8Array, offset: number, sender: number, target: number): number {
    this.#writeSender(bytes, offset, ArpOperation.Request, sender);
    writeU16(bytes, offset + 18, 0);
    writeU32(bytes, offset + 20, 0);
    writeU32(bytes, offset + 24, target);
    this.counters.outRequests++;
    return arpFrameLength;
  }

  #writeAnnouncement(bytes: Uint8Array, offset: number, now: number): number {
    const due = this.#announcements.find((item) => item.time <= now);
    if (due === undefined) return 0;
    due.time = now + announceInterval;
    if (--due.left <= 0) this.#announcements.splice(this.#announcements.indexOf(due), 1);
    // An address that was taken away in the meantime is not claimed any more.
    if (!this.#addresses.ownsAddress(due.address)) return 0;
    for (let i = 14; i > 8; i--) bytes[offset - i] = 0xff;
    return this.#writeRequest(bytes, offset, due.address, due.address);
  }

  #writeSender(bytes: Uint8Array, offset: number, operation: number, sender: number): void {
    writeArpHeader(bytes, offset, operation);
    writeU16(bytes, offset + 8, this.#high);
    writeU32(bytes, offset + 10, this.#low);
    writeU32(bytes, offset + 14, sender);
  }
}

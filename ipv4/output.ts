/**
 * The way down of the IP node (RFC 791 §3.2, RFC 1122 §3.3): gives transports their turns, routes what they write,
 * puts headers before it and cuts what is too long.
 *
 * @module
 */
import { Packet, type Random, type Verdict } from "@octet/wire";
import { Ipv4Addressing, Path } from "./addressing.ts";
import { createIpv4Counters, type Ipv4Counters } from "./counters.ts";
import { Departure } from "./departure.ts";
import * as departureModule from "./departure.ts";
import * as egressFacts from "./egress_facts.ts";
import { Fragmenter } from "./fragment.ts";
import * as frame from "./frame.ts";
import * as header from "./header.ts";
import { Identification } from "./identification.ts";
import type { Ipv4Interface } from "./interface.ts";
import { internetTimestamp, recordHop } from "./option_rules.ts";
import { Ipv4Options } from "./options.ts";
import type { Reassembler } from "./reassembly.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { segmentLength } = departureModule;
const { clearFacts } = egressFacts;
const { ipv4HeaderLength, ipv4MaximumLength } = frame;
const { writeHeaderChecksum } = header;
const { Link, Loop } = Path;

/** Datagrams to ourselves in one turn, after which others get theirs: two of our own nodes may talk forever. */
const loopLimit = 64;

/** What {@linkcode Ipv4Output} is set up with. */
export interface Ipv4OutputSetup {
  /** For identifications. */
  readonly random: Random;
  /** Time to live of what is sent; 64 when left out. */
  readonly timeToLive?: number;
  /** The time since 1970 in milliseconds, from the stack's `now`; nobody knows it when left out. */
  readonly wallTime?: (now: number) => number;
}

/** The part of the IP node that sends. */
export abstract class Ipv4Output extends Ipv4Addressing {
  /** What was counted so far. */
  readonly counters: Ipv4Counters = createIpv4Counters();
  /** How datagrams get into the queues of interfaces. */
  readonly departure: Departure = new Departure(this.counters);
  /** Time to live of what is sent when the transport does not say. */
  timeToLive: number = 64;
  /** Puts fragments together; its time comes with the turns of this node. */
  abstract readonly reassembler: Reassembler;

  /** The options of the datagram at hand. */
  protected readonly options: Ipv4Options = new Ipv4Options();
  readonly #wallTime: ((now: number) => number) | null;
  readonly #identification: Identification;
  readonly #fragmenter: Fragmenter = new Fragmenter();

  /** Prepares to send. */
  constructor(setup: Ipv4OutputSetup) {
    super();
    if (setup.timeToLive !== undefined) this.timeToLive = setup.timeToLive;
    this.#wallTime = setup.wallTime ?? null;
    this.#identification = new Identification(setup.random);
  }

  /** The time as ICMP and options carry it, at `now` milliseconds; see {@linkcode internetTimestamp}. */
  timestamp(now: number): number {
    const wallTime = this.#wallTime;
    return internetTimestamp(wallTime === null ? NaN : wallTime(now), now);
  }

  /** Tells the transport that sent a datagram of its grief. */
  abstract deliverError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): Verdict;

  /**
   * Writes the next datagram or fragment, and says in `packet.interfaceIndex` by which interface it leaves; see
   * {@linkcode BaseNode.encapsulate}.
   */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    const reassembler = this.reassembler;
    if (reassembler.count > 0) {
      reassembler.expire(now);
      this.wakeAt(Math.min(this.wakeTime, reassembler.deadline));
    }
    if (this.#fragmenter.isBusy) {
      const length = this.#writeFragments(packet, offset);
      if (length > 0) {
        this.turn.hasMore = !this.readyList.isEmpty || this.#fragmenter.isBusy;
        return length;
      }
    }
    for (let looped = 0; looped < loopLimit;) {
      // It stays on the list while it writes, so that what it asks for meanwhile is no news to our parent.
      const turn = this.readyList.first;
      if (turn === null) {
        packet.interfaceIndex = 0;
        return 0;
      }
      const { node } = turn;
      clearFacts(packet);
      let out = packet;
      let length = node.encapsulate(packet, offset, offset + ipv4HeaderLength, now);
      if (length < 0) {
        out = new Packet(offset + ipv4HeaderLength - length);
        clearFacts(out);
        length = node.encapsulate(out, offset, offset + ipv4HeaderLength, now);
      }
      this.readyList.served(turn, length !== 0);
      if (length !== 0) {
        this.counters.outRequests++;
        const path = this.route(out);
        if (path === Link) {
          const via = this.outbound;
          if (out.loopsBack) this.#loopCopy(out, offset, length, node.protocol, now);
          if (out.hopLimit < 0) {
            if (out !== packet) out.release();
            continue;
          }
          const sent = this.#send(via, packet, out, offset, length, node.protocol, now);
          if (sent !== 0) {
            this.turn.hasMore = !this.readyList.isEmpty || this.#fragmenter.isBusy;
            return sent;
          }
          continue;
        }
        if (path === Loop) {
          looped++;
          this.#loop(out, offset, length, node.protocol, now);
        } else {
          this.counters.outNoRoutes++;
        }
      }
      if (out !== packet) out.release();
    }
    // Children are ready still: what drives the stack gets a turn, and comes back at once.
    this.wakeAt(now);
    packet.interfaceIndex = 0;
    return 0;
  }

  /** Sends a datagram that stands in `out` by way of `packet`; `out` is released when it is another. */
  #send(
    via: Ipv4Interface,
    packet: Packet,
    out: Packet,
    offset: number,
    length: number,
    protocol: number,
    now: number,
  ): number {
    const total = length + ipv4HeaderLength;
    if (out === packet && total <= via.mtu && out.segmentSize === 0 && !via.isBlocked) {
      this.#writeHeader(out, offset, total, protocol, now);
      this.counters.outOctets += total;
      const { counters } = via;
      counters.outPackets++;
      counters.outOctets += total;
      return total;
    }
    return this.#sendInPieces(via, packet, out, offset, total, protocol, now);
  }

  /** Sends what is no single datagram of the link: it waits, is cut, or cannot go. */
  #sendInPieces(
    via: Ipv4Interface,
    packet: Packet,
    out: Packet,
    offset: number,
    total: number,
    protocol: number,
    now: number,
  ): number {
    const { mtu } = via;
    const headerLength = ipv4HeaderLength + out.optionsLength;
    const segment = segmentLength(out, offset, headerLength, offset + total, protocol);
    if (out === packet && segment <= mtu) {
      this.#writeHeader(out, offset, total, protocol, now);
      return this.#leave(via, out, offset, total);
    }
    if (segment > mtu && !out.mayFragment || total > ipv4MaximumLength) {
      this.#writeHeader(out, offset, total, protocol, now);
      this.counters.fragFails++;
      out.nextHop = out.source;
      this.deliverError(3, 4, mtu, out, offset, offset + total, now);
      if (out !== packet) out.release();
      return 0;
    }
    if (out.segmentSize !== 0) {
      this.#writeHeader(out, offset, total, protocol, now);
      this.counters.outOctets += total;
      this.departure.leave(via, out, offset, headerLength, offset + total);
      if (out !== packet) out.release();
      return 0;
    }
    let owned = out;
    out.length = offset + total;
    out.completeChecksum();
    if (out === packet) {
      owned = new Packet(packet.length);
      owned.copyFrom(packet);
    }
    this.#writeHeader(owned, offset, total, protocol, now);
    this.#fragmenter.begin(owned, offset, headerLength, offset + total);
    if (total > mtu) this.counters.fragOKs++;
    return this.#writeFragments(packet, offset);
  }

  /** Writes the next fragment that goes out now; those of an interface that has no room wait for it. */
  #writeFragments(packet: Packet, offset: number): number {
    const fragmenter = this.#fragmenter;
    while (fragmenter.isBusy) {
      const via = this.interfaceAt(fragmenter.interfaceIndex);
      if (via === null) {
        fragmenter.clear();
        return 0;
      }
      const length = fragmenter.write(packet, offset, via.mtu);
      this.counters.fragCreates++;
      const sent = this.#leave(via, packet, offset, length);
      if (sent !== 0) return sent;
    }
    return 0;
  }

  /** A datagram is complete: it goes out now, or waits while its interface has no room. */
  #leave(via: Ipv4Interface, packet: Packet, offset: number, total: number): number {
    this.counters.outOctets += total;
    const isSuper = packet.segmentSize !== 0;
    if (via.isBlocked || isSuper && (total > via.maxSegment || via.maxSegment === via.mtu)) {
      const headerLength = (packet.bytes[offset]! & 0x0f) << 2;
      this.departure.leave(via, packet, offset, headerLength, offset + total);
      return 0;
    }
    via.counters.outPackets++;
    via.counters.outOctets += total;
    return total;
  }

  #writeHeader(
    packet: Packet,
    offset: number,
    total: number,
    protocol: number,
    now: number,
  ): void {
    const { view } = packet;
    const source = packet.source | 0;
    const destination = packet.destination | 0;
    const headerLength = ipv4HeaderLength + packet.optionsLength;
    const hopLimit = packet.hopLimit || this.#defaultHopLimit(destination);
    const first = (0x40 | (headerLength >>> 2)) << 24 | packet.trafficClass << 16 | total & 0xffff;
    // RFC 6864 §4.1: an atomic datagram may carry any identification.
    const second = packet.mayFragment ? this.#identify(packet, total, protocol, now) << 16 : 0x4000;
    const third = hopLimit > 0 ? hopLimit << 24 | protocol << 16 : protocol << 16;
    view.setInt32(offset, first);
    view.setInt32(offset + 4, second);
    view.setInt32(offset + 8, third);
    view.setInt32(offset + 12, source);
    view.setInt32(offset + 16, destination);
    packet.networkOffset = offset;
    if (headerLength > ipv4HeaderLength) {
      this.#writeOptions(packet, offset, headerLength, now);
      return;
    }
    // The checksum is made of what was just written: reading it again took 150 instructions.
    const sum = (first >>> 16) + (first & 0xffff) + (second >>> 16) + (second & 0xffff) +
      (third >>> 16) + (source >>> 16) + (source & 0xffff) + (destination >>> 16) +
      (destination & 0xffff);
    const folded = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(offset + 10, ~(folded + (folded >>> 16)));
  }

  /** Records this hop in the options that the transport has written, and completes the header. */
  #writeOptions(packet: Packet, offset: number, headerLength: number, now: number): void {
    const { options } = this;
    const { bytes } = packet;
    options.reset(bytes, offset + ipv4HeaderLength, offset + headerLength);
    recordHop(options, bytes, packet.source, this.timestamp(now), this);
    writeHeaderChecksum(bytes, offset, headerLength);
  }

  #identify(packet: Packet, total: number, protocol: number, now: number): number {
    const { source, destination, segmentSize } = packet;
    const count = segmentSize === 0 ? 1 : Math.ceil(total / segmentSize);
    return this.#identification.next(source | 0, destination | 0, protocol, now, count);
  }

  /** RFC 1112 §6.1: multicasts stay on the link unless somebody says otherwise. */
  #defaultHopLimit(destination: number): number {
    return destination >>> 28 === 0xe ? 1 : this.timeToLive;
  }

  /** Hands a datagram to ourselves, in place: its writer has finished with it. */
  #loop(packet: Packet, offset: number, length: number, protocol: number, now: number): void {
    const total = length + ipv4HeaderLength;
    if (total > ipv4MaximumLength) {
      this.counters.outDiscards++;
      return;
    }
    this.#writeHeader(packet, offset, total, protocol, now);
    packet.length = offset + total;
    packet.checksumVerified = packet.checksumStart !== 0;
    packet.checksumStart = 0;
    this.counters.outOctets += total;
    const { loopback } = this;
    loopback.counters.outPackets++;
    loopback.counters.outOctets += total;
    this.receive(loopback, packet, offset, offset + total, now);
    packet.checksumVerified = false;
  }

  /** RFC 1112 §7.1: what goes to many is for ourselves, too, when we are one of them. The packet stays as it is. */
  #loopCopy(packet: Packet, offset: number, length: number, protocol: number, now: number): void {
    const destination = packet.destination | 0;
    const isGroup = destination >>> 28 === 0xe;
    const via = this.interfaceAt(packet.interfaceIndex)!;
    if (isGroup ? !via.isMember(destination) : !this.isBroadcast(destination)) return;
    const { checksumStart, segmentSize, hopLimit, nextHop, interfaceIndex } = packet;
    packet.isLinkBroadcast = true;
    this.#loop(packet, offset, length, protocol, now);
    packet.isLinkBroadcast = false;
    packet.checksumStart = checksumStart;
    packet.segmentSize = segmentSize;
    packet.hopLimit = hopLimit;
    packet.nextHop = nextHop;
    packet.interfaceIndex = interfaceIndex;
  }
}

/**
 * The IP node (RFC 791, RFC 1122 §3): takes datagrams that are meant for this host, and sends what
 * its transports write.
 *
 * @module
 */
import {
  type BaseNode,
  Packet,
  type Random,
  readI32,
  readU16,
  Verdict,
  writeU16,
  writeU32,
} from "@octet/wire";
import { Ipv4Addressing, Path } from "./addressing.ts";
import { createIpv4Counters, type Ipv4Counters } from "./counters.ts";
import type { ErrorListener, ErrorReporter } from "./errors.ts";
import { Fragmenter } from "./fragment.ts";
import { ipv4HeaderLength, ipv4MaximumLength } from "./frame.ts";
import { sumHeader, writeHeaderChecksum } from "./header.ts";
import { Identification } from "./identification.ts";
import { Ipv4Options } from "./options.ts";
import { IpProtocol } from "./protocol.ts";
import { Reassembler, type ReassemblyOptions } from "./reassembly.ts";

/** How an {@linkcode Ipv4} node is set up. */
export interface Ipv4Setup {
  /** The longest datagram that the link carries, in bytes: 68 to 65,535. */
  readonly mtu: number;
  /** For identifications. */
  readonly random: Random;
  /** Time to live of what is sent; 64 when left out. */
  readonly timeToLive?: number;
  /** Bounds of reassembly. */
  readonly reassembly?: ReassemblyOptions;
}

/** EtherType of IPv4. */
const etherType = 0x0800;
/** Datagrams to ourselves in one turn, after which others get theirs: two of our own nodes may talk forever. */
const loopLimit = 64;

/**
 * The IP node. Children answer to IP protocol numbers; each writes its transport header and payload
 * behind the place for the IP header, and says in the packet where it is to go.
 *
 * A child whose datagram does not fit the packet it was given returns minus the bytes that it
 * needs; it is then called again with a packet that has them, and the datagram leaves in fragments.
 *
 * On the way up `packet.isLinkBroadcast` is set for IP broadcasts and multicasts too, so that
 * transports need to look at one fact alone.
 */
export class Ipv4 extends Ipv4Addressing {
  /** What was counted so far. */
  readonly counters: Ipv4Counters = createIpv4Counters();
  /** Puts fragments together. */
  readonly reassembler: Reassembler;
  /** Who tells others of their errors; without one they hear nothing. */
  errorReporter: ErrorReporter | null = null;
  /** Time to live of what is sent when the transport does not say. */
  timeToLive: number;

  readonly #mtu: number;
  readonly #nodes: (BaseNode | null)[] = new Array(256).fill(null);
  readonly #listeners: (ErrorListener | null)[] = new Array(256).fill(null);
  readonly #identification: Identification;
  readonly #fragmenter: Fragmenter = new Fragmenter();
  readonly #options: Ipv4Options = new Ipv4Options();

  /**
   * Makes a node without addresses, routes and children.
   *
   * @throws {RangeError} When the MTU is out of range.
   */
  constructor(setup: Ipv4Setup) {
    super();
    if (!(setup.mtu >= 68 && setup.mtu <= ipv4MaximumLength)) {
      throw new RangeError(`Cannot set up IPv4 as MTU ${setup.mtu} is not from 68 to 65535`);
    }
    this.protocol = etherType;
    this.timeToLive = setup.timeToLive ?? 64;
    this.#mtu = setup.mtu;
    this.#identification = new Identification(setup.random);
    this.reassembler = new Reassembler(
      (packet, offset, end, now) =>
        this.errorReporter?.reportError(11, 1, 0, packet, offset, end, now),
      setup.reassembly,
    );
  }

  /** The longest datagram that the link carries, in bytes. */
  get mtu(): number {
    return this.#mtu;
  }

  /**
   * Adds a child that answers to the IP protocol number `node.protocol`. A child that is an
   * {@linkcode ErrorListener} hears of errors.
   *
   * @throws {TypeError} When there is one already, or the node has a parent.
   */
  register(node: BaseNode): void {
    const protocol = node.protocol;
    if (this.#nodes[protocol] !== null) {
      throw new TypeError(
        `Cannot register IP protocol ${protocol} as it is already registered`,
      );
    }
    node.attach(this);
    this.#nodes[protocol] = node;
    if (isErrorListener(node)) this.#listeners[protocol] = node;
  }

  /** Takes a datagram; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    return this.#receive(packet, offset, end, now, false);
  }

  /**
   * Tells the transport that sent a datagram of its grief.
   *
   * @param type The ICMP type.
   * @param code The ICMP code.
   * @param info The 32 bits behind the ICMP checksum.
   * @param packet Where the datagram, or as much as was quoted of it, lies. `nextHop` is who reports;
   *     `source` and `destination` are overwritten.
   * @param offset Where its IP header begins.
   * @param end Where the quote ends (exclusive).
   * @param now Milliseconds.
   * @returns `Unexpected` when the datagram cannot be one of ours.
   */
  deliverError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): Verdict {
    const bytes = packet.bytes;
    if (end - offset < ipv4HeaderLength) return Verdict.Short;
    const headerLength = (bytes[offset]! & 0x0f) << 2;
    if (bytes[offset]! >>> 4 !== 4) return Verdict.BadVersion;
    if (headerLength < ipv4HeaderLength || end - offset < headerLength + 8) return Verdict.Short;
    if ((readU16(bytes, offset + 6) & 0x1fff) !== 0) return Verdict.Filtered;
    const source = readI32(bytes, offset + 12);
    if (!this.isLocal(source)) return Verdict.Unexpected;
    const listener = this.#listeners[bytes[offset + 9]!]!;
    if (listener === null) return Verdict.NoProtocol;
    packet.source = source >>> 0;
    packet.destination = readI32(bytes, offset + 16) >>> 0;
    listener.networkError(type, code, info, packet, offset + headerLength, end, now);
    return Verdict.Ok;
  }

  /** Writes the next datagram or fragment; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    const reassembler = this.reassembler;
    if (reassembler.count > 0) {
      reassembler.expire(now);
      this.wakeAt(Math.min(this.wakeTime, reassembler.deadline));
    }
    if (this.#fragmenter.isBusy) return this.#writeFragment(packet, offset);
    for (let looped = 0; looped < loopLimit;) {
      const node = this.readyList.shift();
      if (node === null) return 0;
      // It stays on the list while it writes, so that what it asks for meanwhile is no news to our parent.
      this.readyList.push(node);
      clearFacts(packet);
      let out = packet;
      let length = node.encapsulate(packet, offset, offset + ipv4HeaderLength, now);
      if (length < 0) {
        out = new Packet(offset + ipv4HeaderLength - length);
        clearFacts(out);
        length = node.encapsulate(out, offset, offset + ipv4HeaderLength, now);
      }
      if (length === 0) {
        if (node.isReady && node.parent === this) this.readyList.remove(node);
      } else {
        this.counters.outRequests++;
        const path = this.route(out);
        if (path === Path.Link) {
          const sent = this.#send(packet, out, offset, length, node.protocol, now);
          if (sent !== 0) return sent;
          continue;
        }
        if (path === Path.Loop) {
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
    return 0;
  }

  /** Sends a datagram that stands in `out` by way of `packet`; `out` is released when it is another. */
  #send(
    packet: Packet,
    out: Packet,
    offset: number,
    length: number,
    protocol: number,
    now: number,
  ): number {
    const total = length + ipv4HeaderLength;
    if (out === packet && (total <= this.#mtu || out.segmentSize !== 0)) {
      this.#writeHeader(out, offset, total, protocol);
      this.counters.outOctets += total;
      return total;
    }
    if (total > this.#mtu && !out.mayFragment || total > ipv4MaximumLength) {
      this.#writeHeader(out, offset, total, protocol);
      this.counters.fragFails++;
      out.nextHop = out.source;
      this.deliverError(3, 4, this.#mtu, out, offset, offset + total, now);
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
    this.#writeHeader(owned, offset, total, protocol);
    this.#fragmenter.begin(owned, offset, ipv4HeaderLength, offset + total);
    if (total > this.#mtu) this.counters.fragOKs++;
    return this.#writeFragment(packet, offset);
  }

  #writeFragment(packet: Packet, offset: number): number {
    const length = this.#fragmenter.write(packet, offset, this.#mtu);
    this.counters.fragCreates++;
    this.counters.outOctets += length;
    return length;
  }

  #writeHeader(packet: Packet, offset: number, total: number, protocol: number): void {
    const bytes = packet.bytes;
    bytes[offset] = 0x45;
    bytes[offset + 1] = packet.trafficClass;
    writeU16(bytes, offset + 2, total);
    if (packet.mayFragment) {
      writeU16(bytes, offset + 4, this.#identification.next(packet.destination | 0));
      writeU16(bytes, offset + 6, 0);
    } else {
      // RFC 6864 §4.1: an atomic datagram may carry any identification.
      writeU32(bytes, offset + 4, 0x4000);
    }
    bytes[offset + 8] = packet.hopLimit || this.#defaultHopLimit(packet);
    bytes[offset + 9] = protocol;
    writeU32(bytes, offset + 12, packet.source);
    writeU32(bytes, offset + 16, packet.destination);
    writeHeaderChecksum(bytes, offset, ipv4HeaderLength);
    packet.networkOffset = offset;
  }

  /** RFC 1112 §6.1: multicasts stay on the link unless somebody says otherwise. */
  #defaultHopLimit(packet: Packet): number {
    return (packet.destination | 0) >>> 28 === 0xe ? 1 : this.timeToLive;
  }

  /** Hands a datagram to ourselves, in place: its writer has finished with it. */
  #loop(packet: Packet, offset: number, length: number, protocol: number, now: number): void {
    const total = length + ipv4HeaderLength;
    if (total > ipv4MaximumLength) {
      this.counters.outDiscards++;
      return;
    }
    this.#writeHeader(packet, offset, total, protocol);
    packet.length = offset + total;
    packet.checksumVerified = packet.checksumStart !== 0;
    packet.checksumStart = 0;
    packet.isLinkBroadcast = false;
    this.counters.outOctets += total;
    this.#receive(packet, offset, offset + total, now, true);
    packet.checksumVerified = false;
  }

  #receive(packet: Packet, offset: number, end: number, now: number, isLooped: boolean): Verdict {
    const bytes = packet.bytes;
    const counters = this.counters;
    counters.inReceives++;
    const available = end - offset;
    if (available < ipv4HeaderLength) return this.#malformed(Verdict.Short);
    const first = bytes[offset]!;
    if (first >>> 4 !== 4) return this.#malformed(Verdict.BadVersion);
    const headerLength = (first & 0x0f) << 2;
    const total = readU16(bytes, offset + 2);
    if (headerLength < ipv4HeaderLength || total < headerLength || total > available) {
      return this.#malformed(Verdict.BadLength);
    }
    if (sumHeader(bytes, offset, headerLength) !== 0xffff) {
      counters.inCsumErrors++;
      return this.#malformed(Verdict.BadChecksum);
    }
    counters.inOctets += total;
    const source = readI32(bytes, offset + 12);
    const destination = readI32(bytes, offset + 16);
    const protocol = bytes[offset + 9]!;
    const datagramEnd = offset + total;
    packet.ipVersion = 4;
    packet.networkOffset = offset;
    packet.source = source >>> 0;
    packet.destination = destination >>> 0;
    packet.trafficClass = bytes[offset + 1]!;
    packet.hopLimit = bytes[offset + 8]!;
    packet.protocol = protocol;
    if (!isLooped) {
      if (this.isMartian(source, destination)) {
        counters.inMartians++;
        counters.inAddrErrors++;
        return Verdict.Filtered;
      }
      if (!this.addresses.owns(destination)) {
        const verdict = this.#acceptOther(packet, destination, protocol);
        if (verdict !== Verdict.Ok) {
          counters.inAddrErrors++;
          return verdict;
        }
      } else if (packet.isLinkBroadcast) {
        // RFC 1122 §3.3.6: a link broadcast that is no IP broadcast is discarded silently.
        counters.inAddrErrors++;
        return Verdict.Filtered;
      }
    }
    if (headerLength > ipv4HeaderLength) {
      const verdict = this.#checkOptions(packet, offset, headerLength, datagramEnd, now);
      if (verdict !== Verdict.Ok) return verdict;
    }
    if ((readU16(bytes, offset + 6) & 0x3fff) !== 0) {
      return this.#receiveFragment(packet, offset, headerLength, datagramEnd, now);
    }
    return this.#deliver(packet, offset, offset + headerLength, datagramEnd, protocol, now);
  }

  #deliver(
    packet: Packet,
    offset: number,
    payloadOffset: number,
    end: number,
    protocol: number,
    now: number,
  ): Verdict {
    const node = this.#nodes[protocol]!;
    if (node === null) {
      this.counters.inUnknownProtos++;
      this.errorReporter?.reportError(3, 2, 0, packet, offset, end, now);
      return Verdict.NoProtocol;
    }
    this.counters.inDelivers++;
    const verdict = node.demux(packet, payloadOffset, end, now);
    // TCP answers with a reset of its own.
    if (verdict === Verdict.NoPort && protocol === IpProtocol.Udp) {
      this.errorReporter?.reportError(3, 3, 0, packet, offset, end, now);
    }
    return verdict;
  }

  #receiveFragment(
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    now: number,
  ): Verdict {
    const reassembler = this.reassembler;
    const whole = reassembler.add(packet, offset, offset + headerLength, end, now);
    this.wakeAt(Math.min(this.wakeTime, reassembler.deadline));
    if (whole === null) return reassembler.verdict;
    const start = whole.networkOffset;
    const payload = start + ((whole.bytes[start]! & 0x0f) << 2);
    const verdict = this.#deliver(whole, start, payload, whole.length, whole.protocol, now);
    whole.release();
    return verdict;
  }

  /** Whether a datagram to an address that is not ours is for us all the same. */
  #acceptOther(packet: Packet, destination: number, protocol: number): Verdict {
    if (destination === -1 || this.addresses.isBroadcast(destination)) {
      this.counters.inBcastPkts++;
      packet.isLinkBroadcast = true;
      return Verdict.Ok;
    }
    if (destination >>> 28 === 0xe) {
      if (!this.isMember(destination)) return Verdict.NotForUs;
      this.counters.inMcastPkts++;
      packet.isLinkBroadcast = true;
      return Verdict.Ok;
    }
    // RFC 2131 §4.1: who has no address yet takes what its DHCP server sends to the address it offers.
    const isAddressless = this.addresses.primary === 0 && protocol === IpProtocol.Udp;
    if (!isAddressless) return Verdict.NotForUs;
    packet.isLinkBroadcast = true;
    return Verdict.Ok;
  }

  #checkOptions(
    packet: Packet,
    offset: number,
    headerLength: number,
    end: number,
    now: number,
  ): Verdict {
    const options = this.#options;
    options.reset(packet.bytes, offset + ipv4HeaderLength, offset + headerLength);
    while (options.next()) {
      if (options.isSourceRoute) {
        this.counters.inSourceRoutes++;
        return Verdict.Unsupported;
      }
    }
    if (options.verdict === Verdict.Ok) return Verdict.Ok;
    const pointer = ipv4HeaderLength + options.position;
    this.errorReporter?.reportError(12, 0, pointer * 0x1000000, packet, offset, end, now);
    return this.#malformed(options.verdict);
  }

  #malformed(verdict: Verdict): Verdict {
    this.counters.inHdrErrors++;
    return verdict;
  }
}

/** Forgets what a child has to say of the packet it writes, and what another child said before it. */
function clearFacts(packet: Packet): void {
  packet.source = 0;
  packet.destination = 0;
  packet.sourcePort = 0;
  packet.destinationPort = 0;
  packet.nextHop = 0;
  packet.hopLimit = 0;
  packet.trafficClass = 0;
  packet.mayFragment = false;
  packet.protocol = 0;
  packet.checksumVerified = false;
  packet.checksumStart = 0;
  packet.segmentSize = 0;
}

function isErrorListener(node: object): node is ErrorListener {
  return "networkError" in node;
}

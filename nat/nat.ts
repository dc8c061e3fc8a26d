/**
 * Network address and port translation (RFC 3022) as the peers of the Internet need it: endpoint-independent mapping
 * (RFC 4787), TCP (RFC 5382, RFC 7857), ICMP with what its errors quote (RFC 5508).
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip/ipv4";
import { BaseNode, type Packet, readI32, readU16, Verdict } from "@octet/wire";
import { IcmpErrors, isIcmpError } from "./icmp_error.ts";
import { IdleLists } from "./idle_lists.ts";
import {
  Lifetime,
  type Mapping,
  protocolIcmp,
  protocolTcp,
  protocolUdp,
  type Session,
} from "./mapping.ts";
import { createNatCounters, type NatCounters, type NatOptions } from "./options.ts";
import { PortChooser } from "./ports.ts";
import { destinationField, portField, rewrite, sourceField } from "./rewrite.ts";
import { MappingTable, SessionTable } from "./table.ts";
import { trackTcp } from "./tcp_track.ts";

/** What became of a datagram: not this NAT's business; translated; to be dropped. */
export const NatAnswer = {
  /** Nothing was done. */
  Pass: 0,
  /** Its addresses are new. */
  Done: 1,
  /** It must not go on. */
  Drop: 2,
} as const;
/** One of the values of {@linkcode NatAnswer}. */
export type NatAnswer = (typeof NatAnswer)[keyof typeof NatAnswer];

/** A port outside that leads to a host inside. */
export interface PortForward {
  /** The IP protocol number: 6 for TCP, 17 for UDP. */
  readonly protocol: number;
  /** The address outside, host order. */
  readonly externalAddress: number;
  /** The port outside, 1 to 65,535. */
  readonly externalPort: number;
  /** The host inside, host order. */
  readonly internalAddress: number;
  /** Its port; the same as outside when left out. */
  readonly internalPort?: number;
}

/**
 * A NAT between an inside and an outside. It is a node for its timers alone: who forwards shows it each datagram that
 * leaves for outside ({@linkcode Nat.outbound}) and each that comes to an address of the router ({@linkcode Nat.inbound}).
 *
 * @example
 * ```ts
 * import { Nat, NatAnswer } from "@octet/nat";
 * import { parseIpv4 } from "@octet/netip";
 * import { Packet, readU16, SeededRandom, writeU16, writeU32 } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const nat = new Nat({ random: new SeededRandom(1) });
 * const packet = new Packet(64);
 * packet.bytes.fill(0, 0, 28);
 * packet.bytes[0] = 0x45;
 * packet.bytes[9] = 17;
 * writeU32(packet.bytes, 12, parseIpv4("192.168.1.2"));
 * writeU32(packet.bytes, 16, parseIpv4("198.51.100.7"));
 * writeU16(packet.bytes, 20, 5000);
 * const outside = parseIpv4("203.0.113.1");
 * assertEquals(nat.outbound(packet, 0, 28, outside, 0), NatAnswer.Done);
 * assertEquals(packet.source, outside);
 * assertEquals(readU16(packet.bytes, 20), 5000);
 * assertEquals(nat.mappingCount, 1);
 * ```
 */
export class Nat extends BaseNode {
  /** What was counted so far. */
  readonly counters: NatCounters = createNatCounters();
  readonly #options: NatOptions;
  readonly #mappings: MappingTable;
  readonly #sessions: SessionTable;
  readonly #ports: PortChooser;
  readonly #errors: IcmpErrors;
  readonly #idle: IdleLists;
  readonly #lifetimes: readonly number[];
  /** How many sessions each host inside has, by its signed address. */
  readonly #hosts: Map<number, number> = new Map();
  readonly #mappingLimit: number;
  readonly #sessionLimit: number;
  readonly #hostLimit: number;
  /** How much of a remote end sessions other than TCP's tell apart. */
  readonly #keepsAddress: boolean;
  readonly #keepsPort: boolean;

  /**
   * Makes a NAT that knows nobody.
   *
   * @throws {RangeError} When the range of ports is none.
   */
  constructor(options: NatOptions) {
    super();
    const { random, timeouts = {}, ports = { first: 1024, last: 49_151 } } = options;
    const { filtering = "address-dependent" } = options;
    this.#options = options;
    this.#mappings = new MappingTable(random.uint32() | 0);
    this.#sessions = new SessionTable(random.uint32() | 0);
    this.#ports = new PortChooser(this.#mappings, {
      random,
      preservesPorts: options.preservesPorts ?? true,
      isPortInUse: options.isPortInUse ?? (() => false),
      ...ports,
    });
    this.#errors = new IcmpErrors(this.#mappings);
    this.#lifetimes = [
      timeouts.udp ?? 300_000,
      timeouts.tcpEstablished ?? 7_440_000,
      timeouts.tcpTransitory ?? 240_000,
      timeouts.icmp ?? 60_000,
      timeouts.other ?? 600_000,
    ];
    this.#idle = new IdleLists(this.#lifetimes);
    this.#mappingLimit = options.mappingLimit ?? 65_536;
    this.#sessionLimit = options.sessionLimit ?? 131_072;
    this.#hostLimit = options.hostLimit ?? 4096;
    this.#keepsAddress = filtering !== "endpoint-independent";
    this.#keepsPort = filtering === "address-and-port-dependent";
  }

  /** How many mappings there are, forwards included. */
  get mappingCount(): number {
    return this.#mappings.size;
  }

  /** How many sessions there are. */
  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** All mappings, in no order; they must not be changed. */
  mappings(): IterableIterator<Readonly<Mapping>> {
    return this.#mappings[Symbol.iterator]();
  }

  /**
   * Makes a port outside lead to a host inside, for anybody, until it is taken back.
   *
   * @throws {RangeError} When a port is out of range.
   * @throws {TypeError} When either end has a mapping already, or the protocol has no ports.
   */
  forward(forward: PortForward): void {
    const { protocol, externalAddress, externalPort, internalAddress } = forward;
    const { internalPort = externalPort } = forward;
    if (protocol !== protocolTcp && protocol !== protocolUdp) {
      throw new TypeError(`Cannot forward IP protocol ${protocol} as it has no ports`);
    }
    for (const port of [externalPort, internalPort]) {
      if (!(Number.isInteger(port) && port >= 1 && port <= 0xffff)) {
        throw new RangeError(`Cannot forward port ${port} as it is not from 1 to 65535`);
      }
    }
    const [outside, inside] = [externalAddress | 0, internalAddress | 0];
    const isTaken = this.#mappings.findExternal(protocol, outside, externalPort) !== null ||
      this.#mappings.findInternal(protocol, inside, internalPort, outside) !== null;
    if (isTaken) {
      throw new TypeError(
        `Cannot forward port ${externalPort} of ${formatIpv4(externalAddress >>> 0)} to ${
          formatIpv4(internalAddress >>> 0)
        } as one of them has a mapping`,
      );
    }
    const mapping = this.#mappings.add(protocol, inside, internalPort, outside, externalPort);
    mapping.isForward = true;
  }

  /**
   * Takes back a {@linkcode Nat.forward}, and ends its sessions.
   *
   * @returns Whether there was one.
   */
  unforward(protocol: number, externalAddress: number, externalPort: number): boolean {
    const mapping = this.#mappings.findExternal(protocol, externalAddress | 0, externalPort);
    if (mapping === null || !mapping.isForward) return false;
    this.#remove(mapping);
    return true;
  }

  /** Forgets all mappings to an address outside, host order, as when that address goes; forwards stay. */
  forgetExternal(address: number): void {
    const gone = [...this.#mappings].filter((mapping) =>
      mapping.externalAddress === (address | 0) && !mapping.isForward
    );
    for (const mapping of gone) this.#remove(mapping);
  }

  /**
   * Translates a datagram that is about to leave for outside.
   *
   * @param packet Where it lies; `source` is set with the bytes.
   * @param offset Where its IP header begins.
   * @param end Where it ends (exclusive). It is whole: ports stand in no later fragment.
   * @param external The address that it speaks from outside, signed or unsigned.
   * @param now Milliseconds.
   */
  outbound(
    packet: Packet,
    offset: number,
    end: number,
    external: number,
    now: number,
  ): NatAnswer {
    const { bytes } = packet;
    const protocol = bytes[offset + 9]!;
    const transport = offset + ((bytes[offset]! & 0x0f) << 2);
    if (!isLongEnough(protocol, transport, end)) return this.#malformed();
    if (protocol === protocolIcmp) {
      if (isIcmpError(bytes[transport]!)) {
        if (!this.#errors.outbound(packet, offset, end, external)) return this.#malformed();
        this.counters.errorsTranslated++;
        return NatAnswer.Done;
      }
      if (!isQuery(bytes[transport]!)) return this.#malformed();
    }
    const port = portAt(bytes, transport, protocol, true);
    const internal = readI32(bytes, offset + sourceField);
    const remote = readI32(bytes, offset + destinationField);
    const remotePort = portAt(bytes, transport, protocol, false);
    const known = this.#mappings.findInternal(protocol, internal, port, external | 0);
    const mapping = known ?? this.#map(protocol, internal, port, external | 0);
    if (mapping === null) return NatAnswer.Drop;
    let session = this.#find(mapping, remote, remotePort);
    if (session === null) {
      session = this.#begin(mapping, remote, remotePort, now);
      if (session === null) {
        if (known === null) this.#mappings.remove(mapping);
        return NatAnswer.Drop;
      }
    }
    this.#use(session, bytes, transport, true, now);
    rewrite(packet, offset, end, sourceField, external, mapping.externalPort);
    packet.source = external >>> 0;
    this.counters.outTranslated++;
    return NatAnswer.Done;
  }

  /**
   * Translates a datagram that came to an address of the router, when that is a mapping's.
   *
   * @param packet Where it lies; `destination` (and `source`, when it turns round) is set with the bytes.
   * @param offset Where its IP header begins.
   * @param end Where it ends (exclusive). It is whole.
   * @param isInside Whether it came from inside.
   * @param now Milliseconds.
   */
  inbound(
    packet: Packet,
    offset: number,
    end: number,
    isInside: boolean,
    now: number,
  ): NatAnswer {
    const { bytes } = packet;
    const protocol = bytes[offset + 9]!;
    const transport = offset + ((bytes[offset]! & 0x0f) << 2);
    if (!isLongEnough(protocol, transport, end)) return NatAnswer.Pass;
    if (protocol === protocolIcmp) {
      const type = bytes[transport]!;
      if (isIcmpError(type)) return this.#inboundError(packet, offset, end, isInside);
      // A request asks the router itself.
      if (isQuery(type)) return NatAnswer.Pass;
    }
    const external = readI32(bytes, offset + destinationField);
    const port = portAt(bytes, transport, protocol, false);
    const mapping = this.#mappings.findExternal(protocol, external, port);
    if (mapping === null) return NatAnswer.Pass;
    if (isInside) {
      if (!(this.#options.hairpinning ?? true)) return this.#filtered();
      // RFC 4787 REQ-9 a: whom it reaches sees the sender as those outside do.
      const answer = this.outbound(packet, offset, end, external, now);
      if (answer !== NatAnswer.Done) return NatAnswer.Drop;
      this.counters.hairpinned++;
    }
    const remote = readI32(bytes, offset + sourceField);
    const remotePort = portAt(bytes, transport, protocol, true);
    let session = this.#find(mapping, remote, remotePort);
    if (session === null) {
      if (!this.#lets(mapping, remote)) return this.#filtered();
      session = this.#begin(mapping, remote, remotePort, now);
      if (session === null) return NatAnswer.Drop;
    }
    this.#use(session, bytes, transport, false, now);
    rewrite(packet, offset, end, destinationField, mapping.internalAddress, mapping.internalPort);
    packet.destination = mapping.internalAddress >>> 0;
    this.counters.inTranslated++;
    return NatAnswer.Done;
  }

  /**
   * Gives a translated datagram that cannot be delivered the addresses back that it came with.
   *
   * @param packet Where it lies; `source` and `destination` are set with the bytes.
   * @returns Whether it was one.
   */
  revert(packet: Packet, offset: number, end: number): boolean {
    const { bytes } = packet;
    const protocol = bytes[offset + 9]!;
    const transport = offset + ((bytes[offset]! & 0x0f) << 2);
    if (!isLongEnough(protocol, transport, end)) return false;
    const source = readI32(bytes, offset + sourceField);
    const sourcePort = portAt(bytes, transport, protocol, true);
    const destination = readI32(bytes, offset + destinationField);
    const destinationPort = portAt(bytes, transport, protocol, false);
    const from = this.#mappings.findExternal(protocol, source, sourcePort);
    const to = this.#mappings.findAnyInternal(protocol, destination, destinationPort);
    const isTo = to !== null && this.#find(to, source, sourcePort) !== null;
    if (from !== null) {
      rewrite(packet, offset, end, sourceField, from.internalAddress, from.internalPort);
      packet.source = from.internalAddress >>> 0;
    }
    if (isTo) {
      rewrite(packet, offset, end, destinationField, to.externalAddress, to.externalPort);
      packet.destination = to.externalAddress >>> 0;
    }
    return from !== null || isTo;
  }

  /** Takes nothing: it stands beside the way of a packet. */
  override demux(): Verdict {
    return Verdict.NoProtocol;
  }

  /** Ends what has been idle for too long; writes nothing. */
  override encapsulate(_packet: Packet, _ipOffset: number, _offset: number, now: number): number {
    for (let due = this.#idle.due(now); due !== null; due = this.#idle.due(now)) {
      this.counters.sessionsExpired++;
      this.#end(due);
    }
    this.wakeAt(this.#idle.deadline());
    return 0;
  }

  #inboundError(packet: Packet, offset: number, end: number, isInside: boolean): NatAnswer {
    const external = readI32(packet.bytes, offset + destinationField);
    if (isInside && !this.#errors.isKnown(packet, offset, end)) return NatAnswer.Pass;
    if (isInside && !this.#errors.outbound(packet, offset, end, external)) return this.#malformed();
    const answer = this.#errors.inbound(packet, offset, end);
    if (answer === NatAnswer.Done) this.counters.errorsTranslated++;
    else if (answer === NatAnswer.Drop) this.counters.malformed++;
    return answer;
  }

  #map(protocol: number, internal: number, port: number, external: number): Mapping | null {
    if (this.#mappings.size >= this.#mappingLimit) {
      this.counters.tableFull++;
      return null;
    }
    const externalPort = this.#ports.choose(protocol, external, port);
    if (externalPort < 0) {
      this.counters.outOfPorts++;
      return null;
    }
    this.counters.mappingsCreated++;
    return this.#mappings.add(protocol, internal, port, external, externalPort);
  }

  #find(mapping: Mapping, remote: number, port: number): Session | null {
    const isExact = mapping.protocol === protocolTcp;
    return this.#sessions.find(
      mapping,
      isExact || this.#keepsAddress ? remote : 0,
      isExact || this.#keepsPort ? port : 0,
    );
  }

  /** RFC 4787 §5: whether somebody who has no session comes in. */
  #lets(mapping: Mapping, remote: number): boolean {
    if (mapping.isForward || !this.#keepsAddress) return true;
    if (this.#keepsPort || mapping.protocol !== protocolTcp) return false;
    for (let other = mapping.sessions; other !== null; other = other.nextOfMapping) {
      if (other.remoteAddress === remote) return true;
    }
    return false;
  }

  #begin(mapping: Mapping, remote: number, port: number, now: number): Session | null {
    const host = this.#hosts.get(mapping.internalAddress) ?? 0;
    if (this.#sessions.size >= this.#sessionLimit || host >= this.#hostLimit) {
      this.counters.tableFull++;
      return null;
    }
    const isExact = mapping.protocol === protocolTcp;
    const session = this.#sessions.add(
      mapping,
      isExact || this.#keepsAddress ? remote : 0,
      isExact || this.#keepsPort ? port : 0,
    );
    this.#hosts.set(mapping.internalAddress, host + 1);
    session.usedAt = now;
    this.#idle.add(session, lifetimeOf(mapping.protocol));
    this.#expect(session, now);
    return session;
  }

  /** RFC 4787 REQ-6: what goes out keeps a mapping alive. What comes in does for TCP, whose ends answer each other. */
  #use(
    session: Session,
    bytes: Uint8Array,
    transport: number,
    isOut: boolean,
    now: number,
  ): void {
    const { protocol, isForward } = session.mapping!;
    if (protocol === protocolTcp) {
      const lifetime = trackTcp(session, bytes[transport + 13]!, isOut);
      session.usedAt = now;
      if (lifetime === session.lifetime) {
        this.#idle.touch(session);
        return;
      }
      this.#idle.remove(session);
      this.#idle.add(session, lifetime);
      this.#expect(session, now);
    } else if (isOut || isForward) {
      session.usedAt = now;
      this.#idle.touch(session);
    }
  }

  /** A use only ever moves a deadline later; so only who is new to its list may have to wake this node earlier. */
  #expect(session: Session, now: number): void {
    const due = now + this.#lifetimes[session.lifetime]!;
    if (due < this.wakeTime) this.wakeAt(due);
  }

  #end(session: Session): void {
    const mapping = session.mapping!;
    this.#idle.remove(session);
    this.#sessions.remove(session);
    const left = this.#hosts.get(mapping.internalAddress)! - 1;
    if (left > 0) this.#hosts.set(mapping.internalAddress, left);
    else this.#hosts.delete(mapping.internalAddress);
    if (mapping.sessions === null && !mapping.isForward) this.#mappings.remove(mapping);
  }

  #remove(mapping: Mapping): void {
    mapping.isForward = true;
    while (mapping.sessions !== null) this.#end(mapping.sessions);
    this.#mappings.remove(mapping);
  }

  #malformed(): NatAnswer {
    this.counters.malformed++;
    return NatAnswer.Drop;
  }

  #filtered(): NatAnswer {
    this.counters.filtered++;
    return NatAnswer.Drop;
  }
}

/** Whether what is read and written of a transport header is there. */
function isLongEnough(protocol: number, transport: number, end: number): boolean {
  if (protocol === protocolTcp) return transport + 20 <= end;
  if (protocol === protocolUdp || protocol === protocolIcmp) return transport + 8 <= end;
  return true;
}

/** ICMP types that ask: echo, timestamp, information, address mask. */
function isQuery(type: number): boolean {
  return type === 8 || type === 13 || type === 15 || type === 17;
}

function portAt(
  bytes: Uint8Array,
  transport: number,
  protocol: number,
  isSource: boolean,
): number {
  const field = portField(protocol, isSource);
  return field < 0 ? 0 : readU16(bytes, transport + field);
}

function lifetimeOf(protocol: number): Lifetime {
  if (protocol === protocolTcp) return Lifetime.Transitory;
  if (protocol === protocolUdp) return Lifetime.Udp;
  return protocol === protocolIcmp ? Lifetime.Icmp : Lifetime.Other;
}

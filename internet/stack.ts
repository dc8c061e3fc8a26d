/**
 * The composition: Ethernet, ARP, IPv4, ICMP, UDP and TCP as one node tree without I/O.
 *
 * @module
 */
import type { Arp } from "@octet/arp";
import type { EthernetLink } from "@octet/ethernet";
import { EtherType } from "@octet/ethernet/ether-type";
import { Icmpv4 } from "@octet/icmpv4";
import { everySource, Igmp, Ipv4, type MulticastFilter } from "@octet/ipv4";
import { Ipv4Prefix } from "@octet/netip/ipv4-prefix";
import { MacAddress } from "@octet/netip/mac-address";
import { Nat, type NatOptions } from "@octet/nat";
import { Tcp, type TcpLink } from "@octet/tcp";
import { Udp } from "@octet/udp";
import { BranchNode, type Packet, type Random, Verdict } from "@octet/wire";
import * as wire from "@octet/wire";
import { snapshotCounters, type StackCounters } from "./counters.ts";
import { GatewayMonitor } from "./gateway_monitor.ts";
import { Interface, type InterfaceOptions } from "./interface.ts";
import { SoftwareCutter } from "./segment_cutter.ts";
import type { RouteOptions, StackOptions } from "./stack_options.ts";
import { giveUp } from "./undelivered.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const copyBytes = wire.copyBytes;
const { Filtered, Ok } = Verdict;
const { Ipv4: Ipv4Type } = EtherType;

/** What TCP takes for the link when there is no interface at all. */
const noLink: TcpLink = { mtu: 1500, maxSegment: 1500 };

/**
 * A host's network stack, without I/O: frames go in by {@linkcode Stack.ingress} and come out of
 * {@linkcode Stack.egress}; between, whoever drives it sleeps until {@linkcode Stack.deadline}.
 *
 * @example
 * ```ts
 * import { Stack } from "@octet/internet";
 * import { EchoClient } from "@octet/icmpv4";
 * import { parseIpv4 } from "@octet/netip";
 * import { Packet, SeededRandom } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const [a, b] = [1, 2].map((seed) => new Stack({ random: new SeededRandom(seed) }));
 * a!.addAddress(parseIpv4("10.0.0.1"), 24, 0);
 * b!.addAddress(parseIpv4("10.0.0.2"), 24, 0);
 * const ping = new EchoClient({ destination: parseIpv4("10.0.0.2") });
 * a!.icmp.register(ping);
 * ping.request();
 *
 * const packet = new Packet(1514);
 * for (let round = 0; round < 8; round++) {
 *   while (a!.egress(packet, round) > 0) b!.ingress(packet, round);
 *   while (b!.egress(packet, round) > 0) a!.ingress(packet, round);
 * }
 * assertEquals(ping.takeResult()?.kind, "reply");
 * ```
 */
export class Stack extends BranchNode {
  /** The host's name. */
  readonly hostname: string;
  /** The IP layer. */
  declare readonly ipv4: Ipv4;
  /** ICMP: echo and errors. */
  declare readonly icmp: Icmpv4;
  /** IGMP: the groups that this host is in. */
  declare readonly igmp: Igmp;
  /** Which routers answer. */
  declare readonly gateways: GatewayMonitor;
  /** UDP and its ports. */
  declare readonly udp: Udp;
  /** TCP and its connections. */
  declare readonly tcp: Tcp;

  readonly #random: Random;
  readonly #interfaces: Interface[] = [];
  readonly #byIndex: (Interface | null)[] = [];
  /** The joins of those who gave no listener, the latest last. */
  readonly #joins: { readonly via: Interface; readonly group: number }[] = [];
  readonly #verdicts: Float64Array<ArrayBuffer> = new Float64Array(16);
  #nat: Nat | null = null;
  /** Where datagrams are written: behind the header of the interface that sent last. */
  #room = 0;

  /**
   * Makes a stack without addresses, with one interface; see {@linkcode Stack.addInterface} for more.
   *
   * @throws {RangeError} When an option is out of range.
   */
  constructor(options: StackOptions) {
    super();
    const { random } = options;
    this.#random = random;
    this.hostname = options.hostname ?? "octet";
    this.ipv4 = new Ipv4({
      random,
      ...(options.timeToLive === undefined ? {} : { timeToLive: options.timeToLive }),
      ...(options.reassembly === undefined ? {} : { reassembly: options.reassembly }),
      ...(options.wallTime === undefined ? {} : { wallTime: options.wallTime }),
    });
    const { forwarding = false } = options;
    this.ipv4.hostModel = options.hostModel ?? (forwarding ? "weak" : "strong");
    this.ipv4.isForwarding = forwarding;
    this.ipv4.departure.cutter = new SoftwareCutter();
    this.icmp = new Icmpv4({
      random,
      network: this.ipv4,
      answersEcho: options.answersEcho ?? true,
      answersTimestamp: options.answersTimestamp ?? false,
    });
    this.igmp = new Igmp(random, {
      mtuOf: (index) => this.#byIndex[index]?.mtu ?? 0,
      onMembership: (index, group, isMember) => {
        if (isMember) this.#byIndex[index]?.joinGroup(group);
        else this.#byIndex[index]?.leaveGroup(group);
      },
    });
    this.udp = new Udp({ random, sources: this.ipv4 });
    const { ipv4 } = this;
    const network = {
      sourceFor: (destination: number) => ipv4.sourceFor(destination),
      linkTo: (destination: number) => this.#linkTo(destination),
    };
    this.tcp = new Tcp(network, random, options.tcp);
    ipv4.register(this.icmp);
    ipv4.register(this.igmp);
    ipv4.register(this.udp);
    ipv4.register(this.tcp);
    ipv4.errorReporter = this.icmp;
    ipv4.attach(this);
    this.gateways = new GatewayMonitor(ipv4.routes);
    this.gateways.attach(ipv4);
    this.addInterface(options);
  }

  /** The interfaces, in the order in which they were added; the loopback is not among them. */
  get interfaces(): readonly Interface[] {
    return this.#interfaces;
  }

  /** The Ethernet link of the first interface; `null` where datagrams travel bare. */
  get link(): EthernetLink | null {
    return this.#interfaces[0]?.link ?? null;
  }

  /** The neighbours on the first interface; `null` where there is no Ethernet. */
  get arp(): Arp | null {
    return this.#interfaces[0]?.arp ?? null;
  }

  /** The hardware address of the first interface; 00:00:00:00:00:00 without Ethernet. */
  get hardwareAddress(): MacAddress {
    return this.#interfaces[0]?.hardwareAddress ?? MacAddress.zero;
  }

  /** The longest datagram of the first interface, in bytes. */
  get mtu(): number {
    return this.ipv4.mtu;
  }

  /** A snapshot of all counters; names are those of Linux's `nstat` where one fits. */
  get counters(): StackCounters {
    return snapshotCounters(this, this.#verdicts);
  }

  /**
   * Adds an interface, which is up and has no address.
   *
   * @throws {RangeError} When an option is out of range.
   * @throws {TypeError} When another interface has the name.
   */
  addInterface(options: InterfaceOptions = {}): Interface {
    const added = new Interface(this, { name: `eth${this.#vacantIndex()}`, ...options }, {
      ipv4: this.ipv4,
      random: this.#random,
      onUnreachable: (_via, packet, now) => giveUp(this.ipv4, this.icmp, packet, now),
      onFailure: (via, neighbour, now) => this.gateways.failed(via, neighbour, now),
      onUp: (via) => this.igmp.announce(via.index),
    });
    this.#byIndex[added.index] = added;
    this.#interfaces.push(added);
    this.#room = added.headerLength;
    return added;
  }

  /**
   * Takes an interface away, with its addresses, its routes and what waits for it. Connections that speak from its
   * addresses stay; nothing is sent for them until the address is there again, and their patience ends them.
   *
   * @throws {TypeError} When it is none of this stack's.
   */
  removeInterface(removed: Interface): void {
    if (this.#byIndex[removed.index] !== removed) {
      throw new TypeError(`Cannot remove interface ${removed.name} as it is none of this stack's`);
    }
    for (const { address } of removed.addresses) this.#nat?.forgetExternal(address);
    this.gateways.forget(removed);
    removed.remove();
    this.igmp.removeInterface(removed.index);
    for (let i = this.#joins.length - 1; i >= 0; i--) {
      if (this.#joins[i]!.via === removed) this.#joins.splice(i, 1);
    }
    this.#byIndex[removed.index] = null;
    this.#interfaces.splice(this.#interfaces.indexOf(removed), 1);
  }

  /** The address translation, `null` when there is none; see {@linkcode Stack.translate}. */
  get nat(): Nat | null {
    return this.#nat;
  }

  /**
   * Makes what is passed on to an interface speak from that interface's address (RFC 3022): what is behind it is outside.
   * A second call adds another outside to the same NAT.
   *
   * @param outside The interface.
   * @param options How the NAT is set up; the first call's count.
   * @returns The NAT, to which port forwards are given.
   * @throws {TypeError} When the stack does not forward.
   */
  translate(outside: Interface, options: Omit<NatOptions, "random"> = {}): Nat {
    const { ipv4, tcp, udp } = this;
    if (!ipv4.isForwarding) {
      throw new TypeError("Cannot translate addresses as the stack does not forward");
    }
    if (this.#nat === null) {
      const isPortInUse = (protocol: number, port: number) =>
        protocol === tcp.protocol
          ? !tcp.canListen(port, 0)
          : protocol === udp.protocol && udp.nodeAt(port) !== null;
      this.#nat = new Nat({ isPortInUse, ...options, random: this.#random });
      this.#nat.attach(ipv4);
      ipv4.translator = this.#nat;
    }
    outside.ip.translates = true;
    return this.#nat;
  }

  /** The interface that `packet.interfaceIndex` names; `null` when there is none, or it is the loopback. */
  interfaceAt(index: number): Interface | null {
    return this.#byIndex[index] ?? null;
  }

  /**
   * Takes a frame from a device: `packet.bytes[0…length)`, with `packet.checksumVerified` as the device says, and
   * `packet.interfaceIndex` naming the interface.
   *
   * @param packet The frame; the stack keeps no reference to it.
   * @param now Milliseconds.
   * @returns What became of it.
   */
  ingress(packet: Packet, now: number): Verdict {
    packet.isLinkBroadcast = false;
    packet.isLinkForeign = false;
    return this.demux(packet, 0, packet.length, now);
  }

  /**
   * Writes the next frame, at `packet.bytes[0…length)`; `packet.interfaceIndex` names the interface that sends it. Does
   * first what has become due. Interfaces that are blocked are passed over.
   *
   * @param packet Where the frame goes, at least 1514 bytes (18 more than the largest MTU). Where the device
   *     offloads, `checksumStart` and `segmentSize` say what is left to it.
   * @param now Milliseconds.
   * @returns The frame's length in bytes; 0 when there is none.
   */
  egress(packet: Packet, now: number): number {
    this.timers.expire(now);
    if (this.readyList.isEmpty) return 0;
    packet.checksumStart = 0;
    packet.isLinkBroadcast = false;
    const length = this.encapsulate(packet, 0, 0, now);
    if (length === 0) return 0;
    packet.length = length;
    if (packet.checksumStart !== 0) {
      const via = this.#byIndex[packet.interfaceIndex];
      if (!via!.checksumOffload) packet.completeChecksum();
    }
    return length;
  }

  /** When {@linkcode egress} is to be called next, in milliseconds: -Infinity for at once, Infinity for never. */
  override deadline(): number {
    return this.readyList.isEmpty ? this.timers.next() : -Infinity;
  }

  /** Takes a frame as a node of a larger tree; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const via = this.#byIndex[packet.interfaceIndex];
    const verdict = via === undefined || via === null
      ? Filtered
      : via.root.demux(packet, offset, end, now);
    if (verdict !== Ok) this.#verdicts[verdict]!++;
    return verdict;
  }

  /** Writes a frame as a node of a larger tree; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    const { ipv4, readyList } = this;
    for (;;) {
      // It stays on the list while it writes, so that what it asks for meanwhile is no news.
      const turn = readyList.first;
      if (turn === null) return 0;
      const { node } = turn;
      let length: number;
      if (node === ipv4) {
        const at = offset + this.#room;
        packet.segmentSize = 0;
        length = ipv4.encapsulate(packet, at, at, now);
        readyList.served(turn, length !== 0);
        if (length !== 0) length = this.#frame(packet, offset, length, now);
      } else {
        length = node.encapsulate(packet, offset, offset, now);
        readyList.served(turn, length !== 0);
      }
      if (length === 0) continue;
      this.turn.hasMore = !readyList.isEmpty;
      return length;
    }
  }

  /**
   * Adds an address, a route to its subnet, and tells the neighbours (RFC 5227 §2.3).
   *
   * @param address Host order.
   * @param prefixLength 0 to 32.
   * @param now Milliseconds; when left out, the neighbours are not told.
   * @param via Whose address it is; the first interface's when left out.
   * @throws {RangeError} When it is no host address, or there already.
   */
  addAddress(address: number, prefixLength: number, now?: number, via?: Interface): void {
    const owner = via ?? this.#interfaces[0];
    this.ipv4.addAddress(address, prefixLength, owner?.ip);
    if (now !== undefined && owner?.isUp) owner.arp?.announce(address, now);
  }

  /**
   * Takes an address away, and the routes that speak from it. Nothing is sent from it any more. Connections that speak
   * from it stay: they go on when it comes back, and end when their patience does.
   *
   * @param address Host order.
   * @returns Whether it was there.
   */
  removeAddress(address: number): boolean {
    this.#nat?.forgetExternal(address);
    return this.ipv4.removeAddress(address);
  }

  /**
   * Adds a route.
   *
   * @throws {TypeError} When there is no interface.
   */
  addRoute(options: RouteOptions): void {
    const { prefix = Ipv4Prefix.all, gateway = 0, metric = 0, source = 0 } = options;
    const via = options.interface;
    this.ipv4.routes.add({
      prefix,
      gateway,
      metric,
      source,
      ...(via === undefined ? {} : { interfaceIndex: via.index }),
    });
  }

  /**
   * Takes routes away.
   *
   * @param prefix Their prefix.
   * @param gateway Their gateway, host order; any when left out.
   * @param via Their interface; any when left out.
   * @returns How many there were.
   */
  removeRoute(prefix: Ipv4Prefix, gateway?: number, via?: Interface): number {
    return this.ipv4.routes.remove(prefix, gateway, via?.index);
  }

  /**
   * Takes datagrams to a multicast group from now on, and tells routers so. Joining twice needs leaving twice.
   *
   * @param group Host order.
   * @param via On which interface; the first when left out.
   * @throws {RangeError} When the address is no multicast group.
   */
  joinGroup(group: number, via: Interface | undefined = this.#interfaces[0]): void {
    if (via === undefined) return;
    const join = { via, group: group >>> 0 };
    this.igmp.listen(via.index, group, join, everySource);
    this.#joins.push(join);
  }

  /** Takes back one {@linkcode joinGroup}. */
  leaveGroup(group: number, via: Interface | undefined = this.#interfaces[0]): void {
    const index = this.#joins.findLastIndex((join) =>
      join.via === via && join.group === group >>> 0
    );
    if (index < 0) return;
    const [join] = this.#joins.splice(index, 1);
    this.igmp.listen(join!.via.index, group, join!, null);
  }

  /**
   * Says which senders to a multicast group somebody wants to hear; it replaces what they wanted before.
   *
   * @param group Host order.
   * @param listener Who: any object.
   * @param filter Which senders; `null` for none any more.
   * @param via On which interface; the first when left out.
   * @throws {RangeError} When the address is no multicast group.
   */
  filterGroup(
    group: number,
    listener: object,
    filter: MulticastFilter | null,
    via: Interface | undefined = this.#interfaces[0],
  ): void {
    if (via !== undefined) this.igmp.listen(via.index, group, listener, filter);
  }

  /** Makes a frame of the datagram that the IP layer has written behind {@linkcode #room}. */
  #frame(packet: Packet, offset: number, length: number, now: number): number {
    const via = this.#byIndex[packet.interfaceIndex]!;
    const { headerLength } = via;
    const room = this.#room;
    if (headerLength !== room) {
      const { bytes, address } = packet;
      copyBytes(bytes, address, offset + room, bytes, address, offset + headerLength, length);
      packet.networkOffset = offset + headerLength;
      if (packet.checksumStart !== 0) packet.checksumStart += headerLength - room;
      this.#room = headerLength;
    }
    const { link } = via;
    if (link !== null) return link.frame(packet, offset, length, Ipv4Type, now);
    packet.length = offset + length;
    return length;
  }

  /** The interface toward a destination; for what comes back to ourselves, the first. */
  #linkTo(destination: number): TcpLink {
    const { ipv4 } = this;
    const via = ipv4.interfaceFor(destination);
    if (via !== null && via !== ipv4.loopback) return via;
    return this.#interfaces[0]?.ip ?? noLink;
  }

  #vacantIndex(): number {
    const vacant = this.#byIndex.indexOf(null);
    return vacant < 0 ? this.#byIndex.length : vacant;
  }
}

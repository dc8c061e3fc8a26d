/**
 * The composition: Ethernet, ARP, IPv4, ICMP, UDP and TCP as one node tree without I/O.
 *
 * @module
 */
import type { Arp, NeighbourCacheOptions } from "@octet/arp";
import type { EthernetLink } from "@octet/ethernet";
import { Icmpv4 } from "@octet/icmpv4";
import { Ipv4, type ReassemblyOptions } from "@octet/ipv4";
import { Ipv4Prefix, MacAddress } from "@octet/netip";
import { Tcp, type TcpConnectionOptions } from "@octet/tcp";
import { Udp } from "@octet/udp";
import { type BaseNode, BranchNode, type Packet, type Random, type Verdict } from "@octet/wire";
import { snapshotCounters, type StackCounters } from "./counters.ts";
import { Interface } from "./interface.ts";

/** How a {@linkcode Stack} is set up. */
export interface StackOptions {
  /** Random numbers: cryptographic on a real network, from a seed in a simulation. */
  readonly random: Random;
  /** What carries the datagrams: Ethernet frames (when left out), or nothing at all as on a TUN device. */
  readonly link?: "ethernet" | "ip";
  /** The hardware address; a random locally administered one when left out. */
  readonly hardwareAddress?: MacAddress;
  /** The longest datagram of the link, in bytes, 68 to 65,535; 1500 when left out. */
  readonly mtu?: number;
  /** The longest datagram that the device cuts into segments for us; the MTU when left out. */
  readonly maxSegment?: number;
  /** Whether the device completes transport checksums; `false` when left out. */
  readonly checksumOffload?: boolean;
  /** The host's name, for DHCP; `octet` when left out. */
  readonly hostname?: string;
  /** The VLAN, 1 to 4094; frames are untagged when left out. */
  readonly vlanId?: number;
  /** Whether frames to other stations are taken too; `false` when left out. */
  readonly promiscuous?: boolean;
  /** Time to live of what is sent; 64 when left out. */
  readonly timeToLive?: number;
  /** Whether echo requests are answered; `true` when left out. */
  readonly answersEcho?: boolean;
  /** Sizes and times of the neighbour cache. */
  readonly neighbours?: NeighbourCacheOptions;
  /** Bounds of reassembly. */
  readonly reassembly?: ReassemblyOptions;
  /** Settings of TCP connections. */
  readonly tcp?: TcpConnectionOptions;
  /** Called when another station uses an address of ours, host order. */
  readonly onConflict?: (address: number, now: number) => void;
}

/** A route as programs give it. */
export interface RouteOptions {
  /** The destinations; all of them when left out. */
  readonly prefix?: Ipv4Prefix;
  /** The router, host order; when left out, the destinations are neighbours. */
  readonly gateway?: number;
  /** Of two routes with the same prefix the smaller metric counts; 0 when left out. */
  readonly metric?: number;
  /** The source address for datagrams that take the route, host order. */
  readonly source?: number;
}

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
  /** The interfaces; there is one. */
  readonly interfaces: readonly Interface[];
  /** The IP layer. */
  readonly ipv4: Ipv4;
  /** ICMP: echo and errors. */
  readonly icmp: Icmpv4;
  /** UDP and its ports. */
  readonly udp: Udp;
  /** TCP and its connections. */
  readonly tcp: Tcp;

  readonly #interface: Interface;
  readonly #root: BaseNode;
  readonly #verdicts: Float64Array<ArrayBuffer> = new Float64Array(16);

  /**
   * Makes a stack without addresses.
   *
   * @throws {RangeError} When an option is out of range.
   */
  constructor(options: StackOptions) {
    super();
    const { random, mtu = 1500, link = "ethernet" } = options;
    this.hostname = options.hostname ?? "octet";
    this.ipv4 = new Ipv4({
      mtu,
      random,
      ...(options.timeToLive === undefined ? {} : { timeToLive: options.timeToLive }),
      ...(options.reassembly === undefined ? {} : { reassembly: options.reassembly }),
    });
    this.#interface = new Interface(0, {
      link,
      mtu,
      random,
      ipv4: this.ipv4,
      hardwareAddress: options.hardwareAddress ?? MacAddress.random(() => random.uint32()),
      maxSegment: Math.max(mtu, options.maxSegment ?? mtu),
      checksumOffload: options.checksumOffload ?? false,
      vlanId: options.vlanId ?? 0,
      promiscuous: options.promiscuous ?? false,
      neighbours: options.neighbours ?? {},
      ...(options.onConflict === undefined ? {} : { onConflict: options.onConflict }),
    });
    this.interfaces = [this.#interface];
    this.icmp = new Icmpv4({
      random,
      network: this.ipv4,
      answersEcho: options.answersEcho ?? true,
    });
    this.udp = new Udp({ random, sources: this.ipv4 });
    const { ipv4 } = this;
    const { maxSegment } = this.#interface;
    const network = {
      sourceFor: (destination: number) => ipv4.sourceFor(destination),
      mtu: () => mtu,
      maxSegment: () => maxSegment,
    };
    this.tcp = new Tcp(network, random, options.tcp);
    ipv4.register(this.icmp);
    ipv4.register(this.udp);
    ipv4.register(this.tcp);
    ipv4.errorReporter = this.icmp;
    this.#root = this.#interface.link ?? ipv4;
    this.#root.attach(this);
  }

  /** The Ethernet link; `null` where datagrams travel bare. */
  get link(): EthernetLink | null {
    return this.#interface.link;
  }

  /** The neighbours; `null` where there is no Ethernet. */
  get arp(): Arp | null {
    return this.#interface.arp;
  }

  /** The hardware address; 00:00:00:00:00:00 without Ethernet. */
  get hardwareAddress(): MacAddress {
    return this.#interface.hardwareAddress;
  }

  /** The longest datagram of the link, in bytes. */
  get mtu(): number {
    return this.#interface.mtu;
  }

  /** A snapshot of all counters; names are those of Linux's `nstat` where one fits. */
  get counters(): StackCounters {
    return snapshotCounters(this, this.#verdicts);
  }

  /**
   * Takes a frame from the device: `packet.bytes[0…length)`, with `packet.checksumVerified` as the
   * device says.
   *
   * @param packet The frame; the stack keeps no reference to it.
   * @param now Milliseconds.
   * @returns What became of it.
   */
  ingress(packet: Packet, now: number): Verdict {
    packet.isLinkBroadcast = false;
    const verdict = this.#root.demux(packet, 0, packet.length, now);
    this.#verdicts[verdict]!++;
    return verdict;
  }

  /**
   * Writes the next frame for the device, at `packet.bytes[0…length)`. Does first what has become due.
   *
   * @param packet Where the frame goes, at least 1514 bytes (18 more than the MTU). Where the device
   *     offloads, `checksumStart` and `segmentSize` say what is left to it.
   * @param now Milliseconds.
   * @returns The frame's length in bytes; 0 when there is none.
   */
  egress(packet: Packet, now: number): number {
    this.timers.expire(now);
    if (!this.#root.isReady) return 0;
    packet.checksumStart = 0;
    packet.interfaceIndex = 0;
    packet.isLinkBroadcast = false;
    const length = this.encapsulate(packet, 0, 0, now);
    if (length === 0) return 0;
    packet.length = length;
    if (packet.checksumStart !== 0 && !this.#interface.checksumOffload) packet.completeChecksum();
    return length;
  }

  /** When {@linkcode egress} is to be called next, in milliseconds: -Infinity for at once, Infinity for never. */
  override deadline(): number {
    return this.#root.isReady ? -Infinity : this.timers.next();
  }

  /** Takes a frame as a node of a larger tree; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const verdict = this.#root.demux(packet, offset, end, now);
    this.#verdicts[verdict]!++;
    return verdict;
  }

  /** Writes a frame as a node of a larger tree; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, ipOffset: number, offset: number, now: number): number {
    const length = this.#root.encapsulate(packet, ipOffset, offset, now);
    this.#root.isReady = length !== 0;
    return length;
  }

  /** The only child has something to say: a flag does for a list. */
  override enqueue(node: BaseNode): void {
    node.isReady = true;
    if (this.parent !== null) this.requestTurn();
  }

  /** The only child has nothing to say any more. */
  override dequeue(node: BaseNode): void {
    node.isReady = false;
  }

  /**
   * Adds an address, a route to its subnet, and tells the neighbours (RFC 5227 §2.3).
   *
   * @param address Host order.
   * @param prefixLength 0 to 32.
   * @param now Milliseconds; when left out, the neighbours are not told.
   * @throws {RangeError} When it is no host address, or there already.
   */
  addAddress(address: number, prefixLength: number, now?: number): void {
    this.ipv4.addAddress(address, prefixLength);
    if (now !== undefined) this.arp?.announce(address, now);
  }

  /**
   * Takes an address away, and the routes that speak from it.
   *
   * @param address Host order.
   * @returns Whether it was there.
   */
  removeAddress(address: number): boolean {
    return this.ipv4.removeAddress(address);
  }

  /** Adds a route. */
  addRoute(options: RouteOptions): void {
    const { prefix = Ipv4Prefix.all, gateway = 0, metric = 0, source = 0 } = options;
    this.ipv4.routes.add({ prefix, gateway, metric, source });
  }

  /**
   * Takes routes away.
   *
   * @param prefix Their prefix.
   * @param gateway Their gateway, host order; any when left out.
   * @returns How many there were.
   */
  removeRoute(prefix: Ipv4Prefix, gateway?: number): number {
    return this.ipv4.routes.remove(prefix, gateway);
  }

  /** Takes datagrams to a multicast group, host order, from now on. */
  joinGroup(group: number): void {
    this.#interface.joinGroup(group);
  }

  /** Takes back one {@linkcode joinGroup}. */
  leaveGroup(group: number): void {
    this.#interface.leaveGroup(group);
  }
}

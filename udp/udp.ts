/**
 * The UDP node (RFC 768, RFC 1122 §4.1): sorts datagrams by port, and puts headers before what the
 * nodes on the ports write.
 *
 * @module
 */
import {
  type BaseNode,
  BranchNode,
  type Packet,
  type Random,
  randomBelow,
  Verdict,
} from "@octet/wire";
import * as wire from "@octet/wire";
import { UdpEndpoint } from "./endpoint.ts";
import * as frame from "./frame.ts";
import { PortGroup } from "./port_group.ts";
import { PortTable } from "./port_table.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const readU16 = wire.readU16;
const writeU16 = wire.writeU16;
const { udpHeaderLength, udpProtocol } = frame;
const { BadChecksum, BadLength, Filtered, NoPort, Ok, QueueFull, Short } = Verdict;

/** What tells which source address a datagram carries: the IP layer. */
export interface UdpSources {
  /** Sets `packet.source` from `packet.destination` where it is 0; `false` when no route leads there. */
  fillSource(packet: Packet): boolean;
  /** The source address for datagrams to a destination, host order; 0 when no route leads there. */
  sourceFor(destination: number): number;
  /** Whether an address, signed or unsigned, is a broadcast address. */
  isBroadcast(address: number): boolean;
  /**
   * What carries datagrams to a destination, host order; `null` when no route leads there. Where it is missing, nothing
   * is known and no datagrams are sent together.
   */
  interfaceFor?(destination: number): UdpPath | null;
}

/** What a {@linkcode Udp} node has to know of the way to a destination. */
export interface UdpPath {
  /** The longest datagram, IP header included, in bytes. */
  readonly mtu: number;
  /** The longest that the device cuts into datagrams for us (UDP segmentation offload); the MTU where it does not. */
  readonly maxSegment: number;
}

/** How a {@linkcode Udp} node is set up. */
export interface UdpOptions {
  /** For ports that nobody chose. */
  readonly random: Random;
  /** Who chooses source addresses. */
  readonly sources: UdpSources;
}

/** What a {@linkcode Udp} node has counted; `Udp` before the name gives that of Linux's `nstat`. */
export interface UdpCounters {
  /** Datagrams handed to a node. */
  inDatagrams: number;
  /** Datagrams to a port that nobody is bound to. */
  noPorts: number;
  /** Datagrams dropped for any other reason. */
  inErrors: number;
  /** Datagrams with a wrong checksum. */
  inCsumErrors: number;
  /** Datagrams that a full socket could not keep. */
  rcvbufErrors: number;
  /** Datagrams sent. */
  outDatagrams: number;
  /** Datagrams not sent as no route led to their destination. */
  sndbufErrors: number;
}

/** The ports that are given out: RFC 6335 §6's dynamic ones. */
export const firstEphemeralPort = 49_152;
/** The last of the ports that are given out. */
export const lastEphemeralPort = 65_535;

/** What a node returns from `encapsulate` for a datagram without payload, as 0 means "nothing to say". */
export const emptyDatagram: number = -1;

/**
 * The UDP node, child of an IP node. Its children are bound to ports.
 *
 * A child is called with the range of the payload, and writes a payload, which begins eight bytes
 * behind the place for the UDP header. It sets `packet.destination` and `packet.destinationPort`;
 * `packet.source` and `packet.sourcePort` may stay 0. It returns the payload's length, 0 for nothing to
 * say, {@linkcode emptyDatagram} for a datagram without payload, or minus the number of bytes that it
 * needs when the packet is too small, and is then called again with one that is not.
 */
export class Udp extends BranchNode {
  /** What was counted so far. */
  readonly counters: UdpCounters = {
    inDatagrams: 0,
    noPorts: 0,
    inErrors: 0,
    inCsumErrors: 0,
    rcvbufErrors: 0,
    outDatagrams: 0,
    sndbufErrors: 0,
  };
  /** Who chooses source addresses. */
  readonly sources: UdpSources;

  readonly #random: Random;
  readonly #ports: PortTable = new PortTable();
  /** The child that asked for a larger packet; it is served first when that comes. */
  #roomless: BaseNode | null = null;

  /** Makes a node without ports. */
  constructor(options: UdpOptions) {
    super();
    this.protocol = udpProtocol;
    this.sources = options.sources;
    this.#random = options.random;
  }

  /** How many ports are bound. */
  get portCount(): number {
    return this.#ports.count;
  }

  /**
   * Binds a node to the port `node.localPort`; when that is 0, to a random free one, which is written
   * there. Several {@linkcode UdpEndpoint}s may share a port when {@linkcode canBind} says so.
   *
   * @throws {RangeError} When the port is bound already, or none is free.
   * @throws {TypeError} When the node has a parent.
   */
  register(node: BaseNode): void {
    const wanted = node.localPort;
    if (!this.canBind(node)) {
      throw new RangeError(`Cannot bind UDP port ${wanted} as it is already bound`);
    }
    const port = wanted === 0 ? this.#chooseEphemeral() : wanted;
    node.attach(this);
    node.localPort = port;
    const bound = this.#ports.get(port);
    if (bound === null || !(node instanceof UdpEndpoint)) {
      this.#ports.set(port, node);
      return;
    }
    let group = bound;
    if (!(group instanceof PortGroup)) {
      group = new PortGroup();
      if (bound instanceof UdpEndpoint) (group as PortGroup).members.push(bound);
      this.#ports.set(port, group);
    }
    (group as PortGroup).members.push(node);
  }

  /** Whether a node's port is free, or those who are bound to it share it with the node. */
  canBind(node: BaseNode): boolean {
    const bound = node.localPort === 0 ? null : this.#ports.get(node.localPort);
    if (bound === null) return true;
    if (!(node instanceof UdpEndpoint)) return false;
    if (bound instanceof PortGroup) {
      return bound.members.every((member) => node.canShareWith(member));
    }
    return bound instanceof UdpEndpoint && node.canShareWith(bound);
  }

  /** Frees a node's port. */
  unregister(node: BaseNode): void {
    const bound = this.#ports.get(node.localPort);
    if (bound instanceof PortGroup && node instanceof UdpEndpoint) {
      const index = bound.members.indexOf(node);
      if (index < 0) return;
      bound.members.splice(index, 1);
      if (bound.members.length === 1) this.#ports.set(node.localPort, bound.members[0]!);
    } else {
      if (bound !== node) return;
      this.#ports.delete(node.localPort);
    }
    if (this.#roomless === node) this.#roomless = null;
    node.detach();
  }

  /** Who is bound to a port, the last one when several are; `null` when nobody is. */
  nodeAt(port: number): BaseNode | null {
    const bound = this.#ports.get(port);
    return bound instanceof PortGroup ? bound.members.at(-1)! : bound;
  }

  /** Takes a datagram; see {@linkcode BaseNode.demux}. `NoPort` when nobody is bound to its port. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const bytes = packet.bytes;
    const counters = this.counters;
    if (end - offset < udpHeaderLength) {
      counters.inErrors++;
      return Short;
    }
    const length = readU16(bytes, offset + 4);
    if (length < udpHeaderLength || length > end - offset) {
      counters.inErrors++;
      return BadLength;
    }
    const datagramEnd = offset + length;
    const hasChecksum = readU16(bytes, offset + 6) !== 0;
    if (hasChecksum && !packet.verifyTransport(udpProtocol, offset, datagramEnd)) {
      counters.inCsumErrors++;
      counters.inErrors++;
      return BadChecksum;
    }
    const port = readU16(bytes, offset + 2);
    const node = this.#ports.get(port);
    if (node === null) {
      counters.noPorts++;
      return NoPort;
    }
    const mayRefuse = !hasChecksum && (node instanceof UdpEndpoint || node instanceof PortGroup);
    if (mayRefuse && node.requiresChecksum) {
      counters.inErrors++;
      return Filtered;
    }
    packet.sourcePort = readU16(bytes, offset);
    packet.destinationPort = port;
    const payload = offset + udpHeaderLength;
    const size = packet.segmentSize;
    if (size === 0 || datagramEnd - payload <= size) {
      return this.#deliver(node, packet, payload, datagramEnd, now);
    }
    // Datagrams that came together: the device left it to us to take them apart.
    packet.segmentSize = 0;
    if (node instanceof UdpEndpoint) {
      return this.#deliverRun(node, packet, payload, datagramEnd, size);
    }
    let verdict: Verdict = Ok;
    for (let at = payload; at < datagramEnd; at += size) {
      const answer = this.#deliver(node, packet, at, Math.min(at + size, datagramEnd), now);
      if (at === payload || answer === Ok) verdict = answer;
    }
    return verdict;
  }

  #deliverRun(
    node: UdpEndpoint,
    packet: Packet,
    offset: number,
    end: number,
    size: number,
  ): Verdict {
    const counters = this.counters;
    const taken = node.demuxRun(packet, offset, end, size);
    if (taken < 0) {
      counters.noPorts++;
      return NoPort;
    }
    const dropped = Math.ceil((end - offset) / size) - taken;
    counters.inDatagrams += taken;
    counters.inErrors += dropped;
    counters.rcvbufErrors += dropped;
    return taken > 0 ? Ok : QueueFull;
  }

  #deliver(node: BaseNode, packet: Packet, at: number, end: number, now: number): Verdict {
    const counters = this.counters;
    const verdict = node.demux(packet, at, end, now);
    if (verdict === Ok) counters.inDatagrams++;
    else if (verdict === NoPort) counters.noPorts++;
    else {
      counters.inErrors++;
      if (verdict === QueueFull) counters.rcvbufErrors++;
    }
    return verdict;
  }

  /** Writes the next datagram; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, ipOffset: number, offset: number, now: number): number {
    for (;;) {
      const node = this.#takeReady();
      if (node === null) return 0;
      packet.source = 0;
      packet.sourcePort = 0;
      packet.hopLimit = 0;
      packet.trafficClass = 0;
      packet.mayFragment = false;
      packet.loopsBack = false;
      packet.isUnspecified = false;
      packet.segmentSize = 0;
      const answer = node.encapsulate(packet, ipOffset, offset + udpHeaderLength, now);
      if (answer === 0) continue;
      if ((node.hasMore || answer < emptyDatagram) && node.parent === this) node.requestTurn();
      this.hasMore = !this.readyList.isEmpty;
      if (answer < emptyDatagram) {
        this.#roomless = node;
        return answer - udpHeaderLength;
      }
      if (!this.sources.fillSource(packet)) {
        this.counters.sndbufErrors++;
        continue;
      }
      const length = answer === emptyDatagram ? udpHeaderLength : answer + udpHeaderLength;
      const bytes = packet.bytes;
      writeU16(bytes, offset, packet.sourcePort === 0 ? node.localPort : packet.sourcePort);
      writeU16(bytes, offset + 2, packet.destinationPort);
      writeU16(bytes, offset + 4, length);
      if (node instanceof UdpEndpoint && !node.sendsChecksum && packet.segmentSize === 0) {
        writeU16(bytes, offset + 6, 0);
        packet.checksumStart = 0;
      } else packet.startChecksum(udpProtocol, offset, length, 6);
      const { segmentSize } = packet;
      this.counters.outDatagrams += segmentSize === 0 ? 1 : Math.ceil(answer / segmentSize);
      return length;
    }
  }

  /** Hands an error to the node that sent the datagram, if it listens to errors. */
  networkError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): void {
    packet.sourcePort = readU16(packet.bytes, offset);
    packet.destinationPort = readU16(packet.bytes, offset + 2);
    const node = this.#ports.get(packet.sourcePort);
    if (node instanceof PortGroup) {
      // Each knows by itself whether it was the one who sent it.
      const { members } = node;
      for (let i = members.length - 1; i >= 0; i--) {
        const member = members[i]!;
        if (isErrorListener(member)) {
          member.networkError(type, code, info, packet, offset, end, now);
        }
      }
    } else if (node !== null && isErrorListener(node)) {
      node.networkError(type, code, info, packet, offset, end, now);
    }
  }

  #takeReady(): BaseNode | null {
    const node = this.#roomless;
    if (node !== null) {
      this.#roomless = null;
      if (node.isReady && node.parent === this) {
        this.readyList.remove(node.turn);
        return node;
      }
    }
    return this.readyList.shift()?.node ?? null;
  }

  /** RFC 6056 §3.3.1: a random port; if that is taken, the next that is free. */
  #chooseEphemeral(): number {
    const count = lastEphemeralPort - firstEphemeralPort + 1;
    const start = randomBelow(this.#random, count);
    for (let i = 0; i < count; i++) {
      const port = firstEphemeralPort + (start + i) % count;
      if (this.#ports.get(port) === null) return port;
    }
    throw new RangeError(
      `Cannot bind a UDP port as all from ${firstEphemeralPort} to ${lastEphemeralPort} are bound`,
    );
  }
}

interface UdpErrorListener {
  networkError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): void;
}

function isErrorListener(node: object): node is UdpErrorListener {
  return "networkError" in node;
}

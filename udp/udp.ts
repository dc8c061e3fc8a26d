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
  readU16,
  Verdict,
  writeU16,
} from "@octet/wire";
import { udpHeaderLength, udpProtocol } from "./frame.ts";
import { PortTable } from "./port_table.ts";

/** What tells which source address a datagram carries: the IP layer. */
export interface UdpSources {
  /** Sets `packet.source` from `packet.destination` where it is 0; `false` when no route leads there. */
  fillSource(packet: Packet): boolean;
  /** The source address for datagrams to a destination, host order; 0 when no route leads there. */
  sourceFor(destination: number): number;
  /** Whether an address, signed or unsigned, is a broadcast address. */
  isBroadcast(address: number): boolean;
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
   * there.
   *
   * @throws {RangeError} When the port is bound already, or none is free.
   * @throws {TypeError} When the node has a parent.
   */
  register(node: BaseNode): void {
    const wanted = node.localPort;
    if (wanted !== 0 && this.#ports.get(wanted) !== null) {
      throw new RangeError(`Cannot bind UDP port ${wanted} as it is already bound`);
    }
    const port = wanted === 0 ? this.#chooseEphemeral() : wanted;
    node.attach(this);
    node.localPort = port;
    this.#ports.set(port, node);
  }

  /** Frees a node's port. */
  unregister(node: BaseNode): void {
    if (this.#ports.get(node.localPort) !== node) return;
    this.#ports.delete(node.localPort);
    if (this.#roomless === node) this.#roomless = null;
    node.detach();
  }

  /** Who is bound to a port, `null` when nobody is. */
  nodeAt(port: number): BaseNode | null {
    return this.#ports.get(port);
  }

  /** Takes a datagram; see {@linkcode BaseNode.demux}. `NoPort` when nobody is bound to its port. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const bytes = packet.bytes;
    const counters = this.counters;
    if (end - offset < udpHeaderLength) {
      counters.inErrors++;
      return Verdict.Short;
    }
    const length = readU16(bytes, offset + 4);
    if (length < udpHeaderLength || length > end - offset) {
      counters.inErrors++;
      return Verdict.BadLength;
    }
    const datagramEnd = offset + length;
    if (
      readU16(bytes, offset + 6) !== 0 && !packet.verifyTransport(udpProtocol, offset, datagramEnd)
    ) {
      counters.inCsumErrors++;
      counters.inErrors++;
      return Verdict.BadChecksum;
    }
    const port = readU16(bytes, offset + 2);
    const node = this.#ports.get(port);
    if (node === null) {
      counters.noPorts++;
      return Verdict.NoPort;
    }
    packet.sourcePort = readU16(bytes, offset);
    packet.destinationPort = port;
    const verdict = node.demux(packet, offset + udpHeaderLength, datagramEnd, now);
    if (verdict === Verdict.Ok) counters.inDatagrams++;
    else if (verdict === Verdict.NoPort) counters.noPorts++;
    else {
      counters.inErrors++;
      if (verdict === Verdict.QueueFull) counters.rcvbufErrors++;
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
      const answer = node.encapsulate(packet, ipOffset, offset + udpHeaderLength, now);
      if (answer === 0) continue;
      if (node.parent === this) node.requestTurn();
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
      packet.startChecksum(udpProtocol, offset, length, 6);
      this.counters.outDatagrams++;
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
    if (node !== null && isErrorListener(node)) {
      node.networkError(type, code, info, packet, offset, end, now);
    }
  }

  #takeReady(): BaseNode | null {
    const node = this.#roomless;
    if (node === null) return this.readyList.shift();
    this.#roomless = null;
    if (!node.isReady || node.parent !== this) return this.readyList.shift();
    this.readyList.remove(node);
    return node;
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

/**
 * A datagram socket without I/O: what an application sends and receives on one UDP port.
 *
 * @module
 */
import { type Packet, Verdict } from "@octet/wire";
import { DatagramQueue } from "./datagram_queue.ts";
import { UdpEndpoint } from "./endpoint.ts";
import { UdpError } from "./error.ts";
import * as errorModule from "./error.ts";
import * as frame from "./frame.ts";
import { GroupFilters, type SourceFilter } from "./source_filter.ts";
import type { UdpSocketOptions } from "./socket_options.ts";
import { Udp, type UdpPath } from "./udp.ts";
import * as udpModule from "./udp.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const { udpErrorFor } = errorModule;
const { udpHeaderLength, udpMaximumPayload, udpProtocol } = frame;
const { emptyDatagram } = udpModule;
const { BadLength, Filtered, NoPort, NoRoute, Ok, QueueFull } = Verdict;
const { MessageTooLong, None } = UdpError;

/** What is kept of a datagram that was received: whether it went to many, its time to live, its type of service. */
const broadcastFlag = 1;
const hopLimitShift = 8;
const trafficClassShift = 16;

/** The headers of a datagram, IP's without options. */
const headersLength = 20 + udpHeaderLength;
/** Datagrams in one super-datagram: Linux's `UDP_MAX_SEGMENTS` of old. */
const togetherLimit = 64;
/** RFC 1191 §6.3: how long what a router said of the path is believed, in milliseconds. */
const pathMtuLifetime = 600_000;
/** RFC 791: every network carries so much. Linux believes nothing below its `min_pmtu` either. */
const leastPathMtu = 552;

/**
 * A datagram socket: register it in a {@linkcode Udp} node to bind it, unregister it to close.
 *
 * Methods are of four kinds: getters; what the network does to it (`demux`, `networkError`); what
 * the application does to it (`connect`, `send`, `receive`, `takeError`, `close`); what it wants
 * done (`encapsulate`).
 *
 * @example
 * ```ts
 * import { Udp, UdpSocket } from "@octet/udp";
 * import { SeededRandom } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const sources = { fillSource: () => true, sourceFor: () => 1, isBroadcast: () => false };
 * const udp = new Udp({ random: new SeededRandom(1), sources });
 * const socket = new UdpSocket({ localPort: 5353 });
 * udp.register(socket);
 * assertEquals(udp.nodeAt(5353), socket);
 * assertEquals(socket.receive(new Uint8Array(512)), -1);
 * ```
 */
export class UdpSocket extends UdpEndpoint {
  /** Whether it may send to broadcast addresses. */
  mayBroadcast: boolean;
  /** Whether routers and we ourselves may fragment what it sends. */
  mayFragment: boolean;
  /** Time to live of what it sends; 0 for the stack's default. */
  hopLimit = 0;
  /** Time to live of what it sends to groups, 0 to 255: 1 stays on the link, 0 on this host. */
  multicastHopLimit = 1;
  /** The type-of-service octet of what it sends: DSCP in the upper six bits, ECN in the lower two. */
  trafficClass = 0;
  /** Whether what it sends to a group comes back to sockets of this host that are in it. */
  multicastLoop: boolean;
  /** By which interface what it sends to groups and to 255.255.255.255 leaves, an index; -1 leaves that to the routes. */
  multicastInterface: number = -1;
  /** Called when a datagram or an error has arrived. */
  onReadable: (() => void) | null;
  /** Called when there is room again after a send was refused for lack of it. */
  onWritable: (() => void) | null;

  /** From which address the datagram came that {@linkcode receive} gave last, host order. */
  sourceAddress = 0;
  /** From which port it came. */
  sourcePort = 0;
  /** To which address it was sent, host order: ours, a broadcast or a group. */
  destinationAddress = 0;
  /** Its whole length in bytes, which may exceed what there was room for. */
  datagramLength = 0;
  /** Whether it was sent to a broadcast or multicast address. */
  isBroadcast = false;
  /** The time to live it arrived with. */
  receivedHopLimit = 0;
  /** The type-of-service octet it arrived with. */
  receivedTrafficClass = 0;
  /** How many datagrams were dropped as nobody took them in time. */
  receiveDrops = 0;

  readonly #multicastAll: boolean;
  readonly #groups: GroupFilters = new GroupFilters();
  readonly #received: DatagramQueue;
  readonly #queued: DatagramQueue;
  #pathMtu = Infinity;
  #pathMtuEnds = Infinity;
  #error: UdpError = None;
  #wasRefused = false;

  /**
   * Makes a socket that is not bound yet.
   *
   * @throws {RangeError} When the port is not from 0 to 65,535.
   */
  constructor(options: UdpSocketOptions = {}) {
    super(options.reuseAddress ?? false, options.reusePort ?? false);
    const { localPort = 0, receiveLimit = 212_992, sendLimit = 212_992 } = options;
    const { datagramLimit = 1024 } = options;
    checkPort(localPort, 0);
    this.protocol = udpProtocol;
    this.localPort = localPort;
    this.mayBroadcast = options.mayBroadcast ?? false;
    this.mayFragment = options.mayFragment ?? true;
    this.onReadable = options.onReadable ?? null;
    this.onWritable = options.onWritable ?? null;
    this.multicastLoop = options.multicastLoop ?? true;
    this.#multicastAll = options.multicastAll ?? true;
    this.boundAddress = (options.localAddress ?? 0) | 0;
    this.#received = new DatagramQueue(receiveLimit, datagramLimit);
    this.#queued = new DatagramQueue(sendLimit, datagramLimit);
  }

  /** The address it is bound to, host order; 0 for all of the host's. */
  get localAddress(): number {
    return this.boundAddress >>> 0;
  }

  /** The address it is connected to, host order; 0 when it is not. */
  get remoteAddress(): number {
    return this.peerAddress >>> 0;
  }

  /** The port it is connected to; 0 when it is not. */
  get remotePort(): number {
    return this.peerPort;
  }

  /** How many datagrams wait to be received. */
  get readableCount(): number {
    return this.#received.count;
  }

  /** How many datagrams wait to be sent. */
  get queuedCount(): number {
    return this.#queued.count;
  }

  /** The length in bytes of the datagram that {@linkcode receive} will give next, -1 when none waits. */
  get nextLength(): number {
    return this.#received.peek();
  }

  /** The longest datagram, IP header included, that routers have said the way to the connected peer carries; Infinity when none has. */
  get pathMtu(): number {
    return this.#pathMtu;
  }

  /** The last error that the network reported; {@linkcode takeError} clears it. */
  get error(): UdpError {
    return this.#error;
  }

  /** Takes a datagram for this port; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number): Verdict {
    if (this.score(packet) < 0) return NoPort;
    if (!this.#received.fits(end - offset)) {
      this.receiveDrops++;
      return QueueFull;
    }
    const { bytes, address, sourcePort } = packet;
    const source = packet.source | 0;
    const destination = packet.destination | 0;
    const flags = flagsOf(packet);
    this.#received.push(bytes, address, offset, end, source, sourcePort, destination, flags);
    this.onReadable?.();
    return Ok;
  }

  /** Takes datagrams that came together; see {@linkcode UdpEndpoint.demuxRun}. */
  override demuxRun(packet: Packet, offset: number, end: number, size: number): number {
    if (this.score(packet) < 0) return -1;
    const { bytes, address, sourcePort } = packet;
    const source = packet.source | 0;
    const to = packet.destination | 0;
    const flags = flagsOf(packet);
    const queue = this.#received;
    const at = queue.pushRun(bytes, address, offset, end, size, source, sourcePort, to, flags);
    const taken = Math.ceil((at - offset) / size);
    this.receiveDrops += Math.ceil((end - offset) / size) - taken;
    if (taken > 0) this.onReadable?.();
    return taken;
  }

  /** Whether a datagram that went to many is for this socket; see {@linkcode UdpEndpoint}. */
  protected override hearsMany(packet: Packet): boolean {
    const destination = packet.destination | 0;
    const bound = this.boundAddress;
    if (destination >>> 28 !== 0xe) return true;
    const otherwise = bound === 0 ? this.#multicastAll : bound === destination;
    return this.#groups.accepts(destination, packet.source | 0, otherwise);
  }

  /** Takes an ICMP error about a datagram that was sent from this port. */
  networkError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    _offset: number,
    _end: number,
    now: number,
  ): void {
    // RFC 1122 §4.1.3.3; as on Linux only a connected socket can tell whom the error concerns.
    if (
      this.peerPort === 0 || packet.destinationPort !== this.peerPort ||
      (packet.destination | 0) !== this.peerAddress
    ) {
      return;
    }
    const error = udpErrorFor(type, code);
    if (error === None) return;
    const mtu = info & 0xffff;
    if (error === MessageTooLong && mtu !== 0 && mtu < this.#pathMtu) {
      this.#pathMtu = Math.max(leastPathMtu, mtu);
      this.#pathMtuEnds = now + pathMtuLifetime;
      // RFC 1191 §6.1: who lets us cut its datagrams loses one, and need not know.
      if (this.mayFragment) return;
    }
    this.#error = error;
    this.onReadable?.();
  }

  /**
   * Fixes the peer: from now on only its datagrams are received, and {@linkcode send} needs no address.
   *
   * @param address Host order; 0 takes the connection back.
   * @param port 1 to 65,535; 0 with address 0.
   * @throws {RangeError} When the port is out of range.
   */
  connect(address: number, port: number): void {
    checkPort(port, address === 0 ? 0 : 1);
    this.peerAddress = address | 0;
    this.peerPort = port;
    this.#error = None;
    this.#pathMtu = Infinity;
    this.#pathMtuEnds = Infinity;
  }

  /**
   * Says which senders to a group it hears; that the group comes to this host at all is the stack's matter.
   *
   * @param group Host order.
   * @param filter Which; `null` when it is no longer in the group.
   */
  filterGroup(group: number, filter: SourceFilter | null): void {
    this.#groups.set(group, filter);
  }

  /**
   * Queues a datagram.
   *
   * @param payload Its content, at most 65,507 bytes; copied.
   * @param address To whom, host order; the connected peer when left out.
   * @param port To which port; the connected one when left out.
   * @returns `Ok`; `QueueFull` when there is no room now, and `onWritable` will tell when there is; `NoRoute` when
   *     no route leads there; `Filtered` for a broadcast without permission; `BadLength` when it is too long for the
   *     way and must not be fragmented.
   * @throws {TypeError} When the socket is not bound, or neither connected nor told an address.
   * @throws {RangeError} When the payload is too long, or the port out of range.
   */
  send(
    payload: Uint8Array,
    address: number = this.remoteAddress,
    port: number = this.peerPort,
  ): Verdict {
    const verdict = this.#admit(payload.length, address, port);
    if (verdict !== Ok) return verdict;
    const { length } = payload;
    this.#queued.push(payload, -1, 0, length, address | 0, port, this.#sourceAddress(), 0);
    this.requestTurn();
    return Ok;
  }

  /**
   * Queues a payload as datagrams of one size, the last of which may be shorter; as many as there is room for. They
   * leave together where the device takes that (UDP segmentation offload).
   *
   * @param payload What to send; copied.
   * @param segmentSize How many bytes each datagram carries, 1 to 65,507.
   * @param address To whom, host order; the connected peer when left out.
   * @param port To which port; the connected one when left out.
   * @returns How many bytes were queued: whole datagrams, or all. When it is 0, {@linkcode send} would have said why.
   * @throws {TypeError} When the socket is not bound, or neither connected nor told an address.
   * @throws {RangeError} When the size or the port is out of range.
   */
  sendSegments(
    payload: Uint8Array,
    segmentSize: number,
    address: number = this.remoteAddress,
    port: number = this.peerPort,
  ): number {
    if (!(Number.isInteger(segmentSize) && segmentSize >= 1)) {
      throw new RangeError(`Cannot send datagrams of ${segmentSize} bytes`);
    }
    const { length } = payload;
    if (this.#admit(Math.min(length, segmentSize), address, port) !== Ok) return 0;
    const local = this.#sourceAddress();
    const queue = this.#queued;
    const at = queue.pushRun(payload, -1, 0, length, segmentSize, address | 0, port, local, 0);
    if (at < length) this.#wasRefused = true;
    this.requestTurn();
    return at;
  }

  /** Whether a datagram could be queued now, and if not, why. */
  #admit(length: number, address: number, port: number): Verdict {
    const udp = this.parent;
    if (!(udp instanceof Udp)) {
      throw new TypeError("Cannot send datagram as the socket is not bound");
    }
    if (address === 0 && port === 0) {
      throw new TypeError("Cannot send datagram as the socket is not connected");
    }
    checkPort(port, 1);
    if (length > udpMaximumPayload) {
      throw new RangeError(
        `Cannot send datagram of ${length} bytes as at most ${udpMaximumPayload} fit`,
      );
    }
    const { sources } = udp;
    if (!this.mayBroadcast && sources.isBroadcast(address)) return Filtered;
    if (sources.sourceFor(address) === 0) return NoRoute;
    if (!this.mayFragment) {
      const total = length + headersLength;
      const mtu = sources.interfaceFor?.(address)?.mtu ?? Infinity;
      if (total > mtu || (total > this.#pathMtu && this.#isPeer(address))) return BadLength;
    }
    if (!this.#queued.fits(length)) {
      this.#wasRefused = true;
      return QueueFull;
    }
    return Ok;
  }

  #isPeer(address: number): boolean {
    return this.peerPort !== 0 && (address | 0) === this.peerAddress;
  }

  /** Who is bound to a group or a broadcast address speaks from an address of the host all the same. */
  #sourceAddress(): number {
    const bound = this.boundAddress;
    return bound >>> 28 === 0xe || bound === -1 ? 0 : bound;
  }

  /**
   * Takes the oldest datagram; from whom it came stands in {@linkcode sourceAddress} and
   * {@linkcode sourcePort} then.
   *
   * @param target Where it goes; what does not fit is lost.
   * @returns How many bytes were written, -1 when no datagram waits.
   */
  receive(target: Uint8Array): number {
    const queue = this.#received;
    const total = queue.peek();
    if (total < 0) return -1;
    const length = Math.min(total, target.length);
    this.#tell(total);
    queue.take(target, -1, 0, length);
    return length;
  }

  /**
   * Takes the oldest datagram and those that follow from the same sender, one behind another.
   *
   * @param target Where they go. What does not fit of the first is lost; of the others whole ones are taken.
   * @param lengths Where their lengths go, at least one; no more than it has room for are taken.
   * @returns How many were taken; 0 when none waits.
   */
  receiveRun(target: Uint8Array, lengths: Uint32Array | Uint16Array): number {
    const queue = this.#received;
    const first = queue.peek();
    if (first < 0) return 0;
    this.#tell(first);
    const count = queue.measureRun(target.length, lengths);
    if (count > 1 || first <= target.length) queue.takeRun(count, target, -1, 0);
    else {
      lengths[0] = target.length;
      queue.take(target, -1, 0, target.length);
    }
    return count;
  }

  /** Notes what is known of the datagram that `peek` has shown. */
  #tell(length: number): void {
    const { address, port, local, flags } = this.#received;
    this.sourceAddress = address >>> 0;
    this.sourcePort = port;
    this.destinationAddress = local >>> 0;
    this.isBroadcast = (flags & broadcastFlag) !== 0;
    this.receivedHopLimit = (flags >>> hopLimitShift) & 0xff;
    this.receivedTrafficClass = (flags >>> trafficClassShift) & 0xff;
    this.datagramLength = length;
  }

  /** The last error that the network reported; it is forgotten then. */
  takeError(): UdpError {
    const error = this.#error;
    this.#error = None;
    return error;
  }

  /** Frees the port and forgets what waits. */
  close(): void {
    const udp = this.parent;
    if (udp instanceof Udp) udp.unregister(this);
    this.connectionId++;
    this.#received.clear();
    this.#queued.clear();
  }

  /** Writes the oldest queued datagram's payload, or several at once; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    const queue = this.#queued;
    const length = queue.peek();
    if (length < 0) return 0;
    if (offset + length > packet.bytes.length) return -Math.max(2, length);
    if (now >= this.#pathMtuEnds) {
      this.#pathMtu = Infinity;
      this.#pathMtuEnds = Infinity;
    }
    const destination = queue.address;
    packet.source = queue.local >>> 0;
    packet.destination = destination >>> 0;
    packet.destinationPort = queue.port;
    packet.trafficClass = this.trafficClass;
    packet.mayFragment = this.mayFragment;
    packet.hopLimit = this.hopLimit;
    packet.loopsBack = true;
    const isForMany = destination >>> 28 === 0xe;
    if (isForMany) {
      packet.hopLimit = this.multicastHopLimit === 0 ? -1 : this.multicastHopLimit;
      packet.loopsBack = this.multicastLoop;
    }
    if (this.multicastInterface >= 0 && (isForMany || destination === -1)) {
      packet.interfaceIndex = this.multicastInterface;
    }
    const count = queue.count > 1 && length > 0 ? this.#countTogether(packet, offset, length) : 1;
    const total = count === 1 ? length : queue.runLength;
    if (count === 1) queue.take(packet.bytes, packet.address, offset, length);
    else {
      queue.takeRun(count, packet.bytes, packet.address, offset);
      packet.segmentSize = length;
    }
    this.hasMore = queue.count > 0;
    if (this.#wasRefused) {
      this.#wasRefused = false;
      this.onWritable?.();
    }
    return total === 0 ? emptyDatagram : total;
  }

  /** How many of the oldest datagrams, each of which has `length` bytes, leave in one piece. */
  #countTogether(packet: Packet, offset: number, length: number): number {
    if (!this.sendsChecksum) return 1;
    const { sources } = this.parent as Udp;
    const path: UdpPath | null | undefined = sources.interfaceFor?.(packet.destination);
    if (path === null || path === undefined) return 1;
    if (path.maxSegment <= path.mtu || length + headersLength > path.mtu) return 1;
    const room = Math.min(
      path.maxSegment - headersLength,
      packet.bytes.length - offset,
      udpMaximumPayload,
    );
    return this.#queued.countRun(room, togetherLimit);
  }
}

function flagsOf(packet: Packet): number {
  return (packet.isLinkBroadcast ? broadcastFlag : 0) | (packet.hopLimit << hopLimitShift) |
    (packet.trafficClass << trafficClassShift);
}

function checkPort(port: number, lowest: number): void {
  if (!(Number.isInteger(port) && port >= lowest && port <= 65_535)) {
    throw new RangeError(`Cannot use port ${port} as it is not from ${lowest} to 65535`);
  }
}

/**
 * A datagram socket without I/O: what an application sends and receives on one UDP port.
 *
 * @module
 */
import { BaseNode, type Packet, Verdict } from "@octet/wire";
import { DatagramQueue } from "./datagram_queue.ts";
import { udpMaximumPayload, udpProtocol } from "./frame.ts";
import { emptyDatagram, Udp } from "./udp.ts";

/** What an ICMP error means to the application, by POSIX's names. */
export const UdpError = {
  /** Nothing is wrong. */
  None: 0,
  /** Nobody is bound to the port there (`ECONNREFUSED`). */
  ConnectionRefused: 1,
  /** The host does not answer, or a router says so (`EHOSTUNREACH`). */
  HostUnreachable: 2,
  /** No route leads to the network (`ENETUNREACH`). */
  NetworkUnreachable: 3,
  /** The datagram exceeds what the path carries (`EMSGSIZE`). */
  MessageTooLong: 4,
  /** The host does not speak UDP (`ENOPROTOOPT`). */
  ProtocolUnavailable: 5,
} as const;

/** One of the values of {@linkcode UdpError}. */
export type UdpError = (typeof UdpError)[keyof typeof UdpError];

/** How a {@linkcode UdpSocket} is set up. */
export interface UdpSocketOptions {
  /** The port to bind; 0, or left out, for any. */
  readonly localPort?: number;
  /** The address to receive on and to send from, host order; 0, or left out, for all of the host's. */
  readonly localAddress?: number;
  /** How many bytes of payload wait to be received at most; 212,992 when left out, as on Linux. */
  readonly receiveLimit?: number;
  /** How many bytes of payload wait to be sent at most; 212,992 when left out. */
  readonly sendLimit?: number;
  /** How many datagrams wait at most, each way; 1024 when left out. */
  readonly datagramLimit?: number;
  /** Whether it may send to broadcast addresses; `false` when left out. */
  readonly mayBroadcast?: boolean;
  /** Whether routers and we ourselves may fragment what it sends; `true` when left out. */
  readonly mayFragment?: boolean;
  /** Called when a datagram or an error has arrived. */
  readonly onReadable?: () => void;
  /** Called when there is room again after a send was refused for lack of it. */
  readonly onWritable?: () => void;
}

/** Flags kept of a datagram that was received. */
const broadcastFlag = 1;

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
export class UdpSocket extends BaseNode {
  /** Whether it may send to broadcast addresses. */
  mayBroadcast: boolean;
  /** Whether routers and we ourselves may fragment what it sends. */
  mayFragment: boolean;
  /** Time to live of what it sends; 0 for the stack's default. */
  hopLimit = 0;
  /** The type-of-service octet of what it sends. */
  trafficClass = 0;
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
  /** How many datagrams were dropped as nobody took them in time. */
  receiveDrops = 0;

  readonly #localAddress: number;
  readonly #received: DatagramQueue;
  readonly #queued: DatagramQueue;
  #remoteAddress = 0;
  #remotePort = 0;
  #error: UdpError = UdpError.None;
  #wasRefused = false;

  /**
   * Makes a socket that is not bound yet.
   *
   * @throws {RangeError} When the port is not from 0 to 65,535.
   */
  constructor(options: UdpSocketOptions = {}) {
    super();
    const { localPort = 0, receiveLimit = 212_992, sendLimit = 212_992 } = options;
    const { datagramLimit = 1024 } = options;
    checkPort(localPort, 0);
    this.protocol = udpProtocol;
    this.localPort = localPort;
    this.mayBroadcast = options.mayBroadcast ?? false;
    this.mayFragment = options.mayFragment ?? true;
    this.onReadable = options.onReadable ?? null;
    this.onWritable = options.onWritable ?? null;
    this.#localAddress = (options.localAddress ?? 0) | 0;
    this.#received = new DatagramQueue(receiveLimit, datagramLimit);
    this.#queued = new DatagramQueue(sendLimit, datagramLimit);
  }

  /** The address it is bound to, host order; 0 for all of the host's. */
  get localAddress(): number {
    return this.#localAddress >>> 0;
  }

  /** The address it is connected to, host order; 0 when it is not. */
  get remoteAddress(): number {
    return this.#remoteAddress >>> 0;
  }

  /** The port it is connected to; 0 when it is not. */
  get remotePort(): number {
    return this.#remotePort;
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

  /** The last error that the network reported; {@linkcode takeError} clears it. */
  get error(): UdpError {
    return this.#error;
  }

  /** Takes a datagram for this port; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number): Verdict {
    const source = packet.source | 0;
    const destination = packet.destination | 0;
    if (this.#localAddress !== 0 && destination !== this.#localAddress && !packet.isLinkBroadcast) {
      return Verdict.NoPort;
    }
    if (
      this.#remotePort !== 0 &&
      (source !== this.#remoteAddress || packet.sourcePort !== this.#remotePort)
    ) {
      return Verdict.NoPort;
    }
    if (!this.#received.fits(end - offset)) {
      this.receiveDrops++;
      return Verdict.QueueFull;
    }
    const flags = packet.isLinkBroadcast ? broadcastFlag : 0;
    const { bytes, address, sourcePort } = packet;
    this.#received.push(bytes, address, offset, end, source, sourcePort, destination, flags);
    this.onReadable?.();
    return Verdict.Ok;
  }

  /** Takes an ICMP error about a datagram that was sent from this port. */
  networkError(type: number, code: number, _info: number, packet: Packet): void {
    // RFC 1122 §4.1.3.3; as on Linux only a connected socket can tell whom the error concerns.
    if (
      this.#remotePort === 0 || packet.destinationPort !== this.#remotePort ||
      (packet.destination | 0) !== this.#remoteAddress
    ) {
      return;
    }
    const error = errorFor(type, code);
    if (error === UdpError.None) return;
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
    this.#remoteAddress = address | 0;
    this.#remotePort = port;
    this.#error = UdpError.None;
  }

  /**
   * Queues a datagram.
   *
   * @param payload Its content, at most 65,507 bytes; copied.
   * @param address To whom, host order; the connected peer when left out.
   * @param port To which port; the connected one when left out.
   * @returns `Ok`; `QueueFull` when there is no room now, and `onWritable` will tell when there is; `NoRoute` when
   *     no route leads there; `Filtered` for a broadcast without permission.
   * @throws {TypeError} When the socket is not bound, or neither connected nor told an address.
   * @throws {RangeError} When the payload is too long, or the port out of range.
   */
  send(
    payload: Uint8Array,
    address: number = this.remoteAddress,
    port: number = this.#remotePort,
  ): Verdict {
    const udp = this.parent;
    if (!(udp instanceof Udp)) {
      throw new TypeError("Cannot send datagram as the socket is not bound");
    }
    if (address === 0 && port === 0) {
      throw new TypeError("Cannot send datagram as the socket is not connected");
    }
    checkPort(port, 1);
    const length = payload.length;
    if (length > udpMaximumPayload) {
      throw new RangeError(
        `Cannot send datagram of ${length} bytes as at most ${udpMaximumPayload} fit`,
      );
    }
    if (!this.mayBroadcast && udp.sources.isBroadcast(address)) return Verdict.Filtered;
    if (udp.sources.sourceFor(address) === 0) return Verdict.NoRoute;
    if (!this.#queued.fits(length)) {
      this.#wasRefused = true;
      return Verdict.QueueFull;
    }
    this.#queued.push(payload, -1, 0, length, address, port, this.#localAddress, 0);
    this.requestTurn();
    return Verdict.Ok;
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
    this.sourceAddress = queue.address >>> 0;
    this.sourcePort = queue.port;
    this.destinationAddress = queue.local >>> 0;
    this.isBroadcast = (queue.flags & broadcastFlag) !== 0;
    this.datagramLength = total;
    queue.take(target, -1, 0, length);
    return length;
  }

  /** The last error that the network reported; it is forgotten then. */
  takeError(): UdpError {
    const error = this.#error;
    this.#error = UdpError.None;
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

  /** Writes the oldest queued datagram's payload; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, _ipOffset: number, offset: number): number {
    const queue = this.#queued;
    const length = queue.peek();
    if (length < 0) return 0;
    if (offset + length > packet.bytes.length) return -Math.max(2, length);
    packet.source = queue.local >>> 0;
    packet.destination = queue.address >>> 0;
    packet.destinationPort = queue.port;
    packet.hopLimit = this.hopLimit;
    packet.trafficClass = this.trafficClass;
    packet.mayFragment = this.mayFragment;
    queue.take(packet.bytes, packet.address, offset, length);
    if (this.#wasRefused) {
      this.#wasRefused = false;
      this.onWritable?.();
    }
    return length === 0 ? emptyDatagram : length;
  }
}

function checkPort(port: number, lowest: number): void {
  if (!(Number.isInteger(port) && port >= lowest && port <= 65_535)) {
    throw new RangeError(`Cannot use port ${port} as it is not from ${lowest} to 65535`);
  }
}

/** RFC 1122 §3.2.2.1 and what Linux makes of it (`icmp_err_convert`). */
function errorFor(type: number, code: number): UdpError {
  if (type === 11 || type === 12) return UdpError.HostUnreachable;
  if (type !== 3) return UdpError.None;
  switch (code) {
    case 0:
    case 6:
    case 9:
    case 11:
      return UdpError.NetworkUnreachable;
    case 2:
      return UdpError.ProtocolUnavailable;
    case 3:
      return UdpError.ConnectionRefused;
    case 4:
      return UdpError.MessageTooLong;
    default:
      return UdpError.HostUnreachable;
  }
}

/**
 * TCP of one stack: connections by their ends, listeners by port, and resets for the rest.
 *
 * @module
 */
import { BranchNode, type Packet, type Random, randomBelow, Verdict } from "@octet/wire";
import * as wire from "@octet/wire";
import { formatIpv4 } from "@octet/netip/ipv4";
import { TcpConnection } from "./connection.ts";
import { ConnectionTable } from "./connection_table.ts";
import { TcpCounters } from "./counters.ts";
import { ephemeralCount, EphemeralPorts, firstEphemeral, type PortUser } from "./ephemeral_port.ts";
import { TcpFlag } from "./frame.ts";
import { ownMss, prepare, startClock, takeSyn } from "./handshake.ts";
import { Hibernation } from "./hibernation.ts";
import { KeyedHash } from "./isn.ts";
import { Lingerers } from "./limits.ts";
import { TcpListener } from "./listener.ts";
import type { TcpConnectTarget, TcpErrorObserver, TcpNetwork, TcpOptions } from "./network.ts";
import { reportToConnection } from "./network_error.ts";
import { PathMtuCache } from "./path_mtu_cache.ts";
import { ResetQueue } from "./reset.ts";
import * as seq from "./seq.ts";
import type { Sender } from "./sender.ts";
import { Segment } from "./segment.ts";
import { settleOptions, type TcpSettings } from "./settings.ts";
import { TcpError, TcpState } from "./state.ts";
import { SynFlood } from "./syn_flood.ts";
import { mayReplace, mayReuse } from "./time_wait.ts";

// V8 folds constants of a module; what is imported it loads and checks at each use. See ARCHITECTURE.md.
const readU16 = wire.readU16;
const { seqAdd, seqAfter } = seq;
const { BadChecksum, Filtered, NoPort, Ok, QueueFull, Unexpected } = Verdict;
const { Ack, Rst, Syn } = TcpFlag;
const { Aborted, None, Reset, TimedOut } = TcpError;
const { Closed, SynReceived, SynSent, TimeWait } = TcpState;

/** The node for IP protocol 6. */
export class Tcp extends BranchNode implements PortUser {
  /** What is counted. */
  readonly counters: TcpCounters = new TcpCounters();
  /**
   * Whether an acknowledgement is owed that is to go before another segment is taken in: on a path that loses packets each
   * arrival is told of by itself. Who takes in several at a time asks, lets this TCP send, and sets it to `false`.
   */
  isUrgent: boolean = false;
  /** The keyed hash behind sequence numbers, ports and timestamps. */
  readonly hash: KeyedHash;
  /** The layer below. */
  readonly network: TcpNetwork;
  /** Called with every ICMP error about a connection, before that hears of it; `packet.nextHop` is who reports. */
  readonly errorObservers: Set<TcpErrorObserver> = new Set();
  /** What routers have told of paths. */
  readonly paths: PathMtuCache = new PathMtuCache();
  /** Connections without an owner. */
  readonly lingerers: Lingerers;
  /** Puts connections that have long been idle to sleep. */
  readonly hibernation: Hibernation = new Hibernation();
  readonly #random: Random;
  readonly #ports: EphemeralPorts;
  readonly #connections: ConnectionTable;
  readonly #listeners: Map<number, TcpListener[]> = new Map();
  readonly #resets: ResetQueue = new ResetQueue();
  readonly #flood: SynFlood;
  readonly #segment: Segment = new Segment();
  readonly #unused: TcpConnection[] = [];
  readonly #settings: TcpSettings;

  /**
   * Makes a TCP without connections.
   *
   * @param network The layer below.
   * @param random Random numbers; cryptographic in production.
   * @param options Settings of the connections it makes, and limits of the whole.
   */
  constructor(network: TcpNetwork, random: Random, options: TcpOptions = {}) {
    super();
    this.protocol = 6;
    this.network = network;
    this.#random = random;
    this.#settings = settleOptions(options);
    this.lingerers = new Lingerers(options);
    this.hash = new KeyedHash(random);
    this.#connections = new ConnectionTable(this.hash);
    this.#flood = new SynFlood(this.hash);
    this.#ports = new EphemeralPorts(this.hash, random, this);
  }

  /** How many connections there are, in whatever state. */
  get size(): number {
    return this.#connections.size;
  }

  /** All connections, in no order. */
  connections(): IterableIterator<TcpConnection> {
    return this.#connections[Symbol.iterator]();
  }

  /**
   * Opens a connection: a SYN goes out.
   *
   * @param target Where it leads.
   * @param reuse A closed connection to open again instead of a new one.
   * @returns The connection, in SYN-SENT.
   * @throws {RangeError} When the port is out of range.
   * @throws {TypeError} When the ports are taken, or no route leads to the address.
   */
  connect(target: TcpConnectTarget, now: number, reuse?: TcpConnection): TcpConnection {
    const { address, port } = target;
    if (!(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
      throw new RangeError(`Cannot connect as the port must be from 1 to 65535: ${port}`);
    }
    const localAddress = target.localAddress ?? this.network.sourceFor(address);
    if (localAddress === 0) {
      throw new TypeError(`Cannot connect as no route leads to ${formatIpv4(address)}`);
    }
    const localPort = target.localPort ?? this.#ports.choose(localAddress, address, port, now);
    if (!(Number.isInteger(localPort) && localPort >= 1 && localPort <= 65_535)) {
      throw new RangeError(`Cannot connect as our port must be from 1 to 65535: ${localPort}`);
    }
    if (reuse !== undefined && (reuse.state !== Closed || reuse.isPooled)) {
      throw new TypeError("Cannot open connection as it has not ended, or was given back");
    }
    const other = this.#connections.find(localAddress, localPort, address, port);
    if (other !== null && !mayReplace(other, now)) {
      throw new TypeError(`Cannot connect from port ${localPort} as the connection exists`);
    }
    const last = other === null ? null : other.sender.nxt;
    other?.end(None);
    if (other !== null && this.#connections.find(localAddress, localPort, address, port) !== null) {
      throw new TypeError(`Cannot connect from port ${localPort} as it was taken meanwhile`);
    }
    const connection = reuse ?? this.#take();
    this.#open(connection, localAddress, localPort, address, port, now);
    if (last !== null) startBeyond(connection.sender, last);
    if (connection.settings.timestamps) startClock(connection);
    connection.isPassive = false;
    connection.state = SynSent;
    this.counters.TcpActiveOpens++;
    connection.requestTurn();
    return connection;
  }

  /**
   * Listens on a port.
   *
   * @param port 1 to 65535.
   * @param options `address`: our address that peers must mean, 0 (any) when not given; `backlog`: how many
   *     connections may wait to be accepted, 511 when not given.
   * @throws {RangeError} When the port is out of range.
   * @throws {TypeError} When somebody listens there.
   */
  listen(port: number, options: { address?: number; backlog?: number } = {}): TcpListener {
    const address = options.address ?? 0;
    if (!(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
      throw new RangeError(`Cannot listen as the port must be from 1 to 65535: ${port}`);
    }
    const others = this.#listeners.get(port) ?? [];
    if (!this.canListen(port, address)) {
      throw new TypeError(`Cannot listen on TCP port ${port} as it is already bound`);
    }
    const listener = new TcpListener(this, address, port, options.backlog ?? 511);
    this.#listeners.set(port, [...others, listener]);
    return listener;
  }

  /** Whether nobody listens on a port at an address (0 for any) yet. */
  canListen(port: number, address: number): boolean {
    const others = this.#listeners.get(port);
    return others === undefined || (address !== 0 &&
      others.every((other) => other.address !== 0 && other.address !== address));
  }

  /** A port on which nobody listens, for `listen` with port 0. */
  unusedPort(): number {
    const start = randomBelow(this.#random, ephemeralCount);
    for (let i = 0; i < ephemeralCount; i++) {
      const port = firstEphemeral + ((start + i) % ephemeralCount);
      if (!this.#listeners.has(port)) return port;
    }
    throw new TypeError("Cannot listen as all ephemeral ports are bound");
  }

  /** Takes a listener out; called by its `close`. */
  unlisten(listener: TcpListener): void {
    const rest = this.#listeners.get(listener.port)!.filter((other) => other !== listener);
    if (rest.length === 0) this.#listeners.delete(listener.port);
    else this.#listeners.set(listener.port, rest);
    if (listener.pending === 0) return;
    const opening = [...this.#connections].filter((connection) => connection.listener === listener);
    for (const connection of opening) connection.end(Aborted);
  }

  /**
   * Gives an ended connection back to be opened again, by a listener or by `connect`.
   *
   * @throws {TypeError} When it has not ended, or was given back before.
   */
  recycle(connection: TcpConnection): void {
    if (connection.state !== Closed) {
      throw new TypeError("Cannot recycle connection as it has not ended");
    }
    if (connection.isPooled) {
      throw new TypeError("Cannot recycle connection as it was given back before");
    }
    connection.isPooled = true;
    connection.settings = this.#settings;
    connection.onEvent = null;
    connection.strip();
    this.#unused.push(connection);
  }

  /** Takes a segment in: `packet.source` and `packet.destination` are set. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    // Before the segment: nobody works with any connection's parts yet.
    if (this.hibernation.isCrowded) this.hibernation.settle();
    const segment = this.#segment;
    const { counters } = this;
    counters.TcpInSegs++;
    const verdict = segment.parse(packet, offset, end);
    if (verdict !== Ok) {
      counters.TcpInErrs++;
      return verdict;
    }
    if (!packet.verifyTransport(6, offset, end)) {
      counters.TcpInErrs++;
      counters.TcpInCsumErrors++;
      return BadChecksum;
    }
    const { source, destination } = packet;
    const { sourcePort, destinationPort } = segment;
    const connection = this.#connections.find(destination, destinationPort, source, sourcePort);
    if (connection === null) return this.#unconnected(segment, packet, now, null);
    return connection.state === TimeWait && mayReuse(connection, segment) &&
        this.#listenerFor(destinationPort, destination) !== null
      ? this.#reopen(connection, segment, packet, now)
      : connection.arrive(segment, packet, now);
  }

  /** A connection in TIME-WAIT makes room for the next one between its ends. */
  #reopen(connection: TcpConnection, segment: Segment, packet: Packet, now: number): Verdict {
    const { source, destination } = packet;
    const { sourcePort, destinationPort } = segment;
    const last = connection.sender.nxt;
    connection.end(None);
    // Who was told of that may have opened a connection from here already.
    const other = this.#connections.find(destination, destinationPort, source, sourcePort);
    return other === null
      ? this.#unconnected(segment, packet, now, last)
      : other.arrive(segment, packet, now);
  }

  /** @param last SND.NXT of the connection between the same ends that was in TIME-WAIT until now. */
  #unconnected(segment: Segment, packet: Packet, now: number, last: number | null): Verdict {
    const { source, destination } = packet;
    // RFC 9293 §3.9.2.3: nothing that came by broadcast or multicast is answered.
    if (packet.isLinkBroadcast || source === 0 || isMulticast(source) || isMulticast(destination)) {
      return Filtered;
    }
    const listener = this.#listenerFor(segment.destinationPort, destination);
    const control = segment.flags & (Syn | Ack | Rst);
    if (listener === null || (control & Ack) !== 0) {
      if (listener !== null && control === Ack && listener.hasRoom) {
        const mss = this.#flood.open(segment, destination, source, now);
        if (mss > 0) return this.#letIn(listener, segment, packet, mss, now);
      }
      this.answerWithReset(segment, destination, source);
      return listener === null ? NoPort : Unexpected;
    }
    if (control !== Syn) return Unexpected;
    if (!listener.takesSyn) return this.#defend(listener, segment, packet, now);
    const connection = this.#receive(listener, segment, packet, now);
    if (last !== null) startBeyond(connection.sender, last);
    takeSyn(connection, segment, now);
    connection.requestTurn();
    return Ok;
  }

  /** A connection in SYN-RECEIVED, of which the listener knows. */
  #receive(
    listener: TcpListener,
    segment: Segment,
    packet: Packet,
    now: number,
  ): TcpConnection {
    const connection = this.#take();
    if (listener.settings !== null) connection.settings = listener.settings;
    this.#open(
      connection,
      packet.destination,
      segment.destinationPort,
      packet.source,
      segment.sourcePort,
      now,
    );
    connection.isPassive = true;
    connection.listener = listener;
    connection.state = SynReceived;
    connection.heardAt = now;
    connection.receiver.segments = 1;
    listener.pending++;
    return connection;
  }

  /** More handshakes are under way than are remembered: a cookie, unless nobody accepts what is complete either. */
  #defend(listener: TcpListener, segment: Segment, packet: Packet, now: number): Verdict {
    const { source, destination } = packet;
    const settings = listener.settings ?? this.#settings;
    const mss = ownMss(this.network.linkTo(source), settings);
    if (
      listener.hasRoom && this.#flood.answer(segment, destination, source, mss, settings, now)
    ) {
      this.counters.TcpExtSyncookiesSent++;
      this.requestTurn();
      return Ok;
    }
    this.counters.TcpExtListenDrops++;
    return QueueFull;
  }

  /** An acknowledgement carries one of our cookies: its sender has received our SYN-ACK. */
  #letIn(
    listener: TcpListener,
    segment: Segment,
    packet: Packet,
    mss: number,
    now: number,
  ): Verdict {
    this.counters.TcpExtSyncookiesRecv++;
    const connection = this.#receive(listener, segment, packet, now);
    this.#flood.restore(connection, segment, mss, now);
    return connection.arrive(segment, packet, now);
  }

  /** Takes an ICMP error about a segment we sent: ports and sequence number are quoted at `offset`. */
  networkError(
    type: number,
    code: number,
    info: number,
    packet: Packet,
    offset: number,
    end: number,
    now: number,
  ): void {
    if (end - offset < 8) return;
    const connection = this.#connections.find(
      packet.source,
      readU16(packet.bytes, offset),
      packet.destination,
      readU16(packet.bytes, offset + 2),
    );
    if (connection === null) return;
    for (const observe of this.errorObservers) observe(connection, type, code, info, packet);
    reportToConnection(connection, type, code, info & 0xffff, packet.bytes, offset, now);
  }

  /** Writes the next segment of whoever is ready. */
  override encapsulate(packet: Packet, ipOffset: number, offset: number, now: number): number {
    this.hasMore = true;
    if (!this.#resets.isEmpty) return this.#writeReset(packet, offset);
    if (!this.#flood.isEmpty) {
      this.counters.TcpOutSegs++;
      return this.#flood.write(packet, offset);
    }
    if (this.hibernation.isCrowded) this.hibernation.settle();
    const length = this.giveTurns(packet, ipOffset, offset, now);
    // A connection that ends in its turn leaves a reset behind.
    if (this.#resets.isEmpty) return length;
    this.hasMore = true;
    return length === 0 ? this.#writeReset(packet, offset) : length;
  }

  #writeReset(packet: Packet, offset: number): number {
    this.counters.TcpOutRsts++;
    this.counters.TcpOutSegs++;
    return this.#resets.write(packet, offset);
  }

  /** Answers a segment that belongs to nobody (RFC 9293 §3.10.7.1). */
  answerWithReset(segment: Segment, local: number, remote: number): void {
    if (this.#resets.answer(segment, local, remote)) this.requestTurn();
  }

  /** Tells a connection's peer that it has ended. */
  resetConnection(connection: TcpConnection, now: number): void {
    this.#resets.end(connection, now);
    this.requestTurn();
  }

  /** A connection's handshake is complete. */
  established(connection: TcpConnection): void {
    this.counters.TcpCurrEstab++;
    const { listener } = connection;
    if (listener === null) return;
    this.counters.TcpPassiveOpens++;
    connection.listener = null;
    listener.enqueue(connection);
  }

  /** A connection is about to end: counts it by the state that it is in still. */
  ended(connection: TcpConnection, error: TcpError): void {
    const { counters } = this;
    const { isOpen } = connection;
    // An open connection ends by what the network has reported only when nothing else came.
    const isGivenUp = error === TimedOut || (isOpen &&
      error !== None && error !== Reset && error !== Aborted);
    if (isGivenUp) counters.TcpExtTCPAbortOnTimeout++;
    if (isOpen) {
      counters.TcpCurrEstab--;
      if (error === Reset || error === Aborted) counters.TcpEstabResets++;
      return;
    }
    counters.TcpAttemptFails++;
    if (connection.listener !== null) connection.listener.pending--;
    connection.listener = null;
  }

  /** Takes a connection that has ended out. */
  drop(connection: TcpConnection): void {
    this.#connections.remove(connection);
    connection.detach();
  }

  #open(
    connection: TcpConnection,
    localAddress: number,
    localPort: number,
    remoteAddress: number,
    remotePort: number,
    now: number,
  ): void {
    if (connection.state !== Closed) {
      throw new TypeError("Cannot open connection as it has not ended");
    }
    connection.localAddress = localAddress;
    connection.localPort = localPort;
    connection.remoteAddress = remoteAddress;
    connection.remotePort = remotePort;
    prepare(connection, this, now);
    this.#connections.add(connection);
    connection.attach(this);
    this.hibernation.awoke(connection);
  }

  #take(): TcpConnection {
    const connection = this.#unused.pop();
    if (connection === undefined) return new TcpConnection(this.#settings);
    connection.isPooled = false;
    return connection;
  }

  #listenerFor(port: number, address: number): TcpListener | null {
    const listeners = this.#listeners.get(port);
    if (listeners === undefined) return null;
    for (let i = 0; i < listeners.length; i++) {
      const listener = listeners[i]!;
      if (listener.address === 0 || listener.address === address) return listener;
    }
    return null;
  }

  /** Whether no other connection has these ends, or one that may be replaced; see {@linkcode PortUser}. */
  mayOpen(local: number, port: number, remote: number, remotePort: number, now: number): boolean {
    if (this.#listeners.has(port)) return false;
    const other = this.#connections.find(local, port, remote, remotePort);
    return other === null || mayReplace(other, now);
  }
}

/** Class D, or the limited broadcast address (RFC 9293 §3.9.2.3 MUST-57). */
function isMulticast(address: number): boolean {
  return address >>> 28 === 0xe || address === 0xffffffff;
}

/** RFC 1122 §4.2.2.13: a connection that follows one in TIME-WAIT begins above all that one has sent. */
function startBeyond(sender: Sender, last: number): void {
  const least = seqAdd(last, 0x10000);
  if (seqAfter(least, sender.iss)) sender.open(least);
}

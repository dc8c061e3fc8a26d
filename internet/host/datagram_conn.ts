/**
 * A datagram socket as Deno shows one.
 *
 * @module
 */
import { formatIpv4, tryParseIpv4 } from "@octet/netip/ipv4";
import { UdpError, UdpSocket, type UdpSocketOptions } from "@octet/udp";
import { Verdict } from "@octet/wire";
import {
  addressInUse,
  badResource,
  checkPort,
  connectionRefused,
  hostUnreachable,
  interrupted,
  invalidArgument,
  messageTooLong,
  type NetworkError,
  networkUnreachable,
  notBytes,
  notConnected,
  permissionDenied,
} from "./errors.ts";
import { Memberships, type MulticastV4Membership } from "./multicast_membership.ts";
import { Interest } from "./liveness.ts";
import type { RunLoop } from "./run_loop.ts";
import type { NetAddr } from "./tcp_conn.ts";

interface Receiving {
  readonly take: () => void;
  readonly reject: (reason: unknown) => void;
}

/** A datagram, or several of one size, that wait for room. */
interface Sending {
  readonly payload: Uint8Array;
  readonly segmentSize: number;
  readonly address: number;
  readonly port: number;
  /** How much of the payload is on its way. */
  at: number;
  readonly resolve: (value: number) => void;
  readonly reject: (reason: unknown) => void;
}

/** Finds the addresses of a name, host order. */
export type Lookup = (name: string) => Promise<number[]>;

/** To whom: a name or an IPv4 address, `"127.0.0.1"` when not given, and a port from 1 to 65,535. */
export interface DatagramAddr {
  /** A name or an IPv4 address; `"127.0.0.1"` when not given. */
  hostname?: string;
  /** The port, 1 to 65,535. */
  port: number;
}

/** A datagram with all that is known of it. */
export interface ReceivedDatagram {
  /** What it carries. */
  data: Uint8Array;
  /** Who sent it. */
  remoteAddr: NetAddr;
  /** To which address it was sent: one of ours, a broadcast or a group. */
  localAddr: NetAddr;
  /** Its length in bytes, which may exceed what there was room for. */
  length: number;
  /** The time to live it arrived with. */
  timeToLive: number;
  /** Its differentiated services codepoint, 0 to 63 (RFC 2474). */
  dscp: number;
  /** Its congestion codepoint, 0 to 3 (RFC 3168). */
  ecn: number;
}

/** What a batch of datagrams came to; see {@linkcode DatagramConn.receiveBatch}. */
export interface ReceivedBatch {
  /** How many there are. */
  count: number;
  /** Who sent them. */
  remoteAddr: NetAddr;
}

/** The longest UDP payload over IPv4, in bytes. */
const maxPayload = 65_507;

/** A UDP socket, interchangeable with `Deno.DatagramConn`. */
export class DatagramConn implements AsyncIterable<[Uint8Array, NetAddr]>, Disposable {
  /** Where it is bound. */
  readonly addr: NetAddr;
  readonly #socket: UdpSocket;
  readonly #loop: RunLoop;
  readonly #interest: Interest;
  readonly #lookup: Lookup;
  readonly #memberships: Memberships;
  #receiving: Receiving[] = [];
  #sending: Sending[] = [];
  #closed = false;

  /**
   * Binds a socket; `Host.listenDatagram` does so.
   *
   * @param loop What drives the stack.
   * @param options How the socket is set up.
   * @param lookup Finds the addresses of names.
   * @throws {Deno.errors.AddrInUse} When the port is bound already.
   */
  constructor(loop: RunLoop, options: UdpSocketOptions, lookup: Lookup) {
    this.#loop = loop;
    this.#interest = new Interest(loop.liveness);
    this.#lookup = lookup;
    this.#socket = new UdpSocket({
      ...options,
      onReadable: () => this.#serveReceivers(),
      onWritable: () => this.#serveSenders(),
    });
    const { udp } = loop.stack;
    if (!udp.canBind(this.#socket)) throw addressInUse();
    udp.register(this.#socket);
    this.#memberships = new Memberships(this.#socket, loop, () => this.#expectOpen());
    this.addr = netAddr(this.#socket.localAddress, this.#socket.localPort);
    loop.hold(this);
  }

  /** The socket underneath, for its counters and settings. */
  get socket(): UdpSocket {
    return this.#socket;
  }

  /** Whom it is connected to; `null` when it is not. */
  get remoteAddr(): NetAddr | null {
    const { remoteAddress, remotePort } = this.#socket;
    return remotePort === 0 ? null : netAddr(remoteAddress, remotePort);
  }

  /**
   * Fixes the peer, as the operating system's `connect` does: from now on only its datagrams are received,
   * {@linkcode DatagramConn.send} needs no address, and what the network reports of it rejects the next call.
   *
   * @param addr To whom; an address of several names is its first.
   * @throws {Deno.errors.NotFound} When the name does not resolve.
   * @throws {Error} With code `ENETUNREACH` when no route leads there.
   */
  async connect(addr: DatagramAddr): Promise<void> {
    this.#expectOpen();
    const port = checkPort(addr.port, 1);
    const address = await this.#resolve(addr.hostname);
    this.#expectOpen();
    const { ipv4 } = this.#loop.stack;
    if (!this.#socket.mayBroadcast && ipv4.isBroadcast(address)) throw permissionDenied();
    if (ipv4.sourceFor(address) === 0) throw networkUnreachable();
    this.#socket.connect(address, port);
  }

  /** Takes {@linkcode DatagramConn.connect} back: datagrams from everybody are received again. */
  disconnect(): void {
    this.#expectOpen();
    this.#socket.connect(0, 0);
  }

  /**
   * Waits for a datagram.
   *
   * @param p Where it goes; what does not fit is lost. A buffer of 65,507 bytes when not given.
   * @returns The part of `p` that was written, and who sent it.
   * @throws {Deno.errors.BadResource} When the socket has been closed.
   * @throws {Deno.errors.ConnectionRefused} When the connected peer has nobody on that port.
   */
  receive(p?: Uint8Array): Promise<[Uint8Array, NetAddr]> {
    const buffer = p ?? new Uint8Array(maxPayload);
    return this.#receive(() => {
      const socket = this.#socket;
      const length = socket.receive(buffer);
      return [buffer.subarray(0, length), netAddr(socket.sourceAddress, socket.sourcePort)];
    });
  }

  /**
   * Waits for a datagram, and says all that is known of it.
   *
   * @param p Where it goes; what does not fit is lost. A buffer of 65,507 bytes when not given.
   * @throws {Deno.errors.BadResource} When the socket has been closed.
   * @throws {Deno.errors.ConnectionRefused} When the connected peer has nobody on that port.
   */
  receiveMessage(p?: Uint8Array): Promise<ReceivedDatagram> {
    const buffer = p ?? new Uint8Array(maxPayload);
    return this.#receive(() => {
      const socket = this.#socket;
      const length = socket.receive(buffer);
      return {
        data: buffer.subarray(0, length),
        remoteAddr: netAddr(socket.sourceAddress, socket.sourcePort),
        localAddr: netAddr(socket.destinationAddress, socket.localPort),
        length: socket.datagramLength,
        timeToLive: socket.receivedHopLimit,
        dscp: socket.receivedTrafficClass >>> 2,
        ecn: socket.receivedTrafficClass & 3,
      };
    });
  }

  /**
   * Waits for datagrams and takes as many as have come from one sender, one behind another.
   *
   * @param p Where they go. It holds at least one whole datagram: what does not fit of the first is lost.
   * @param lengths Where their lengths go, in bytes; no more than it has room for are taken.
   * @throws {Deno.errors.BadResource} When the socket has been closed.
   * @throws {RangeError} When `lengths` has no room.
   */
  receiveBatch(p: Uint8Array, lengths: Uint32Array | Uint16Array): Promise<ReceivedBatch> {
    if (lengths.length === 0) {
      return Promise.reject(new RangeError("Cannot receive datagrams as there is no room"));
    }
    return this.#receive(() => {
      const socket = this.#socket;
      const count = socket.receiveRun(p, lengths);
      return { count, remoteAddr: netAddr(socket.sourceAddress, socket.sourcePort) };
    });
  }

  /**
   * Sends a datagram.
   *
   * @param p The payload, at most 65,507 bytes.
   * @param addr To whom; the connected peer when not given.
   * @returns The length of the payload.
   * @throws {Deno.errors.BadResource} When the socket has been closed.
   * @throws {Deno.errors.NotFound} When the name does not resolve.
   * @throws {Deno.errors.PermissionDenied} For a broadcast that `broadcast: false` forbids.
   * @throws {Deno.errors.ConnectionRefused} When the connected peer had nobody on that port for an earlier datagram.
   * @throws {TypeError} When the port is 0 or no integer.
   * @throws {RangeError} When the port is out of range.
   * @throws {Error} With code `EMSGSIZE` when the payload is too long, `ENETUNREACH` when no route leads there,
   *     `EDESTADDRREQ` when there is neither an address nor a connection.
   */
  send(p: Uint8Array, addr?: DatagramAddr): Promise<number> {
    return this.#send(p, 0, addr);
  }

  /**
   * Sends a payload as datagrams of one size, the last of which may be shorter, for a fraction of what single calls
   * cost: they go down the stack together, and the device cuts them where it can (UDP segmentation offload).
   *
   * @param p The payload, of any length.
   * @param segmentSize How many bytes each datagram carries, 1 to 65,507.
   * @param addr To whom; the connected peer when not given.
   * @returns The length of the payload, once all of it is on its way.
   * @throws {RangeError} When the size is out of range.
   */
  sendBatch(p: Uint8Array, segmentSize: number, addr?: DatagramAddr): Promise<number> {
    if (!(Number.isInteger(segmentSize) && segmentSize >= 1 && segmentSize <= maxPayload)) {
      return Promise.reject(
        new RangeError(`Cannot send datagrams of ${segmentSize} bytes: 1 to ${maxPayload} fit`),
      );
    }
    return this.#send(p, segmentSize, addr);
  }

  /**
   * Joins a multicast group.
   *
   * @param address The group.
   * @param networkInterface On which interface: one of its addresses or its name; `"0.0.0.0"` leaves it to the routes.
   * @param source The only sender to hear, where that matters; more come with further calls.
   * @throws {Deno.errors.AddrInUse} When the socket is in the group already.
   * @throws {TypeError} With code `EINVAL` when the address is no group.
   * @throws {Error} With code `ENODEV` when there is no such interface.
   */
  joinMulticastV4(
    address: string,
    networkInterface: string,
    source?: string,
  ): Promise<MulticastV4Membership> {
    return Promise.try(() => {
      this.#expectOpen();
      return this.#memberships.join(address, networkInterface, source);
    });
  }

  /**
   * Sets the time to live of what it sends to single hosts.
   *
   * @param ttl 1 to 255; 0 for the host's default.
   * @throws {TypeError} With code `EINVAL` when it is out of range.
   */
  setTimeToLive(ttl: number): void {
    if (!(Number.isInteger(ttl) && ttl >= 0 && ttl <= 255)) throw invalidArgument();
    this.#socket.hopLimit = ttl;
  }

  /**
   * Sets how routers are to treat what it sends.
   *
   * @param dscp The differentiated services codepoint, 0 to 63 (RFC 2474).
   * @param ecn The congestion codepoint, 0 to 3 (RFC 3168); 0 when not given.
   * @throws {TypeError} With code `EINVAL` when one is out of range.
   */
  setTrafficClass(dscp: number, ecn: number = 0): void {
    const isFine = Number.isInteger(dscp) && dscp >= 0 && dscp <= 63 && Number.isInteger(ecn) &&
      ecn >= 0 && ecn <= 3;
    if (!isFine) throw invalidArgument();
    this.#socket.trafficClass = (dscp << 2) | ecn;
  }

  /**
   * Closes the socket; pending calls reject with `Interrupted`.
   *
   * @throws {Deno.errors.BadResource} When it has been closed before.
   */
  close(): void {
    if (this.#closed) throw badResource();
    this.#loop.flush();
    this.#closed = true;
    for (const { reject } of [...this.#receiving, ...this.#sending]) {
      reject(interrupted(this.#loop.failure));
    }
    this.#interest.end(this.#receiving.length + this.#sending.length);
    this.#receiving = [];
    this.#sending = [];
    this.#memberships.clear();
    this.#loop.release(this);
    this.#socket.close();
  }

  /** Closes the socket, unless that was done. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.close();
  }

  /** Lets calls that wait keep the process alive, as they do at first. */
  ref(): void {
    this.#interest.setRef(true);
  }

  /** Lets the process end though calls wait; the host must be told as well, by {@linkcode Host.unref}. */
  unref(): void {
    this.#interest.setRef(false);
  }

  /** Datagrams as they come, until the socket is closed. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<[Uint8Array, NetAddr]> {
    while (!this.#closed) {
      let datagram: [Uint8Array, NetAddr];
      try {
        datagram = await this.receive();
      } catch (error) {
        if (this.#closed) return;
        throw error;
      }
      yield datagram;
    }
  }

  /** Resolves with what `take` makes of the next datagram. */
  #receive<T>(take: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(socketClosed());
    if (this.#receiving.length === 0) {
      const error = this.#takeError();
      if (error !== null) return Promise.reject(error);
      if (this.#socket.readableCount > 0) return Promise.resolve(take());
    }
    this.#interest.begin();
    return new Promise((resolve, reject) => {
      this.#receiving.push({ take: () => resolve(take()), reject });
    });
  }

  async #resolve(hostname: string | undefined): Promise<number> {
    const name = hostname ?? "127.0.0.1";
    return tryParseIpv4(name) ?? (await this.#lookup(name))[0]!;
  }

  async #send(p: Uint8Array, segmentSize: number, addr?: DatagramAddr): Promise<number> {
    this.#expectOpen();
    if (!(p instanceof Uint8Array)) throw notBytes();
    const socket = this.#socket;
    let payload = p;
    let address = socket.remoteAddress;
    let port = socket.remotePort;
    if (addr !== undefined) {
      port = checkPort(addr.port, 0);
      const hostname = addr.hostname ?? "127.0.0.1";
      const literal = tryParseIpv4(hostname);
      if (literal === undefined) payload = p.slice();
      address = literal ?? (await this.#lookup(hostname))[0]!;
      if (this.#closed) throw interrupted(this.#loop.failure);
      if (port === 0) throw invalidArgument();
    } else if (port === 0) throw notConnected();
    if (segmentSize === 0 && p.length > maxPayload) throw messageTooLong();
    const error = this.#takeError();
    if (error !== null) throw error;
    if (p.length === 0 && segmentSize > 0) return 0;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const sending: Sending = { payload, segmentSize, address, port, at: 0, resolve, reject };
    if (this.#sending.length === 0 && this.#attempt(sending)) return p.length;
    // Whoever waits may fill the buffer anew.
    this.#interest.begin();
    this.#sending.push({ ...sending, payload: payload.slice(sending.at), at: 0 });
    await promise;
    return p.length;
  }

  /** Queues what there is room for; `false` when that is not all. */
  #attempt(sending: Sending): boolean {
    const { payload, segmentSize, address, port } = sending;
    const socket = this.#socket;
    if (segmentSize === 0) {
      if (!this.#admits(socket.send(payload, address, port))) return false;
      this.#loop.flush();
      return true;
    }
    while (sending.at < payload.length) {
      const rest = payload.subarray(sending.at);
      const taken = socket.sendSegments(rest, segmentSize, address, port);
      if (taken === 0) {
        const first = rest.subarray(0, segmentSize);
        if (!this.#admits(socket.send(first, address, port))) return false;
        sending.at += first.length;
      }
      sending.at += taken;
      this.#loop.flush();
    }
    return true;
  }

  /** Whether a datagram was queued; `false` when there is no room now. */
  #admits(verdict: Verdict): boolean {
    switch (verdict) {
      case Verdict.NoRoute:
        throw networkUnreachable();
      case Verdict.Filtered:
        throw permissionDenied();
      case Verdict.BadLength:
        throw messageTooLong();
      default:
        return verdict !== Verdict.QueueFull;
    }
  }

  #serveReceivers(): void {
    while (this.#receiving.length > 0) {
      const error = this.#takeError();
      if (error === null && this.#socket.readableCount === 0) return;
      const { take, reject } = this.#receiving.shift()!;
      this.#interest.end();
      if (error === null) take();
      else reject(error);
    }
  }

  #serveSenders(): void {
    while (this.#sending.length > 0) {
      const sending = this.#sending[0]!;
      try {
        if (!this.#attempt(sending)) return;
        sending.resolve(sending.payload.length);
      } catch (error) {
        sending.reject(error);
      }
      this.#sending.shift();
      this.#interest.end();
    }
  }

  #takeError(): NetworkError | null {
    switch (this.#socket.takeError()) {
      case UdpError.None:
        return null;
      case UdpError.ConnectionRefused:
        return connectionRefused();
      case UdpError.NetworkUnreachable:
        return networkUnreachable();
      case UdpError.MessageTooLong:
        return messageTooLong();
      default:
        return hostUnreachable();
    }
  }

  #expectOpen(): void {
    if (this.#closed) throw socketClosed();
  }
}

function netAddr(address: number, port: number): NetAddr {
  return { hostname: formatIpv4(address), port, transport: "udp" };
}

function socketClosed(): NetworkError {
  return badResource("Socket has been closed");
}

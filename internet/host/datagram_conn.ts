/**
 * A datagram socket as Deno shows one.
 *
 * @module
 */
import { formatIpv4, tryParseIpv4 } from "@octet/netip";
import { UdpError, UdpSocket } from "@octet/udp";
import { Verdict } from "@octet/wire";
import {
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
} from "./errors.ts";
import type { RunLoop } from "./run_loop.ts";
import type { NetAddr } from "./tcp_conn.ts";

interface Receiving {
  readonly buffer: Uint8Array;
  readonly resolve: (value: [Uint8Array, NetAddr]) => void;
  readonly reject: (reason: unknown) => void;
}

interface Sending {
  readonly payload: Uint8Array;
  readonly address: number;
  readonly port: number;
  readonly resolve: (value: number) => void;
  readonly reject: (reason: unknown) => void;
}

/** Finds the addresses of a name, host order. */
export type Lookup = (name: string) => Promise<number[]>;

/** The longest UDP payload over IPv4, in bytes. */
const maxPayload = 65_507;

/** A UDP socket, interchangeable with `Deno.DatagramConn`. */
export class DatagramConn implements AsyncIterable<[Uint8Array, NetAddr]>, Disposable {
  /** Where it is bound. */
  readonly addr: NetAddr;
  readonly #socket: UdpSocket;
  readonly #loop: RunLoop;
  readonly #lookup: Lookup;
  #receiving: Receiving[] = [];
  #sending: Sending[] = [];
  #closed = false;

  /**
   * Binds a socket; `Host.listenDatagram` does so.
   *
   * @throws {RangeError} When the port is bound already.
   */
  constructor(loop: RunLoop, address: number, port: number, lookup: Lookup) {
    this.#loop = loop;
    this.#lookup = lookup;
    this.#socket = new UdpSocket({
      localAddress: address,
      localPort: port,
      mayBroadcast: true,
      onReadable: () => this.#serveReceivers(),
      onWritable: () => this.#serveSenders(),
    });
    loop.stack.udp.register(this.#socket);
    this.addr = {
      hostname: formatIpv4(address),
      port: this.#socket.localPort,
      transport: "udp",
    };
    loop.hold(this);
  }

  /** The socket underneath, for its counters and settings. */
  get socket(): UdpSocket {
    return this.#socket;
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
    if (this.#closed) return Promise.reject(socketClosed());
    const buffer = p ?? new Uint8Array(maxPayload);
    if (this.#receiving.length === 0) {
      const error = this.#takeError();
      if (error !== null) return Promise.reject(error);
      if (this.#socket.readableCount > 0) return Promise.resolve(this.#take(buffer));
    }
    return new Promise((resolve, reject) => this.#receiving.push({ buffer, resolve, reject }));
  }

  /**
   * Sends a datagram.
   *
   * @param p The payload, at most 65,507 bytes.
   * @param addr To whom: a name or an IPv4 address, `"127.0.0.1"` when not given, and a port from 1 to 65,535.
   * @returns The length of the payload.
   * @throws {Deno.errors.BadResource} When the socket has been closed.
   * @throws {Deno.errors.NotFound} When the name does not resolve.
   * @throws {TypeError} When the port is 0 or no integer.
   * @throws {RangeError} When the port is out of range.
   * @throws {Error} With code `EMSGSIZE` when the payload is too long, `ENETUNREACH` when no route leads there.
   */
  async send(p: Uint8Array, addr: { hostname?: string; port: number }): Promise<number> {
    if (this.#closed) throw socketClosed();
    if (!(p instanceof Uint8Array)) throw notBytes();
    const port = checkPort(addr.port, 0);
    const hostname = addr.hostname ?? "127.0.0.1";
    const literal = tryParseIpv4(hostname);
    let payload = p;
    if (literal === undefined) payload = p.slice();
    const address = literal ?? (await this.#lookup(hostname))[0]!;
    if (this.#closed) throw interrupted();
    if (port === 0) throw invalidArgument();
    if (p.length > maxPayload) throw messageTooLong();
    if (this.#sending.length === 0 && this.#send(payload, address, port)) return p.length;
    return new Promise((resolve, reject) => {
      this.#sending.push({ payload: payload.slice(), address, port, resolve, reject });
    });
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
    for (const { reject } of [...this.#receiving, ...this.#sending]) reject(interrupted());
    this.#receiving = [];
    this.#sending = [];
    this.#loop.release(this);
    this.#socket.close();
  }

  /** Closes the socket, unless that was done. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.close();
  }

  /** Lets the socket keep the process alive; it is its host that does, until it is closed. */
  ref(): void {}

  /** Does not end the process: it is the socket's host that keeps it alive, until it is closed. */
  unref(): void {}

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

  #take(buffer: Uint8Array): [Uint8Array, NetAddr] {
    const socket = this.#socket;
    const length = socket.receive(buffer);
    const from: NetAddr = {
      hostname: formatIpv4(socket.sourceAddress),
      port: socket.sourcePort,
      transport: "udp",
    };
    return [buffer.subarray(0, length), from];
  }

  /** `false` when there is no room now. */
  #send(payload: Uint8Array, address: number, port: number): boolean {
    const verdict = this.#socket.send(payload, address, port);
    if (verdict === Verdict.NoRoute) throw networkUnreachable();
    if (verdict === Verdict.QueueFull) return false;
    this.#loop.flush();
    return true;
  }

  #serveReceivers(): void {
    while (this.#receiving.length > 0) {
      const error = this.#takeError();
      if (error === null && this.#socket.readableCount === 0) return;
      const { buffer, resolve, reject } = this.#receiving.shift()!;
      if (error === null) resolve(this.#take(buffer));
      else reject(error);
    }
  }

  #serveSenders(): void {
    while (this.#sending.length > 0) {
      const { payload, address, port, resolve, reject } = this.#sending[0]!;
      try {
        if (!this.#send(payload, address, port)) return;
        resolve(payload.length);
      } catch (error) {
        reject(error);
      }
      this.#sending.shift();
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
}

function socketClosed(): NetworkError {
  return badResource("Socket has been closed");
}

/**
 * A connection as Deno shows one: promises and streams over the sans-IO {@linkcode TcpConnection}.
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip";
import { type TcpConnection, TcpError, TcpEvent } from "@octet/tcp";
import { readableOf, writableOf } from "./conn_streams.ts";
import { badResource, brokenPipe, interrupted, notBytes, tcpError } from "./errors.ts";
import type { RunLoop } from "./run_loop.ts";

/** An address and port, as `Deno.NetAddr`. */
export interface NetAddr {
  /** `"tcp"` or `"udp"`. */
  transport: "tcp" | "udp";
  /** The address as text. */
  hostname: string;
  /** The port. */
  port: number;
}

interface Waiting<T> {
  readonly bytes: Uint8Array;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** A TCP connection, interchangeable with `Deno.TcpConn`. */
export class TcpConn implements Disposable {
  /** Our end. */
  readonly localAddr: NetAddr;
  /** The peer's end. */
  readonly remoteAddr: NetAddr;
  readonly #connection: TcpConnection;
  readonly #loop: RunLoop;
  #reads: Waiting<number | null>[] = [];
  #writes: Waiting<number>[] = [];
  #closed = false;
  #errorTold = false;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | null = null;

  /** Wraps an open connection; `Host.connect` and listeners do so. */
  constructor(connection: TcpConnection, loop: RunLoop) {
    this.#connection = connection;
    this.#loop = loop;
    this.localAddr = {
      hostname: formatIpv4(connection.localAddress),
      port: connection.localPort,
      transport: "tcp",
    };
    this.remoteAddr = {
      hostname: formatIpv4(connection.remoteAddress),
      port: connection.remotePort,
      transport: "tcp",
    };
    connection.onEvent = (events) => this.#changed(events);
    loop.hold(this);
  }

  /** The connection underneath, for its state and figures. */
  get connection(): TcpConnection {
    return this.#connection;
  }

  /**
   * Reads into `p`.
   *
   * @param p Where the bytes go.
   * @returns How many; 0 when `p` is empty, `null` at the end of the stream, again and again.
   * @throws {Deno.errors.BadResource} When the connection has been closed.
   * @throws {Deno.errors.ConnectionReset} When the peer has reset it.
   * @throws {Deno.errors.TimedOut} When the peer is silent for too long.
   */
  read(p: Uint8Array): Promise<number | null> {
    if (!(p instanceof Uint8Array)) return Promise.reject(notBytes());
    if (p.length === 0) return Promise.resolve(0);
    if (this.#closed) return Promise.reject(badResource());
    if (this.#reads.length === 0) {
      const connection = this.#connection;
      const count = connection.read(p);
      if (count > 0) {
        this.#loop.flush();
        return Promise.resolve(count);
      }
      if (connection.isEndOfStream) {
        const error = this.#readError();
        return error === null ? Promise.resolve(null) : Promise.reject(error);
      }
    }
    return new Promise((resolve, reject) => this.#reads.push({ bytes: p, resolve, reject }));
  }

  /**
   * Writes bytes of `p`: at least one, at most all, as many as the send buffer takes.
   *
   * @param p The bytes; they are copied.
   * @returns How many were taken.
   * @throws {Deno.errors.BadResource} When the connection has been closed.
   * @throws {Deno.errors.BrokenPipe} When the sending direction is over.
   */
  write(p: Uint8Array): Promise<number> {
    if (!(p instanceof Uint8Array)) return Promise.reject(notBytes());
    if (this.#closed) return Promise.reject(badResource());
    const connection = this.#connection;
    if (!connection.mayWrite) return Promise.reject(this.#writeError());
    if (p.length === 0) return Promise.resolve(0);
    if (this.#writes.length === 0) {
      const count = connection.write(p);
      if (count > 0) {
        this.#loop.flush();
        return Promise.resolve(count);
      }
    }
    return new Promise((resolve, reject) => this.#writes.push({ bytes: p, resolve, reject }));
  }

  /** Ends the sending direction: the peer reads to the end of the stream. */
  closeWrite(): Promise<void> {
    if (this.#closed) return Promise.reject(badResource());
    this.#connection.closeWrite();
    this.#loop.flush();
    return Promise.resolve();
  }

  /**
   * Closes the connection; what was written is still delivered. Pending calls reject with
   * `Interrupted`.
   *
   * @throws {Deno.errors.BadResource} When it has been closed before.
   */
  close(): void {
    if (this.#closed) throw badResource();
    this.#closed = true;
    const { reads, writes } = this.#takeWaiting();
    for (const { reject } of [...reads, ...writes]) reject(interrupted());
    this.#loop.release(this);
    this.#connection.onEvent = null;
    this.#connection.close(this.#loop.now());
    this.#loop.flush();
  }

  /** Closes the connection, unless that was done. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.close();
  }

  /** Switches Nagle's algorithm off, or on again with `false`. */
  setNoDelay(noDelay: boolean = true): void {
    if (this.#closed) throw badResource();
    this.#connection.sender.nagle.noDelay = noDelay;
    this.#connection.requestTurn();
    this.#loop.flush();
  }

  /** Switches keep-alive probes on, or off with `false`. */
  setKeepAlive(keepAlive: boolean = true): void {
    if (this.#closed) throw badResource();
    if (keepAlive) this.#connection.keepAlive.start(this.#loop.now());
    else this.#connection.keepAlive.stop();
    this.#connection.rearm();
  }

  /** Lets the connection keep the process alive; it is its host that does, until it is closed. */
  ref(): void {}

  /** Does not end the process: it is the connection's host that keeps it alive, until it is closed. */
  unref(): void {}

  /** What the peer sends, as a stream; reading it to the end or cancelling it closes the connection. */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= readableOf(this);
  }

  /**
   * A stream to the peer; closing or aborting it closes the connection, as in Deno. Half of it is closed by
   * {@linkcode TcpConn.closeWrite}.
   */
  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#writable ??= writableOf(this);
  }

  /** Ends the connection at once: the peer is told with a reset. */
  abort(): void {
    if (this.#closed) throw badResource();
    this.#connection.abort(this.#loop.now());
    this.close();
  }

  #changed(events: number): void {
    if ((events & TcpEvent.Readable) !== 0 && this.#reads.length > 0) this.#serveReads();
    if ((events & TcpEvent.Writable) !== 0 && this.#writes.length > 0) this.#serveWrites();
    if ((events & TcpEvent.Closed) !== 0) this.#loop.release(this);
  }

  #serveReads(): void {
    const connection = this.#connection;
    while (this.#reads.length > 0) {
      const { bytes, resolve, reject } = this.#reads[0]!;
      const count = connection.read(bytes);
      if (count === 0 && !connection.isEndOfStream) return;
      this.#reads.shift();
      if (count > 0) {
        resolve(count);
        continue;
      }
      const error = this.#readError();
      if (error === null) resolve(null);
      else reject(error);
    }
  }

  #serveWrites(): void {
    const connection = this.#connection;
    while (this.#writes.length > 0) {
      const { bytes, resolve, reject } = this.#writes[0]!;
      const count = connection.mayWrite ? connection.write(bytes) : -1;
      if (count === 0) return;
      this.#writes.shift();
      if (count > 0) resolve(count);
      else reject(this.#writeError());
    }
  }

  #takeWaiting(): { reads: Waiting<number | null>[]; writes: Waiting<number>[] } {
    const taken = { reads: this.#reads, writes: this.#writes };
    this.#reads = [];
    this.#writes = [];
    return taken;
  }

  /** What a read at the end says: after the peer's FIN nothing but that, whatever came later. */
  #readError(): Error | null {
    return this.#connection.receiver.finReached ? null : this.#takeError();
  }

  /** What a write says that comes too late: a reset behind the peer's FIN is a broken pipe. */
  #writeError(): Error {
    const error = this.#takeError();
    return error === null || this.#connection.receiver.finReached ? brokenPipe() : error;
  }

  /** The error that ended the connection, once, as a kernel tells it. */
  #takeError(): Error | null {
    const { error } = this.#connection;
    if (error === TcpError.None || this.#errorTold) return null;
    this.#errorTold = true;
    return tcpError(error);
  }
}

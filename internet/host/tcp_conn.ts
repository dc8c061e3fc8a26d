/**
 * A connection as Deno shows one: promises and streams over the sans-IO {@linkcode TcpConnection}.
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip/ipv4";
import { type TcpConnection, TcpError, TcpEvent } from "@octet/tcp";
import { readableOf, writableOf } from "./conn_streams.ts";
import { badResource, brokenPipe, interrupted, notBytes, tcpError } from "./errors.ts";
import { Interest } from "./liveness.ts";
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

/** A call that waits, and those behind it. */
interface Waiting<T> {
  readonly bytes: Uint8Array;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
  next: Waiting<T> | null;
}

/** A TCP connection, interchangeable with `Deno.TcpConn`. */
export class TcpConn implements Disposable {
  readonly #connection: TcpConnection;
  readonly #loop: RunLoop;
  readonly #interest: Interest;
  #localAddr: NetAddr | null = null;
  #remoteAddr: NetAddr | null = null;
  #firstRead: Waiting<number | null> | null = null;
  #lastRead: Waiting<number | null> | null = null;
  #firstWrite: Waiting<number> | null = null;
  #lastWrite: Waiting<number> | null = null;
  #closed = false;
  #errorTold = false;
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | null = null;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | null = null;

  /** Wraps an open connection; `Host.connect` and listeners do so. */
  constructor(connection: TcpConnection, loop: RunLoop) {
    this.#connection = connection;
    this.#loop = loop;
    this.#interest = new Interest(loop.liveness);
    connection.onEvent = (events) => this.#changed(events);
    loop.hold(this);
  }

  /** Our end. */
  get localAddr(): NetAddr {
    const { localAddress, localPort } = this.#connection;
    return this.#localAddr ??= netAddr(localAddress, localPort);
  }

  /** The peer's end. */
  get remoteAddr(): NetAddr {
    const { remoteAddress, remotePort } = this.#connection;
    return this.#remoteAddr ??= netAddr(remoteAddress, remotePort);
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
    if (this.#firstRead === null) {
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
    this.#interest.begin();
    return new Promise((resolve, reject) => {
      const waiting = { bytes: p, resolve, reject, next: null };
      if (this.#lastRead === null) this.#firstRead = waiting;
      else this.#lastRead.next = waiting;
      this.#lastRead = waiting;
    });
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
    if (this.#firstWrite === null) {
      const count = connection.write(p);
      if (count > 0) {
        this.#loop.flush();
        return Promise.resolve(count);
      }
    }
    this.#interest.begin();
    return new Promise((resolve, reject) => {
      const waiting = { bytes: p, resolve, reject, next: null };
      if (this.#lastWrite === null) this.#firstWrite = waiting;
      else this.#lastWrite.next = waiting;
      this.#lastWrite = waiting;
    });
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
    this.#interrupt();
    this.#loop.release(this);
    this.#connection.onEvent = null;
    this.#connection.close(this.#loop.now());
    this.#loop.flushNow();
  }

  /** Closes the connection, unless that was done. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.close();
  }

  /** Switches Nagle's algorithm off, or on again with `false`. */
  setNoDelay(noDelay: boolean = true): void {
    if (this.#closed) throw badResource();
    this.#connection.setNoDelay(noDelay);
    this.#loop.flush();
  }

  /** Switches keep-alive probes on, or off with `false`. */
  setKeepAlive(keepAlive: boolean = true): void {
    if (this.#closed) throw badResource();
    this.#connection.setKeepAlive(keepAlive, this.#loop.now());
  }

  /** Lets calls that wait keep the process alive, as they do at first. */
  ref(): void {
    this.#interest.setRef(true);
  }

  /** Lets the process end though calls wait; the host must be told as well, by {@linkcode Host.unref}. */
  unref(): void {
    this.#interest.setRef(false);
  }

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
    if ((events & TcpEvent.Readable) !== 0 && this.#firstRead !== null) this.#serveReads();
    if ((events & TcpEvent.Writable) !== 0 && this.#firstWrite !== null) this.#serveWrites();
    if ((events & TcpEvent.Closed) !== 0) this.#loop.release(this);
  }

  #serveReads(): void {
    const connection = this.#connection;
    while (this.#firstRead !== null) {
      const { bytes, resolve, reject, next } = this.#firstRead;
      const count = connection.read(bytes);
      if (count === 0 && !connection.isEndOfStream) return;
      this.#firstRead = next;
      if (next === null) this.#lastRead = null;
      this.#interest.end();
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
    while (this.#firstWrite !== null) {
      const { bytes, resolve, reject, next } = this.#firstWrite;
      const count = connection.mayWrite ? connection.write(bytes) : -1;
      if (count === 0) return;
      this.#firstWrite = next;
      if (next === null) this.#lastWrite = null;
      this.#interest.end();
      if (count > 0) resolve(count);
      else reject(this.#writeError());
    }
  }

  /** Rejects the calls that wait. */
  #interrupt(): void {
    let count = 0;
    for (let read = this.#firstRead; read !== null; read = read.next) {
      read.reject(interrupted(this.#loop.failure));
      count++;
    }
    for (let write = this.#firstWrite; write !== null; write = write.next) {
      write.reject(interrupted(this.#loop.failure));
      count++;
    }
    this.#firstRead = this.#lastRead = null;
    this.#firstWrite = this.#lastWrite = null;
    this.#interest.end(count);
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

function netAddr(address: number, port: number): NetAddr {
  return { hostname: formatIpv4(address), port, transport: "tcp" };
}

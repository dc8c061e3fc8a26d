/**
 * A listener as Deno shows one.
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip/ipv4";
import type { TcpListener as Listener } from "@octet/tcp";
import { TcpState } from "@octet/tcp";
import { badResource, networkError } from "./errors.ts";
import { Interest } from "./liveness.ts";
import type { RunLoop } from "./run_loop.ts";
import { type NetAddr, TcpConn } from "./tcp_conn.ts";

interface Waiting {
  readonly resolve: (conn: TcpConn) => void;
  readonly reject: (reason: unknown) => void;
}

/** Waits for TCP connections; interchangeable with `Deno.TcpListener`. */
export class TcpListener implements AsyncIterableIterator<TcpConn>, Disposable {
  /** Where it listens. */
  readonly addr: NetAddr;
  readonly #listener: Listener;
  readonly #loop: RunLoop;
  readonly #interest: Interest;
  #waiting: Waiting | null = null;
  #closed = false;

  /** Wraps a listener; `Host.listen` does so. */
  constructor(listener: Listener, loop: RunLoop) {
    this.#listener = listener;
    this.#loop = loop;
    this.#interest = new Interest(loop.liveness);
    this.addr = {
      hostname: formatIpv4(listener.address),
      port: listener.port,
      transport: "tcp",
    };
    listener.onConnection = () => this.#serve();
    loop.hold(this);
  }

  /**
   * Waits for the next connection. One call at a time.
   *
   * @throws {Deno.errors.BadResource} When the listener has been closed, also while waiting.
   * @throws {Deno.errors.Busy} When another call waits.
   */
  accept(): Promise<TcpConn> {
    if (this.#closed) return Promise.reject(badResource("Listener has been closed"));
    if (this.#waiting !== null) {
      return Promise.reject(networkError("Busy", "Another accept task is ongoing"));
    }
    const conn = this.#take();
    if (conn !== null) return Promise.resolve(conn);
    this.#interest.begin();
    return new Promise((resolve, reject) => this.#waiting = { resolve, reject });
  }

  /**
   * Stops listening. Connections that were not accepted are reset.
   *
   * @throws {Deno.errors.BadResource} When it has been closed before.
   */
  close(): void {
    if (this.#closed) throw badResource();
    this.#closed = true;
    this.#takeWaiting()?.reject(badResource("Listener has been closed"));
    this.#loop.release(this);
    this.#listener.close(this.#loop.now());
    this.#loop.flushNow();
  }

  /** Stops listening, unless that was done. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.close();
  }

  /** Lets an `accept` that waits keep the process alive, as it does at first. */
  ref(): void {
    this.#interest.setRef(true);
  }

  /** Lets the process end though an `accept` waits; the host must be told as well, by {@linkcode Host.unref}. */
  unref(): void {
    this.#interest.setRef(false);
  }

  /** The next connection, as an iteration wants it; a listener that is closed ends it. */
  async next(): Promise<IteratorResult<TcpConn>> {
    try {
      return { value: await this.accept(), done: false };
    } catch (error) {
      if (this.#closed) return { value: undefined, done: true };
      throw error;
    }
  }

  /** Ends an iteration that is left early, and closes the listener. */
  return(value?: unknown): Promise<IteratorResult<TcpConn>> {
    this[Symbol.dispose]();
    return Promise.resolve({ value, done: true });
  }

  /** Connections as they come, until the listener is closed; leaving the iteration closes it. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(): TcpConn | null {
    for (;;) {
      const connection = this.#listener.accept();
      if (connection === null) return null;
      // One that was reset before anybody took it is of no use to anybody.
      if (connection.state !== TcpState.Closed || connection.readable > 0) {
        return new TcpConn(connection, this.#loop);
      }
    }
  }

  #serve(): void {
    if (this.#waiting === null) return;
    const conn = this.#take();
    if (conn === null) return;
    this.#takeWaiting()!.resolve(conn);
  }

  #takeWaiting(): Waiting | null {
    const waiting = this.#waiting;
    if (waiting !== null) this.#interest.end();
    this.#waiting = null;
    return waiting;
  }
}

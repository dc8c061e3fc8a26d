/**
 * A listener as Deno shows one.
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip";
import type { TcpListener as Listener } from "@octet/tcp";
import { TcpState } from "@octet/tcp";
import { badResource } from "./errors.ts";
import type { RunLoop } from "./run_loop.ts";
import { type NetAddr, TcpConn } from "./tcp_conn.ts";

interface Waiting {
  readonly resolve: (conn: TcpConn) => void;
  readonly reject: (reason: unknown) => void;
}

/** Waits for TCP connections; interchangeable with `Deno.TcpListener`. */
export class TcpListener implements AsyncIterable<TcpConn>, Disposable {
  /** Where it listens. */
  readonly addr: NetAddr;
  readonly #listener: Listener;
  readonly #loop: RunLoop;
  #waiting: Waiting[] = [];
  #closed = false;

  /** Wraps a listener; `Host.listen` does so. */
  constructor(listener: Listener, loop: RunLoop) {
    this.#listener = listener;
    this.#loop = loop;
    this.addr = {
      transport: "tcp",
      hostname: formatIpv4(listener.address),
      port: listener.port,
    };
    listener.onConnection = () => this.#serve();
    loop.hold(this);
  }

  /**
   * Waits for the next connection.
   *
   * @throws {Deno.errors.BadResource} When the listener has been closed, also while waiting.
   */
  accept(): Promise<TcpConn> {
    if (this.#closed) return Promise.reject(badResource("Listener has been closed"));
    if (this.#waiting.length === 0) {
      const conn = this.#take();
      if (conn !== null) return Promise.resolve(conn);
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /**
   * Stops listening. Connections that were not accepted are reset.
   *
   * @throws {Deno.errors.BadResource} When it has been closed before.
   */
  close(): void {
    if (this.#closed) throw badResource();
    this.#closed = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(badResource("Listener has been closed"));
    this.#loop.release(this);
    this.#listener.close(this.#loop.now());
    this.#loop.flush();
  }

  /** Stops listening, unless that was done. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.close();
  }

  /** Lets the listener keep the process alive; it is its host that does, until it is closed. */
  ref(): void {}

  /** Does not end the process: it is the listener's host that keeps it alive, until it is closed. */
  unref(): void {}

  /** Connections as they come, until the listener is closed. */
  async *[Symbol.asyncIterator](): AsyncIterableIterator<TcpConn> {
    while (!this.#closed) {
      let conn: TcpConn;
      try {
        conn = await this.accept();
      } catch (error) {
        if (this.#closed) return;
        throw error;
      }
      yield conn;
    }
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
    while (this.#waiting.length > 0) {
      const conn = this.#take();
      if (conn === null) return;
      this.#waiting.shift()!.resolve(conn);
    }
  }
}

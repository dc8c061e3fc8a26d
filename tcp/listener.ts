/**
 * Waiting for connections: the queue of handshakes under way and the queue of connections to be
 * accepted (RFC 9293 §3.10.1, `listen(2)`).
 *
 * @module
 */
import type { TcpConnection } from "./connection.ts";
import type { TcpSettings } from "./settings.ts";
import type { Tcp } from "./tcp.ts";
import { TcpState } from "./state.ts";

/** A port where connections are accepted. */
export class TcpListener {
  /** The address connections must be meant for, host order; 0 for any of ours. */
  readonly address: number;
  /** The port. */
  readonly port: number;
  /** How many connections may wait to be accepted. */
  readonly backlog: number;
  /** Settings of the connections that it accepts; `null` for those of the stack. */
  settings: TcpSettings | null = null;
  /** Called when a connection can be accepted. */
  onConnection: (() => void) | null = null;
  /** How many handshakes are under way. */
  pending: number = 0;
  readonly #tcp: Tcp;
  /** The accept queue, linked through the connections: a `shift` of an array would allocate. */
  #first: TcpConnection | null = null;
  #last: TcpConnection | null = null;
  #queued = 0;
  #closed = false;

  /**
   * Made by `Tcp.listen`.
   *
   * @param tcp Where it listens.
   * @param address The local address, 0 for any.
   * @param port The local port.
   * @param backlog How many connections may wait.
   */
  constructor(tcp: Tcp, address: number, port: number, backlog: number) {
    this.#tcp = tcp;
    this.address = address;
    this.port = port;
    this.backlog = backlog;
  }

  /** Whether it no longer listens. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** How many connections wait to be accepted. */
  get queued(): number {
    return this.#queued;
  }

  /** Whether the accept queue takes one more. */
  get hasRoom(): boolean {
    return this.#queued < this.backlog;
  }

  /** Whether a further SYN is answered: no more handshakes are under way than may be accepted. */
  get takesSyn(): boolean {
    return !this.#closed && this.hasRoom && this.pending < Math.max(this.backlog, 16);
  }

  /** Takes the connection that has waited longest, or `null`. It may have ended already. */
  accept(): TcpConnection | null {
    const connection = this.#first;
    if (connection === null) return null;
    this.#first = connection.nextAccepted;
    if (this.#first === null) this.#last = null;
    connection.nextAccepted = null;
    this.#queued--;
    return connection;
  }

  /** A connection's handshake is complete. */
  enqueue(connection: TcpConnection): void {
    this.pending--;
    if (this.#last === null) this.#first = connection;
    else this.#last.nextAccepted = connection;
    this.#last = connection;
    this.#queued++;
    if (this.onConnection !== null) this.onConnection();
  }

  /** Stops listening; connections that were not accepted are reset. */
  close(now: number): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#tcp.unlisten(this);
    for (let next = this.accept(); next !== null; next = this.accept()) {
      if (next.state !== TcpState.Closed) next.abort(now);
    }
  }
}

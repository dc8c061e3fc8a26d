/**
 * How a host's connections begin: which of its addresses is meant, and how long a peer is waited for.
 *
 * @module
 */
import { tryParseIpv4 } from "@octet/netip/ipv4";
import { type TcpConnection, TcpEvent } from "@octet/tcp";
import type { Stack } from "../stack.ts";
import {
  abortReason,
  addressNotAvailable,
  emptyHost,
  interrupted,
  networkUnreachable,
  tcpError,
} from "./errors.ts";
import type { Held, RunLoop } from "./run_loop.ts";
import { TcpConn } from "./tcp_conn.ts";

/** A connection that is being opened, and who waits for it. One object is what an attempt takes, besides the promise. */
class Attempt implements Held {
  readonly #connection: TcpConnection;
  readonly #loop: RunLoop;
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (conn: TcpConn) => void;
  readonly #reject: (reason: unknown) => void;

  constructor(
    connection: TcpConnection,
    loop: RunLoop,
    signal: AbortSignal | undefined,
    resolve: (conn: TcpConn) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#connection = connection;
    this.#loop = loop;
    this.#signal = signal;
    this.#resolve = resolve;
    this.#reject = reject;
    connection.onEvent = (events) => this.#changed(events);
    signal?.addEventListener("abort", this);
    loop.hold(this);
    loop.liveness.retain();
  }

  /** The signal has been aborted. */
  handleEvent(): void {
    this.#fail(abortReason(this.#signal!));
  }

  /** The loop has ended. */
  [Symbol.dispose](): void {
    this.#fail(interrupted(this.#loop.failure));
  }

  #changed(events: number): void {
    if ((events & TcpEvent.Closed) !== 0) this.#fail(tcpError(this.#connection.error));
    else if ((events & TcpEvent.Opened) !== 0) {
      this.#end();
      this.#resolve(new TcpConn(this.#connection, this.#loop));
    }
  }

  #fail(reason: unknown): void {
    this.#end();
    this.#connection.onEvent = null;
    this.#connection.abort(this.#loop.now());
    this.#loop.flushNow();
    this.#reject(reason);
  }

  #end(): void {
    this.#signal?.removeEventListener("abort", this);
    this.#loop.liveness.letGo();
    this.#loop.release(this);
  }
}

/**
 * Connects to a port of an address.
 *
 * @param address Host order.
 * @throws {Error} With the code of the operating system, when nobody can be reached, or the signal's reason.
 */
export function dial(
  loop: RunLoop,
  address: number,
  port: number,
  signal?: AbortSignal,
): Promise<TcpConn> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) throw abortReason(signal);
    const { tcp, ipv4 } = loop.stack;
    loop.expectRunning();
    // A connection has one peer: to many there is no way (RFC 9293 §3.9.2.3).
    const isForMany = address >>> 28 === 0xe || ipv4.isBroadcast(address);
    if (isForMany || ipv4.sourceFor(address) === 0) throw networkUnreachable();
    const connection = tcp.connect({ address, port }, loop.now());
    new Attempt(connection, loop, signal, resolve, reject);
    loop.flushNow();
  });
}

/**
 * Connects to the first of several addresses that can be reached.
 *
 * @param addresses Host order, at least one.
 * @throws {Error} What the last one came to.
 */
export async function dialEach(
  loop: RunLoop,
  addresses: readonly number[],
  port: number,
  signal?: AbortSignal,
): Promise<TcpConn> {
  let failure: unknown = null;
  for (const address of addresses) {
    try {
      return await dial(loop, address, port, signal);
    } catch (error) {
      failure = error;
      if (signal?.aborted) break;
    }
  }
  throw failure;
}

/**
 * The address that a program binds to.
 *
 * @param hostname An address, `localhost`, or nothing for all.
 * @returns Host order; 0 for all.
 * @throws {Deno.errors.AddrNotAvailable} When it is none of the stack's.
 */
export function localAddress({ ipv4 }: Stack, hostname: string | undefined): number {
  if (hostname === undefined || hostname === "0.0.0.0") return 0;
  if (hostname === "") throw emptyHost();
  const address = tryParseIpv4(hostname === "localhost" ? "127.0.0.1" : hostname);
  if (address === undefined || !ipv4.isLocal(address)) throw addressNotAvailable();
  return address;
}

/**
 * How a host's connections begin: which of its addresses is meant, and how long a peer is waited for.
 *
 * @module
 */
import { tryParseIpv4 } from "@octet/netip";
import { TcpEvent } from "@octet/tcp";
import type { Stack } from "../stack.ts";
import {
  abortReason,
  addressNotAvailable,
  emptyHost,
  networkUnreachable,
  tcpError,
} from "./errors.ts";
import type { RunLoop } from "./run_loop.ts";
import { TcpConn } from "./tcp_conn.ts";

/**
 * Connects to a port of an address.
 *
 * @param address Host order.
 * @throws {Error} With the code of the operating system, when nobody can be reached, or the signal's reason.
 */
export async function dial(
  loop: RunLoop,
  address: number,
  port: number,
  signal?: AbortSignal,
): Promise<TcpConn> {
  if (signal?.aborted) throw abortReason(signal);
  const { tcp, ipv4 } = loop.stack;
  loop.expectRunning();
  // A connection has one peer: to many there is no way (RFC 9293 §3.9.2.3).
  const isForMany = address >>> 28 === 0xe || ipv4.isBroadcast(address);
  if (isForMany || ipv4.sourceFor(address) === 0) throw networkUnreachable();
  const connection = tcp.connect({ address, port }, loop.now());
  const opened = Promise.withResolvers<void>();
  const abort = () => opened.reject(abortReason(signal!));
  connection.onEvent = (events) => {
    if ((events & TcpEvent.Closed) !== 0) opened.reject(tcpError(connection.error));
    else if ((events & TcpEvent.Opened) !== 0) opened.resolve();
  };
  signal?.addEventListener("abort", abort);
  loop.flush();
  try {
    await loop.wait(opened);
  } catch (error) {
    connection.onEvent = null;
    connection.abort(loop.now());
    loop.flush();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  return new TcpConn(connection, loop);
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

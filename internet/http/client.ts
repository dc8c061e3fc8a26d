/**
 * A client close to the wire: what is asked is what is sent, what comes is what is told, and how long each
 * step took.
 *
 * @module
 */
import { ClientConnection } from "./client_connection.ts";
import {
  type HttpClientOptions,
  type HttpClientRequest,
  newTiming,
  type Timing,
} from "./client_types.ts";
import { closeConn, type HttpConn } from "./conn.ts";
import { HttpClientResponse } from "./client_response.ts";
import { ConnectionPool } from "./pool.ts";
import { backgroundTimer, type Timer } from "./timer.ts";

/** Methods that may be sent twice with the effect of once (RFC 9110 §9.2.2). */
const idempotent: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "TRACE",
  "PUT",
  "DELETE",
]);

/**
 * Sends HTTP/1.1 requests over connections that it keeps. It follows no redirect and takes off no
 * compression.
 *
 * @example
 * ```ts
 * import { Host, HttpClient, Lan, serveOn } from "@octet/internet";
 * import { assertEquals } from "@std/assert";
 *
 * const lan = new Lan();
 * await using a = new Host(lan.attach(), { address: { address: "10.0.0.1/24" } });
 * await using b = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
 * await using server = serveOn(b.listen({ port: 80 }), () => new Response("octet"));
 *
 * using client = new HttpClient({ connect: (options) => a.connect(options) });
 * const response = await client.request({ hostname: "10.0.0.2", target: "/" });
 * assertEquals([response.status, response.reason], [200, "OK"]);
 * const buffer = new Uint8Array(1024);
 * assertEquals(await response.readInto(buffer), 5);
 * assertEquals(await response.readInto(buffer), null);
 * await server.shutdown();
 * ```
 */
export class HttpClient implements Disposable {
  readonly #options: HttpClientOptions;
  readonly #pool: ConnectionPool;

  /**
   * Makes a client.
   *
   * @param options How it connects, and its limits.
   * @throws {RangeError} When a limit is out of range.
   */
  constructor(options: HttpClientOptions) {
    const { maxConnections = 32, idleTimeout = 30_000, headTimeout = Infinity } = options;
    if (!Number.isInteger(maxConnections) || maxConnections < 1) {
      throw new RangeError(
        `Cannot make client as its limit of ${maxConnections} connections is not a positive integer`,
      );
    }
    if (!(idleTimeout >= 0 && headTimeout > 0)) {
      throw new RangeError(
        `Cannot make client as its timeouts are ${idleTimeout} and ${headTimeout} milliseconds`,
      );
    }
    this.#options = options;
    this.#pool = new ConnectionPool(maxConnections, idleTimeout);
  }

  /** How many connections are open. */
  get connectionCount(): number {
    return this.#pool.size;
  }

  /** How many of them wait for a request. */
  get idleCount(): number {
    return this.#pool.idleCount;
  }

  /**
   * Sends a request, and waits for the final response's head. A request that may be repeated is, once, when a
   * kept connection turns out to have been closed by the server before a byte of the response came (RFC 9112 §9.3.1).
   *
   * @throws {HttpError} When the server breaks the rules of HTTP, or leaves early.
   * @throws {TypeError} When the request cannot be written.
   */
  async request(request: HttpClientRequest): Promise<HttpClientResponse> {
    const { signal, method = "GET", body = null } = request;
    signal?.throwIfAborted();
    const timing = newTiming();
    const mayRepeat = idempotent.has(method) && (body === null || body instanceof Uint8Array);
    for (let fresh = false;; fresh = true) {
      const connection = await this.#acquire(request, timing, fresh);
      const abort = (): void => connection.close(signal!.reason);
      signal?.addEventListener("abort", abort, { once: true });
      const release = (): void => {
        signal?.removeEventListener("abort", abort);
        this.#pool.release(connection);
      };
      try {
        if (signal?.aborted) abort();
        await this.#begin(connection, request, timing);
      } catch (error) {
        const again = !fresh && mayRepeat && connection.isStale;
        connection.close();
        release();
        if (again) continue;
        throw error;
      }
      return new HttpClientResponse(connection, timing, release);
    }
  }

  /** Closes all connections, those in use among them. */
  close(): void {
    this.#pool.close();
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    this.close();
  }

  #acquire(
    request: HttpClientRequest,
    timing: Timing,
    fresh: boolean,
  ): Promise<ClientConnection> {
    const { hostname, port = 80, signal } = request;
    const origin = `${hostname.toLowerCase()}:${port}`;
    const dial = async (): Promise<ClientConnection> => {
      const conn = await this.#dial(hostname, port, timing, signal);
      timing.connected = performance.now();
      if (signal?.aborted) {
        closeConn(conn);
        throw signal.reason;
      }
      return new ClientConnection(conn, origin, this.#options.maxHeadLength ?? 65_536);
    };
    return this.#pool.acquire(origin, dial, fresh, signal);
  }

  async #dial(
    hostname: string,
    port: number,
    timing: Timing,
    signal: AbortSignal | undefined,
  ): Promise<HttpConn> {
    const { connect, resolve } = this.#options;
    const withSignal = signal === undefined ? {} : { signal };
    if (resolve === undefined) return await connect({ hostname, port, ...withSignal });
    const addresses = await resolve(hostname, signal);
    timing.resolved = performance.now();
    let failure: unknown = new TypeError(`Cannot connect to ${hostname} as it has no address`);
    for (const address of addresses) {
      try {
        return await connect({ hostname: address, port, ...withSignal });
      } catch (error) {
        failure = error;
        if (signal?.aborted) break;
      }
    }
    throw failure;
  }

  async #begin(
    connection: ClientConnection,
    request: HttpClientRequest,
    timing: Timing,
  ): Promise<void> {
    const { headTimeout = Infinity } = this.#options;
    if (headTimeout === Infinity) return await connection.begin(request, timing);
    const timer: Timer = backgroundTimer(() => connection.timeOut(), headTimeout);
    try {
      await connection.begin(request, timing);
    } finally {
      clearTimeout(timer);
    }
  }
}

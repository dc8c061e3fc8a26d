/**
 * `serve`: HTTP servers with the interface of `Deno.serve`, on any listener.
 *
 * @module
 */
import type { HttpAddr, HttpListener } from "./conn.ts";
import { HeadStore } from "./head_store.ts";
import { ServerConnection } from "./server_connection.ts";
import { type ConnectionOwner, Phase, type ServeHandler } from "./server_types.ts";
import { backgroundTimer, type Timer } from "./timer.ts";

/** How a server behaves. */
export interface ServeOnOptions {
  /** Closes the server and all its connections. */
  signal?: AbortSignal;
  /** Called once with where it listens. */
  onListen?: (addr: HttpAddr) => void;
  /** Answers where the handler fails; when not given the error is logged and answered with status 500. */
  onError?: (error: unknown) => Response | Promise<Response>;
  /** How long a connection may wait for its next request, in milliseconds; 75,000 when not given. */
  idleTimeout?: number;
  /** How long a request's head may take from its first byte on, in milliseconds; 30,000 when not given. */
  headTimeout?: number;
  /** The longest head in bytes; 65,536 when not given. */
  maxHeadLength?: number;
}

/** Where and how a server listens; as `Deno.ServeTcpOptions`. */
export interface ServeOptions extends ServeOnOptions {
  /** The port; 8,000 when not given, 0 for any that is free. */
  port?: number;
  /** The address; `"0.0.0.0"`, all of the host's, when not given. */
  hostname?: string;
  /** Answers requests, where it is not given beside the options. */
  handler?: ServeHandler;
}

/** Buffers of this many bytes are lent to connections that have something to send. */
const bufferLength = 65_536 + 8192;
const maxFreeBuffers = 64;
/** How long a client may take to read the last response and close, in milliseconds. */
const lingerTimeout = 2000;

/**
 * Serves HTTP on a listener: one of a `Host`, or of Deno.
 *
 * @example
 * ```ts
 * import { serveOn } from "@octet/internet";
 * import { assertEquals } from "@std/assert";
 *
 * const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * await using server = serveOn(listener, (request) => new Response(new URL(request.url).pathname));
 * const response = await fetch(`http://127.0.0.1:${listener.addr.port}/octet`);
 * assertEquals(await response.text(), "/octet");
 * ```
 *
 * @param listener Where connections come from; the server closes it in the end.
 * @param handler Answers requests.
 * @param options Limits, and whom to tell.
 */
export function serveOn(
  listener: HttpListener,
  handler: ServeHandler,
  options: ServeOnOptions = {},
): HttpServer {
  return new HttpServer(listener, handler, options);
}

/**
 * Takes the arguments of `serve` apart: a handler, or options with a handler inside or behind.
 *
 * @throws {TypeError} When there is no handler.
 */
export function readServeArguments(
  first: ServeOptions | ServeHandler,
  second?: ServeHandler,
): { options: ServeOptions; handler: ServeHandler } {
  const options = typeof first === "function" ? {} : first;
  const handler = typeof first === "function" ? first : second ?? first.handler;
  if (typeof handler !== "function") throw new TypeError("Cannot serve as no handler was given");
  const onListen = options.onListen ?? announce;
  return { options: { ...options, onListen }, handler };
}

function announce({ hostname, port }: HttpAddr): void {
  console.error(`Listening on http://${hostname}:${port}/`);
}

/** A server that runs; as `Deno.HttpServer`. */
export class HttpServer implements AsyncDisposable {
  /** Where it listens. */
  readonly addr: HttpAddr;
  /** Resolves when the server has closed and no connection is left. */
  readonly finished: Promise<void>;
  readonly #listener: HttpListener;
  readonly #owner: Owner;
  readonly #connections: Set<ServerConnection> = new Set();
  readonly #end: PromiseWithResolvers<void> = Promise.withResolvers();
  readonly #idleTimeout: number;
  readonly #headTimeout: number;
  #isListening = true;
  #timer: Timer | null = null;

  /** Begins to serve; {@linkcode serveOn} does so. */
  constructor(listener: HttpListener, handler: ServeHandler, options: ServeOnOptions = {}) {
    if (typeof handler !== "function") {
      throw new TypeError("Cannot serve as the handler is not a function");
    }
    const { idleTimeout = 75_000, headTimeout = 30_000, maxHeadLength = 65_536 } = options;
    if (!(idleTimeout > 0 && headTimeout > 0)) {
      throw new RangeError(
        `Cannot serve as the timeouts are ${idleTimeout} and ${headTimeout} milliseconds`,
      );
    }
    this.#listener = listener;
    this.#idleTimeout = idleTimeout;
    this.#headTimeout = headTimeout;
    this.addr = listener.addr as HttpAddr;
    this.finished = this.#end.promise;
    this.#owner = new Owner(handler, options.onError ?? logError, maxHeadLength, this.addr);
    const { signal } = options;
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener("abort", () => this.#abort(), { once: true });
    options.onListen?.(this.addr);
    this.#accept();
  }

  /** How many connections are open. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Takes no more connections, lets the requests under way be answered, and resolves when all is done. */
  shutdown(): Promise<void> {
    this.#stopListening();
    this.#owner.isClosing = true;
    for (const connection of this.#connections) connection.closeIdle();
    this.#checkEnd();
    return this.finished;
  }

  /** Lets the server keep the process alive. */
  ref(): void {
    this.#listener.ref?.();
  }

  /** Lets the process end though the server runs, where the listener can do so. */
  unref(): void {
    this.#listener.unref?.();
  }

  /** Shuts the server down. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #accept(): Promise<void> {
    while (this.#isListening) {
      try {
        const conn = await this.#listener.accept();
        const connection = new ServerConnection(conn, this.#owner);
        this.#connections.add(connection);
        this.#timer ??= this.#startTimer();
        connection.run().then(() => this.#forget(connection));
      } catch {
        // The listener was closed, by us or under us.
        this.#stopListening();
      }
    }
    this.#checkEnd();
  }

  #forget(connection: ServerConnection): void {
    this.#connections.delete(connection);
    if (this.#connections.size > 0) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#checkEnd();
  }

  #abort(): void {
    this.#stopListening();
    this.#owner.isClosing = true;
    for (const connection of this.#connections) connection.close();
    this.#checkEnd();
  }

  #stopListening(): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    try {
      this.#listener.close();
    } catch {
      // It was closed under us.
    }
  }

  #checkEnd(): void {
    if (!this.#isListening && this.#connections.size === 0) this.#end.resolve();
  }

  #startTimer(): Timer {
    const interval = Math.min(this.#idleTimeout, this.#headTimeout) / 4;
    return backgroundTimer(() => this.#sweep(), Math.min(Math.max(interval, 1), 1000));
  }

  /** Closes connections whose clients are too slow. */
  #sweep(): void {
    const now = performance.now();
    for (const connection of this.#connections) {
      const { phase } = connection;
      if (phase === Phase.Busy) continue;
      if (connection.since === 0) {
        // Dating a phase here spares each request a look at the clock.
        connection.since = now;
        continue;
      }
      const limit = phase === Phase.Idle
        ? this.#idleTimeout
        : phase === Phase.Head
        ? this.#headTimeout
        : lingerTimeout;
      if (now - connection.since >= limit) connection.timeOut();
    }
    this.#timer = this.#connections.size > 0 ? this.#startTimer() : null;
  }
}

class Owner implements ConnectionOwner {
  readonly handler: ServeHandler;
  readonly onError: (error: unknown) => Response | Promise<Response>;
  readonly maxHeadLength: number;
  readonly origin: string;
  readonly heads: HeadStore = new HeadStore();
  isClosing = false;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];

  constructor(
    handler: ServeHandler,
    onError: (error: unknown) => Response | Promise<Response>,
    maxHeadLength: number,
    addr: HttpAddr,
  ) {
    this.handler = handler;
    this.onError = onError;
    this.maxHeadLength = maxHeadLength;
    const { hostname, port } = addr;
    this.origin = new URL(`http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`)
      .origin;
  }

  takeBuffer(): Uint8Array<ArrayBuffer> {
    return this.#free.pop() ?? new Uint8Array(bufferLength);
  }

  giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
    if (buffer.length === bufferLength && this.#free.length < maxFreeBuffers) {
      this.#free.push(buffer);
    }
  }
}

function logError(error: unknown): Response {
  console.error(error);
  return new Response("Internal Server Error", { status: 500 });
}

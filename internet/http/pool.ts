/**
 * The connections of a client: kept for the next request, and not more than so many to one server.
 *
 * @module
 */
import type { ClientConnection } from "./client_connection.ts";
import { HttpError } from "./error.ts";
import { backgroundTimer, type Timer } from "./timer.ts";

/** Makes a new connection. */
type Dial = () => Promise<ClientConnection>;

interface Waiting {
  /** Takes a connection, or `null`: there is room for a new one. */
  readonly resolve: (connection: ClientConnection | null) => void;
  readonly reject: (reason: unknown) => void;
}

class Origin {
  /** Connections that are open or being opened. */
  count = 0;
  readonly idle: ClientConnection[] = [];
  readonly waiting: Waiting[] = [];
}

/** Keeps connections by host and port. */
export class ConnectionPool {
  readonly #origins: Map<string, Origin> = new Map();
  readonly #open: Set<ClientConnection> = new Set();
  readonly #maxConnections: number;
  readonly #idleTimeout: number;
  #timer: Timer | null = null;
  #isClosed = false;

  /**
   * Makes an empty pool.
   *
   * @param maxConnections To one origin.
   * @param idleTimeout In milliseconds.
   */
  constructor(maxConnections: number, idleTimeout: number) {
    this.#maxConnections = maxConnections;
    this.#idleTimeout = idleTimeout;
  }

  /**
   * Gets a connection, kept or new; waits while there are too many.
   *
   * @param fresh Whether it must be a new one.
   */
  async acquire(
    key: string,
    dial: Dial,
    fresh: boolean,
    signal: AbortSignal | undefined,
  ): Promise<ClientConnection> {
    if (this.#isClosed) throw closed();
    let origin = this.#origins.get(key);
    if (origin === undefined) this.#origins.set(key, origin = new Origin());
    const idle = origin.idle.pop();
    if (idle !== undefined) {
      if (!fresh) return this.#wake(idle);
      idle.close();
      this.#drop(origin, idle);
    }
    if (origin.count >= this.#maxConnections) {
      const handed = await this.#wait(origin, signal);
      if (handed !== null) return handed;
    } else origin.count++;
    try {
      const connection = await dial();
      if (this.#isClosed) {
        connection.close();
        throw closed();
      }
      this.#open.add(connection);
      return connection;
    } catch (error) {
      this.#free(key, origin);
      throw error;
    }
  }

  /** Gives a connection back after an exchange; it is closed unless it can be used again. */
  release(connection: ClientConnection): void {
    const origin = this.#origins.get(connection.origin);
    if (origin === undefined || !this.#open.has(connection)) return connection.close();
    if (!connection.canReuse || this.#idleTimeout <= 0) {
      connection.close();
      this.#drop(origin, connection);
      return;
    }
    const next = origin.waiting.shift();
    if (next !== undefined) {
      connection.isReused = true;
      next.resolve(connection);
      return;
    }
    connection.idleSince = performance.now();
    origin.idle.push(connection);
    connection.rest(() => {
      connection.close();
      const index = origin.idle.indexOf(connection);
      if (index >= 0) origin.idle.splice(index, 1);
      this.#drop(origin, connection);
    });
    // It stays armed while all are busy: a timer of the platform costs two microseconds to make and to clear.
    this.#timer ??= backgroundTimer(() => this.#sweep(), this.#idleTimeout);
  }

  /** Closes all connections, idle and busy; who waits for one is refused. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const { waiting } of this.#origins.values()) {
      for (const { reject } of waiting.splice(0)) reject(closed());
    }
    this.#origins.clear();
    for (const connection of this.#open) connection.close(closed());
    this.#open.clear();
  }

  /** How many connections are open, the idle ones among them. */
  get size(): number {
    return this.#open.size;
  }

  /** How many are idle. */
  get idleCount(): number {
    let count = 0;
    for (const { idle } of this.#origins.values()) count += idle.length;
    return count;
  }

  #wake(connection: ClientConnection): ClientConnection {
    connection.onGone = null;
    connection.conn.ref?.();
    return connection;
  }

  #wait(origin: Origin, signal: AbortSignal | undefined): Promise<ClientConnection | null> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        const index = origin.waiting.indexOf(waiting);
        if (index >= 0) origin.waiting.splice(index, 1);
        reject(signal!.reason);
      };
      const waiting: Waiting = {
        resolve: (connection) => {
          signal?.removeEventListener("abort", abort);
          resolve(connection);
        },
        reject,
      };
      signal?.addEventListener("abort", abort, { once: true });
      origin.waiting.push(waiting);
    });
  }

  #drop(origin: Origin, connection: ClientConnection): void {
    if (!this.#open.delete(connection)) return;
    this.#free(connection.origin, origin);
    this.#stopTimer();
  }

  /** A place has become free: it is the next one's, who opens a connection for himself. */
  #free(key: string, origin: Origin): void {
    const next = origin.waiting.shift();
    if (next !== undefined) return next.resolve(null);
    if (--origin.count === 0 && this.#origins.get(key) === origin) this.#origins.delete(key);
  }

  #stopTimer(): void {
    if (this.#timer === null || this.idleCount > 0) return;
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #sweep(): void {
    this.#timer = null;
    const due = performance.now() - this.#idleTimeout;
    let oldest = Infinity;
    for (const origin of [...this.#origins.values()]) {
      // The one that became idle last is taken first: those at the front have waited longest.
      while (origin.idle.length > 0 && origin.idle[0]!.idleSince <= due) {
        const connection = origin.idle.shift()!;
        connection.close();
        this.#drop(origin, connection);
      }
      if (origin.idle.length > 0) oldest = Math.min(oldest, origin.idle[0]!.idleSince);
    }
    if (oldest < Infinity) {
      this.#timer = backgroundTimer(() => this.#sweep(), Math.max(1, oldest - due));
    }
  }
}

function closed(): HttpError {
  return new HttpError("Closed", "Cannot send request as the client is closed");
}

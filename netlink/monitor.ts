/**
 * Listening to the kernel: changes of links, addresses, routes, neighbours and rules as they happen.
 *
 * @module
 */
import {
  decodeChange,
  type NetlinkEvent,
  netlinkGroups,
  type NetlinkSubject,
  netlinkSubjects,
} from "./change.ts";
import { Errno } from "./errno.ts";
import { systemError } from "./libc.ts";
import { NetlinkMessage, NetlinkType } from "./message.ts";
import type { NamespaceReference } from "./namespace.ts";
import { NetlinkSocket } from "./socket.ts";

/** Options of {@linkcode NetlinkMonitor}. */
export interface NetlinkMonitorOptions {
  /** What to listen to; everything when left out. */
  readonly subjects?: readonly NetlinkSubject[];
  /** The namespace to listen in; this process's own when left out. */
  readonly namespace?: NamespaceReference;
  /** Room for changes that wait to be read, in bytes; the system's default when left out. */
  readonly receiveBuffer?: number;
  /** Ends the listening: what waits rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const action = "Cannot listen to the kernel";

/**
 * Hears of changes from the moment it is made. It needs no right.
 *
 * When changes come faster than they are read, the kernel drops some and says so; then there is an
 * event `resync`, and whoever keeps a copy asks for all anew.
 *
 * @example
 * ```ts ignore
 * import { NetlinkMonitor } from "@octet/netlink";
 *
 * using monitor = new NetlinkMonitor({ subjects: ["link"] });
 * for await (const event of monitor) {
 *   if (event.subject === "link") console.log(event.action, event.link.name, event.link.isUp);
 * }
 * ```
 */
export class NetlinkMonitor implements AsyncIterableIterator<NetlinkEvent, undefined>, Disposable {
  readonly #socket: NetlinkSocket;
  readonly #message = new NetlinkMessage();
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => this.close();
  readonly #waiting: NetlinkEvent[] = [];
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Begins to listen.
   *
   * @param options What to listen to.
   * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
   * @throws {Deno.errors.NotSupported} On anything but Linux.
   * @throws {DOMException} The signal's reason, when it is aborted already.
   */
  constructor(options: NetlinkMonitorOptions = {}) {
    const { subjects = netlinkSubjects, namespace, receiveBuffer, signal } = options;
    signal?.throwIfAborted();
    this.#socket = new NetlinkSocket(action, {
      groups: subjects.flatMap((subject) => netlinkGroups[subject]),
      ...(namespace !== undefined && { namespace }),
      ...(receiveBuffer !== undefined && { receiveBuffer }),
    });
    this.#signal = signal;
    signal?.addEventListener("abort", this.#onAbort);
  }

  /**
   * The next event.
   *
   * @returns The event; `done` once the monitor is closed.
   * @throws {DOMException} The signal's reason, once it is aborted.
   */
  next(): Promise<IteratorResult<NetlinkEvent, undefined>> {
    // Whoever asks twice at once is answered in the order of asking.
    const result = this.#last.then(() => this.#next(), () => this.#next());
    this.#last = result;
    return result;
  }

  async #next(): Promise<IteratorResult<NetlinkEvent, undefined>> {
    for (;;) {
      this.#signal?.throwIfAborted();
      if (this.#socket.isClosed) return { done: true, value: undefined };
      const event = this.poll();
      if (event !== undefined) return { done: false, value: event };
      await this.#socket.wait(action);
    }
  }

  /**
   * The next event that is there already.
   *
   * @returns The event, or `undefined` when there is none.
   */
  poll(): NetlinkEvent | undefined {
    while (this.#waiting.length === 0) {
      if (this.#socket.isClosed) return undefined;
      const length = this.#socket.receive();
      if (length === -Errno.EAGAIN) return undefined;
      if (length === -Errno.ENOBUFS || length === -Errno.EMSGSIZE) return { subject: "resync" };
      if (length < 0) throw systemError(action, -length);
      this.#read(length);
    }
    return this.#waiting.shift();
  }

  #read(length: number): void {
    const message = this.#message;
    const { buffer } = this.#socket;
    for (let at = 0; at < length; at = message.nextOffset) {
      if (message.reset(buffer, at, length).validate() !== 0) {
        throw systemError(action, Errno.EIO, "the kernel's message is malformed");
      }
      if (message.type === NetlinkType.Overrun) this.#waiting.push({ subject: "resync" });
      else {
        const change = decodeChange(message);
        if (change !== undefined) this.#waiting.push(change);
      }
    }
  }

  /** Ends the listening: `for await` ends. */
  return(): Promise<IteratorResult<NetlinkEvent, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The monitor itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends the listening; a second call does nothing. */
  close(): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#socket.close();
  }

  /** Ends the listening. */
  [Symbol.dispose](): void {
    this.close();
  }
}

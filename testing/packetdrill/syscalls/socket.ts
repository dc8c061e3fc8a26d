/**
 * A socket as a program has it: a descriptor over a listener or a connection.
 *
 * @module
 */
import {
  type TcpConnection,
  type TcpConnectionOptions,
  TcpError,
  TcpEvent,
  type TcpListener,
  TcpState,
  type TcpTuning,
} from "@octet/tcp";
import { errors, symbols } from "../constants.ts";

const errorNumbers: Readonly<Record<TcpError, string>> = {
  [TcpError.None]: "",
  [TcpError.Refused]: "ECONNREFUSED",
  [TcpError.Reset]: "ECONNRESET",
  [TcpError.TimedOut]: "ETIMEDOUT",
  [TcpError.HostUnreachable]: "EHOSTUNREACH",
  [TcpError.NetworkUnreachable]: "ENETUNREACH",
  [TcpError.Aborted]: "ECONNABORTED",
};

/** A TCP socket. */
export class Socket {
  /** Whether calls return at once. */
  isNonBlocking: boolean = false;
  /** The port that `bind` has taken; 0 when none has. */
  boundPort: number = 0;
  /** What `listen` made. */
  listener: TcpListener | null = null;
  /** What `connect` or `accept` made. */
  connection: TcpConnection | null = null;
  /** Whether a `connect` is still to be told how it ended. */
  isConnecting: boolean = false;
  /** Settings for connections that are made later. */
  readonly options: TcpConnectionOptions = {};
  /** Settings that an open connection takes, too. */
  tuning: Partial<TcpTuning> = {};
  /** Whether Nagle's algorithm is off. */
  noDelay: boolean = false;
  /** Whether small segments wait, as `TCP_CORK`. */
  isCorked: boolean = false;
  /** Whether keep-alive is on. */
  keepAlive: boolean = false;
  /** How long `close` waits for data to be delivered, in milliseconds, as `SO_LINGER`; 0 aborts, Infinity does not wait. */
  linger: number = Infinity;
  /** Whether reading has been shut down. */
  isReadShut: boolean = false;
  /** `SO_RCVLOWAT`, in bytes. */
  readLowWater: number = 1;
  /** `TCP_NOTSENT_LOWAT`, in bytes. */
  unsentLowWater: number = Infinity;
  /** How far the application has written, in bytes. */
  written: number = 0;
  /** How far the application has read, in bytes. */
  read: number = 0;
  /** Numbers set by `setsockopt` that are only given back. */
  readonly remembered: Map<string, number> = new Map();
  /** Grows whenever something has happened that epoll's edges show. */
  edges: number = 0;
  #errorTaken = false;

  /** Takes a connection on. */
  adopt(connection: TcpConnection, now: number): void {
    this.connection = connection;
    this.#errorTaken = false;
    connection.onEvent = (events) => {
      if ((events & (TcpEvent.Readable | TcpEvent.Writable | TcpEvent.Closed)) !== 0) this.edges++;
    };
    connection.sender.nagle.noDelay = this.noDelay;
    connection.sender.nagle.isCorked = this.isCorked;
    if (this.keepAlive) this.startKeepAlive(connection, now);
  }

  /** Switches keep-alive on. */
  startKeepAlive(connection: TcpConnection, now: number): void {
    connection.setKeepAlive(true, now);
  }

  /** Whether the handshake is under way. */
  get isOpening(): boolean {
    const state = this.connection?.state;
    return state === TcpState.SynSent || state === TcpState.SynReceived;
  }

  /** Whether the connection has ended, or never was. */
  get isClosed(): boolean {
    return this.connection === null || this.connection.state === TcpState.Closed;
  }

  /** The error that waits to be told, as a number; 0 when none does. */
  get pendingError(): number {
    const { connection } = this;
    if (connection === null || this.#errorTaken || connection.state !== TcpState.Closed) return 0;
    const name = errorNumbers[connection.error];
    if (name === "") return 0;
    // Linux: a reset after the peer's FIN breaks the pipe for the writer.
    const isBroken = connection.error === TcpError.Reset && connection.receiver.finReached;
    return errors[isBroken ? "EPIPE" : name]![0];
  }

  /** The error that waits to be told; it is told once. */
  takeError(): number {
    const error = this.pendingError;
    if (error !== 0) this.#errorTaken = true;
    return error;
  }

  /** What `poll` says of it, as `tcp_poll` of Linux does. */
  get events(): number {
    const { listener, connection } = this;
    if (listener !== null) return listener.queued > 0 ? pollIn : 0;
    if (connection === null) return symbols["POLLOUT"]! | symbols["POLLHUP"]!;
    let events = 0;
    const isOver = connection.state === TcpState.Closed;
    const endReached = this.isReadShut || connection.receiver.finReached || isOver;
    if (isOver || (endReached && !connection.mayWrite)) events |= symbols["POLLHUP"]!;
    if (endReached) events |= pollIn | symbols["POLLRDHUP"]!;
    if (!this.isOpening) {
      if (connection.readable >= this.readLowWater) events |= pollIn;
      if (!connection.mayWrite || this.#isWritable(connection)) events |= pollOut;
    }
    if (this.pendingError !== 0) events |= symbols["POLLERR"]!;
    return events;
  }

  #isWritable(connection: TcpConnection): boolean {
    const { buffer, unsent } = connection.sender;
    return buffer.free * 3 >= buffer.limit && unsent < this.unsentLowWater;
  }
}

const pollIn = symbols["POLLIN"]! | symbols["POLLRDNORM"]!;
const pollOut = symbols["POLLOUT"]! | symbols["POLLWRNORM"]!;

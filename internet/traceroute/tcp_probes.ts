/**
 * Attempts to connect as probes: firewalls that drop everything else let these pass. A router
 * answers "time exceeded", the destination with SYN-ACK or RST; the connection is not completed.
 *
 * @module
 */
import { type TcpConnection, TcpError, TcpEvent, TcpState } from "@octet/tcp";
import type { Packet } from "@octet/wire";
import type { Stack } from "../stack.ts";
import { type ProbeAnswer, type ProbeLooks, type Probes, unheard } from "./probes.ts";

/** Probes by TCP. */
export class TcpProbes implements Probes {
  /** Called with each answer. */
  onAnswer: (answer: ProbeAnswer) => void = unheard;
  readonly #stack: Stack;
  readonly #looks: ProbeLooks;
  readonly #connections: Map<number, TcpConnection> = new Map();
  readonly #indices: Map<TcpConnection, number> = new Map();
  readonly #observer: (
    connection: TcpConnection,
    type: number,
    code: number,
    info: number,
    packet: Packet,
  ) => void;

  /** Prepares probes. */
  constructor(stack: Stack, looks: ProbeLooks) {
    this.#stack = stack;
    this.#looks = looks;
    this.#observer = (connection, type, code, info, { nextHop }) => {
      const index = this.#indices.get(connection);
      if (index !== undefined) this.onAnswer({ index, source: nextHop, type, code, info });
    };
    stack.tcp.errorObservers.add(this.#observer);
  }

  /** Sends a probe. */
  send(index: number, ttl: number, now: number): void {
    const { destination, port, trafficClass } = this.#looks;
    const connection = this.#stack.tcp.connect({ address: destination, port }, now);
    connection.sender.hopLimit = ttl;
    connection.sender.trafficClass = trafficClass;
    this.#connections.set(index, connection);
    this.#indices.set(connection, index);
    connection.onEvent = (events) => {
      const isRefused = (events & TcpEvent.Closed) !== 0 && connection.error === TcpError.Refused;
      if (!isRefused && (events & TcpEvent.Opened) === 0) return;
      // A router's refusal was told of already: then nobody waits for this one any more.
      if (!this.#indices.has(connection)) return;
      this.onAnswer({ index, source: destination, type: -1, code: 0, info: 0 });
    };
  }

  /** Nobody waits for this probe any more. */
  forget(index: number, now: number): void {
    const connection = this.#connections.get(index);
    if (connection === undefined) return;
    this.#connections.delete(index);
    this.#indices.delete(connection);
    connection.onEvent = null;
    if (connection.state !== TcpState.Closed) connection.abort(now);
  }

  /** Ends all. */
  close(now: number): void {
    this.#stack.tcp.errorObservers.delete(this.#observer);
    for (const index of [...this.#connections.keys()]) this.forget(index, now);
  }
}

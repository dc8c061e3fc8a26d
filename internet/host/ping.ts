/**
 * One echo request, one answer.
 *
 * @module
 */
import type { EchoResult } from "@octet/icmpv4";
import { Icmpv4Type } from "@octet/icmpv4/message-type";
import { formatIpv4 } from "@octet/netip/ipv4";
import { backgroundTimer, type Timer } from "../http/timer.ts";
import {
  abortReason,
  hostUnreachable,
  interrupted,
  type NetworkError,
  networkError,
} from "./errors.ts";
import { PingSession, type PingSessionOptions } from "./ping_session.ts";
import type { RunLoop } from "./run_loop.ts";

/** How to ask. */
export interface PingOptions extends PingSessionOptions {
  /** How long to wait for the answer, in milliseconds; 10,000 when not given. */
  timeout?: number;
  /** Ends the wait. */
  signal?: AbortSignal;
}

/** An answer. */
export interface PingReply {
  /** Who answered. */
  address: string;
  /** The sequence number. */
  sequence: number;
  /** Bytes behind the ICMP header. */
  size: number;
  /** The time to live the answer arrived with. */
  ttl: number;
  /** The round-trip time, in milliseconds. */
  time: number;
}

/** How many sessions are kept, so that their sequence goes on. */
const keptSessions = 16;
/** A sequence number may not be used again while as many requests are under way. */
const mostWaiters = 512;

/** Somebody who waits for an answer. */
interface Waiter {
  readonly deadline: number;
  readonly timeout: number;
  readonly resolve: (reply: PingReply) => void;
  readonly reject: (error: unknown) => void;
}

/** The requests of one kind to one host. */
class Conversation {
  readonly session: PingSession;
  readonly waiters: Map<number, Waiter> = new Map();

  constructor(session: PingSession) {
    this.session = session;
    session.listen((result) => this.#take(result));
  }

  fail(error: unknown): void {
    for (const waiter of this.waiters.values()) waiter.reject(error);
    this.waiters.clear();
  }

  #take(result: EchoResult): void {
    const waiter = this.waiters.get(result.sequence);
    if (waiter === undefined) return;
    this.waiters.delete(result.sequence);
    if (result.kind === "error") {
      waiter.reject(reported(result));
      return;
    }
    waiter.resolve({
      address: formatIpv4(result.source),
      sequence: result.sequence,
      size: result.length,
      ttl: result.hopLimit,
      time: result.roundTripTime,
    });
  }
}

/** The single questions of one host. Sessions are kept by destination and looks, so that their sequence goes on. */
export class PingService implements Disposable {
  readonly #loop: RunLoop;
  readonly #conversations: Map<string, Conversation> = new Map();
  /** Goes off at the earliest deadline, or before; a timer for each request cost as much as the request. */
  #timer: Timer | null = null;
  #timerAt = Infinity;
  #overflows = 0;

  /** Makes a service for a running stack. */
  constructor(loop: RunLoop) {
    this.#loop = loop;
  }

  /**
   * Asks once and waits for the answer.
   *
   * @param destination Host order.
   * @throws {RangeError} When an option is out of range.
   * @throws {Deno.errors.TimedOut} When nothing comes back in time.
   * @throws {Error} With code `EHOSTUNREACH` or `ENETUNREACH`, when a router says so or no route leads there.
   */
  ping(destination: number, options: PingOptions): Promise<PingReply> {
    const { signal, timeout = 10_000 } = options;
    if (signal?.aborted) throw abortReason(signal);
    this.#loop.expectRunning();
    const conversation = this.#conversation(destination, options);
    const { waiters } = conversation;
    const { promise, resolve, reject } = Promise.withResolvers<PingReply>();
    const deadline = this.#loop.now() + timeout;
    const sequence = conversation.session.prepare();
    waiters.set(sequence, { deadline, timeout, resolve, reject });
    this.#arm(deadline);
    // Only now: our own address answers at once.
    this.#loop.flush();
    if (signal === undefined) return promise;
    const abort = () => {
      waiters.delete(sequence);
      reject(abortReason(signal));
    };
    signal.addEventListener("abort", abort);
    return promise.finally(() => signal.removeEventListener("abort", abort));
  }

  /** Ends all questions, as their host ends. */
  [Symbol.dispose](): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const conversation of this.#conversations.values()) {
      conversation.fail(interrupted(this.#loop.failure));
    }
    this.#conversations.clear();
  }

  #conversation(destination: number, options: PingOptions): Conversation {
    const { size = 56, ttl = 0, trafficClass = 0, fragment = true } = options;
    const looks = options.options === undefined ? "" : options.options.join();
    const key = `${destination} ${size} ${ttl} ${trafficClass} ${fragment} ${looks}`;
    const known = this.#conversations.get(key);
    if (known !== undefined && !known.session.isClosed && known.waiters.size < mostWaiters) {
      return known;
    }
    const made = new Conversation(new PingSession(this.#loop, destination, options));
    if (this.#conversations.size === 0) this.#loop.hold(this);
    if (this.#conversations.size >= keptSessions) this.#forgetOne();
    // Those who wait in one that is full still are answered.
    if (known !== undefined) this.#conversations.set(`${key} ${++this.#overflows}`, known);
    this.#conversations.set(key, made);
    return made;
  }

  #forgetOne(): void {
    for (const [key, { session, waiters }] of this.#conversations) {
      if (waiters.size > 0) continue;
      session.close();
      this.#conversations.delete(key);
      return;
    }
  }

  #arm(deadline: number): void {
    if (deadline >= this.#timerAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerAt = deadline;
    this.#timer = backgroundTimer(() => this.#expire(), Math.ceil(deadline - this.#loop.now()));
  }

  #expire(): void {
    const now = this.#loop.now();
    this.#timer = null;
    this.#timerAt = Infinity;
    let next = Infinity;
    for (const { session, waiters } of this.#conversations.values()) {
      for (const [sequence, waiter] of waiters) {
        if (waiter.deadline > now) {
          next = Math.min(next, waiter.deadline);
          continue;
        }
        waiters.delete(sequence);
        const message = `No answer from ${session.address} within ${waiter.timeout} ms`;
        waiter.reject(networkError("TimedOut", message, "ETIMEDOUT"));
      }
    }
    if (next !== Infinity) this.#arm(next);
  }
}

function reported(result: EchoResult): NetworkError {
  const from = formatIpv4(result.source);
  if (result.type === Icmpv4Type.TimeExceeded) {
    return networkError("TimedOut", `From ${from}: time to live exceeded`, "ETIMEDOUT");
  }
  return hostUnreachable();
}

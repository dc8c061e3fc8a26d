/**
 * Echo requests to one host, as many as wanted, and everything that comes back: answers, duplicates
 * and the errors of routers on the way.
 *
 * @module
 */
import { EchoClient, type EchoResult } from "@octet/icmpv4";
import { formatIpv4 } from "@octet/netip/ipv4";
import { badResource, interrupted, networkUnreachable } from "./errors.ts";
import type { RunLoop } from "./run_loop.ts";

/** How the requests of a {@linkcode PingSession} look. */
export interface PingSessionOptions {
  /** Bytes behind the ICMP header, 0 to 65,507; 56 when not given. */
  size?: number;
  /** Time to live, 1 to 255; the stack's default when not given. */
  ttl?: number;
  /** The type-of-service octet: DSCP in the upper six bits, ECN in the lower two; 0 when not given. */
  trafficClass?: number;
  /** Whether requests may be fragmented; `true` when not given. */
  fragment?: boolean;
  /** IPv4 options to send, a multiple of four up to 40 bytes, such as `recordRouteOption` of `@octet/ipv4` makes. */
  options?: Uint8Array;
  /** Ends the search for the host's address; nothing once the session is open. */
  signal?: AbortSignal;
}

/** What became of a request. */
export interface PingResult {
  /** `"reply"`, or `"error"` when a host on the way reports one. */
  kind: "reply" | "error";
  /** Who says so. */
  address: string;
  /** The request's sequence number. */
  sequence: number;
  /** Bytes behind the ICMP header; 0 for an error. */
  size: number;
  /** The time to live it arrived with. */
  ttl: number;
  /** Since the request was sent, in milliseconds. */
  time: number;
  /** Whether the request was answered before. */
  isDuplicate: boolean;
  /** The ICMP type. */
  type: number;
  /** The ICMP code. */
  code: number;
  /** The 32 bits behind an error's ICMP checksum. */
  info: number;
  /** The IPv4 options of a reply. */
  options: Uint8Array;
}

/**
 * Asks one host, again and again. What comes back is iterated over, in the order in which it comes;
 * what does not come back is nobody's to tell: who asks decides how long to wait.
 *
 * @example
 * ```ts
 * import { Host, Lan } from "@octet/internet";
 * import { assertEquals } from "@std/assert";
 *
 * const lan = new Lan();
 * await using a = new Host(lan.attach(), { address: { address: "10.0.0.1/24" } });
 * await using b = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
 * using session = await a.openPing("10.0.0.2");
 * const sequence = session.send();
 * for await (const result of session) {
 *   assertEquals([result.kind, result.sequence], ["reply", sequence]);
 *   break;
 * }
 * ```
 */
export class PingSession implements AsyncIterable<PingResult>, Disposable {
  /** Whom it asks. */
  readonly address: string;
  readonly #loop: RunLoop;
  readonly #client: EchoClient;
  #onResult: ((result: EchoResult) => void) | null = null;
  #waiter: PromiseWithResolvers<IteratorResult<PingResult>> | null = null;
  #isClosed = false;

  /**
   * Opens a session.
   *
   * @param destination Host order.
   * @throws {RangeError} When an option is out of range.
   * @throws {Error} With code `ENETUNREACH`, when no route leads there.
   */
  constructor(loop: RunLoop, destination: number, options: PingSessionOptions = {}) {
    loop.expectRunning();
    if (options.ttl === 0) {
      throw new RangeError("Cannot ping as the time to live of 0 is not from 1 to 255");
    }
    this.#loop = loop;
    this.address = formatIpv4(destination);
    this.#client = new EchoClient({
      destination,
      onResult: () => this.#arrived(),
      ...(options.size === undefined ? {} : { length: options.size }),
      ...(options.ttl === undefined ? {} : { hopLimit: options.ttl }),
      ...(options.trafficClass === undefined ? {} : { trafficClass: options.trafficClass }),
      ...(options.fragment === undefined ? {} : { mayFragment: options.fragment }),
      ...(options.options === undefined ? {} : { options: options.options }),
    });
    if (loop.stack.ipv4.sourceFor(destination) === 0) throw networkUnreachable();
    loop.stack.icmp.register(this.#client);
    loop.hold(this);
  }

  /** Whether it is closed, or its host is. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** How many requests were sent. */
  get sent(): number {
    return this.#client.sent;
  }

  /** Time to live of the next requests; 0 for the stack's default. */
  get ttl(): number {
    return this.#client.hopLimit;
  }

  set ttl(ttl: number) {
    this.#client.hopLimit = ttl;
  }

  /**
   * Sends a request.
   *
   * @returns Its sequence number, 0 to 65,535.
   * @throws {Deno.errors.BadResource} When the session is closed.
   */
  send(): number {
    const sequence = this.prepare();
    this.#loop.flush();
    return sequence;
  }

  /** Lets a request go out with the next frames; else as {@linkcode PingSession.send}. */
  prepare(): number {
    if (this.#isClosed) throw badResource();
    return this.#client.request();
  }

  /** Hands results to a function from now on, instead of to who iterates. */
  listen(onResult: (result: EchoResult) => void): void {
    this.#onResult = onResult;
  }

  /** Ends the session: iteration ends, too. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#loop.release(this);
    this.#loop.stack.icmp.unregister(this.#client);
    this.#waiter?.resolve({ value: undefined, done: true });
    this.#waiter = null;
  }

  /** Ends the session, when its host ends. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** What comes back, until the session is closed. */
  [Symbol.asyncIterator](): AsyncIterator<PingResult> {
    return { next: () => this.#next() };
  }

  #next(): Promise<IteratorResult<PingResult>> {
    const result = this.#client.takeResult();
    if (result !== null) return Promise.resolve({ value: shown(result), done: false });
    if (this.#isClosed) return Promise.resolve({ value: undefined, done: true });
    if (this.#waiter !== null) return Promise.reject(interrupted());
    this.#waiter = Promise.withResolvers();
    return this.#waiter.promise;
  }

  #arrived(): void {
    const onResult = this.#onResult;
    if (onResult === null && this.#waiter === null) return;
    for (let result = this.#client.takeResult(); result !== null;) {
      if (onResult === null) {
        this.#waiter!.resolve({ value: shown(result), done: false });
        this.#waiter = null;
        return;
      }
      onResult(result);
      result = this.#client.takeResult();
    }
  }
}

function shown(result: EchoResult): PingResult {
  const { source, length, hopLimit, roundTripTime, ...rest } = result;
  return {
    ...rest,
    address: formatIpv4(source),
    size: length,
    ttl: hopLimit,
    time: roundTripTime,
  };
}

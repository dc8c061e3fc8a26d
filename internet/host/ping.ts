/**
 * Echo requests as a stream of answers.
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip";
import { EchoClient, type EchoResult, Icmpv4Type } from "@octet/icmpv4";
import {
  abortReason,
  hostUnreachable,
  type NetworkError,
  networkError,
  networkUnreachable,
} from "./errors.ts";
import type { RunLoop } from "./run_loop.ts";

/** How to ask. */
export interface PingOptions {
  /** Bytes behind the ICMP header, 0 to 65,507; 56 when not given. */
  size?: number;
  /** Time to live, 1 to 255; the stack's default when not given. */
  ttl?: number;
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

/** The questions of one host: clients are kept by destination and settings, so that their sequence goes on. */
export class PingService {
  readonly #loop: RunLoop;

  /** Makes a service for a running stack. */
  constructor(loop: RunLoop) {
    this.#loop = loop;
  }

  /**
   * Asks once and waits for the answer.
   *
   * @param destination Host order.
   * @throws {RangeError} When size or time to live is out of range.
   * @throws {Deno.errors.TimedOut} When nothing comes back in time.
   * @throws {Error} With code `EHOSTUNREACH` or `ENETUNREACH`, when a router says so or no route leads there.
   */
  async ping(destination: number, options: PingOptions = {}): Promise<PingReply> {
    const { signal, timeout = 10_000 } = options;
    if (signal?.aborted) throw abortReason(signal);
    this.#loop.expectRunning();
    if (options.ttl === 0) {
      throw new RangeError("Cannot ping as the time to live of 0 is not from 1 to 255");
    }
    const { stack } = this.#loop;
    if (stack.ipv4.sourceFor(destination) === 0) throw networkUnreachable();
    const answered = Promise.withResolvers<void>();
    const client = new EchoClient({
      destination,
      onResult: () => answered.resolve(),
      ...(options.size === undefined ? {} : { length: options.size }),
      ...(options.ttl === undefined ? {} : { hopLimit: options.ttl }),
    });
    stack.icmp.register(client);
    const timer = setTimeout(() => answered.resolve(), timeout);
    const abort = () => answered.resolve();
    signal?.addEventListener("abort", abort);
    try {
      client.request();
      this.#loop.flush();
      await this.#loop.wait(answered.promise);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      stack.icmp.unregister(client);
    }
    const result = client.takeResult();
    if (result === null) {
      if (signal?.aborted) throw abortReason(signal);
      const address = formatIpv4(destination);
      throw networkError("TimedOut", `No answer from ${address} within ${timeout} ms`, "ETIMEDOUT");
    }
    if (result.kind === "error") throw reported(result);
    return {
      address: formatIpv4(result.source),
      sequence: result.sequence,
      size: result.length,
      ttl: result.hopLimit,
      time: result.roundTripTime,
    };
  }
}

function reported(result: EchoResult): NetworkError {
  const from = formatIpv4(result.source);
  if (result.type === Icmpv4Type.TimeExceeded) {
    return networkError("TimedOut", `From ${from}: time to live exceeded`, "ETIMEDOUT");
  }
  return hostUnreachable();
}

/**
 * The way to a host, router by router.
 *
 * @module
 */
import { Icmpv4Type, UnreachableCode } from "@octet/icmpv4/message-type";
import { formatIpv4 } from "@octet/netip/ipv4";
import { abortReason, interrupted, networkUnreachable } from "../host/errors.ts";
import type { RunLoop } from "../host/run_loop.ts";
import { IcmpProbes } from "./icmp_probes.ts";
import type { ProbeAnswer, ProbeLooks, Probes } from "./probes.ts";
import { TcpProbes } from "./tcp_probes.ts";
import { UdpProbes } from "./udp_probes.ts";

/** How to look for the way. */
export interface TracerouteOptions {
  /** What the probes are: datagrams to unlikely ports (when not given), echo requests, or attempts to connect. */
  protocol?: "udp" | "icmp" | "tcp";
  /** The first time to live, 1 to 255; 1 when not given. */
  firstHop?: number;
  /** The last time to live, up to 255; 30 when not given. */
  maxHops?: number;
  /** How many probes for each time to live, 1 to 10; 3 when not given. */
  queries?: number;
  /** How long to wait for an answer, in milliseconds; 5000 when not given. */
  timeout?: number;
  /** How many probes are under way at once, at least 1; 16 when not given. */
  parallel?: number;
  /** The destination port: for UDP the first of many, 33,434 when not given; for TCP 80. */
  port?: number;
  /** The length of a probe with its IP header, in bytes; 60 when not given. TCP's are as long as they are. */
  size?: number;
  /** The type-of-service octet; 0 when not given. */
  trafficClass?: number;
  /** Whether routers may fragment probes; `true` when not given. TCP's are never fragmented. */
  fragment?: boolean;
  /** Ends the search. */
  signal?: AbortSignal;
}

/** What became of one probe. */
export interface TracerouteProbe {
  /** Who answered; `null` when nobody did in time. */
  address: string | null;
  /** Until the answer came, in milliseconds; `null` when none did. */
  time: number | null;
  /** What traceroute prints behind the time: `"!H"`, `"!N"`, `"!P"`, `"!X"`, …; empty when all is as it should be. */
  note: string;
}

/** One step of the way. */
export interface TracerouteHop {
  /** The time to live. */
  ttl: number;
  /** The probes. */
  probes: TracerouteProbe[];
  /** Whether the destination has answered, or somebody has said that it cannot be reached. */
  isLast: boolean;
}

interface Limits {
  readonly first: number;
  readonly last: number;
  readonly queries: number;
  readonly timeout: number;
  readonly parallel: number;
}

interface Pending {
  readonly sentAt: number;
  readonly timer: ReturnType<typeof setTimeout>;
  readonly settle: (probe: TracerouteProbe, isFinal: boolean) => void;
}

/**
 * Finds the routers on the way to a host.
 *
 * @param loop The running stack.
 * @param destination Host order.
 * @throws {RangeError} When an option is out of range.
 * @throws {Error} With code `ENETUNREACH`, when no route leads there.
 */
export async function* traceroute(
  loop: RunLoop,
  destination: number,
  options: TracerouteOptions = {},
): AsyncGenerator<TracerouteHop, void, void> {
  const { signal, protocol = "udp" } = options;
  if (signal?.aborted) throw abortReason(signal);
  loop.expectRunning();
  const limits = readLimits(options);
  const probeCount = (limits.last - limits.first + 1) * limits.queries;
  // Each UDP probe has a port of its own.
  const lastPort = protocol === "udp" ? 65_536 - probeCount : 65_535;
  const looks: ProbeLooks = {
    destination,
    length: within("packet size", options.size ?? 60, 28, 65_535),
    port: within("port", options.port ?? (protocol === "tcp" ? 80 : 33_434), 1, lastPort),
    trafficClass: within("traffic class", options.trafficClass ?? 0, 0, 255),
    mayFragment: options.fragment ?? true,
  };
  if (loop.stack.ipv4.sourceFor(destination) === 0) throw networkUnreachable();
  const { stack } = loop;
  const probes = protocol === "tcp"
    ? new TcpProbes(stack, looks)
    : protocol === "icmp"
    ? new IcmpProbes(stack, looks)
    : new UdpProbes(stack, looks);
  yield* new Search(loop, probes, limits, destination).run(signal);
}

/** A search under way. */
class Search implements Disposable {
  readonly #loop: RunLoop;
  readonly #probes: Probes;
  readonly #limits: Limits;
  readonly #destination: number;
  readonly #pending: Map<number, Pending> = new Map();
  readonly #hops: PromiseWithResolvers<TracerouteHop>[] = [];
  readonly #results: (TracerouteProbe | null)[] = [];
  /** How many probes were sent. */
  #sent = 0;
  /** The hop at which the search ends, counted from 0. */
  #end: number;
  /** The first hop where the way ends, Infinity while none is known. */
  #final = Infinity;

  constructor(loop: RunLoop, probes: Probes, limits: Limits, destination: number) {
    this.#loop = loop;
    this.#probes = probes;
    this.#limits = limits;
    this.#destination = destination;
    this.#end = limits.last - limits.first;
    probes.onAnswer = (answer) => this.#take(answer);
    for (let hop = 0; hop <= this.#end; hop++) {
      const waiting = Promise.withResolvers<TracerouteHop>();
      // Hops beyond the end are never asked for.
      waiting.promise.catch(() => {});
      this.#hops.push(waiting);
    }
  }

  async *run(signal: AbortSignal | undefined): AsyncGenerator<TracerouteHop, void, void> {
    const abort = () => this.#fail(abortReason(signal!));
    signal?.addEventListener("abort", abort);
    this.#loop.hold(this);
    try {
      this.#pump();
      for (let hop = 0; hop <= this.#end; hop++) {
        const found = await this.#hops[hop]!.promise;
        yield { ...found, isLast: hop === this.#final };
      }
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#loop.release(this);
      for (const [index, { timer }] of this.#pending) {
        clearTimeout(timer);
        this.#probes.forget(index, this.#loop.now());
      }
      this.#probes.close(this.#loop.now());
      this.#loop.flush();
    }
  }

  /** The host ends. */
  [Symbol.dispose](): void {
    this.#fail(interrupted());
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#hops) reject(error);
  }

  /** Sends as many probes as may be under way. */
  #pump(): void {
    const { queries, parallel, first, timeout } = this.#limits;
    while (this.#pending.size < parallel && Math.floor(this.#sent / queries) <= this.#end) {
      const index = this.#sent++;
      const now = this.#loop.now();
      this.#results[index] = null;
      const timer = setTimeout(() => {
        this.#settle(index, { address: null, time: null, note: "" }, false);
        this.#pump();
      }, timeout);
      this.#pending.set(index, {
        sentAt: now,
        timer,
        settle: (probe, isFinal) => this.#settle(index, probe, isFinal),
      });
      this.#probes.send(index, first + Math.floor(index / queries), now);
      // Each by itself: what it finds out may spare the next.
      this.#loop.flush();
    }
  }

  #take({ index, source, type, code, info }: ProbeAnswer): void {
    const pending = this.#pending.get(index);
    if (pending === undefined) return;
    const time = this.#loop.now() - pending.sentAt;
    const isExpired = type === Icmpv4Type.TimeExceeded && code === 0;
    pending.settle(
      { address: formatIpv4(source), time, note: this.#noteOf(type, code, info, source) },
      !isExpired,
    );
    queueMicrotask(() => this.#pump());
  }

  #settle(index: number, probe: TracerouteProbe, isFinal: boolean): void {
    const pending = this.#pending.get(index)!;
    const { queries, first } = this.#limits;
    clearTimeout(pending.timer);
    this.#pending.delete(index);
    this.#probes.forget(index, this.#loop.now());
    this.#results[index] = probe;
    const hop = Math.floor(index / queries);
    if (isFinal) {
      this.#final = Math.min(this.#final, hop);
      this.#end = Math.min(this.#end, hop);
    }
    const probes = this.#results.slice(hop * queries, (hop + 1) * queries);
    if (probes.length < queries || probes.includes(null)) return;
    this.#hops[hop]!.resolve({
      ttl: first + hop,
      probes: probes as TracerouteProbe[],
      isLast: false,
    });
  }

  /** RFC 1812 §5.2.7's codes by the letters that traceroute has for them. */
  #noteOf(type: number, code: number, info: number, source: number): string {
    if (type === -1 || type === Icmpv4Type.TimeExceeded) return "";
    if (type !== Icmpv4Type.DestinationUnreachable) return `!<${type}-${code}>`;
    switch (code) {
      case UnreachableCode.Port:
        return source === this.#destination >>> 0 ? "" : "!p";
      case UnreachableCode.Network:
      case UnreachableCode.NetworkUnknown:
        return "!N";
      case UnreachableCode.Host:
      case UnreachableCode.HostUnknown:
        return "!H";
      case UnreachableCode.Protocol:
        return "!P";
      case UnreachableCode.FragmentationNeeded:
        return `!F-${info & 0xffff}`;
      case UnreachableCode.SourceRouteFailed:
        return "!S";
      case 9:
      case 10:
      case 13:
        return "!X";
      case 14:
        return "!V";
      case 15:
        return "!C";
      default:
        return `!<${code}>`;
    }
  }
}

function readLimits(options: TracerouteOptions): Limits {
  const first = within("first hop", options.firstHop ?? 1, 1, 255);
  return {
    first,
    last: within("last hop", options.maxHops ?? Math.max(first, 30), first, 255),
    queries: within("number of queries", options.queries ?? 3, 1, 10),
    parallel: within("number of parallel probes", options.parallel ?? 16, 1, 1000),
    timeout: options.timeout ?? 5000,
  };
}

function within(what: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(
    `Cannot trace route as its ${what} must be from ${least} to ${most}: ${value}`,
  );
}

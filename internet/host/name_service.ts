/**
 * Names to addresses: the stub resolver run on a stack, with TCP where UDP is too small.
 *
 * @module
 */
import type { DnsRecord, RecordTypeName } from "@octet/dns";
import {
  type DnsQuery,
  DnsResolver,
  type DnsResolverOptions,
  DnsStreamDecoder,
} from "@octet/dns/resolver";
import { formatIpv4, tryParseIpv4 } from "@octet/netip/ipv4";
import { abortReason, emptyHost, networkError } from "./errors.ts";
import type { RunLoop } from "./run_loop.ts";
import type { TcpConn } from "./tcp_conn.ts";

/** Opens a connection to an address; what the host lends for questions over TCP. */
export type Dial = (address: number, port: number, signal?: AbortSignal) => Promise<TcpConn>;

/** How long a server has for an answer over TCP, in milliseconds. */
const streamTimeout = 5000;

/** The resolver of one host. */
export class NameService {
  /** The policy: servers, search list, cache. */
  readonly resolver: DnsResolver;
  readonly #loop: RunLoop;
  readonly #dial: Dial;

  /** Makes a resolver for a running stack. */
  constructor(loop: RunLoop, dial: Dial, options: DnsResolverOptions) {
    this.#loop = loop;
    this.#dial = dial;
    this.resolver = new DnsResolver(options);
  }

  /**
   * The IPv4 addresses of a name, in the order of the answer; an address stands for itself.
   *
   * @throws {Deno.errors.NotFound} When the name has none, or nobody can say.
   */
  async addresses(name: string, signal?: AbortSignal): Promise<number[]> {
    if (name === "") throw emptyHost();
    const literal = tryParseIpv4(name);
    if (literal !== undefined) return [literal];
    const query = await this.query(name, "A", this.resolver, signal);
    const addresses: number[] = [];
    for (const record of query.records) if (record.type === "A") addresses.push(record.address);
    if (addresses.length === 0) throw notResolved(name, query);
    return addresses;
  }

  /**
   * Asks for records and waits for the end of the query, however it ends.
   *
   * @throws {SyntaxError} When the name is malformed.
   */
  async query(
    name: string,
    type: RecordTypeName,
    resolver: DnsResolver = this.resolver,
    signal?: AbortSignal,
  ): Promise<DnsQuery> {
    if (signal?.aborted) throw abortReason(signal);
    this.#loop.expectRunning();
    const { udp } = this.#loop.stack;
    const done = Promise.withResolvers<void>();
    const query = resolver.resolve(name, this.#loop.now(), {
      type,
      onDone: () => done.resolve(),
      onTruncated: (query) => void this.#askByStream(query, signal),
    });
    if (query.state !== "pending") return query;
    const abort = () => query.cancel();
    signal?.addEventListener("abort", abort);
    udp.register(query);
    this.#loop.flush();
    try {
      await this.#loop.wait(done);
    } finally {
      signal?.removeEventListener("abort", abort);
      udp.unregister(query);
    }
    if (signal?.aborted) throw abortReason(signal);
    return query;
  }

  async #askByStream(query: DnsQuery, signal?: AbortSignal): Promise<void> {
    const limit = AbortSignal.timeout(streamTimeout);
    const bound = signal === undefined ? limit : AbortSignal.any([limit, signal]);
    try {
      using conn = await this.#dial(query.streamServer, this.resolver.port, bound);
      bound.addEventListener("abort", () => conn[Symbol.dispose]());
      const request = query.streamRequest;
      for (let at = 0; at < request.length;) at += await conn.write(request.subarray(at));
      const decoder = new DnsStreamDecoder();
      const buffer = new Uint8Array(4096);
      while (query.state === "pending") {
        const count = await conn.read(buffer);
        if (count === null) break;
        decoder.push(buffer, 0, count);
        while (decoder.next()) {
          const { bytes, offset, end } = decoder;
          query.acceptStreamAnswer(bytes, offset, end, this.#loop.now());
        }
      }
    } catch (error) {
      // A server that cannot be asked is passed over; the query tells how it ended.
      if (!(error instanceof Error || error instanceof DOMException)) throw error;
    }
    query.serverUnreachable();
    this.#loop.flush();
  }
}

/** What is thrown for a name without addresses; the message says why. */
export function notResolved(name: string, query: DnsQuery): Error {
  const why = reasons[query.error ?? "NODATA"] ?? "the query failed";
  const server = query.server === 0 ? "" : ` (asked ${formatIpv4(query.server)})`;
  return networkError("NotFound", `Cannot resolve ${name} as ${why}${server}`, "ENOTFOUND");
}

const reasons: Readonly<Record<string, string>> = {
  NXDOMAIN: "the name does not exist",
  NODATA: "the name has no such record",
  SERVFAIL: "the name server failed",
  REFUSED: "the name server refused to answer",
  malformed: "the name server's answer is malformed",
  timeout: "no name server answered in time",
  truncated: "the answer is too long",
  noServers: "no name server is known",
};

/**
 * A record's data in the shape of `Deno.resolveDns`: a string for A, AAAA, CNAME, NS, PTR; an object for CAA,
 * MX, NAPTR, SOA, SRV; an array of strings for TXT.
 */
export function denoRecord(record: DnsRecord, formatIpv6: (address: bigint) => string): unknown {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  switch (record.type) {
    case "A":
      return formatIpv4(record.address);
    case "AAAA":
      return formatIpv6(record.address);
    case "CNAME":
    case "NS":
    case "PTR":
      return record.target;
    case "MX":
      return { preference: record.preference, exchange: record.exchange };
    case "SRV":
      return {
        priority: record.priority,
        weight: record.weight,
        port: record.port,
        target: record.target,
      };
    case "TXT":
      return record.strings.map(text);
    case "CAA":
      return {
        critical: (record.flags & 0x80) !== 0,
        tag: record.tag,
        value: text(record.value),
      };
    case "SOA":
      return {
        mname: record.mname,
        rname: record.rname,
        serial: record.serial,
        refresh: record.refresh,
        retry: record.retry,
        expire: record.expire,
        minimum: record.minimum,
      };
    case "NAPTR":
      return {
        order: record.order,
        preference: record.preference,
        flags: text(record.flags),
        services: text(record.services),
        regexp: text(record.regexp),
        replacement: record.replacement,
      };
    default:
      return record;
  }
}

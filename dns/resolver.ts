/**
 * A stub resolver (RFC 1034 §5.3.1, RFC 1123 §6.1): whom to ask, what for, and what is known already.
 * The asking is done by a {@linkcode DnsQuery} each.
 *
 * @module
 */
import type { Random } from "@octet/wire";
import { DnsCache, type DnsCacheOptions, type NegativeAnswer } from "./cache.ts";
import type { RecordTypeName } from "./constants.ts";
import { canonicalName } from "./name.ts";
import { DnsQuery } from "./query.ts";
import type { DnsRecord } from "./record.ts";
import { answerSpecial, type Hosts, type HostsTable, readHosts } from "./special_names.ts";

/** How a resolver is set up. */
export interface DnsResolverOptions {
  /** Where ids come from; an attacker must not guess them (RFC 5452 §9). */
  random: Random;
  /** IPv4 addresses of the servers, unsigned, host order, in order of preference. */
  servers?: readonly number[];
  /** The servers' port; 53 when left out. */
  port?: number;
  /** How long one server is waited for, in milliseconds; 5000 when left out. */
  timeout?: number;
  /** How often the list of servers is gone through; 2 when left out. */
  attempts?: number;
  /** Whether each query begins with the next server; `false` when left out. */
  rotate?: boolean;
  /** Domains in which short names are looked for. */
  search?: readonly string[];
  /** A name with fewer dots is looked for in the search domains first; 1 when left out. */
  ndots?: number;
  /** Names with known addresses. */
  hosts?: Hosts;
  /** The UDP payload that is offered with EDNS, in bytes; 1232 when left out, 0 for no EDNS. */
  udpSize?: number;
  /** Whether names are sent in random case, which answers must repeat; `false` when left out. */
  randomizeCase?: boolean;
  /** Limits of the cache. */
  cache?: DnsCacheOptions;
}

/** What is to be asked, and who is to be told. */
export interface ResolveOptions {
  /** The type; A when left out. */
  type?: RecordTypeName;
  /**
   * Called once, when the answer is there or it is clear that there is none. When that is clear at once, it is
   * called before `resolve` returns.
   */
  onDone?: (query: DnsQuery) => void;
  /**
   * Called when an answer does not fit in UDP: the caller asks {@linkcode DnsQuery.streamServer} over TCP and
   * hands the answer to {@linkcode DnsQuery.acceptStreamAnswer}. Without it the query fails as `truncated`.
   */
  onTruncated?: (query: DnsQuery) => void;
}

/** What a resolver has done. */
export interface DnsResolverCounters {
  /** Queries sent over UDP, repeated ones included. */
  sent: number;
  /** Responses that belonged to a query. */
  received: number;
  /** Messages to a query's port that were not its answer: late, broken, or made up. */
  ignored: number;
  /** Times a server was waited for in vain. */
  timeouts: number;
  /** Responses with an error code, or that could not be read. */
  serverErrors: number;
  /** Questions answered from the cache. */
  cacheHits: number;
}

/**
 * Finds out what names stand for. It holds no port and no clock: each question is a
 * {@linkcode DnsQuery} on a port of its own (RFC 5452 §9.2), which the UDP layer chooses.
 *
 * @example
 * ```ts
 * import { DnsResolver } from "@octet/dns/resolver";
 * import { SeededRandom } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const resolver = new DnsResolver({
 *   random: new SeededRandom(1),
 *   hosts: { "gateway.octet.test": "10.77.0.1" },
 * });
 * const query = resolver.resolve("gateway.octet.test", 0);
 * assertEquals(query.state, "answered");
 * assertEquals(query.records, [
 *   { name: "gateway.octet.test.", type: "A", ttl: 0, address: 0x0a4d0001 },
 * ]);
 * ```
 */
export class DnsResolver {
  /** Where ids come from. */
  readonly random: Random;
  /** IPv4 addresses of the servers; a change holds from the next question on. */
  servers: readonly number[];
  /** The servers' port. */
  readonly port: number;
  /** How long one server is waited for, in milliseconds. */
  readonly timeout: number;
  /** How often the list of servers is gone through. */
  readonly attempts: number;
  /** A name with fewer dots is looked for in the search domains first. */
  readonly ndots: number;
  /** The UDP payload offered with EDNS, in bytes; 0 for no EDNS. */
  readonly udpSize: number;
  /** Whether names are sent in random case. */
  readonly randomizeCase: boolean;
  /** What is known. */
  readonly cache: DnsCache;
  /** What it has done so far. */
  readonly counters: DnsResolverCounters = {
    sent: 0,
    received: 0,
    ignored: 0,
    timeouts: 0,
    serverErrors: 0,
    cacheHits: 0,
  };
  #search: readonly string[] = [];
  readonly #rotate: boolean;
  readonly #hosts: HostsTable;
  #next = 0;

  /**
   * Makes a resolver.
   *
   * @throws {RangeError} When a number is out of range.
   * @throws {SyntaxError} When a name or address of the hosts table or a search domain is malformed.
   */
  constructor(options: DnsResolverOptions) {
    this.random = options.random;
    this.servers = options.servers ?? [];
    this.port = options.port ?? 53;
    this.timeout = options.timeout ?? 5000;
    this.attempts = options.attempts ?? 2;
    this.search = options.search ?? [];
    this.ndots = options.ndots ?? 1;
    this.udpSize = options.udpSize ?? 1232;
    this.randomizeCase = options.randomizeCase ?? false;
    this.cache = new DnsCache(options.cache);
    this.#rotate = options.rotate ?? false;
    this.#hosts = readHosts(options.hosts ?? {});
    if (!(this.timeout > 0)) {
      throw new RangeError(`Cannot make DNS resolver as its timeout is ${this.timeout}`);
    }
    if (!(Number.isInteger(this.attempts) && this.attempts > 0)) {
      throw new RangeError(`Cannot make DNS resolver as its attempts are ${this.attempts}`);
    }
    if (this.udpSize !== 0 && !(this.udpSize >= 512 && this.udpSize <= 0xffff)) {
      throw new RangeError(`Cannot make DNS resolver as its UDP size is ${this.udpSize}`);
    }
  }

  /** Domains in which short names are looked for, canonical; a change holds from the next question on. */
  get search(): readonly string[] {
    return this.#search;
  }
  /** Takes other domains; throws a `SyntaxError` when one of them is malformed. */
  set search(domains: readonly string[]) {
    this.#search = domains.map(canonicalName);
  }

  /**
   * Asks for the records of a name.
   *
   * @param name The name. One without a dot at its end is looked for in the search domains too; an address
   *     stands for itself.
   * @param now Milliseconds.
   * @param options The type, and who is to be told.
   * @returns The query. While its `state` is `pending` it must be registered in the UDP layer under a port
   *     chosen at random.
   * @throws {SyntaxError} When the name is malformed.
   * @throws {TypeError} When the type is unknown.
   */
  resolve(name: string, now: number, options: ResolveOptions = {}): DnsQuery {
    const first = this.#rotate ? this.#next++ : 0;
    return new DnsQuery(this, name, now, first, options);
  }

  /**
   * The names that are tried one after another (RFC 1535 §6).
   *
   * @param name What was asked for.
   * @returns Absolute names, canonical; at least one.
   * @throws {SyntaxError} When the name is malformed.
   */
  candidates(name: string): string[] {
    const plain = canonicalName(name);
    // A name that is settled here is not looked for elsewhere (RFC 6761 §6.3).
    const isSettled = answerSpecial(plain, "ANY", this.#hosts) !== undefined;
    if (isSettled || /(^|[^\\])(\\\\)*\.$/.test(name)) return [plain];
    const searched: string[] = [];
    for (const domain of this.search) {
      const full = domain === "." ? plain : plain + domain;
      // Too long to be a name: not there.
      if (full.length <= 254) searched.push(full);
    }
    const dots = name.split(".").length - 1;
    return [...new Set(dots >= this.ndots ? [plain, ...searched] : [...searched, plain])];
  }

  /**
   * What can be said without asking: the hosts table, names with a fixed meaning, the cache.
   *
   * @param name The name, canonical.
   * @param type The type.
   * @param now Milliseconds.
   * @returns Records, one alias among them where that is what is known; that there are none; or `undefined`.
   */
  lookup(
    name: string,
    type: RecordTypeName,
    now: number,
  ): readonly DnsRecord[] | NegativeAnswer | undefined {
    const special = answerSpecial(name, type, this.#hosts);
    if (special !== undefined) return special;
    const known = this.cache.get(name, type, now) ?? this.cache.get(name, "CNAME", now);
    // That there is no alias says nothing about other types.
    if (known === undefined || (known === "NODATA" && !this.cache.get(name, type, now))) {
      return undefined;
    }
    this.counters.cacheHits++;
    return known;
  }
}

/**
 * One question to the servers: sent, repeated, answered (RFC 1035 §7, RFC 5452).
 *
 * @module
 */
import { BaseNode, type Packet, Verdict } from "@octet/wire";
import { maxAliases, readResponse, type ResponseResult } from "./_response.ts";
import { Rcode, type RecordTypeName, recordTypeName, recordTypeNumber } from "./constants.ts";
import { DnsCursor } from "./cursor.ts";
import { decodeMessage } from "./decode.ts";
import { encodeMessage } from "./encode.ts";
import type { DnsMessage } from "./message.ts";
import { canonicalName, equalNames } from "./name.ts";
import type { DnsRecord } from "./record.ts";
import type { DnsResolver, ResolveOptions } from "./resolver.ts";
import { answerLiteral } from "./special_names.ts";
import { frameForStream } from "./stream.ts";

/**
 * Why there is no answer. `NXDOMAIN`: the name does not exist. `NODATA`: it has no such records.
 * `SERVFAIL`: the servers failed, or gave an error code other than REFUSED. `REFUSED`: they will
 * not answer. `malformed`: their answers could not be read. `timeout`: they were silent. `truncated`: the
 * answer does not fit in UDP. `noServers`: there is nobody to ask. `cancelled`: the caller has lost interest.
 */
export type DnsError =
  | "NXDOMAIN"
  | "NODATA"
  | "SERVFAIL"
  | "REFUSED"
  | "malformed"
  | "timeout"
  | "truncated"
  | "noServers"
  | "cancelled";

/**
 * A question on its way, made by `DnsResolver.resolve`. Getters say how it stands; `demux` and
 * `encapsulate` are the network's side; {@linkcode DnsQuery.acceptStreamAnswer},
 * {@linkcode DnsQuery.serverUnreachable} and {@linkcode DnsQuery.cancel} are the caller's.
 *
 * Its end shows in `state`; then `connectionId` has changed, it wants no further turn, and its port can be
 * freed. One port
 * serves for all the messages of one question; each name that is asked for has an id of its own. An
 * answer counts when it comes from a server that was asked, from its port, with the id and the
 * question (RFC 5452 §9.1).
 *
 * @example
 * ```ts
 * import { DnsResolver } from "@octet/dns/resolver";
 * import { Packet, SeededRandom } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const resolver = new DnsResolver({ random: new SeededRandom(1), servers: [0x0a4d0001] });
 * const query = resolver.resolve("www.octet.test", 0);
 * assertEquals([query.state, query.isReady], ["pending", true]);
 * const packet = new Packet(1514);
 * assertEquals(query.encapsulate(packet, 14, 42, 0), 43);
 * assertEquals([packet.destination, packet.destinationPort], [0x0a4d0001, 53]);
 * packet.release();
 * ```
 */
export class DnsQuery extends BaseNode {
  /** What was asked for, as it was given. */
  readonly name: string;
  /** The type asked for. */
  readonly type: RecordTypeName;
  /** How it stands. */
  state: "pending" | "answered" | "failed" = "pending";
  /** Why there is no answer; `null` unless it failed. */
  error: DnsError | null = null;
  /** The records of the type asked for; empty unless it is answered. */
  records: readonly DnsRecord[] = [];
  /** The aliases (CNAME records) that led to `records`, in their order. */
  aliases: DnsRecord[] = [];
  /** The name that has the records, absolute and canonical: the last of the aliases, or the name found. */
  canonicalName = "";

  readonly #resolver: DnsResolver;
  readonly #options: ResolveOptions;
  readonly #candidates: readonly string[];
  #candidate = 0;
  /** The first negative answer among the candidates; later ones do not replace it, but NODATA does NXDOMAIN. */
  #negative: "NXDOMAIN" | "NODATA" = "NXDOMAIN";

  /** The name the servers are asked for, canonical. */
  #asked = "";
  /** The message they are sent. */
  #message: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #withEdns = false;
  readonly #firstServer: number;
  #servers: readonly number[] = [];
  /** How many times servers were turned to about this name. */
  #tries = 0;
  /** Servers that were asked about this name, and those of them that will not do. */
  readonly #heard: Set<number> = new Set();
  readonly #useless: Set<number> = new Set();
  #serverError: DnsError | null = null;
  #wantsToSend = false;
  #expires = Infinity;
  #streamServer = 0;
  #cursor: DnsCursor = new DnsCursor();

  /**
   * Begins; use `DnsResolver.resolve`.
   *
   * @throws {SyntaxError} When the name is malformed.
   * @throws {TypeError} When the type is unknown.
   */
  constructor(
    resolver: DnsResolver,
    name: string,
    now: number,
    firstServer: number,
    options: ResolveOptions,
  ) {
    super();
    this.protocol = 17;
    this.name = name;
    const type = recordTypeNumber(options.type ?? "A");
    if (type < 0) throw new TypeError(`Cannot resolve record type "${options.type}"`);
    this.type = recordTypeName(type);
    this.#resolver = resolver;
    this.#options = options;
    this.#firstServer = firstServer;
    const literal = answerLiteral(name, this.type);
    this.#candidates = literal === undefined ? resolver.candidates(name) : [name];
    if (literal !== undefined) {
      this.canonicalName = `${name}.`;
      if (typeof literal === "string") this.#fail(literal);
      else this.#answer(literal);
    } else {
      this.#ask(this.#candidates[0]!, now);
    }
  }

  /** The IPv4 address of the server turned to last, unsigned, host order; 0 before the first. */
  get server(): number {
    if (this.#tries === 0) return 0;
    return this.#servers[(this.#firstServer + this.#tries - 1) % this.#servers.length]!;
  }

  /** The server to be asked over TCP now, unsigned, host order; 0 when there is none. */
  get streamServer(): number {
    return this.#streamServer;
  }

  /** What that server is to be sent: the query behind its length. */
  get streamRequest(): Uint8Array<ArrayBuffer> {
    return frameForStream(this.#message);
  }

  /** Takes a message that came to this query's port. */
  demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const isExpected = this.state === "pending" && packet.sourcePort === this.#resolver.port &&
      this.#heard.has(packet.source) && this.#isAnswer(packet.bytes, offset, end);
    if (!isExpected) {
      this.#resolver.counters.ignored++;
      return Verdict.Unexpected;
    }
    if (this.#cursor.frame.isTruncated) this.#truncated(packet.source, now);
    else this.#take(packet.bytes, offset, end, packet.source, now);
    return Verdict.Ok;
  }

  /**
   * Takes an ICMP error about a datagram of this query's port: unreachable (type 3) means that the server does
   * not answer (RFC 1123 §4.1.3.3), and the next one is tried. Other types are ignored.
   */
  networkError(type: number, _code: number, _info: number, packet: Packet): void {
    const isOurs = packet.destination === this.server &&
      packet.destinationPort === this.#resolver.port && this.#heard.has(packet.destination);
    if (type === 3 && isOurs && this.#streamServer === 0) this.serverUnreachable();
  }

  /** Sees to what time has brought about, and writes the message if it is to be sent. */
  encapsulate(packet: Packet, _ipOffset: number, offset: number, now: number): number {
    if (this.state !== "pending") return 0;
    if (now >= this.#expires) {
      this.#resolver.counters.timeouts++;
      this.#turnToNext();
    }
    if (!this.#wantsToSend) {
      // A turn by another's wish: the timer must stand again.
      this.wakeAt(this.#expires);
      return 0;
    }
    this.#wantsToSend = false;
    const server = this.server;
    this.#heard.add(server);
    packet.bytes.set(this.#message, offset);
    packet.source = 0;
    packet.destination = server;
    packet.destinationPort = this.#resolver.port;
    packet.sourcePort = 0;
    this.#resolver.counters.sent++;
    this.#wait(now);
    return this.#message.length;
  }

  /**
   * Takes the answer of {@linkcode DnsQuery.streamServer}.
   *
   * @param bytes The buffer.
   * @param offset Where the message begins, after its length.
   * @param end Where it ends (exclusive).
   * @param now Milliseconds.
   * @returns `Unexpected` when it is not the answer, or none is waited for.
   */
  acceptStreamAnswer(bytes: Uint8Array, offset: number, end: number, now: number): Verdict {
    const server = this.#streamServer;
    if (server === 0 || this.state !== "pending" || !this.#isAnswer(bytes, offset, end)) {
      this.#resolver.counters.ignored++;
      return Verdict.Unexpected;
    }
    this.#take(bytes, offset, end, server, now);
    return Verdict.Ok;
  }

  /** Says that the server turned to last cannot be reached, over UDP or TCP: the next one is tried. */
  serverUnreachable(): void {
    if (this.state !== "pending" || this.#tries === 0) return;
    this.#giveUp(this.#streamServer || this.server, "timeout");
  }

  /** Ends the query: it fails as `cancelled`. Nothing happens when it has ended already. */
  cancel(): void {
    if (this.state === "pending") this.#fail("cancelled");
  }

  /** Looks for a name: in what is known, then with the servers. */
  #ask(name: string, now: number): void {
    for (;;) {
      this.canonicalName = name;
      const known = this.#resolver.lookup(name, this.type, now);
      if (known === undefined) return this.#start(name);
      if (typeof known === "string") return this.#none(known, now);
      const alias = known[0]!;
      if (alias.type !== "CNAME" || this.type === "CNAME" || this.type === "ANY") {
        return this.#answer(known);
      }
      if (this.aliases.length >= maxAliases) return this.#fail("SERVFAIL");
      this.aliases.push(alias);
      name = canonicalName(alias.target);
    }
  }

  /** Begins to ask the servers for a name. */
  #start(name: string): void {
    this.#asked = name;
    this.#servers = this.#resolver.servers.map((address) => address >>> 0);
    this.#tries = 0;
    this.#heard.clear();
    this.#useless.clear();
    this.#serverError = null;
    this.#withEdns = this.#resolver.udpSize > 0;
    this.#compose();
    this.#turnToNext();
  }

  #compose(): void {
    const { random, udpSize, randomizeCase } = this.#resolver;
    this.#message = encodeMessage({
      id: random.uint32() >>> 16,
      recursionDesired: true,
      questions: [{ name: this.#asked, type: this.type }],
      edns: this.#withEdns ? { udpSize } : null,
    });
    if (!randomizeCase) return;
    const bytes = this.#message;
    for (let at = 12; bytes[at]! !== 0; at += bytes[at]! + 1) {
      for (let i = at + 1; i <= at + bytes[at]!; i++) {
        const isLetter = bytes[i]! >= 0x61 && bytes[i]! <= 0x7a;
        if (isLetter && random.uint32() >= 2 ** 31) bytes[i]! ^= 0x20;
      }
    }
  }

  /** Turns to the next server that may still have an answer; fails when there is none. */
  #turnToNext(): void {
    const servers = this.#servers;
    const tries = servers.length * this.#resolver.attempts;
    this.#streamServer = 0;
    this.#expires = Infinity;
    while (this.#tries < tries) {
      this.#tries++;
      if (!this.#useless.has(this.server)) return this.#send();
    }
    this.#fail(servers.length === 0 ? "noServers" : this.#serverError ?? "timeout");
  }

  #send(): void {
    this.#wantsToSend = true;
    this.#streamServer = 0;
    this.#expires = Infinity;
    this.wakeAt(Infinity);
    this.requestTurn();
  }

  #wait(now: number): void {
    this.#expires = now + this.#resolver.timeout;
    this.wakeAt(this.#expires);
  }

  /** Whether a message is a response to what was asked: id, and question case aside, or exactly. */
  #isAnswer(bytes: Uint8Array, offset: number, end: number): boolean {
    const cursor = this.#cursor;
    const frame = cursor.frame;
    frame.reset(bytes, offset, end);
    if (frame.validate() !== Verdict.Ok || !frame.isResponse || frame.opcode !== 0) return false;
    if (frame.id !== ((this.#message[0]! << 8) | this.#message[1]!)) return false;
    // Who could not read the question does not always repeat it.
    const isError = frame.rcode === Rcode.FORMERR || frame.rcode === Rcode.NOTIMP;
    if (frame.questionCount === 0 && isError) return true;
    if (frame.questionCount !== 1) return false;
    // A truncated message may hold less than its counts say.
    cursor.reset(bytes, offset, end);
    cursor.verdict = Verdict.Ok;
    if (!cursor.next() || cursor.class !== 1) return false;
    if (cursor.type !== recordTypeNumber(this.type)) return false;
    if (!equalNames(bytes, offset, cursor.nameOffset, this.#message, 0, 12)) return false;
    if (!this.#resolver.randomizeCase) return true;
    for (let at = 12; this.#message[at]! !== 0; at++) {
      if (this.#message[at]! !== bytes[offset + at]!) return false;
    }
    return true;
  }

  #truncated(server: number, now: number): void {
    this.#resolver.counters.received++;
    if (this.#streamServer !== 0) return;
    if (this.#options.onTruncated === undefined) return this.#fail("truncated");
    this.#wantsToSend = false;
    this.#streamServer = server;
    this.#wait(now);
    this.#options.onTruncated(this);
  }

  /** Takes an answer that is not truncated. */
  #take(bytes: Uint8Array, offset: number, end: number, server: number, now: number): void {
    const { counters, cache } = this.#resolver;
    counters.received++;
    const message = decodeMessage(bytes, offset, end);
    if (typeof message === "number") return this.#giveUp(server, "malformed");
    const { rcode } = message;
    if (rcode !== Rcode.NOERROR && rcode !== Rcode.NXDOMAIN) return this.#refused(message, server);
    const found = readResponse(message, this.#asked, this.type, cache, now);
    if (found.outcome === "lame") return this.#giveUp(server, "SERVFAIL");
    this.#follow(found, now);
  }

  #follow(found: ResponseResult, now: number): void {
    this.#streamServer = 0;
    this.aliases.push(...found.aliases);
    this.canonicalName = found.name;
    if (found.outcome === "records") this.#answer(found.records);
    else if (found.outcome === "negative") this.#none(found.negative, now);
    else if (found.outcome === "loop" || this.aliases.length > maxAliases) this.#fail("SERVFAIL");
    else this.#ask(found.name, now);
  }

  #refused(message: DnsMessage, server: number): void {
    const { rcode } = message;
    const isAboutEdns = rcode === Rcode.FORMERR || rcode === Rcode.NOTIMP ||
      rcode === Rcode.BADVERS;
    // RFC 6891 §7: a server from before EDNS is asked again without it.
    if (isAboutEdns && this.#withEdns) {
      this.#resolver.counters.serverErrors++;
      this.#withEdns = false;
      this.#compose();
      return this.#send();
    }
    this.#giveUp(server, rcode === Rcode.REFUSED ? "REFUSED" : "SERVFAIL");
  }

  /** A server will not do; if it is the one that is waited for, the next one is turned to. */
  #giveUp(server: number, error: DnsError): void {
    this.#resolver.counters.serverErrors++;
    this.#useless.add(server);
    if (error !== "timeout") this.#serverError = error;
    const isAwaited = server === (this.#streamServer || this.server);
    if (isAwaited) this.#turnToNext();
  }

  /** A candidate has nothing: the next one, or the end. NODATA says more than NXDOMAIN. */
  #none(negative: "NXDOMAIN" | "NODATA", now: number): void {
    if (negative === "NODATA") this.#negative = negative;
    if (++this.#candidate >= this.#candidates.length) return this.#fail(this.#negative);
    this.aliases = [];
    this.#ask(this.#candidates[this.#candidate]!, now);
  }

  #answer(records: readonly DnsRecord[]): void {
    this.records = records;
    this.state = "answered";
    this.#end();
  }

  #fail(error: DnsError): void {
    this.error = error;
    this.state = "failed";
    this.#end();
  }

  #end(): void {
    this.#wantsToSend = false;
    this.#streamServer = 0;
    this.#expires = Infinity;
    this.connectionId++;
    this.wakeAt(Infinity);
    this.#options.onDone?.(this);
  }
}

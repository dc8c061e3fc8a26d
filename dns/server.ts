/**
 * A small authoritative server (RFC 1034 §4.3.2, RFC 1035 §4.3, RFC 2308, RFC 6891).
 *
 * @module
 */
import { BaseNode, type Packet, Verdict } from "@octet/wire";
import { Opcode, Rcode, RecordClass, type RecordTypeName } from "./constants.ts";
import { decodeMessage } from "./decode.ts";
import type { Edns } from "./edns.ts";
import { encodeMessage } from "./encode.ts";
import { DnsFrame } from "./frame.ts";
import type { DnsMessage, DnsMessageInit } from "./message.ts";
import { canonicalName, isSubdomain } from "./name.ts";
import type { DnsQuestion, DnsRecord } from "./record.ts";
import type { DnsZone } from "./zone.ts";

/** A chain of aliases is followed this far. */
const maxAliases = 16;
/** What UDP carries for who does not speak EDNS (RFC 1035 §4.2.1). */
const plainUdpSize = 512;

/** How a server is set up. */
export interface DnsServerOptions {
  /** The zones it is an authority for. */
  zones?: readonly DnsZone[];
  /** The largest UDP payload it sends, in bytes, 512 to 1232; 1232 when left out. */
  udpSize?: number;
  /** Replies that may wait to be sent; more are dropped. 64 when left out. */
  queueLimit?: number;
  /** What `version.bind` in class CH is answered with; refused when left out. */
  version?: string;
  /** What who asks for the server's identifier gets (RFC 5001). */
  nsid?: Uint8Array;
}

/** What a server has done, in numbers of messages. */
export interface DnsServerCounters {
  /** Queries taken over UDP. */
  received: number;
  /** Replies sent over UDP. */
  sent: number;
  /** Messages that are no queries, or have no header. */
  ignored: number;
  /** Queries that could not be read. */
  formErrors: number;
  /** Queries for names outside the zones. */
  refused: number;
  /** Replies dropped since too many waited. */
  dropped: number;
}

interface Reply {
  readonly bytes: Uint8Array;
  readonly address: number;
  readonly port: number;
  readonly source: number;
}

/**
 * Answers queries on UDP port 53, and those a caller has from TCP.
 *
 * @example
 * ```ts
 * import { decodeMessage, encodeMessage } from "@octet/dns";
 * import { DnsServer, DnsZone } from "@octet/dns/server";
 * import { parseZone } from "@octet/dns/text";
 * import { assertEquals } from "@std/assert";
 *
 * const zone = new DnsZone("octet.test", parseZone("www.octet.test. 60 A 10.77.0.1"));
 * const server = new DnsServer({ zones: [zone] });
 * const query = encodeMessage({ id: 9, questions: [{ name: "WWW.octet.test.", type: "A" }] });
 * const reply = server.answerStream(query, 0, query.length);
 * const message = decodeMessage(reply!);
 * if (typeof message === "number") throw new Error("Malformed");
 * assertEquals(message.answers, [
 *   { name: "WWW.octet.test.", type: "A", ttl: 60, address: 0x0a4d0001 },
 * ]);
 * ```
 */
export class DnsServer extends BaseNode {
  /** The zones it is an authority for; may be changed at any time. */
  readonly zones: DnsZone[];
  /** What it has done so far. */
  readonly counters: DnsServerCounters = {
    received: 0,
    sent: 0,
    ignored: 0,
    formErrors: 0,
    refused: 0,
    dropped: 0,
  };
  readonly #udpSize: number;
  readonly #queueLimit: number;
  readonly #version: string | undefined;
  readonly #nsid: Uint8Array | undefined;
  readonly #queue: Reply[] = [];

  /**
   * Makes a server for port 53.
   *
   * @throws {RangeError} When `udpSize` is not from 512 to 1232.
   */
  constructor(options: DnsServerOptions = {}) {
    super();
    this.protocol = 17;
    this.localPort = 53;
    this.zones = [...options.zones ?? []];
    this.#udpSize = options.udpSize ?? 1232;
    if (!(this.#udpSize >= plainUdpSize && this.#udpSize <= 1232)) {
      throw new RangeError(`Cannot make DNS server as its UDP size is ${this.#udpSize}`);
    }
    this.#queueLimit = options.queueLimit ?? 64;
    this.#version = options.version;
    this.#nsid = options.nsid;
  }

  /** Takes a query from UDP; the reply waits for a turn. */
  demux(packet: Packet, offset: number, end: number, _now: number): Verdict {
    // A reply to a broadcast would come from everywhere at once; port 0 cannot be answered.
    if (packet.isLinkBroadcast || packet.sourcePort === 0) return Verdict.Filtered;
    if (this.#queue.length >= this.#queueLimit) {
      this.counters.dropped++;
      return Verdict.QueueFull;
    }
    const bytes = this.answerDatagram(packet.bytes, offset, end);
    if (bytes === null) return end - offset < 12 ? Verdict.Short : Verdict.Unexpected;
    this.counters.received++;
    this.#queue.push({
      bytes,
      address: packet.source,
      port: packet.sourcePort,
      source: packet.destination,
    });
    this.requestTurn();
    return Verdict.Ok;
  }

  /** Writes the oldest reply. */
  encapsulate(packet: Packet, _ipOffset: number, offset: number, _now: number): number {
    const reply = this.#queue.shift();
    if (reply === undefined) return 0;
    packet.bytes.set(reply.bytes, offset);
    packet.source = reply.source;
    packet.destination = reply.address;
    packet.destinationPort = reply.port;
    packet.sourcePort = 0;
    // Where even 1232 bytes are too many, a reply in pieces is better than none.
    packet.mayFragment = true;
    this.counters.sent++;
    return reply.bytes.length;
  }

  /**
   * The reply to a query that came over UDP: as long as the asker takes, at most.
   *
   * @param bytes The buffer.
   * @param offset Where the query begins.
   * @param end Where it ends (exclusive).
   * @returns The reply, or `null` for what is not to be answered: no header, or not a query.
   */
  answerDatagram(bytes: Uint8Array, offset: number, end: number): Uint8Array<ArrayBuffer> | null {
    return this.#answer(bytes, offset, end, false);
  }

  /**
   * The reply to a query that came over TCP: up to 65535 bytes, without its length before it.
   *
   * @param bytes The buffer.
   * @param offset Where the query begins, after its length.
   * @param end Where it ends (exclusive).
   * @returns The reply, or `null` for what is not to be answered: no header, or not a query.
   */
  answerStream(bytes: Uint8Array, offset: number, end: number): Uint8Array<ArrayBuffer> | null {
    return this.#answer(bytes, offset, end, true);
  }

  #answer(
    bytes: Uint8Array,
    offset: number,
    end: number,
    isStream: boolean,
  ): Uint8Array<ArrayBuffer> | null {
    const frame = new DnsFrame();
    frame.reset(bytes, offset, end);
    // A reply to a reply would go on for ever.
    if (frame.validate() !== Verdict.Ok || frame.isResponse) {
      this.counters.ignored++;
      return null;
    }
    const { id, opcode, recursionDesired, checkingDisabled } = frame;
    const reply: DnsMessageInit = {
      id,
      opcode,
      recursionDesired,
      checkingDisabled,
      isResponse: true,
    };
    if (opcode !== Opcode.QUERY) return encodeMessage({ ...reply, rcode: Rcode.NOTIMP });
    const query = decodeMessage(bytes, offset, end);
    // RFC 9619: a query has one question.
    if (typeof query === "number" || query.questions.length !== 1) {
      this.counters.formErrors++;
      return encodeMessage({ ...reply, rcode: Rcode.FORMERR });
    }
    const asked = query.edns;
    reply.questions = query.questions;
    if (asked !== null) reply.edns = this.#edns(asked);
    if (asked !== null && asked.version !== 0) reply.rcode = Rcode.BADVERS;
    else this.#fill(reply, query);
    const maxSize = isStream
      ? 0xffff
      : Math.min(Math.max(asked?.udpSize ?? 0, plainUdpSize), this.#udpSize);
    return encodeMessage(reply, { maxSize });
  }

  /** RFC 6891 §6.1.1: who sends an OPT gets one; RFC 3225 §3: DO is repeated. */
  #edns(asked: Edns): Edns {
    const wantsId = this.#nsid !== undefined && asked.options.some(({ kind }) => kind === "nsid");
    return {
      udpSize: this.#udpSize,
      version: 0,
      dnssecOk: asked.dnssecOk,
      options: wantsId ? [{ kind: "nsid", data: this.#nsid! }] : [],
    };
  }

  #fill(reply: DnsMessageInit, query: DnsMessage): void {
    const question = query.questions[0]!;
    if (question.class === RecordClass.CH) return this.#fillChaos(reply, question);
    const isTransfer = question.type === "AXFR" || question.type === "IXFR";
    const zone = this.#zoneOf(question.name, question.type);
    if ((question.class ?? 1) !== RecordClass.IN || isTransfer || zone === undefined) {
      this.counters.refused++;
      reply.rcode = Rcode.REFUSED;
      return;
    }
    this.#search(reply, question, zone);
  }

  #fillChaos(reply: DnsMessageInit, question: DnsQuestion): void {
    const name = canonicalName(question.name);
    const isVersion = name === "version.bind." || name === "version.server.";
    if (this.#version === undefined || !isVersion || question.type !== "TXT") {
      this.counters.refused++;
      reply.rcode = Rcode.REFUSED;
      return;
    }
    const strings = [new TextEncoder().encode(this.#version).slice(0, 255)];
    reply.isAuthoritative = true;
    reply.answers = [
      { name: question.name, type: "TXT", class: RecordClass.CH, ttl: 0, strings },
    ];
  }

  /** The zone nearest above a name. A DS record belongs to the zone above the one it is about. */
  #zoneOf(name: string, type: RecordTypeName): DnsZone | undefined {
    const wanted = canonicalName(name);
    let best: DnsZone | undefined;
    let apex: DnsZone | undefined;
    for (const zone of this.zones) {
      if (!isSubdomain(wanted, zone.origin)) continue;
      if (type === "DS" && zone.origin === wanted) apex = zone;
      else if (best === undefined || zone.origin.length > best.origin.length) best = zone;
    }
    return best ?? apex;
  }

  #search(reply: DnsMessageInit, question: DnsQuestion, first: DnsZone): void {
    const answers: DnsRecord[] = [];
    const authorities: DnsRecord[] = [];
    const seen = new Set<string>();
    let zone: DnsZone | undefined = first;
    let name = question.name;
    reply.isAuthoritative = true;
    while (zone !== undefined && seen.size < maxAliases && !seen.has(canonicalName(name))) {
      seen.add(canonicalName(name));
      const { outcome, records, target } = zone.find(name, question.type);
      if (outcome === "referral") {
        authorities.push(...records);
        // AA is about the first owner in the answer section (RFC 1035 §4.1.1).
        if (answers.length === 0) reply.isAuthoritative = false;
      } else {
        answers.push(...records);
      }
      if (outcome === "noData" || outcome === "noName") {
        const soa = zone.soa;
        // RFC 2308 §3: the SOA's TTL is how long the negative answer may be kept.
        authorities.push({ ...soa, ttl: Math.min(soa.ttl, soa.minimum) });
        // RFC 6604 §3: the code is about the last name of a chain.
        if (outcome === "noName") reply.rcode = Rcode.NXDOMAIN;
      }
      if (outcome === "tooLong") reply.rcode = Rcode.YXDOMAIN;
      if (outcome !== "alias") break;
      name = target;
      zone = this.#zoneOf(name, question.type);
    }
    reply.answers = answers;
    reply.authorities = authorities;
    reply.additionals = this.#addressesFor([...answers, ...authorities], answers);
  }

  /** RFC 1035 §3.3.9, RFC 2782, RFC 9460 §4.1: addresses of the hosts that records name. */
  #addressesFor(records: readonly DnsRecord[], known: readonly DnsRecord[]): DnsRecord[] {
    const result: DnsRecord[] = [];
    const seen = new Set<string>();
    for (const record of known) {
      if (record.type === "A" || record.type === "AAAA") seen.add(canonicalName(record.name));
    }
    for (const record of records) {
      const host = hostOf(record);
      if (host === undefined || seen.has(canonicalName(host))) continue;
      const name = canonicalName(host);
      seen.add(name);
      for (const zone of this.zones) {
        if (!isSubdomain(name, zone.origin)) continue;
        const found = [...zone.records(name, "A"), ...zone.records(name, "AAAA")];
        result.push(...found);
        if (found.length > 0) break;
      }
    }
    return result;
  }
}

function hostOf(record: DnsRecord): string | undefined {
  switch (record.type) {
    case "NS":
    case "SRV":
      return record.target;
    case "SVCB":
    case "HTTPS":
      return record.target === "." ? record.name : record.target;
    case "MX":
      return record.exchange;
    default:
      return undefined;
  }
}

/**
 * Answers that are kept while they hold: sets of records, and that there are none (RFC 1035 §7.4,
 * RFC 2181 §5, RFC 2308 §5). The least recently used make room for new ones.
 *
 * @module
 */
import type { RecordTypeName } from "./constants.ts";
import type { DnsRecord } from "./record.ts";

/** How a cache is set up. */
export interface DnsCacheOptions {
  /** How many answers are kept; 512 when left out, 0 for none. */
  capacity?: number;
  /** The longest a set of records is kept, in seconds; a day when left out. */
  maxTtl?: number;
  /** The longest a negative answer is kept, in seconds; three hours when left out (RFC 2308 §5). */
  maxNegativeTtl?: number;
}

/** That there is nothing: no such name, or no such records of it. */
export type NegativeAnswer = "NXDOMAIN" | "NODATA";

interface Entry {
  /** When it stops to hold, in milliseconds. */
  readonly expires: number;
  readonly value: readonly DnsRecord[] | NegativeAnswer;
}

/** Stands for all types: a name that does not exist has none of them (RFC 2308 §5). */
const everyType = "*";

/**
 * Keeps answers by name and type. Time is an argument, in milliseconds.
 *
 * @example
 * ```ts
 * import { DnsCache } from "@octet/dns/resolver";
 * import { assertEquals } from "@std/assert";
 *
 * const cache = new DnsCache();
 * cache.setRecords("octet.test.", "A", [
 *   { name: "octet.test.", type: "A", ttl: 60, address: 0x0a4d0001 },
 * ], 0);
 * assertEquals(cache.get("octet.test.", "A", 20_500), [
 *   { name: "octet.test.", type: "A", ttl: 39, address: 0x0a4d0001 },
 * ]);
 * assertEquals(cache.get("octet.test.", "A", 60_000), undefined);
 * ```
 */
export class DnsCache {
  /** How many answers are kept at most. */
  readonly capacity: number;
  readonly #maxTtl: number;
  readonly #maxNegativeTtl: number;
  /** In order of use, the least recent first. */
  readonly #entries: Map<string, Entry> = new Map();

  /** Makes an empty cache. */
  constructor(options: DnsCacheOptions = {}) {
    this.capacity = options.capacity ?? 512;
    this.#maxTtl = options.maxTtl ?? 86_400;
    this.#maxNegativeTtl = options.maxNegativeTtl ?? 10_800;
  }

  /** How many answers are kept, those that hold no longer included. */
  get size(): number {
    return this.#entries.size;
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
  }

  /**
   * What is known.
   *
   * @param name The name, canonical.
   * @param type The type.
   * @param now Milliseconds.
   * @returns The records with the time that is left as their TTL; that there are none; `undefined` when it is
   *     not known.
   */
  get(
    name: string,
    type: RecordTypeName,
    now: number,
  ): readonly DnsRecord[] | NegativeAnswer | undefined {
    return this.#read(`${name} ${type}`, now) ?? this.#read(`${name} ${everyType}`, now);
  }

  /**
   * Keeps a set of records for as long as the smallest of their TTLs says; one with TTL 0 not at all.
   *
   * @param name The name, canonical.
   * @param type The type.
   * @param records The records; one or more.
   * @param now Milliseconds.
   */
  setRecords(name: string, type: RecordTypeName, records: readonly DnsRecord[], now: number): void {
    let ttl = this.#maxTtl;
    // RFC 2181 §8: a TTL with its top bit set is taken as 0.
    for (const record of records) ttl = Math.min(ttl, record.ttl >= 2 ** 31 ? 0 : record.ttl);
    this.#write(`${name} ${type}`, records, now + ttl * 1000, ttl);
  }

  /**
   * Keeps that there is nothing.
   *
   * @param name The name, canonical.
   * @param type The type; for NXDOMAIN it holds for all types.
   * @param answer What there is not.
   * @param ttl For how many seconds: the smaller of the SOA's TTL and its minimum (RFC 2308 §5).
   * @param now Milliseconds.
   */
  setNegative(
    name: string,
    type: RecordTypeName,
    answer: NegativeAnswer,
    ttl: number,
    now: number,
  ): void {
    const seconds = Math.min(ttl >= 2 ** 31 ? 0 : ttl, this.#maxNegativeTtl);
    const key = answer === "NXDOMAIN" ? everyType : type;
    this.#write(`${name} ${key}`, answer, now + seconds * 1000, seconds);
  }

  #read(key: string, now: number): Entry["value"] | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    const left = entry.expires - now;
    if (left <= 0) return undefined;
    this.#entries.set(key, entry);
    const { value } = entry;
    if (typeof value === "string") return value;
    const ttl = Math.floor(left / 1000);
    return value.map((record) => ({ ...record, ttl }));
  }

  #write(key: string, value: Entry["value"], expires: number, ttl: number): void {
    this.#entries.delete(key);
    if (ttl <= 0 || this.capacity <= 0) return;
    if (this.#entries.size >= this.capacity) {
      this.#entries.delete(this.#entries.keys().next().value!);
    }
    this.#entries.set(key, { expires, value });
  }
}

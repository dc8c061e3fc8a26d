/**
 * A zone in memory, and how a name is looked up in it (RFC 1034 §4.3.2, RFC 4592, RFC 6672).
 *
 * @module
 */
import type { RecordTypeName } from "./constants.ts";
import { canonicalName, isSubdomain, parentName } from "./name.ts";
import { encodeRecordData } from "./encode.ts";
import type { DnsRecord, SoaRecord } from "./record.ts";

/** What looking a name up came to. */
export interface ZoneResult {
  /**
   * `answer`: `records` are what was asked for. `alias`: they are a CNAME (behind a DNAME, perhaps)
   * to `target`. `referral`: they are the NS records of a zone below. `noData`: the name exists, without such
   * records. `noName`: it does not exist. `tooLong`: the DNAME in `records` makes a name that is too long (RFC 6672 §2.2).
   */
  outcome: "answer" | "alias" | "referral" | "noData" | "noName" | "tooLong";
  /** The records; none for `noData` and `noName`. */
  records: readonly DnsRecord[];
  /** Where the search goes on, for an alias. */
  target: string;
}

/** A name of the zone. One without records has names below it (an empty non-terminal, RFC 4592 §2.2.2). */
interface ZoneNode {
  readonly sets: Map<string, DnsRecord[]>;
  children: number;
}

function result(
  outcome: ZoneResult["outcome"],
  records: readonly DnsRecord[] = [],
  target: string = "",
): ZoneResult {
  return { outcome, records, target };
}

/**
 * The records a server is an authority for, at and below one name.
 *
 * @example
 * ```ts
 * import { DnsZone } from "@octet/dns/server";
 * import { parseZone } from "@octet/dns/text";
 * import { assertEquals } from "@std/assert";
 *
 * const zone = new DnsZone("octet.test", parseZone("*.octet.test. 60 A 10.77.0.1"));
 * assertEquals(zone.find("www.octet.test.", "A").records, [
 *   { name: "www.octet.test.", type: "A", ttl: 60, address: 0x0a4d0001 },
 * ]);
 * assertEquals(zone.find("www.octet.test.", "MX").outcome, "noData");
 * ```
 */
export class DnsZone {
  /** The name at the top, canonical. */
  readonly origin: string;
  readonly #nodes: Map<string, ZoneNode> = new Map();

  /**
   * Makes a zone. Without a SOA record among `records` it gets one: `ns.ORIGIN hostmaster.ORIGIN 1
   * 3600 600 86400 60`, TTL 60.
   *
   * @param origin The name at the top.
   * @param records What is in it, as plain records or from {@linkcode parseZone}.
   * @throws {RangeError} When a record cannot be in the zone, see {@linkcode DnsZone.add}.
   * @throws {SyntaxError} When a name is malformed.
   */
  constructor(origin: string, records: Iterable<DnsRecord> = []) {
    this.origin = canonicalName(origin);
    this.#nodes.set(this.origin, { sets: new Map(), children: 0 });
    for (const record of records) this.add(record);
    if (this.records(this.origin, "SOA").length > 0) return;
    const below = this.origin === "." ? "" : this.origin;
    this.add({
      name: this.origin,
      type: "SOA",
      ttl: 60,
      mname: `ns.${below}`,
      rname: `hostmaster.${below}`,
      serial: 1,
      refresh: 3600,
      retry: 600,
      expire: 86400,
      minimum: 60,
    });
  }

  /** The record at the top that says how long negative answers hold. */
  get soa(): SoaRecord {
    return this.records(this.origin, "SOA")[0] as SoaRecord;
  }

  /**
   * Adds a record. One that is there already is kept once; the TTL of the whole set becomes the
   * smaller one (RFC 2181 §5).
   *
   * @throws {RangeError} When the owner is outside the zone, the class is not IN, a field is out of its range, or
   *     a CNAME, or second SOA, would stand beside other records (RFC 1034 §3.6.2).
   * @throws {SyntaxError} When a name is malformed.
   */
  add(record: DnsRecord): void {
    const { type } = record;
    const name = canonicalName(record.name);
    const fail = (reason: string): never => {
      throw new RangeError(`Cannot add ${type} record of ${name} to ${this.origin} as ${reason}`);
    };
    if (!isSubdomain(name, this.origin)) fail("the name is outside the zone");
    if ((record.class ?? 1) !== 1) fail("the class is not IN");
    const data = encodeRecordData(record).toString();
    const sets = this.#nodes.get(name)?.sets;
    const set = sets?.get(type) ?? [];
    if (set.some((other) => encodeRecordData(other).toString() === data)) return;
    const isSingle = type === "CNAME" || type === "SOA";
    if (set.length > 0 && isSingle) fail("there is one already");
    if (type === "SOA" && name !== this.origin) fail("it is not at the top");
    const others = [...sets?.keys() ?? []].filter((other) => other !== type);
    if (others.includes("CNAME") || (type === "CNAME" && others.length > 0)) {
      fail("an alias has no other records");
    }
    const ttl = Math.min(record.ttl, ...set.map((other) => other.ttl));
    this.#ensure(name).sets.set(
      type,
      [...set, record].map((each) => each.ttl === ttl ? each : { ...each, ttl }),
    );
  }

  /**
   * Takes records out; the SOA at the top stays.
   *
   * @param name The owner.
   * @param type The type; all of them when left out.
   */
  remove(name: string, type?: RecordTypeName): void {
    const owner = canonicalName(name);
    const sets = this.#nodes.get(owner)?.sets;
    for (const each of [...sets?.keys() ?? []]) {
      if (each !== "SOA" && (type === undefined || type === each)) sets!.delete(each);
    }
    this.#prune(owner);
  }

  /**
   * The records of a name as they stand in the zone, glue included, wildcards not.
   *
   * @param name The owner, canonical.
   * @param type The type.
   */
  records(name: string, type: RecordTypeName): readonly DnsRecord[] {
    return this.#nodes.get(name)?.sets.get(type) ?? [];
  }

  /**
   * Looks a name up: zone cuts, aliases, wildcards (RFC 1034 §4.3.2, RFC 4592 §3.3).
   *
   * @param name The name, absolute, at or below the origin. Answers are given for it as it is spelt here.
   * @param type The type; for ANY one set of records is given (RFC 8482 §4.1).
   * @throws {RangeError} When the name is outside the zone.
   */
  find(name: string, type: RecordTypeName): ZoneResult {
    const wanted = canonicalName(name);
    if (!isSubdomain(wanted, this.origin)) {
      throw new RangeError(`Cannot find ${wanted} in ${this.origin} as it is outside the zone`);
    }
    const path: string[] = [];
    for (let each = wanted; each !== this.origin; each = parentName(each)) path.push(each);
    let owner = this.origin;
    let node = this.#nodes.get(owner)!;
    for (;;) {
      // RFC 6672 §3.2: a DNAME speaks for the names below it.
      const dname = path.length > 0 ? node.sets.get("DNAME")?.[0] : undefined;
      if (dname?.type === "DNAME") return this.#substitute(name, wanted, owner, dname);
      // RFC 4035 §3.1.4.1: the parent's side of a cut owns the DS records.
      const cut = owner === this.origin || (path.length === 0 && type === "DS")
        ? undefined
        : node.sets.get("NS");
      if (cut !== undefined) return result("referral", cut);
      if (path.length === 0) return this.#fromNode(node, name, type);
      const next = this.#nodes.get(path.at(-1)!);
      if (next === undefined) break;
      node = next;
      owner = path.pop()!;
    }
    const wildcard = this.#nodes.get(owner === "." ? "*." : `*.${owner}`);
    return wildcard === undefined ? result("noName") : this.#fromNode(wildcard, name, type);
  }

  #fromNode(node: ZoneNode, name: string, type: string): ZoneResult {
    const { sets } = node;
    const alias = sets.get("CNAME");
    const isAlias = alias !== undefined && type !== "CNAME" && type !== "ANY";
    const set = isAlias ? alias : type === "ANY" ? [...sets.values()][0] : sets.get(type);
    if (set === undefined) return result("noData");
    const records = set.map((record) => record.name === name ? record : { ...record, name });
    const first = records[0]!;
    return isAlias && first.type === "CNAME"
      ? result("alias", records, first.target)
      : result("answer", records);
  }

  #substitute(name: string, wanted: string, owner: string, dname: DnsRecord): ZoneResult {
    if (dname.type !== "DNAME") return result("noData");
    const prefix = wanted.slice(0, owner === "." ? wanted.length : wanted.length - owner.length);
    const target = dname.target === "." ? prefix : prefix + dname.target;
    try {
      const records: DnsRecord[] = [dname, { name, type: "CNAME", ttl: dname.ttl, target }];
      canonicalName(target);
      return result("alias", records, target);
    } catch {
      return result("tooLong", [dname]);
    }
  }

  #ensure(name: string): ZoneNode {
    const there = this.#nodes.get(name);
    if (there !== undefined) return there;
    const node: ZoneNode = { sets: new Map(), children: 0 };
    this.#nodes.set(name, node);
    this.#ensure(parentName(name)).children++;
    return node;
  }

  #prune(name: string): void {
    const node = this.#nodes.get(name);
    if (node === undefined || name === this.origin || node.children > 0 || node.sets.size > 0) {
      return;
    }
    this.#nodes.delete(name);
    const parent = parentName(name);
    this.#nodes.get(parent)!.children--;
    this.#prune(parent);
  }
}

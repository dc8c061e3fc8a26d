/**
 * What a response says about the question: along its aliases, to the records or to their absence.
 *
 * @module
 */
import type { DnsCache, NegativeAnswer } from "./cache.ts";
import { Rcode, type RecordTypeName } from "./constants.ts";
import type { DnsMessage } from "./message.ts";
import { canonicalName } from "./name.ts";
import type { DnsRecord } from "./record.ts";

/** A chain of aliases is followed this far. */
export const maxAliases = 16;

/** Where a response leads. */
export interface ResponseResult {
  /**
   * `records`: they are there. `negative`: there are none. `alias`: `name` is to be asked for next. `lame`: the
   * server knows nothing of the name. `loop`: the aliases lead nowhere.
   */
  outcome: "records" | "negative" | "alias" | "lame" | "loop";
  /** The last name of the chain, canonical. */
  name: string;
  /** The aliases on the way. */
  aliases: DnsRecord[];
  /** The records asked for. */
  records: readonly DnsRecord[];
  /** What there is not. */
  negative: NegativeAnswer;
}

/**
 * Reads a response whose code is NOERROR or NXDOMAIN. Only records on the way from the name asked about are
 * looked at, and kept: nothing else in the message is believed (RFC 2181 §5.4.1, RFC 5452 §6).
 *
 * @param message The response.
 * @param asked The name asked about, canonical.
 * @param type The type asked for.
 * @param cache Where to keep what it says.
 * @param now Milliseconds.
 */
export function readResponse(
  message: DnsMessage,
  asked: string,
  type: RecordTypeName,
  cache: DnsCache,
  now: number,
): ResponseResult {
  const aliases: DnsRecord[] = [];
  const result = (
    outcome: ResponseResult["outcome"],
    name: string,
    records: readonly DnsRecord[] = [],
    negative: NegativeAnswer = "NODATA",
  ): ResponseResult => ({ outcome, name, aliases, records, negative });

  const byName = new Map<string, DnsRecord[]>();
  for (const received of message.answers) {
    if (received.class !== undefined) continue;
    // RFC 2181 §8: a TTL with its top bit set is taken as 0.
    const ttl = received.ttl >= 2 ** 31 ? 0 : received.ttl;
    const key = canonicalName(received.name);
    // The owner is spelt as the server was asked, which may be in random case.
    const record = { ...received, ttl, name: key === asked ? asked : received.name };
    const there = byName.get(key);
    if (there === undefined) byName.set(key, [record]);
    else there.push(record);
  }
  let name = asked;
  for (;;) {
    const owned: readonly DnsRecord[] = byName.get(name) ?? [];
    const records = type === "ANY" ? owned : owned.filter((record) => record.type === type);
    if (records.length > 0) {
      cache.setRecords(name, type, records, now);
      return result("records", name, records);
    }
    const alias = owned.find((record) => record.type === "CNAME");
    if (alias?.type !== "CNAME") break;
    if (aliases.length >= maxAliases) return result("loop", name);
    cache.setRecords(name, "CNAME", [alias], now);
    aliases.push(alias);
    name = canonicalName(alias.target);
  }
  const soa = message.authorities.find((record) => record.type === "SOA");
  const isMissing = message.rcode === Rcode.NXDOMAIN;
  if (soa?.type === "SOA" || isMissing) {
    const negative = isMissing ? "NXDOMAIN" : "NODATA";
    // RFC 2308 §5: without a SOA a negative answer is not kept.
    if (soa?.type === "SOA") {
      cache.setNegative(name, type, negative, Math.min(soa.ttl, soa.minimum), now);
    }
    return result("negative", name, [], negative);
  }
  if (aliases.length > 0) return result("alias", name);
  // RFC 2308 §2.2: NS records without a SOA are a referral, which is no answer for a stub.
  const isReferral = !message.isAuthoritative &&
    message.authorities.some((record) => record.type === "NS");
  return result(isReferral ? "lame" : "negative", name);
}

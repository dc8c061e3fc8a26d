/**
 * Names that are answered without asking anybody: addresses written as names, `localhost`, the hosts
 * table (RFC 6761, RFC 7686), and names for looking addresses up.
 *
 * @module
 */
import { parseIpv4, tryParseIpv4 } from "@octet/netip/ipv4";
import { parseIpv6, tryParseIpv6 } from "@octet/netip/ipv6";
import type { NegativeAnswer } from "./cache.ts";
import type { RecordTypeName } from "./constants.ts";
import { canonicalName, isSubdomain } from "./name.ts";
import type { DnsRecord } from "./record.ts";

/** Addresses by name, as in a hosts file: one address or several, in their usual notation. */
export type Hosts = Readonly<Record<string, string | readonly string[]>>;

/** The TTL of records made here, in seconds: whoever asks may always ask again. */
const localTtl = 0;

/**
 * The name under which an IPv4 address is looked up (RFC 1035 §3.5).
 *
 * @example
 * ```ts
 * import { reverseNameIpv4 } from "@octet/dns/resolver";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(reverseNameIpv4(0x0a4d0001), "1.0.77.10.in-addr.arpa.");
 * ```
 *
 * @param address The address, unsigned, host order.
 */
export function reverseNameIpv4(address: number): string {
  const [a, b, c, d] = [address >>> 24, (address >> 16) & 255, (address >> 8) & 255, address & 255];
  return `${d}.${c}.${b}.${a}.in-addr.arpa.`;
}

/**
 * The name under which an IPv6 address is looked up (RFC 3596 §2.5).
 *
 * @example
 * ```ts
 * import { reverseNameIpv6 } from "@octet/dns/resolver";
 * import { assert } from "@std/assert";
 *
 * assert(reverseNameIpv6(1n).startsWith("1.0.0.0.0."));
 * ```
 *
 * @param address The address, 128 bits.
 */
export function reverseNameIpv6(address: bigint): string {
  const digits = address.toString(16).padStart(32, "0");
  return [...digits].reverse().join(".") + ".ip6.arpa.";
}

/** Addresses, or aliases, under canonical names. */
export type HostsTable = Map<string, DnsRecord[]>;

/**
 * Makes records of a hosts table, PTR records included.
 *
 * @param hosts The table.
 * @throws {SyntaxError} When a name or an address is malformed.
 */
export function readHosts(hosts: Hosts): HostsTable {
  const table: HostsTable = new Map();
  const add = (record: DnsRecord): void => {
    const key = canonicalName(record.name);
    table.set(key, [...table.get(key) ?? [], record]);
  };
  for (const [host, addresses] of Object.entries(hosts)) {
    const name = canonicalName(host);
    for (const text of typeof addresses === "string" ? [addresses] : addresses) {
      const isIpv6 = text.includes(":");
      const ipv6 = isIpv6 ? parseIpv6(text) : 0n;
      const ipv4 = isIpv6 ? 0 : parseIpv4(text);
      const reverse = isIpv6 ? reverseNameIpv6(ipv6) : reverseNameIpv4(ipv4);
      if (isIpv6) add({ name, type: "AAAA", ttl: localTtl, address: ipv6 });
      else add({ name, type: "A", ttl: localTtl, address: ipv4 });
      add({ name: reverse, type: "PTR", ttl: localTtl, target: name });
    }
  }
  return table;
}

function pick(
  records: readonly DnsRecord[],
  type: RecordTypeName,
): readonly DnsRecord[] | NegativeAnswer {
  const found = records.filter((record) => record.type === type || type === "ANY");
  return found.length > 0 ? found : "NODATA";
}

/**
 * The answer for an address written as a name: itself.
 *
 * @param text What was asked for.
 * @param type The type asked for.
 * @returns A record; `NODATA` when the address is of the other family; `undefined` for what is no address.
 */
export function answerLiteral(
  text: string,
  type: RecordTypeName,
): readonly DnsRecord[] | NegativeAnswer | undefined {
  const ipv4 = tryParseIpv4(text);
  const ipv6 = ipv4 === undefined ? tryParseIpv6(text) : undefined;
  if (ipv4 === undefined && ipv6 === undefined) return undefined;
  const name = canonicalName(text);
  return pick([
    ipv6 === undefined
      ? { name, type: "A", ttl: localTtl, address: ipv4! }
      : { name, type: "AAAA", ttl: localTtl, address: ipv6 },
  ], type);
}

/**
 * The answer for a name that the hosts table or a standard settles.
 *
 * @param name The name, canonical.
 * @param type The type asked for.
 * @param hosts The hosts table.
 * @returns Records; that there are none; `undefined` for a name like any other.
 */
export function answerSpecial(
  name: string,
  type: RecordTypeName,
  hosts: HostsTable,
): readonly DnsRecord[] | NegativeAnswer | undefined {
  // RFC 6761 §6.3: loopback, and nothing else, whoever says otherwise.
  if (isSubdomain(name, "localhost.")) {
    return pick([
      { name, type: "A", ttl: localTtl, address: 0x7f000001 },
      { name, type: "AAAA", ttl: localTtl, address: 1n },
    ], type);
  }
  // RFC 6761 §6.4, RFC 7686 §2: these never exist.
  if (isSubdomain(name, "invalid.") || isSubdomain(name, "onion.")) return "NXDOMAIN";
  const records = hosts.get(name);
  return records === undefined ? undefined : pick(records, type);
}

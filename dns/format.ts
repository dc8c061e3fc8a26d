/**
 * Records as the text of master files (RFC 1035 §5.1), which is also what dig prints.
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip/ipv4";
import { formatIpv6 } from "@octet/netip/ipv6";
import { quote } from "./_escape.ts";
import { type FieldKind, isOpaque, layoutOf } from "./_layout.ts";
import { latin1 } from "./_reader.ts";
import { svcParamValues } from "./_svcb_codec.ts";
import { recordClassName } from "./constants.ts";
import type { DnsQuestion, DnsRecord } from "./record.ts";
import { SvcParamKey, type SvcParams } from "./svcb.ts";

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("").toUpperCase();
}

/**
 * The name of a service parameter key (RFC 9460 §14.3.2).
 *
 * @param key The number, 0 to 65535.
 * @returns Its mnemonic in lower case, or `key` and the number.
 */
export function svcParamKeyName(key: number): string {
  for (const [name, value] of Object.entries(SvcParamKey)) {
    if (value === key) return name.toLowerCase().replaceAll("_", "-");
  }
  return `key${key}`;
}

/** RFC 9460 §2.1 and appendix A. */
function formatParams(params: SvcParams): string {
  return svcParamValues(params).map(({ key, value }) => {
    const name = svcParamKeyName(key);
    switch (key) {
      case SvcParamKey.MANDATORY:
        return `${name}=${params.mandatory!.map(svcParamKeyName).join()}`;
      case SvcParamKey.ALPN: {
        // A comma or backslash within an id is escaped first as part of the list, then as part of the string.
        const ids = params.alpn!.map((id) => id.replaceAll(/[\\,]/g, "\\$&")).join();
        return `${name}=${quote(Uint8Array.from(ids, (c) => c.charCodeAt(0)))}`;
      }
      case SvcParamKey.PORT:
        return `${name}=${params.port}`;
      case SvcParamKey.IPV4HINT:
        return `${name}=${params.ipv4hint!.map(formatIpv4).join()}`;
      case SvcParamKey.IPV6HINT:
        return `${name}=${params.ipv6hint!.map((address) => formatIpv6(address)).join()}`;
      case SvcParamKey.ECH:
        return `${name}=${btoa(latin1(value))}`;
      default:
        return value.length === 0 ? name : `${name}=${quote(value)}`;
    }
  }).join(" ");
}

function formatField(kind: FieldKind, value: unknown): string {
  switch (kind) {
    case "ipv4":
      return formatIpv4(value as number);
    case "ipv6":
      return formatIpv6(value as bigint);
    case "string":
    case "text":
      return quote(value as Uint8Array);
    case "strings":
      return (value as readonly Uint8Array[]).map(quote).join(" ");
    case "bytes":
      return hex(value as Uint8Array);
    case "params":
      return formatParams(value as SvcParams);
    default:
      return String(value);
  }
}

/**
 * The data of a record as text; types not taken apart in RFC 3597's form.
 *
 * @example
 * ```ts
 * import { formatRecordData } from "@octet/dns/text";
 * import { assertEquals } from "@std/assert";
 *
 * const head = { name: "octet.test.", ttl: 60 };
 * const mx = { ...head, type: "MX", preference: 10, exchange: "mail.octet.test." } as const;
 * assertEquals(formatRecordData(mx), "10 mail.octet.test.");
 * const unknown = { ...head, type: "TYPE731", data: Uint8Array.of(0xab, 0xcd) } as const;
 * assertEquals(formatRecordData(unknown), "\\# 2 ABCD");
 * ```
 *
 * @param record The record.
 */
export function formatRecordData(record: DnsRecord): string {
  const fields = record as unknown as Readonly<Record<string, unknown>>;
  if (isOpaque(record.type)) {
    const data = fields.data as Uint8Array;
    return `\\# ${data.length} ${hex(data)}`.trimEnd();
  }
  return layoutOf(record.type).map(([field, kind]) => formatField(kind, fields[field])).join(" ")
    .trimEnd();
}

/**
 * A record as one line: owner, TTL, class, type, data, with tabs between.
 *
 * @example
 * ```ts
 * import { formatRecord } from "@octet/dns/text";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   formatRecord({ name: "www.octet.test.", type: "A", ttl: 60, address: 0x0a4d0001 }),
 *   "www.octet.test.\t60\tIN\tA\t10.77.0.1",
 * );
 * ```
 *
 * @param record The record.
 */
export function formatRecord(record: DnsRecord): string {
  const { name, ttl, type } = record;
  return [name, ttl, recordClassName(record.class ?? 1), type, formatRecordData(record)].join("\t");
}

/**
 * A question as dig prints it, without the semicolon: name, class, type, with tabs between.
 *
 * @param question The question.
 */
export function formatQuestion(question: DnsQuestion): string {
  return [question.name, recordClassName(question.class ?? 1), question.type].join("\t");
}

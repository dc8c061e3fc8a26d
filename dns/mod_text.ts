/**
 * Records of the Domain Name System as text (RFC 1035 §5): formatted, and parsed from master files.
 *
 * @example
 * ```ts
 * import { formatRecord, parseZone } from "@octet/dns/text";
 * import { assertEquals } from "@std/assert";
 *
 * const [record] = parseZone("www 60 IN A 10.77.0.1", { origin: "octet.test" });
 * assertEquals(formatRecord(record!), "www.octet.test.\t60\tIN\tA\t10.77.0.1");
 * ```
 *
 * @module
 */
export * from "./format.ts";
export * from "./zone_file.ts";

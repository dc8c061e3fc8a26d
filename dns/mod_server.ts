/**
 * An authoritative server of the Domain Name System, and the zones that it answers from.
 *
 * @example
 * ```ts
 * import { decodeMessage, encodeMessage } from "@octet/dns";
 * import { DnsServer, DnsZone } from "@octet/dns/server";
 * import { formatRecord, parseZone } from "@octet/dns/text";
 * import { assertEquals } from "@std/assert";
 *
 * const zone = new DnsZone("octet.test", parseZone("www.octet.test. 60 IN A 10.77.0.1"));
 * const server = new DnsServer({ zones: [zone] });
 *
 * const query = encodeMessage({ id: 1, questions: [{ name: "www.octet.test", type: "A" }] });
 * const reply = decodeMessage(server.answerDatagram(query, 0, query.length)!);
 * if (typeof reply === "number") throw new Error(`Refused with verdict ${reply}`);
 * assertEquals(reply.answers.map(formatRecord), ["www.octet.test.\t60\tIN\tA\t10.77.0.1"]);
 * ```
 *
 * @module
 */
export * from "./server.ts";
export * from "./zone.ts";

/**
 * The Domain Name System: messages, names, records and master files; a stub resolver and an
 * authoritative server, both without I/O.
 *
 * @example
 * ```ts
 * import { decodeMessage, DnsServer, DnsZone, encodeMessage, formatRecord, parseZone } from "@octet/dns";
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
export * from "./cache.ts";
export * from "./constants.ts";
export * from "./cursor.ts";
export * from "./decode.ts";
export * from "./edns.ts";
export * from "./encode.ts";
export * from "./format.ts";
export * from "./frame.ts";
export * from "./message.ts";
export * from "./name.ts";
export * from "./query.ts";
export * from "./record.ts";
export * from "./resolver.ts";
export * from "./server.ts";
export * from "./special_names.ts";
export * from "./stream.ts";
export * from "./svcb.ts";
export * from "./zone.ts";
export * from "./zone_file.ts";

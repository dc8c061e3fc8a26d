/**
 * The Domain Name System's messages, names and records: read and written, as plain objects or in
 * place. The rest has entrypoints of its own, so that who wants messages gets nothing else: a stub
 * resolver in `@octet/dns/resolver`, an authoritative server in `@octet/dns/server`, records and zones
 * as text in `@octet/dns/text`.
 *
 * @example
 * ```ts
 * import { decodeMessage, encodeMessage } from "@octet/dns";
 * import { assertEquals } from "@std/assert";
 *
 * const query = encodeMessage({ id: 1, questions: [{ name: "www.octet.test.", type: "A" }] });
 * const message = decodeMessage(query);
 * if (typeof message === "number") throw new Error(`Refused with verdict ${message}`);
 * assertEquals(message.questions, [{ name: "www.octet.test.", type: "A" }]);
 * ```
 *
 * @module
 */
export * from "./constants.ts";
export * from "./cursor.ts";
export * from "./decode.ts";
export * from "./edns.ts";
export * from "./encode.ts";
export * from "./frame.ts";
export type * from "./message.ts";
export * from "./name.ts";
export type * from "./record.ts";
export * from "./svcb.ts";

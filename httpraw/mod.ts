/**
 * HTTP/1.1 over bytes: heads found as offsets and left as they are, body framing, chunks, and the two sides of an
 * exchange as machines that hold no bytes, know no clock and await nothing (RFC 9112).
 *
 * @example
 * ```ts
 * import { HttpVerdict, RequestHead } from "@octet/httpraw";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("GET /a HTTP/1.1\r\nHost: example.org\r\n\r\n");
 * const head = new RequestHead();
 * assertEquals(head.parse(bytes, 0, 20), HttpVerdict.Incomplete);
 * assertEquals(head.parse(bytes, 0, bytes.length), HttpVerdict.Ok);
 * assertEquals(head.method, "GET");
 * assertEquals(head.get("Host"), "example.org");
 * ```
 *
 * @module
 */
export * from "./body_reader.ts";
export * from "./body_writer.ts";
export { latin1, tokenBytes } from "./characters.ts";
export * from "./chunked.ts";
export * from "./client.ts";
export * from "./date.ts";
export * from "./event.ts";
export * from "./fields.ts";
export { BodyFraming, BodyKind, checkHost, expectsContinue, isPersistent } from "./framing.ts";
export * from "./head.ts";
export * from "./range.ts";
export * from "./server.ts";
export * from "./target.ts";
export * from "./verdict.ts";
export * from "./write.ts";

/**
 * packetdrill's script language against the stack: how TCP behaves is written down as packets, system
 * calls and times, and runs on virtual time, without privilege and without sleep.
 *
 * @example
 * ```ts
 * import { runScript } from "@octet/testing/packetdrill";
 * import { assertEquals } from "@std/assert";
 *
 * const result = runScript(`
 *   0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
 *   +0 < S 0:0(0) win 1000
 *   +0 > R. 0:0(0) ack 1 win 0
 * `);
 * assertEquals(result.verdict, "pass");
 * ```
 *
 * @module
 */
export * from "./ast.ts";
export * from "./errors.ts";
export { parseScript } from "./parser.ts";
export * from "./report.ts";
export * from "./result.ts";
export * from "./runner.ts";

/**
 * What tests of networked programs need: stacks on virtual time, without privilege and without sleep.
 * `@octet/testing/fuzz` is the fuzz engine, `@octet/testing/bench` the benchmark library.
 *
 * @example
 * ```ts
 * import { StackPair } from "@octet/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const pair = new StackPair({ seed: 7 });
 * pair.right.tcp.listen(80);
 * const client = pair.left.tcp.connect({ address: StackPair.rightAddress, port: 80 }, pair.now);
 * pair.exchange();
 * assertEquals(client.isOpen, true);
 * ```
 *
 * @module
 */
export * from "./stack_pair.ts";

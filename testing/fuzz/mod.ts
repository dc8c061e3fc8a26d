/**
 * Coverage-guided fuzzing in the process that holds the code, with nothing to install.
 *
 * A target lives beside the code in a file that ends in `_fuzz_test.ts`. Under `deno test` it
 * replays its corpus, so that a failure found once is tested for ever; under the fuzzing command
 * the same target is run on mutated inputs, and those which reach new code breed the next ones.
 *
 * ```ts ignore
 * import { fuzz } from "@octet/testing/fuzz";
 * import { Verdict } from "@octet/wire";
 * import { UdpFrame } from "@octet/udp";
 *
 * const frame = new UdpFrame();
 *
 * fuzz("fuzzUdpFrame", (input) => {
 *   frame.reset(input, 0, input.length);
 *   if (frame.validate() === Verdict.Ok && frame.payloadEnd > input.length) {
 *     throw new Error("The payload ends outside the frame");
 *   }
 * }, { seeds: [new Uint8Array(8)] });
 * ```
 *
 * The engine may be called without the command too:
 *
 * @example Finding a planted bug
 * ```ts
 * import { defineTarget, fuzzTarget } from "@octet/testing/fuzz";
 * import { assertEquals } from "@std/assert";
 *
 * const target = defineTarget("fuzzPlanted", (input) => {
 *   if (input[0] === 7) throw new Error("Seven is refused");
 * });
 * const report = await fuzzTarget(target, { seed: 1, count: 100_000 });
 * assertEquals(report.failure?.input, Uint8Array.of(7));
 * ```
 *
 * @module
 */

export * from "./corpus.ts";
export * from "./coverage.ts";
export * from "./engine.ts";
export * from "./literals.ts";
export * from "./mutator.ts";
export * from "./replay.ts";
export * from "./shrink.ts";
export * from "./target.ts";

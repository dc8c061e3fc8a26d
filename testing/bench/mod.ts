/**
 * Benchmarks that tell nanoseconds and allocated bytes per operation, beside the figures of others.
 *
 * A file that ends in `_bench.ts` declares them. `deno bench` runs such a file as it is; the bench
 * command runs it with a garbage collector at hand, counts the bytes, and prints the table.
 *
 * ```ts ignore
 * import { bench } from "@octet/testing/bench";
 *
 * bench("checksum of 1460 B", () => {
 *   checksum(bytes, 0, 1460);
 * }, { group: "wire", bytes: 1460, peers: { lneto: 218 } });
 * ```
 *
 * One measurement may be taken anywhere:
 *
 * @example
 * ```ts
 * import { measure } from "@octet/testing/bench";
 * import { assert } from "@std/assert";
 *
 * let sum = 0;
 * const { nsPerOp } = await measure("addition", () => {
 *   sum += 1;
 * }, { time: 10 });
 * assert(nsPerOp > 0);
 * ```
 *
 * @module
 */

export * from "./allocation.ts";
export * from "./calibration.ts";
export * from "./declare.ts";
export * from "./figure.ts";
export * from "./measure.ts";
export * from "./table.ts";

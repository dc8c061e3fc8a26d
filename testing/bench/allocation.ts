/**
 * How many bytes a piece of code allocates.
 *
 * V8 tells two things. The bytes in use on the heap are exact, and of no use once a collection has
 * run. The bytes ever allocated survive collections, and come in steps of 256 KiB, because they
 * count the buffers that allocation carves. So: the first where the two agree, else the second.
 *
 * @module
 */

/** Farther apart than this many bytes, a collection has run in between. */
const COLLECTED = 1.5 * 1024 * 1024;

/** How many calls are watched for memory outside of the heap. */
const FEW_CALLS = 500;

interface HeapReading {
  /** Bytes in use on the JavaScript heap. */
  readonly used: number;
  /** Bytes outside of it that it keeps alive, such as those of array buffers. */
  readonly external: number;
  /** Bytes ever allocated on the heap. */
  readonly total: number;
}

/**
 * Counts what calls of a function allocate, on the heap and in array buffers. Run the program with
 * `--v8-flags=--expose-gc,--min-semi-space-size=64` for exact figures; without, a few bytes per
 * call may be off.
 *
 * @example
 * ```ts
 * import { allocatedBytes } from "@octet/testing/bench";
 * import { assert } from "@std/assert";
 *
 * const kept: number[][] = [];
 * const bytes = await allocatedBytes(() => {
 *   kept.push(new Array(100).fill(0));
 * }, 10_000);
 * assert(bytes / 10_000 > 400);
 * ```
 *
 * @param body The code; its promise is awaited if it returns one.
 * @param calls How often to call it; up to 500 calls more count what is outside of the heap.
 * @returns The bytes that all calls together allocated, at least 0.
 */
export async function allocatedBytes(
  body: () => unknown,
  calls: number,
): Promise<number> {
  const { getHeapStatistics } = await import("node:v8");
  const read = (): HeapReading => {
    const { heapUsed, external } = Deno.memoryUsage();
    // The types lag behind what V8 tells.
    const { total_allocated_bytes: total } = getHeapStatistics() as unknown as Record<
      string,
      number
    >;
    return { used: heapUsed, external, total: total ?? 0 };
  };
  const collect = (globalThis as { gc?: () => void }).gc;

  const run = async (times: number): Promise<HeapReading> => {
    collect?.();
    const before = read();
    for (let i = 0; i < times; i++) {
      const result = body();
      if (result instanceof Promise) await result;
    }
    return difference(before, read());
  };

  const empty = await run(0);
  // Array buffers soon make V8 collect, and nothing tells their total, so few calls stand for all.
  const few = Math.min(calls, FEW_CALLS);
  const external = Math.max((await run(few)).external, 0) * calls / few;
  const spent = await run(calls);
  const collected = spent.used < 0 || spent.total - spent.used > COLLECTED;
  const heap = collected ? spent.total - empty.total : spent.used - Math.max(empty.used, 0);
  return Math.max(heap, 0) + external;
}

function difference(before: HeapReading, after: HeapReading): HeapReading {
  return {
    used: after.used - before.used,
    external: after.external - before.external,
    total: after.total - before.total,
  };
}

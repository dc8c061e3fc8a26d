/**
 * What a target does under `deno test`: every input that is known, and some mutations of them from
 * a fixed seed, so that a change which breaks the target at once shows at once.
 *
 * @module
 */

import { SeededRandom } from "@octet/wire";
import { readCorpus } from "./corpus.ts";
import { Mutator } from "./mutator.ts";
import type { FuzzTarget } from "./target.ts";

/** How many mutations a replay tries. */
const MUTATIONS = 300;

/** Replays leave room for a busy machine: an input fails at this many times the limit. */
const PATIENCE = 5;

/** The part of `Deno.TestContext` that a replay uses. */
export interface ReplayContext {
  /** Runs a step of the test; here one that is ignored, for what it says. */
  step(definition: { name: string; ignore: boolean; fn: () => void }): Promise<boolean>;
}

/**
 * Runs a target on its corpus folder, its seeds, and a few hundred mutations of both.
 *
 * Where the right to read the corpus folder is missing, an ignored step says so and the rest is
 * done all the same.
 *
 * @example
 * ```ts
 * import { defineTarget, replay } from "@octet/testing/fuzz";
 * import { assertRejects } from "@std/assert";
 *
 * const target = defineTarget("fuzzShort", (input) => {
 *   if (input.length > 3) throw new Error("Too long");
 * });
 * await assertRejects(() => replay(target), Error, "Too long");
 * ```
 *
 * @param target The target.
 * @param context The context of the test that replays it, when there is one.
 * @throws {Error} If an input fails; the message names the input, the cause is what was thrown.
 */
export async function replay(target: FuzzTarget, context?: ReplayContext): Promise<void> {
  const inputs: Uint8Array[] = [];
  const folder = target.corpus;
  if (folder !== undefined && mayRead(folder)) {
    for (const { name, bytes } of readCorpus(folder)) {
      await attempt(target, bytes, `${folder.pathname}${name}`);
      inputs.push(bytes);
    }
  } else if (folder !== undefined) {
    await context?.step({
      name: `corpus of ${target.name} (skipped: no permission to read ${folder.pathname})`,
      ignore: true,
      fn: () => {},
    });
  }
  for (const [i, seed] of target.seeds.entries()) {
    await attempt(target, seed, `its seed ${i}`);
    inputs.push(seed);
  }
  await attempt(target, new Uint8Array(0), "the empty input");
  if (inputs.length === 0) inputs.push(new Uint8Array(0), new Uint8Array(64));
  const random = new SeededRandom(1);
  const mutator = new Mutator(random, target.maxLength, target.dictionary);
  for (let i = 0; i < MUTATIONS; i++) {
    const base = inputs[i % inputs.length]!;
    const other = inputs[random.uint32() % inputs.length]!;
    const input = mutator.mutate(base, other);
    await attempt(target, input, `mutation ${i}, bytes ${input.toHex() || "none"}`);
  }
}

function mayRead(folder: URL): boolean {
  return Deno.permissions.querySync({ name: "read", path: folder }).state === "granted";
}

async function attempt(target: FuzzTarget, input: Uint8Array, what: string): Promise<void> {
  const started = performance.now();
  try {
    await target.body(new Uint8Array(input));
  } catch (cause) {
    const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new Error(`${target.name} fails on ${what}: ${message}`, { cause });
  }
  const elapsed = performance.now() - started;
  if (elapsed > target.timeLimit * PATIENCE) {
    throw new Error(
      `${target.name} fails on ${what}: it took ${Math.round(elapsed)} ms where the limit is ` +
        `${target.timeLimit} ms`,
    );
  }
}

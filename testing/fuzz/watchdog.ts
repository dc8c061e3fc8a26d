/**
 * Sees from outside that an input never ends.
 *
 * @module
 */

import type { FuzzTarget } from "./target.ts";

/** What the worker is told: the shared memory and what to say and do when an input hangs. */
export interface WatchdogOrder {
  /** Two 32-bit words (run number, odd while one runs; input length), then the input. */
  readonly memory: SharedArrayBuffer;
  /** The target's name. */
  readonly name: string;
  /** Its corpus folder, if it has one. */
  readonly corpus: string | undefined;
  /** How long an input may run before the process is killed, in milliseconds. */
  readonly patience: number;
}

/** Where the input begins in the shared memory, in bytes. */
export const INPUT_OFFSET = 8;

/** An input that ends late is still worth shrinking, so the end comes at this many limits. */
const PATIENCE = 5;

/**
 * Holds each input in memory shared with a worker. When an input runs for five times the target's
 * limit the worker writes it into the corpus folder, says so, and kills the process.
 */
export class Watchdog {
  /** Resolves when the worker watches. */
  readonly ready: Promise<void>;
  readonly #worker: Worker;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  /** @param target The target whose inputs will be armed. */
  constructor(target: FuzzTarget) {
    const memory = new SharedArrayBuffer(INPUT_OFFSET + Math.max(target.maxLength, 1 << 16));
    this.#words = new Int32Array(memory, 0, 2);
    this.#bytes = new Uint8Array(memory, INPUT_OFFSET);
    this.#worker = new Worker(new URL("./watchdog_worker.ts", import.meta.url), { type: "module" });
    const order: WatchdogOrder = {
      memory,
      name: target.name,
      corpus: target.corpus?.href,
      patience: target.timeLimit * PATIENCE,
    };
    this.ready = new Promise((resolve) => {
      this.#worker.onmessage = () => resolve();
    });
    this.#worker.postMessage(order);
  }

  /** @param input The input that is about to run. */
  arm(input: Uint8Array): void {
    this.#bytes.set(input.length <= this.#bytes.length ? input : input.subarray(0, 1 << 16));
    this.#words[1] = input.length;
    Atomics.add(this.#words, 0, 1);
  }

  /** The input has ended. */
  disarm(): void {
    Atomics.add(this.#words, 0, 1);
  }

  /** Stops watching. */
  close(): void {
    this.#worker.terminate();
  }
}

/**
 * The other side of {@linkcode Watchdog}: a worker that looks now and then whether the run in the
 * shared memory is still the same one.
 *
 * @module
 */

import { writeInput } from "./corpus.ts";
import { INPUT_OFFSET, type WatchdogOrder } from "./watchdog.ts";

interface WorkerScope {
  onmessage: ((event: MessageEvent<WatchdogOrder>) => void) | null;
  postMessage(message: string): void;
}

/** The library types know this file as a page's, and it is a worker's. */
const scope: WorkerScope = globalThis as unknown as WorkerScope;

scope.onmessage = (event) => {
  const order = event.data;
  const words = new Int32Array(order.memory, 0, 2);
  let run = 0;
  let since = performance.now();
  setInterval(() => {
    const current = Atomics.load(words, 0);
    if (current !== run || current % 2 === 0) {
      run = current;
      since = performance.now();
    } else if (performance.now() - since > order.patience) {
      since = Infinity;
      void report(order, words[1]!);
    }
  }, Math.max(order.patience / 20, 1));
  scope.postMessage("ready");
};

async function report(order: WatchdogOrder, length: number): Promise<void> {
  const input = new Uint8Array(order.memory, INPUT_OFFSET, length).slice();
  const seconds = order.patience / 1000;
  let text = `${order.name} fails: an input of ${length} bytes has not ended after ${seconds} s\n`;
  if (order.corpus !== undefined) {
    const file = await writeInput(new URL(order.corpus), new Uint8Array(input));
    text += `  input: ${file.pathname}\n`;
  }
  Deno.stdout.writeSync(new TextEncoder().encode(text));
  Deno.kill(Deno.pid, "SIGKILL");
}

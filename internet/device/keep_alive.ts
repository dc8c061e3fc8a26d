/**
 * Whether a call on another thread keeps the process alive.
 *
 * @module
 */

/** What Deno's own `ref` and `unref` of connections, timers and signals are made of. */
interface Core {
  refOpPromise?: (promise: Promise<unknown>) => void;
  unrefOpPromise?: (promise: Promise<unknown>) => void;
}

/**
 * Sets whether a call keeps the process alive. Deno has no public way to say so of an FFI call: this is the one that it uses
 * itself, and where a version has it no more, the call goes on keeping the process alive.
 *
 * @param call What a `nonblocking` function gave.
 * @param isRef Whether it does.
 */
export function keepAlive(call: Promise<unknown>, isRef: boolean): void {
  const deno = Deno as unknown as { internal?: symbol } & Record<symbol, { core?: Core }>;
  const core = deno.internal === undefined ? undefined : deno[deno.internal]?.core;
  if (isRef) core?.refOpPromise?.(call);
  else core?.unrefOpPromise?.(call);
}

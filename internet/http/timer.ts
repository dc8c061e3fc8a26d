/**
 * Timers that do not keep a process alive.
 *
 * @module
 */

const platform = globalThis as { Deno?: { unrefTimer?: (id: number) => void } };

/** A timer that is running. */
export type Timer = ReturnType<typeof setTimeout>;

/**
 * Calls back once, unless the process has ended by then.
 *
 * @param callback What to call.
 * @param delay After how many milliseconds.
 */
export function backgroundTimer(callback: () => void, delay: number): Timer {
  const timer = setTimeout(callback, delay);
  if (typeof timer === "number") platform.Deno?.unrefTimer?.(timer);
  else (timer as { unref?: () => void }).unref?.();
  return timer;
}

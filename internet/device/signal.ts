/**
 * Waiting for something that happens in this process, or for time to pass.
 *
 * @module
 */

/** The longest time that `setTimeout` takes, in milliseconds. */
const longestTimeout = 0x7fff_ffff;

/** One waiter and those that wake it; what `ready` of a device without a file descriptor is made of. */
export class Signal {
  #promise: Promise<void> | null = null;
  #resolve: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Whether somebody waits. */
  get isWaiting(): boolean {
    return this.#promise !== null;
  }

  /**
   * Waits for {@linkcode Signal.fire}. A second call joins the first.
   *
   * @param timeout Milliseconds, after which it resolves in any case; Infinity for never. Without a limit the wait
   *     does not keep the process alive.
   */
  wait(timeout: number): Promise<void> {
    if (this.#promise !== null) return this.#promise;
    if (timeout <= 0) return Promise.resolve();
    this.#promise = new Promise((resolve) => {
      this.#resolve = resolve;
      if (timeout < Infinity) {
        this.#timer = setTimeout(() => this.fire(), Math.min(Math.ceil(timeout), longestTimeout));
      }
    });
    return this.#promise;
  }

  /** Ends the wait; without one it does nothing. */
  fire(): void {
    const resolve = this.#resolve;
    if (resolve === null) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#promise = null;
    this.#resolve = null;
    resolve();
  }
}

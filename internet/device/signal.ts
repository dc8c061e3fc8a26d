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
  #deadline = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer goes off; it stays armed over waits that end early, as most do: a timer costs 2 µs. */
  #timerAt = Infinity;

  #isRef = true;
  /** Made once: a wait takes a promise and nothing else. */
  readonly #keep = (resolve: () => void): void => {
    this.#resolve = resolve;
  };

  /** Whether somebody waits. */
  get isWaiting(): boolean {
    return this.#promise !== null;
  }

  /**
   * Waits for {@linkcode Signal.fire}. A second call joins the first.
   *
   * @param timeout Milliseconds, after which it resolves in any case; Infinity for never. Without a limit the wait
   *     does not keep the process alive, or no longer than the limit of the one before.
   */
  wait(timeout: number): Promise<void> {
    if (this.#promise !== null) return this.#promise;
    if (timeout <= 0) return Promise.resolve();
    this.#promise = new Promise(this.#keep);
    if (timeout < Infinity) {
      this.#deadline = performance.now() + timeout;
      // A timer of the platform is good to a millisecond, and so is one that stands already.
      if (this.#deadline < this.#timerAt - 1) this.#arm(timeout);
    }
    return this.#promise;
  }

  /** Ends the wait; without one it does nothing. */
  fire(): void {
    const resolve = this.#resolve;
    if (resolve === null) return;
    this.#promise = null;
    this.#resolve = null;
    this.#deadline = Infinity;
    resolve();
  }

  /** Says whether a wait with a limit keeps the process alive, as it does at first; where the runtime can be told. */
  setRef(isRef: boolean): void {
    this.#isRef = isRef;
    this.#tellTimer();
  }

  /** Ends the wait, and lets go of the timer. */
  close(): void {
    this.#disarm();
    this.fire();
  }

  #arm(timeout: number): void {
    clearTimeout(this.#timer);
    const delay = Math.min(Math.ceil(timeout), longestTimeout);
    this.#timerAt = performance.now() + delay;
    this.#timer = setTimeout(() => this.#expire(), delay);
    if (!this.#isRef) this.#tellTimer();
  }

  #tellTimer(): void {
    if (this.#timer === undefined || typeof Deno === "undefined") return;
    if (this.#isRef) Deno.refTimer(this.#timer);
    else Deno.unrefTimer(this.#timer);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#timerAt = Infinity;
    this.#deadline = Infinity;
  }

  #expire(): void {
    this.#timer = undefined;
    this.#timerAt = Infinity;
    if (this.#resolve === null) return;
    const rest = this.#deadline - performance.now();
    if (rest > 0) {
      if (rest < Infinity) this.#arm(rest);
    } else {
      this.fire();
    }
  }
}

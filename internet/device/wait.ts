/**
 * Waiting on file descriptors, together with all others of the process that wait ({@linkcode Poller}).
 *
 * @module
 */
import { PollEvent } from "./libc.ts";
import { type Poller, sharedPoller, type Sleeper } from "./poller.ts";

/** Waits on one descriptor at a time. */
export class DescriptorWait implements Sleeper {
  /** Until when the wait under way lasts, in milliseconds of `performance.now()`. */
  deadline: number = Infinity;
  /** Whether waiting keeps the process alive. */
  isRef: boolean = true;

  readonly #poller: Poller;
  readonly #id: number;
  #descriptor = -1;
  #resolve: ((events: number) => void) | null = null;

  /**
   * Makes ready to wait.
   *
   * @param action What the error says when it fails.
   */
  constructor(action: string) {
    this.#poller = sharedPoller(action);
    this.#id = this.#poller.add(this);
  }

  /** Whether a {@linkcode DescriptorWait.wait} is under way. */
  get isWaiting(): boolean {
    return this.#resolve !== null;
  }

  /**
   * Waits. One call at a time.
   *
   * @param descriptor What to wait for.
   * @param events Which of {@linkcode PollEvent}.
   * @param timeout Milliseconds; Infinity for no limit.
   * @returns The events that came, 0 when none did. It may end early.
   */
  wait(descriptor: number, events: number, timeout: number): Promise<number> {
    this.#descriptor = descriptor;
    if (!this.#poller.arm(this.#id, descriptor, events)) return Promise.resolve(PollEvent.Error);
    // Two weeks and more are as good as for ever, and keep the alarm's seconds within 32 bits.
    this.deadline = timeout < 0x7fff_ffff ? performance.now() + timeout : Infinity;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#poller.join(this);
    });
  }

  /** Ends the wait that is under way. */
  wake(): void {
    this.rouse(0);
  }

  /** Ends the wait that is under way, as {@linkcode Poller} has it. */
  rouse(events: number): void {
    const resolve = this.#resolve;
    if (resolve === null) return;
    this.#resolve = null;
    this.#poller.leave(this);
    resolve(events);
  }

  /** Says whether waiting keeps the process alive, as it does at first. */
  setRef(isRef: boolean): void {
    if (this.isRef === isRef) return;
    if (this.isWaiting) this.#poller.leave(this);
    this.isRef = isRef;
    if (this.isWaiting) this.#poller.join(this);
  }

  /** Ends the wait that is under way, and lets go of the descriptor; best while that is still open. */
  close(): void {
    this.rouse(0);
    this.#poller.remove(this.#id, this.#descriptor);
  }
}

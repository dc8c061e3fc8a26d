/**
 * What every device that is a file descriptor has in common: it waits with the others of its process.
 *
 * @module
 */
import type { DescriptorWait } from "./wait.ts";

/** A device behind a file descriptor. */
export abstract class DescriptorDevice {
  /** Where it waits. */
  protected abstract readonly waiting: DescriptorWait;

  /** Closes the device; what waits for it is over. */
  abstract close(): void;

  /** Ends a `ready` that is waiting. */
  wake(): void {
    this.waiting.wake();
  }

  /** Never: what is behind the descriptor holds nothing back. */
  deadline(): number {
    return Infinity;
  }

  /** Makes `ready` keep the process alive while it waits, as it does at first. */
  ref(): void {
    this.waiting.setRef(true);
  }

  /** Lets the process end while `ready` waits. */
  unref(): void {
    this.waiting.setRef(false);
  }

  /** Closes the device. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Who has the device: one client at a time, as two stacks behind one card would answer for each other.
 *
 * @module
 */

/** How long a client that polls has the device after it last asked, in milliseconds. */
export const pollingLease = 5000;

/** Holds the name of the client that has the device. */
export class Lease {
  #holder = "";
  #until = -Infinity;

  /**
   * Who has the device.
   *
   * @param now Milliseconds.
   * @returns Its name; empty for nobody.
   */
  holder(now: number): string {
    return now < this.#until ? this.#holder : "";
  }

  /**
   * Takes the device, or keeps it.
   *
   * @param who The client's name.
   * @param now Milliseconds.
   * @param duration How long it is kept, in milliseconds; Infinity until it is given back.
   * @returns `false` when another client has it.
   */
  take(who: string, now: number, duration: number): boolean {
    const holder = this.holder(now);
    if (holder !== "" && holder !== who) return false;
    this.#holder = who;
    this.#until = now + duration;
    return true;
  }

  /** Gives the device back, when this client has it. */
  giveBack(who: string): void {
    if (this.#holder === who) this.#until = -Infinity;
  }
}

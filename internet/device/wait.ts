/**
 * Sleeping on a file descriptor: one `ppoll` on a thread of the runtime's pool, over the descriptor
 * and an `eventfd` that ends it early. It costs some 60 µs, so it is for when there is nothing to do.
 *
 * @module
 */
import { writeHost16, writeHost32 } from "@octet/netlink";
import { systemError } from "@octet/netlink/libc";
import { type DeviceLibc, OpenFlag, PollEvent } from "./libc.ts";

/** Waits on one descriptor. */
export class DescriptorWait {
  readonly #libc: DeviceLibc;
  readonly #event: number;
  // Two `struct pollfd`; a `struct timespec`; the eventfd's counter. They must outlive the call.
  readonly #poll = new Uint8Array(16);
  readonly #timespec = new Uint8Array(16);
  readonly #counter = new Uint8Array(8);
  #isWoken = false;

  /** Whether a {@linkcode DescriptorWait.wait} is under way. */
  isWaiting = false;

  /**
   * Makes the eventfd.
   *
   * @param libc The C library.
   * @param action What the error says when it fails.
   */
  constructor(libc: DeviceLibc, action: string) {
    this.#libc = libc;
    this.#event = libc.symbols.eventfd(0, OpenFlag.NonBlocking | OpenFlag.CloseOnExec);
    if (this.#event < 0) throw systemError(action, libc.errno());
    writeHost32(this.#poll, 8, this.#event);
    writeHost16(this.#poll, 12, PollEvent.In);
  }

  /**
   * Waits. One call at a time.
   *
   * @param descriptor What to wait for.
   * @param events Which of {@linkcode PollEvent}.
   * @param timeout Milliseconds; Infinity for no limit.
   * @returns The events that came, 0 when none did.
   */
  async wait(descriptor: number, events: number, timeout: number): Promise<number> {
    const poll = this.#poll;
    const { ppoll, read } = this.#libc.symbols;
    writeHost32(poll, 0, descriptor);
    writeHost32(poll, 4, events);
    poll[14] = 0;
    this.isWaiting = true;
    // An interrupted call ends early, which `ready` may.
    await ppoll(poll, 2, this.#timeout(timeout), null);
    this.isWaiting = false;
    if (this.#isWoken) {
      this.#isWoken = false;
      read(this.#event, this.#counter, 8);
    }
    return poll[6]!;
  }

  /** Ends the wait that is under way. */
  wake(): void {
    if (!this.isWaiting || this.#isWoken) return;
    this.#isWoken = true;
    writeHost32(this.#counter, 0, 1);
    writeHost32(this.#counter, 4, 0);
    this.#libc.symbols.write(this.#event, this.#counter, 8);
  }

  /** Gives the eventfd back. No wait may be under way. */
  close(): void {
    this.#libc.symbols.close(this.#event);
  }

  #timeout(timeout: number): Uint8Array<ArrayBuffer> | null {
    // Two weeks and more are as good as for ever, and keep seconds within 32 bits.
    if (!(timeout < 0x7fff_ffff)) return null;
    const microseconds = Math.max(0, Math.ceil(timeout * 1000));
    writeHost32(this.#timespec, 0, Math.floor(microseconds / 1e6));
    writeHost32(this.#timespec, 8, (microseconds % 1e6) * 1000);
    return this.#timespec;
  }
}

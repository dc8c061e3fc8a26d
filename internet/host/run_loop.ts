/**
 * The loop between a device and a stack: drain the device, let the readers run, send what there is
 * to send, and sleep until something happens or a timer is due.
 *
 * @module
 */
import { Packet } from "@octet/wire";
import { type Device, frameCapacity } from "../device/device.ts";
import type { Stack } from "../stack.ts";
import { interrupted, networkError } from "./errors.ts";

/** Frames taken before the readers get a turn: what a switch or the kernel hands over at once. */
const batch = 64;
/** How long the loop runs without letting timers and other events of the process run, in milliseconds. */
const maxTurn = 4;

/** What is to be closed when the loop ends. */
export type Held = Disposable;

/** Runs one stack on one device. */
export class RunLoop {
  /** The stack. */
  readonly stack: Stack;
  /** The device. */
  readonly device: Device;
  readonly #ingress: Packet;
  readonly #egress: Packet;
  readonly #held: Set<Held> = new Set();
  readonly #onFailure: (error: unknown) => void;
  readonly #done: Promise<void>;
  #yielder: MessageChannel | null = null;
  #yielded: (() => void) | null = null;
  /** Whether `#egress` holds a frame that the device had no room for. */
  #unsent = false;
  #inside = false;
  #closing = false;
  #sleepsUntil = -Infinity;

  /**
   * Begins to run.
   *
   * @param onFailure Called once when the device is gone for good, or closed by somebody else.
   */
  constructor(stack: Stack, device: Device, onFailure: (error: unknown) => void) {
    this.stack = stack;
    this.device = device;
    this.#onFailure = onFailure;
    this.#ingress = new Packet(frameCapacity(device));
    this.#egress = new Packet(frameCapacity(device));
    this.#done = this.#run();
  }

  /** The time that the stack sees, in milliseconds. */
  now(): number {
    return performance.now();
  }

  /** Remembers something that is to be closed when the loop ends. */
  hold(held: Held): void {
    this.#held.add(held);
  }

  /** Forgets it again. */
  release(held: Held): void {
    this.#held.delete(held);
  }

  /**
   * Waits for something that the network decides, or for the loop's end.
   *
   * @throws {Deno.errors.Interrupted} When the loop ends first.
   */
  async wait<T>(promise: Promise<T>): Promise<T> {
    const end = Promise.withResolvers<never>();
    const held = { [Symbol.dispose]: () => end.reject(interrupted()) };
    this.hold(held);
    try {
      return await Promise.race([promise, end.promise]);
    } finally {
      this.release(held);
    }
  }

  /** Sends what the stack has to send, now; call it after anything was asked of the stack. */
  flush(): void {
    if (this.#inside || this.#closing) return;
    this.#send();
    if (this.stack.deadline() < this.#sleepsUntil || this.#unsent) this.device.wake();
  }

  /** Whether frames still come and go. */
  get isRunning(): boolean {
    return !this.#closing;
  }

  /**
   * Refuses what is asked of a host that has ended.
   *
   * @throws {Deno.errors.NotConnected} When frames no longer come and go.
   */
  expectRunning(): void {
    if (this.#closing) throw networkError("NotConnected", "Host has been closed");
  }

  /** Closes everything that is held, and sends what that leads to. */
  closeHeld(): void {
    for (const held of [...this.#held]) held[Symbol.dispose]();
    this.flush();
  }

  /** Ends the loop; what was to be sent goes out before. The device stays open. */
  async close(): Promise<void> {
    this.flush();
    this.#closing = true;
    this.device.wake();
    await this.#done;
  }

  async #run(): Promise<void> {
    let lastFrame = this.now();
    let lastYield = lastFrame;
    try {
      while (!this.#closing) {
        const received = this.#receive();
        // Whoever waited for what has come runs now, and may write an answer that the next frames carry.
        if (received > 0) await null;
        if (this.#closing) break;
        this.#send();
        const now = this.now();
        if (received > 0) {
          lastFrame = now;
          if (now - lastYield < maxTurn) continue;
        } else if (now - lastFrame >= this.device.spinTime) {
          await this.#sleep(now);
          lastYield = this.now();
          continue;
        }
        await this.#yield();
        lastYield = this.now();
      }
    } catch (error) {
      this.#closing = true;
      this.closeHeld();
      this.#onFailure(error);
    } finally {
      this.#yielder?.port1.close();
      this.#yielder?.port2.close();
      this.#ingress.release();
      this.#egress.release();
    }
  }

  #receive(): number {
    const { device, stack } = this;
    const packet = this.#ingress;
    this.#inside = true;
    try {
      if (!device.receive(packet)) return 0;
      const now = this.now();
      let count = 0;
      do {
        stack.ingress(packet, now);
        count++;
      } while (count < batch && device.receive(packet));
      return count;
    } finally {
      this.#inside = false;
    }
  }

  #send(): void {
    const { device, stack } = this;
    const packet = this.#egress;
    this.#inside = true;
    try {
      const now = this.now();
      for (;;) {
        if (!this.#unsent && stack.egress(packet, now) === 0) return;
        this.#unsent = !device.transmit(packet);
        if (this.#unsent) return;
      }
    } finally {
      this.#inside = false;
    }
  }

  async #sleep(now: number): Promise<void> {
    if (this.device.isClosed) {
      throw networkError(
        "NotConnected",
        `Cannot go on as device ${this.device.name} has been closed`,
      );
    }
    const until = this.stack.deadline();
    if (until <= now && !this.#unsent) return;
    this.#sleepsUntil = until;
    await this.device.ready(this.#unsent ? 1 : until - now);
    this.#sleepsUntil = -Infinity;
  }

  /** Lets the event loop go round once; a message costs a few microseconds, a timer a millisecond. */
  #yield(): Promise<void> {
    if (this.#yielder === null) {
      this.#yielder = new MessageChannel();
      this.#yielder.port1.onmessage = () => this.#yielded?.();
    }
    return new Promise((resolve) => {
      this.#yielded = resolve;
      this.#yielder!.port2.postMessage(0);
    });
  }
}

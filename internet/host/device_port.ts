/**
 * A device of a run loop with the interface that stands on it.
 *
 * @module
 */
import { Packet } from "@octet/wire";
import { type Device, frameCapacity } from "../device/device.ts";
import type { Interface } from "../interface.ts";

/** A device, its interface, and the frame that the device had no room for. */
export class DevicePort {
  /** The device. */
  readonly device: Device;
  /** The interface. */
  readonly via: Interface;
  #held: Packet | null = null;
  #holds = false;
  /** The wait for the device that goes on, and why it ended when the device was gone. */
  #waiting: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;

  /** Joins a device and an interface. */
  constructor(device: Device, via: Interface) {
    this.device = device;
    this.via = via;
  }

  /** Whether a frame waits for room. */
  get isFull(): boolean {
    return this.#holds;
  }

  /** Why the device is gone for good; `null` while it is not. */
  get failure(): { readonly error: unknown } | null {
    return this.#failure;
  }

  /** Whether the device is gone for good. */
  get isLost(): boolean {
    return this.#failure !== null || this.device.isClosed;
  }

  /** Sends a frame, or keeps it for later; the interface's other frames wait behind it then. */
  transmit(packet: Packet): void {
    if (this.device.transmit(packet)) return;
    const held = this.#held ??= new Packet(frameCapacity(this.device));
    held.copyFrom(packet);
    this.#holds = true;
    this.via.isBlocked = true;
  }

  /** Offers the frame that is kept once more. */
  retry(): void {
    if (!this.#holds || !this.device.transmit(this.#held!)) return;
    this.#holds = false;
    this.via.isBlocked = false;
  }

  /** Waits as {@linkcode Device.ready} does, and never rejects: {@linkcode failure} tells. */
  ready(timeout: number): Promise<void> {
    // A wait that goes on would end no earlier for a second caller.
    return this.#waiting ??= this.device.ready(timeout).then(
      () => {
        this.#waiting = null;
      },
      (error: unknown) => {
        this.#waiting = null;
        this.#failure = { error };
      },
    );
  }

  /** Gives back the memory of the frame that is kept. */
  release(): void {
    this.#held?.release();
    this.#held = null;
    this.#holds = false;
  }
}

/**
 * What the devices of an httptap have in common, whichever way their frames travel.
 *
 * @module
 */
import type { MacAddress } from "@octet/netip";
import type { Packet } from "@octet/wire";
import { Signal } from "../signal.ts";
import type { HttpTapAddress } from "./address.ts";
import type { HttpTapCounters, HttpTapDevice } from "./client.ts";
import type { HttpTapInfo } from "./wire_form.ts";

/** How long to wait for room that nobody tells of, in milliseconds. */
const fullWait = 1;

/** What is known before the first frame. */
export interface BorrowedFacts {
  /** Where the httptap is. */
  readonly address: HttpTapAddress;
  /** What it said of itself. */
  readonly info: HttpTapInfo;
  /** The MTU in bytes. */
  readonly mtu: number;
  /** The address our side uses. */
  readonly hardwareAddress: MacAddress;
}

/** A device that an httptap lends. */
export abstract class BorrowedDevice implements HttpTapDevice {
  /** The httptap's URL, without its token. */
  readonly name: string;
  /** Ethernet. */
  readonly link = "ethernet";
  /** The MTU in bytes. */
  readonly mtu: number;
  /** The MTU: an httptap lends no super-segments. */
  readonly maxSegment: number;
  /** The address our side uses. */
  readonly hardwareAddress: MacAddress;
  /** An httptap wants complete checksums. */
  readonly checksumOffload = false;
  /** Waking costs next to nothing: what comes is an event of this process. */
  readonly spinTime = 0;
  /** What the httptap said of itself. */
  readonly info: HttpTapInfo;
  /** What was dropped. */
  readonly counters: HttpTapCounters = { inDrops: 0, outDrops: 0 };
  /** How frames travel. */
  abstract readonly transport: "socket" | "polling";

  /** Where the httptap is. */
  protected readonly address: HttpTapAddress;
  /** Wakes whoever waits. */
  protected readonly signal: Signal = new Signal();
  #isClosed = false;
  #loss: Error | null = null;

  /** Keeps what is known. */
  constructor({ address, info, mtu, hardwareAddress }: BorrowedFacts) {
    this.name = address.text;
    this.address = address;
    this.info = info;
    this.mtu = this.maxSegment = mtu;
    this.hardwareAddress = hardwareAddress;
  }

  /** Whether it has been closed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether it has been closed, or the httptap has gone. */
  protected get isOver(): boolean {
    return this.#isClosed || this.#loss !== null;
  }

  /** Whether a frame waits. */
  protected abstract get hasFrames(): boolean;
  /** Whether what was sent still waits, so that there is no room. */
  protected abstract get isFull(): boolean;

  /** Takes the oldest frame; see {@linkcode Device.receive}. */
  abstract receive(packet: Packet): boolean;
  /** Sends a frame; see {@linkcode Device.transmit}. */
  abstract transmit(packet: Packet): boolean;
  /** Lets go of the httptap and of memory. */
  protected abstract end(): void;

  /**
   * Waits for something to do; see {@linkcode Device.ready}.
   *
   * @throws {Error} When the httptap has gone; the message says why.
   */
  ready(timeout: number): Promise<void> {
    if (this.#isClosed || this.hasFrames) return Promise.resolve();
    if (this.#loss !== null) return Promise.reject(this.#loss);
    const limit = this.isFull ? Math.min(timeout, fullWait) : timeout;
    return this.signal.wait(limit).then(() => {
      if (this.#loss !== null && !this.#isClosed && !this.hasFrames) throw this.#loss;
    });
  }

  /** Ends a {@linkcode Device.ready} that is waiting. */
  wake(): void {
    this.signal.fire();
  }

  /** Never: nothing is held back. */
  deadline(): number {
    return Infinity;
  }

  /** Gives the device back. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.end();
    this.signal.close();
  }

  /** Gives the device back. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Tells whoever waits that the httptap has gone; what came before is still received. */
  protected lose(error: Error): void {
    this.#loss ??= error;
    this.signal.fire();
  }
}

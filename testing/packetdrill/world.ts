/**
 * A stack on virtual time, with the network side in our hands.
 *
 * @module
 */
import { Stack } from "@octet/internet";
import type { TcpOptions } from "@octet/tcp";
import { Packet, SeededRandom } from "@octet/wire";
import type { RunConfig } from "./config.ts";

/** The stack's clock when the script's stands at 0, in milliseconds. */
const epoch = 1_000_000;
/** More frames or timers at one moment than this is a stack that never comes to rest. */
const maximumTurns = 100_000;

/** A stack, its clock, and what it sends. */
export class World {
  /** The stack under test. */
  readonly stack: Stack;
  /** Called with every datagram that is sent, and the time in microseconds. */
  onSent: (bytes: Uint8Array<ArrayBuffer>, time: number) => void = () => {};
  /** Called when something may have changed for a call that waits; says whether it did something. */
  onChange: () => boolean = () => false;
  readonly #packet: Packet;
  #now: number = epoch;

  /** Makes a stack with one address and a default route, and no Ethernet below. */
  constructor(config: RunConfig, tcp: TcpOptions, seed: number = 1) {
    this.stack = new Stack({ random: new SeededRandom(seed), link: "ip", mtu: config.mtu, tcp });
    this.stack.addAddress(config.localAddress, 24);
    this.stack.addRoute({});
    this.#packet = new Packet(65_600);
  }

  /** The stack's clock, in milliseconds. */
  get milliseconds(): number {
    return this.#now;
  }

  /** The script's clock, in microseconds. */
  get now(): number {
    return Math.round((this.#now - epoch) * 1000);
  }

  /** When the stack next does something by itself, in microseconds; Infinity for never. */
  get deadline(): number {
    const at = this.stack.deadline();
    return at === Infinity ? Infinity : Math.round((at - epoch) * 1000);
  }

  /** Delivers a datagram to the stack. */
  inject(bytes: Uint8Array): void {
    const packet = this.#packet;
    packet.clear();
    packet.bytes.set(bytes);
    packet.length = bytes.length;
    this.stack.ingress(packet, this.#now);
    this.settle();
  }

  /** Lets the stack send, and waiting calls go on, until nothing moves. */
  settle(): void {
    for (let turn = 0; turn < maximumTurns; turn++) {
      const moved = this.#drain();
      if (!this.onChange() && !moved) return;
    }
    throw new Error("Cannot go on as the stack never comes to rest");
  }

  #drain(): boolean {
    const packet = this.#packet;
    for (let turn = 0; turn < maximumTurns; turn++) {
      const length = this.stack.egress(packet, this.#now);
      if (length === 0) return turn > 0;
      this.onSent(packet.bytes.slice(0, length), this.now);
    }
    throw new Error("Cannot go on as the stack sends without end");
  }

  /**
   * Moves the clock.
   *
   * @param until Microseconds.
   * @param stop Asked after every moment at which something happened; `true` ends the wait there.
   */
  advance(until: number, stop: () => boolean = () => false): void {
    const end = epoch + until / 1000;
    this.settle();
    for (let turn = 0; !stop(); turn++) {
      const at = this.stack.deadline();
      if (!(at <= end)) {
        if (end > this.#now && end !== Infinity) this.#now = end;
        this.settle();
        return;
      }
      if (turn > maximumTurns) throw new Error("Cannot go on as timers go off without end");
      if (at > this.#now) this.#now = at;
      this.settle();
    }
  }
}

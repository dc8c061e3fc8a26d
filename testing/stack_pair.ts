/**
 * Two stacks joined by a wire, on virtual time: nothing here waits, sleeps, or asks for a privilege.
 *
 * @module
 */
import { MacAddress } from "@octet/netip";
import { Stack, type StackOptions } from "@octet/internet";
import { Packet, SeededRandom } from "@octet/wire";

/** How a {@linkcode StackPair} is set up. */
export interface StackPairOptions {
  /** The MTU of both, in bytes; 1500 when left out. */
  readonly mtu?: number;
  /** The longest IP packet that passes with `segmentSize` set; the MTU when left out. */
  readonly maxSegment?: number;
  /** The seed of both stacks' random numbers; 1 when left out. */
  readonly seed?: number;
  /** Settings of TCP connections. */
  readonly tcp?: StackOptions["tcp"];
  /** Sizes and times of the neighbour caches. */
  readonly neighbours?: StackOptions["neighbours"];
}

/**
 * Two stacks, `left` at 10.0.0.1/24 and `right` at 10.0.0.2/24, whose frames reach each other at once.
 *
 * @example
 * ```ts
 * import { StackPair } from "@octet/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const pair = new StackPair();
 * const listener = pair.right.tcp.listen(80);
 * const client = pair.left.tcp.connect({ address: StackPair.rightAddress, port: 80 }, pair.now);
 * pair.exchange();
 * const server = listener.accept()!;
 * client.write(new TextEncoder().encode("octet"));
 * pair.exchange();
 * assertEquals(server.readable, 5);
 * ```
 */
export class StackPair {
  /** The address of `left`, host order. */
  static readonly leftAddress = 0x0a000001;
  /** The address of `right`, host order. */
  static readonly rightAddress = 0x0a000002;

  /** The one stack. */
  readonly left: Stack;
  /** The other. */
  readonly right: Stack;
  /** How many frames have crossed the wire. */
  frames = 0;
  readonly #packet: Packet;
  /** The time stands among objects, so that V8 keeps it as one and makes none of 16 bytes at each call. */
  readonly #clock: [unit: string, time: number] = ["ms", 1000];

  /** Makes two stacks that know their own addresses and nothing of each other. */
  constructor(options: StackPairOptions = {}) {
    const mtu = options.mtu ?? 1500;
    const maxSegment = options.maxSegment ?? mtu;
    const random = new SeededRandom(options.seed ?? 1);
    const make = (number: number, address: number) => {
      const stack = new Stack({
        random,
        mtu,
        maxSegment,
        hardwareAddress: MacAddress.fromNumber(0x020000000000 + number),
        ...(options.tcp === undefined ? {} : { tcp: options.tcp }),
        ...(options.neighbours === undefined ? {} : { neighbours: options.neighbours }),
      });
      stack.addAddress(address, 24);
      return stack;
    };
    this.left = make(1, StackPair.leftAddress);
    this.right = make(2, StackPair.rightAddress);
    this.#packet = new Packet(maxSegment + 18);
  }

  /** The time of both, in milliseconds. */
  get now(): number {
    return this.#clock[1];
  }

  /** Lets time pass, or stand. */
  set now(time: number) {
    this.#clock[1] = time;
  }

  /** Carries frames both ways until neither has anything to say at this time. */
  exchange(): void {
    // Who has said everything has more to say only when it has been told something.
    this.#carry(this.left, this.right);
    while (this.#carry(this.right, this.left) > 0 && this.#carry(this.left, this.right) > 0);
  }

  /** Carries the frames that `left` has to send now; gives how many. */
  toRight(): number {
    return this.#carry(this.left, this.right);
  }

  /** Carries the frames that `right` has to send now; gives how many. */
  toLeft(): number {
    return this.#carry(this.right, this.left);
  }

  /**
   * Exchanges frames and lets time pass from one deadline to the next.
   *
   * @param until When to stop, in milliseconds; Infinity to go on until neither waits for anything.
   */
  run(until: number): void {
    for (;;) {
      this.exchange();
      const next = Math.min(this.left.deadline(), this.right.deadline());
      if (next > until || next === Infinity) break;
      this.now = Math.max(this.now, next);
    }
    if (until !== Infinity) this.now = Math.max(this.now, until);
  }

  #carry(from: Stack, to: Stack): number {
    const packet = this.#packet;
    let count = 0;
    while (from.egress(packet, this.now) > 0) {
      packet.checksumVerified = false;
      to.ingress(packet, this.now);
      count++;
    }
    this.frames += count;
    return count;
  }
}

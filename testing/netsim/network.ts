/**
 * A network on virtual time: any number of stacks on one switch, each behind its own impaired cable.
 * Nothing sleeps; a second of the network takes what its packets cost.
 *
 * @module
 */
import {
  type Device,
  frameCapacity,
  type ImpairmentOptions,
  Lan,
  Stack,
  type StackOptions,
} from "@octet/internet";
import { MacAddress } from "@octet/netip";
import { Packet, SeededRandom } from "@octet/wire";

/** How a station of a {@linkcode Network} is set up. */
export interface StationOptions {
  /** What goes wrong on its cable, both directions alike. */
  readonly impairment?: ImpairmentOptions;
  /** The MTU in bytes; 1500 when left out. */
  readonly mtu?: number;
  /** Settings of TCP connections. */
  readonly tcp?: StackOptions["tcp"];
}

/** A stack, its port, and its address. */
export interface Station {
  /** The stack. */
  readonly stack: Stack;
  /** Its port of the switch. */
  readonly device: Device;
  /** Its IPv4 address, host order. */
  readonly address: number;
}

/**
 * Stations on a switch, and the time that they share.
 *
 * @example
 * ```ts
 * import { Network } from "@octet/testing/netsim";
 * import { assertEquals } from "@std/assert";
 *
 * const network = new Network(1);
 * const server = network.attach({ impairment: { delay: 20 } });
 * const client = network.attach();
 * server.stack.tcp.listen(80);
 * const connection = client.stack.tcp.connect({ address: server.address, port: 80 }, network.now);
 * // ARP one round trip, SYN and SYN-ACK another, 20 ms each way.
 * network.run(() => connection.isOpen, 1000);
 * assertEquals(network.now, 80);
 * ```
 */
export class Network {
  /** The time in milliseconds. */
  now = 0;
  readonly #random: SeededRandom;
  readonly #lan: Lan;
  readonly #stations: Station[] = [];
  readonly #packet: Packet = new Packet(65_600);

  /**
   * Makes a network without stations.
   *
   * @param seed From where all random numbers start; the same seed gives the same run to the bit.
   */
  constructor(seed: number) {
    this.#random = new SeededRandom(seed);
    this.#lan = new Lan({ random: this.#random, clock: () => this.now });
  }

  /** Plugs a station in; the first has address 10.0.0.1/16, the next 10.0.0.2, and so on. */
  attach(options: StationOptions = {}): Station {
    const number = this.#stations.length + 1;
    const { mtu = 1500 } = options;
    const mac = MacAddress.fromNumber(0x020000000000 + number);
    const device = this.#lan.attach({
      mac,
      mtu,
      ...(options.impairment === undefined ? {} : { impairment: options.impairment }),
    });
    const stack = new Stack({
      random: this.#random,
      hardwareAddress: mac,
      mtu,
      ...(options.tcp === undefined ? {} : { tcp: options.tcp }),
    });
    const address = 0x0a000000 + number;
    stack.addAddress(address, 16);
    if (frameCapacity(device) > this.#packet.bytes.length) {
      throw new RangeError(`Cannot attach station as frames of MTU ${mtu} are too long`);
    }
    const station = { stack, device, address };
    this.#stations.push(station);
    return station;
  }

  /**
   * Lets time pass, from one event to the next.
   *
   * @param done Called at every event, before the stacks send: the place to read, write, and say that it is enough.
   * @param limit For how long at the most, in milliseconds.
   * @returns Whether `done` said so; `false` when the time was up, or nothing is left to wait for.
   */
  run(done: () => boolean, limit: number): boolean {
    const until = this.now + limit;
    for (;;) {
      if (done()) return true;
      if (this.#step()) continue;
      const next = this.#next();
      if (next > until) {
        if (next !== Infinity) this.now = until;
        return done();
      }
      this.now = Math.max(this.now, next);
    }
  }

  /** When something happens next, in milliseconds; Infinity for never. */
  deadline(): number {
    return Math.max(this.now, this.#next());
  }

  #step(): boolean {
    const packet = this.#packet;
    let moved = false;
    for (const { stack, device } of this.#stations) {
      while (device.receive(packet)) {
        stack.ingress(packet, this.now);
        moved = true;
      }
      while (stack.egress(packet, this.now) > 0) {
        device.transmit(packet);
        moved = true;
      }
    }
    return moved;
  }

  #next(): number {
    let next = Infinity;
    for (const { stack, device } of this.#stations) {
      next = Math.min(next, stack.deadline(), device.deadline());
    }
    return next;
  }
}

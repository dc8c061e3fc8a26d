/**
 * Two TCPs joined by a pipe on virtual time, for the tests of this package: no IP, no Ethernet, the
 * addresses travel in the packet.
 *
 * @module
 */
import { Packet, type Random, randomBelow, SeededRandom } from "@octet/wire";
import { Root } from "./_root.ts";
import type { TcpConnection } from "./connection.ts";
import type { TcpConnectionOptions } from "./settings.ts";
import type { TcpListener } from "./listener.ts";
import type { TcpNetwork } from "./network.ts";
import { Tcp } from "./tcp.ts";

/** What happens to segments on their way. */
export interface PipeOptions {
  /** One-way delay in milliseconds. */
  delay?: number;
  /** Random addition to the delay, in milliseconds; reorders. */
  jitter?: number;
  /** Chance of a loss, 0 to 1. */
  loss?: number;
  /** Chance of a second copy, 0 to 1. */
  duplicate?: number;
  /** Chance of a flipped bit, 0 to 1. */
  corrupt?: number;
  /** How many segments may be on their way at once, both ways together; what comes beyond is lost. */
  queue?: number;
  /** The MTU in bytes. */
  mtu?: number;
  /** The longest datagram handed down at once. */
  maxSegment?: number;
  /** What time it is at the beginning, in milliseconds; 1000 when not given. */
  start?: number;
  /** Seed of everything. */
  seed?: number;
  /** Settings of the connections. */
  options?: TcpConnectionOptions;
  /** Settings of the server's connections, where they differ. */
  serverOptions?: TcpConnectionOptions;
  /** Called for every segment that is sent; `false` loses it. */
  filter?: (from: number, packet: Packet, now: number) => boolean;
}

interface Flight {
  at: number;
  order: number;
  to: number;
  packet: Packet;
}

/** The address of the side that usually opens. */
export const clientAddress = 0x0a000001;
/** The address of the side that usually listens. */
export const serverAddress = 0x0a000002;

/** Two TCPs, `client` and `server`, and what is on its way between them. */
export class Pair {
  readonly client: Tcp;
  readonly server: Tcp;
  now: number;
  sent = 0;
  /** Called whenever neither side has anything to send for now. */
  onIdle: () => void = () => {};
  readonly random: Random;
  readonly #roots: [Root, Root] = [new Root(), new Root()];
  readonly #flights: Flight[] = [];
  readonly #options: PipeOptions;
  #order = 0;
  #heldUntil = 0;
  #extra = 0;

  constructor(options: PipeOptions = {}) {
    this.#options = options;
    this.now = options.start ?? 1000;
    this.random = new SeededRandom(options.seed ?? 1);
    const mtu = options.mtu ?? 1500;
    const link = { mtu, maxSegment: options.maxSegment ?? mtu };
    const network = (source: number): TcpNetwork => ({
      sourceFor: () => source,
      linkTo: () => link,
    });
    this.client = new Tcp(network(clientAddress), this.random, options.options);
    const serverOptions = options.serverOptions ?? options.options;
    this.server = new Tcp(network(serverAddress), this.random, serverOptions);
    // Whoever is idle sleeps at once, with every other seed.
    if ((options.seed ?? 1) % 2 === 0) {
      this.client.hibernation.limit = this.server.hibernation.limit = 0;
    }
    this.client.attach(this.#roots[0]);
    this.server.attach(this.#roots[1]);
  }

  /** Sends what there is to be sent, and delivers what has arrived by now. */
  step(): void {
    for (let side = 0; side < 2; side++) {
      const root = this.#roots[side]!;
      root.timers.expire(this.now);
      for (;;) {
        const packet = new Packet((this.#options.maxSegment ?? this.#options.mtu ?? 1500) + 100);
        packet.clear();
        const length = root.encapsulate(packet, 0, 20, this.now);
        if (length === 0) {
          packet.release();
          break;
        }
        packet.length = 20 + length;
        packet.completeChecksum();
        this.#send(side, packet);
      }
    }
  }

  /** Lets the segment that `filter` looks at take longer, by so many milliseconds. */
  delayNext(milliseconds: number): void {
    this.#extra = milliseconds;
  }

  /** Holds everything that is on its way, or sets out, back until a time. */
  holdUntil(time: number): void {
    this.#heldUntil = time;
    for (const flight of this.#flights) flight.at = Math.max(flight.at, time);
  }

  /** Runs until nothing is on its way and nobody waits for a time before `until`. */
  run(until: number = Infinity, stop: () => boolean = () => false): void {
    for (;;) {
      if (stop()) return;
      this.step();
      this.onIdle();
      const next = Math.min(
        this.#flights.length === 0 ? Infinity : this.#flights[0]!.at,
        this.#roots[0].timers.next(),
        this.#roots[1].timers.next(),
      );
      if (next === Infinity) return;
      if (next > until) {
        this.now = Math.max(this.now, until);
        return;
      }
      this.now = Math.max(this.now, next);
      while (this.#flights.length > 0 && this.#flights[0]!.at <= this.now) {
        const { to, packet } = this.#flights.shift()!;
        const tcp = to === 0 ? this.client : this.server;
        tcp.demux(packet, 20, packet.length, this.now);
        packet.release();
      }
    }
  }

  /** When the next timer is due on either side. */
  deadline(): number {
    return Math.min(this.#roots[0].timers.next(), this.#roots[1].timers.next());
  }

  /** Opens a connection through the pipe, both ends of it; again when the handshake was given up for losses. */
  open(port = 80): { client: TcpConnection; server: TcpConnection; listener: TcpListener } {
    const listener = this.server.listen(port);
    for (;;) {
      const client = this.client.connect({ address: serverAddress, port }, this.now);
      let server: TcpConnection | null = null;
      this.run(this.now + 600_000, () => (server ??= listener.accept()) !== null);
      if (server !== null) return { client, server, listener };
      client.abort(this.now);
    }
  }

  #send(from: number, packet: Packet): void {
    const { random } = this;
    const options = this.#options;
    this.sent++;
    this.#extra = 0;
    if (options.filter !== undefined && !options.filter(from, packet, this.now)) {
      packet.release();
      return;
    }
    const chance = (p: number | undefined) => p !== undefined && random.uint32() / 2 ** 32 < p;
    if (chance(options.loss)) {
      packet.release();
      return;
    }
    if (chance(options.duplicate)) {
      const copy = new Packet(packet.bytes.length);
      copy.clear();
      copy.copyFrom(packet);
      this.#enqueue(1 - from, copy);
    }
    if (chance(options.corrupt)) {
      const at = 20 + randomBelow(random, packet.length - 20);
      packet.bytes[at]! ^= 1 << randomBelow(random, 8);
    }
    this.#enqueue(1 - from, packet);
  }

  #enqueue(to: number, packet: Packet): void {
    if (this.#flights.length >= (this.#options.queue ?? Infinity)) {
      packet.release();
      return;
    }
    const jitter = (this.random.uint32() / 2 ** 32) * (this.#options.jitter ?? 0);
    const delay = (this.#options.delay ?? 0) + this.#extra;
    const at = Math.max(this.now + delay + jitter, this.#heldUntil);
    const flight = { at, order: this.#order++, to, packet };
    let index = this.#flights.length;
    while (index > 0 && this.#flights[index - 1]!.at > at) index--;
    this.#flights.splice(index, 0, flight);
  }
}

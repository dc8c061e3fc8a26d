/**
 * How fast TCP carries data over a given path: the figure that shows what recovery is worth.
 *
 * @module
 */
import type { ImpairmentOptions } from "@octet/internet";
import type { TcpConnection, TcpConnectionOptions } from "@octet/tcp";
import { Network } from "./network.ts";

/** What is measured. */
export interface GoodputOptions {
  /** The path: both directions alike, at the server's end. */
  readonly path: ImpairmentOptions;
  /** How many flows share the path; 1 when left out. */
  readonly flows?: number;
  /** For how long, in milliseconds of the network; 10,000 when left out. */
  readonly duration?: number;
  /** From where the random numbers start; 1 when left out. */
  readonly seed?: number;
  /** The MTU in bytes; 1500 when left out. */
  readonly mtu?: number;
  /** Settings of the senders, by flow; the last one holds for all further flows. */
  readonly senders?: readonly (() => TcpConnectionOptions)[];
}

/** Byte `i` of every stream: no power of two divides its period, so a shift shows. */
const period = 251;
const pattern = Uint8Array.from({ length: period * 256 }, (_, i) => i % period);

/**
 * Lets flows send as much as they can over one path, and checks every byte.
 *
 * @example
 * ```ts
 * import { measureGoodput } from "@octet/testing/netsim";
 * import { assert } from "@std/assert";
 *
 * const [rate] = measureGoodput({ path: { rate: 10e6, delay: 10 }, duration: 5000 });
 * assert(rate! > 8 && rate! < 10);
 * ```
 *
 * @returns The goodput of each flow, in Mbit/s of payload.
 * @throws {Error} When a byte differs, or a connection breaks.
 */
export function measureGoodput(options: GoodputOptions): number[] {
  const { path, flows = 1, duration = 10_000, seed = 1, mtu = 1500, senders = [] } = options;
  const network = new Network(seed);
  const server = network.attach({ impairment: { ...path, seed }, mtu });
  const listener = server.stack.tcp.listen(80);
  const running: Flow[] = [];
  for (let i = 0; i < flows; i++) {
    const make = senders[Math.min(i, senders.length - 1)];
    const client = network.attach({ mtu, ...(make === undefined ? {} : { tcp: make() }) });
    const target = { address: server.address, port: 80 };
    running.push(new Flow(client.stack.tcp.connect(target, network.now)));
  }
  network.run(() => {
    for (let next = listener.accept(); next !== null; next = listener.accept()) {
      running.find((flow) => flow.isPeer(next!))!.sink = next;
    }
    for (const flow of running) flow.pump();
    return false;
  }, duration);
  return running.map((flow) => (flow.received * 8) / duration / 1000);
}

/** One direction of one connection, with a writer that never tires and a reader that checks. */
class Flow {
  sink: TcpConnection | null = null;
  received = 0;
  #written = 0;
  readonly #source: TcpConnection;
  readonly #buffer = new Uint8Array(65_536);

  constructor(source: TcpConnection) {
    this.#source = source;
  }

  isPeer(connection: TcpConnection): boolean {
    const source = this.#source;
    return connection.remotePort === source.localPort &&
      connection.remoteAddress === source.localAddress;
  }

  pump(): void {
    const source = this.#source;
    while (source.writable > 0) {
      const from = this.#written % period;
      this.#written += source.write(pattern, from, pattern.length);
    }
    if (this.sink === null) return;
    for (;;) {
      const count = this.sink.read(this.#buffer);
      if (count === 0) break;
      for (let i = 0; i < count; i++) {
        if (this.#buffer[i] !== (this.received + i) % period) {
          throw new Error(`Byte ${this.received + i} differs`);
        }
      }
      this.received += count;
    }
  }
}

/**
 * Jain's fairness index of shares: 1 when all are equal, 1/n when one has everything.
 *
 * @example
 * ```ts
 * import { fairness } from "@octet/testing/netsim";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fairness([5, 5]), 1);
 * assertEquals(fairness([1, 0]), 0.5);
 * ```
 */
export function fairness(shares: readonly number[]): number {
  const sum = shares.reduce((a, b) => a + b, 0);
  const squares = shares.reduce((a, b) => a + b * b, 0);
  return (sum * sum) / (shares.length * squares);
}

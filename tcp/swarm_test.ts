// Many connections of two stacks at once, and applications that do whatever comes to their mind, most of all in the
// middle of being told of something. After each pause everything must hold, and nobody may have been forgotten.

import { assert, assertEquals } from "@std/assert";
import { randomBelow, SeededRandom } from "@octet/wire";
import { checkConnection } from "./_invariants.ts";
import { clientAddress, Pair, type PipeOptions, serverAddress } from "./_pair.ts";
import type { TcpConnection } from "./connection.ts";
import { TcpEvent } from "./event.ts";
import type { TcpListener } from "./listener.ts";
import { NewReno } from "./new_reno.ts";
import { settleOptions } from "./settings.ts";
import { TcpState } from "./state.ts";
import type { Tcp } from "./tcp.ts";

const ports = [80, 81, 82];
/** How many connections one side opens at the most. */
const most = 60;

/** What an application knows of its end. */
interface End {
  written: number;
  read: number;
}

/** Byte `position` of the stream between two ports: of another stream, or shifted, it is another. */
function byteAt({ localPort, remotePort }: TcpConnection, position: number): number {
  return ((localPort ^ remotePort) + position) % 251;
}

/** One side: a stack, its listeners, and the application. */
class Side {
  readonly tcp: Tcp;
  readonly ends: Map<TcpConnection, End> = new Map();
  readonly #listeners: TcpListener[] = [];
  readonly #pair: Pair;
  readonly #peer: number;
  readonly #below: (bound: number) => number;
  #depth = 0;

  constructor(pair: Pair, tcp: Tcp, peer: number, below: (bound: number) => number) {
    this.#pair = pair;
    this.tcp = tcp;
    this.#peer = peer;
    this.#below = below;
    for (const port of ports) this.#listen(port);
  }

  /** Does something, anything. */
  act(): void {
    const below = this.#below;
    const { now } = this.#pair;
    const connection = this.#any();
    const choice = below(40);
    if (choice < 4 || connection === null) return this.#open(null);
    switch (choice) {
      case 4:
        return connection.closeWrite();
      case 5:
        return connection.close(now);
      case 6:
        return connection.abort(now);
      case 7:
        return connection.setKeepAlive(below(2) === 0, now);
      case 8:
        return connection.tune({ keepAliveIdle: 50 + below(1000), pacing: below(2) * 1e5 }, now);
      case 9:
        connection.tcpInfo(now);
        return;
      case 10:
        return connection.setNoDelay(below(2) === 0);
      case 11:
        if (below(4) > 0) return;
        return this.#relisten(below(ports.length));
      case 12:
        for (const listener of this.#listeners) this.#accept(listener);
        return;
      default:
        if (choice < 26) this.#write(connection);
        else this.#read(connection);
    }
  }

  /** What the stack says of itself is so. */
  check(): void {
    let orphans = 0;
    let timeWaits = 0;
    let open = 0;
    let awake = 0;
    for (const connection of this.tcp.connections()) {
      const { state } = connection;
      if (state === TcpState.TimeWait) timeWaits++;
      else if (connection.isOrphan) orphans++;
      if (connection.isOpen) open++;
      // The sleeping ones are left alone, most of the time.
      if (connection.awakeIndex < 0 && this.#below(10) > 0) continue;
      checkConnection(connection);
      awake++;
      connection.requestTurn();
    }
    const { lingerers, hibernation, counters } = this.tcp;
    assertEquals([orphans, timeWaits], [lingerers.orphans, lingerers.timeWaits], "without owner");
    assertEquals(counters.TcpCurrEstab, open, "open");
    assert(hibernation.awake >= awake, "awake, and nobody knows of it");
    for (const listener of this.#listeners) {
      const half = [...this.tcp.connections()].filter((each) => each.listener === listener);
      assertEquals(listener.pending, half.length, "handshakes under way");
    }
  }

  /** Ends everything, with a reset or in order. */
  finish(): void {
    for (const listener of this.#listeners) listener.close(this.#pair.now);
    for (const connection of [...this.tcp.connections()]) {
      connection.onEvent = null;
      if (this.#below(2) === 0) connection.abort(this.#pair.now);
      else connection.close(this.#pair.now);
    }
  }

  #any(): TcpConnection | null {
    const all = [...this.ends.keys()];
    return all.length === 0 ? null : all[this.#below(all.length)]!;
  }

  #listen(port: number): void {
    const listener = this.tcp.listen(port, { backlog: 1 + this.#below(20) });
    if (this.#below(2) === 0) listener.settings = settleOptions({ sendBuffer: 5000, linger: 300 });
    listener.onConnection = () => this.#below(4) > 0 && this.#accept(listener);
    this.#listeners.push(listener);
  }

  #relisten(index: number): void {
    const [closed] = this.#listeners.splice(index, 1);
    closed!.close(this.#pair.now);
    this.#listen(closed!.port);
  }

  #accept(listener: TcpListener): void {
    const connection = listener.accept();
    if (connection !== null && connection.state !== TcpState.Closed) this.#adopt(connection);
  }

  #open(reuse: TcpConnection | null): void {
    if (this.ends.size >= most) return;
    const port = ports[this.#below(ports.length)]!;
    const target = { address: this.#peer, port };
    this.#adopt(this.tcp.connect(target, this.#pair.now, reuse ?? undefined));
  }

  #adopt(connection: TcpConnection): void {
    this.ends.set(connection, { written: 0, read: 0 });
    connection.onEvent = (events) => this.#told(connection, events);
  }

  #told(connection: TcpConnection, events: number): void {
    assert(this.ends.has(connection), "told of a connection that has ended");
    if ((events & TcpEvent.Closed) !== 0) {
      if (!connection.isOrphan) this.#read(connection);
      this.ends.delete(connection);
      connection.onEvent = null;
      const choice = this.#below(4);
      if (choice === 0) this.tcp.recycle(connection);
      else if (choice === 1) this.#open(connection);
    } else if ((events & TcpEvent.Readable) !== 0 && this.#below(4) > 0) this.#read(connection);
    if (this.#depth > 3) return;
    this.#depth++;
    while (this.#below(3) === 0) this.act();
    this.#depth--;
  }

  #write(connection: TcpConnection): void {
    const end = this.ends.get(connection)!;
    if (!connection.mayWrite) return;
    const bytes = new Uint8Array(1 + this.#below(this.#below(8) === 0 ? 20_000 : 2000));
    for (let i = 0; i < bytes.length; i++) bytes[i] = byteAt(connection, end.written + i);
    end.written += connection.write(bytes);
  }

  #read(connection: TcpConnection): void {
    const end = this.ends.get(connection)!;
    const bytes = new Uint8Array(1 + this.#below(20_000));
    const count = connection.read(bytes);
    for (let i = 0; i < count; i++) {
      assertEquals(bytes[i], byteAt(connection, end.read + i), `byte ${end.read + i}`);
    }
    end.read += count;
  }
}

function swarm(seed: number): void {
  const random = new SeededRandom(seed);
  const below = (bound: number) => randomBelow(random, bound);
  const options: PipeOptions = {
    delay: below(20),
    jitter: below(2) * below(10),
    loss: below(2) * below(10) / 100,
    duplicate: below(2) * below(10) / 100,
    seed,
    options: {
      sack: below(4) > 0,
      timestamps: below(4) > 0,
      finTimeout: 2000,
      userTimeout: below(3) === 0 ? 3000 : 0,
      ...(below(2) === 0 ? { sendBuffer: 3000 } : {}),
      ...(below(2) === 0 ? { receiveBuffer: 4000 } : {}),
      ...(below(2) === 0 ? { congestionControl: () => new NewReno() } : {}),
      ...(below(4) === 0 ? { pacing: 200_000 } : {}),
    },
  };
  const pair = new Pair(options);
  const sides = [
    new Side(pair, pair.client, serverAddress, below),
    new Side(pair, pair.server, clientAddress, below),
  ];
  for (const { tcp } of sides) {
    tcp.hibernation.limit = [0, 5, 256][seed % 3]!;
    tcp.lingerers.maxOrphans = below(2) === 0 ? 10 : 1000;
    tcp.lingerers.maxTimeWaits = below(2) === 0 ? 5 : 1000;
  }
  for (let round = 0; round < 150; round++) {
    for (let i = below(6); i >= 0; i--) sides[below(2)]!.act();
    pair.run(pair.now + (below(10) === 0 ? 70_000 : below(60)));
    for (const side of sides) side.check();
    const { sent } = pair;
    pair.step();
    assertEquals(pair.sent, sent, `round ${round}: somebody had something to say, and no turn`);
  }
  for (const side of sides) side.finish();
  pair.run();
  for (const { tcp } of sides) {
    assertEquals(tcp.size, 0);
    assertEquals(tcp.counters.TcpCurrEstab, 0);
  }
  assertEquals(pair.deadline(), Infinity);
}

/** How many seeds: `SEEDS=1000 deno test -A tcp/swarm_test.ts` for more. */
const seeds = Number(Deno.env.get("SEEDS") ?? 40);

Deno.test(`${seeds} swarms of connections whose applications interfere: nobody is forgotten, no timer left`, () => {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      swarm(seed);
    } catch (error) {
      throw new Error(`Seed ${seed}: ${error}`, { cause: error });
    }
  }
});

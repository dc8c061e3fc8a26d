import { assert, assertEquals } from "@std/assert";
import { randomBelow, SeededRandom } from "@octet/wire";
import { Pair, type PipeOptions } from "./_pair.ts";
import { checkConnection } from "./_invariants.ts";
import type { TcpConnection } from "./connection.ts";
import { TcpError, TcpState } from "./state.ts";

/** Byte i of a stream: no power of two divides its period, so a shift shows. */
const byteAt = (i: number) => i % 251;

/** Sends `total` bytes one way and closes; gives what arrived as a count after checking each byte. */
class Flow {
  written = 0;
  read = 0;
  readonly #from: TcpConnection;
  readonly #to: TcpConnection;
  readonly #total: number;
  readonly #chunk = new Uint8Array(65_536);

  constructor(from: TcpConnection, to: TcpConnection, total: number) {
    this.#from = from;
    this.#to = to;
    this.#total = total;
  }

  pump(): void {
    while (this.written < this.#total && this.#from.mayWrite) {
      const want = Math.min(this.#chunk.length, this.#total - this.written);
      for (let i = 0; i < want; i++) this.#chunk[i] = byteAt(this.written + i);
      const taken = this.#from.write(this.#chunk, 0, want);
      this.written += taken;
      if (taken < want) break;
    }
    if (this.written === this.#total) this.#from.closeWrite();
    for (;;) {
      const got = this.#to.read(this.#chunk);
      if (got === 0) break;
      for (let i = 0; i < got; i++) {
        if (this.#chunk[i] !== byteAt(this.read + i)) {
          throw new Error(`Byte ${this.read + i} differs`);
        }
      }
      this.read += got;
    }
  }
}

function transfer(options: PipeOptions, up: number, down: number): Pair {
  const pair = new Pair(options);
  const { client, server } = pair.open();
  pair.onIdle = () => {
    checkConnection(client);
    checkConnection(server);
  };
  const flows = [new Flow(client, server, up), new Flow(server, client, down)];
  pair.run(pair.now + 7 * 86_400_000, () => {
    flows[0]!.pump();
    flows[1]!.pump();
    return false;
  });
  assertEquals([flows[0]!.read, flows[1]!.read], [up, down]);
  assertEquals([client.error, server.error], [TcpError.None, TcpError.None]);
  assertEquals([client.state, server.state], [TcpState.Closed, TcpState.Closed]);
  assertEquals(pair.deadline(), Infinity);
  assertEquals(pair.client.size + pair.server.size, 0);
  return pair;
}

Deno.test("a clean pipe carries both directions and every timer ends", () => {
  transfer({ delay: 5 }, 1_000_000, 300_000);
});

Deno.test("super-segments carry the same bytes", () => {
  transfer({ delay: 1, maxSegment: 65_535 }, 2_000_000, 100_000);
});

Deno.test("3 % loss, reordering, duplicates: every byte arrives, and in reasonable time", () => {
  const pair = transfer(
    { delay: 5, jitter: 2, loss: 0.03, duplicate: 0.01, seed: 1 },
    3_000_000,
    0,
  );
  // 60 s of TIME-WAIT, and less than a quarter of a minute of transfer.
  assert(pair.now < 75_000, `${pair.now} ms`);
});

/** How many seeds: few in everyday tests, as many as asked for with `SEEDS=1000 deno test -A tcp/transfer_test.ts`. */
const seeds = Number(Deno.env.get("SEEDS") ?? 200);

/** A network as bad as the seed has it: loss, reordering, duplicates, corruption, tiny queues, windows of 1 B to 16 MiB. */
function badNetwork(seed: number): { options: PipeOptions; up: number; down: number } {
  const random = new SeededRandom(seed);
  const below = (bound: number) => randomBelow(random, bound);
  const receiveBuffer = below(8) === 0 ? 1 << below(10) : 1 << (10 + below(15));
  const options: PipeOptions = {
    delay: below(40),
    jitter: below(2) * below(30),
    loss: below(2) * below(31) / 100,
    duplicate: below(2) * below(10) / 100,
    corrupt: below(2) * below(5) / 100,
    mtu: 576 + below(8425),
    seed,
    options: {
      sack: below(4) > 0,
      timestamps: below(4) > 0,
      windowScaling: below(4) > 0,
      ecn: below(2) > 0 ? "on" : "accept",
      ...(below(3) > 0 ? { receiveBuffer } : {}),
      ...(below(3) > 0 ? { sendBuffer: 1 << (below(17) + 4) } : {}),
    },
    ...(below(4) === 0 ? { queue: 4 + below(20) } : {}),
  };
  const most = (options.options!.receiveBuffer ?? 512) < 512 ? 500 : 60_000;
  return { options, up: below(most), down: below(most) };
}

function forSeeds(run: (seed: number) => void): void {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      run(seed);
    } catch (error) {
      const network = JSON.stringify(badNetwork(seed));
      throw new Error(`Seed ${seed} ${network}: ${error}`, { cause: error });
    }
  }
}

Deno.test(`${seeds} seeds of a bad network: integrity, an orderly end, no timer left`, () => {
  forSeeds((seed) => {
    const { options, up, down } = badNetwork(seed);
    transfer(options, up, down);
  });
});

Deno.test(`${seeds} seeds, cut off at some point: what was read is right, both ends learn of it, no timer left`, () => {
  forSeeds((seed) => {
    const { options, up, down } = badNetwork(seed);
    const pair = new Pair(options);
    const { client, server, listener } = pair.open();
    const flows = [new Flow(client, server, up), new Flow(server, client, down)];
    const cut = (seed * 7919) % (up + down + 1);
    pair.run(pair.now + 7 * 86_400_000, () => {
      flows[0]!.pump();
      flows[1]!.pump();
      if (flows[0]!.read + flows[1]!.read >= cut) client.abort(pair.now);
      return false;
    });
    listener.close(pair.now);
    pair.run();
    assert(flows[0]!.read <= up && flows[1]!.read <= down);
    assertEquals(client.state, TcpState.Closed);
    // A reset may be lost; then the other end learns of it by what it sends, or waits for ever as TCP does.
    if (server.state !== TcpState.Closed) server.abort(pair.now);
    pair.run();
    assertEquals(pair.deadline(), Infinity);
    assertEquals(pair.client.size + pair.server.size, 0);
  });
});

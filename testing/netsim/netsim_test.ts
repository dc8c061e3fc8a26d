import { assert, assertEquals } from "@std/assert";
import { assertSnapshot } from "@std/testing/snapshot";
import { Cubic, NewReno, type TcpConnection } from "@octet/tcp";
import { fairness, measureGoodput } from "./goodput.ts";
import { Network } from "./network.ts";

Deno.test("the same seed gives the same run, another seed another", () => {
  const path = { rate: 10e6, delay: 10, jitter: 2, loss: 0.02 };
  const run = (seed: number) => measureGoodput({ path, seed, duration: 2000 });
  assertEquals(run(3), run(3));
  assert(run(3)[0] !== run(4)[0]);
});

Deno.test("a network ends when nobody waits for anything", () => {
  const network = new Network(1);
  network.attach();
  assertEquals(network.run(() => false, 1000), false);
  assertEquals(network.now, 0);
});

// A figure a cell, in Mbit/s, over 10 s of a path of 100 Mbit/s with a queue of one round trip, at least 64
// frames. What changes recovery or congestion control changes these; `deno test -A testing/netsim -- --update` takes
// the new figures when they are meant.
Deno.test("goodput against loss and delay, CUBIC", async (test) => {
  const table: Record<string, Record<string, number>> = {};
  for (const roundTrip of [1, 10, 50]) {
    const row: Record<string, number> = {};
    for (const loss of [0, 0.001, 0.01, 0.03, 0.05, 0.1]) {
      const limit = Math.max(64, Math.round((100e6 * roundTrip) / 1000 / 8 / 1500));
      const path = { rate: 100e6, delay: roundTrip / 2, loss, limit };
      row[`${loss * 100} %`] = Number(measureGoodput({ path })[0]!.toPrecision(3));
    }
    table[`${roundTrip} ms`] = row;
  }
  await assertSnapshot(test, table);
});

Deno.test("goodput against reordering and queue, CUBIC", async (test) => {
  const table: Record<string, number> = {};
  for (const reorder of [0, 0.01, 0.1]) {
    const path = { rate: 50e6, delay: 5, reorder, limit: 64 };
    table[`reorder ${reorder * 100} %`] = Number(measureGoodput({ path })[0]!.toPrecision(3));
  }
  for (const limit of [4, 16, 64, 256]) {
    const path = { rate: 50e6, delay: 5, limit };
    table[`queue of ${limit}`] = Number(measureGoodput({ path })[0]!.toPrecision(3));
  }
  await assertSnapshot(test, table);
});

Deno.test("where a queue overflows at the end of slow start, twice, no reaction is taken for needless", () => {
  const network = new Network(1);
  const path = { rate: 200e6, delay: 10, limit: 419 };
  const server = network.attach({ impairment: path });
  const client = network.attach();
  const listener = server.stack.tcp.listen(80);
  const target = { address: server.address, port: 80 };
  const connection = client.stack.tcp.connect(target, network.now);
  const bytes = new Uint8Array(65_536);
  let sink: TcpConnection | null = null;
  network.run(() => {
    sink ??= listener.accept();
    while (connection.writable > 0) connection.write(bytes);
    while (sink !== null && sink.read(bytes) > 0);
    return false;
  }, 1000);
  assert(connection.sender.retransmissions > 100);
  assertEquals(connection.sender.undone, 0);
});

for (const [name, make] of [["cubic", () => new Cubic()], ["reno", () => new NewReno()]] as const) {
  Deno.test(`two ${name} flows share a bottleneck: Jain's index at least 0.9`, () => {
    const shares = measureGoodput({
      path: { rate: 20e6, delay: 10, limit: 60 },
      flows: 2,
      duration: 30_000,
      senders: [() => ({ congestionControl: make })],
    });
    assert(fairness(shares) >= 0.9, String(shares));
    assert(shares[0]! + shares[1]! > 16, String(shares));
  });
}

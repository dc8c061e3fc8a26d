import { assert, assertEquals } from "@std/assert";
import { readU32, SeededRandom } from "@octet/wire";
import { Bench, ownAddress, peer, peerAddress, thirdAddress } from "./_scene_test.ts";
import { ArpOperation } from "./frame.ts";

const { Reply } = ArpOperation;

/** Sends packets numbered `from` to `to` at once; gives what else was sent. */
function burst(bench: Bench, from: number, to: number, neighbour: number = peerAddress): string[] {
  bench.sender.nextHop = neighbour;
  for (let i = from; i <= to; i++) bench.sender.send(i);
  return bench.at(bench.now);
}

function data(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `02 data ${from + i}`);
}

Deno.test("a burst to a new neighbour waits for its answer, and goes in order", () => {
  const bench = new Bench();
  assertEquals(burst(bench, 1, 100), ["all who-has 2 tell 1"]);
  bench.hear(Reply, peer, peerAddress, ownAddress);
  assertEquals(bench.at(1), data(1, 100));
  assertEquals(bench.arp.cache.droppedPackets, 0);
});

Deno.test("what comes after the answer goes behind what has waited", () => {
  const bench = new Bench();
  burst(bench, 1, 20);
  bench.hear(Reply, peer, peerAddress, ownAddress);
  assertEquals(burst(bench, 21, 40), data(1, 40));
  assertEquals(burst(bench, 41, 42), data(41, 42));
});

Deno.test("of what a neighbour's queue cannot hold the oldest goes; other neighbours' packets stay", () => {
  const bench = new Bench({ cache: { queueBytes: 10 * 2048 } });
  burst(bench, 100, 101, thirdAddress);
  burst(bench, 1, 12);
  bench.hear(Reply, peer, peerAddress, ownAddress);
  bench.hear(Reply, peer, thirdAddress, ownAddress);
  assertEquals(bench.at(1).sort(), [...data(3, 12), ...data(100, 101)].sort());
  assertEquals(bench.arp.cache.droppedPackets, 2);
});

Deno.test("the default holds 101 packets of common size or more for one neighbour", () => {
  const bench = new Bench();
  burst(bench, 1, 250);
  bench.hear(Reply, peer, peerAddress, ownAddress);
  const sent = bench.at(1);
  assert(sent.length >= 101 && sent.length <= 104, `${sent.length}`);
  assertEquals(sent, data(251 - sent.length, 250));
});

Deno.test("of what all queues cannot hold the oldest goes", () => {
  const bench = new Bench({ cache: { totalQueueBytes: 3 * 2048 } });
  burst(bench, 1, 2);
  burst(bench, 3, 4, thirdAddress);
  bench.hear(Reply, peer, peerAddress, ownAddress);
  bench.hear(Reply, peer, thirdAddress, ownAddress);
  assertEquals(bench.at(1), data(2, 4));
});

Deno.test("a packet larger than a queue is dropped, and nothing for its sake that fits", () => {
  const bench = new Bench({ cache: { totalQueueBytes: 2047 } });
  assertEquals(burst(bench, 1, 3), ["all who-has 2 tell 1"]);
  bench.hear(Reply, peer, peerAddress, ownAddress);
  assertEquals(bench.at(1), []);
  assertEquals(bench.arp.cache.droppedPackets, 3);
});

Deno.test("all that waited is told to be undelivered, the oldest first, after its neighbour has failed", () => {
  const told: string[] = [];
  const bench = new Bench({
    onFailure: (neighbour) => told.push(`${neighbour & 0xff} failed`),
    onUnreachable: (packet) => told.push(String(readU32(packet.bytes, 14))),
  });
  burst(bench, 1, 3);
  for (const now of [1000, 2000, 3000]) bench.at(now);
  assertEquals(told, ["2 failed", "1", "2", "3"]);
  bench.now = 4000;
  assertEquals(burst(bench, 9, 9), ["all who-has 2 tell 1"]);
  bench.hear(Reply, peer, peerAddress, ownAddress);
  assertEquals(bench.at(4000), data(9, 9));
});

Deno.test("what waits for a neighbour that is forgotten is dropped, also on its way out", () => {
  const bench = new Bench();
  burst(bench, 1, 3);
  bench.hear(Reply, peer, peerAddress, ownAddress);
  bench.arp.cache.forget(peerAddress);
  assertEquals(burst(bench, 7, 7), ["all who-has 2 tell 1"]);
  bench.hear(Reply, peer, peerAddress, ownAddress);
  assertEquals(bench.at(1), data(7, 7));
  assertEquals(bench.arp.cache.droppedPackets, 3);
});

Deno.test("neighbours come, go and answer at random: each packet goes once, in its neighbour's order, or is counted", () => {
  const random = new SeededRandom(11);
  const bench = new Bench({
    cache: { capacity: 64, queueBytes: 8 * 2048, totalQueueBytes: 20 * 2048, requestRate: 1e6 },
    onUnreachable: () => undelivered++,
  });
  let undelivered = 0;
  let sent = 0;
  let seen = 0;
  const last = new Map<number, number>();
  for (let step = 0; step < 20_000; step++) {
    const address = peerAddress + random.uint32() % 40;
    bench.now += 50;
    const choice = random.uint32() % 32;
    if (choice < 3) bench.hear(Reply, peer, address, ownAddress);
    else if (choice === 3) bench.arp.cache.forget(address);
    else {
      bench.sender.nextHop = address;
      bench.sender.send(100 * ++sent + (address - peerAddress));
    }
    for (const line of bench.at(bench.now)) {
      if (!line.startsWith("02 data ")) continue;
      const number = Number(line.slice(8));
      assert(number > (last.get(number % 100) ?? 0));
      last.set(number % 100, number);
      seen++;
    }
  }
  bench.arp.cache.clear();
  assert(seen > 1000 && undelivered > 10 && last.size === 40, `${seen} ${undelivered}`);
  assertEquals(seen + bench.arp.cache.droppedPackets, sent);
});

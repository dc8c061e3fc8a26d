import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseIpv4 } from "@octet/netip";
import { readU32, SeededRandom } from "@octet/wire";
import { Bench, ownAddress, peer, peerAddress, thirdAddress } from "./_scene_test.ts";
import { ArpOperation } from "./frame.ts";
import { NeighbourState } from "./neighbour_state.ts";

Deno.test("a neighbour is asked at once and every second, three times, then it has failed", () => {
  const failed: number[] = [];
  const bench = new Bench({ onUnreachable: (packet) => failed.push(readU32(packet.bytes, 14)) });
  bench.sender.send(1);
  const ask = ["all who-has 2 tell 1"];
  assertEquals(bench.at(0), ask);
  assertEquals(bench.at(999), []);
  assertEquals(bench.at(1000), ask);
  bench.sender.send(2);
  assertEquals(bench.at(2000), ask);
  assertEquals(bench.at(2999), []);
  assertEquals([bench.state, failed], [NeighbourState.Incomplete, []]);
  assertEquals(bench.at(3000), []);
  assertEquals([bench.state, failed], [NeighbourState.Failed, [1, 2]]);
  assertEquals(bench.link.timers.next(), Infinity);
  assertEquals(bench.arp.cache.droppedPackets, 2);
  bench.sender.send(3);
  assertEquals(bench.at(4000), ask);
  bench.hear(ArpOperation.Reply, peer, peerAddress, ownAddress);
  assertEquals(bench.at(4001), ["02 data 3"]);
});

Deno.test("a confirmed address holds, then is doubted on use, then asked after, then given up", () => {
  const bench = new Bench({ cache: { reachableTime: 30_000 } });
  bench.arp.query(peerAddress, 0);
  bench.at(0);
  bench.hear(ArpOperation.Reply, peer, peerAddress, ownAddress);
  assertEquals(bench.state, NeighbourState.Reachable);
  bench.sender.send(1);
  assertEquals(bench.at(14_999), ["02 data 1"]);
  assertEquals(bench.state, NeighbourState.Reachable);
  assertEquals(bench.link.timers.next(), Infinity);
  bench.sender.send(2);
  assertEquals(bench.at(50_000), ["02 data 2"]);
  assertEquals(bench.state, NeighbourState.Delay);
  bench.sender.send(3);
  assertEquals(bench.at(54_999), ["02 data 3"]);
  assertEquals(bench.at(55_000), ["02 who-has 2 tell 1"]);
  assertEquals(bench.state, NeighbourState.Probe);
  bench.sender.send(4);
  assertEquals(bench.at(55_500), ["02 data 4"]);
  assertEquals(bench.at(56_000), ["02 who-has 2 tell 1"]);
  bench.hear(ArpOperation.Reply, peer, peerAddress, ownAddress);
  assertEquals(bench.state, NeighbourState.Reachable);
  assertEquals(bench.at(60_000), []);

  bench.sender.send(5);
  assertEquals(bench.at(110_000), ["02 data 5"]);
  assertEquals(bench.at(115_000).length, 1);
  assertEquals(bench.at(116_000).length, 1);
  assertEquals(bench.at(117_000).length, 1);
  assertEquals(bench.at(118_000), []);
  assertEquals([bench.state, bench.known()], [NeighbourState.Failed, "unknown"]);
});

Deno.test("an upper layer that hears from the neighbour spares the asking", () => {
  const bench = new Bench();
  bench.hear(ArpOperation.Request, peer, peerAddress, ownAddress);
  bench.sender.send(1);
  bench.at(0);
  assertEquals(bench.state, NeighbourState.Delay);
  bench.arp.cache.confirm(peerAddress, 10);
  assertEquals(bench.state, NeighbourState.Reachable);
  assertEquals(bench.at(5000), []);
});

Deno.test("when the cache is full, who has gone unused longest goes", () => {
  const bench = new Bench({ cache: { capacity: 16 } });
  const base = parseIpv4("192.168.1.100");
  const add = (index: number, now: number) =>
    bench.arp.cache.learn(base + index, 0x0200, index, false, true, now);
  for (let i = 0; i < 16; i++) add(i, i);
  bench.arp.query(base, 100);
  add(16, 101);
  assertEquals(bench.arp.cache.count, 16);
  assertEquals(bench.arp.cache.stateOf(base), NeighbourState.Delay);
  assertEquals(bench.arp.cache.stateOf(base + 1), NeighbourState.None);
  assertEquals(bench.arp.cache.stateOf(base + 16), NeighbourState.Stale);
  assertEquals(bench.arp.cache.evictions, 1);
});

Deno.test("a scan of thousands of addresses: the table stays bounded, and who is known stays known", () => {
  const bench = new Bench({ cache: { capacity: 64 } });
  for (let i = 0; i < 30; i++) bench.meet(parseIpv4("192.168.1.100") + i);
  for (let i = 0; i < 5000; i++) {
    bench.sender.nextHop = 0x0a000000 + i;
    bench.sender.send(i);
    bench.at(i);
    assert(bench.arp.cache.count <= 64);
  }
  const { cache } = bench.arp;
  assertEquals(cache.list().filter(({ hardwareAddress }) => hardwareAddress !== null).length, 30);
  assertEquals(cache.list().filter(({ state }) => state === NeighbourState.Incomplete).length, 32);
});

Deno.test("requests are sent at a bounded rate, however many are wanted; those that refresh go first", () => {
  const bench = new Bench({ cache: { requestRate: 100, requestBurst: 10, capacity: 256 } });
  bench.meet(peerAddress);
  bench.sender.nextHop = peerAddress;
  bench.sender.send(1);
  assertEquals(bench.at(0), ["02 data 1"]);
  for (let i = 0; i < 100; i++) bench.arp.query(0x0a000000 + i, 4990);
  let count = 0;
  for (let now = 4990; now < 4990 + 500; now += 5) {
    const sent = bench.at(now);
    if (now < 5000) assertEquals(sent.length, now === 4990 ? 10 : 0);
    else if (now === 5000) assertEquals(sent, ["02 who-has 2 tell 1"]);
    else assert(sent.length <= 1);
    count += sent.length;
  }
  assertEquals(count, 10 + 50 - 1);
  assertEquals(bench.link.timers.next(), 4990 + 500);
});

Deno.test("an address that is asked for all the time is asked for once a second", () => {
  const bench = new Bench();
  let count = 0;
  for (let now = 0; now < 30_000; now += 10) {
    bench.sender.send(1);
    count += bench.at(now).length;
  }
  assertEquals(count, 30);
});

Deno.test("who did not answer is forgotten after a minute, when the next one fails", () => {
  const bench = new Bench();
  bench.arp.query(thirdAddress, 0);
  for (let now = 0; now <= 3000; now += 1000) bench.at(now);
  assertEquals(bench.arp.cache.stateOf(thirdAddress), NeighbourState.Failed);
  bench.arp.query(peerAddress, 61_000);
  for (let now = 61_000; now <= 64_000; now += 1000) bench.at(now);
  assertEquals(bench.arp.cache.stateOf(thirdAddress), NeighbourState.None);
  assertEquals(bench.state, NeighbourState.Failed);
});

Deno.test("entries set by hand take half of the table at most, and are not displaced", () => {
  const bench = new Bench({ cache: { capacity: 16 } });
  const bytes = new Uint8Array(6);
  const { cache } = bench.arp;
  for (let i = 0; i < 8; i++) cache.setPermanent(0x0a000000 + i, bytes, 0, 0);
  assertThrows(
    () => cache.setPermanent(0x0a000009, bytes, 0, 0),
    RangeError,
    "Cannot set neighbour by hand as half of the cache is taken by such entries",
  );
  cache.setPermanent(0x0a000000, bytes, 0, 0);
  for (let i = 0; i < 100; i++) bench.meet(0x0a010000 + i);
  for (let i = 0; i < 100; i++) bench.arp.query(0x0a020000 + i, 0);
  const states = cache.list().map(({ state }) => state);
  assertEquals(states.filter((state) => state === NeighbourState.Permanent).length, 8);
  assertEquals(states.length, 16);
  cache.forget(0x0a000003);
  cache.setPermanent(0x0a000009, bytes, 0, 0);
});

Deno.test("a cache that could not work is refused", () => {
  for (const cache of [{ capacity: 15 }, { capacity: NaN }]) {
    assertThrows(() => new Bench({ cache }), RangeError, "Cannot make neighbour cache");
  }
  for (const cache of [{ requestRate: 0 }, { requestBurst: 0 }, { requestRate: NaN }]) {
    assertThrows(() => new Bench({ cache }), RangeError, "requests a second");
  }
});

Deno.test("addresses come and go at random, and the table agrees with a map", () => {
  const bench = new Bench({ cache: { capacity: 1024 } });
  const random = new SeededRandom(5);
  const model = new Map<number, number>();
  const hardware = new Uint8Array(6);
  for (let step = 0; step < 20_000; step++) {
    const address = 0x0a000000 + random.uint32() % 700;
    if (random.uint32() % 3 === 0) {
      bench.arp.cache.forget(address);
      model.delete(address);
    } else {
      const value = random.uint32() & 0xff;
      const now = step * 2000;
      bench.arp.cache.learn(address, 0x0200, value, false, true, now);
      model.set(address, value);
    }
  }
  assertEquals(bench.arp.cache.count, model.size);
  for (let i = 0; i < 700; i++) {
    const isKnown = bench.arp.cache.read(0x0a000000 + i, hardware, 0);
    assertEquals(isKnown ? hardware[5] : undefined, model.get(0x0a000000 + i));
  }
});

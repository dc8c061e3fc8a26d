import { assert, assertEquals } from "@std/assert";
import { SeededRandom, Verdict } from "@octet/wire";
import { Bench, own, ownAddress, peer, peerAddress, rogue, thirdAddress } from "./_scene_test.ts";
import { ArpOperation } from "./frame.ts";
import { AddressProbe, ProbeState } from "./probe.ts";
import type { MacAddress } from "@octet/netip";

Deno.test("an address is announced twice, two seconds apart", () => {
  const bench = new Bench();
  bench.arp.announce(ownAddress, 0);
  assertEquals(bench.at(0), ["all who-has 1 tell 1"]);
  assertEquals(bench.at(1999), []);
  assertEquals(bench.at(2000), ["all who-has 1 tell 1"]);
  assertEquals(bench.at(10_000), []);
});

Deno.test("an announcement may be a reply (to all, from us to us), and be sent any number of times", () => {
  const bench = new Bench();
  bench.arp.announce(ownAddress, 0, { form: "reply", count: 3 });
  const replies = [0, 1000, 2000, 4000, 6000].flatMap((now) => bench.at(now));
  assertEquals(replies, Array(3).fill("all is-at 1 tell 1"));
});

Deno.test("an address that is not ours any more is not announced", () => {
  const bench = new Bench();
  bench.arp.announce(thirdAddress, 0);
  bench.arp.announce(ownAddress, 0);
  assertEquals(bench.at(0), ["all who-has 1 tell 1"]);
});

Deno.test("another station with our address is told off, at most every ten seconds", () => {
  const conflicts: number[] = [];
  const bench = new Bench({ onConflict: (address) => conflicts.push(address) });
  bench.now = 100;
  assertEquals(bench.hear(ArpOperation.Request, rogue, ownAddress, ownAddress), Verdict.Filtered);
  assertEquals(bench.at(100), ["all who-has 1 tell 1"]);
  bench.now = 5000;
  bench.hear(ArpOperation.Reply, rogue, ownAddress, peerAddress);
  assertEquals(bench.at(5000), []);
  assertEquals(conflicts, [ownAddress, ownAddress]);
});

Deno.test("probes: three questions without a sender, then the address is free", () => {
  const bench = new Bench();
  let changes = 0;
  const probe = new AddressProbe({
    address: thirdAddress,
    hardwareAddress: own,
    random: new SeededRandom(3),
    now: 0,
    onChange: () => changes++,
  });
  bench.arp.addProbe(probe);
  const times: number[] = [];
  for (let now = 0; now <= 10_000; now += 10) {
    for (const line of bench.at(now)) {
      assertEquals(line, "all who-has 3 tell 0");
      times.push(now);
    }
  }
  assertEquals([times.length, probe.state, changes], [3, ProbeState.Free, 1]);
  assert(times[0]! <= 1010);
  for (const i of [1, 2]) {
    const gap = times[i]! - times[i - 1]!;
    assert(gap >= 990 && gap <= 2010, `${gap}`);
  }
  bench.arp.removeProbe(probe);
});

Deno.test("probes: an answer, an announcement or a rival's probe is a conflict; our own echo is not", () => {
  const { Request, Reply } = ArpOperation;
  const cases: [number, MacAddress, number, number, ProbeState][] = [
    [Reply, peer, thirdAddress, 0, ProbeState.Conflict],
    [Request, peer, thirdAddress, thirdAddress, ProbeState.Conflict],
    [Request, peer, 0, thirdAddress, ProbeState.Conflict],
    [Request, own, 0, thirdAddress, ProbeState.Probing],
    [Request, peer, peerAddress, thirdAddress, ProbeState.Probing],
  ];
  for (const [operation, hardware, sender, target, state] of cases) {
    const bench = new Bench();
    const random = new SeededRandom(3);
    const probe = new AddressProbe({ address: thirdAddress, hardwareAddress: own, random, now: 0 });
    bench.arp.addProbe(probe);
    bench.hear(operation, hardware, sender, target);
    assertEquals(probe.state, state);
  }
});

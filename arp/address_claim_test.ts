import { assert, assertEquals, assertThrows } from "@std/assert";
import { SeededRandom, Verdict } from "@octet/wire";
import { Bench, own, ownAddress, peer, peerAddress, rogue, thirdAddress } from "./_scene_test.ts";
import type { AddressClaim, AddressClaimOptions } from "./address_claim.ts";
import { Arp } from "./arp.ts";
import { type AddressDefence, ClaimState } from "./conflict_detection.ts";
import { ArpOperation } from "./frame.ts";

const { Request, Reply } = ArpOperation;
const probe = "all who-has 3 tell 0";
const announcement = "all who-has 3 tell 3";
const names = ["probing", "tentative", "held", "lost"];

/** A bench whose own addresses are those that are claimed; it writes down what happens, and when. */
class ClaimBench extends Bench {
  readonly log: string[] = [];
  readonly mine: Set<number>;

  constructor(seed: number = 1) {
    const mine = new Set<number>();
    super({
      random: new SeededRandom(seed),
      addresses: {
        ownsAddress: (address) => mine.has(address >>> 0),
        addressToward: () => 0,
      },
    });
    this.mine = mine;
  }

  claim(options: AddressClaimOptions = {}, address: number = thirdAddress): AddressClaim {
    const claim = this.arp.claim(address, this.now, {
      ...options,
      onChange: (changed, now) => {
        this.#own(changed);
        this.log.push(`${now} ${names[changed.state]}`);
      },
      onConflict: (_claim, now) => this.log.push(`${now} conflict`),
    });
    this.#own(claim);
    return claim;
  }

  #own(claim: AddressClaim): void {
    if (claim.isUsable) this.mine.add(claim.address);
    else this.mine.delete(claim.address);
  }

  /** Lets time pass in steps of 1 ms, and writes down each frame behind its time. */
  until(time: number): string[] {
    const sent: string[] = [];
    for (let now = this.now; now <= time; now++) {
      for (const line of this.at(now)) sent.push(`${now} ${line}`);
    }
    return sent;
  }
}

function times(sent: readonly string[], what: string): number[] {
  return sent.filter((line) => line.endsWith(what)).map((line) => Number(line.split(" ")[0]));
}

Deno.test("RFC 5227 §2.1.1, §2.3: three probes, a second or two apart, then two announcements", () => {
  const firsts = new Set<number>();
  const gaps = new Set<number>();
  for (let seed = 1; seed <= 50; seed++) {
    const bench = new ClaimBench(seed);
    const claim = bench.claim();
    assertEquals([claim.state, claim.isUsable], [ClaimState.Probing, false]);
    const sent = bench.until(12_000);
    const [first, second, third, ...more] = times(sent, probe);
    assertEquals(more, []);
    assert(first! >= 0 && first! <= 1000);
    for (const gap of [second! - first!, third! - second!]) assert(gap >= 1000 && gap <= 2000);
    assertEquals(times(sent, announcement), [third! + 2000, third! + 4000]);
    assertEquals(bench.log, [`${third! + 2000} held`]);
    assertEquals(sent.length, 5);
    firsts.add(first!);
    gaps.add(second! - first!);
  }
  assert(firsts.size > 40 && gaps.size > 40);
});

Deno.test("probing is scaled to the time that there is for it", () => {
  const bench = new ClaimBench();
  bench.claim({ duration: 200 });
  const sent = bench.until(5000);
  const [first, second, third] = times(sent, probe);
  assert(first! <= 29 && second! - first! >= 28 && third! - second! <= 59);
  const [announced, again] = times(sent, announcement);
  assert(announced! <= 201 && again === announced! + 2000);
});

Deno.test("no probing: the address is announced at once", () => {
  const bench = new ClaimBench();
  assertEquals(bench.claim({ detection: "off" }).state, ClaimState.Held);
  assertEquals(bench.until(9000), [`0 ${announcement}`, `2000 ${announcement}`]);
  assertEquals(bench.log, []);
});

Deno.test("the optimistic use the address at once, ask at once, and announce it when nobody answers", () => {
  const bench = new ClaimBench();
  const claim = bench.claim({ detection: "optimistic" });
  assertEquals([claim.state, claim.isUsable], [ClaimState.Tentative, true]);
  const sent = bench.until(12_000);
  assertEquals([times(sent, probe).length, times(sent, probe)[0]], [3, 0]);
  const won = times(sent, announcement)[0]!;
  assertEquals(bench.log, [`${won} held`]);
  assert(won >= 4000 && won <= 6000);
});

Deno.test("RFC 5227 §2.1.1: what ends a claim while the link is asked", () => {
  const cases: [
    what: string,
    news: Parameters<Bench["hear"]>,
    before: ClaimState,
    optimistic: ClaimState,
  ][] = [
    ["an answer", [Reply, peer, thirdAddress, 0], 3, 3],
    ["an answer to another", [Reply, peer, thirdAddress, peerAddress], 3, 3],
    ["a question from the address", [Request, peer, thirdAddress, peerAddress], 3, 3],
    ["an announcement", [Request, peer, thirdAddress, thirdAddress], 3, 3],
    ["a rival's probe; who uses the address answers it", [Request, peer, 0, thirdAddress], 3, 1],
    ["a question for the address", [Request, peer, peerAddress, thirdAddress], 0, 1],
    ["our own probe come back", [Request, own, 0, thirdAddress], 0, 1],
    ["our own announcement come back", [Request, own, thirdAddress, thirdAddress], 0, 1],
    ["a probe for another address", [Request, peer, 0, peerAddress], 0, 1],
  ];
  for (const [what, news, before, optimistic] of cases) {
    for (const [detection, state] of [["before", before], ["optimistic", optimistic]] as const) {
      const bench = new ClaimBench();
      const claim = bench.claim({ detection });
      bench.until(1100);
      bench.hear(...news);
      assertEquals(claim.state, state, `${what}, ${detection}`);
      const isLost = state === ClaimState.Lost;
      assertEquals(claim.rival?.toString(), isLost ? peer.toString() : undefined);
      assertEquals(bench.arp.claims.length, isLost ? 0 : 1);
      if (!isLost) continue;
      // Nothing more is said of it.
      assertEquals(bench.until(20_000), []);
      assertEquals(bench.log, ["1100 lost"]);
    }
  }
});

Deno.test("RFC 5227 §2.4: yield, defend and insist, in conflicts at given times", () => {
  const cases: [
    defence: AddressDefence,
    conflicts: number[],
    announced: number[],
    log: string[],
  ][] = [
    ["yield", [20_000], [], ["20000 lost"]],
    ["defend", [20_000], [20_000], ["20000 conflict"]],
    ["defend", [20_000, 29_999], [20_000], ["20000 conflict", "29999 lost"]],
    ["defend", [20_000, 30_000], [20_000, 30_000], ["20000 conflict", "30000 conflict"]],
    ["defend", [20_000, 20_000], [], ["20000 conflict", "20000 lost"]],
    ["insist", [20_000, 25_000, 29_999, 30_000], [20_000, 30_000], [
      "20000 conflict",
      "30000 conflict",
    ]],
  ];
  for (const [defence, conflicts, announced, log] of cases) {
    const bench = new ClaimBench();
    const claim = bench.claim({ detection: "off", defence });
    const sent = bench.until(15_000).slice(2);
    for (const time of conflicts) {
      sent.push(...bench.until(time - 1));
      bench.now = time;
      bench.hear(Reply, rogue, thirdAddress, peerAddress);
    }
    sent.push(...bench.until(50_000));
    assertEquals(times(sent, announcement), announced, `${defence} ${conflicts}`);
    assertEquals(sent.length, announced.length);
    assertEquals(bench.log, log);
    assertEquals(claim.conflicts, conflicts.length);
    assertEquals(claim.rival?.toString(), rogue.toString());
  }
});

Deno.test("an address that was lost may be another's neighbour, and one that is held never is", () => {
  const bench = new ClaimBench();
  bench.claim({ detection: "off", defence: "insist" });
  assertEquals(bench.hear(Request, rogue, thirdAddress, thirdAddress), Verdict.Filtered);
  assertEquals(bench.known(thirdAddress), "unknown");
  const [claim] = bench.arp.claims;
  bench.arp.release(claim!);
  bench.mine.clear();
  bench.arp.query(thirdAddress, 0);
  bench.hear(Reply, rogue, thirdAddress, thirdAddress - 1);
  assertEquals(bench.known(thirdAddress), "66");
  assertEquals(bench.log, ["0 conflict"]);
  bench.arp.release(claim!);
});

Deno.test("RFC 5227 §2.1.1: after ten conflicts an address a minute, also for the optimistic; success ends that", () => {
  const bench = new ClaimBench();
  for (let i = 0; i < 10; i++) {
    const claim = bench.claim({ detection: "optimistic" });
    bench.until(bench.now + 10);
    bench.hear(Reply, rogue, thirdAddress, 0);
    assertEquals(claim.state, ClaimState.Lost);
  }
  const last = bench.now - 10;
  for (let i = 1; i <= 2; i++) {
    const claim = bench.claim({ detection: "optimistic", duration: 100 });
    assertEquals([claim.state, claim.isUsable], [ClaimState.Probing, false]);
    const [first] = times(bench.until(last + i * 60_000 + 1000), probe);
    assert(first! >= last + i * 60_000, `${first} ${last}`);
    bench.hear(Reply, rogue, thirdAddress, 0);
    assertEquals(claim.state, ClaimState.Lost);
  }
  const claim = bench.claim();
  bench.until(bench.now + 70_000);
  assertEquals(claim.state, ClaimState.Held);
  assertEquals(bench.claim({ detection: "optimistic" }, peerAddress).state, ClaimState.Tentative);
});

Deno.test("who is told that an address is lost may claim another at once, or give up the others", () => {
  const bench = new ClaimBench();
  const others: AddressClaim[] = [];
  bench.arp.claim(thirdAddress, 0, {
    onChange: () => {
      for (const other of others) bench.arp.release(other);
      bench.claim({}, peerAddress);
    },
  });
  others.push(bench.claim({}, thirdAddress + 1), bench.claim({}, thirdAddress + 2));
  bench.hear(Reply, rogue, thirdAddress, 0);
  assertEquals(bench.arp.claims.map(({ address }) => address), [peerAddress]);
  assert(bench.until(9000).every((line) => line.includes("who-has 2")));
});

Deno.test("a claim needs a link, and a duration that is one", () => {
  const bench = new ClaimBench();
  for (const duration of [-1, NaN, Infinity]) {
    assertThrows(() => bench.arp.claim(thirdAddress, 0, { duration }), RangeError);
  }
  const arp = new Arp({
    hardwareAddress: own,
    random: new SeededRandom(1),
    addresses: { ownsAddress: () => false, addressToward: () => 0 },
  });
  assertThrows(
    () => arp.claim(ownAddress, 0),
    TypeError,
    "Cannot claim an address as the node is registered in no link",
  );
});

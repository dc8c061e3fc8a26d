import { assertEquals, assertThrows } from "@std/assert";
import { Bench, own, ownAddress, peer, peerAddress, rogue, thirdAddress } from "./_scene_test.ts";
import { ArpOperation, encodeArp } from "./frame.ts";
import { NeighbourState } from "./neighbour_state.ts";
import { MacAddress, parseIpv4 } from "@octet/netip";
import { Verdict } from "@octet/wire";

Deno.test("a request for our address is answered to who asked, and he is remembered", () => {
  const bench = new Bench();
  assertEquals(bench.hear(ArpOperation.Request, peer, peerAddress, ownAddress), Verdict.Ok);
  assertEquals(bench.at(0), ["02 is-at 2 tell 1"]);
  assertEquals([bench.known(), bench.state], ["02", NeighbourState.Stale]);
});

Deno.test("requests for others' addresses are neither answered nor remembered", () => {
  const bench = new Bench();
  assertEquals(bench.hear(ArpOperation.Request, peer, peerAddress, thirdAddress), Verdict.NotForUs);
  assertEquals(bench.at(0), []);
  assertEquals(bench.known(), "unknown");
});

Deno.test("a probe for our address (RFC 5227 §2.1.1) is answered, and leaves no trace", () => {
  const bench = new Bench();
  assertEquals(bench.hear(ArpOperation.Request, peer, 0, ownAddress), Verdict.Ok);
  assertEquals(bench.at(0), ["02 is-at 0 tell 1"]);
  assertEquals(bench.arp.cache.count, 0);
});

Deno.test("what asks and what is told, in tables", () => {
  const { Request, Reply } = ArpOperation;
  const cases: {
    name: string;
    before?: (bench: Bench) => void;
    news: [number, MacAddress, number, number];
    verdict: Verdict;
    known: string;
  }[] = [
    {
      name: "a reply that nobody asked for is no news",
      news: [Reply, rogue, peerAddress, ownAddress],
      verdict: Verdict.Unexpected,
      known: "unknown",
    },
    {
      name: "a reply that was asked for is",
      before: (bench) => bench.arp.query(peerAddress, 0),
      news: [Reply, peer, peerAddress, ownAddress],
      verdict: Verdict.Ok,
      known: "02",
    },
    {
      name: "a second answer does not replace the first",
      before: (bench) => {
        bench.arp.query(peerAddress, 0);
        bench.hear(Reply, peer, peerAddress, ownAddress);
        bench.now = 5000;
      },
      news: [Reply, rogue, peerAddress, ownAddress],
      verdict: Verdict.Unexpected,
      known: "02",
    },
    {
      name: "a request corrects what is known (RFC 826), once the lock time is over",
      before: (bench) => {
        bench.hear(Request, peer, peerAddress, ownAddress);
        bench.now = 1000;
      },
      news: [Request, rogue, peerAddress, thirdAddress],
      verdict: Verdict.Ok,
      known: "66",
    },
    {
      name: "and not before",
      before: (bench) => {
        bench.hear(Request, peer, peerAddress, ownAddress);
        bench.now = 999;
      },
      news: [Request, rogue, peerAddress, thirdAddress],
      verdict: Verdict.Filtered,
      known: "02",
    },
    {
      name: "a gratuitous reply corrects too, as a virtual address moves",
      before: (bench) => {
        bench.hear(Request, peer, peerAddress, ownAddress);
        bench.now = 1000;
      },
      news: [Reply, rogue, peerAddress, peerAddress],
      verdict: Verdict.Ok,
      known: "66",
    },
    {
      name: "a gratuitous announcement of a stranger is not remembered",
      news: [Request, rogue, thirdAddress, thirdAddress],
      verdict: Verdict.NotForUs,
      known: "unknown",
    },
    {
      name: "an entry set by hand stays",
      before: (bench) => {
        const bytes = new Uint8Array(6);
        peer.writeTo(bytes, 0);
        bench.arp.cache.setPermanent(peerAddress, bytes, 0, 0);
        bench.now = 9999;
      },
      news: [Request, rogue, peerAddress, thirdAddress],
      verdict: Verdict.Filtered,
      known: "02",
    },
    {
      name: "a group is no station",
      before: (bench) => bench.arp.query(peerAddress, 0),
      news: [Reply, MacAddress.parse("01:00:5e:00:00:01"), peerAddress, ownAddress],
      verdict: Verdict.Filtered,
      known: "unknown",
    },
    {
      name: "our own announcement come back is nothing",
      news: [Request, own, ownAddress, ownAddress],
      verdict: Verdict.Filtered,
      known: "unknown",
    },
    {
      name: "reverse ARP is not spoken",
      news: [ArpOperation.ReverseReply, peer, peerAddress, ownAddress],
      verdict: Verdict.Unsupported,
      known: "unknown",
    },
  ];
  for (const { name, before, news, verdict, known } of cases) {
    const bench = new Bench();
    before?.(bench);
    assertEquals(bench.hear(...news), verdict, name);
    assertEquals(bench.known(), known, name);
  }
});

Deno.test("a flood of requests is answered as far as the queue goes", () => {
  const bench = new Bench();
  for (let i = 0; i < 100; i++) {
    const verdict = bench.hear(ArpOperation.Request, peer, peerAddress, ownAddress);
    assertEquals(verdict, i < 64 ? Verdict.Ok : Verdict.QueueFull);
  }
  assertEquals(bench.at(0).length, 64);
  assertEquals(bench.arp.counters.outDropped, 36);
});

Deno.test("packets cut anywhere are counted, not read", () => {
  const bench = new Bench();
  const bytes = encodeArp({
    operation: 1,
    senderHardware: peer,
    senderAddress: peerAddress,
    targetAddress: ownAddress,
  });
  bench.packet.bytes.set(bytes);
  for (let end = 0; end < 28; end++) {
    assertEquals(bench.arp.demux(bench.packet, 0, end, 0), Verdict.Short);
  }
  assertEquals(bench.arp.counters.inErrors, 28);
});
Deno.test("RFC 3927 §2.5: what speaks from a link-local address goes to everybody, questions that refresh included", () => {
  const linkLocal = parseIpv4("169.254.7.7");
  const bench = new Bench({
    addresses: {
      ownsAddress: (address) => address >>> 0 === linkLocal,
      addressToward: () => linkLocal | 0,
    },
  });
  bench.hear(ArpOperation.Request, peer, peerAddress, linkLocal);
  assertEquals(bench.at(0), ["all is-at 2 tell 7"]);
  bench.sender.send(1);
  assertEquals(bench.at(1), ["02 data 1"]);
  assertEquals(bench.at(5001), ["all who-has 2 tell 7"]);
});

Deno.test("proxy ARP (RFC 1027): what is answered for others, and what is not", () => {
  const asked: number[][] = [];
  const behind = parseIpv4("10.9.9.9");
  const bench = new Bench({
    proxy: (target, sender) => {
      asked.push([target, sender]);
      return target === behind;
    },
  });
  const { Request } = ArpOperation;
  const cases: [what: string, sender: number, target: number, answer: string[]][] = [
    ["behind us", peerAddress, behind, ["02 is-at 2 tell 9"]],
    ["not behind us", peerAddress, thirdAddress, []],
    ["our own", peerAddress, ownAddress, ["02 is-at 2 tell 1"]],
    ["a probe", 0, behind, []],
    ["an announcement", behind, behind, []],
    ["a group", peerAddress, parseIpv4("224.0.0.1"), []],
    ["link-local", peerAddress, parseIpv4("169.254.1.1"), []],
    ["nobody", peerAddress, 0, []],
  ];
  for (const [what, sender, target, answer] of cases) {
    bench.hear(Request, peer, sender, target);
    assertEquals(bench.at(0), answer, what);
  }
  assertEquals(asked, [[behind, peerAddress], [thirdAddress, peerAddress]]);
  assertEquals(bench.known(), "02");
});

Deno.test("neighbours are listed, set by hand and forgotten", () => {
  const bench = new Bench();
  const { arp } = bench;
  bench.meet(peerAddress);
  arp.setNeighbour(thirdAddress, rogue, 0);
  arp.query(thirdAddress + 1, 0);
  const shown = () =>
    arp.neighbours.map(({ address, hardwareAddress, state }) =>
      `${address & 0xff} ${hardwareAddress?.toString().slice(-2)} ${state}`
    );
  assertEquals(shown(), ["2 02 3", "3 66 7", "4 undefined 2"]);
  assertEquals([arp.removeNeighbour(thirdAddress), arp.removeNeighbour(thirdAddress)], [
    true,
    false,
  ]);
  assertEquals(shown(), ["2 02 3", "4 undefined 2"]);
  for (const [address, mac] of [["224.0.0.1", peer], ["0.0.0.0", peer]] as const) {
    assertThrows(() => arp.setNeighbour(parseIpv4(address), mac, 0), RangeError);
  }
  assertThrows(
    () => arp.setNeighbour(thirdAddress, MacAddress.parse("ff:ff:ff:ff:ff:ff"), 0),
    RangeError,
    "Cannot set neighbour 192.168.1.3 to ff:ff:ff:ff:ff:ff as it is no station",
  );
});

Deno.test("what waits for a neighbour that is set by hand is sent", () => {
  const bench = new Bench();
  bench.sender.send(1);
  bench.at(0);
  bench.arp.setNeighbour(peerAddress, peer, 0);
  assertEquals(bench.at(0), ["02 data 1"]);
});

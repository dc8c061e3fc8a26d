import { assert, assertEquals } from "@std/assert";
import { EthernetFrame, EthernetLink } from "@octet/ethernet";
import { MacAddress, parseIpv4 } from "@octet/netip";
import { BaseNode, Packet, SeededRandom, Verdict } from "@octet/wire";
import { Arp, type ArpOptions } from "./arp.ts";
import { ArpFrame, ArpOperation, encodeArp } from "./frame.ts";
import { NeighbourState } from "./neighbour_state.ts";
import { AddressProbe, ProbeState } from "./probe.ts";

const own = MacAddress.parse("02:00:00:00:00:01");
const peer = MacAddress.parse("02:00:00:00:00:02");
const rogue = MacAddress.parse("02:00:00:00:00:66");
const ownAddress = parseIpv4("192.168.1.1");
const peerAddress = parseIpv4("192.168.1.2");
const thirdAddress = parseIpv4("192.168.1.3");

/** A node that sends a numbered IPv4 payload to the peer when told to. */
class Sender extends BaseNode {
  override protocol = 0x0800;
  readonly queue: number[] = [];
  nextHop = peerAddress;

  send(number: number): void {
    this.queue.push(number);
    this.requestTurn();
  }
  override demux(): Verdict {
    return Verdict.Ok;
  }
  override encapsulate(packet: Packet, _ipOffset: number, offset: number): number {
    const number = this.queue.shift();
    if (number === undefined) return 0;
    packet.nextHop = this.nextHop;
    packet.networkOffset = offset;
    packet.bytes[offset] = number;
    return 1;
  }
}

class Bench {
  readonly link = new EthernetLink({ hardwareAddress: own });
  readonly sender = new Sender();
  readonly arp: Arp;
  readonly packet = new Packet(1514);
  now = 0;

  constructor(options: Partial<ArpOptions> = {}) {
    this.arp = new Arp({
      hardwareAddress: own,
      random: new SeededRandom(1),
      addresses: {
        ownsAddress: (address) => address >>> 0 === ownAddress,
        addressToward: () => ownAddress | 0,
      },
      ...options,
    });
    this.link.register(this.arp);
    this.link.register(this.sender);
    this.link.resolver = this.arp;
  }

  get state(): NeighbourState {
    return this.arp.cache.stateOf(peerAddress);
  }

  /** Lets time pass, then writes down all that the link sends: "to what". */
  at(now: number): string[] {
    this.now = now;
    const sent: string[] = [];
    this.link.timers.expire(now);
    while (this.link.encapsulate(this.packet, 0, 0, now) > 0) {
      const ethernet = new EthernetFrame();
      ethernet.reset(this.packet.bytes, 0, this.packet.length);
      assertEquals(ethernet.validate(), Verdict.Ok);
      assertEquals(ethernet.source.toString(), own.toString());
      const to = ethernet.isBroadcast ? "all" : String(ethernet.destination).slice(-2);
      if (ethernet.etherType === 0x0800) {
        sent.push(`${to} data ${this.packet.bytes[14]}`);
        continue;
      }
      const frame = new ArpFrame();
      frame.reset(this.packet.bytes, 14, this.packet.length);
      assertEquals(frame.validate(), Verdict.Ok);
      assert(frame.isEthernetIpv4);
      assertEquals(frame.senderHardware.toString(), own.toString());
      const operation = frame.operation === ArpOperation.Request ? "who-has" : "is-at";
      const sender = frame.senderAddress & 0xff;
      sent.push(`${to} ${operation} ${frame.targetAddress & 0xff} tell ${sender}`);
    }
    return sent;
  }

  hear(
    operation: number,
    senderHardware: MacAddress,
    senderAddress: number,
    targetAddress: number,
  ): Verdict {
    const bytes = encodeArp({
      operation,
      senderHardware,
      senderAddress,
      targetHardware: own,
      targetAddress,
    });
    this.packet.bytes.set(bytes, 14);
    this.packet.length = 60;
    return this.arp.demux(this.packet, 14, 60, this.now);
  }

  known(address: number = peerAddress): string {
    const bytes = new Uint8Array(6);
    if (!this.arp.cache.read(address, bytes, 0)) return "unknown";
    return MacAddress.read(bytes, 0).toString().slice(-2);
  }
}

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

Deno.test("a neighbour is asked at once and every second, three times, then it has failed", () => {
  const failed: number[] = [];
  const bench = new Bench({ onUnreachable: (packet) => failed.push(packet.bytes[14]!) });
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
  assertEquals([bench.state, failed], [NeighbourState.Failed, [2]]);
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
  const hardware = new Uint8Array(6);
  const add = (index: number, now: number) => {
    peer.writeTo(hardware, 0);
    bench.arp.cache.learn(base + index, hardware, 0, false, true, now);
  };
  for (let i = 0; i < 16; i++) add(i, i);
  bench.arp.query(base, 100);
  add(16, 101);
  assertEquals(bench.arp.cache.count, 16);
  assertEquals(bench.arp.cache.stateOf(base), NeighbourState.Delay);
  assertEquals(bench.arp.cache.stateOf(base + 1), NeighbourState.None);
  assertEquals(bench.arp.cache.stateOf(base + 16), NeighbourState.Stale);
  assertEquals(bench.arp.cache.evictions, 1);
});

Deno.test("a scan of thousands of addresses keeps the table, and what it holds, bounded", () => {
  const bench = new Bench({ cache: { capacity: 64 }, heldPackets: 8 });
  const seen = new Map<number, number>();
  for (let i = 0; i < 5000; i++) {
    bench.sender.nextHop = 0x0a000000 + i;
    bench.sender.send(i);
    for (const line of bench.at(i)) {
      seen.set(i, (seen.get(i) ?? 0) + (line.includes("who-has") ? 1 : 0));
    }
  }
  assertEquals(bench.arp.cache.count, 64);
  assert(seen.size === 5000);
  // Those that are left answer now, and each is found again.
  let found = 0;
  for (let i = 0; i < 5000; i++) {
    if (bench.arp.cache.stateOf(0x0a000000 + i) !== NeighbourState.None) found++;
  }
  assertEquals(found, 64);
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
      hardware.set([2, 0, 0, 0, 0, value]);
      const now = step * 2000;
      bench.arp.cache.learn(address, hardware, 0, false, true, now);
      model.set(address, value);
    }
  }
  assertEquals(bench.arp.cache.count, model.size);
  for (let i = 0; i < 700; i++) {
    const isKnown = bench.arp.cache.read(0x0a000000 + i, hardware, 0);
    assertEquals(isKnown ? hardware[5] : undefined, model.get(0x0a000000 + i));
  }
});

Deno.test("an address is announced twice, two seconds apart", () => {
  const bench = new Bench();
  bench.arp.announce(ownAddress, 0);
  assertEquals(bench.at(0), ["all who-has 1 tell 1"]);
  assertEquals(bench.at(1999), []);
  assertEquals(bench.at(2000), ["all who-has 1 tell 1"]);
  assertEquals(bench.at(10_000), []);
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

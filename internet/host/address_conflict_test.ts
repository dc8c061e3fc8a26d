// A host whose address another station has, on virtual time.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArpFrame, ArpOperation, encodeArp } from "@octet/arp";
import { Dhcpv4ClientState, type Dhcpv4Lease, Dhcpv4Server } from "@octet/dhcpv4";
import { MacAddress, parseIpv4 } from "@octet/netip";
import { Packet } from "@octet/wire";
import { Scene, settings } from "./_dhcp_scene_test.ts";
import { configureStatic } from "./address_configuration.ts";
import type { AddressConflict, AddressConflictOptions } from "./interface_addresses.ts";
import { LinkLocalConfiguration } from "./link_local_configuration.ts";

const rogue = MacAddress.parse("02:00:00:00:00:66");
const first = parseIpv4("10.0.0.50");
/** Two addresses; the host is given the first. */
const pools = [{ first, last: first + 1, prefixLength: 24 }];

/** A scene with a third station that only the host hears, and whose packets are made by hand. */
class Conflict extends Scene {
  readonly told: AddressConflict[];
  readonly changes: string[];

  constructor(options: AddressConflictOptions = {}) {
    const changes: string[] = [];
    const told: AddressConflict[] = [];
    super(
      { pools, onChange: (_lease: Dhcpv4Lease | unknown, change) => changes.push(change) },
      {},
      {
        onConflict: (conflict) => told.push(conflict),
        ...options,
      },
    );
    this.told = told;
    this.changes = changes;
  }

  /** The third station speaks from an address. */
  speak(address: number): void {
    const packet = new Packet(1514);
    MacAddress.broadcast.writeTo(packet.bytes, 0);
    rogue.writeTo(packet.bytes, 6);
    packet.bytes.set([8, 6], 12);
    const bytes = encodeArp({
      operation: ArpOperation.Reply,
      senderHardware: rogue,
      senderAddress: address,
      targetAddress: 0,
    });
    packet.bytes.set(bytes, 14);
    packet.length = 60;
    this.pair.left.ingress(packet, this.pair.now);
  }

  /** What the host has to say by ARP at this time, as "sender target". */
  arp(): string[] {
    const packet = new Packet(1514);
    const said: string[] = [];
    while (this.pair.left.egress(packet, this.pair.now) > 0) {
      if (packet.bytes[13] !== 6) continue;
      const frame = new ArpFrame();
      frame.reset(packet.bytes, 14, packet.length);
      said.push(`${frame.senderAddress & 0xff} ${frame.targetAddress & 0xff}`);
    }
    return said;
  }
}

Deno.test("a lease is used at once, probed at once, and announced when nobody has answered", async () => {
  const scene = new Scene();
  const started = scene.configuration.start(30_000);
  scene.pair.exchange();
  assertEquals(scene.addresses, ["10.0.0.50/24"]);
  assert((await started).address === first);
  const { arp } = scene.pair.left;
  assertEquals(arp!.claims.map(({ isUsable, probe }) => [isUsable, probe !== null]), [[
    true,
    true,
  ]]);
  const before = scene.pair.right.arp!.counters.inPackets;
  scene.pair.run(scene.pair.now + 10_000);
  assertEquals(arp!.claims.map(({ isUsable, probe }) => [isUsable, probe !== null]), [[
    true,
    false,
  ]]);
  // Two more probes, two announcements.
  assertEquals(scene.pair.right.arp!.counters.inPackets - before, 4);
});

Deno.test("RFC 2131 §3.1.5: a lease that another station has is declined, and ten seconds later there is another", async () => {
  const scene = new Conflict();
  const { pair } = scene;
  const started = scene.configuration.start(30_000);
  pair.exchange();
  await started;
  scene.speak(first);
  assertEquals([scene.addresses, scene.configuration.lease], [[], null]);
  pair.exchange();
  assertEquals(scene.changes.at(-1), "declined");
  await Promise.resolve();
  assertEquals(scene.told, [
    { interface: "eth0", address: "10.0.0.50", mac: rogue.toString(), isLost: true },
  ]);
  pair.run(pair.now + 9999);
  assertEquals(scene.addresses, []);
  pair.run(pair.now + 2);
  assertEquals(scene.addresses, ["10.0.0.51/24"]);
  assertEquals(scene.leases, ["10.0.0.50", null, "10.0.0.51"]);
});

Deno.test("before: nothing is used until nobody has answered for 200 ms at most", async () => {
  const scene = new Conflict({ conflictDetection: "before" });
  const { pair } = scene;
  const started = scene.configuration.start(30_000);
  pair.exchange();
  assertEquals([scene.addresses, scene.configuration.lease, scene.leases], [[], null, []]);
  scene.speak(first);
  pair.exchange();
  assertEquals(scene.changes.at(-1), "declined");
  const declined = pair.now;
  pair.run(pair.now + 10_000);
  assertEquals(scene.addresses, []);
  pair.run(declined + 10_205);
  assertEquals(scene.addresses, ["10.0.0.51/24"]);
  assertEquals((await started).address, first + 1);
  assertEquals(scene.leases, ["10.0.0.51"]);
});

Deno.test("off: a lease is not probed, but announced; a conflict is defended once, then the lease is declined", async () => {
  const scene = new Conflict({ conflictDetection: "off" });
  const { pair } = scene;
  const started = scene.configuration.start(30_000);
  pair.exchange();
  await started;
  pair.run(pair.now + 20_000);
  scene.speak(first);
  assertEquals(scene.arp(), ["50 50"]);
  assertEquals(scene.addresses, ["10.0.0.50/24"]);
  pair.now += 5000;
  scene.speak(first);
  assertEquals(scene.addresses, []);
  pair.exchange();
  assertEquals(scene.changes.at(-1), "declined");
  await Promise.resolve();
  assertEquals(scene.told.map(({ isLost }) => isLost), [false, true]);
});

Deno.test("yield gives a lease up at once, insist never", async () => {
  for (const [defence, left] of [["yield", []], ["insist", ["10.0.0.50/24"]]] as const) {
    const scene = new Conflict({ defence });
    scene.configuration.start(30_000);
    scene.pair.run(scene.pair.now + 20_000);
    for (let i = 0; i < 5; i++) {
      scene.speak(first);
      scene.pair.now += 100;
    }
    assertEquals(scene.addresses, [...left]);
    await Promise.resolve();
    assertEquals(scene.told.map(({ isLost }) => isLost), [defence === "yield"]);
  }
});

Deno.test("a lease that is extended while it is probed is the newer one when it is applied", async () => {
  const scene = new Conflict({ conflictDetection: "before", probeTime: 7000 });
  const { pair } = scene;
  const started = scene.configuration.start(30_000);
  pair.exchange();
  const before = scene.configuration.client.lease;
  pair.now += 1000;
  scene.configuration.client.renew(pair.now);
  // Its request speaks from an address that is not there yet, and is not sent; broadcast ones are.
  pair.run(pair.now + 8000);
  assertEquals(scene.addresses, ["10.0.0.50/24"]);
  assertEquals((await started).address, before!.address);
});

Deno.test("an address that is the host's own already is declined when a server gives it", () => {
  const scene = new Conflict();
  scene.pair.left.addAddress(first, 24);
  scene.configuration.start(30_000).catch(() => {});
  scene.pair.exchange();
  assertEquals([scene.configuration.lease, scene.changes.at(-1)], [null, "declined"]);
  scene.pair.run(scene.pair.now + 10_001);
  assertEquals(scene.addresses, ["10.0.0.50/24", "10.0.0.51/24"]);
});

Deno.test("an address set by hand is announced and insisted on; with before it is there when it is free", async () => {
  const scene = new Conflict();
  const { pair } = scene;
  configureStatic(scene.loop, { address: "10.0.0.7/24", gateway: first }, scene.held, 0);
  assertEquals([scene.addresses, scene.source("192.0.2.1")], [["10.0.0.7/24"], "10.0.0.7"]);
  assertEquals(scene.arp(), ["7 7"]);
  for (const delay of [0, 100, 100]) {
    pair.now += delay;
    scene.speak(parseIpv4("10.0.0.7"));
  }
  assertEquals(scene.arp(), ["7 7"]);
  assertEquals(scene.addresses, ["10.0.0.7/24"]);
  await Promise.resolve();
  assertEquals(scene.told.map(({ isLost }) => isLost), [false]);

  const careful = new Conflict({ conflictDetection: "before" });
  configureStatic(careful.loop, { address: "10.0.0.7/24", gateway: first }, careful.held, 0);
  assertEquals(careful.addresses, []);
  careful.pair.run(careful.pair.now + 201);
  assertEquals([careful.addresses, careful.source("192.0.2.1")], [["10.0.0.7/24"], "10.0.0.7"]);

  const taken = new Conflict({ conflictDetection: "before" });
  configureStatic(taken.loop, { address: "10.0.0.7/24" }, taken.held, 0);
  taken.pair.run(taken.pair.now + 100);
  taken.speak(parseIpv4("10.0.0.7"));
  taken.pair.run(taken.pair.now + 1000);
  assertEquals(taken.addresses, []);
  await Promise.resolve();
  assertEquals(taken.told.map(({ isLost }) => isLost), [true]);
  for (const address of ["10.0.0.255/24", "224.0.0.1/24"]) {
    assertThrows(() => configureStatic(taken.loop, { address }, taken.held, 0), RangeError);
  }
});

Deno.test("RFC 3927: without a server the host gives itself an address, and gives it up for a lease", async () => {
  const scene = new Conflict();
  const { pair } = scene;
  const linkLocal = new LinkLocalConfiguration(scene.loop, scene.held);
  scene.configuration.onLease = (lease) =>
    lease === null ? linkLocal.startLater() : linkLocal.stop();
  pair.right.udp.unregister(scene.server);
  scene.configuration.start(3_600_000).catch(() => {});
  linkLocal.startLater();
  const begin = pair.now;
  const waiting = scene.held.wait(new AbortController().signal);
  pair.run(begin + 13_999);
  assertEquals([scene.addresses, linkLocal.address], [[], 0]);
  pair.run(begin + 17_000);
  const [address] = scene.addresses;
  assert(address!.startsWith("169.254.") && address!.endsWith("/16"));
  assertEquals(await waiting, address!.slice(0, -3));
  assertEquals(scene.source("169.254.9.9"), address!.slice(0, -3));
  // A server that comes hears from a client without an address, whatever else the host has.
  const server = new Dhcpv4Server(settings());
  pair.right.udp.register(server);
  pair.run(begin + 120_000);
  assertEquals([scene.addresses, linkLocal.address], [["10.0.0.50/24"], 0]);
  // It goes, and the next link-local address is the same.
  pair.right.udp.unregister(server);
  pair.run(pair.now + 3_700_000);
  assertEquals(scene.addresses, [address]);
  assertEquals(scene.configuration.client.state, Dhcpv4ClientState.Selecting);
});

Deno.test("RFC 3927 §2.5: a link-local address is defended once, then another is chosen", () => {
  const scene = new Conflict();
  const { pair } = scene;
  const linkLocal = new LinkLocalConfiguration(scene.loop, scene.held);
  linkLocal.start();
  linkLocal.start();
  pair.run(pair.now + 20_000);
  const { address } = linkLocal;
  assert(address >= parseIpv4("169.254.1.0") && address <= parseIpv4("169.254.254.255"));
  scene.speak(address);
  assertEquals(scene.arp(), [`${address & 0xff} ${address & 0xff}`]);
  assertEquals(linkLocal.address, address);
  pair.now += 9000;
  scene.speak(address);
  assertEquals([linkLocal.address, scene.addresses], [0, []]);
  pair.run(pair.now + 20_000);
  assert(linkLocal.address !== 0 && linkLocal.address !== address);
  assertEquals(scene.addresses.length, 1);
  linkLocal.stop();
  assertEquals([linkLocal.address, scene.addresses], [0, []]);
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Dhcpv4ClientState, Dhcpv4Server, type Dhcpv4ServerOptions } from "@octet/dhcpv4";
import { formatIpv4, parseIpv4 } from "@octet/netip";
import { Host, Lan } from "../mod.ts";
import { outcome } from "./_both_test.ts";
import { describeLease } from "./mod.ts";
import { router, Scene, settings } from "./_dhcp_scene_test.ts";

const hour = 3_600_000;

Deno.test("a lease brings address, routes, name servers and search list", async () => {
  const scene = new Scene();
  const lease = await scene.start();
  assertEquals(formatIpv4(lease.address), "10.0.0.50");
  assertEquals(scene.addresses, ["10.0.0.50/24"]);
  assertEquals(scene.source("10.0.0.9"), "10.0.0.50");
  assertEquals(scene.source("192.0.2.1"), "10.0.0.50");
  assertEquals(scene.names.resolver.servers.map(formatIpv4), ["10.0.0.2", "10.0.0.3"]);
  assertEquals(scene.names.resolver.search, ["octet.test."]);
  assertEquals(scene.leases, ["10.0.0.50"]);
  assertEquals(
    describeLease(lease),
    "10.0.0.50/24 from 10.0.0.2 for 3600 s, router 10.0.0.2, DNS 10.0.0.2, 10.0.0.3",
  );
});

Deno.test("a search list of its own goes before the domain (RFC 3397)", async () => {
  const domainSearch = ["a.octet.test", "octet.test"];
  const scene = new Scene({ options: { domainName: "octet.test", domainSearch } });
  await scene.start();
  assertEquals(scene.names.resolver.search, ["a.octet.test.", "octet.test."]);
  assertEquals(scene.names.resolver.servers, []);
});

Deno.test("what the program has set stays, whatever the lease says", async () => {
  const scene = new Scene({}, { keepsServers: true, keepsSearch: true });
  scene.names.resolver.search = ["mine.test"];
  await scene.start();
  assertEquals(scene.names.resolver.servers, [7]);
  assertEquals(scene.names.resolver.search, ["mine.test."]);
});

Deno.test("a lease is extended at half its time, and connections live on", async () => {
  const scene = new Scene();
  const { pair } = scene;
  const first = await scene.start();
  const listener = pair.right.tcp.listen(80);
  const client = pair.left.tcp.connect({ address: router, port: 80 }, pair.now);
  pair.exchange();
  const peer = listener.accept()!;
  assertEquals(formatIpv4(client.localAddress), "10.0.0.50");
  pair.run(pair.now + 10 * hour);
  const { lease } = scene.configuration;
  assert(lease!.expiresAt > first.expiresAt + 8 * hour);
  assertEquals(scene.addresses, ["10.0.0.50/24"]);
  assertEquals(scene.source("192.0.2.1"), "10.0.0.50");
  assert(scene.leases.length >= 10 && scene.leases.every((address) => address === "10.0.0.50"));
  client.write(new Uint8Array(3));
  pair.run(pair.now + 1000);
  assertEquals(peer.readable, 3);
});

Deno.test("routers that change at renewal replace the old ones", async () => {
  const scene = new Scene();
  await scene.start();
  const { routes } = scene.pair.left.ipv4;
  const before = routes.list().length;
  scene.replace({ options: { routers: [parseIpv4("10.0.0.9")] }, authoritative: true });
  scene.pair.run(scene.pair.now + hour);
  assertEquals(scene.addresses, ["10.0.0.50/24"]);
  assertEquals(scene.source("192.0.2.1"), "10.0.0.50");
  assertEquals(routes.list().length, before);
  assertEquals(scene.names.resolver.servers, []);
  assertEquals(scene.names.resolver.search, []);
});

Deno.test("another address replaces the one that is refused", async () => {
  const scene = new Scene();
  await scene.start();
  const pools = [{ first: parseIpv4("10.0.0.70"), last: parseIpv4("10.0.0.70"), prefixLength: 24 }];
  scene.replace({ pools, authoritative: true });
  scene.pair.run(scene.pair.now + 2 * hour);
  assertEquals(scene.addresses, ["10.0.0.70/24"]);
  assertEquals(scene.source("192.0.2.1"), "10.0.0.70");
  assertEquals(scene.leases.slice(0, 3), ["10.0.0.50", null, "10.0.0.70"]);
});

Deno.test("a lease that nobody extends is lost with all that came with it", async () => {
  const scene = new Scene();
  await scene.start();
  scene.pair.right.udp.unregister(scene.server);
  scene.pair.run(scene.pair.now + hour + 60_000);
  assertEquals(scene.configuration.lease, null);
  assertEquals(scene.addresses, []);
  assertEquals([scene.source("10.0.0.2"), scene.source("192.0.2.1")], ["0.0.0.0", "0.0.0.0"]);
  assertEquals([scene.names.resolver.servers, scene.names.resolver.search], [[], []]);
  assertEquals(scene.leases, ["10.0.0.50", null]);
  // It goes on looking, and takes what comes.
  scene.pair.right.udp.register(scene.server);
  scene.pair.run(scene.pair.now + hour / 10);
  assertEquals(scene.addresses, ["10.0.0.50/24"]);
});

Deno.test("stopping gives the lease back", async () => {
  const changes: string[] = [];
  const scene = new Scene({ onChange: (_lease, change) => changes.push(change) });
  await scene.start();
  scene.configuration.stop();
  scene.pair.exchange();
  assertEquals(changes.at(-1), "released");
  assertEquals(scene.addresses, []);
  assertEquals(scene.configuration.client.state, Dhcpv4ClientState.Stopped);
  scene.configuration.stop();
});

// From here on with hosts, on the real clock.

function served(lan: Lan, options: Partial<Dhcpv4ServerOptions> = {}): Host {
  const host = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
  host.attach(new Dhcpv4Server(settings(options)));
  return host;
}

Deno.test("a host configures itself, and gives its lease back when it closes", async () => {
  const changes: string[] = [];
  const lan = new Lan();
  await using _server = served(lan, {
    onChange: (lease, change) => changes.push(`${change} ${lease.hostName}`),
  });
  const host = new Host(lan.attach({ name: "nic" }), { hostname: "moon" });
  assertEquals([host.lease, host.networkInterfaces().map(({ name }) => name)], [null, ["lo"]]);
  const lease = await host.configure();
  assert(host.lease === lease);
  assertEquals(await host.configure(), lease);
  assertEquals(host.nameServers, ["10.0.0.2", "10.0.0.3"]);
  assertEquals(host.networkInterfaces().slice(0, 1), [{
    family: "IPv4",
    name: "nic",
    address: "10.0.0.50",
    netmask: "255.255.255.0",
    scopeid: null,
    cidr: "10.0.0.50/24",
    mac: host.device.hardwareAddress.toString(),
  }]);
  assertEquals((await host.ping("10.0.0.2")).address, "10.0.0.2");
  await host.close();
  assertEquals(changes.at(-1), "released moon");
});

Deno.test("name servers and search list of the options stay", async () => {
  const lan = new Lan();
  await using _server = served(lan);
  await using host = new Host(lan.attach(), { nameServers: ["10.0.0.9"], search: ["mine.test"] });
  await host.configure();
  assertEquals(host.nameServers, ["10.0.0.9"]);
});

Deno.test("two hosts get two addresses", async () => {
  const lan = new Lan();
  const pools = [{ first: parseIpv4("10.0.0.50"), last: parseIpv4("10.0.0.51"), prefixLength: 24 }];
  await using _server = served(lan, { pools });
  await using a = new Host(lan.attach());
  await using b = new Host(lan.attach());
  const leases = await Promise.all([a.configure(), b.configure()]);
  assertEquals(new Set(leases.map(({ address }) => address)).size, 2);
});

Deno.test("a network without a server: time runs out, a signal ends the wait, closing too", async () => {
  const host = new Host(new Lan().attach());
  assertEquals(
    await outcome(() => host.configure({ timeout: 1 })),
    "rejects TimedOut: Cannot get an address as no DHCP server has offered one within 0.001 s [ETIMEDOUT]",
  );
  const controller = new AbortController();
  const waiting = outcome(() => host.configure({ signal: controller.signal }));
  controller.abort();
  assertEquals(await waiting, "rejects AbortError: The signal has been aborted [20]");
  assertEquals(
    await outcome(() => host.configure({ signal: AbortSignal.abort("why") })),
    'rejects "why"',
  );
  const closing = outcome(() => host.configure());
  await host.close();
  assertEquals(await closing, "rejects Interrupted: operation canceled [EINTR]");
});

Deno.test("a fixed address", async () => {
  await using host = new Host(new Lan().attach(), {
    address: { address: "10.0.0.7/24", gateway: parseIpv4("10.0.0.1") },
  });
  assertEquals(host.networkInterfaces()[0]!.cidr, "10.0.0.7/24");
  assertEquals(formatIpv4(host.stack.ipv4.sourceFor(parseIpv4("192.0.2.1"))), "10.0.0.7");
  for (const address of ["10.0.0.7", "10.0.0.256/24", "10.0.0.7/33", ""]) {
    const device = new Lan().attach();
    assertThrows(() => new Host(device, { address: { address } }), SyntaxError);
    device.close();
  }
});

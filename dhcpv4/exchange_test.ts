import { assert, assertEquals } from "@std/assert";
import { formatIpv4, MacAddress, parseIpv4 } from "@octet/netip";
import { randomBelow, SeededRandom } from "@octet/wire";
import { type Sent, SimulatedLan } from "./_lan_test.ts";
import { Dhcpv4Client } from "./client.ts";
import type { Dhcpv4ClientOptions } from "./client_options.ts";
import { Dhcpv4Server } from "./server.ts";
import type { Dhcpv4ServerOptions } from "./server_options.ts";

const ip = parseIpv4;
const own = ip("10.77.0.1");
const second = 1000;

function makeServer(lan: SimulatedLan, options: Partial<Dhcpv4ServerOptions> = {}): Dhcpv4Server {
  const server = new Dhcpv4Server({
    address: own,
    pools: [{ first: ip("10.77.0.50"), last: ip("10.77.0.80"), prefixLength: 24 }],
    leaseSeconds: 1000,
    options: { routers: [own], dnsServers: [own], domainName: "lan.example" },
    ...options,
  });
  lan.add(server, () => options.address ?? own);
  return server;
}

function makeClient(
  lan: SimulatedLan,
  number: number,
  options: Partial<Dhcpv4ClientOptions> = {},
): Dhcpv4Client {
  const client = new Dhcpv4Client({
    hardwareAddress: MacAddress.fromNumber(0x020000000000 + number),
    random: new SeededRandom(number),
    ...options,
  });
  lan.add(client, () => client.lease?.address ?? 0);
  return client;
}

function story(lan: SimulatedLan): string[] {
  return lan.take().map((sent) => `${sent.type} ${sent.source} > ${sent.destination}`);
}

Deno.test("a lease from first to last", () => {
  const lan = new SimulatedLan();
  const server = makeServer(lan);
  const client = makeClient(lan, 1);
  client.start(0);
  lan.pass(second);
  const address = formatIpv4(client.lease!.address);
  assertEquals(story(lan), [
    "Discover 0.0.0.0 > 255.255.255.255",
    "Offer 10.77.0.1 > 255.255.255.255",
    "Request 0.0.0.0 > 255.255.255.255",
    "Ack 10.77.0.1 > 255.255.255.255",
  ]);
  const { routers, dnsServers, domain, prefixLength, leaseSeconds, t1, t2 } = client.lease!;
  assertEquals([routers, dnsServers, domain, prefixLength], [[own], [own], "lan.example", 24]);
  assertEquals([leaseSeconds, t1, t2], [1000, 500, 875]);
  lan.run(501 * second);
  assertEquals(story(lan), [`Request ${address} > 10.77.0.1`, `Ack 10.77.0.1 > ${address}`]);
  assertEquals(client.state, "bound");
  lan.run(100_000 * second);
  assertEquals(
    new Set(story(lan)),
    new Set([`Request ${address} > 10.77.0.1`, `Ack 10.77.0.1 > ${address}`]),
  );
  client.stop(lan.now);
  lan.pass(second);
  assertEquals(story(lan), [`Release ${address} > 10.77.0.1`]);
  assertEquals(server.leases(lan.now), []);
  client.start(lan.now);
  lan.pass(second);
  assertEquals(formatIpv4(client.lease!.address), address);
});

Deno.test("rapid commit is two messages", () => {
  const lan = new SimulatedLan();
  makeServer(lan, { rapidCommit: true });
  const client = makeClient(lan, 1);
  client.start(0);
  lan.pass(second);
  assertEquals([client.state, lan.types()], ["bound", "Discover Ack"]);
});

Deno.test("INIT-REBOOT with the address it had, and with one of another network", () => {
  const lan = new SimulatedLan();
  makeServer(lan);
  const client = makeClient(lan, 1);
  client.start(0);
  lan.pass(second);
  const { address } = client.lease!;
  client.stop(lan.now, false);
  lan.take();
  client.start(lan.now, address);
  lan.pass(second);
  assertEquals([lan.types(), client.lease?.address], ["Request Ack", address]);
  client.stop(lan.now, false);
  client.start(lan.now, ip("192.168.1.5"));
  lan.pass(second);
  assertEquals([lan.types(), client.lease?.address], [
    "Request Nak Discover Offer Request Ack",
    address,
  ]);
});

Deno.test("the first of two offers is taken, and the other server lets go of its own", () => {
  const lan = new SimulatedLan();
  const first = makeServer(lan);
  const other = ip("10.77.0.2");
  const second2 = makeServer(lan, {
    address: other,
    pools: [{ first: ip("10.77.0.100"), last: ip("10.77.0.100"), prefixLength: 24 }],
  });
  lan.latency = (sent) => sent.from === first ? 50 : 1;
  const client = makeClient(lan, 1);
  client.start(0);
  lan.pass(second);
  assertEquals([client.lease?.server, client.lease?.address], [other, ip("10.77.0.100")]);
  assertEquals([first.leases(lan.now).length, second2.leases(lan.now).length], [0, 1]);
});

Deno.test("a client whose server has gone gets its lease extended by another when it rebinds", () => {
  const lan = new SimulatedLan();
  const first = makeServer(lan);
  const client = makeClient(lan, 1);
  client.start(0);
  lan.pass(second);
  const { address } = client.lease!;
  lan.loses = (sent) => sent.from === first || sent.destination === "10.77.0.1";
  makeServer(lan, { address: ip("10.77.0.2"), authoritative: true });
  lan.run(880 * second);
  assertEquals([client.state, client.lease?.server, client.lease?.address], [
    "bound",
    ip("10.77.0.2"),
    address,
  ]);
});

Deno.test("a conflict: decline, quarantine, another address", () => {
  const lan = new SimulatedLan();
  makeServer(lan);
  const client = makeClient(lan, 1);
  client.start(0);
  lan.pass(second);
  const { address } = client.lease!;
  assert(client.decline(lan.now));
  lan.pass(15 * second);
  assertEquals(client.state, "bound");
  assert(client.lease!.address !== address);
  assertEquals(lan.types(), "Discover Offer Request Ack Decline Discover Offer Request Ack");
});

Deno.test("DHCPINFORM", () => {
  const lan = new SimulatedLan();
  const server = makeServer(lan);
  const client = new Dhcpv4Client({
    hardwareAddress: MacAddress.fromNumber(0x020000000001),
    random: new SeededRandom(1),
  });
  lan.add(client, () => ip("10.77.0.7"));
  client.inform(0, ip("10.77.0.7"));
  lan.pass(second);
  assertEquals(client.state, "informed");
  assertEquals([client.lease?.address, client.lease?.prefixLength, client.lease?.dnsServers], [
    ip("10.77.0.7"),
    24,
    [own],
  ]);
  assertEquals([client.lease?.expiresAt, server.clientCount], [Infinity, 0]);
});

Deno.test("whichever message is lost, the client gets its lease", async (t) => {
  for (const lost of ["Discover", "Offer", "Request", "Ack"]) {
    for (let times = 1; times <= 3; times++) {
      await t.step(`${lost} lost ${times} times`, () => {
        const lan = new SimulatedLan();
        const server = makeServer(lan);
        const client = makeClient(lan, 1, { timing: { jitter: 0 } });
        let left = times;
        lan.loses = (sent) => sent.type === lost && left-- > 0;
        client.start(0);
        const expected = [0, 4, 12, 28][times]! * second;
        lan.run(expected - 1);
        assertEquals(client.state === "bound", false);
        lan.run(expected + 10);
        assertEquals(client.state, "bound");
        assertEquals(server.leases(lan.now).map((lease) => lease.address), [client.lease!.address]);
      });
    }
  }
});

/** At every moment no two clients may hold one address, whatever the network does. */
function soak(
  seed: number,
  loss: number,
  duplicate: boolean,
): { bound: number; clients: Dhcpv4Client[] } {
  const random = new SeededRandom(seed);
  const lan = new SimulatedLan();
  makeServer(lan, {
    authoritative: seed % 2 === 0,
    rapidCommit: seed % 3 === 0,
    leaseSeconds: 300,
  });
  lan.loses = () => randomBelow(random, 100) < loss;
  lan.latency = () => duplicate ? randomBelow(random, 3000) : 1;
  const clients: Dhcpv4Client[] = [];
  for (let i = 1; i <= 20; i++) {
    const client = makeClient(lan, i + 100 * seed);
    clients.push(client);
    client.start(0);
  }
  for (let step = 0; step < 400; step++) {
    lan.pass(10 * second);
    const held = clients.filter((client) => client.lease !== null).map((client) =>
      client.lease!.address
    );
    assertEquals(new Set(held).size, held.length, `Two clients have one address at ${lan.now}`);
    const client = clients[randomBelow(random, clients.length)]!;
    switch (randomBelow(random, 12)) {
      case 0:
        client.stop(lan.now);
        break;
      case 1:
        client.stop(lan.now, false);
        break;
      case 2:
        client.decline(lan.now);
        break;
      case 3:
        client.renew(lan.now);
        break;
      default:
        if (client.state === "stopped") {
          client.start(lan.now, randomBelow(random, 2) * ip("10.77.0.60"));
        }
    }
    lan.take();
  }
  lan.loses = () => false;
  for (const client of clients) if (client.state === "stopped") client.start(lan.now);
  lan.pass(700 * second);
  return { bound: clients.filter((client) => client.lease !== null).length, clients };
}

Deno.test("twenty clients, lossy network: never two with one address, and all have one in the end", async (t) => {
  for (const [seed, loss] of [[1, 0], [2, 10], [3, 30], [4, 50], [5, 80], [6, 30]] as const) {
    await t.step(`${loss}% lost, seed ${seed}`, () => {
      assertEquals(soak(seed, loss, seed === 6).bound, 20);
    });
  }
});

Deno.test("the same seed is the same network to the byte", () => {
  const run = (): Sent[] => {
    const lan = new SimulatedLan();
    const random = new SeededRandom(9);
    makeServer(lan);
    lan.loses = () => randomBelow(random, 100) < 40;
    for (let i = 1; i <= 5; i++) makeClient(lan, i).start(0);
    lan.run(1000 * second);
    return lan.log;
  };
  const bytes = (log: Sent[]): Uint8Array[] => log.map((sent) => sent.bytes);
  assertEquals(bytes(run()), bytes(run()));
});

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Dhcpv4Server } from "@octet/dhcpv4";
import { parseIpv4 } from "@octet/netip";
import { Lan } from "../device/lan.ts";
import { Host } from "./host.ts";
import type { HostOptions } from "./host_options.ts";

const gateway = parseIpv4("10.0.1.1");
const farGateway = parseIpv4("10.0.2.1");

/** a on one LAN, b on another, a host that forwards between. */
function routed(): { near: Lan; far: Lan; router: Host; a: Host; b: Host } {
  const near = new Lan();
  const far = new Lan();
  const router = new Host(near.attach(), {
    forwarding: true,
    name: "near",
    address: { address: "10.0.1.1/24" },
  });
  router.addInterface(far.attach(), { name: "far", address: { address: "10.0.2.1/24" } });
  const a = new Host(near.attach(), { address: { address: "10.0.1.2/24", gateway } });
  const b = new Host(far.attach(), { address: { address: "10.0.2.2/24", gateway: farGateway } });
  return { near, far, router, a, b };
}

async function closeAll(...hosts: Host[]): Promise<void> {
  for (const host of hosts) await host.close();
}

async function echo(from: Host, to: Host, hostname: string): Promise<string> {
  using listener = to.listen({ port: 7 });
  const served = listener.accept().then((conn) => conn.readable.pipeTo(conn.writable));
  const conn = await from.connect({ hostname, port: 7 });
  await conn.write(new TextEncoder().encode("octet"));
  await conn.closeWrite();
  const text = await new Response(conn.readable).text();
  await served;
  return text;
}

Deno.test("a host with two devices passes TCP on between them", async () => {
  const { router, a, b } = routed();
  try {
    assertEquals(await echo(a, b, "10.0.2.2"), "octet");
    assertEquals(await echo(b, router, "10.0.1.1"), "octet");
    assertEquals((await a.ping("10.0.2.2")).ttl, 63);
    assertEquals(
      router.networkInterfaces().map(({ name, cidr }) => `${name} ${cidr}`),
      ["near 10.0.1.1/24", "far 10.0.2.1/24", "lo 127.0.0.1/8"],
    );
    assertThrows(() => router.addInterface(new Lan().attach(), { name: "far" }), TypeError);
  } finally {
    await closeAll(a, b, router);
  }
});

Deno.test("a host translates for those behind it", async () => {
  const [inside, outside] = [new Lan(), new Lan()];
  const router = new Host(inside.attach(), {
    forwarding: true,
    address: { address: "192.168.1.1/24" },
  });
  const wan = router.addInterface(outside.attach(), {
    nat: { filtering: "address-dependent" },
    address: { address: "203.0.113.1/24" },
  });
  const client = new Host(inside.attach(), {
    address: { address: "192.168.1.2/24", gateway: parseIpv4("192.168.1.1") },
  });
  const server = new Host(outside.attach(), { address: { address: "203.0.113.9/24" } });
  try {
    using listener = server.listen({ port: 80 });
    const conn = await client.connect({ hostname: "203.0.113.9", port: 80 });
    const accepted = await listener.accept();
    assertEquals(accepted.remoteAddr.hostname, "203.0.113.1");
    assertEquals(router.stack.nat!.mappingCount, 1);
    conn.close();
    accepted.close();
    assert(wan.isUp);
    assertThrows(() => server.addInterface(outside.attach(), { nat: true }), TypeError);
    assertEquals(server.interfaces.length, 1);
  } finally {
    await closeAll(client, server, router);
  }
});

Deno.test("a device that is closed takes its interface down, and the others go on", async () => {
  const { router, a, b } = routed();
  try {
    const far = router.interfaces[1]!;
    far.device.close();
    while (far.isUp) await a.ping("10.0.1.1");
    await assertRejects(() => far.closed, Error, "has been closed");
    assertThrows(() => far.up(), TypeError, "has been closed");
    assertEquals((await a.ping("10.0.1.1")).ttl, 64);
    assertEquals(router.networkInterfaces()[1]!.cidr, "10.0.2.1/24");
    await assertRejects(() => a.ping("10.0.2.2", { timeout: 50 }));
    router.interfaces[0]!.device.close();
    await assertRejects(() => router.closed, Error, "has been closed");
    await assertRejects(() => router.interfaces[0]!.closed, Error, "has been closed");
  } finally {
    await closeAll(a, b);
  }
});

Deno.test("who waits for a lease hears when the device is lost, or the interface taken out", async () => {
  const { router, near, a, b } = routed();
  try {
    for (const [end, says] of [["close", "has been closed"], ["remove", "is gone"]] as const) {
      const added = router.addInterface(near.attach(), { name: "third" });
      const leased = added.configure();
      if (end === "close") added.device.close();
      else added.remove();
      await assertRejects(() => leased, Error, says);
      if (end === "close") added.remove();
    }
  } finally {
    await closeAll(a, b, router);
  }
});

Deno.test("interfaces go down and up, and are taken out", async () => {
  const { router, a, b } = routed();
  try {
    const far = router.interfaces[1]!;
    far.down();
    await assertRejects(() => a.ping("10.0.2.2", { timeout: 50 }));
    far.up();
    assertEquals((await a.ping("10.0.2.2")).ttl, 63);
    far.remove();
    await far.closed;
    assert(far.device.isClosed);
    assertEquals(router.interfaces.map(({ name }) => name), ["near"]);
    assertEquals(router.networkInterfaces().length, 2);
    await assertRejects(() => a.ping("10.0.2.2", { timeout: 50 }));
    assertThrows(() => router.interfaces[0]!.remove(), TypeError, "only one");
    assertEquals((await a.ping("10.0.1.1")).ttl, 64);
  } finally {
    await closeAll(a, b, router);
  }
});

async function leaseOnEach(options: HostOptions): Promise<void> {
  const lans = [new Lan(), new Lan()];
  const servers = lans.map((lan, index) => {
    const host = new Host(lan.attach(), { address: { address: `10.0.${index}.1/24` } });
    host.attach(
      new Dhcpv4Server({
        address: parseIpv4(`10.0.${index}.1`),
        pools: [{
          first: parseIpv4(`10.0.${index}.50`),
          last: parseIpv4(`10.0.${index}.50`),
          prefixLength: 24,
        }],
        options: {
          routers: [parseIpv4(`10.0.${index}.1`)],
          dnsServers: [parseIpv4(`10.0.${index}.1`)],
        },
        leaseSeconds: 3600,
      }),
    );
    return host;
  });
  const host = new Host(lans[0]!.attach(), options);
  const second = host.addInterface(lans[1]!.attach(), options);
  try {
    await Promise.all([host.configure(), second.configure()]);
    assertEquals(
      host.networkInterfaces().map(({ cidr }) => cidr),
      ["10.0.0.50/24", "10.0.1.50/24", "127.0.0.1/8"],
    );
    const far = parseIpv4("198.51.100.1");
    assertEquals(host.stack.ipv4.sourceFor(far), parseIpv4("10.0.0.50"));
    assertEquals(host.nameServers, ["10.0.0.1", "10.0.1.1"]);
    host.interfaces[0]!.down();
    assertEquals(host.stack.ipv4.sourceFor(far), parseIpv4("10.0.1.50"));
  } finally {
    await closeAll(host, ...servers);
  }
}

Deno.test("each interface gets a lease of its own", () => leaseOnEach({}));

Deno.test("so does each of a router's, whatever sources it takes", () =>
  leaseOnEach({ forwarding: true, sourceValidation: "strict", filtersBogons: true }));

Deno.test("a node on one interface neither hears nor speaks on the others", async () => {
  const [inside, outside] = [new Lan(), new Lan()];
  const router = new Host(outside.attach(), { address: { address: "10.0.9.1/24" } });
  const lan = router.addInterface(inside.attach(), {
    name: "inside",
    address: { address: "10.0.1.1/24" },
  });
  const near = new Host(inside.attach());
  const far = new Host(outside.attach());
  const serve = () =>
    new Dhcpv4Server({
      address: gateway,
      pools: [{ first: gateway + 49, last: gateway + 49, prefixLength: 24 }],
    });
  const [wan] = router.interfaces;
  try {
    lan.attach(serve());
    assertEquals((await near.configure()).address, gateway + 49);
    await assertRejects(() => far.configure({ timeout: 20 }), Deno.errors.TimedOut);
    assertThrows(() => lan.attach(serve()), RangeError, "UDP port 67 of inside as it is already");
    assertThrows(() => router.attach(serve()), RangeError, "UDP port 67 as it is already bound");
    wan!.attach(serve());
    wan!.detach();
    lan.remove();
    router.attach(serve());
    assertThrows(() => wan!.attach(serve()), RangeError, "already bound");
  } finally {
    await closeAll(near, far, router);
  }
});

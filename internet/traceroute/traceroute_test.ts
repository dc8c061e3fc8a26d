import { assert, assertEquals } from "@std/assert";
import { Ipv4Prefix, parseIpv4 } from "@octet/netip";
import { Host, Lan, type TracerouteHop, type TracerouteOptions } from "../mod.ts";

/** What is found, without the times. */
async function trace(host: Host, to: string, options: TracerouteOptions = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const hop of host.traceroute(to, options)) lines.push(shown(hop));
  return lines;
}

function shown({ ttl, probes, isLast }: TracerouteHop): string {
  const answers = probes.map(({ address, time, note }) => {
    assert((time === null) === (address === null) && (time ?? 0) >= 0);
    return address === null ? "*" : address + note;
  });
  return `${ttl} ${answers.join(" ")}${isLast ? " end" : ""}`;
}

/** Two hosts on a LAN. */
class Neighbours implements AsyncDisposable {
  readonly a: Host;
  readonly b: Host;

  constructor() {
    const lan = new Lan();
    this.a = new Host(lan.attach(), { address: { address: "10.0.0.1/24" } });
    this.b = new Host(lan.attach(), { address: { address: "10.0.0.2/24" } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.a.close();
    await this.b.close();
  }
}

for (const protocol of ["udp", "icmp", "tcp"] as const) {
  Deno.test(`${protocol}: a neighbour is one hop away`, async () => {
    await using net = new Neighbours();
    await net.a.ping("10.0.0.2");
    assertEquals(await trace(net.a, "10.0.0.2", { protocol }), [
      "1 10.0.0.2 10.0.0.2 10.0.0.2 end",
    ]);
    assertEquals(
      await trace(net.a, "10.0.0.2", { protocol, queries: 1, firstHop: 3, maxHops: 9, size: 28 }),
      ["3 10.0.0.2 end"],
    );
    assertEquals(net.a.stack.tcp.size, 0);
    assertEquals(net.a.stack.udp.portCount, 0);
  });
}

/** a, two routers, b: 10.0.1.2, 10.0.1.1 and 10.0.2.1, 10.0.2.2 and 10.0.3.1, 10.0.3.2. */
class Routed implements AsyncDisposable {
  readonly a: Host;
  readonly b: Host;
  readonly routers: readonly Host[];

  constructor() {
    const lans = [1, 2, 3].map(() => new Lan());
    this.a = new Host(lans[0]!.attach(), {
      address: { address: "10.0.1.2/24", gateway: parseIpv4("10.0.1.1") },
    });
    this.b = new Host(lans[2]!.attach(), {
      address: { address: "10.0.3.2/24", gateway: parseIpv4("10.0.3.1") },
    });
    const one = new Host(lans[0]!.attach(), {
      forwarding: true,
      address: { address: "10.0.1.1/24" },
    });
    one.addInterface(lans[1]!.attach(), {
      name: "out",
      address: { address: "10.0.2.1/24", gateway: parseIpv4("10.0.2.2") },
    });
    const two = new Host(lans[1]!.attach(), {
      forwarding: true,
      address: { address: "10.0.2.2/24", gateway: parseIpv4("10.0.2.1") },
    });
    two.addInterface(lans[2]!.attach({ mtu: 1000 }), {
      name: "out",
      address: { address: "10.0.3.1/24" },
    });
    this.routers = [one, two];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of [this.a, this.b, ...this.routers]) await host.close();
  }
}

for (const protocol of ["udp", "icmp", "tcp"] as const) {
  Deno.test(`${protocol}: the way leads through two routers`, async () => {
    await using net = new Routed();
    await net.a.ping("10.0.3.2");
    const options = { protocol, queries: 2 } as const;
    assertEquals(await trace(net.a, "10.0.3.2", options), [
      "1 10.0.1.1 10.0.1.1",
      "2 10.0.2.2 10.0.2.2",
      "3 10.0.3.2 10.0.3.2 end",
    ]);
    assertEquals(await trace(net.a, "10.0.3.2", { ...options, maxHops: 2 }), [
      "1 10.0.1.1 10.0.1.1",
      "2 10.0.2.2 10.0.2.2",
    ]);
    assertEquals(await trace(net.a, "10.0.3.2", { ...options, firstHop: 2, parallel: 1 }), [
      "2 10.0.2.2 10.0.2.2",
      "3 10.0.3.2 10.0.3.2 end",
    ]);
  });
}

Deno.test("routers that go no further end the way, with a note", async () => {
  await using net = new Routed();
  await net.a.ping("10.0.3.2");
  const long = { size: 1200, fragment: false, queries: 1 } as const;
  for (const protocol of ["udp", "icmp"] as const) {
    assertEquals(await trace(net.a, "10.0.3.2", { ...long, protocol }), [
      "1 10.0.1.1",
      "2 10.0.2.2",
      "3 10.0.2.2!F-1000 end",
    ]);
  }
  assertEquals(await trace(net.a, "10.0.3.2", { ...long, fragment: true }), [
    "1 10.0.1.1",
    "2 10.0.2.2",
    "3 10.0.3.2 end",
  ]);
  // Now the first router knows no way to the rest of the world.
  net.routers[0]!.stack.removeRoute(Ipv4Prefix.parse("0.0.0.0/0"), parseIpv4("10.0.2.2"));
  assertEquals(await trace(net.a, "10.9.9.9", { queries: 2, firstHop: 2 }), [
    "2 10.0.1.1!N 10.0.1.1!N end",
  ]);
});

Deno.test("tcp: an open port and a closed one both tell that the destination is there", async () => {
  await using net = new Neighbours();
  await net.a.ping("10.0.0.2");
  using _listener = net.b.listen({ port: 80 });
  for (const port of [80, 81]) {
    const found = await trace(net.a, "10.0.0.2", { protocol: "tcp", port, queries: 2 });
    assertEquals(found, ["1 10.0.0.2 10.0.0.2 end"]);
  }
});

Deno.test("who does not answer shows as stars, up to the last hop", async () => {
  await using net = new Neighbours();
  net.b.stack.icmp.answersEcho = false;
  const found = await trace(net.a, "10.0.0.2", {
    protocol: "icmp",
    maxHops: 2,
    queries: 2,
    timeout: 1,
  });
  assertEquals(found, ["1 * *", "2 * *"]);
});

Deno.test("wrong options, no route, an aborted signal, a host that closes", async () => {
  await using net = new Neighbours();
  const outcome = async (options: TracerouteOptions, to = "10.0.0.2") => {
    try {
      await trace(net.a, to, options);
      return "found";
    } catch (error) {
      return String(error);
    }
  };
  for (
    const options of [
      { maxHops: 0 },
      { maxHops: 256 },
      { firstHop: 0 },
      { queries: 11 },
      { size: 20 },
      { port: 0 },
      { port: 65_500 },
      { parallel: 0 },
      { trafficClass: 256 },
    ]
  ) {
    assert((await outcome(options)).startsWith("RangeError: Cannot trace route as its "));
  }
  assertEquals(await outcome({}, "192.0.2.1"), "Error: Network is unreachable (os error 101)");
  assertEquals(
    await outcome({ signal: AbortSignal.abort() }),
    "AbortError: The signal has been aborted",
  );
  net.b.stack.icmp.answersEcho = false;
  const controller = new AbortController();
  const pending = outcome({ protocol: "icmp", signal: controller.signal });
  controller.abort();
  assertEquals(await pending, "AbortError: The signal has been aborted");
  const interrupted = outcome({ protocol: "icmp" });
  await net.a.ping("10.0.0.1");
  await net.a.close();
  assertEquals(await interrupted, "Interrupted: operation canceled");
  assertEquals(await outcome({}), "NotConnected: Host has been closed");
});

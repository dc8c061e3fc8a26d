import { assertEquals } from "@std/assert";
import { formatIpv4, parseIpv4 } from "@octet/netip";
import { type Verdict, verdictName } from "@octet/wire";
import { dhcpv4InfiniteLease, type Dhcpv4Lease, makeLease } from "./lease.ts";
import type { Dhcpv4Message } from "./message.ts";
import type { Dhcpv4Options } from "./option_types.ts";

const ip = parseIpv4;

function ack(options: Dhcpv4Options, yiaddr: string = "10.77.0.50"): Dhcpv4Message {
  return {
    op: 2,
    xid: 1,
    hardwareAddress: new Uint8Array(6),
    hardwareType: 1,
    hops: 0,
    secs: 0,
    flags: 0,
    ciaddr: 0,
    yiaddr: ip(yiaddr),
    siaddr: 0,
    giaddr: 0,
    serverName: "",
    bootFile: "",
    options: {
      messageType: 5,
      serverIdentifier: ip("10.77.0.1"),
      leaseTime: 1000,
      subnetMask: ip("255.255.255.0"),
      ...options,
    },
  };
}

function lease(options: Dhcpv4Options, yiaddr?: string): Dhcpv4Lease {
  const made = makeLease(ack(options, yiaddr), 5000);
  if (typeof made === "number") throw new Error(`No lease: ${verdictName(made)}`);
  return made;
}

Deno.test("a whole lease", () => {
  const { options: _, ...made } = lease({
    dnsServers: [ip("10.77.0.1"), 0, ip("9.9.9.9"), ip("224.0.0.1"), ip("127.0.0.1")],
    ntpServers: [ip("10.77.0.2"), 0xffffffff],
    routers: [ip("10.77.0.1"), 0],
    domainName: "lan.example.",
    domainSearch: ["lan.example", "bad_(name"],
    hostName: "octet",
    interfaceMtu: 1400,
  });
  assertEquals(made, {
    address: ip("10.77.0.50"),
    prefixLength: 24,
    broadcast: ip("10.77.0.255"),
    routers: [ip("10.77.0.1")],
    routes: [{ destination: 0, prefixLength: 0, router: ip("10.77.0.1") }],
    dnsServers: [ip("10.77.0.1"), ip("9.9.9.9")],
    ntpServers: [ip("10.77.0.2")],
    domain: "lan.example",
    search: ["lan.example"],
    hostName: "octet",
    mtu: 1400,
    server: ip("10.77.0.1"),
    leaseSeconds: 1000,
    t1: 500,
    t2: 875,
    obtainedAt: 5000,
    expiresAt: 1_005_000,
  });
});

const { serverIdentifier: _server, ...withoutServer } = ack({}).options;
const { leaseTime: _time, ...withoutTime } = ack({}).options;
const refused: [name: string, message: Dhcpv4Message, verdict: string][] = [
  ["no server identifier", { ...ack({}), options: withoutServer }, "BadOption"],
  ["no lease time", { ...ack({}), options: withoutTime }, "BadOption"],
  ["lease time 0", ack({ leaseTime: 0 }), "BadOption"],
  ["server 0.0.0.0", ack({ serverIdentifier: 0 }), "BadOption"],
  ["server by multicast", ack({ serverIdentifier: ip("224.0.0.1") }), "BadOption"],
  ["mask with a hole", ack({ subnetMask: ip("255.0.255.0") }), "BadOption"],
  ["mask 0.0.0.0", ack({ subnetMask: 0 }), "BadOption"],
  ["mask reversed", ack({ subnetMask: ip("0.255.255.255") }), "BadOption"],
  ["address 0.0.0.0", ack({}, "0.0.0.0"), "BadValue"],
  ["address 127.0.0.1", ack({}, "127.0.0.1"), "BadValue"],
  ["address 224.1.2.3", ack({}, "224.1.2.3"), "BadValue"],
  ["address 255.255.255.255", ack({}, "255.255.255.255"), "BadValue"],
  ["address 240.0.0.1", ack({}, "240.0.0.1"), "BadValue"],
  ["the subnet's own address", ack({}, "10.77.0.0"), "BadValue"],
  ["the subnet's broadcast address", ack({}, "10.77.0.255"), "BadValue"],
];

Deno.test("what is no lease", async (t) => {
  for (const [name, message, verdict] of refused) {
    await t.step(name, () => {
      assertEquals(verdictName(makeLease(message, 0) as Verdict), verdict);
    });
  }
});

const masks: [mask: string | null, address: string, prefixLength: number][] = [
  ["255.255.255.255", "10.0.0.0", 32],
  ["255.255.255.254", "10.0.0.0", 31],
  ["255.255.255.254", "10.0.0.1", 31],
  ["255.255.255.252", "10.0.0.1", 30],
  ["128.0.0.0", "10.0.0.1", 1],
  [null, "10.0.0.1", 8],
  [null, "172.16.0.1", 16],
  [null, "192.168.1.1", 24],
];

Deno.test("prefix lengths, by class where there is no mask", () => {
  for (const [mask, address, prefixLength] of masks) {
    const { subnetMask: _, ...bare } = ack({}).options;
    const options = mask === null ? bare : { ...bare, subnetMask: ip(mask) };
    const made = makeLease({ ...ack({}, address), options }, 0);
    assertEquals(typeof made === "object" && made.prefixLength, prefixLength);
  }
});

/** RFC 2131 §4.4.5: T1 = 0.5, T2 = 0.875 of the lease, T1 before T2 before its end. */
const times: [t1: number | null, t2: number | null, lease: number, expected: [number, number]][] = [
  [null, null, 1000, [500, 875]],
  [100, 200, 1000, [100, 200]],
  [100, null, 1000, [100, 875]],
  [null, 900, 1000, [500, 900]],
  [200, 100, 1000, [500, 875]],
  [200, 200, 1000, [500, 875]],
  [100, 1000, 1000, [500, 875]],
  [0, 500, 1000, [500, 875]],
  [null, 400, 1000, [500, 875]],
  [null, null, 1, [0.5, 0.875]],
  [60, 105, 120, [60, 105]],
];

Deno.test("T1 and T2", () => {
  for (const [t1, t2, leaseTime, expected] of times) {
    const made = lease({
      leaseTime,
      ...(t1 === null ? {} : { renewalTime: t1 }),
      ...(t2 === null ? {} : { rebindingTime: t2 }),
    });
    assertEquals([made.t1, made.t2], expected);
  }
  const endless = lease({ leaseTime: dhcpv4InfiniteLease, renewalTime: 10, rebindingTime: 20 });
  assertEquals(
    [endless.t1, endless.t2, endless.leaseSeconds, endless.expiresAt],
    [Infinity, Infinity, Infinity, Infinity],
  );
});

function routes(options: Dhcpv4Options): [routers: string, routes: string] {
  const made = lease(options);
  const text = made.routes.map((route) =>
    `${formatIpv4(route.destination)}/${route.prefixLength} ${formatIpv4(route.router)}`
  );
  return [made.routers.map(formatIpv4).join(), text.join()];
}

Deno.test("classless routes override routers and static routes (RFC 3442)", () => {
  const both: Dhcpv4Options = {
    routers: [ip("10.77.0.1")],
    staticRoutes: [{ destination: ip("10.9.0.0"), router: ip("10.77.0.2") }],
    classlessRoutes: [
      { destination: 0, prefixLength: 0, router: ip("10.77.0.9") },
      { destination: ip("10.5.0.0"), prefixLength: 16, router: 0 },
      { destination: ip("10.6.0.0"), prefixLength: 16, router: ip("255.255.255.255") },
    ],
  };
  assertEquals(routes(both), ["10.77.0.9", "0.0.0.0/0 10.77.0.9,10.5.0.0/16 0.0.0.0"]);
  const { classlessRoutes, ...old } = both;
  assertEquals(routes(old), ["10.77.0.1", "10.9.0.0/32 10.77.0.2,0.0.0.0/0 10.77.0.1"]);
  const microsoft = { ...old, microsoftClasslessRoutes: classlessRoutes ?? [] };
  assertEquals(routes(microsoft)[0], "10.77.0.9");
  assertEquals(
    routes({
      classlessRoutes: [{ destination: ip("10.5.0.0"), prefixLength: 16, router: ip("10.77.0.2") }],
      routers: [ip("10.77.0.1")],
    }),
    ["", "10.5.0.0/16 10.77.0.2"],
  );
});

Deno.test("static routes: classful networks and hosts, never the default route", () => {
  const to = (...destinations: string[]): Dhcpv4Options => ({
    staticRoutes: destinations.map((destination) => ({
      destination: ip(destination),
      router: ip("10.77.0.2"),
    })),
  });
  assertEquals(
    routes(to("20.0.0.0", "172.16.0.0", "192.168.3.0", "192.168.3.4", "0.0.0.0"))[1].replaceAll(
      " 10.77.0.2",
      "",
    ),
    "20.0.0.0/8,172.16.0.0/16,192.168.3.0/24,192.168.3.4/32",
  );
});

Deno.test("names that are none, and a tiny MTU, are left out", () => {
  for (const bad of ["a b", "-a", "a..b", "a;b", "\u00fc", `${"a".repeat(64)}`, "$(reboot)", "."]) {
    const made = lease({ hostName: bad, domainName: bad });
    assertEquals([made.hostName, made.domain], ["", ""]);
  }
  assertEquals(lease({ interfaceMtu: 67 }).mtu, 0);
  assertEquals(lease({ interfaceMtu: 68 }).mtu, 68);
});

/**
 * rtnetlink against the real kernel, with `ip` and `bridge` as witnesses of what became of it.
 */
import { MacAddress } from "@octet/netip";
import {
  addPersistentTun,
  AddressFlag,
  decodeLinkAddress,
  NeighbourState,
  NetlinkConnection,
  type NetlinkEvent,
  NetlinkMonitor,
  RouteType,
  writeGetAddresses,
} from "@octet/netlink";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { Namespace } from "./_namespace.ts";

type Json = Readonly<Record<string, unknown>>;

async function ip(namespace: Namespace, ...args: string[]): Promise<Json[]> {
  return await namespace.json("ip", ["-json", "-details", ...args]) as Json[];
}

/** The fields of an object that the test is about. */
function pick(object: Json | undefined, ...names: string[]): unknown[] {
  return names.map((name) => object?.[name]);
}

Deno.test("Links made, changed and removed over netlink are what ip and bridge see", async () => {
  await using namespace = await Namespace.create();
  using netlink = new NetlinkConnection({ namespace: namespace.name });
  netlink.addLink("br0", { kind: "bridge", stp: false, ageingTime: 10_000 }, { up: true });
  netlink.addLink("veth0", { kind: "veth", peer: { name: "veth1" } }, {
    master: "br0",
    mtu: 1400,
    queueLength: 77,
    hardwareAddress: MacAddress.parse("02:00:00:00:00:09"),
    promiscuous: true,
  });
  netlink.setLink("veth0", { up: true, alias: "uplink", group: 5 });
  netlink.setLink("veth1", { up: true, name: "uplink1" });
  netlink.addAlternativeName("veth0", "a-name-longer-than-fifteen-bytes");
  netlink.setLink("br0", { bridge: { stp: true, priority: 4096 } });
  addPersistentTun("tap0", "tap", { owner: 1000, namespace: namespace.name });

  const seen = await ip(namespace, "link", "show");
  const find = (name: string) => seen.find((one) => one["ifname"] === name);
  const veth = find("veth0");
  assertEquals(
    pick(veth, "mtu", "txqlen", "address", "ifalias", "group", "master", "link", "promiscuity"),
    [1400, 77, "02:00:00:00:00:09", "uplink", "5", "br0", "uplink1", 2],
  );
  assertEquals(veth?.["altnames"], ["a-name-longer-than-fifteen-bytes"]);
  const bridge = (find("br0")?.["linkinfo"] as Json)["info_data"] as Json;
  assertEquals(pick(bridge, "stp_state", "priority", "ageing_time"), [1, 4096, 10_000]);
  const tap = (find("tap0")?.["linkinfo"] as Json)["info_data"] as Json;
  assertEquals(pick(tap, "type", "persist", "user"), ["tap", true, tap["user"]]);

  // What we read is what they read.
  assertEquals(
    netlink.links().map((link) => [link.index, link.name, link.mtu, link.kind, link.queueLength]),
    seen.map((one) => [
      one["ifindex"],
      one["ifname"],
      one["mtu"],
      (one["linkinfo"] as Json | undefined)?.["info_kind"] ?? "",
      one["txqlen"],
    ]),
  );
  const ports = await namespace.json("bridge", ["-json", "-details", "link"]) as Json[];
  const port = netlink.link("a-name-longer-than-fifteen-bytes").port!;
  const states = ["disabled", "listening", "learning", "forwarding", "blocking"];
  assertEquals(
    [states[port.state], port.priority, port.cost, port.hairpin, port.learning, port.flood],
    pick(ports[0], "state", "priority", "cost", "hairpin", "learning", "flood"),
  );
  assertEquals(netlink.links({ master: netlink.link("br0").index }).map((one) => one.name), [
    "veth0",
  ]);
  assertEquals(netlink.links({ kind: "tun" }).map((one) => one.tunType), ["tap"]);

  netlink.setLink("veth0", { master: null, promiscuous: false });
  netlink.deleteLink("tap0");
  netlink.deleteLink("br0");
  const left = await ip(namespace, "link", "show");
  assertEquals(left.map((one) => one["ifname"]), ["lo", "uplink1", "veth0"]);
  assertEquals(pick(left[2], "master", "promiscuity"), [undefined, 0]);
  netlink.deleteLink("veth0");
  assertEquals(netlink.links().map((one) => one.name), ["lo"]);
});

Deno.test("Links move to a namespace by its name and by a process in it, and pairs span two", async () => {
  await using here = await Namespace.create();
  await using there = await Namespace.create();
  using netlink = new NetlinkConnection({ namespace: here.name });
  const child = there.spawn("sh", ["-c", "echo ready; read _"]);
  await child.waitFor("ready");
  netlink.addLink("a0", { kind: "veth", peer: { name: "a1" } });
  netlink.addLink("b0", { kind: "veth", peer: { name: "b1", namespacePid: child.pid } });
  netlink.setLink("a1", { namespace: there.name });
  using other = new NetlinkConnection({ namespace: { pid: child.pid } });
  assertEquals(other.links().map((one) => one.name).sort(), ["a1", "b1", "lo"]);
  assertEquals(netlink.links().map((one) => one.name).sort(), ["a0", "b0", "lo"]);
  assert(netlink.link("a0").parentNamespace !== undefined);
  assertEquals(netlink.link("a0").parent, other.link("a1").index);
  assertThrows(
    () => netlink.setLink("a0", { namespace: "octet-none" }),
    Deno.errors.NotFound,
    "Cannot change link a0 as there is no network namespace octet-none (ENOENT)",
  );
});

Deno.test("Addresses have what ip reads: peer, broadcast, scope, label, lifetimes", async () => {
  await using namespace = await Namespace.create();
  using netlink = new NetlinkConnection({ namespace: namespace.name });
  netlink.addLink("v0", { kind: "veth", peer: { name: "v1" } }, { up: true });
  netlink.addAddress("v0", "10.0.0.1/24", {
    label: "v0:x",
    validLifetime: 1000,
    preferredLifetime: 500,
  });
  netlink.addAddress("v0", "10.1.0.1/32", { peer: "10.1.0.2", scope: 253, metric: 9 });
  netlink.addAddress("v0", "fd00::1/64", { flags: AddressFlag.NoDuplicateDetection });
  const [link] = await ip(namespace, "address", "show", "dev", "v0");
  const seen = (link!["addr_info"] as Json[]).filter((one) =>
    one["scope"] !== "link" || one["address"]
  );
  assertEquals(
    seen.map((one) => pick(one, "local", "prefixlen", "broadcast", "scope", "label", "address")),
    [
      // The kernel keeps the wider scope behind.
      ["10.1.0.1", 32, undefined, "link", "v0", "10.1.0.2"],
      ["10.0.0.1", 24, "10.0.0.255", "global", "v0:x", undefined],
      ["fd00::1", 64, undefined, "global", undefined, undefined],
    ],
  );
  assertEquals([seen[0]!["metric"], seen[1]!["dynamic"], seen[2]!["nodad"]], [9, true, true]);
  assert((seen[1]!["valid_life_time"] as number) > 900);

  netlink.addAddress("v0", "10.0.0.1/24", { replace: true });
  const first = netlink.addresses("v0", 4).find((one) => one.prefixLength === 24);
  assertEquals([first!.address, first!.validLifetime], ["10.0.0.1", Infinity]);
  assertThrows(
    () => netlink.addAddress("v0", "10.0.0.1/24"),
    Deno.errors.AlreadyExists,
    "Cannot add address 10.0.0.1/24 to v0 as the kernel says: ipv4: Address already assigned",
  );
  netlink.deleteAddress("v0", "10.1.0.1/32", "10.1.0.2");
  assertEquals(netlink.flushAddresses("v0", { version: 4 }), 1);
  assertEquals(netlink.addresses("v0", 4), []);
  assertThrows(
    () => netlink.deleteAddress("v0", "10.0.0.1/24"),
    Deno.errors.AddrNotAvailable,
    "Cannot delete address",
  );
});

Deno.test("Routes and neighbours are what ip reads, and the way to a host is ip's", async () => {
  await using namespace = await Namespace.create();
  using netlink = new NetlinkConnection({ namespace: namespace.name });
  netlink.addLink("v0", { kind: "veth", peer: { name: "v1" } }, { up: true });
  netlink.setLink("v1", { up: true });
  netlink.addAddress("v0", "10.0.0.1/24");
  netlink.addAddress("v0", "fd00::1/64", { flags: AddressFlag.NoDuplicateDetection });
  const { index } = netlink.link("v0");
  const metrics = { mtu: 1300, advertisedMss: 1200 };
  netlink.addRoute("10.5.0.0/16", { gateway: "10.0.0.9", metric: 7, metrics });
  netlink.addRoute("10.6.0.0/16", {
    nextHops: [{ gateway: "10.0.0.7", weight: 3 }, { gateway: "10.0.0.8" }],
  });
  netlink.addRoute("10.7.0.0/16", { type: RouteType.Unreachable });
  netlink.addRoute("10.8.0.0/16", { gateway: "fd00::9", index, table: 1000 });
  netlink.addRoute("192.0.2.0/24", { gateway: "198.51.100.1", index, onLink: true });
  netlink.addRoute("::/0", { gateway: "fd00::9", metric: 50 });
  const find = (routes: Json[], dst: string) => routes.find((one) => one["dst"] === dst);
  const main = await ip(namespace, "route", "show");
  assertEquals(
    pick(find(main, "10.5.0.0/16"), "gateway", "dev", "metric", "metrics", "protocol"),
    ["10.0.0.9", "v0", 7, [{ mtu: 1300, advmss: 1200 }], "static"],
  );
  assertEquals(
    (find(main, "10.6.0.0/16")!["nexthops"] as Json[]).map((one) => pick(one, "gateway", "weight")),
    [["10.0.0.7", 3], ["10.0.0.8", 1]],
  );
  assertEquals(find(main, "10.7.0.0/16")?.["type"], "unreachable");
  assertEquals(find(main, "192.0.2.0/24")?.["flags"], ["onlink"]);
  const other = await ip(namespace, "route", "show", "table", "1000");
  assertEquals(find(other, "10.8.0.0/16")?.["via"], { family: "inet6", host: "fd00::9" });
  const found = netlink.routes({ version: 4, table: 254 }).map((one) => one.destination).sort();
  assertEquals(found, main.map((one) => one["dst"] as string).sort());
  assertEquals(netlink.routes({ table: 1000 }).length, 1);

  const [way] = await ip(namespace, "route", "get", "10.5.5.5");
  const route = netlink.route("10.5.5.5");
  assertEquals([route.gateway, route.preferredSource], pick(way, "gateway", "prefsrc"));
  assertThrows(() => netlink.route("10.7.0.1"), Error, "no route to host (EHOSTUNREACH)");
  netlink.addRoute("10.5.0.0/16", { gateway: "10.0.0.10", metric: 7, replace: true });
  assertEquals(netlink.route("10.5.5.5").gateway, "10.0.0.10");
  netlink.deleteRoute("10.5.0.0/16", { metric: 7 });
  assertThrows(() => netlink.route("10.5.5.5"), Deno.errors.NetworkUnreachable);

  const hardwareAddress = MacAddress.parse("02:00:00:00:00:10");
  netlink.addNeighbour("v0", "10.0.0.9", { hardwareAddress });
  netlink.addNeighbour("v0", "fd00::9", { hardwareAddress, state: NeighbourState.Stale });
  const neighbours = await ip(namespace, "neighbour", "show", "dev", "v0");
  assertEquals(
    neighbours.map((one) => pick(one, "dst", "lladdr", "state")).sort(),
    [
      ["10.0.0.9", "02:00:00:00:00:10", ["PERMANENT"]],
      ["fd00::9", "02:00:00:00:00:10", ["STALE"]],
    ],
  );
  assertEquals(netlink.neighbours({ index, version: 4 }).map((one) => one.address), ["10.0.0.9"]);
  netlink.deleteNeighbour("v0", "10.0.0.9");
  assertEquals(netlink.neighbours({ index, version: 4 }), []);
});

Deno.test("Rules and forwarding entries are what ip and bridge read", async () => {
  await using namespace = await Namespace.create();
  using netlink = new NetlinkConnection({ namespace: namespace.name });
  const rule = { source: "10.0.0.0/8", table: 1000, priority: 100, mark: 7, inName: "lo" };
  netlink.addRule(rule);
  const [, seen] = await ip(namespace, "rule", "show");
  assertEquals(
    pick(seen, "priority", "src", "srclen", "fwmark", "iif", "table"),
    [100, "10.0.0.0", 8, "0x7", "lo", "1000"],
  );
  netlink.deleteRule(rule);
  assertEquals(netlink.rules(4).map((one) => one.table), [255, 254, 253]);

  netlink.addLink("br0", { kind: "bridge" }, { up: true });
  netlink.addLink("v0", { kind: "veth", peer: { name: "v1" } }, { master: "br0", up: true });
  const entries = await namespace.json("bridge", ["-json", "fdb", "show"]) as Json[];
  assertEquals(
    netlink.neighbours({ version: 0 }).map((one) => `${one.hardwareAddress}`).sort(),
    entries.map((one) => one["mac"] as string).sort(),
  );
});

Deno.test("A monitor hears of changes in their order, and ends when it is told to", async () => {
  await using namespace = await Namespace.create();
  using netlink = new NetlinkConnection({ namespace: namespace.name });
  const abort = new AbortController();
  using monitor = new NetlinkMonitor({
    namespace: namespace.name,
    subjects: ["link", "address"],
    signal: abort.signal,
  });
  assertEquals(monitor.poll(), undefined);
  const heard = (async () => {
    const events: string[] = [];
    for await (const event of monitor) {
      if (event.subject === "link") events.push(`${event.action} ${event.link.name}`);
      if (event.subject === "address") events.push(`${event.action} ${event.address.address}`);
      if (events.at(-1) === "deleted v1") return events;
    }
    return events;
  })();
  netlink.addLink("v0", { kind: "veth", peer: { name: "v1" } });
  netlink.addAddress("v0", "10.0.0.1/24");
  await namespace.run("ip", ["address", "del", "10.0.0.1/24", "dev", "v0"]);
  netlink.deleteLink("v0");
  const events = await heard;
  const places = ["set v0", "set 10.0.0.1", "deleted 10.0.0.1", "deleted v0", "deleted v1"]
    .map((wanted) => events.indexOf(wanted));
  assert(!places.includes(-1), events.join(", "));
  assertEquals(places.slice(0, 4), places.slice(0, 4).toSorted((a, b) => a - b));
  // The loop's end has closed it.
  assertEquals(await monitor.next(), { done: true, value: undefined });

  using second = new NetlinkMonitor({ namespace: namespace.name, signal: abort.signal });
  const pending = second.next();
  abort.abort();
  await assertRejects(() => pending, DOMException);
  using third = new NetlinkMonitor({ namespace: namespace.name });
  const waiting = third.next();
  third.close();
  assertEquals((await waiting).done, true);
  assertThrows(() => new NetlinkMonitor({ signal: abort.signal }), DOMException);
});

Deno.test("A monitor that falls behind is told to ask for all anew", async () => {
  await using namespace = await Namespace.create();
  using netlink = new NetlinkConnection({ namespace: namespace.name });
  using monitor = new NetlinkMonitor({
    namespace: namespace.name,
    subjects: ["link"],
    receiveBuffer: 4096,
  });
  for (let round = 0; round < 40; round++) netlink.setLink("lo", { mtu: 1500 + round });
  const events: NetlinkEvent[] = [];
  for (let event = monitor.poll(); event; event = monitor.poll()) events.push(event);
  assert(events.some((event) => event.subject === "resync"));
  assert(events.length < 40);
  // After it, the monitor hears again.
  netlink.setLink("lo", { mtu: 9000 });
  const last = monitor.poll();
  assertEquals(last?.subject === "link" && last.link.mtu, 9000);
});

Deno.test("A list that changes while it is read is read again", async () => {
  await using namespace = await Namespace.create();
  using netlink = new NetlinkConnection({ namespace: namespace.name });
  using meddler = new NetlinkConnection({ namespace: namespace.name });
  // More than three datagrams hold, so that there is a time between the first and the last.
  const count = 1400;
  for (let i = 0; i < count; i++) netlink.addAddress("lo", `10.1.${i >> 8}.${i & 255}/32`);
  let read = 0;
  const found = netlink.dump(
    "Cannot list addresses",
    (writer) => writeGetAddresses(writer, { version: 4 }),
    (message) => {
      if (++read === 1) meddler.deleteAddress("lo", "10.1.0.0/32");
      return decodeLinkAddress(message)?.address;
    },
  );
  assert(read > count + 1, `${read} messages were read once`);
  assertEquals(found.length, count);
  assertEquals(new Set(found).size, count);
  assertThrows(
    () =>
      netlink.dump("Cannot list addresses", (writer) => writeGetAddresses(writer), (message) => {
        if (decodeLinkAddress(message)?.address !== "127.0.0.1") return;
        const isThere = meddler.addresses("lo", 4).some((one) => one.address === "10.2.0.1");
        if (isThere) meddler.deleteAddress("lo", "10.2.0.1/32");
        else meddler.addAddress("lo", "10.2.0.1/32");
      }),
    Deno.errors.Busy,
    "Cannot list addresses as the list changed each of the 16 times that it was read",
  );
});

Deno.test("Errors are one line with the kernel's own words, or what right is missing", async () => {
  await using namespace = await Namespace.create();
  using netlink = new NetlinkConnection({ namespace: namespace.name });
  netlink.addLink("v0", { kind: "veth", peer: { name: "v1" } });
  const table: [action: () => void, kind: new (...args: never[]) => Error, says: RegExp][] = [
    [
      () => netlink.setLink("v0", { mtu: 10 }),
      Error,
      /^Cannot change link v0 as the kernel says: mtu less than device minimum \(EINVAL\)$/,
    ],
    [
      () => netlink.addLink("v0", { kind: "veth" }),
      Deno.errors.AlreadyExists,
      /^Cannot add link v0 as .*\(EEXIST\)$/,
    ],
    [
      () => netlink.addLink("x", { kind: "nosuchkind" as "dummy" }),
      Deno.errors.NotSupported,
      /^Cannot add link x as the kernel says: Unknown device type \(EOPNOTSUPP\)$/,
    ],
    [
      () => netlink.link("nope"),
      Deno.errors.NotFound,
      /^Cannot find link nope as no such device \(ENODEV\)$/,
    ],
    [
      () => netlink.addLink("sixteencharacter", { kind: "veth" }),
      RangeError,
      /^Cannot add link sixteencharacter as its name has 16 bytes and at most 15 fit$/,
    ],
    [
      () => netlink.addRoute("10.0.0.0/8", { gateway: "192.0.2.1" }),
      Deno.errors.NetworkUnreachable,
      /the kernel says: Nexthop has invalid gateway/,
    ],
    [
      () => addPersistentTun("v0", "tap", { namespace: namespace.name }),
      Error,
      /^Cannot add link v0 as .*\(E\w+\)$/,
    ],
  ];
  for (const [action, kind, says] of table) {
    const error = assertThrows(action, kind);
    assertMatch(error.message, says);
  }
  const withoutRight = ["--bounding-set", "-net_admin", "--inh-caps", "-net_admin"];
  const script = `import { NetlinkConnection } from "@octet/netlink";
    const netlink = new NetlinkConnection();
    console.log(netlink.links().length);
    try { netlink.setLink("lo", { mtu: 1500 }) } catch (error) { console.log(String(error)) }`;
  const denied = await namespace.run("setpriv", [
    ...[...withoutRight, Deno.execPath(), "run", "--allow-ffi", "--no-check", "-"],
  ], { stdin: script, cwd: new URL("..", import.meta.url).pathname });
  assertMatch(
    denied.stdout,
    /^3\nPermissionDenied: Cannot change link lo as this process lacks CAP_NET_ADMIN: run as root.*\n$/,
  );
  netlink.close();
  netlink.close();
  assertThrows(() => netlink.links(), Deno.errors.BadResource, "the netlink connection is closed");
});

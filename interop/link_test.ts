/**
 * `link.ts` and `interfaces.ts` against `ip`: what they show, and what came of what they changed.
 */
import { MacAddress } from "@octet/netip";
import { AddressFlag, NeighbourState, NetlinkConnection, RouteType } from "@octet/netlink";
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  addressLines,
  addressObject,
  type JsonObject,
  linkLines,
  LinkNames,
  linkObject,
} from "../examples/_iproute.ts";
import {
  isNeighbourShown,
  neighbourLine,
  neighbourObject,
  routeLines,
  routeObject,
} from "../examples/_iproute_routes.ts";
import { Namespace, type NamespaceChild } from "./_namespace.ts";

const link = new URL("../examples/link.ts", import.meta.url).pathname;
const interfaces = new URL("../examples/interfaces.ts", import.meta.url).pathname;
const run = ["run", "--no-check", "--no-prompt", "--allow-ffi"];

/** A namespace with links of several kinds and states, addresses, routes and neighbours. */
function populate(netlink: NetlinkConnection): void {
  netlink.setLink("lo", { up: true });
  netlink.addLink("br0", { kind: "bridge" }, { up: true });
  netlink.addLink("v0", { kind: "veth", peer: { name: "v1" } }, { master: "br0", up: true });
  netlink.addLink("w0", { kind: "veth", peer: { name: "w1" } }, { up: true, promiscuous: true });
  netlink.setLink("w1", { up: true, alias: "the other end", group: 7 });
  netlink.setLink("v1", { queueLength: 0, arp: false });
  netlink.addAlternativeName("w0", "a-name-longer-than-fifteen-bytes");
  netlink.addAddress("w0", "10.0.0.1/24", { label: "w0:1" });
  netlink.addAddress("w0", "10.0.0.2/24", { broadcast: null });
  netlink.addAddress("w0", "10.1.0.1/32", { peer: "10.1.0.2", metric: 9, scope: 253 });
  netlink.addAddress("w0", "fd00::1/64", { flags: AddressFlag.NoDuplicateDetection });
  const { index } = netlink.link("w0");
  const metrics = { mtu: 1300, advertisedMss: 1200 };
  netlink.addRoute("10.5.0.0/16", { gateway: "10.0.0.9", metric: 7, metrics });
  netlink.addRoute("10.6.0.0/16", {
    nextHops: [{ gateway: "10.0.0.7", weight: 3 }, { gateway: "10.0.0.8" }],
  });
  netlink.addRoute("10.7.0.0/16", { type: RouteType.Unreachable });
  netlink.addRoute("10.8.0.0/16", { gateway: "fd00::9", index, origin: 3 });
  netlink.addRoute("192.0.2.0/24", { gateway: "198.51.100.1", index, onLink: true });
  netlink.addRoute("198.51.100.7/32", { index, preferredSource: "10.0.0.2" });
  netlink.addRoute("::/0", { gateway: "fd00::9", metric: 50 });
  netlink.addRoute("fd02::/64", { nextHops: [{ gateway: "fd00::7" }, { gateway: "fd00::8" }] });
  const hardwareAddress = MacAddress.parse("02:00:00:00:00:10");
  netlink.addNeighbour("w0", "10.0.0.9", { hardwareAddress });
  netlink.addNeighbour("w0", "fd00::9", {
    hardwareAddress,
    state: NeighbourState.Stale,
    flags: 0x80,
  });
}

/** Lines as `ip` prints them, without the spaces at their ends. */
function trimmed(text: string): string {
  return text.split("\n").map((line) => line.trimEnd()).join("\n");
}

Deno.test("Links, addresses, routes and neighbours are shown as ip shows them", async () => {
  await using namespace = await Namespace.create();
  using netlink = new NetlinkConnection({ namespace: namespace.name });
  populate(netlink);
  const ip = async (...args: string[]) => trimmed((await namespace.run("ip", args)).stdout);
  const json = async (...args: string[]) => await namespace.json("ip", ["-json", ...args]);
  // Duplicate detection takes a moment, in which addresses and states of links change.
  while (netlink.addresses().some((one) => (one.flags & AddressFlag.Tentative) !== 0)) {
    await namespace.run("ip", ["address"]);
  }
  const links = netlink.links();
  const names = new LinkNames(links);
  const shown = links.map((one) => linkObject(one, names, { alone: true }));
  assertEquals(shown as unknown, await json("link"));
  assertEquals(shown.map((one) => linkLines(one)).join(""), await ip("link"));
  const counted = links.map((one) => linkObject(one, names, { alone: true, statistics: true }));
  const keys = (objects: JsonObject[]) =>
    objects.map(({ stats64 }) =>
      Object.values(stats64 as JsonObject).map((one) => Object.keys(one as JsonObject))
    );
  assertEquals(keys(counted), keys(await json("-statistics", "link") as JsonObject[]));

  const addressed = links.map((one) => ({
    ...linkObject(one, names),
    addr_info: netlink.addresses().filter((address) => address.index === one.index)
      .map(addressObject),
  }));
  assertEquals(addressed as unknown, await json("address"));
  assertEquals(
    addressed.map((one) => linkLines(one) + one.addr_info.map((it) => addressLines(it)).join(""))
      .join(""),
    await ip("address"),
  );
  for (const [version, family] of [[4, "-4"], [6, "-6"]] as const) {
    const routes = netlink.routes({ version, table: 254 }).map((one) => routeObject(one, names));
    assertEquals(routes as unknown, await json(family, "route"));
    assertEquals(routes.map(routeLines).join(""), await ip(family, "route"));
  }
  const neighbours = netlink.neighbours().filter(isNeighbourShown)
    .map((one) => neighbourObject(one, names));
  assertEquals(neighbours as unknown, await json("neighbour"));
  assertEquals(neighbours.map(neighbourLine).join(""), await ip("neighbour"));
});

Deno.test("link.ts makes, changes, shows and removes links as ip would", async () => {
  await using namespace = await Namespace.create();
  const ok = async (...args: string[]) => {
    const result = await namespace.deno([...run, link, ...args]);
    assertEquals(result.stderr, "");
    return result.stdout;
  };
  await ok("add", "br0", "type", "bridge", "stp_state", "1", "priority", "99");
  await ok("add", "veth0", "mtu", "1400", "type", "veth", "peer", "name", "veth1");
  await ok("set", "dev", "veth0", "address", "02:00:00:00:00:01", "master", "br0", "up");
  await ok("add", "tap0", "type", "tap", "user", "1000");
  assertEquals(
    JSON.parse(await ok("show", "--json")),
    await namespace.json("ip", ["-json", "link"]),
  );
  assertEquals(
    await ok("show", "veth0"),
    trimmed((await namespace.run("ip", ["link", "show", "veth0"])).stdout),
  );
  const [seen] = await namespace.json("ip", ["-json", "-details", "link", "show", "br0"]) as {
    linkinfo: { info_data: JsonObject };
  }[];
  const { stp_state, priority } = seen!.linkinfo.info_data;
  assertEquals([stp_state, priority], [1, 99]);
  await ok("del", "tap0");
  await ok("del", "br0");
  const left = await namespace.json("ip", ["-json", "link"]) as JsonObject[];
  assertEquals(left.map((one) => one["ifname"]), ["lo", "veth1", "veth0"]);
  const all = await namespace.deno([...run, interfaces, "--json"]);
  assertEquals(JSON.parse(all.stdout), await namespace.json("ip", ["-json", "address"]));
});

Deno.test("link.ts says in one line why it could not, and ends with 1", async () => {
  await using namespace = await Namespace.create();
  const table: [args: string[], says: RegExp][] = [
    [["up", "nope"], /^link: Cannot find link nope as there is none of that name: lo\n$/],
    [
      ["set", "lo", "mtu", "10", "netns", "octet-none"],
      /no network namespace octet-none \(ENOENT\)\n$/,
    ],
    [["del", "lo"], /^link: Cannot delete link lo as [^\n]+\(EOPNOTSUPP\)\n$/],
  ];
  for (const [args, says] of table) {
    const result = await namespace.deno([...run, link, ...args], { check: false });
    assertEquals([result.code, result.stdout], [1, ""]);
    assertMatch(result.stderr, says);
  }
  const withoutRight = ["--bounding-set", "-net_admin", "--inh-caps", "-net_admin"];
  const denied = await namespace.run("setpriv", [
    ...[...withoutRight, Deno.execPath(), ...run, link, "up", "lo"],
  ], { check: false });
  assertEquals(denied.code, 1);
  assertMatch(
    denied.stderr,
    /^link: Cannot change link lo as this process lacks CAP_NET_ADMIN: run as root[^\n]*\n$/,
  );
});

async function ended(child: NamespaceChild): Promise<number> {
  await child.stop("SIGINT");
  return await child.exited;
}

Deno.test("link.ts monitor and interfaces.ts --watch tell of changes until Ctrl-C", async () => {
  await using namespace = await Namespace.create();
  const monitor = namespace.spawnDeno([...run, link, "monitor", "--json"]);
  const watch = namespace.spawnDeno([...run, interfaces, "--watch"]);
  await watch.waitFor(/^lo /m);
  // The monitor prints nothing at its start: changes go on until it is heard.
  for (let mtu = 2000; !monitor.stdout.includes('"mtu":2'); mtu++) {
    await namespace.run("ip", ["link", "set", "lo", "mtu", String(mtu)]);
    assert(mtu < 3000, "the monitor heard nothing");
  }
  await namespace.run("ip", ["link", "add", "v0", "type", "veth", "peer", "name", "v1"]);
  await namespace.run("ip", ["address", "add", "10.0.0.1/24", "dev", "v0"]);
  await namespace.run("ip", ["link", "del", "v0"]);
  await monitor.waitFor('"action":"deleted","link":{"ifindex"');
  await watch.waitFor(/^\d+: v0 {4}inet 10\.0\.0\.1\/24 scope global v0$/m);
  await watch.waitFor(/^Deleted \d+: v\d@\S+: <BROADCAST,MULTICAST> mtu 1500/m);
  assertEquals(await ended(monitor), 130);
  assertEquals(await ended(watch), 130);
  for (const line of monitor.stdout.trim().split("\n")) {
    assertEquals((JSON.parse(line) as JsonObject)["event"], "link");
  }
});

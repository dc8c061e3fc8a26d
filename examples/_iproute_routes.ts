/**
 * Routes and neighbours as iproute2 shows them: the objects of `ip -json`, and its lines made of them.
 *
 * @module
 */
import {
  defaultTable,
  type KernelRoute,
  localTable,
  mainTable,
  type Neighbour,
  NeighbourFlag,
  NeighbourState,
  type NextHop,
  RouteFlag,
  type RouteMetrics,
  RouteOrigin,
  RouteScope,
  RouteType,
} from "@octet/netlink";
import { type JsonObject, type LinkNames, scopeName } from "./_iproute.ts";

const routeTypes: ReadonlyMap<number, string> = new Map([
  [RouteType.Unicast, "unicast"],
  [RouteType.Local, "local"],
  [RouteType.Broadcast, "broadcast"],
  [RouteType.Anycast, "anycast"],
  [RouteType.Multicast, "multicast"],
  [RouteType.Blackhole, "blackhole"],
  [RouteType.Unreachable, "unreachable"],
  [RouteType.Prohibit, "prohibit"],
  [RouteType.Throw, "throw"],
]);

const origins: ReadonlyMap<number, string> = new Map([
  [0, "unspec"],
  [RouteOrigin.Redirect, "redirect"],
  [RouteOrigin.Kernel, "kernel"],
  [RouteOrigin.Boot, "boot"],
  [RouteOrigin.Static, "static"],
  [RouteOrigin.RouterAdvertisement, "ra"],
  [RouteOrigin.Dhcp, "dhcp"],
  [11, "zebra"],
  [12, "bird"],
  [18, "keepalived"],
  [42, "babel"],
  [186, "bgp"],
  [187, "isis"],
  [188, "ospf"],
  [189, "rip"],
]);

const tables: ReadonlyMap<number, string> = new Map([
  [mainTable, "main"],
  [localTable, "local"],
  [defaultTable, "default"],
]);

const metricNames: readonly (readonly [name: keyof RouteMetrics, label: string])[] = [
  ["mtu", "mtu"],
  ["window", "window"],
  ["advertisedMss", "advmss"],
  ["hopLimit", "hoplimit"],
  ["initialWindow", "initcwnd"],
  ["initialReceiveWindow", "initrwnd"],
];

const preferences: ReadonlyMap<number, string> = new Map([[0, "medium"], [1, "high"], [3, "low"]]);

function flagList(flags: number): string[] {
  const found: string[] = [];
  if ((flags & RouteFlag.Dead) !== 0) found.push("dead");
  if ((flags & RouteFlag.OnLink) !== 0) found.push("onlink");
  if ((flags & RouteFlag.Offload) !== 0) found.push("offload");
  if ((flags & RouteFlag.LinkDown) !== 0) found.push("linkdown");
  return found;
}

function prefixText(prefix: string, version: 4 | 6): string {
  if (prefix.endsWith("/0")) return "default";
  const full = version === 4 ? "/32" : "/128";
  return prefix.endsWith(full) ? prefix.slice(0, -full.length) : prefix;
}

function gatewayObject(gateway: string | undefined, version: 4 | 6): JsonObject {
  if (gateway === undefined) return {};
  const isSame = gateway.includes(":") === (version === 6);
  if (isSame) return { gateway };
  return { via: { family: version === 4 ? "inet6" : "inet", host: gateway } };
}

function nextHopObject(hop: NextHop, version: 4 | 6, names: LinkNames): JsonObject {
  return {
    ...gatewayObject(hop.gateway, version),
    ...(hop.index !== 0 && { dev: names.name(hop.index) }),
    weight: hop.weight,
    flags: flagList(hop.flags),
  };
}

/** A route as an object of `ip -json route`; its table is shown unless it is the main one. */
export function routeObject(route: KernelRoute, names: LinkNames): JsonObject {
  const { version, metrics } = route;
  const object: JsonObject = {};
  if (route.type !== RouteType.Unicast) {
    object["type"] = routeTypes.get(route.type) ?? String(route.type);
  }
  object["dst"] = prefixText(route.destination, version);
  if (route.source !== undefined) object["from"] = prefixText(route.source, version);
  if (route.tos !== 0) object["tos"] = `0x${route.tos.toString(16).padStart(2, "0")}`;
  Object.assign(object, gatewayObject(route.gateway, version));
  if (route.index !== 0) object["dev"] = names.name(route.index);
  if (route.table !== mainTable) object["table"] = tables.get(route.table) ?? String(route.table);
  if (route.origin !== RouteOrigin.Boot && (route.flags & RouteFlag.Cloned) === 0) {
    object["protocol"] = origins.get(route.origin) ?? String(route.origin);
  }
  if (route.scope !== RouteScope.Global) object["scope"] = scopeName(route.scope);
  if (route.preferredSource !== undefined) object["prefsrc"] = route.preferredSource;
  if (route.metric !== 0) object["metric"] = route.metric;
  object["flags"] = flagList(route.flags);
  const shown = metricNames.filter(([name]) => metrics[name] !== undefined);
  if (shown.length > 0) {
    object["metrics"] = [
      Object.fromEntries(shown.map(([name, label]) => [label, metrics[name]])),
    ];
  }
  if (route.expires !== undefined) object["expires"] = route.expires;
  if (route.preference !== undefined) {
    object["pref"] = preferences.get(route.preference) ?? String(route.preference);
  }
  if (route.nextHops.length > 0) {
    object["nexthops"] = route.nextHops.map((hop) => nextHopObject(hop, version, names));
  }
  return object;
}

function wayWords(object: JsonObject): string[] {
  const words: string[] = [];
  if (object["gateway"] !== undefined) words.push(`via ${object["gateway"]}`);
  const via = object["via"] as { family: string; host: string } | undefined;
  if (via !== undefined) words.push(`via ${via.family} ${via.host}`);
  if (object["dev"] !== undefined) words.push(`dev ${object["dev"]}`);
  return words;
}

/** The lines of `ip route` for a route, of an object that {@linkcode routeObject} made. */
export function routeLines(route: JsonObject): string {
  const words: string[] = [];
  const add = (label: string, name: string) => {
    if (route[name] !== undefined) words.push(`${label} ${route[name]}`);
  };
  if (route["type"] !== undefined) words.push(String(route["type"]));
  words.push(String(route["dst"]));
  add("from", "from");
  add("tos", "tos");
  words.push(...wayWords(route));
  add("table", "table");
  add("proto", "protocol");
  add("scope", "scope");
  add("src", "prefsrc");
  add("metric", "metric");
  words.push(...route["flags"] as string[]);
  for (const metrics of route["metrics"] as JsonObject[] | undefined ?? []) {
    for (const [name, value] of Object.entries(metrics)) words.push(`${name} ${value}`);
  }
  if (route["expires"] !== undefined) words.push(`expires ${route["expires"]}sec`);
  add("pref", "pref");
  const lines = [words.join(" ")];
  for (const hop of route["nexthops"] as JsonObject[] | undefined ?? []) {
    const flags = hop["flags"] as string[];
    lines.push(
      ["\tnexthop", ...wayWords(hop), `weight ${hop["weight"]}`, ...flags].join(" "),
    );
  }
  return `${lines.join("\n")}\n`;
}

const stateNames: readonly (readonly [bit: number, name: string])[] = [
  [NeighbourState.Incomplete, "INCOMPLETE"],
  [NeighbourState.Reachable, "REACHABLE"],
  [NeighbourState.Stale, "STALE"],
  [NeighbourState.Delay, "DELAY"],
  [NeighbourState.Probe, "PROBE"],
  [NeighbourState.Failed, "FAILED"],
  [NeighbourState.NoArp, "NOARP"],
  [NeighbourState.Permanent, "PERMANENT"],
];

/** Whether `ip neighbour` shows a neighbour: not those that need no resolution. */
export function isNeighbourShown({ state }: Neighbour): boolean {
  return state !== 0 && (state & NeighbourState.NoArp) === 0;
}

/** A neighbour as an object of `ip -json neighbour`. */
export function neighbourObject(neighbour: Neighbour, names: LinkNames): JsonObject {
  const { flags, state } = neighbour;
  return {
    dst: neighbour.address,
    dev: names.name(neighbour.index),
    ...(neighbour.hardwareAddress && { lladdr: neighbour.hardwareAddress.toString() }),
    ...((flags & NeighbourFlag.Router) !== 0 && { router: null }),
    ...((flags & NeighbourFlag.Proxy) !== 0 && { proxy: null }),
    ...((flags & NeighbourFlag.ExternallyLearned) !== 0 && { extern_learn: null }),
    state: stateNames.filter(([bit]) => (state & bit) !== 0).map(([, name]) => name),
  };
}

/** The line of `ip neighbour`, of an object that {@linkcode neighbourObject} made. */
export function neighbourLine(neighbour: JsonObject): string {
  const words = [String(neighbour["dst"]), `dev ${neighbour["dev"]}`];
  if (neighbour["lladdr"] !== undefined) words.push(`lladdr ${neighbour["lladdr"]}`);
  for (const name of ["router", "proxy", "extern_learn"]) {
    if (neighbour[name] === null) words.push(name);
  }
  words.push(...neighbour["state"] as string[]);
  return `${words.join(" ")}\n`;
}

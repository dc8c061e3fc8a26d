/**
 * Shows what the kernel has: interfaces with their addresses, routes, neighbours; once, or as they change.
 *
 * @module
 */
import { mainTable, type NetlinkConnection } from "@octet/netlink";
import { type Arguments, describeOptions, type OptionTable } from "./_arguments.ts";
import {
  addressLines,
  addressObject,
  type JsonObject,
  linkLines,
  LinkNames,
  linkObject,
  nameWithPeer,
} from "./_iproute.ts";
import {
  isNeighbourShown,
  neighbourLine,
  neighbourObject,
  routeLines,
  routeObject,
} from "./_iproute_routes.ts";
import { findLink, kernelOptions, openKernel, paint, watchKernel } from "./_kernel.ts";
import { print, runProgram } from "./_program.ts";

const options: OptionTable = {
  ...kernelOptions,
  details: { help: "all that ip address shows, in place of one line an interface" },
  routes: { help: "routes of the main table, in place of interfaces" },
  neighbours: { help: "neighbours, in place of interfaces" },
  watch: { help: "go on with changes as they happen, until Ctrl-C" },
};

const help = `interfaces: what the kernel has

  deno run --allow-ffi examples/interfaces.ts [IFNAME] [OPTION …]

One line an interface: name, state, hardware address, MTU and addresses. With --json what
ip -json address prints, or with --routes and --neighbours what ip -json route and
ip -json neighbour print, IPv4 and IPv6 together.

Options:
${describeOptions(options)}

Permissions: --allow-ffi, and no other right.

Examples:
  deno run --allow-ffi examples/interfaces.ts
  deno run --allow-ffi examples/interfaces.ts lo --json
  deno run --allow-ffi examples/interfaces.ts --routes
  deno run --allow-ffi examples/interfaces.ts --watch

Exit codes: 1 when there is no such interface, 2 for wrong usage, 130 after Ctrl-C.
`;

/** What is shown, as objects and as text. */
interface Shown {
  readonly objects: JsonObject[];
  readonly text: string;
}

async function main(args: Arguments, signal: AbortSignal): Promise<number> {
  const namespace = args.text("netns");
  const [name] = args.positionals;
  const json = args.flag("json");
  const show = () => {
    using netlink = openKernel(namespace);
    const { objects, text } = collect(netlink, name, args);
    print(json ? `${JSON.stringify(objects)}\n` : text);
  };
  if (!args.flag("watch")) {
    show();
    return 0;
  }
  const isPicked = args.flag("routes") || args.flag("neighbours");
  const subjects = [
    ...(isPicked ? [] : ["link", "address"] as const),
    ...(args.flag("routes") ? ["route"] as const : []),
    ...(args.flag("neighbours") ? ["neighbour"] as const : []),
  ];
  await watchKernel({ subjects, namespace, json, name, onReady: show, signal });
  return 0;
}

function collect(netlink: NetlinkConnection, name: string | undefined, args: Arguments): Shown {
  const only = name === undefined ? undefined : findLink(netlink, name).index;
  const names = new LinkNames(netlink.links());
  if (!args.flag("routes") && !args.flag("neighbours")) {
    return interfaces(netlink, only, names, args.flag("details"));
  }
  const objects: JsonObject[] = [];
  let text = "";
  const filter = only === undefined ? {} : { index: only };
  if (args.flag("routes")) {
    const routes = netlink.routes({ table: mainTable, ...filter })
      .map((route) => routeObject(route, names));
    objects.push(...routes);
    text += routes.map(routeLines).join("");
  }
  if (args.flag("neighbours")) {
    const neighbours = netlink.neighbours(filter).filter(isNeighbourShown)
      .map((neighbour) => neighbourObject(neighbour, names));
    objects.push(...neighbours);
    text += neighbours.map(neighbourLine).join("");
  }
  return { objects, text };
}

function interfaces(
  netlink: NetlinkConnection,
  only: number | undefined,
  names: LinkNames,
  isDetailed: boolean,
): Shown {
  const addresses = Map.groupBy(netlink.addresses(), (address) => address.index);
  const objects = netlink.links().filter((link) => only === undefined || link.index === only)
    .map((link) => ({
      ...linkObject(link, names),
      addr_info: (addresses.get(link.index) ?? []).map(addressObject),
    }));
  const text = isDetailed
    ? objects.map((object) =>
      linkLines(object, paint) +
      object.addr_info.map((address) => addressLines(address, paint)).join("")
    ).join("")
    : table(objects);
  return { objects, text };
}

/** One line an interface, in columns. */
function table(objects: readonly (JsonObject & { addr_info: JsonObject[] })[]): string {
  const rows = objects.map((object) => [
    nameWithPeer(object),
    String(object["operstate"]),
    String(object["address"] ?? "-"),
    `mtu ${object["mtu"]}`,
    object.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`).join(" "),
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map(([name, state, address, mtu, rest]) => {
    const cells = [
      paint.name(name!.padEnd(widths[0]!)),
      paint.state(state!) + " ".repeat(widths[1]! - state!.length),
      address!.padEnd(widths[2]!),
      mtu!.padEnd(widths[3]!),
      paint.address(rest!),
    ];
    return `${cells.join("  ").trimEnd()}\n`;
  }).join("");
}

if (import.meta.main) {
  await runProgram({ name: "interfaces", help, options, positionals: ["[IFNAME]"], main });
}

/**
 * What the programs about the kernel's network share: colours, names, events as lines or JSON.
 *
 * @module
 */
import {
  type Link,
  NetlinkConnection,
  type NetlinkEvent,
  NetlinkMonitor,
  type NetlinkSubject,
} from "@octet/netlink";
import { bold, cyan, green, red } from "@std/fmt/colors";
import type { OptionTable } from "./_arguments.ts";
import {
  addressLines,
  addressObject,
  type JsonObject,
  linkLines,
  LinkNames,
  linkObject,
  type Paint,
  plain,
} from "./_iproute.ts";
import {
  isNeighbourShown,
  neighbourLine,
  neighbourObject,
  routeLines,
  routeObject,
} from "./_iproute_routes.ts";
import { ExitError, print } from "./_program.ts";

/** The options that the programs share. */
export const kernelOptions: OptionTable = {
  netns: {
    value: "NAME",
    like: "guest",
    help: "look into this network namespace, as of ip netns (wants root)",
  },
  json: { help: "JSON with iproute2's names and values" },
};

/** The colours of standard output: a terminal's, unless `NO_COLOR` is said. */
export const paint: Paint = Deno.noColor || !Deno.stdout.isTerminal() ? plain : {
  name: (text) => bold(cyan(text)),
  address: (text) => cyan(text),
  state: (text) => text === "UP" ? green(text) : text === "DOWN" ? red(text) : text,
};

/** Opens a connection to this namespace, or to the one named. */
export function openKernel(namespace: string | undefined): NetlinkConnection {
  return new NetlinkConnection(namespace === undefined ? {} : { namespace });
}

/**
 * Finds a link.
 *
 * @throws {ExitError} With the names of those there are, when there is none of this name.
 */
export function findLink(netlink: NetlinkConnection, name: string): Link {
  try {
    return netlink.link(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const others = netlink.links().map((link) => link.name).join(", ");
    throw new ExitError(1, `Cannot find link ${name} as there is none of that name: ${others}`);
  }
}

/** An event as JSON, with the object of `ip -json`. */
function eventObject(event: NetlinkEvent, names: LinkNames): JsonObject {
  switch (event.subject) {
    case "link":
      return { ...eventHead(event), link: linkObject(event.link, names) };
    case "address":
      return {
        ...eventHead(event),
        address: { ifname: names.name(event.address.index), ...addressObject(event.address) },
      };
    case "route":
      return { ...eventHead(event), route: routeObject(event.route, names) };
    case "neighbour":
      return { ...eventHead(event), neighbour: neighbourObject(event.neighbour, names) };
    case "rule":
      return { ...eventHead(event), rule: event.rule };
    case "resync":
      return { event: "resync" };
  }
}

function eventHead({ subject, action }: { subject: string; action: string }): JsonObject {
  return { event: subject, action };
}

/** An event as lines of `ip monitor`. */
function eventLines(event: NetlinkEvent, names: LinkNames): string {
  if (event.subject === "resync") return "Some changes were lost\n";
  const head = event.action === "deleted" ? "Deleted " : "";
  switch (event.subject) {
    case "link":
      return head + linkLines(linkObject(event.link, names), paint);
    case "address": {
      const { index } = event.address;
      const name = `${index}: ${paint.name(names.name(index))}`;
      return head + name + addressLines(addressObject(event.address), paint);
    }
    case "route":
      return head + routeLines(routeObject(event.route, names));
    case "neighbour":
      return head + neighbourLine(neighbourObject(event.neighbour, names));
    case "rule":
      return `${head}${event.rule.priority}: rule, table ${event.rule.table}\n`;
  }
}

/** How {@linkcode watchKernel} listens. */
export interface WatchOptions {
  /** What to listen to. */
  readonly subjects: readonly NetlinkSubject[];
  /** The namespace. */
  readonly namespace: string | undefined;
  /** Whether to print JSON, an object a line. */
  readonly json: boolean;
  /** Only what is about this link. */
  readonly name: string | undefined;
  /** Called once nothing will be missed: prints what there is. */
  readonly onReady: () => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Prints changes until the signal comes. */
export async function watchKernel(options: WatchOptions): Promise<void> {
  const { subjects, namespace, json, signal } = options;
  using netlink = openKernel(namespace);
  const only = options.name === undefined ? undefined : findLink(netlink, options.name).index;
  // Names are needed for whatever is listened to.
  using monitor = new NetlinkMonitor({
    subjects: subjects.includes("link") ? subjects : ["link", ...subjects],
    ...(namespace !== undefined && { namespace }),
  });
  signal.addEventListener("abort", () => monitor.close());
  const links = new Map(netlink.links().map((link) => [link.index, link]));
  options.onReady();
  for await (const event of monitor) {
    if (event.subject === "resync") {
      links.clear();
      for (const link of netlink.links()) links.set(link.index, link);
    }
    if (event.subject === "link" && event.action === "set") {
      links.set(event.link.index, event.link);
    }
    const names = new LinkNames([...links.values()]);
    if (event.subject === "link" && event.action === "deleted") links.delete(event.link.index);
    if (event.subject !== "resync" && !subjects.includes(event.subject)) continue;
    if (event.subject === "neighbour" && event.action === "set") {
      if (!isNeighbourShown(event.neighbour)) continue;
    }
    if (only !== undefined && indexOf(event) !== only) continue;
    print(
      json ? `${JSON.stringify(eventObject(event, names))}\n` : eventLines(event, names),
    );
  }
}

/** The link that an event is about; `undefined` for one about none. */
function indexOf(event: NetlinkEvent): number | undefined {
  switch (event.subject) {
    case "link":
      return event.link.index;
    case "address":
      return event.address.index;
    case "route":
      return event.route.index;
    case "neighbour":
      return event.neighbour.index;
    default:
      return undefined;
  }
}

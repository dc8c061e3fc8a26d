/**
 * Makes, changes, removes and shows the kernel's links over rtnetlink, in iproute2's words.
 *
 * @module
 */
import { addPersistentTun, type NetlinkConnection } from "@octet/netlink";
import { type Arguments, describeOptions, type OptionTable, UsageError } from "./_arguments.ts";
import { linkLines, LinkNames, linkObject } from "./_iproute.ts";
import { findLink, kernelOptions, openKernel, paint, watchKernel } from "./_kernel.ts";
import { isTun, readNewLink, readSettings, Words } from "./_link_words.ts";
import { print, runProgram } from "./_program.ts";

const options: OptionTable = {
  ...kernelOptions,
  statistics: { help: "show counters, too" },
};

const help = `link: the kernel's links, made, changed, removed and shown over rtnetlink

  deno run --allow-ffi examples/link.ts show [IFNAME]
  deno run --allow-ffi examples/link.ts up|down IFNAME
  deno run --allow-ffi examples/link.ts add IFNAME [link IFNAME] [SETTING …] type TYPE [WORD …]
  deno run --allow-ffi examples/link.ts set IFNAME SETTING …
  deno run --allow-ffi examples/link.ts del IFNAME
  deno run --allow-ffi examples/link.ts monitor [IFNAME]

The words are those of ip link. Ctrl-C ends monitor.

Settings:
  up, down              bring the link up or down
  mtu N                 the MTU in bytes
  address MAC           the hardware address
  master IFNAME         make it a port of this bridge or bond; nomaster sets it free (set)
  txqueuelen N          the length of the transmit queue in packets
  promisc on|off        take every frame; likewise allmulticast, multicast, arp
  group N               the group
  netns NAME|PID        move it to this network namespace
  name NAME             a new name (set)
  alias TEXT            a description (set)
  type bridge WORD …    what a bridge is set to (set)

Types:
  bridge [stp_state 0|1] [priority N] [ageing_time N] [forward_delay N] [hello_time N] [max_age N]
         [vlan_filtering 0|1] [vlan_default_pvid N] [mcast_snooping 0|1]
  veth [peer [name NAME] [netns PID]]
  tap, tun [user N] [group N] [multi_queue] [vnet_hdr]    (they stay when nobody has them open)
  vlan id N [protocol 802.1Q|802.1ad]     macvlan, macvtap [mode MODE]    ipvlan [mode l2|l3|l3s]
  vxlan id N [remote ADDR] [local ADDR] [dstport N]       vrf table N
  dummy, ifb, bond, nlmon, vcan

Options:
${describeOptions(options)}

Permissions: --allow-ffi. Showing needs no right; changes need CAP_NET_ADMIN or root.

Examples:
  deno run --allow-ffi examples/link.ts show
  deno run --allow-ffi examples/link.ts show lo --json
  deno run --allow-ffi examples/link.ts add veth0 type veth peer name veth1
  deno run --allow-ffi examples/link.ts set veth0 mtu 1400 address 02:00:00:00:00:01 up
  deno run --allow-ffi examples/link.ts add br0 type bridge stp_state 0
  deno run --allow-ffi examples/link.ts set veth0 master br0
  deno run --allow-ffi examples/link.ts del veth0

Exit codes: 1 when the kernel refuses or there is no such link, 2 for wrong usage, 130 after Ctrl-C.
`;

const commands = ["show", "up", "down", "add", "set", "del", "monitor"];

async function main(args: Arguments, signal: AbortSignal): Promise<number> {
  const [command, ...rest] = args.positionals;
  if (!commands.includes(command!)) {
    throw new UsageError(
      `Unknown command ${JSON.stringify(command)}: one of ${commands.join(", ")}`,
    );
  }
  const words = new Words(rest);
  const namespace = args.text("netns");
  if (command === "show" || command === "monitor") {
    words.take("dev");
    const name = words.next();
    refuseMore(words);
    if (command === "monitor") {
      const onReady = () => {};
      const json = args.flag("json");
      await watchKernel({ subjects: ["link"], namespace, json, name, onReady, signal });
    } else {
      using netlink = openKernel(namespace);
      show(netlink, name, args);
    }
    return 0;
  }
  words.take("dev");
  const name = words.next();
  if (name === undefined) throw new UsageError(`Missing IFNAME: link.ts ${command} IFNAME`);
  using netlink = openKernel(namespace);
  change(netlink, command!, name, words, namespace);
  return 0;
}

function refuseMore(words: Words): void {
  const word = words.next();
  if (word !== undefined) {
    throw new UsageError(`Unexpected argument ${JSON.stringify(word)}: --help says what is wanted`);
  }
}

function show(netlink: NetlinkConnection, name: string | undefined, args: Arguments): void {
  const all = netlink.links();
  const names = new LinkNames(all);
  const wanted = name === undefined ? all : [findLink(netlink, name)];
  const statistics = args.flag("statistics");
  const objects = wanted.map((link) => linkObject(link, names, { alone: true, statistics }));
  if (args.flag("json")) print(`${JSON.stringify(objects)}\n`);
  else print(objects.map((object) => linkLines(object, paint)).join(""));
}

function change(
  netlink: NetlinkConnection,
  command: string,
  name: string,
  words: Words,
  namespace: string | undefined,
): void {
  switch (command) {
    case "up":
    case "down":
      refuseMore(words);
      netlink.setLink(findLink(netlink, name).name, { up: command === "up" });
      break;
    case "del":
      refuseMore(words);
      netlink.deleteLink(findLink(netlink, name).name);
      break;
    case "set": {
      const settings = readSettings(words);
      netlink.setLink(findLink(netlink, name).name, settings);
      break;
    }
    case "add": {
      const { kind, settings } = readNewLink(words, (parent) => findLink(netlink, parent).index);
      if (isTun(kind)) {
        addPersistentTun(name, kind.kind, {
          ...kind,
          ...(namespace !== undefined && { namespace }),
        });
      } else netlink.addLink(name, kind, settings);
      break;
    }
  }
}

/** Names and addresses that cannot be are wrong usage; the rest is the kernel's refusal. */
function exitCode(error: unknown): number {
  return error instanceof RangeError || error instanceof SyntaxError ? 2 : 1;
}

if (import.meta.main) {
  const positionals = ["COMMAND", "[WORD …]"];
  await runProgram({ name: "link", help, options, positionals, main, exitCode });
}

/**
 * A router: passes packets on between networks inside and one outside, with NAT and DHCP where wanted.
 *
 * @module
 */
import { Dhcpv4Server } from "@octet/dhcpv4";
import type { Host, HostInterface } from "@octet/internet";
import { formatIpv4, parseIpv4 } from "@octet/netip";
import type { Arguments } from "./_arguments.ts";
import { Link } from "./_link.ts";
import { ExitError, print, printable, runProgram, say } from "./_program.ts";
import {
  readRouterSettings,
  routerHelp,
  routerOptions,
  type RouterSettings,
} from "./_router_options.ts";

/** The most addresses that are given on one network inside. */
const mostLeases = 4096;

async function main(args: Arguments, signal: AbortSignal): Promise<number> {
  const settings = readRouterSettings(args);
  const { nat, insides } = settings;
  await using link = await Link.open(settings.link, "router", { forwarding: true, nat });
  const { host } = link;
  const added: HostInterface[] = [];
  for (const inside of insides) added.push(await link.addInterface(inside));
  await link.configure(signal);
  setUpRoutes(host, settings);
  if (settings.dhcp) { for (const inside of added) lease(host, inside, settings.link.verbose); }
  for (const { name, closed } of host.interfaces) {
    closed.catch((error: Error) => {
      // The last one's end is the program's.
      if (host.interfaces.every(({ device }) => device.isClosed)) return;
      say(`router: ${name} is lost, the others go on: ${printable(error.message)}`);
    });
  }
  announce(host, settings);
  await link.ended(signal);
  if (settings.link.json) print(`${JSON.stringify({ counters: host.stack.counters })}\n`);
  return 0;
}

function setUpRoutes(host: Host, { forwards, ways }: RouterSettings): void {
  const { stack } = host;
  for (const way of ways) {
    const isNeighbour = stack.interfaces.some(({ addresses }) =>
      addresses.some(({ prefix, address }) =>
        prefix.contains(way.gateway) && address !== way.gateway
      )
    );
    if (!isNeighbour) {
      throw new ExitError(
        2,
        `Option --route wants a neighbour, and ${
          formatIpv4(way.gateway)
        } is on none of the networks`,
      );
    }
    stack.addRoute(way);
  }
  const externalAddress = stack.interfaces[0]!.addresses[0]!.address;
  for (const forward of forwards) {
    try {
      stack.nat!.forward({ ...forward, externalAddress });
    } catch (error) {
      if (error instanceof TypeError) throw new ExitError(2, error.message, { cause: error });
      throw error;
    }
  }
}

/** Gives addresses on one network, all that its prefix has beside the router's own. */
function lease(host: Host, inside: HostInterface, verbose: boolean): void {
  const { address, prefix } = inside.interface.addresses[0]!;
  const dnsServers = host.nameServers.map(parseIpv4);
  inside.attach(
    new Dhcpv4Server({
      address,
      pools: [{
        first: prefix.firstHost,
        last: Math.min(prefix.lastHost, prefix.firstHost + mostLeases),
        prefixLength: prefix.length,
      }],
      options: { routers: [address], ...(dnsServers.length > 0 && { dnsServers }) },
      authoritative: true,
      mtu: inside.device.mtu,
      onChange: (lease, change) => {
        if (!verbose) return;
        const mac = lease.hardwareAddress.toHex().replace(/..(?=.)/g, "$&:");
        const name = lease.hostName === "" ? "" : ` (${printable(lease.hostName)})`;
        say(`${change} ${formatIpv4(lease.address)} to ${mac}${name} on ${inside.name}`);
      },
    }),
  );
}

function announce(host: Host, { nat, link }: RouterSettings): void {
  const interfaces = host.interfaces.map(({ name, interface: { addresses } }, index) => ({
    name,
    side: index === 0 ? "outside" : "inside",
    address: `${formatIpv4(addresses[0]!.address)}/${addresses[0]!.prefix.length}`,
  }));
  if (link.json) {
    print(`${JSON.stringify({ nat, interfaces })}\n`);
    return;
  }
  for (const { name, side, address } of interfaces) print(`${side} ${name} is ${address}\n`);
  print(`Passing packets on${nat ? " with NAT" : ""}\n`);
}

function exitCode(error: unknown): number {
  return error instanceof Deno.errors.TimedOut ? 28 : 1;
}

if (import.meta.main) {
  await runProgram({ name: "router", help: routerHelp, options: routerOptions, main, exitCode });
}

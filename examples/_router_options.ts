/**
 * What router is asked on its command line.
 *
 * @module
 */
import { Ipv4Prefix, parseIpv4 } from "@octet/netip";
import { type Arguments, describeOptions, type OptionTable, UsageError } from "./_arguments.ts";
import {
  linkOptions,
  linkPermissions,
  type LinkSettings,
  type Place,
  readLinkSettings,
  readPlace,
} from "./_link.ts";

const { link, timeout: _timeout, ...shared } = linkOptions;

/** The options. */
export const routerOptions: OptionTable = {
  inside: {
    value: "SPEC=ADDR/LEN",
    like: "tap:in0=192.168.7.1/24",
    repeats: true,
    help: "a network inside, named as by --link, and the router's address there; may be\n" +
      "given more than once",
  },
  nat: { help: "what goes out speaks from the router's address outside" },
  forward: {
    value: "PROTOCOL:PORT=ADDR:PORT",
    like: "tcp:8080=192.168.7.2:80",
    repeats: true,
    help: "with --nat, a TCP or UDP port outside that leads to a host inside; may be given\n" +
      "more than once",
  },
  dhcp: { help: "give addresses inside, with this router and its name servers" },
  route: {
    value: "PREFIX=ADDR",
    like: "10.9.0.0/16=192.168.7.9",
    repeats: true,
    help: "what is for the prefix goes by way of this neighbour; may be given more than once",
  },
  link: { ...link!, help: `outside: ${link!.help}` },
  ...shared,
  verbose: { help: "say on standard error who gets which address" },
  json: { help: "one JSON object at the start, and one with the counters at the end" },
  timeout: { value: "SECONDS", like: "5", help: "how long to wait for a lease; 30 when left out" },
};

/** The page of `--help`. */
export const routerHelp: string =
  `router: passes packets on between networks, on a TCP/IP stack of its own

  deno run examples/router.ts --inside SPEC=ADDR/LEN [OPTION …]

--link and --ip say what is outside; --ip dhcp takes a lease there. It answers ping, lowers the TTL,
sends the errors and redirects that a router owes, and with --nat hides what is inside. Ctrl-C ends
it.

Options:
${describeOptions(routerOptions)}

Permissions: ${linkPermissions};
--allow-write=FILE for --pcap.

Examples, as root:
  deno run --allow-ffi examples/router.ts --inside tap:in0=192.168.7.1/24 --nat --dhcp
  deno run --allow-ffi examples/router.ts --inside tap:in0=192.168.7.1/24 --nat \\
    --link tap:out0 --host-ip 10.77.0.1/24 --ip 10.77.0.2/24 --forward tcp:8080=192.168.7.2:80
  deno run --allow-ffi examples/router.ts --link tap:a0 --ip 10.1.0.1/24 --inside tap:b0=10.2.0.1/24

With the first, outside is an Ethernet in memory whose gateway has a page. In another terminal a
network namespace goes out by way of the router:
  ip netns add inner
  ip link set in0 netns inner
  ip -n inner address add 192.168.7.2/24 dev in0
  ip -n inner link set in0 up
  ip -n inner route add default via 192.168.7.1
  ip netns exec inner curl http://10.77.0.1/

Exit codes: 1 when a device cannot be had or was lost, 2 for wrong usage, 28 when no lease came in
time, 130 after Ctrl-C.
`;

/** A port outside that leads to a host inside. */
export interface Forward {
  /** IP protocol number: TCP or UDP. */
  readonly protocol: number;
  /** The port outside. */
  readonly externalPort: number;
  /** The host inside, host order. */
  readonly internalAddress: number;
  /** The port inside. */
  readonly internalPort: number;
}

/** A route by way of a neighbour. */
export interface Way {
  /** What it leads to. */
  readonly prefix: Ipv4Prefix;
  /** The neighbour, host order. */
  readonly gateway: number;
}

/** What is asked. */
export interface RouterSettings {
  /** The link outside. */
  readonly link: LinkSettings;
  /** The links inside. */
  readonly insides: readonly LinkSettings[];
  /** Whether addresses are translated. */
  readonly nat: boolean;
  /** Ports that lead inside. */
  readonly forwards: readonly Forward[];
  /** Whether addresses are given inside. */
  readonly dhcp: boolean;
  /** Routes by way of neighbours. */
  readonly ways: readonly Way[];
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} When it is wrong.
 */
export function readRouterSettings(args: Arguments): RouterSettings {
  const link = readLinkSettings(args);
  const like = "a link and an address there, such as tap:in0=192.168.7.1/24";
  const places = args.readAll("inside", like, readPlace);
  const settings: RouterSettings = {
    link,
    insides: places.map((place) => ({
      ...link,
      ...place,
      gateway: 0,
      hostIp: undefined,
      mac: undefined,
    })),
    nat: args.flag("nat"),
    forwards: args.readAll("forward", "ports such as tcp:8080=192.168.7.2:80", readForward),
    dhcp: args.flag("dhcp"),
    ways: args.readAll("route", "a prefix and a neighbour, 10.9.0.0/16=192.168.7.9", readWay),
  };
  checkTogether(settings, places);
  return settings;
}

function checkTogether(settings: RouterSettings, places: readonly Place[]): void {
  const { link, nat, forwards, dhcp } = settings;
  if (places.length === 0) {
    throw new UsageError("Missing --inside: a router has two sides, --help shows examples");
  }
  if (forwards.length > 0 && !nat) {
    throw new UsageError(
      "Option --forward wants --nat: without, what is inside is reached as it is",
    );
  }
  const prefixes = [...places, link].flatMap(({ address }) => address?.prefix ?? []);
  for (const [index, prefix] of prefixes.entries()) {
    const other = prefixes.find((each, at) => at > index && each.overlaps(prefix));
    if (other === undefined) continue;
    throw new UsageError(
      `Networks ${prefix} and ${other} are not apart: give each its own prefix`,
    );
  }
  const bare = places.find(({ kind }) => !kind.hasEthernet);
  if (dhcp && bare !== undefined) {
    throw new UsageError(`Option --dhcp wants Ethernet, and ${bare.kind.noun} has none`);
  }
  const small = places.find(({ address }) => address.prefix.length > 30);
  if (dhcp && small !== undefined) {
    throw new UsageError(
      `Option --dhcp wants addresses to give, and ${small.address.prefix} has none`,
    );
  }
}

const protocols: Readonly<Record<string, number>> = { tcp: 6, udp: 17 };

function readForward(text: string): Forward | undefined {
  const match = /^(tcp|udp):(\d{1,5})=([\d.]+):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [, protocol, external, address, internal] = match;
  const [externalPort, internalPort] = [Number(external), Number(internal)];
  for (const port of [externalPort, internalPort]) {
    if (port < 1 || port > 65_535) throw new RangeError(`port ${port} is not from 1 to 65535`);
  }
  return {
    protocol: protocols[protocol!]!,
    externalPort,
    internalAddress: parseIpv4(address!),
    internalPort,
  };
}

function readWay(text: string): Way | undefined {
  const [prefix, gateway, ...more] = text.split("=");
  if (gateway === undefined || more.length > 0) return undefined;
  return { prefix: Ipv4Prefix.parse(prefix!), gateway: parseIpv4(gateway) };
}

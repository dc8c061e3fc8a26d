/**
 * The command line of traceroute, with the letters of the Linux program.
 *
 * @module
 */
import type { TracerouteOptions } from "@octet/internet";
import { type Arguments, describeOptions, type OptionTable, UsageError } from "./_arguments.ts";
import { linkOptions, linkPermissions, type LinkSettings, readLinkSettings } from "./_link.ts";

const own: OptionTable = {
  icmp: { short: "I", help: "echo requests rather than UDP datagrams" },
  tcp: { short: "T", help: "attempts to connect, which pass most firewalls" },
  port: {
    value: "N",
    short: "p",
    like: "443",
    help: "the destination port: for UDP the first of many, 33434; for TCP 80",
  },
  queries: { value: "N", short: "q", like: "1", help: "probes for each hop, 1 to 10; 3" },
  "max-hops": { value: "N", short: "m", like: "15", help: "the last hop looked for, to 255; 30" },
  first: { value: "N", short: "f", like: "2", help: "the hop to begin with; 1" },
  wait: { value: "SECONDS", short: "w", like: "1", help: "how long an answer is waited for; 5" },
  parallel: { value: "N", short: "N", like: "1", help: "probes that are under way at once; 16" },
  numeric: { short: "n", help: "addresses alone: do not look for names" },
  "dont-fragment": {
    short: "F",
    help: "let no router fragment a probe: !F-MTU shows where it is too long",
  },
  tos: { value: "N", short: "t", like: "0x10", help: "the type-of-service octet" },
};

/** The options of traceroute. */
export const tracerouteOptions: OptionTable = { ...own, ...linkOptions };

/** The page of `--help`. */
export const tracerouteHelp: string =
  `traceroute: find the routers on the way to a host, over a TCP/IP stack of its own

  deno run examples/traceroute.ts HOST [BYTES] [OPTION …]

BYTES is the length of a probe with its IP header, 60 when left out. Lines are those of the Linux
program: a hop each, with who answered and after how long, * for no answer in time, and !H, !N, !P,
!X, !F-MTU, … where a router says that it goes no further.

Options:
${describeOptions(tracerouteOptions)}

Permissions: ${linkPermissions};
--allow-write=FILE for --pcap.

Examples:
  deno run examples/traceroute.ts www.octet.test
  deno run examples/traceroute.ts 10.77.0.1 --tcp --port 80 -q 1 --json
  deno run --allow-ffi examples/traceroute.ts 10.78.0.2 -I -n --link tap:tap0 --host-ip 10.77.0.1/24 --ip 10.77.0.2/24 --gateway 10.77.0.1

Exit codes: 0 when the way was looked for, whether or not its end was found; 2 for wrong usage and
when it cannot be looked for, 130 after Ctrl-C.
`;

/** What traceroute is to do. */
export interface TracerouteSettings {
  /** The network. */
  readonly link: LinkSettings;
  /** Whose way to find. */
  readonly target: string;
  /** Whether addresses are enough. */
  readonly isNumeric: boolean;
  /** The last hop. */
  readonly maxHops: number;
  /** The length of a probe, in bytes. */
  readonly size: number;
  /** How to look. */
  readonly search: TracerouteOptions & { readonly protocol: "udp" | "icmp" | "tcp" };
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} When it is wrong.
 */
export function readTracerouteSettings(args: Arguments): TracerouteSettings {
  const [target, length] = args.positionals;
  if (args.flag("icmp") && args.flag("tcp")) {
    throw new UsageError("Options --icmp and --tcp do not go together: give one");
  }
  const protocol = args.flag("icmp") ? "icmp" : args.flag("tcp") ? "tcp" : "udp";
  const firstHop = args.integer("first", 1, 255) ?? 1;
  const maxHops = args.integer("max-hops", 1, 255) ?? 30;
  const queries = args.integer("queries", 1, 10) ?? 3;
  const port = args.integer("port", 1, 65_535);
  if (firstHop > maxHops) {
    throw new UsageError(
      `Option --first wants a hop up to --max-hops, ${maxHops}, not ${firstHop}`,
    );
  }
  if (port !== undefined && protocol === "icmp") {
    throw new UsageError(
      "Option --port does not go with --icmp, which knows no ports: leave it out",
    );
  }
  const last = 65_536 - (maxHops - firstHop + 1) * queries;
  if (port !== undefined && protocol === "udp" && port > last) {
    throw new UsageError(
      `Option --port wants ${last} or less, as each UDP probe has a port of its own`,
    );
  }
  const wait = args.read("wait", "seconds, such as 1 or 0.5", readSeconds);
  return {
    link: readLinkSettings(args),
    target: target!,
    isNumeric: args.flag("numeric"),
    maxHops,
    size: length === undefined ? 60 : readLength(length),
    search: {
      protocol,
      firstHop,
      maxHops,
      queries,
      ...(port === undefined ? {} : { port }),
      ...(wait === undefined ? {} : { timeout: wait }),
      fragment: !args.flag("dont-fragment"),
      parallel: args.integer("parallel", 1, 1000) ?? 16,
      trafficClass: args.read("tos", "a number from 0 to 255, such as 0x10", readOctet) ?? 0,
    },
  };
}

function readLength(text: string): number {
  const length = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (length >= 28 && length <= 65_000) return length;
  throw new UsageError(`BYTES wants a whole number from 28 to 65000, not ${JSON.stringify(text)}`);
}

function readSeconds(text: string): number | undefined {
  const seconds = /^(\d{1,5}|\d{0,5}\.\d{1,6})$/.test(text) ? Number(text) : NaN;
  return seconds > 0 ? seconds * 1000 : undefined;
}

function readOctet(text: string): number | undefined {
  const value = /^(0x[0-9a-fA-F]{1,2}|\d{1,3})$/.test(text) ? Number(text) : NaN;
  return value <= 255 ? value : undefined;
}

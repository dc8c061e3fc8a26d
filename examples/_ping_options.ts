/**
 * The command line of ping, with the letters of iputils.
 *
 * @module
 */
import { encodeRecordRoute, encodeTimestampOption, TimestampFlag } from "@octet/ipv4";
import { type Arguments, describeOptions, type OptionTable, UsageError } from "./_arguments.ts";
import { linkOptions, linkPermissions, type LinkSettings, readLinkSettings } from "./_link.ts";

const own: OptionTable = {
  count: { value: "N", short: "c", like: "4", help: "end after this many requests were answered" },
  interval: {
    value: "SECONDS",
    short: "i",
    like: "0.2",
    help: "how long between requests; 1 when left out",
  },
  size: { value: "N", short: "s", like: "1000", help: "bytes behind the ICMP header; 56" },
  ttl: { value: "N", short: "t", like: "3", help: "time to live" },
  wait: {
    value: "SECONDS",
    short: "W",
    like: "2",
    help:
      "how long the last answers are waited for when none has come; 10, else two\nround trips or an interval",
  },
  deadline: { value: "SECONDS", short: "w", like: "5", help: "end after this long, whatever came" },
  tos: { value: "N", short: "Q", like: "0x10", help: "the type-of-service octet" },
  pmtudisc: {
    value: "do|dont",
    short: "M",
    like: "do",
    help: "whether fragmentation is prohibited; dont when left out",
  },
  broadcast: { short: "b", help: "allow a broadcast address: several may answer each request" },
  flood: { short: "f", help: "the next request follows the answer; a dot each, taken back" },
  "record-route": { short: "R", help: "let the routers write down the way" },
  timestamp: {
    value: "tsonly|tsandaddr",
    short: "T",
    like: "tsonly",
    help: "let the routers write down the time",
  },
  outstanding: { short: "O", help: "say so when an answer is missing at the next request" },
  "print-time": { short: "D", help: "the time before each line, in seconds since 1970" },
  quiet: { short: "q", help: "the summary alone" },
};

/** The options of ping. */
export const pingOptions: OptionTable = { ...own, ...linkOptions };

/** The page of `--help`. */
export const pingHelp: string =
  `ping: ask a host whether it is there, over a TCP/IP stack of its own

  deno run examples/ping.ts HOST [OPTION …]

Lines and summary are those of iputils. Without --count it goes on until Ctrl-C.

Options:
${describeOptions(pingOptions)}

Permissions: ${linkPermissions};
--allow-write=FILE for --pcap.

Examples:
  deno run examples/ping.ts www.octet.test --count 3
  deno run examples/ping.ts 10.77.0.1 -c 100 -f --json
  deno run examples/ping.ts 10.77.0.1 -c 1 -R
  deno run --allow-ffi examples/ping.ts 10.77.0.1 --link tap:tap0 --host-ip 10.77.0.1/24 --ip 10.77.0.2/24 -c 3

Exit codes: 0 when something was answered, 1 when nothing was (or with --count and --deadline less
than that), 2 for wrong usage and when the host cannot be asked.
`;

/** What ping is to do. */
export interface PingSettings {
  /** The network. */
  readonly link: LinkSettings;
  /** Whom to ask. */
  readonly target: string;
  /** How many answers are enough; Infinity without end. */
  readonly count: number;
  /** Between requests, in milliseconds; 0 with flood. */
  readonly interval: number;
  /** Bytes behind the ICMP header. */
  readonly size: number;
  /** Time to live; `undefined` for the stack's. */
  readonly ttl: number | undefined;
  /** How long the last answers are waited for, in milliseconds; `undefined` by the round-trip time. */
  readonly wait: number | undefined;
  /** When to end, in milliseconds; Infinity for never. */
  readonly deadline: number;
  /** The type-of-service octet. */
  readonly trafficClass: number;
  /** Whether routers may fragment. */
  readonly fragment: boolean;
  /** IPv4 options of the requests. */
  readonly options: Uint8Array | undefined;
  /** Whether the host may be a broadcast address. */
  readonly broadcast: boolean;
  /** Whether the answer lets the next request go. */
  readonly flood: boolean;
  /** Whether missing answers are told. */
  readonly outstanding: boolean;
  /** Whether lines begin with the time. */
  readonly printTime: boolean;
  /** Whether the summary is all. */
  readonly quiet: boolean;
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} When it is wrong.
 */
export function readPingSettings(args: Arguments): PingSettings {
  const flood = args.flag("flood");
  const seconds = (name: string, least: number) =>
    args.read(name, `seconds from ${least}, such as 0.5`, (text) => {
      const value = /^(\d{1,6}|\d{0,6}\.\d{1,6})$/.test(text) ? Number(text) : NaN;
      return value >= least ? value * 1000 : undefined;
    });
  const flag = args.read("timestamp", "tsonly or tsandaddr", readTimestampFlag);
  if (flag !== undefined && args.flag("record-route")) {
    throw new UsageError("Options --record-route and --timestamp do not go together: give one");
  }
  return {
    link: readLinkSettings(args),
    target: args.positionals[0]!,
    count: args.integer("count", 1, 1_000_000_000) ?? Infinity,
    interval: flood ? 0 : seconds("interval", 0.002) ?? 1000,
    size: args.integer("size", 0, 65_507) ?? 56,
    ttl: args.integer("ttl", 1, 255),
    wait: seconds("wait", 0),
    deadline: seconds("deadline", 0.001) ?? Infinity,
    trafficClass: args.read("tos", "a number from 0 to 255, such as 0x10", readOctet) ?? 0,
    fragment: args.read("pmtudisc", "do or dont", readDiscovery) ?? true,
    options: args.flag("record-route")
      ? encodeRecordRoute()
      : flag === undefined
      ? undefined
      : encodeTimestampOption({ flag }),
    broadcast: args.flag("broadcast"),
    flood,
    outstanding: args.flag("outstanding"),
    printTime: args.flag("print-time"),
    quiet: args.flag("quiet"),
  };
}

function readOctet(text: string): number | undefined {
  const value = /^(0x[0-9a-fA-F]{1,2}|\d{1,3})$/.test(text) ? Number(text) : NaN;
  return value <= 255 ? value : undefined;
}

function readTimestampFlag(text: string): TimestampFlag | undefined {
  if (text === "tsandaddr") return TimestampFlag.AddressAndTime;
  return text === "tsonly" ? TimestampFlag.Time : undefined;
}

function readDiscovery(text: string): boolean | undefined {
  return text === "do" ? false : text === "dont" ? true : undefined;
}

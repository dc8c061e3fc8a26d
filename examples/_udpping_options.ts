/**
 * The command line of udpping.
 *
 * @module
 */
import { type Arguments, describeOptions, type OptionTable, UsageError } from "./_arguments.ts";
import { linkOptions, linkPermissions, type LinkSettings, readLinkSettings } from "./_link.ts";
import { leastSize } from "./_udpping_message.ts";

/** The port that Cloudprober's UDP probes go to. */
const defaultPort = 31_122;

const own: OptionTable = {
  server: { help: "answer requests rather than send them, until Ctrl-C" },
  count: { value: "N", short: "c", like: "10", help: "end after this many requests" },
  interval: {
    value: "SECONDS",
    short: "i",
    like: "0.01",
    help: "how long between requests; 1 when left out",
  },
  size: { value: "N", short: "s", like: "1400", help: `bytes of each, ${leastSize} to 65507; 64` },
  port: { value: "N", short: "p", like: "7", help: `the server's port; ${defaultPort}` },
  wait: {
    value: "SECONDS",
    short: "W",
    like: "2",
    help: "how long the last answers are waited for; 1",
  },
  quiet: { short: "q", help: "the summary alone" },
};

/** The options of udpping. */
export const udppingOptions: OptionTable = { ...own, ...linkOptions };

/** The page of `--help`. */
export const udppingHelp: string =
  `udpping: latency, loss and order of datagrams, over a TCP/IP stack of its own

  deno run examples/udpping.ts HOST [OPTION …]
  deno run examples/udpping.ts --server [OPTION …]

Numbered datagrams go to a server that sends them back: its own, or any UDP echo. Told are the time
of each, and how many were lost, came twice, or came after a later one. Without --count it goes on
until Ctrl-C.

With --link lan, the default, a second host in this process is the other side: the server at
10.77.0.2, or with --server the one that asks, ten times.

Options:
${describeOptions(udppingOptions)}

Permissions: ${linkPermissions};
--allow-write=FILE for --pcap.

Examples:
  deno run examples/udpping.ts 10.77.0.2 --count 5 --interval 0.1
  deno run examples/udpping.ts 10.77.0.2 -c 500 -i 0.002 -q --impair loss=2%,delay=5ms,jitter=3ms
  deno run --allow-ffi examples/udpping.ts --server --link tap:tap0 --host-ip 10.77.0.1/24 --ip 10.77.0.2/24

Exit codes: 0 when something came back, 1 when nothing did, at once where nobody listens, 2 for wrong
usage and when the host cannot be asked. The server: 1 when the device or the port cannot be had, 28
when no lease came in time, 130 after Ctrl-C.
`;

/** What udpping is to do. */
export interface UdppingSettings {
  /** The network. */
  readonly link: LinkSettings;
  /** Whom to ask; `null` for the server. */
  readonly target: string | null;
  /** The server's port. */
  readonly port: number;
  /** How many requests; Infinity without end. */
  readonly count: number;
  /** Between requests, in milliseconds. */
  readonly interval: number;
  /** Bytes of each. */
  readonly size: number;
  /** How long the last answers are waited for, in milliseconds. */
  readonly wait: number;
  /** Whether the summary is all. */
  readonly quiet: boolean;
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} When it is wrong.
 */
export function readUdppingSettings(args: Arguments): UdppingSettings {
  const [target = null] = args.positionals;
  if (args.flag("server")) {
    if (target !== null) throw new UsageError("HOST and --server do not go together: give one");
    for (const name of ["count", "interval", "size", "wait"]) {
      if (args.text(name) === undefined) continue;
      throw new UsageError(`Option --${name} is for who asks: --server answers what comes`);
    }
  } else if (target === null) {
    throw new UsageError("Give HOST to ask it, or --server to answer: --help shows examples");
  }
  const seconds = (name: string, least: number) =>
    args.read(name, `seconds from ${least}, such as 0.5`, (text) => {
      const value = /^(\d{1,5}|\d{0,5}\.\d{1,6})$/.test(text) ? Number(text) : NaN;
      return value >= least ? value * 1000 : undefined;
    });
  return {
    link: readLinkSettings(args),
    target,
    port: args.integer("port", 1, 65_535) ?? defaultPort,
    count: args.integer("count", 1, 1_000_000_000) ?? Infinity,
    interval: seconds("interval", 0.0001) ?? 1000,
    size: args.integer("size", leastSize, 65_507) ?? 64,
    wait: seconds("wait", 0) ?? 1000,
    quiet: args.flag("quiet"),
  };
}

/**
 * The command line of iperf: the options are iperf3's.
 *
 * @module
 */
import { type Arguments, describeOptions, type OptionTable, UsageError } from "./_arguments.ts";
import { defaultPort } from "./_iperf_protocol.ts";
import { linkOptions, linkPermissions, type LinkSettings, readLinkSettings } from "./_link.ts";

const { json, timeout, ...link } = linkOptions;

/** The options. */
export const iperfOptions: OptionTable = {
  server: { short: "s", help: "serve, one test after another, until Ctrl-C" },
  client: { short: "c", value: "HOST", like: "10.77.0.1", help: "test against a server" },
  port: { short: "p", value: "N", like: "5201", help: "the server's port; 5201 when left out" },
  "one-off": { short: "1", help: "serve one test, then end" },
  udp: { short: "u", help: "UDP rather than TCP" },
  reverse: { short: "R", help: "the server sends" },
  bidir: { help: "both send" },
  parallel: { short: "P", value: "N", like: "4", help: "streams at a time, each way; 1" },
  time: { short: "t", value: "SECONDS", like: "10", help: "how long to send; 10" },
  bytes: { short: "n", value: "N[KMGT]", like: "100M", help: "how much to send, in place of -t" },
  bitrate: {
    short: "b",
    value: "N[KMGT]",
    like: "10M",
    help: "bit/s of each stream, 0 for no limit; 1M for UDP, no limit for TCP",
  },
  length: {
    short: "l",
    value: "N[KM]",
    like: "128K",
    help: "bytes a write or datagram; 128K for TCP, what fits into a packet for UDP",
  },
  omit: { short: "O", value: "SECONDS", like: "1", help: "how long at the beginning not to count" },
  interval: {
    short: "i",
    value: "SECONDS",
    like: "1",
    help: "how often to report; 1, 0 for never",
  },
  "no-delay": { short: "N", help: "without Nagle's algorithm" },
  ...link,
  timeout: { ...timeout!, help: "how long to wait for a lease, and for the server; 30" },
  json: { ...json!, short: "J" },
};

/** The page for `--help`. */
export const iperfHelp: string = `iperf: measures how fast data goes, against iperf3 or itself

  deno run examples/iperf.ts -s [OPTION …]
  deno run examples/iperf.ts -c HOST [OPTION …]

Speaks iperf3's protocol over a TCP/IP stack of its own, so that the other side may be any iperf3 of
version 3.1 or later. Sizes and rates take K, M, G, T: powers of 1024 for bytes, of 1000 for bit/s.

With --link lan, the default, the other side is a second host in this process, at 10.77.0.2: what
is measured is the stack against itself.

Options:
${describeOptions(iperfOptions)}

Permissions: ${linkPermissions}; --allow-write=FILE for --pcap.

Examples:
  deno run examples/iperf.ts -c 10.77.0.2 -t 2
  deno run examples/iperf.ts -c 10.77.0.2 -t 2 -u -b 100M --impair loss=1%
  deno run --allow-ffi examples/iperf.ts -s --link tap:tap0 --host-ip 10.77.0.1/24 --ip 10.77.0.2/24
  deno run --allow-ffi examples/iperf.ts -c 10.77.0.1 -R -P 4 --link tap:tap0 --host-ip 10.77.0.1/24 \\
    --ip 10.77.0.2/24

With the third, in another terminal:
  iperf3 -c 10.77.0.2 --bidir
With the fourth, in another terminal, once the device is there:
  iperf3 -s -B 10.77.0.1

Exit codes: 1 when the test fails or the device cannot be had, 2 for wrong usage, 130 after Ctrl-C.
`;

/** A test, as the client wants it. */
export interface TestSettings {
  /** Whether the data goes over UDP. */
  readonly udp: boolean;
  /** Who sends. */
  readonly direction: "forward" | "reverse" | "bidirectional";
  /** Streams in each direction. */
  readonly parallel: number;
  /** Seconds; 0 when `bytes` counts. */
  readonly time: number;
  /** Bytes; 0 when `time` counts. */
  readonly bytes: number;
  /** Blocks, as an iperf3 may ask for; 0 when `time` or `bytes` counts. */
  readonly blocks: number;
  /** Bit/s of each stream; 0 for no limit. */
  readonly rate: number;
  /** Bytes a write or datagram; 0 for what fits. */
  readonly length: number;
  /** Seconds at the beginning that do not count. */
  readonly omit: number;
  /** Whether Nagle's algorithm is off. */
  readonly noDelay: boolean;
  /** Whether datagrams are counted with 64 bits. */
  readonly wideCounters: boolean;
}

/** What the program is to do. */
export interface IperfSettings {
  /** The network. */
  readonly link: LinkSettings;
  /** The server's name or address; `null` to be one. */
  readonly host: string | null;
  /** The server's port. */
  readonly port: number;
  /** Whether a server ends after one test. */
  readonly oneOff: boolean;
  /** Seconds between reports; 0 for none. */
  readonly interval: number;
  /** The test. */
  readonly test: TestSettings;
}

/** Options that a server is told by its client. */
const clientOptions = [
  "udp",
  "reverse",
  "bidir",
  "parallel",
  "time",
  "bytes",
  "bitrate",
  "length",
  "omit",
  "no-delay",
];

/**
 * Reads the command line.
 *
 * @throws {UsageError} When it is wrong.
 */
export function readIperfSettings(args: Arguments): IperfSettings {
  const host = args.read("client", "a name or an address", (text) => text || undefined) ?? null;
  const isServer = args.flag("server");
  if (isServer === (host !== null)) {
    throw new UsageError(
      isServer
        ? "Options -s and -c do not go together: give one of them"
        : "Give -s to serve, or -c HOST to test against a server",
    );
  }
  if (isServer) {
    const wrong = clientOptions.find((name) => args.flag(name) || args.text(name) !== undefined);
    if (wrong !== undefined) {
      throw new UsageError(`Option --${wrong} is for -c: a server is told by its client`);
    }
  } else if (args.flag("one-off")) {
    throw new UsageError("Option --one-off is for -s");
  }
  return {
    link: readLinkSettings(args),
    host,
    port: args.integer("port", 1, 65_535) ?? defaultPort,
    oneOff: args.flag("one-off"),
    interval: args.read("interval", "seconds, 0 or 0.1 to 60", readInterval) ?? 1,
    test: readTest(args),
  };
}

function readTest(args: Arguments): TestSettings {
  const udp = args.flag("udp");
  if (args.flag("reverse") && args.flag("bidir")) {
    throw new UsageError("Options --reverse and --bidir do not go together: give one of them");
  }
  if (args.text("time") !== undefined && args.text("bytes") !== undefined) {
    throw new UsageError("Options --time and --bytes do not go together: give one of them");
  }
  const bytes = args.read("bytes", "a size such as 100M", (text) => readSize(text, 1024)) ?? 0;
  const length = args.read("length", "a size such as 128K", (text) => {
    const size = readSize(text, 1024);
    return size !== undefined && size <= (udp ? 65_507 : 1 << 20) ? size : undefined;
  });
  if (udp && length !== undefined && length < 16) {
    throw new UsageError("Option --length wants 16 or more with --udp: a datagram is numbered");
  }
  const rate = args.read("bitrate", "a rate such as 10M", (text) => readSize(text, 1000, 0));
  return {
    udp,
    direction: args.flag("bidir") ? "bidirectional" : args.flag("reverse") ? "reverse" : "forward",
    parallel: args.integer("parallel", 1, 128) ?? 1,
    time: bytes > 0 ? 0 : args.integer("time", 1, 86_400) ?? 10,
    bytes,
    blocks: 0,
    rate: rate ?? (udp ? 1_048_576 : 0),
    length: length ?? (udp ? 0 : 131_072),
    omit: args.integer("omit", 0, 600) ?? 0,
    noDelay: args.flag("no-delay"),
    wideCounters: false,
  };
}

function readInterval(text: string): number | undefined {
  const seconds = /^\d{1,2}(\.\d{1,3})?$/.test(text) ? Number(text) : NaN;
  return seconds === 0 || (seconds >= 0.1 && seconds <= 60) ? seconds : undefined;
}

/** Reads a number with K, M, G or T behind it. */
export function readSize(text: string, unit: 1000 | 1024, least = 1): number | undefined {
  const [, digits, letter = ""] = /^(\d{1,12}(?:\.\d{1,6})?)([KMGT]?)$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const power = " KMGT".indexOf(letter.toUpperCase());
  const value = Math.floor(Number(digits) * unit ** Math.max(power, 0));
  return letter === "" && text.includes(".") || value < least || value > Number.MAX_SAFE_INTEGER
    ? undefined
    : value;
}

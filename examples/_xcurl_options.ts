/**
 * The command line of xcurl.
 *
 * @module
 */
import { formatIpv4, tryParseIpv4 } from "@octet/netip";
import { type Arguments, describeOptions, type OptionTable, UsageError } from "./_arguments.ts";
import { linkOptions, linkPermissions, type LinkSettings, readLinkSettings } from "./_link.ts";
import { ExitError } from "./_program.ts";

/** Exit codes: curl's, see `man curl`. */
export const Exit = {
  /** All is well. */
  Ok: 0,
  /** The URL's protocol is not spoken here. */
  UnsupportedProtocol: 1,
  /** The command line is wrong. */
  Usage: 2,
  /** The URL is malformed. */
  MalformedUrl: 3,
  /** The name did not resolve. */
  NotResolved: 6,
  /** There was no connection to be had. */
  NotConnected: 7,
  /** What the server said is not HTTP/1. */
  StrangeReply: 8,
  /** The body ended before its end. */
  PartialFile: 18,
  /** An HTTP error, with `--fail`. */
  HttpError: 22,
  /** The output could not be written. */
  WriteError: 23,
  /** The body to send could not be read. */
  ReadError: 26,
  /** Time is up. */
  TimedOut: 28,
  /** The interface could not be used. */
  InterfaceFailed: 45,
  /** Too many redirections. */
  TooManyRedirects: 47,
  /** The server said nothing. */
  EmptyReply: 52,
  /** The request could not be sent. */
  SendError: 55,
  /** The response could not be received. */
  ReceiveError: 56,
} as const;

const own: OptionTable = {
  output: {
    value: "FILE",
    like: "page.html",
    help: "write the body here, once it is whole; - is standard output",
  },
  progress: { help: "show how far the download is" },
  head: { help: "ask for the head alone, and print it" },
  method: { value: "NAME", like: "PUT", help: "the request's method" },
  data: {
    value: "TEXT|@FILE",
    like: "hello",
    help: "send this as the body; POST unless --method says otherwise",
  },
  header: {
    value: "'NAME: VALUE'",
    like: "'Accept: text/html'",
    repeats: true,
    help: "a field of the request; may be given more than once",
  },
  location: { help: "follow redirections, ten at most" },
  fail: { help: "end with exit code 22 when the status is 400 or above" },
  ntp: { value: "HOST", like: "time.octet.test", help: "ask this server for the time before" },
  repeat: { value: "N", like: "10", help: "fetch as often as this, on one connection" },
  parallel: {
    value: "N",
    like: "4",
    help:
      "fetch on this many connections at once; bodies are\ncounted, and kept with --output alone",
  },
};

/** The options of xcurl. */
export const xcurlOptions: OptionTable = { ...own, ...linkOptions };

/** The page of `--help`. */
export const xcurlHelp: string = `xcurl: fetch a URL over a TCP/IP stack of its own

  deno run examples/xcurl.ts URL [OPTION …]

DHCP, ARP, DNS, NTP, TCP and HTTP with nothing of the kernel's. How long each step took is said on
standard error; the body goes to standard output.

Options:
${describeOptions(xcurlOptions)}

Permissions: ${linkPermissions};
--allow-read and --allow-write for the folder of --output; --allow-write=FILE for --pcap;
--allow-read=FILE for --data @FILE.

Examples:
  deno run examples/xcurl.ts http://www.octet.test/
  deno run examples/xcurl.ts http://www.octet.test/ --sniff --ntp time.octet.test
  deno run examples/xcurl.ts http://www.octet.test/ --repeat 100 --parallel 4
  deno run examples/xcurl.ts http://www.octet.test/ --head --json
  deno run --allow-read=. --allow-write=. examples/xcurl.ts http://www.octet.test/ --output page.html --pcap page.pcapng

On a TAP device, where the kernel's side runs DHCP, DNS and a web server:
  deno run --allow-ffi examples/xcurl.ts --link tap:tap0 http://web.test/

With addresses by hand, and a web server on port 8000 of this machine:
  deno run --allow-ffi examples/xcurl.ts --link tap:tap0 --host-ip 10.77.0.1/24 --ip 10.77.0.2/24 http://10.77.0.1:8000/

Exit codes are curl's: 1 unsupported protocol, 3 malformed URL, 6 name not resolved, 7 not connected,
8 not HTTP, 18 body cut short, 22 HTTP error with --fail, 23 cannot write, 26 cannot read, 28 time is
up, 45 no such device, 47 too many redirections, 52 empty reply, 55 cannot send, 56 cannot receive;
and 2 for wrong usage, 130 after Ctrl-C.
`;

/** What xcurl is to do. */
export interface XcurlSettings {
  /** The network. */
  readonly link: LinkSettings;
  /** What to fetch. */
  readonly url: URL;
  /** The method. */
  readonly method: string;
  /** Fields of the request. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The body, `null` for none. */
  readonly body: Uint8Array | null;
  /** Where the body goes; `-` for standard output. */
  readonly output: string | undefined;
  /** Whether to show how far it is. */
  readonly progress: boolean;
  /** Whether redirections are followed. */
  readonly location: boolean;
  /** Whether an HTTP error is one of ours. */
  readonly fail: boolean;
  /** Whom to ask for the time. */
  readonly ntp: string | undefined;
  /** How many times to fetch. */
  readonly requests: number;
  /** On how many connections. */
  readonly parallel: number;
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} When it is wrong.
 * @throws {ExitError} When the URL is malformed, or the body's file cannot be read.
 */
export function readXcurlSettings(args: Arguments): XcurlSettings {
  const link = readLinkSettings(args);
  const parallel = args.integer("parallel", 1, 1000) ?? 1;
  const repeat = args.integer("repeat", 1, 1_000_000_000) ?? 1;
  const output = args.read("output", "the name of a file, or -", (text) => text || undefined);
  const data = args.text("data");
  const isHead = args.flag("head");
  const named = args.read("method", "a method such as PUT", readMethod);
  if (isHead && data !== undefined) throw new UsageError("Options --head and --data: give one");
  if (isHead && named !== undefined) throw new UsageError("Options --head and --method: give one");
  if (link.json && output === "-") {
    throw new UsageError("Options --json and --output - both want standard output: give one");
  }
  const headers = args.readAll("header", "a field like 'Accept: text/html'", readHeader);
  const ntp = args.read(
    "ntp",
    "a host name or address",
    (text) => /^\S+$/.test(text) ? text : undefined,
  );
  const url = readUrl(args.positionals[0]!);
  return {
    link,
    url,
    method: isHead ? "HEAD" : named ?? (data === undefined ? "GET" : "POST"),
    headers: withDefaults(headers, url, data !== undefined),
    body: data === undefined ? null : readBody(data),
    output,
    progress: args.flag("progress"),
    location: args.flag("location"),
    fail: args.flag("fail"),
    ntp,
    requests: Math.max(repeat, parallel),
    parallel,
  };
}

function readMethod(text: string): string | undefined {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text) && text.toUpperCase() !== "CONNECT"
    ? text
    : undefined;
}

const ownFields = [
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "expect",
  "te",
  "upgrade",
];

function readHeader(text: string): readonly [string, string] | undefined {
  const found = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/.exec(text);
  if (found === null) return undefined;
  const [, name, value] = found;
  if (ownFields.includes(name!.toLowerCase())) {
    throw new RangeError(`the field ${name} is xcurl's own to set`);
  }
  return [name!, value!];
}

function withDefaults(
  headers: readonly (readonly [string, string])[],
  url: URL,
  hasData: boolean,
): (readonly [string, string])[] {
  const fields: (readonly [string, string])[] = [["User-Agent", "octet-xcurl/0.1"], [
    "Accept",
    "*/*",
  ]];
  if (hasData) fields.push(["Content-Type", "application/x-www-form-urlencoded"]);
  if (url.username !== "" || url.password !== "") {
    const credentials = new TextEncoder().encode(
      `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`,
    );
    fields.push(["Authorization", `Basic ${credentials.toBase64()}`]);
  }
  const given = headers.map(([name]) => name.toLowerCase());
  return [...fields.filter(([name]) => !given.includes(name.toLowerCase())), ...headers];
}

function readBody(data: string): Uint8Array {
  if (!data.startsWith("@")) return new TextEncoder().encode(data);
  try {
    return Deno.readFileSync(data.slice(1));
  } catch (error) {
    const reason = error instanceof Error
      ? error.message.replace(/ \(os error.*$/s, "")
      : `${error}`;
    throw new ExitError(Exit.ReadError, `Cannot read ${data.slice(1)}: ${reason}`);
  }
}

/**
 * Reads a URL as curl does: without a scheme, it is HTTP's.
 *
 * @throws {ExitError} When it is malformed (3) or of another protocol (1).
 */
export function readUrl(text: string, base?: URL): URL {
  const hasScheme = base !== undefined || /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  let url: URL;
  try {
    url = new URL(hasScheme ? text : `http://${text}`, base);
  } catch {
    throw new ExitError(
      Exit.MalformedUrl,
      `Malformed URL ${JSON.stringify(text)}: write it like http://www.octet.test/`,
    );
  }
  if (url.protocol === "http:" && url.hostname !== "" && !/\s/.test(text)) {
    // A relative reference has the host of its base, which was looked at.
    const namesHost = base === undefined || /^([a-z][a-z0-9+.-]*:)?\/\//i.test(text);
    if (namesHost) checkHost(url, text);
    return url;
  }
  if (url.protocol === "http:" || url.hostname === "") {
    throw new ExitError(
      Exit.MalformedUrl,
      `Malformed URL ${JSON.stringify(text)}: write it like http://www.octet.test/`,
    );
  }
  const hint = url.protocol === "https:" ? "TLS is not there yet, only" : "only";
  throw new ExitError(
    Exit.UnsupportedProtocol,
    `Unsupported protocol ${url.protocol.slice(0, -1)}: ${hint} http is spoken here`,
  );
}

/** The URL parser takes 10.1 for 10.0.0.1; what stands there must be the address or a name. */
function checkHost(url: URL, text: string): void {
  if (url.hostname.startsWith("[")) {
    throw new ExitError(
      Exit.NotConnected,
      `Cannot connect to ${url.hostname} as IPv6 is not there yet`,
    );
  }
  const address = tryParseIpv4(url.hostname);
  if (address === undefined || text.includes(formatIpv4(address))) return;
  throw new ExitError(
    Exit.MalformedUrl,
    `Malformed URL ${JSON.stringify(text)}: write the address as ${url.hostname}`,
  );
}

/**
 * What httptap is asked on its command line.
 *
 * @module
 */
import { isLoopbackAddress, isToken } from "@octet/internet";
import { parseIpv4, parseIpv6 } from "@octet/netip";
import { type Arguments, describeOptions, type OptionTable, UsageError } from "./_arguments.ts";
import { linkOptions, linkPermissions, type LinkSettings, readLinkSettings } from "./_link.ts";
import { reasonOf } from "./_watch.ts";

const defaultLink = "tap:tap0";
const defaultPort = 7070;
const defaultListen = `127.0.0.1:${defaultPort}`;

/** Who to become when nobody is named, where root is to be given up. */
export const defaultUser = "nobody";

const { link, "host-ip": hostIp, mtu, impair, sniff, pcap } = linkOptions;

/** The options. */
export const httpTapOptions: OptionTable = {
  link: { ...link!, help: link!.help.replace("lan when left out", `${defaultLink} when left out`) },
  "host-ip": hostIp!,
  mtu: mtu!,
  listen: {
    value: "ADDR[:PORT]",
    like: defaultListen,
    help: `where to listen; ${defaultListen} when left out`,
  },
  token: {
    value: "TOKEN|@FILE",
    like: "a-secret-of-16-or-more",
    help: "what clients must show, 16 characters or more; wanted for any address\n" +
      "beyond loopback. A file keeps it out of the list of processes",
  },
  user: {
    value: "NAME",
    like: defaultUser,
    help: `who to become once all is open, when started as root; ${defaultUser} when left out`,
  },
  impair: impair!,
  sniff: sniff!,
  pcap: pcap!,
  verbose: { help: "say on standard error who comes and goes" },
  json: { help: "say where it listens in JSON" },
  help: { help: "this page" },
};

/** The page of `--help`. */
export const httpTapHelp: string =
  `httptap: lends a TAP device over HTTP, so that the rest needs no privilege

  deno run examples/httptap.ts [OPTION …]

Opens the device, gives root up, and hands the frames to one client at a time: a second one is
refused until the first has gone. Ctrl-C ends it.

  GET /info   {"MTU","IPPrefix","HardwareAddr","DataReady"}; HardwareAddr is the far side's
  GET /recv   the oldest unread frame, a JSON string in base64; the empty string: nothing there
  POST /send  a frame to send, in the same form
  /frames     a WebSocket, for speed: binary messages of frames, each behind its length in four
              bytes, network byte order

So does lneto's, whose clients are welcome; Octet's take the WebSocket where there is one. Without
--token it answers the programs of this machine, and no web page of any browser.

Options:
${describeOptions(httpTapOptions)}

Permissions: ${linkPermissions};
--allow-net=ADDR:PORT for --listen; --allow-read=FILE for --token @FILE;
--allow-write=FILE for --pcap.

Examples:
  deno run --allow-net=127.0.0.1:7070 examples/httptap.ts --link lan
  deno run --allow-ffi --allow-net=127.0.0.1:7070 examples/httptap.ts --host-ip 10.77.0.1/24
  deno run --allow-ffi --allow-net=0.0.0.0:7070 examples/httptap.ts --listen 0.0.0.0 --token a-secret-of-16-or-more

With the first, in another terminal, as anybody:
  deno run --allow-net=127.0.0.1:7070 examples/xcurl.ts --link http://127.0.0.1:7070 http://www.octet.test/

Exit codes: 1 when the device or the port cannot be had, 2 for wrong usage, 130 after Ctrl-C.
`;

/** What httptap is asked. */
export interface HttpTapSettings {
  /** What is lent. */
  readonly link: LinkSettings;
  /** The address to listen on. */
  readonly hostname: string;
  /** The port to listen on; 0 for any. */
  readonly port: number;
  /** What clients must show. */
  readonly token: string | undefined;
  /** Who to become, when somebody was named. */
  readonly user: string | undefined;
}

/**
 * Reads the command line.
 *
 * @throws {UsageError} When it is wrong.
 */
export function readHttpTapSettings(args: Arguments): HttpTapSettings {
  const settings = { ...readLinkSettings(args, defaultLink), offload: false };
  const { kind } = settings;
  if (!kind.hasEthernet) {
    throw new UsageError(
      `Option --link wants Ethernet frames, and ${kind.noun} has none: --link ${defaultLink}`,
    );
  }
  const listen = args.read("listen", `an address like ${defaultListen}`, readListen) ??
    { hostname: "127.0.0.1", port: defaultPort };
  const token = args.read(
    "token",
    "16 to 512 characters of A-Z, a-z, 0-9 and -._~+/, or @FILE with them",
    readToken,
  );
  if (token === undefined && !isLoopbackAddress(listen.hostname)) {
    throw new UsageError(
      `Address ${listen.hostname} is open to others, who could take the network over: give ` +
        "--token TOKEN, or listen on 127.0.0.1",
    );
  }
  const user = args.read("user", "the name of a user", (text) => text || undefined);
  return { link: settings, ...listen, token, user };
}

function readListen(text: string): { hostname: string; port: number } | undefined {
  const found = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text);
  if (found === null) return undefined;
  const [, six, four = "", port = String(defaultPort)] = found;
  if (six !== undefined) parseIpv6(six);
  else parseIpv4(four);
  return Number(port) <= 65_535 ? { hostname: six ?? four, port: Number(port) } : undefined;
}

function readToken(text: string): string | undefined {
  const token = text.startsWith("@") ? readTokenFile(text.slice(1)) : text;
  if (isToken(token)) return token;
  // The token itself is not for a screen.
  throw new RangeError(`these are ${token.length}, or there are others among them`);
}

function readTokenFile(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new UsageError(`Cannot read the token from ${path}: ${reasonOf(error)}`);
  }
}

/**
 * A TCP server on a network of its own: it gives back what it gets, or counts it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import type { Host, TcpConn, TcpListener } from "@octet/internet";
import { formatIpv4 } from "@octet/netip";
import { type Arguments, describeOptions, type OptionTable, UsageError } from "./_arguments.ts";
import { Link, linkOptions, linkPermissions, readLinkSettings } from "./_link.ts";
import { describeLink, serverExitCode } from "./_listening.ts";
import { ExitError, print, runProgram, say } from "./_program.ts";
import { readPort } from "./_tcp_port.ts";
import { reasonOf } from "./_watch.ts";
import { formatRate, formatTime } from "./_xcurl_report.ts";

const options: OptionTable = {
  sink: { help: "count what comes, rather than give it back" },
  sha256: { help: "with --sink: the SHA-256 of what came, too" },
  once: { help: "serve one connection, then end" },
  ...linkOptions,
  verbose: { help: "a line for each connection that begins, on standard error" },
  json: { help: "where it listens, and each connection that ends, as JSON lines" },
  timeout: { value: "SECONDS", like: "5", help: "how long to wait for a lease; 30 when left out" },
};

const help = `tcpserver: gives back what it gets, or counts it, over a TCP/IP stack of its own

  deno run examples/tcpserver.ts PORT [OPTION …]

A line on standard output for each connection that ends: who, how much, how fast. Any number may be
open at once. Ctrl-C ends it.

With --link lan, the default, the server is on an Ethernet in memory and is reached only from within
this process: a second host on that LAN sends it a megabyte once, and checks what comes back.

Options:
${describeOptions(options)}

Permissions: ${linkPermissions};
--allow-write=FILE for --pcap.

Examples:
  deno run examples/tcpserver.ts 7 --once
  deno run examples/tcpserver.ts 9 --sink --sha256 --once --json
  deno run --allow-ffi examples/tcpserver.ts 7 --link tap:tap0 --host-ip 10.77.0.1/24 --ip 10.77.0.2/24

With the third, in another terminal:
  nc -N 10.77.0.2 7 < README.md | cmp - README.md

Exit codes: 1 when the device or the port cannot be had, 2 for wrong usage, 28 when no lease came in
time, 56 when the one connection of --once was reset, 130 after Ctrl-C.
`;

/** How much is read at a time, in bytes. */
const chunk = 64 * 1024;
const selfCheckAddress = "10.77.0.2";
const selfCheckSize = 1024 * 1024;

interface ServerSettings {
  readonly port: number;
  readonly isSink: boolean;
  readonly hashes: boolean;
  readonly isVerbose: boolean;
  readonly isJson: boolean;
}

/** What became of a connection. */
interface Outcome {
  readonly peer: string;
  readonly received: number;
  readonly sent: number;
  readonly ms: number;
  readonly sha256?: string;
  readonly error?: string;
}

async function main(args: Arguments, signal: AbortSignal): Promise<number> {
  const settings = readLinkSettings(args);
  const server: ServerSettings = {
    port: readPort(args.positionals[0]!),
    isSink: args.flag("sink"),
    hashes: args.flag("sha256"),
    isVerbose: settings.verbose,
    isJson: settings.json,
  };
  if (server.hashes && !server.isSink) {
    throw new UsageError("Option --sha256 wants --sink: what is given back is not kept");
  }
  await using link = await Link.open(settings, "tcpserver");
  const { host } = link;
  await link.configure(signal);
  const address = formatIpv4(link.addresses[0]!);
  const { port } = server;
  using listener = host.listen({ port });
  if (server.isJson) print(`${JSON.stringify({ address, port, link: settings.label })}\n`);
  else print(`Listening on ${address}:${port} (${describeLink(settings)})\n`);
  const serving = args.flag("once") ? serveOnce(listener, server) : serve(listener, server);
  const checking = link.lan === null ? null : checkSelf(link, address, server, signal);
  await Promise.race([
    // Nothing but the end of the server ends it; a check that fails does, too.
    Promise.all([serving, checking]),
    link.ended(signal),
  ]);
  return 0;
}

async function serve(listener: TcpListener, settings: ServerSettings): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const accepting = async () => {
    for await (const conn of listener) {
      // A reader of our output that is gone ends the server.
      attend(conn, settings).catch(reject);
    }
  };
  await Promise.race([accepting(), promise]);
}

async function serveOnce(listener: TcpListener, settings: ServerSettings): Promise<void> {
  const conn = await listener.accept();
  const { error } = await attend(conn, settings);
  if (error !== undefined) throw new ExitError(56, "");
}

/** Serves one connection to its end, and tells of it. */
async function attend(conn: TcpConn, settings: ServerSettings): Promise<Outcome> {
  const { hostname, port } = conn.remoteAddr;
  const peer = `${hostname}:${port}`;
  if (settings.isVerbose) say(`${peer} has connected`);
  const outcome = await carry(conn, peer, settings);
  print(`${settings.isJson ? JSON.stringify(outcome) : describeOutcome(outcome)}\n`);
  return outcome;
}

async function carry(
  conn: TcpConn,
  peer: string,
  { isSink, hashes }: ServerSettings,
): Promise<Outcome> {
  using _closing = conn;
  const hash = hashes ? createHash("sha256") : null;
  const buffer = new Uint8Array(chunk);
  const start = performance.now();
  let [received, sent] = [0, 0];
  let failure: string | null = null;
  try {
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      received += count;
      hash?.update(buffer.subarray(0, count));
      if (isSink) continue;
      for (let at = 0; at < count;) {
        const written = await conn.write(buffer.subarray(at, count));
        at += written;
        sent += written;
      }
    }
  } catch (error) {
    failure = reasonOf(error).replace(/ \(os error \d+\)/, "");
  }
  return {
    peer,
    received,
    sent,
    ms: performance.now() - start,
    ...(hash !== null && { sha256: hash.digest("hex") }),
    ...(failure !== null && { error: failure }),
  };
}

function describeOutcome({ peer, received, sent, ms, sha256, error }: Outcome): string {
  const back = sent === 0 ? "" : `, ${sent} sent`;
  const hash = sha256 === undefined ? "" : `, SHA-256 ${sha256}`;
  return `${peer} ${received} bytes received${back} in ${formatTime(ms)}, ${
    formatRate(received, ms)
  }${hash}${error === undefined ? "" : `: ${error}`}`;
}

/** A second host on the LAN sends bytes, as nobody else can. */
async function checkSelf(
  link: Link,
  hostname: string,
  { port, isSink, isJson }: ServerSettings,
  signal: AbortSignal,
): Promise<void> {
  await using neighbour = link.addNeighbour(selfCheckAddress);
  const start = performance.now();
  const back = await exchange(neighbour, { hostname, port, signal });
  const ms = performance.now() - start;
  const wanted = isSink ? 0 : selfCheckSize;
  if (back !== wanted) {
    throw new ExitError(1, `Self-check failed: ${back} bytes of ${wanted} came back as they were`);
  }
  const check = { from: selfCheckAddress, sent: selfCheckSize, received: back, ms };
  if (isJson) print(`${JSON.stringify({ check })}\n`);
  else {
    print(
      `Self-check: ${selfCheckAddress} on the same LAN sent ${selfCheckSize} bytes, ` +
        `${back} came back, ${formatTime(ms)}\n`,
    );
  }
}

/** Sends bytes and counts those that come back as they were, up to the first that does not. */
async function exchange(
  host: Host,
  peer: { hostname: string; port: number; signal: AbortSignal },
): Promise<number> {
  using conn = await host.connect(peer);
  const bytes = Uint8Array.from({ length: selfCheckSize }, (_, i) => i % 251);
  const sending = async () => {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    await conn.closeWrite();
  };
  const receiving = async () => {
    const buffer = new Uint8Array(chunk);
    let right = 0;
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      for (let i = 0; i < count && buffer[i] === bytes[right]; i++) right++;
    }
    return right;
  };
  const [, right] = await Promise.all([sending(), receiving()]);
  return right;
}

if (import.meta.main) {
  await runProgram({
    name: "tcpserver",
    help,
    options,
    positionals: ["PORT"],
    main,
    exitCode: serverExitCode,
  });
}

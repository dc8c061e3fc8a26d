/**
 * Standard input to a TCP peer, and the peer to standard output, over a TCP/IP stack of its own.
 *
 * @module
 */
import type { TcpConn } from "@octet/internet";
import { formatIpv4 } from "@octet/netip";
import { type Arguments, describeOptions, type OptionTable } from "./_arguments.ts";
import { DeviceError, Link, linkOptions, linkPermissions, readLinkSettings } from "./_link.ts";
import { ExitError, runProgram, say } from "./_program.ts";
import { readPort } from "./_tcp_port.ts";
import { Exit } from "./_xcurl_options.ts";
import { formatRate, Report } from "./_xcurl_report.ts";
import { Steps } from "./_xcurl_steps.ts";

const options: OptionTable = {
  ...linkOptions,
  verbose: { help: "how long each step took, on standard error" },
  json: { help: "what was carried, as one JSON object on standard error" },
  timeout: {
    value: "SECONDS",
    like: "5",
    help: "how long to wait for a lease, the name and the connection, all together",
  },
};

const help = `tcpclient: standard input to a peer, the peer to standard output

  deno run examples/tcpclient.ts HOST PORT [OPTION …]

Speaks TCP over a stack of its own, as nc -N does over the kernel's: at the end of standard input the
peer is told so and may still send, and the program ends when both directions are over. Typed at a
terminal, it ends when the peer does.

Options:
${describeOptions(options)}

Permissions: ${linkPermissions};
--allow-write=FILE for --pcap.

Examples:
  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | deno run examples/tcpclient.ts www.octet.test 80
  echo | deno run examples/tcpclient.ts www.octet.test 80 --verbose
  deno run --allow-ffi examples/tcpclient.ts 10.77.0.1 7 --link tap:tap0 --host-ip 10.77.0.1/24 --ip 10.77.0.2/24

Exit codes: 2 for wrong usage, and curl's for the rest: 6 name not resolved, 7 not connected, 23
standard output closed, 28 timed out, 45 no such device, 55 the peer reads no more, 56 connection
reset; 130 after Ctrl-C.
`;

/** How much is read at a time, in bytes. */
const chunk = 256 * 1024;

/** What was carried, in bytes. */
interface Figures {
  sent: number;
  received: number;
}

async function main(args: Arguments, interrupt: AbortSignal): Promise<number> {
  const settings = readLinkSettings(args);
  const [name] = args.positionals;
  const port = readPort(args.positionals[1]!);
  const { timeout, verbose, json } = settings;
  const report = new Report(!verbose);
  await using link = await Link.open(settings, "tcpclient");
  using conn = await connect(link, name!, port, timeout, report, interrupt);
  const start = performance.now();
  const figures: Figures = { sent: 0, received: 0 };
  try {
    // Standard input may have nothing to say for long: it is not waited for after Ctrl-C.
    await Promise.race([carry(conn, figures), aborted(interrupt)]);
  } finally {
    const time = performance.now() - start;
    const { sent, received } = figures;
    report.step(
      "done",
      time,
      `${sent} bytes sent, ${received} received, ${formatRate(sent + received, time)}`,
    );
    const { hostname } = conn.remoteAddr;
    if (json) say(JSON.stringify({ address: hostname, port, sent, received, ms: time }));
  }
  return Exit.Ok;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
}

/** Takes all steps to a connection. */
async function connect(
  link: Link,
  name: string,
  port: number,
  timeout: number,
  report: Report,
  interrupt: AbortSignal,
): Promise<TcpConn> {
  const late = new AbortController();
  const timer = Number.isFinite(timeout) ? setTimeout(() => late.abort(), timeout) : undefined;
  const signal = AbortSignal.any([interrupt, late.signal]);
  const steps = new Steps(link, report, signal);
  try {
    await steps.address();
    const addresses = (await steps.addresses(name)).map(formatIpv4);
    steps.stage = "TCP";
    const start = performance.now();
    const conn = await first(
      addresses,
      (hostname) => link.host.connect({ hostname, port, signal }),
    );
    const { localAddr, remoteAddr } = conn;
    const ends = [localAddr, remoteAddr].map(({ hostname, port }) => `${hostname}:${port}`);
    report.step("TCP", performance.now() - start, `connected from ${ends.join(" to ")}`);
    return conn;
  } catch (error) {
    if (error instanceof ExitError) throw error;
    if (late.signal.aborted) {
      throw new ExitError(Exit.TimedOut, `Timed out after ${timeout / 1000} s`);
    }
    throw told(error, steps.stage, `${name} port ${port}`);
  } finally {
    clearTimeout(timer);
  }
}

/** The first connection that comes about. */
async function first(
  addresses: readonly string[],
  dial: (address: string) => Promise<TcpConn>,
): Promise<TcpConn> {
  let failure: unknown;
  for (const address of addresses) {
    try {
      return await dial(address);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function told(error: unknown, stage: string, peer: string): ExitError {
  const reason = reasonOf(error);
  const code = stage === "DNS"
    ? Exit.NotResolved
    : error instanceof Deno.errors.TimedOut
    ? Exit.TimedOut
    : Exit.NotConnected;
  const action = stage === "DHCP"
    ? "Cannot get an address"
    : stage === "DNS"
    ? "Cannot resolve the name"
    : `Cannot connect to ${peer}`;
  const message = reason.startsWith("Cannot") ? reason : `${action}: ${reason}`;
  return new ExitError(code, message, { cause: error });
}

/** Carries both ways until both are over, or the peer is and somebody would have to type on. */
async function carry(conn: TcpConn, figures: Figures): Promise<void> {
  const up = send(conn, figures);
  const down = receive(conn, figures);
  const isTyped = Deno.stdin.isTerminal();
  // What the peer has said is heard to its end, though it does not listen any more.
  const failed = async (error: unknown) => {
    if (error instanceof ExitError && error.code === Exit.SendError) await down;
    throw error;
  };
  const sent = up.then(() => down, failed);
  await Promise.race([sent, down.then(() => isTyped ? undefined : sent)]);
}

async function send(conn: TcpConn, figures: Figures): Promise<void> {
  const buffer = new Uint8Array(chunk);
  for (;;) {
    const count = await Deno.stdin.read(buffer);
    if (count === null) break;
    for (let at = 0; at < count;) {
      const written = await conn.write(buffer.subarray(at, count)).catch(cannotSend);
      at += written;
      figures.sent += written;
    }
  }
  await conn.closeWrite();
}

async function receive(conn: TcpConn, figures: Figures): Promise<void> {
  const buffer = new Uint8Array(chunk);
  for (;;) {
    const count = await conn.read(buffer).catch(cannotReceive);
    if (count === null) return;
    figures.received += count;
    // Waiting for whoever reads closes the window, and lets the other direction go on.
    for (let at = 0; at < count;) at += await Deno.stdout.write(buffer.subarray(at, count));
  }
}

function cannotSend(error: unknown): never {
  if (!(error instanceof Deno.errors.BrokenPipe)) return cannotReceive(error);
  throw new ExitError(Exit.SendError, "Cannot send all as the peer reads no more", {
    cause: error,
  });
}

function cannotReceive(error: unknown): never {
  const code = error instanceof Deno.errors.TimedOut ? Exit.TimedOut : Exit.ReceiveError;
  throw new ExitError(code, `Connection lost: ${reasonOf(error)}`, { cause: error });
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ \(os error \d+\)/, "");
}

function exitCode(error: unknown): number {
  return error instanceof DeviceError ? Exit.InterfaceFailed : Exit.NotConnected;
}

if (import.meta.main) {
  await runProgram({
    name: "tcpclient",
    help,
    options,
    positionals: ["HOST", "PORT"],
    main,
    exitCode,
  });
}

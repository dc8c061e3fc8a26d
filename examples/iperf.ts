/**
 * Measures throughput with iperf3's protocol, over a TCP/IP stack of its own: against a real iperf3, or itself.
 *
 * @module
 */
import type { Host } from "@octet/internet";
import type { Arguments } from "./_arguments.ts";
import { IperfClient } from "./_iperf_client.ts";
import {
  iperfHelp,
  iperfOptions,
  type IperfSettings,
  readIperfSettings,
} from "./_iperf_options.ts";
import { IperfServer, type ServerOptions } from "./_iperf_server.ts";
import { Link } from "./_link.ts";
import { ExitError, print, runProgram, say } from "./_program.ts";

/** The other host of the in-memory LAN. */
const neighbourAddress = "10.77.0.2";
/** How long it tests a server that nobody else reaches, in seconds. */
const selfCheckTime = 2;

async function main(args: Arguments, signal: AbortSignal): Promise<number> {
  const settings = readIperfSettings(args);
  const { link: linkSettings } = settings;
  await using link = await Link.open(linkSettings, "iperf");
  await link.configure(signal);
  if (link.lan === null) {
    await measure(link.host, settings, signal);
    return 0;
  }
  await using neighbour = link.addNeighbour(neighbourAddress);
  if (settings.host === null) {
    // Nobody else is on the LAN: the neighbour is the client.
    const address = link.host.networkInterfaces()[0]!.address;
    const server = serve(link.host, { ...settings, oneOff: true }, signal);
    const test = { ...settings.test, time: selfCheckTime };
    const asked = { ...settings, host: address, interval: 0, test };
    await Promise.all([server, client(neighbour, asked, signal, () => {})]);
    return 0;
  }
  // What its server has to say the client learns.
  const silent = { print: () => {}, complain: () => {} };
  using server = new IperfServer(neighbour, { ...serverOptions(settings), ...silent });
  void server.run();
  await client(link.host, settings, signal, printLine);
  return 0;
}

async function measure(host: Host, settings: IperfSettings, signal: AbortSignal): Promise<void> {
  if (settings.host === null) {
    await Promise.race([serve(host, settings, signal), host.closed]);
  } else await client(host, settings, signal, printLine);
}

async function serve(host: Host, settings: IperfSettings, signal: AbortSignal): Promise<void> {
  using server = new IperfServer(host, serverOptions(settings));
  signal.addEventListener("abort", () => server.close());
  await server.run(settings.oneOff ? 1 : Infinity);
}

function serverOptions(settings: IperfSettings): ServerOptions {
  const { port, interval, link: { json } } = settings;
  return { port, interval, json, print: printLine, complain: (line) => say(`iperf: ${line}`) };
}

async function client(
  host: Host,
  settings: IperfSettings,
  signal: AbortSignal,
  show: (line: string) => void,
): Promise<void> {
  const report = await new IperfClient(host, settings, show).run(signal);
  if (settings.link.json) show(JSON.stringify(report, null, "\t"));
  else show("\niperf Done.");
}

function printLine(line: string): void {
  try {
    print(`${line}\n`);
  } catch (error) {
    // A test that fails is told of; nobody to tell is the end.
    if (error instanceof Deno.errors.BrokenPipe) throw new ExitError(23, "", { cause: error });
    throw error;
  }
}

if (import.meta.main) {
  await runProgram({ name: "iperf", help: iperfHelp, options: iperfOptions, main });
}

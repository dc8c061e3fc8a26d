/**
 * Measures latency, loss and order of datagrams, over a TCP/IP stack of its own.
 *
 * @module
 */
import type { Host } from "@octet/internet";
import { formatIpv4 } from "@octet/netip";
import type { Arguments } from "./_arguments.ts";
import { Link } from "./_link.ts";
import { describeLink, serverExitCode } from "./_listening.ts";
import { ExitError, print, runProgram } from "./_program.ts";
import type { Answer, Figures } from "./_udpping_figures.ts";
import {
  readUdppingSettings,
  udppingHelp,
  udppingOptions,
  type UdppingSettings,
} from "./_udpping_options.ts";
import { answerRequests, UdppingRun } from "./_udpping_run.ts";

/** The other host of the in-memory LAN. */
const neighbourAddress = "10.77.0.2";
/** How it asks a server that nobody else reaches. */
const selfCheck = { count: 10, interval: 10, size: 64, wait: 1000 };

async function main(args: Arguments, interrupt: AbortSignal): Promise<number> {
  const settings = readUdppingSettings(args);
  await using link = await Link.open(settings.link, "udpping").catch((error) => {
    throw settings.target === null ? error : new ExitError(2, reasonOf(error), { cause: error });
  });
  return settings.target === null
    ? await serve(link, settings, interrupt)
    : await ask(link, settings, settings.target, interrupt);
}

async function ask(
  link: Link,
  settings: UdppingSettings,
  target: string,
  interrupt: AbortSignal,
): Promise<number> {
  const { link: { json, timeout }, quiet, port } = settings;
  const ends = [interrupt];
  if (Number.isFinite(timeout)) ends.push(AbortSignal.timeout(timeout));
  const signal = AbortSignal.any(ends);
  const { host } = link;
  const hostname = await reach(link, target, timeout, signal);
  await using neighbour = link.lan === null ? null : link.addNeighbour(neighbourAddress);
  if (neighbour !== null) void answerRequests(neighbour.listenDatagram({ port }), () => {});
  const peer = target === hostname ? target : `${target} (${hostname})`;
  if (!json) print(`UDPPING ${peer} port ${port}: ${settings.size} bytes\n`);
  const answers: Answer[] = [];
  const show = (answer: Answer) => {
    if (quiet) return;
    if (json) answers.push(answer);
    else print(`${describeAnswer(answer, settings.size, hostname)}\n`);
  };
  const start = performance.now();
  const run = await askFor(host, hostname, settings, signal, show);
  const { figures, errors } = run;
  const ms = performance.now() - start;
  if (!json) print(`${describeFigures(figures, errors, target).join("\n")}\n`);
  else {
    const { sent, received, duplicates, reordered, loss, latencies } = figures;
    const counted = { sent, received, duplicates, reordered, errors, loss, latencies };
    const size = settings.size;
    const told = { target, address: hostname, port, size, ms, ...counted };
    print(`${JSON.stringify({ ...told, ...(!quiet && { answers }) })}\n`);
  }
  return figures.received === 0 ? 1 : 0;
}

/** Gets an address for us, and the one of the host that is to be asked. */
async function reach(
  link: Link,
  target: string,
  timeout: number,
  signal: AbortSignal,
): Promise<string> {
  try {
    await link.configure(signal);
    const [address] = await link.host.lookup(target, signal);
    return formatIpv4(address!);
  } catch (error) {
    if (signal.aborted) throw new ExitError(2, `Timed out after ${timeout / 1000} s`);
    throw new ExitError(2, reasonOf(error), { cause: error });
  }
}

async function askFor(
  host: Host,
  hostname: string,
  settings: UdppingSettings,
  signal: AbortSignal,
  show: (answer: Answer) => void,
): Promise<UdppingRun> {
  try {
    return await UdppingRun.ask(host, hostname, settings, signal, show);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    const { code } = error;
    const isAnswer = code === "ECONNREFUSED" || code === "EHOSTUNREACH";
    const who = `${hostname} port ${settings.port}`;
    throw new ExitError(isAnswer ? 1 : 2, `Cannot ask ${who}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function describeAnswer(answer: Answer, size: number, address: string): string {
  const { sequence, time, isDuplicate, isReordered } = answer;
  const note = isDuplicate ? " (duplicate)" : isReordered ? " (reordered)" : "";
  return `${size} bytes from ${address}: seq=${sequence} time=${time.toFixed(3)} ms${note}`;
}

function describeFigures(figures: Figures, errors: number, target: string): string[] {
  const { sent, received, duplicates, reordered, loss, latencies } = figures;
  const counts = [
    `${sent} sent`,
    `${received} received`,
    `${Number(loss.toPrecision(6))}% lost`,
    `${duplicates} duplicates`,
    `${reordered} reordered`,
  ];
  if (errors > 0) counts.push(`${errors} errors`);
  const lines = ["", `--- ${target} udpping statistics ---`, counts.join(", ")];
  if (latencies !== null) {
    const { min, avg, median, p99, max } = latencies;
    const times = [min, avg, median, p99, max].map((time) => time.toFixed(3)).join("/");
    lines.push(`latency min/avg/median/p99/max = ${times} ms`);
  }
  return lines;
}

async function serve(
  link: Link,
  settings: UdppingSettings,
  interrupt: AbortSignal,
): Promise<number> {
  const { port, link: { json, label } } = settings;
  const { host } = link;
  await link.configure(interrupt);
  const address = formatIpv4(link.addresses[0]!);
  using conn = host.listenDatagram({ port });
  let requests = 0;
  const answering = answerRequests(conn, () => requests++);
  if (json) print(`${JSON.stringify({ address, port, link: label })}\n`);
  else print(`Listening on ${address}:${port} (${describeLink(settings.link)})\n`);
  if (link.lan !== null) await checkSelf(link, address, settings, interrupt);
  await Promise.race([answering, link.ended(interrupt)]);
  if (json) print(`${JSON.stringify({ requests })}\n`);
  else print(`${requests} requests answered\n`);
  return 130;
}

/** A second host on the LAN asks, as nobody else can. */
async function checkSelf(
  link: Link,
  address: string,
  { port, link: { json } }: UdppingSettings,
  signal: AbortSignal,
): Promise<void> {
  await using neighbour = link.addNeighbour(neighbourAddress);
  const run = await UdppingRun.ask(neighbour, address, { ...selfCheck, port }, signal);
  const { sent, received, latencies } = run.figures;
  if (json) print(`${JSON.stringify({ check: { sent, received, latencies } })}\n`);
  else {
    const median = latencies === null ? "" : `, median ${latencies.median.toFixed(3)} ms`;
    print(
      `Self-check: ${neighbourAddress} on the same LAN had ${received} of ${sent} requests ` +
        `answered${median}\n`,
    );
  }
}

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/ \(os error \d+\)/, "");
}

if (import.meta.main) {
  await runProgram({
    name: "udpping",
    help: udppingHelp,
    options: udppingOptions,
    positionals: ["[HOST]"],
    endsByInterrupt: true,
    main,
    exitCode: serverExitCode,
  });
}

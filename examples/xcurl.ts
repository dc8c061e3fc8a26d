/**
 * Fetches a URL over a network of its own: DHCP, ARP, DNS, NTP, TCP and HTTP with nothing of the kernel's.
 *
 * @module
 */
import { HttpError } from "@octet/internet";
import type { Arguments } from "./_arguments.ts";
import { DeviceError, Link } from "./_link.ts";
import { ExitError, runProgram } from "./_program.ts";
import {
  Exit,
  readXcurlSettings,
  xcurlHelp,
  xcurlOptions,
  type XcurlSettings,
} from "./_xcurl_options.ts";
import { formatTime, Report } from "./_xcurl_report.ts";
import { type Stage, Steps } from "./_xcurl_steps.ts";
import { Fetcher, newBuffer, type Transfer } from "./_xcurl_transfer.ts";

async function main(args: Arguments, interrupt: AbortSignal): Promise<number> {
  const settings = readXcurlSettings(args);
  const { timeout } = settings.link;
  const report = new Report(settings.link.json);
  const limit = Number.isFinite(timeout) ? AbortSignal.timeout(timeout) : null;
  const signal = limit === null ? interrupt : AbortSignal.any([interrupt, limit]);
  report.add({ url: settings.url.href, method: settings.method, link: settings.link.label });
  try {
    await fetchAll(settings, report, signal);
  } catch (thrown) {
    const error = thrown instanceof SuppressedError ? thrown.suppressed : thrown;
    const told = interrupt.aborted
      ? new ExitError(130, "Interrupted")
      : limit?.aborted === true && !(error instanceof ExitError)
      ? new ExitError(Exit.TimedOut, `Timed out after ${timeout / 1000} s`)
      : error instanceof ExitError
      ? error
      : new ExitError(exitCode(error), messageOf(error), { cause: error });
    report.finish(told.code, told.message);
    throw told;
  }
  report.finish(Exit.Ok);
  return Exit.Ok;
}

async function fetchAll(
  settings: XcurlSettings,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const link = await Link.open(settings.link, "xcurl");
  await useLink(link, settings, report, signal);
  // Packets wait to be written until the capture closes.
  if (!link.isCaptureWhole) throw new ExitError(Exit.WriteError, "The capture is not whole");
}

async function useLink(
  link: Link,
  settings: XcurlSettings,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  await using _closing = link;
  const steps = new Steps(link, report, signal);
  try {
    await steps.address();
    if (settings.ntp !== undefined) await steps.time(settings.ntp);
    using fetcher = new Fetcher(link.host, settings, steps, report, signal);
    await fetchRepeatedly(fetcher, settings, report);
  } catch (error) {
    if (link.lost !== null) {
      const isReceiving = steps.stage === "HTTP" || steps.stage === "body";
      const code = isReceiving ? Exit.ReceiveError : Exit.InterfaceFailed;
      throw new ExitError(code, link.lost.message);
    }
    throw told(steps.stage, error, signal);
  }
}

async function fetchRepeatedly(
  fetcher: Fetcher,
  { requests, parallel }: XcurlSettings,
  report: Report,
): Promise<void> {
  const start = performance.now();
  const done: Transfer[] = [];
  let begun = 0;
  const work = async (): Promise<void> => {
    const buffer = newBuffer();
    while (begun < requests) {
      const isTold = begun++ === 0;
      done.push(await fetcher.fetch(buffer, isTold));
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  if (requests === 1) return;
  const time = performance.now() - start;
  const times = done.map((one) => one.time).sort((a, b) => a - b);
  const [fastest, median, slowest] = [0, times.length >> 1, times.length - 1].map((i) => times[i]!);
  const perSecond = Math.round(requests * 1000 / time);
  const bytes = done.reduce((sum, one) => sum + one.bytes, 0);
  report.step(
    "all",
    time,
    `${requests} requests on ${parallel} connections, ${perSecond}/s; fastest ` +
      `${formatTime(fastest!)}, median ${formatTime(median!)}, slowest ${formatTime(slowest!)}`,
    { requests, parallel, perSecond, bytes, fastest, median, slowest },
  );
}

/** An error with the exit code that curl has for it. */
function told(stage: Stage, error: unknown, signal: AbortSignal): unknown {
  if (error instanceof ExitError || signal.aborted) return error;
  return new ExitError(codeAt(stage, error), explained(stage, error), { cause: error });
}

function codeAt(stage: Stage, error: unknown): number {
  if (error instanceof HttpError) {
    if (error.code === "EmptyReply") return Exit.EmptyReply;
    if (error.code === "TimedOut") return Exit.TimedOut;
    if (error.code === "Closed") return Exit.ReceiveError;
    if (error.code === "Truncated") return stage === "body" ? Exit.PartialFile : Exit.ReceiveError;
    return stage === "body" ? Exit.ReceiveError : Exit.StrangeReply;
  }
  if (error instanceof Deno.errors.TimedOut) return Exit.TimedOut;
  if (stage === "DNS") return Exit.NotResolved;
  if (stage === "HTTP" && error instanceof Deno.errors.BrokenPipe) return Exit.SendError;
  return stage === "HTTP" || stage === "body" ? Exit.ReceiveError : Exit.NotConnected;
}

function explained(stage: Stage, error: unknown): string {
  const message = messageOf(error).replace(/ \(os error \d+\)/, "");
  if (message.startsWith("Cannot")) return message;
  const action = {
    DHCP: "Cannot get an address",
    ARP: "Cannot find the neighbour",
    DNS: "Cannot resolve the name",
    NTP: "Cannot get the time",
    TCP: "Cannot connect",
    HTTP: "Cannot get a response",
    body: "Cannot receive the body whole",
  }[stage];
  return `${action}: ${message}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function exitCode(error: unknown): number {
  return error instanceof DeviceError ? Exit.InterfaceFailed : Exit.NotConnected;
}

if (import.meta.main) {
  await runProgram({
    name: "xcurl",
    help: xcurlHelp,
    options: xcurlOptions,
    positionals: ["URL"],
    main,
  });
}

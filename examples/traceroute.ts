/**
 * Finds the routers on the way to a host, as traceroute(8), over a TCP/IP stack of its own.
 *
 * @module
 */
import { formatIpv4 } from "@octet/netip";
import type { Arguments } from "./_arguments.ts";
import { Link } from "./_link.ts";
import { ExitError, print, runProgram } from "./_program.ts";
import {
  readTracerouteSettings,
  tracerouteHelp,
  tracerouteOptions,
  type TracerouteSettings,
} from "./_traceroute_options.ts";
import { describeHop, describeSearch, hopJson, Names, namesOf } from "./_traceroute_report.ts";

async function main(args: Arguments, interrupt: AbortSignal): Promise<number> {
  const settings = readTracerouteSettings(args);
  const { timeout } = settings.link;
  const ends = [interrupt];
  if (Number.isFinite(timeout)) ends.push(AbortSignal.timeout(timeout));
  const signal = AbortSignal.any(ends);
  await using link = await Link.open(settings.link, "traceroute");
  try {
    await trace(link, settings, signal);
    return 0;
  } catch (error) {
    throw told(link.lost ?? error, settings, signal);
  }
}

async function trace(
  link: Link,
  settings: TracerouteSettings,
  signal: AbortSignal,
): Promise<void> {
  const { target, isNumeric, search } = settings;
  const { json } = settings.link;
  const { host } = link;
  await link.configure(signal);
  const [destination] = await host.lookup(target, signal);
  const address = formatIpv4(destination!);
  const names = isNumeric ? null : new Names(host, signal);
  const hops: Record<string, unknown>[] = [];
  let isReached = false;
  if (!json) print(`${describeSearch(settings, address)}\n`);
  const { size } = settings;
  for await (const hop of host.traceroute(address, { ...search, size, signal })) {
    const known = names === null ? null : await namesOf(hop, names);
    if (json) hops.push(hopJson(hop, known));
    else print(`${describeHop(hop, known)}\n`);
    isReached = hop.probes.some((probe) => probe.address === address);
  }
  if (!json) return;
  const { protocol } = search;
  print(`${JSON.stringify({ target, address, protocol, size, isReached, hops })}\n`);
}

function told(error: unknown, { target, link }: TracerouteSettings, signal: AbortSignal): unknown {
  if (error instanceof ExitError || error instanceof Deno.errors.BrokenPipe) return error;
  if (signal.aborted) return new ExitError(2, `Timed out after ${link.timeout / 1000} s`);
  const reason = (error instanceof Error ? error.message : String(error))
    .replace(/ \(os error \d+\)/, "");
  const message = reason.startsWith("Cannot") ? reason : `Cannot trace ${target}: ${reason}`;
  return new ExitError(2, message, { cause: error });
}

if (import.meta.main) {
  await runProgram({
    name: "traceroute",
    help: tracerouteHelp,
    options: tracerouteOptions,
    positionals: ["HOST", "[BYTES]"],
    main,
    exitCode: () => 2,
  });
}

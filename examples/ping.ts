/**
 * Asks a host whether it is there, as iputils' ping, over a TCP/IP stack of its own.
 *
 * @module
 */
import type { PingResult, PingSession } from "@octet/internet";
import { formatIpv4, parseIpv4 } from "@octet/netip";
import { type Arguments, UsageError } from "./_arguments.ts";
import { Link } from "./_link.ts";
import { pingHelp, pingOptions, type PingSettings, readPingSettings } from "./_ping_options.ts";
import { PingReport } from "./_ping_report.ts";
import { ExitError, print, runProgram, say } from "./_program.ts";

/** How long the last answers are waited for when none has come, in milliseconds. */
const defaultWait = 10_000;
/** How long they are waited for at least when some have come: a busy machine is late now and then. */
const leastPatience = 200;
/** In a flood the next request waits for an answer no longer than this, in milliseconds. */
const floodInterval = 10;

async function main(args: Arguments, interrupt: AbortSignal): Promise<number> {
  const settings = readPingSettings(args);
  const { timeout } = settings.link;
  const ends = [interrupt];
  if (Number.isFinite(timeout)) ends.push(AbortSignal.timeout(timeout));
  const signal = AbortSignal.any(ends);
  await using link = await Link.open(settings.link, "ping");
  const session = await open(link, settings, signal);
  const report = new PingReport(settings, session.address, link.addresses.map(formatIpv4));
  const quiet = settings.link.json;
  if (!quiet) print(`${report.head}\n`);
  const elapsed = await new Run(session, settings, report).toEnd(signal, link.host.closed);
  if (quiet) print(`${JSON.stringify(report.toJson(elapsed))}\n`);
  else print(`${report.summary(elapsed).join("\n")}\n`);
  const isShort = Number.isFinite(settings.deadline) && report.received < settings.count &&
    Number.isFinite(settings.count);
  return report.received === 0 || isShort ? 1 : 0;
}

async function open(
  link: Link,
  settings: PingSettings,
  signal: AbortSignal,
): Promise<PingSession> {
  const { size, ttl, trafficClass, fragment, options, target } = settings;
  try {
    await link.configure(signal);
    const session = await link.host.openPing(target, {
      size,
      trafficClass,
      fragment,
      ...(ttl === undefined ? {} : { ttl }),
      ...(options === undefined ? {} : { options }),
      signal,
    });
    if (!settings.broadcast && link.host.stack.ipv4.isBroadcast(parseIpv4(session.address))) {
      throw new UsageError(`${target} is a broadcast address: add -b to ask everybody there`);
    }
    return session;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (signal.aborted) throw new ExitError(2, `Timed out after ${settings.link.timeout / 1000} s`);
    const reason = error instanceof Error ? error.message : String(error);
    const action = error instanceof Deno.errors.NotFound ? "Cannot resolve" : "Cannot ping";
    const message = reason.startsWith("Cannot") ? reason : `${action} ${target}: ${reason}`;
    throw new ExitError(2, message.replace(/ \(os error \d+\)/, ""), { cause: error });
  }
}

/** One run: sends at its pace, and hears. */
class Run {
  readonly #session: PingSession;
  readonly #settings: PingSettings;
  readonly #report: PingReport;
  readonly #answered: Set<number> = new Set();
  #wake: () => void = () => {};
  #failure: unknown = null;

  constructor(session: PingSession, settings: PingSettings, report: PingReport) {
    this.#session = session;
    this.#settings = settings;
    this.#report = report;
  }

  /** Runs; gives the time from the first request to the last, in milliseconds. */
  async toEnd(signal: AbortSignal, closed: Promise<void>): Promise<number> {
    const fail = (error: unknown) => {
      this.#failure ??= error;
      this.#wake();
    };
    closed.catch(fail);
    const hearing = this.#hear().catch(fail);
    const elapsed = await this.#send(signal);
    this.#session.close();
    await hearing;
    if (this.#failure !== null) throw this.#failure;
    return elapsed;
  }

  async #send(signal: AbortSignal): Promise<number> {
    const { count, interval, flood, outstanding, deadline } = this.#settings;
    const report = this.#report;
    const start = performance.now();
    const isOver = () =>
      signal.aborted || this.#failure !== null || performance.now() - start >= deadline;
    let last = -1;
    let sentAt = start;
    for (let next = start; report.transmitted < count && !isOver();) {
      if (outstanding && last >= 0 && !this.#answered.has(last)) {
        this.#say(`no answer yet for icmp_seq=${last}`);
      }
      const heard = report.received + report.errors;
      sentAt = performance.now();
      last = this.#session.send();
      report.transmitted++;
      if (flood && this.#shows) print(".");
      next += interval;
      if (report.transmitted === count) break;
      const until = flood ? performance.now() + floodInterval : next;
      while (!isOver() && performance.now() < Math.min(until, start + deadline)) {
        if (flood && report.received + report.errors > heard) break;
        await this.#pause(Math.min(until, start + deadline), signal);
      }
    }
    const wait = this.#settings.wait ?? defaultWait;
    while (!isOver() && report.received + report.errors < report.transmitted) {
      const patience = report.received > 0
        ? Math.max(2 * report.longest, interval, leastPatience)
        : wait;
      const until = Math.min(sentAt + patience, start + deadline);
      if (performance.now() >= until) break;
      await this.#pause(until, signal);
    }
    return sentAt - start;
  }

  /** Sleeps until a time, or until something is heard. */
  #pause(until: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, until - performance.now()));
      signal.addEventListener("abort", done);
      this.#wake = done;
    });
  }

  async #hear(): Promise<void> {
    for await (const result of this.#session) {
      this.#take(result);
      this.#wake();
    }
  }

  #take(result: PingResult): void {
    const line = this.#report.add(result);
    if (result.kind === "reply") this.#answered.add(result.sequence);
    if (this.#answered.size > 1000) this.#answered.clear();
    if (this.#settings.flood) {
      if (this.#shows) print(result.kind === "error" ? "\bE" : "\b \b");
    } else if (!line.startsWith("ping:")) this.#say(line);
    else if (this.#shows) say(line);
  }

  get #shows(): boolean {
    return !this.#settings.quiet && !this.#settings.link.json;
  }

  #say(line: string): void {
    if (!this.#shows) return;
    const time = this.#settings.printTime
      ? `[${((performance.timeOrigin + performance.now()) / 1000).toFixed(6)}] `
      : "";
    print(`${time}${line}\n`);
  }
}

if (import.meta.main) {
  await runProgram({
    name: "ping",
    help: pingHelp,
    options: pingOptions,
    positionals: ["HOST"],
    endsByInterrupt: true,
    exitCode: () => 2,
    main,
  });
}

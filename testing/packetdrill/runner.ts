/**
 * Runs a script: its packets, calls and shell lines against a stack on virtual time.
 *
 * @module
 */
import type { EventTime, IcmpPacket, Script, ScriptEvent, SystemCall, TcpPacket } from "./ast.ts";
import { CodeRunner } from "./assertion.ts";
import { applyOption, defaultConfig, type RunConfig } from "./config.ts";
import { errorName } from "./constants.ts";
import { Mismatch } from "./errors.ts";
import { Evaluator, formatExpression } from "./expression.ts";
import { infoValue } from "./info.ts";
import { formatPacket } from "./packet_spec.ts";
import { parseScript } from "./parser.ts";
import { explain, formatTime, type RunResult } from "./result.ts";
import { readShell } from "./shell.ts";
import { Sysctls } from "./sysctl.ts";
import { Kernel } from "./syscalls/kernel.ts";
import type { Attempt, Outcome } from "./syscalls/outcome.ts";
import { beginCall } from "./syscalls/table.ts";
import { Traffic } from "./traffic.ts";
import type { World } from "./world.ts";

/** How a script is run. */
export interface RunOptions {
  /** `[name, value]` pairs as on packetdrill's command line, applied after those of the script. */
  readonly options?: readonly (readonly [string, string])[];
  /** Whether the result carries a line for everything that happened. */
  readonly trace?: boolean;
}

/** An outgoing packet that may come at any time is waited for so long, in microseconds. */
const longestWait = 3600e6;

/**
 * Runs a script.
 *
 * @example
 * ```ts
 * import { runScript } from "@octet/testing/packetdrill";
 * import { assertEquals } from "@std/assert";
 *
 * const result = runScript(`
 *   0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
 *   +0 bind(3, ..., ...) = 0
 *   +0 listen(3, 1) = 0
 *   +0 < S 0:0(0) win 65535 <mss 1000>
 *   +0 > S. 0:0(0) ack 1 <mss 1460>
 *   +.1 < . 1:1(0) ack 1 win 65535
 *   +0 accept(3, ..., ...) = 4
 * `);
 * assertEquals(result.verdict, "pass");
 * ```
 *
 * @param source The script's text.
 * @param options How it is run.
 * @returns Whether it passed, and where and why not.
 */
export function runScript(source: string, options: RunOptions = {}): RunResult {
  const trace: string[] | null = options.trace === true ? [] : null;
  let run: Run | null = null;
  try {
    const script = parseScript(source);
    const config = defaultConfig();
    for (const option of script.options) applyOption(config, option);
    for (const [name, value] of options.options ?? []) {
      applyOption(config, { name, value, line: 0 });
    }
    run = new Run(script, config, trace);
    run.all();
    return {
      verdict: "pass",
      events: script.events.length,
      time: run.now,
      notes: run.notes,
      trace: trace ?? [],
    };
  } catch (error) {
    return explain(error, {
      event: run?.current ?? null,
      events: run?.done ?? 0,
      time: run?.now ?? 0,
      notes: run?.notes ?? [],
      trace: trace ?? [],
    });
  }
}

interface Pending {
  readonly event: ScriptEvent;
  readonly call: SystemCall;
  readonly attempt: Attempt;
  /** When the script says that it ends, in microseconds. */
  readonly end: number;
}

class Run {
  /** The event that is being run, for reports. */
  current: ScriptEvent | null = null;
  /** How many events have been run. */
  done = 0;
  readonly #script: Script;
  readonly #config: RunConfig;
  readonly #trace: string[] | null;
  readonly #sysctls: Sysctls = new Sysctls();
  readonly #kernel: Kernel;
  readonly #traffic: Traffic;
  readonly #code: CodeRunner;
  readonly #pushNotes: string[] = [];
  #world: World | null = null;
  #pending: Pending | null = null;
  #last: ScriptEvent | null = null;
  #lastTime = 0;

  constructor(script: Script, config: RunConfig, trace: string[] | null) {
    this.#script = script;
    this.#config = config;
    this.#trace = trace;
    const evaluator = new Evaluator(config.defines);
    this.#kernel = new Kernel(config, this.#sysctls, evaluator, (world) => this.#attach(world));
    this.#traffic = new Traffic(this.#kernel, (line) => this.#log(line));
    this.#code = new CodeRunner((name) => {
      const connection = this.#kernel.flow?.connection ?? null;
      return infoValue(connection, name, this.#world?.milliseconds ?? 0);
    });
  }

  /** The script's clock, in microseconds. */
  get now(): number {
    return this.#world?.now ?? this.#lastTime;
  }

  /** What is to be said although the script passed. */
  get notes(): string[] {
    return [...this.#sysctls.ignored.map((setting) => `ignored ${setting}`), ...this.#pushNotes];
  }

  all(): void {
    for (const { text } of this.#script.setup) readShell(text, this.#sysctls);
    for (const event of this.#script.events) {
      this.current = event;
      this.#run(event);
      this.#last = event;
      this.done++;
    }
    this.#awaitPending();
    if (this.#config.strictEnd) this.#traffic.expectSilence();
  }

  #attach(world: World): void {
    // Calls that make a stack come after time has passed without one.
    world.advance(this.#lastTime);
    this.#world = world;
    this.#traffic.attach(world);
    world.onChange = () => this.#retry();
  }

  #log(line: string): void {
    this.#trace?.push(`${formatTime(this.now)} ${line}`);
  }

  #run(event: ScriptEvent): void {
    const { action, time } = event;
    const anchor = this.#anchor(event);
    const start = time.kind === "absolute" ? time.start : anchor + time.start;
    if (action.kind === "tcp" && action.direction === "out") {
      this.#expect(action, time, anchor);
    } else if (action.kind === "icmp" && action.direction === "out") {
      this.#traffic.expectIcmp(
        action,
        () => this.#advance(start + this.#config.toleranceMicroseconds),
      );
    } else {
      this.#advance(start);
      this.#perform(event, anchor);
    }
    this.#lastTime = isIncoming(event) ? start : this.now;
  }

  /** What a relative time counts from: of two packets in a row towards us, the first one's own time. */
  #anchor(event: ScriptEvent): number {
    return this.#last !== null && isIncoming(this.#last) && isIncoming(event)
      ? this.#lastTime
      : this.now;
  }

  #perform(event: ScriptEvent, anchor: number): void {
    const { action } = event;
    switch (action.kind) {
      case "tcp":
        this.#log(formatPacket(action));
        return this.#traffic.inject(action);
      case "icmp":
        this.#log(formatIcmp(action));
        return this.#traffic.injectIcmp(action);
      case "call":
        return this.#call(event, action, anchor);
      case "command":
        this.#log(`\`${action.text.trim()}\``);
        return this.#advance(this.now + readShell(action.text, this.#sysctls));
      case "code":
        for (const line of this.#code.run(action.text)) this.#log(line);
    }
  }

  #call(event: ScriptEvent, call: SystemCall, anchor: number): void {
    this.#awaitPending();
    this.current = event;
    this.#log(`${call.name}(${call.arguments.map(formatExpression).join(", ")})`);
    const attempt = beginCall(this.#kernel, call);
    const offset = event.time.kind === "absolute" ? 0 : anchor;
    const end = call.end === undefined ? this.now : offset + call.end;
    this.#pending = { event, call, attempt, end };
    this.#retry();
    this.#world?.settle();
    if (call.end === undefined && this.#pending !== null) {
      this.#pending = null;
      throw new Mismatch(
        `${call.name} waits`,
        `= ${formatExpression(call.result)} ${call.error}`.trim(),
        "no result yet",
      );
    }
  }

  /** Asks the call that waits once more; says whether it has ended. */
  #retry(): boolean {
    const pending = this.#pending;
    if (pending === null) return false;
    const before = this.current;
    this.current = pending.event;
    const outcome = pending.attempt();
    if (outcome !== null) {
      this.#pending = null;
      this.#finish(pending, outcome);
    }
    this.current = before;
    return outcome !== null;
  }

  #finish({ call, end, event }: Pending, { value, errno }: Outcome): void {
    const wanted = this.#kernel.evaluator.optionalNumber(call.result);
    const wantedText = `= ${formatExpression(call.result)} ${call.error}`.trim();
    const got = `= ${value} ${errno === 0 ? "" : errorName(errno)}`.trim();
    this.#log(`${call.name} ${got}`);
    const isSameError = call.error === "" || call.error === errorName(errno) ||
      (call.error === "EWOULDBLOCK" && errorName(errno) === "EAGAIN");
    if ((wanted !== undefined && wanted !== value) || !isSameError) {
      throw new Mismatch(`${call.name} gives another result`, wantedText, got);
    }
    if (call.end !== undefined) this.#checkTime(end, end, event, `${call.name} ends`);
  }

  #awaitPending(): void {
    const pending = this.#pending;
    if (pending === null) return;
    this.#advance(pending.end + this.#tolerance(pending.end) + 1);
  }

  /** Moves the clock, and sees to it that no call waits longer than the script says. */
  #advance(until: number, stop: () => boolean = () => false): void {
    const world = this.#world;
    if (world === null) {
      this.#lastTime = Math.max(this.#lastTime, until);
      return;
    }
    while (this.#pending !== null && this.#pending.end < until && !stop()) {
      const { end, event, call } = this.#pending;
      const limit = end + this.#tolerance(end);
      world.advance(end, stop);
      if (this.#pending === null) break;
      world.advance(Math.min(limit, until), stop);
      if (this.#pending !== null && world.now >= limit) {
        this.current = event;
        this.#pending = null;
        throw new Mismatch(
          `${call.name} still waits`,
          `= ${formatExpression(call.result)} at ${formatTime(end)}`,
          `no result at ${formatTime(world.now)}`,
        );
      }
      if (world.now >= until) break;
    }
    world.advance(until, stop);
  }

  #expect(packet: TcpPacket, time: EventTime, anchor: number): void {
    const offset = time.kind === "absolute" ? 0 : anchor;
    const [start, end] = [offset + time.start, offset + time.end];
    const limit = time.kind === "any" ? this.now + longestWait : end + this.#tolerance(end);
    // A packet is waited for even where no call has made the stack yet: it is made now.
    this.#kernel.world.settle();
    const sent = this.#traffic.expect(packet, (stop) => this.#advance(limit, stop), limit);
    const notes = this.#traffic.compare(packet, sent, Math.max(0, start));
    if (notes.pushDiffers) this.#pushNotes.push(`PSH differs in line ${this.current!.line}`);
    if (time.kind === "any") return;
    if (time.isRange) {
      this.#checkTime(start, end, this.current!, "the packet is sent", sent.time);
    } else this.#checkTime(start, start, this.current!, "the packet is sent", sent.time);
  }

  #checkTime(
    start: number,
    end: number,
    event: ScriptEvent,
    what: string,
    at: number = this.now,
  ): void {
    const tolerance = this.#tolerance(start);
    if (at >= start - tolerance && at <= end + tolerance) return;
    this.current = event;
    const range = start === end ? formatTime(start) : `${formatTime(start)}~${formatTime(end)}`;
    throw new Mismatch(`${what} at another time`, range, formatTime(at));
  }

  #tolerance(time: number): number {
    const { toleranceMicroseconds, tolerancePercent } = this.#config;
    return Math.max(toleranceMicroseconds, ((time - this.#lastTime) * tolerancePercent) / 100);
  }
}

function isIncoming({ action }: ScriptEvent): boolean {
  return (action.kind === "tcp" || action.kind === "icmp") && action.direction === "in";
}

function formatIcmp(packet: IcmpPacket): string {
  const { type, code, mtu, quoted } = packet;
  const about = `[${quoted.start}:${quoted.start + quoted.length}(${quoted.length})]`;
  return ["< icmp", type, code, mtu === 0 ? "" : `mtu ${mtu}`, about].filter((part) => part !== "")
    .join(" ");
}

/**
 * Shell lines, read for what they mean to TCP; nothing is ever run.
 *
 * @module
 */
import { Unsupported } from "./errors.ts";
import type { Sysctls } from "./sysctl.ts";

/** Programs that show or tidy up, and change nothing of TCP. */
const harmless = new Set([
  ":",
  "true",
  "cat",
  "chmod",
  "date",
  "dmesg",
  "echo",
  "ethtool",
  "grep",
  "ls",
  "nstat",
  "rm",
  "ss",
  "tail",
  "head",
  "touch",
]);

/**
 * Takes shell lines in.
 *
 * @param text One line, or several.
 * @param sysctls Where settings go.
 * @returns For how many microseconds the lines sleep.
 * @throws {Unsupported} When a line does something that matters and that is not understood.
 */
export function readShell(text: string, sysctls: Sysctls): number {
  let slept = 0;
  const joined = text.replace(/\\\n/g, " ");
  for (const line of joined.split("\n")) {
    const bare = line.replace(/(^|\s)#.*$/, "$1");
    for (const command of splitCommands(bare)) slept += readCommand(command, sysctls);
  }
  return slept;
}

/** `;`, `&` and `|` part commands, except in quotes, in `$((…))` and in redirections. */
function splitCommands(line: string): string[] {
  const parts = line.match(/(?:"[^"]*"|'[^']*'|\$\(\([^)]*\)+|>&|[^;&|])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

function readCommand(command: string, sysctls: Sysctls): number {
  const words = (command.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).filter((word) =>
    !/^(?:[0-9&]*[<>].*|\/dev\/null)$/.test(word) || word === ">"
  );
  const program = (words[0] ?? "").split("/").at(-1)!;
  const rest = words.slice(1);
  if (program === "defaults.sh") {
    sysctls.setCollectionDefaults();
    return 0;
  }
  if (program === "sysctl" || program === "set_sysctls.py") {
    readAssignments(rest, sysctls);
    return 0;
  }
  if (program === "echo" && command.includes("/proc/sys/")) {
    const match = /^echo\s+(?:-n\s+)?(.*?)\s*>\s*\/proc\/sys\/(\S+)$/.exec(command);
    if (match === null) throw new Unsupported(`shell line "${command}"`);
    sysctls.set(match[2]!, evaluateArithmetic(match[1]!));
    return 0;
  }
  if (program === "sleep" || program === "usleep") {
    return Math.round(Number(rest[0]) * (program === "sleep" ? 1e6 : 1));
  }
  if (program === "ip") {
    readIp(rest, command);
    return 0;
  }
  if (program === "tc") {
    readTrafficControl(command, sysctls);
    return 0;
  }
  if (program.startsWith("sysctl_restore") || program === "" || harmless.has(program)) return 0;
  throw new Unsupported(`shell line "${command}"`);
}

function readAssignments(words: readonly string[], sysctls: Sysctls): void {
  for (const word of words) {
    if (word.startsWith("-")) continue;
    const at = word.indexOf("=");
    if (at < 0) continue;
    sysctls.set(word.slice(0, at), evaluateArithmetic(word.slice(at + 1)));
  }
}

/** `$((15*1024*1024))` within a value. */
function evaluateArithmetic(value: string): string {
  return value.replace(/\$\(\(([0-9*+\s]+)\)\)/g, (_, sum: string) => {
    const terms = sum.split("+").map((term) =>
      term.split("*").map(Number).reduce((product, factor) => product * factor, 1)
    );
    return String(terms.reduce((total, term) => total + term, 0));
  });
}

/** Routes carry metrics that connections take over; the rest of `ip` concerns the device. */
function readIp(words: readonly string[], command: string): void {
  const metrics =
    /\b(?:initcwnd|initrwnd|mtu|advmss|rto_min|window|quickack|features|congctl|ssthresh|cwnd|blackhole|unreachable|prohibit)\b/;
  const isRoute = words.some((word) => word === "route" || word === "ro" || word === "r");
  if (isRoute && metrics.test(command)) throw new Unsupported(`shell line "${command}"`);
  if (words.some((word) => word === "down" || word === "rule" || word === "mptcp")) {
    throw new Unsupported(`shell line "${command}"`);
  }
}

/** A queue that neither drops nor delays is as good as none; `fq` lets each connection go at its pace. */
function readTrafficControl(command: string, sysctls: Sysctls): void {
  if (/\b(?:netem|tbf|limit|filter|etf)\b/.test(command)) {
    throw new Unsupported(`shell line "${command}"`);
  }
  if (/\bqdisc\b/.test(command)) sysctls.isPaced = / fq\b/.test(command);
}

/**
 * The settings of a run: what `--name=value` says, on the command line or in the script.
 *
 * @module
 */
import { parseIpv4 } from "@octet/netip";
import type { ScriptOption } from "./ast.ts";
import { Unsupported } from "./errors.ts";

/** Settings of a run. */
export interface RunConfig {
  /** Our address, host order. */
  localAddress: number;
  /** The peer's address, host order. */
  remoteAddress: number;
  /** The port that `bind(3, ..., ...)` takes. */
  bindPort: number;
  /** The port that `connect(3, ..., ...)` goes to. */
  connectPort: number;
  /** The MTU in bytes. */
  mtu: number;
  /** How far off a time may be, in microseconds. */
  toleranceMicroseconds: number;
  /** How far off a time may be, in percent of the time since the event before. */
  tolerancePercent: number;
  /** How long a tick of the timestamp clock is, in microseconds; 0 to leave timestamps unchecked. */
  timestampTick: number;
  /** Whether an echoed timestamp that was never sent is computed from the first one. */
  scalesEcho: boolean;
  /** Whether segments have to be cut as the script has them; else pieces in a row are joined. */
  strictSegments: boolean;
  /** Whether PSH has to be as the script has it: RFC 9293 leaves it to the sender. */
  strictPush: boolean;
  /** Whether a script may end only when nothing is left unread of what was sent. */
  strictEnd: boolean;
  /** Words the script may use for others. */
  defines: Map<string, string>;
}

/** The settings where nothing is said; addresses and tolerance are packetdrill's. */
export function defaultConfig(): RunConfig {
  return {
    localAddress: parseIpv4("192.168.0.1"),
    remoteAddress: parseIpv4("192.0.2.1"),
    bindPort: 8080,
    connectPort: 8080,
    mtu: 1500,
    toleranceMicroseconds: 4000,
    tolerancePercent: 1,
    timestampTick: 0,
    scalesEcho: false,
    strictSegments: false,
    strictPush: false,
    strictEnd: false,
    defines: new Map(),
  };
}

/** What only means something to the program that made these files. */
const ignored = new Set([
  "code_command",
  "code_format",
  "code_sockopt",
  "dry_run",
  "fuzz_seed",
  "gateway_ip",
  "init_scripts",
  "mss",
  "netmask_ip",
  "non_fatal",
  "send_omit_free",
  "speed",
  "verbose",
  "debug",
  "persistent_tun_dev",
  "tun_dev",
]);

/**
 * Applies one setting.
 *
 * @throws {RangeError} When its value is out of range.
 * @throws {SyntaxError} When its value is no number or no address.
 * @throws {Unsupported} When this runner cannot do it.
 */
export function applyOption(config: RunConfig, option: ScriptOption): void {
  const { name, value, line } = option;
  switch (name) {
    case "ip_version":
      if (value === "ipv6") throw new Unsupported("IPv6", line);
      return;
    case "local_ip":
      config.localAddress = addressOf(value, line);
      return;
    case "remote_ip":
      config.remoteAddress = addressOf(value, line);
      return;
    case "bind_port":
      config.bindPort = numberOf(option, 1, 65_535);
      return;
    case "connect_port":
      config.connectPort = numberOf(option, 1, 65_535);
      return;
    case "mtu":
      config.mtu = numberOf(option, 68, 65_535);
      return;
    case "tolerance_usecs":
      config.toleranceMicroseconds = numberOf(option, 0, 1e9);
      return;
    case "tolerance_percent":
      config.tolerancePercent = numberOf(option, 0, 100);
      return;
    case "tcp_ts_tick_usecs":
      config.timestampTick = numberOf(option, 0, 1e6);
      return;
    case "tcp_ts_ecr_scaled":
      config.scalesEcho = true;
      return;
    case "strict_segments":
      config.strictSegments = true;
      return;
    case "strict_push":
      config.strictPush = true;
      return;
    case "strict_end":
      config.strictEnd = true;
      return;
    case "define":
    case "D": {
      const at = value.indexOf("=");
      config.defines.set(value.slice(0, at), value.slice(at + 1).replace(/^(["`])(.*)\1$/, "$2"));
      return;
    }
    default:
      if (!ignored.has(name)) throw new Unsupported(`option --${name}`, line);
  }
}

function addressOf(text: string, line: number): number {
  if (text.includes(":")) throw new Unsupported("IPv6", line);
  return parseIpv4(text);
}

function numberOf(option: ScriptOption, least: number, most: number): number {
  const value = Number(option.value);
  if (!/^[0-9.]+$/.test(option.value) || Number.isNaN(value)) {
    throw new SyntaxError(`Cannot take --${option.name} as "${option.value}" is no number`);
  }
  if (value < least || value > most) {
    throw new RangeError(
      `Cannot take --${option.name} as ${value} is not from ${least} to ${most}`,
    );
  }
  return value;
}

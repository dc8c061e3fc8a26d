/**
 * The settings of Linux's TCP that scripts make, and what they come to here.
 *
 * @module
 */
import { type CongestionControlFactory, Cubic, NewReno, type TcpOptions } from "@octet/tcp";
import { Unsupported } from "./errors.ts";

/** The values of the settings that scripts find, named without `net.ipv4.`: those of Linux. */
const kernelDefaults: Readonly<Record<string, string>> = {
  tcp_rmem: "4096 131072 6291456",
  tcp_wmem: "4096 16384 4194304",
  tcp_timestamps: "1",
  tcp_sack: "1",
  tcp_window_scaling: "1",
  tcp_congestion_control: "cubic",
  tcp_ecn: "2",
  tcp_slow_start_after_idle: "1",
  tcp_syn_retries: "6",
  tcp_synack_retries: "5",
  tcp_retries2: "15",
  tcp_keepalive_time: "7200",
  tcp_keepalive_intvl: "75",
  tcp_keepalive_probes: "9",
  tcp_fin_timeout: "60",
  tcp_max_orphans: "65536",
  tcp_max_tw_buckets: "65536",
};

/** What the `defaults.sh` of Linux's collection of scripts sets beyond that. */
const collectionDefaults: Readonly<Record<string, string>> = {
  tcp_rmem: "4096 540000 15728640",
  tcp_wmem: "4096 262144 4194304",
  tcp_timestamps: "1",
  tcp_sack: "1",
  tcp_congestion_control: "cubic",
  tcp_slow_start_after_idle: "0",
  tcp_ecn: "0",
};

/** Values at which a setting that has no counterpart here asks for what the stack does anyway. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  tcp_abort_on_overflow: ["0"],
  tcp_adv_win_scale: ["1", "2"],
  tcp_dsack: ["1"],
  tcp_early_retrans: ["3", "4"],
  tcp_fack: ["0", "1"],
  tcp_fastopen: ["0", "0x0"],
  tcp_frto: ["2"],
  tcp_limit_output_bytes: [],
  tcp_moderate_rcvbuf: ["1"],
  tcp_notsent_lowat: ["4294967295", "-1"],
  tcp_recovery: ["1"],
  tcp_reordering: ["3"],
  tcp_retries1: ["3"],
  tcp_syncookies: ["1"],
};

/** Settings that change nothing that is seen on the wire of an unpaced connection. */
const invisible = new Set([
  "tcp_autocorking",
  "tcp_backlog_ack_defer",
  "tcp_fastopen_blackhole_timeout_sec",
  "tcp_fastopen_key",
  "tcp_limit_output_bytes",
  "tcp_max_syn_backlog",
  "tcp_metrics_save",
  "tcp_min_tso_segs",
  "tcp_no_metrics_save",
  "tcp_pacing_ca_ratio",
  "tcp_pacing_ss_ratio",
  "tcp_tso_rtt_log",
  "tcp_tso_win_divisor",
  "tcp_tw_reuse",
]);

/** The settings of one run. */
export class Sysctls {
  /** What was asked for in vain, as `name=value`. */
  readonly ignored: string[] = [];
  /** Whether the device's queue paces connections. */
  isPaced: boolean = false;
  readonly #values: Map<string, string> = new Map(Object.entries(kernelDefaults));

  /** Sets what a `defaults.sh` sets. */
  setCollectionDefaults(): void {
    for (const [name, value] of Object.entries(collectionDefaults)) this.set(name, value);
  }

  /**
   * Sets one value.
   *
   * @param name With or without `net.ipv4.`, or as a path below `/proc/sys`.
   */
  set(name: string, value: string): void {
    const short = name.replace(/^\/proc\/sys\//, "").replaceAll("/", ".").replace(
      /^net\.ipv4\./,
      "",
    );
    const plain = value.trim().replace(/^["'](.*)["']$/, "$1").trim();
    this.#values.set(short, plain);
    this.#note(short, plain);
  }

  /** A value; `undefined` when nobody has set it. */
  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  #note(name: string, value: string): void {
    if (name in kernelDefaults || invisible.has(name)) return;
    if (harmless[name]?.includes(value)) return;
    this.ignored.push(`${name}=${value}`);
  }

  /** The connection options that the settings come to. */
  connectionOptions(): TcpOptions {
    const [, , maxReceiveBuffer] = this.#triple("tcp_rmem");
    const [, , maxSendBuffer] = this.#triple("tcp_wmem");
    return {
      maxReceiveBuffer,
      maxSendBuffer,
      ecn: this.#ecn(),
      sack: this.#values.get("tcp_sack") !== "0",
      timestamps: this.#values.get("tcp_timestamps") !== "0",
      windowScaling: this.#values.get("tcp_window_scaling") !== "0",
      pacing: this.isPaced ? Infinity : 0,
      slowStartAfterIdle: this.#values.get("tcp_slow_start_after_idle") !== "0",
      synRetries: this.#number("tcp_syn_retries"),
      synAckRetries: this.#number("tcp_synack_retries"),
      retries: this.#number("tcp_retries2"),
      keepAliveIdle: this.#number("tcp_keepalive_time") * 1000,
      keepAliveInterval: this.#number("tcp_keepalive_intvl") * 1000,
      keepAliveCount: this.#number("tcp_keepalive_probes"),
      finTimeout: this.#number("tcp_fin_timeout") * 1000,
      maxOrphans: this.#number("tcp_max_orphans"),
      maxTimeWaits: this.#number("tcp_max_tw_buckets"),
      congestionControl: congestionControlNamed(this.#values.get("tcp_congestion_control")!),
    };
  }

  #ecn(): "on" | "accept" | "off" {
    const value = this.#values.get("tcp_ecn")!;
    const known = { "0": "off", "1": "on", "2": "accept" } as const;
    if (value === "0" || value === "1" || value === "2") return known[value];
    throw new Unsupported(`AccECN (tcp_ecn=${value})`);
  }

  #number(name: string): number {
    const text = this.#values.get(name)!;
    if (!/^[0-9]+$/.test(text)) throw new Unsupported(`${name}=${text}`);
    return Number(text);
  }

  #triple(name: string): [number, number, number] {
    const numbers = this.#values.get(name)!.split(/\s+/).map(Number);
    const [least, initial, most] = numbers;
    if (numbers.length !== 3 || numbers.some((number) => !(number >= 1 && number <= 2 ** 30))) {
      throw new Unsupported(`${name}=${this.#values.get(name)}`);
    }
    return [least!, initial!, most!];
  }
}

/**
 * Makes a congestion controller by Linux's name.
 *
 * @throws {Unsupported} When there is none of the name.
 */
export function congestionControlNamed(name: string): CongestionControlFactory {
  if (name === "cubic") return () => new Cubic();
  if (name === "reno") return () => new NewReno();
  throw new Unsupported(`congestion control ${name}`);
}

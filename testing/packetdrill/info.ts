/**
 * What `%{ … }%` may ask of a connection: the fields of Linux's `tcp_info`.
 *
 * @module
 */
import * as tcp from "@octet/tcp";
import { infoSymbols } from "./constants.ts";

/**
 * The value of a name in a piece of code.
 *
 * @param connection The connection of the script's flow.
 * @param name As `tcpi_snd_cwnd`, or a constant.
 * @param now Milliseconds of the stack.
 * @returns `undefined` when nothing is known by the name.
 */
export function infoValue(
  connection: tcp.TcpConnection | null,
  name: string,
  now: number,
): number | undefined {
  if (!name.startsWith("tcpi_")) return infoSymbols[name];
  if (connection === null) return undefined;
  const field = name.slice(5);
  const whole: unknown = Reflect.get(tcp, "tcpInfo");
  if (typeof whole === "function") {
    const info: unknown = whole(connection, now);
    const value: unknown = typeof info === "object" && info !== null
      ? Reflect.get(info, field)
      : undefined;
    if (typeof value === "number" || typeof value === "boolean") return Number(value);
  }
  return basicFields[field]?.(connection);
}

/** Fields that the connection's own variables tell. */
const basicFields: Readonly<Record<string, (connection: tcp.TcpConnection) => number>> = {
  state: ({ state }) => state,
  ca_state: ({ sender }) => sender.recovery.state === 0 ? 0 : sender.recovery.state + 2,
  retransmits: ({ sender }) => sender.retries,
  backoff: ({ sender }) => sender.rtt.backoff,
  snd_mss: ({ sender }) => sender.mss,
  unacked: ({ sender }) => Math.ceil(sender.flight / sender.mss),
  snd_cwnd: ({ sender }) => Math.floor(sender.cwnd / sender.mss),
  snd_ssthresh: ({ sender }) =>
    Math.min(Math.floor(sender.congestion.ssthresh / sender.mss), 0x7fff_ffff),
  rto: ({ sender }) => Math.round(sender.rtt.rto * 1000),
  rtt: ({ sender }) => Math.round(sender.rtt.srtt * 1000),
  rttvar: ({ sender }) => Math.round(sender.rtt.rttvar * 1000),
  total_retrans: ({ sender }) => sender.retransmissions,
  notsent_bytes: ({ sender }) => sender.unsent,
  snd_wnd: ({ sender }) => sender.wnd,
};

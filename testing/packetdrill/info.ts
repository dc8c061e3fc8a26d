/**
 * What `%{ … }%` may ask of a connection: the fields of Linux's `tcp_info`.
 *
 * @module
 */
import { type TcpConnection, tcpInfo } from "@octet/tcp";
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
  connection: TcpConnection | null,
  name: string,
  now: number,
): number | undefined {
  if (!name.startsWith("tcpi_")) return infoSymbols[name];
  if (connection === null) return undefined;
  const value: unknown = Reflect.get(tcpInfo(connection, now), name.slice(5));
  return typeof value === "number" || typeof value === "boolean" ? Number(value) : undefined;
}

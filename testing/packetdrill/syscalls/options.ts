/**
 * `setsockopt` and `getsockopt`.
 *
 * @module
 */
import { settleOptions, type TcpConnection, type TcpTuning } from "@octet/tcp";
import type { Expression } from "../ast.ts";
import { symbols } from "../constants.ts";
import { Mismatch, Unsupported } from "../errors.ts";
import { formatExpression } from "../expression.ts";
import { congestionControlNamed } from "../sysctl.ts";
import { type Handler, withSocket } from "./connect.ts";
import type { Kernel } from "./kernel.ts";
import { type Outcome, succeed } from "./outcome.ts";
import type { Socket } from "./socket.ts";

/** Settings that change nothing here, or what the stack does anyway. */
const remembered = new Set([
  "SO_REUSEADDR",
  "SO_REUSEPORT",
  "SO_PRIORITY",
  "SO_BUSY_POLL",
  "SO_MARK",
  "SO_OOBINLINE",
  "SO_DEBUG",
  "SO_ZEROCOPY",
  "IP_FREEBIND",
  "TCP_INQ",
  "TCP_QUICKACK",
  "IP_BIND_ADDRESS_NO_PORT",
  "IP_RECVERR",
  "IP_MTU_DISCOVER",
  "TCP_THIN_DUPACK",
]);

/** The name by which a script calls an option. */
function optionName(kernel: Kernel, list: readonly Expression[]): string {
  const option = list[2];
  if (option?.kind === "word") return kernel.config.defines.get(option.name) ?? option.name;
  const level = kernel.evaluator.number(list[1]);
  const prefix = level === symbols["SOL_SOCKET"]
    ? "SO_"
    : level === symbols["SOL_IP"]
    ? "IP_"
    : "TCP_";
  const value = kernel.evaluator.number(option);
  const found = Object.entries(symbols).find(([name, number]) =>
    name.startsWith(prefix) && number === value
  );
  if (found === undefined) throw new Unsupported(`socket option ${value}`);
  return found[0];
}

/** `setsockopt(fd, level, option, value, length)` */
export const setsockoptCall: Handler = withSocket((kernel, socket, list) => {
  const name = optionName(kernel, list);
  const value = list[3];
  if (name === "SO_LINGER") return setLinger(kernel, socket, value);
  if (name === "TCP_CONGESTION") return setCongestion(kernel, socket, value);
  const number = kernel.evaluator.number(value);
  socket.remembered.set(name, number);
  if (!remembered.has(name)) applyNumber(kernel, socket, name, number);
  if (socket.listener !== null) {
    socket.listener.settings = settleOptions(kernel.connectionOptions(socket));
  }
  return succeed();
});

function setLinger(kernel: Kernel, socket: Socket, value: Expression | undefined): Outcome {
  if (value?.kind !== "struct") throw new Unsupported("SO_LINGER without a structure");
  const isOn = kernel.evaluator.number(value.fields.get("onoff")) !== 0;
  const seconds = kernel.evaluator.number(value.fields.get("linger"));
  socket.linger = isOn ? seconds * 1000 : Infinity;
  return succeed();
}

function setCongestion(kernel: Kernel, socket: Socket, value: Expression | undefined): Outcome {
  const name = kernel.evaluator.text(value) ?? "";
  if (socket.connection !== null && socket.connection.sender.congestion.name !== name) {
    throw new Unsupported("TCP_CONGESTION on a connection that is open");
  }
  socket.options.congestionControl = congestionControlNamed(name);
  return succeed();
}

function applyNumber(kernel: Kernel, socket: Socket, name: string, value: number): void {
  const { connection } = socket;
  switch (name) {
    case "SO_RCVBUF":
    case "SO_RCVBUFFORCE":
      // Linux doubles it, and keeps half of that for its own bookkeeping.
      socket.options.receiveBuffer = value;
      if (connection === null) return;
      connection.receiver.resize(value, value);
      connection.receiver.buffer.limit = value;
      return;
    case "SO_SNDBUF":
    case "SO_SNDBUFFORCE":
      socket.options.sendBuffer = value;
      if (connection === null) return;
      connection.sender.maxBuffer = value;
      connection.sender.buffer.limit = value;
      return;
    case "SO_KEEPALIVE":
      socket.keepAlive = value !== 0;
      if (connection === null) return;
      connection.setKeepAlive(value !== 0, kernel.world.milliseconds);
      return;
    case "TCP_KEEPIDLE":
      return tuneSocket(kernel, socket, { keepAliveIdle: value * 1000 });
    case "TCP_KEEPINTVL":
      return tuneSocket(kernel, socket, { keepAliveInterval: value * 1000 });
    case "TCP_KEEPCNT":
      return tuneSocket(kernel, socket, { keepAliveCount: value });
    case "TCP_SYNCNT":
      return tuneSocket(kernel, socket, { synRetries: value });
    case "TCP_LINGER2":
      return tuneSocket(kernel, socket, { finTimeout: Math.max(0, value) * 1000 });
    case "SO_RCVLOWAT":
      socket.readLowWater = Math.max(1, value);
      return;
    case "TCP_NODELAY":
      socket.noDelay = value !== 0;
      if (connection === null) return;
      connection.sender.nagle.noDelay = socket.noDelay;
      // It pushes what waits, also what is corked.
      push(connection, socket.noDelay);
      return;
    case "TCP_CORK":
      socket.isCorked = value !== 0;
      if (connection === null) return;
      connection.sender.nagle.isCorked = socket.isCorked;
      push(connection, !socket.isCorked);
      return;
    case "TCP_MAXSEG":
      if (connection !== null) throw new Unsupported("TCP_MAXSEG on a connection that is open");
      socket.options.maxSegmentSize = value;
      return;
    case "SO_MAX_PACING_RATE":
      return tuneSocket(kernel, socket, { pacing: value >>> 0 === 0xffff_ffff ? 0 : value >>> 0 });
    case "IP_TOS":
      return tuneSocket(kernel, socket, { trafficClass: value & 0xfc });
    case "TCP_USER_TIMEOUT":
      socket.options.userTimeout = value;
      if (connection !== null) {
        connection.settings = { ...connection.settings, userTimeout: value };
      }
      return;
    case "TCP_NOTSENT_LOWAT":
      socket.unsentLowWater = value === 0 ? Infinity : value >>> 0;
      return;
    default:
      throw new Unsupported(`socket option ${name}`);
  }
}

/** Lets the next segment go however small it is, where something waits. */
function push(connection: TcpConnection, isForced: boolean): void {
  const { sender } = connection;
  sender.nagle.expectsMore = false;
  if (isForced && sender.unsent > 0) sender.forcesSmall = true;
  connection.requestTurn();
}

function tuneSocket(kernel: Kernel, socket: Socket, changes: Partial<TcpTuning>): void {
  socket.tuning = { ...socket.tuning, ...changes };
  socket.connection?.tune(changes, kernel.world.milliseconds);
}

/** `getsockopt(fd, level, option, value, length)`: the value is compared. */
export const getsockoptCall: Handler = withSocket((kernel, socket, list) => {
  const name = optionName(kernel, list);
  const wanted = list[3];
  if (name === "TCP_CONGESTION") {
    const got = (socket.connection?.sender.congestion ?? socket.options.congestionControl)?.name;
    const text = kernel.evaluator.text(wanted);
    if (text !== undefined && text !== got) throw difference(name, text, `${got}`);
    return succeed();
  }
  if (name === "TCP_INFO") return succeed();
  const got = numberOf(socket, name);
  const number = kernel.evaluator.optionalNumber(
    wanted?.kind === "list" && wanted.items[0]?.kind === "ellipsis" ? undefined : wanted,
  );
  if (number !== undefined && number !== got) {
    throw difference(name, formatExpression(wanted), `[${got}]`);
  }
  return succeed();
});

function difference(name: string, wanted: string, got: string): Mismatch {
  return new Mismatch(`getsockopt gives another ${name}`, wanted, got);
}

function numberOf(socket: Socket, name: string): number {
  switch (name) {
    case "SO_ERROR":
      return socket.takeError();
    case "SO_SNDBUF":
    case "SO_RCVBUF": {
      const value = socket.remembered.get(name);
      if (value === undefined) throw new Unsupported(`getsockopt of ${name} that was not set`);
      return value * 2;
    }
    case "TCP_MAXSEG":
      return socket.connection?.sender.mss ?? socket.options.maxSegmentSize ?? 536;
    case "TCP_NODELAY":
      return Number(socket.noDelay);
    case "SO_KEEPALIVE":
      return Number(socket.keepAlive);
    default: {
      const value = socket.remembered.get(name);
      if (value === undefined) throw new Unsupported(`getsockopt of ${name}`);
      return value;
    }
  }
}

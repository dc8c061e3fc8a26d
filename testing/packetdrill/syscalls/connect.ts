/**
 * Calls by which sockets come and go: `socket`, `bind`, `listen`, `accept`, `connect`, `shutdown`,
 * `close`, and the flags of descriptors.
 *
 * @module
 */
import { TcpConnection, TcpState } from "@octet/tcp";
import type { Expression } from "../ast.ts";
import { symbols } from "../constants.ts";
import { Unsupported } from "../errors.ts";
import { Flow } from "../flow.ts";
import type { Kernel } from "./kernel.ts";
import { EpollSet } from "./kernel.ts";
import { type Attempt, failWith, type Outcome, succeed } from "./outcome.ts";
import { Socket } from "./socket.ts";

/** A call: its arguments, and the result that the script expects, which names new descriptors. */
export type Handler = (
  kernel: Kernel,
  list: readonly Expression[],
  expected: number,
) => Attempt;

/** Makes a call of what needs a socket and never waits. */
export function withSocket(
  run: (kernel: Kernel, socket: Socket, list: readonly Expression[]) => Outcome,
): Handler {
  return (kernel, list) => {
    const socket = kernel.socket(kernel.evaluator.number(list[0]));
    return () => socket === undefined ? failWith("EBADF") : run(kernel, socket, list);
  };
}

/** `socket(domain, type, protocol)` */
export const socketCall: Handler = (kernel, list, expected) => {
  const domain = kernel.evaluator.optionalNumber(list[0]) ?? symbols["AF_INET"];
  const type = kernel.evaluator.optionalNumber(list[1]) ?? symbols["SOCK_STREAM"]!;
  const protocol = kernel.evaluator.optionalNumber(list[2]) ?? 0;
  if (domain === symbols["AF_INET6"]) throw new Unsupported("IPv6");
  if ((type & 0xf) !== symbols["SOCK_STREAM"]) throw new Unsupported("sockets other than TCP");
  if (protocol !== 0 && protocol !== symbols["IPPROTO_TCP"]) {
    throw new Unsupported(`protocol ${protocol}`);
  }
  const socket = new Socket();
  socket.isNonBlocking = (type & symbols["SOCK_NONBLOCK"]!) !== 0;
  return () => succeed(kernel.open(socket, expected));
};

interface Address {
  readonly port: number | undefined;
  readonly address: number | undefined;
}

function addressOf(kernel: Kernel, expression: Expression | undefined): Address {
  if (expression?.kind !== "struct") return { port: undefined, address: undefined };
  const family = kernel.evaluator.optionalNumber(expression.fields.get("sa_family"));
  if (family === symbols["AF_INET6"]) throw new Unsupported("IPv6");
  if (family === symbols["AF_UNSPEC"]) throw new Unsupported("connect to AF_UNSPEC");
  return {
    port: kernel.evaluator.optionalNumber(expression.fields.get("sin_port")),
    address: kernel.evaluator.optionalNumber(expression.fields.get("sin_addr")),
  };
}

/** `bind(fd, address, length)` */
export const bindCall: Handler = withSocket((kernel, socket, list) => {
  socket.boundPort = addressOf(kernel, list[1]).port ?? kernel.config.bindPort;
  return succeed();
});

/** `listen(fd, backlog)` */
export const listenCall: Handler = withSocket((kernel, socket, list) => {
  if (socket.listener !== null) return succeed();
  const { tcp } = kernel.worldFor(kernel.connectionOptions(socket)).stack;
  if (socket.boundPort === 0) socket.boundPort = kernel.config.bindPort;
  // Linux takes one more than it is asked for.
  const backlog = (kernel.evaluator.optionalNumber(list[1]) ?? 4096) + 1;
  if (!tcp.canListen(socket.boundPort, 0)) return failWith("EADDRINUSE");
  socket.listener = tcp.listen(socket.boundPort, { backlog: Math.max(1, backlog) });
  kernel.flow = new Flow("listening", socket.boundPort, 0);
  return succeed();
});

/** `accept(fd, address, length)` */
export const acceptCall: Handler = (kernel, list, expected) => {
  const socket = kernel.socket(kernel.evaluator.number(list[0]));
  const flags = kernel.evaluator.optionalNumber(list[3]) ?? 0;
  return () => {
    if (socket === undefined) return failWith("EBADF");
    if (socket.listener === null) return failWith("EINVAL");
    const connection = socket.listener.accept();
    if (connection === null) return socket.isNonBlocking ? failWith("EAGAIN") : null;
    const child = new Socket();
    child.isNonBlocking = (flags & symbols["SOCK_NONBLOCK"]!) !== 0;
    child.noDelay = socket.noDelay;
    child.isCorked = socket.isCorked;
    child.keepAlive = socket.keepAlive;
    child.linger = socket.linger;
    child.tuning = socket.tuning;
    connection.tune(child.tuning, kernel.world.milliseconds);
    child.unsentLowWater = socket.unsentLowWater;
    for (const [name, value] of socket.remembered) child.remembered.set(name, value);
    const { userTimeout } = socket.options;
    if (userTimeout !== undefined) {
      child.options.userTimeout = userTimeout;
      connection.settings = { ...connection.settings, userTimeout };
    }
    child.adopt(connection, kernel.world.milliseconds);
    const { flow } = kernel;
    if (flow !== null && flow.remotePort === connection.remotePort) flow.connection = connection;
    return succeed(kernel.open(child, expected));
  };
};

/** `connect(fd, address, length)` */
export const connectCall: Handler = (kernel, list) => {
  const socket = kernel.socket(kernel.evaluator.number(list[0]));
  const target = addressOf(kernel, list[1]);
  let started = false;
  return () => {
    if (socket === undefined) return failWith("EBADF");
    if (socket.connection === null || (socket.isClosed && socket.pendingError === 0 && !started)) {
      startConnecting(kernel, socket, target);
      started = true;
      return socket.isNonBlocking ? failWith("EINPROGRESS") : null;
    }
    if (socket.isOpening) return socket.isNonBlocking ? failWith("EALREADY") : null;
    const errno = socket.takeError();
    if (errno !== 0) return { value: -1, errno };
    if (!socket.isConnecting) return failWith("EISCONN");
    socket.isConnecting = false;
    return socket.isClosed ? failWith("ECONNABORTED") : succeed();
  };
};

function startConnecting(kernel: Kernel, socket: Socket, target: Address): void {
  const { config } = kernel;
  const options = kernel.connectionOptions(socket);
  const world = kernel.worldFor(options);
  const port = target.port ?? config.connectPort;
  const connection = world.stack.tcp.connect(
    {
      address: target.address ?? config.remoteAddress,
      port,
      ...(socket.boundPort === 0 ? {} : { localPort: socket.boundPort }),
    },
    world.milliseconds,
    new TcpConnection(options),
  );
  socket.adopt(connection, world.milliseconds);
  socket.isConnecting = true;
  const flow = new Flow("connecting", connection.localPort, port);
  flow.connection = connection;
  kernel.flow = flow;
}

/** `shutdown(fd, how)` */
export const shutdownCall: Handler = withSocket((kernel, socket, list) => {
  const how = kernel.evaluator.number(list[1]);
  const { connection } = socket;
  const state = connection?.state ?? TcpState.Closed;
  if (connection === null || state === TcpState.Closed || state === TcpState.TimeWait) {
    return failWith("ENOTCONN");
  }
  if (how !== symbols["SHUT_WR"]) socket.isReadShut = true;
  if (how !== symbols["SHUT_RD"]) connection.closeWrite();
  return succeed();
});

/** `close(fd)`; as in Linux, one that lingers waits for its data, and what is left goes on in the background. */
export const closeCall: Handler = (kernel, list) => {
  const number = kernel.evaluator.number(list[0]);
  let closing: Socket | null = null;
  let until = 0;
  return () => {
    if (closing !== null) return isGone(closing) || kernel.world.now >= until ? succeed() : null;
    const found = kernel.close(number);
    if (found === undefined) return failWith("EBADF");
    if (found instanceof EpollSet) return succeed();
    const { listener, connection, linger } = found;
    if (listener === null && connection === null) return succeed();
    const { milliseconds, now } = kernel.world;
    listener?.close(milliseconds);
    if (linger === 0) connection?.abort(milliseconds);
    else connection?.close(milliseconds);
    if (linger === 0 || linger === Infinity || isGone(found)) return succeed();
    closing = found;
    until = now + linger * 1000;
    return null;
  };
};

/** Whether all that was written is acknowledged, the FIN too. */
function isGone({ connection }: Socket): boolean {
  const state = connection?.state;
  return state !== TcpState.FinWait1 && state !== TcpState.Closing && state !== TcpState.LastAck;
}

/** `fcntl(fd, command, argument)` */
export const fcntlCall: Handler = withSocket((kernel, socket, list) => {
  const command = kernel.evaluator.number(list[1]);
  const nonBlocking = symbols["O_NONBLOCK"]!;
  if (command === symbols["F_GETFL"]) {
    return succeed(symbols["O_RDWR"]! | (socket.isNonBlocking ? nonBlocking : 0));
  }
  if (command !== symbols["F_SETFL"]) throw new Unsupported(`fcntl command ${command}`);
  socket.isNonBlocking = (kernel.evaluator.number(list[2]) & nonBlocking) !== 0;
  return succeed();
});

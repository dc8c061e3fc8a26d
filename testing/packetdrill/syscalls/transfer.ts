/**
 * Calls that move data: `read`, `write` and their kin, and `ioctl` that asks how much waits.
 *
 * @module
 */
import type { Expression } from "../ast.ts";
import { symbols } from "../constants.ts";
import { Mismatch, Unsupported } from "../errors.ts";
import { firstDifference, streamBytes } from "../payload.ts";
import { type Handler, withSocket } from "./connect.ts";
import type { Kernel } from "./kernel.ts";
import { type Attempt, failWith, type Outcome, succeed } from "./outcome.ts";
import type { Socket } from "./socket.ts";

const supportedFlags = symbols["MSG_DONTWAIT"]! | symbols["MSG_NOSIGNAL"]! |
  symbols["MSG_WAITALL"]! | symbols["MSG_MORE"]! | symbols["MSG_ZEROCOPY"]!;

function refuseFlags(flags: number): void {
  const rest = flags & ~supportedFlags;
  if (rest === 0) return;
  for (const [name, value] of Object.entries(symbols)) {
    if (name.startsWith("MSG_") && (rest & value) !== 0) throw new Unsupported(name);
  }
  throw new Unsupported(`message flags 0x${rest.toString(16)}`);
}

function receive(kernel: Kernel, descriptor: number, length: number, flags: number): Attempt {
  refuseFlags(flags);
  const socket = kernel.socket(descriptor);
  const waitsForAll = (flags & symbols["MSG_WAITALL"]!) !== 0;
  let total = 0;
  return () => {
    if (socket === undefined) return failWith("EBADF");
    total += take(socket, length - total);
    if (total >= length || (total > 0 && !waitsForAll)) return succeed(total);
    const end = readEnd(socket);
    if (end !== null) return total > 0 ? succeed(total) : end;
    const waits = !socket.isNonBlocking && (flags & symbols["MSG_DONTWAIT"]!) === 0;
    if (waits) return null;
    return total > 0 ? succeed(total) : failWith("EAGAIN");
  };
}

function take(socket: Socket, length: number): number {
  const { connection } = socket;
  if (connection === null || length === 0) return 0;
  const target = new Uint8Array(Math.min(length, connection.readable));
  const taken = connection.read(target);
  const difference = firstDifference(target.subarray(0, taken), socket.read);
  if (difference >= 0) {
    throw new Mismatch(
      "what was read is not what the peer sent",
      `the stream's byte ${socket.read + difference}`,
      `${target[difference]}`,
    );
  }
  socket.read += taken;
  return taken;
}

/** Why there will be nothing to read; `null` when there may be. */
function readEnd(socket: Socket): Outcome | null {
  const { connection } = socket;
  if (connection === null) return failWith("ENOTCONN");
  const errno = socket.takeError();
  if (errno !== 0) return { value: -1, errno };
  if (socket.isReadShut || connection.isEndOfStream || socket.isClosed) return succeed(0);
  return null;
}

function send(kernel: Kernel, descriptor: number, length: number, flags: number): Attempt {
  refuseFlags(flags);
  const socket = kernel.socket(descriptor);
  let total = 0;
  return () => {
    if (socket === undefined) return failWith("EBADF");
    const failure = writeFailure(socket);
    if (failure !== null) return total > 0 ? succeed(total) : failure;
    const connection = socket.connection!;
    if (!socket.isOpening) {
      // A writer that has been told to wait goes on when a third of the buffer is free.
      const mayGoOn = total === 0 || (socket.events & symbols["POLLOUT"]!) !== 0;
      if (mayGoOn) {
        const taken = connection.write(streamBytes(socket.written, length - total));
        connection.sender.nagle.expectsMore = (flags & symbols["MSG_MORE"]!) !== 0;
        socket.written += taken;
        total += taken;
      }
      if (total >= length) return succeed(total);
    }
    const waits = !socket.isNonBlocking && (flags & symbols["MSG_DONTWAIT"]!) === 0;
    if (waits) return null;
    return total > 0 ? succeed(total) : failWith("EAGAIN");
  };
}

function writeFailure(socket: Socket): Outcome | null {
  const errno = socket.takeError();
  if (errno !== 0) return { value: -1, errno };
  const { connection } = socket;
  return connection === null || !connection.mayWrite ? failWith("EPIPE") : null;
}

/** `read(fd, buffer, length)` */
export const readCall: Handler = (kernel, list) =>
  receive(kernel, kernel.evaluator.number(list[0]), kernel.evaluator.number(list[2]), 0);

/** `recv(fd, buffer, length, flags)`, `recvfrom(fd, buffer, length, flags, address, length)` */
export const recvCall: Handler = (kernel, list) => {
  const { evaluator } = kernel;
  const flags = evaluator.number(list[3]);
  return receive(kernel, evaluator.number(list[0]), evaluator.number(list[2]), flags);
};

/** `write(fd, buffer, length)` */
export const writeCall: Handler = (kernel, list) =>
  send(kernel, kernel.evaluator.number(list[0]), kernel.evaluator.number(list[2]), 0);

/** `send(fd, buffer, length, flags)`, `sendto(fd, buffer, length, flags, address, length)` */
export const sendCall: Handler = (kernel, list) => {
  const { evaluator } = kernel;
  const flags = evaluator.number(list[3]);
  return send(kernel, evaluator.number(list[0]), evaluator.number(list[2]), flags);
};

/** `readv(fd, vectors, count)` */
export const readvCall: Handler = (kernel, list) =>
  receive(kernel, kernel.evaluator.number(list[0]), vectorsLength(kernel, list[1]), 0);

/** `writev(fd, vectors, count)` */
export const writevCall: Handler = (kernel, list) =>
  send(kernel, kernel.evaluator.number(list[0]), vectorsLength(kernel, list[1]), 0);

/** `recvmsg(fd, message, flags)` */
export const recvmsgCall: Handler = (kernel, list) => {
  const descriptor = kernel.evaluator.number(list[0]);
  const inquired = inquiredBytes(kernel, list[1]);
  const length = messageLength(kernel, list[1], inquired !== undefined);
  const flags = kernel.evaluator.number(list[2]);
  const attempt = receive(kernel, descriptor, length, flags);
  if (inquired === undefined) return attempt;
  return () => {
    const outcome = attempt();
    const connection = kernel.socket(descriptor)?.connection ?? null;
    if (outcome === null || connection === null) return outcome;
    // Linux: the end of the stream counts as one byte.
    const waiting = connection.readable + (connection.receiver.finReached ? 1 : 0);
    if (waiting !== inquired) {
      throw new Mismatch("TCP_CM_INQ tells another number", `${inquired}`, `${waiting}`);
    }
    return outcome;
  };
};

/** What `msg_control` says of the bytes that wait still, where it says nothing else. */
function inquiredBytes(kernel: Kernel, message: Expression | undefined): number | undefined {
  if (message?.kind !== "struct") return undefined;
  const control = message.fields.get("msg_control");
  if (control?.kind !== "list" || control.items.length !== 1) return undefined;
  const [item] = control.items;
  if (item?.kind !== "struct") return undefined;
  if (kernel.evaluator.number(item.fields.get("cmsg_type")) !== symbols["TCP_CM_INQ"]) {
    return undefined;
  }
  return kernel.evaluator.number(item.fields.get("cmsg_data"));
}

/** `sendmsg(fd, message, flags)` */
export const sendmsgCall: Handler = (kernel, list) => {
  const length = messageLength(kernel, list[1]);
  const flags = kernel.evaluator.number(list[2]);
  return send(kernel, kernel.evaluator.number(list[0]), length, flags);
};

function messageLength(
  kernel: Kernel,
  message: Expression | undefined,
  isControlRead: boolean = false,
): number {
  if (message?.kind !== "struct") throw new Unsupported("a message that is no structure");
  const control = isControlRead ? undefined : message.fields.get("msg_control");
  if (control !== undefined && !(control.kind === "list" && control.items.length === 0)) {
    throw new Unsupported("msg_control");
  }
  return vectorsLength(kernel, message.fields.get("msg_iov"));
}

/** `[{..., 1000}, {..., 200}]` */
function vectorsLength(kernel: Kernel, list: Expression | undefined): number {
  if (list?.kind !== "list") throw new Unsupported("vectors that are no list");
  let total = 0;
  for (const vector of list.items) {
    if (vector.kind !== "struct") throw new Unsupported("a vector that is no structure");
    total += kernel.evaluator.number(vector.items[1]);
  }
  return total;
}

/** `ioctl(fd, request, [value])` */
export const ioctlCall: Handler = withSocket((kernel, socket, list) => {
  const request = kernel.evaluator.number(list[1]);
  const { connection } = socket;
  if (connection === null) return failWith("EINVAL");
  let value: number;
  switch (request) {
    case symbols["SIOCINQ"]:
      value = connection.readable;
      break;
    case symbols["SIOCOUTQ"]:
      value = connection.sender.buffer.length;
      break;
    case symbols["SIOCOUTQNSD"]:
      value = connection.sender.unsent;
      break;
    default:
      throw new Unsupported(`ioctl 0x${request.toString(16)}`);
  }
  const wanted = kernel.evaluator.optionalNumber(list[2]);
  if (wanted !== undefined && wanted !== value) {
    throw new Mismatch("ioctl tells another number", `${wanted}`, `${value}`);
  }
  return succeed();
});

/**
 * The system calls by name.
 *
 * @module
 */
import type { SystemCall } from "../ast.ts";
import { Unsupported } from "../errors.ts";
import {
  acceptCall,
  bindCall,
  closeCall,
  connectCall,
  fcntlCall,
  type Handler,
  listenCall,
  shutdownCall,
  socketCall,
} from "./connect.ts";
import type { Kernel } from "./kernel.ts";
import { getsockoptCall, setsockoptCall } from "./options.ts";
import type { Attempt } from "./outcome.ts";
import { epollControlCall, epollCreateCall, epollWaitCall, pollCall } from "./poll.ts";
import {
  ioctlCall,
  readCall,
  readvCall,
  recvCall,
  recvmsgCall,
  sendCall,
  sendmsgCall,
  writeCall,
  writevCall,
} from "./transfer.ts";

const handlers: Readonly<Record<string, Handler>> = {
  accept: acceptCall,
  accept4: acceptCall,
  bind: bindCall,
  close: closeCall,
  connect: connectCall,
  epoll_create: epollCreateCall,
  epoll_create1: epollCreateCall,
  epoll_ctl: epollControlCall,
  epoll_wait: epollWaitCall,
  fcntl: fcntlCall,
  getsockopt: getsockoptCall,
  ioctl: ioctlCall,
  listen: listenCall,
  poll: pollCall,
  read: readCall,
  readv: readvCall,
  recv: recvCall,
  recvfrom: recvCall,
  recvmsg: recvmsgCall,
  send: sendCall,
  sendmsg: sendmsgCall,
  sendto: sendCall,
  setsockopt: setsockoptCall,
  shutdown: shutdownCall,
  socket: socketCall,
  write: writeCall,
  writev: writevCall,
};

/**
 * Begins a call.
 *
 * @returns What is to be asked until it gives an outcome.
 * @throws {Unsupported} When there is no such call here.
 */
export function beginCall(kernel: Kernel, call: SystemCall): Attempt {
  const handler = handlers[call.name];
  if (handler === undefined) throw new Unsupported(`system call ${call.name}`);
  const expected = kernel.evaluator.optionalNumber(call.result) ?? -1;
  return handler(kernel, call.arguments, expected);
}

/**
 * Calls that wait for sockets: `poll`, `epoll_create`, `epoll_ctl`, `epoll_wait`.
 *
 * @module
 */
import type { Expression } from "../ast.ts";
import { symbols } from "../constants.ts";
import { Mismatch, Unsupported } from "../errors.ts";
import type { Handler } from "./connect.ts";
import { type EpollEntry, EpollSet, type Kernel } from "./kernel.ts";
import { failWith, succeed } from "./outcome.ts";

const always = symbols["POLLERR"]! | symbols["POLLHUP"]!;
const edgeTriggered = symbols["EPOLLET"]!;
const oneShot = symbols["EPOLLONESHOT"]!;

function itemsOf(list: Expression | undefined): readonly Expression[] {
  if (list?.kind !== "list") throw new Unsupported("descriptors that are no list");
  return list.items;
}

/** `poll([{fd=4, events=POLLIN, revents=POLLIN}], count, milliseconds)` */
export const pollCall: Handler = (kernel, list) => {
  const { evaluator } = kernel;
  const entries = itemsOf(list[0]).map((item) => {
    if (item.kind !== "struct") throw new Unsupported("a pollfd that is no structure");
    return {
      descriptor: evaluator.number(item.fields.get("fd")),
      events: evaluator.number(item.fields.get("events")),
      wanted: evaluator.optionalNumber(item.fields.get("revents")) ?? 0,
    };
  });
  const timeout = evaluator.number(list[2]);
  const until = timeout < 0 ? Infinity : kernel.world.now + timeout * 1000;
  return () => {
    const got = entries.map(({ descriptor, events }) => {
      const socket = kernel.socket(descriptor);
      if (socket === undefined) return symbols["POLLNVAL"]!;
      return socket.events & (events | always);
    });
    const count = got.filter((events) => events !== 0).length;
    if (count === 0 && kernel.world.now < until) return null;
    entries.forEach(({ descriptor, wanted }, i) => {
      if (wanted !== got[i]) {
        throw new Mismatch(
          `poll tells other events of descriptor ${descriptor}`,
          formatEvents(wanted),
          formatEvents(got[i]!),
        );
      }
    });
    return succeed(count);
  };
};

/** Event bits by their names. */
function formatEvents(events: number): string {
  const names = Object.entries(symbols).filter(([name, value]) =>
    name.startsWith("POLL") && (events & value) !== 0
  );
  return names.length === 0 ? "0" : names.map(([name]) => name).join("|");
}

/** `epoll_create(size)` */
export const epollCreateCall: Handler = (kernel, _list, expected) => () =>
  succeed(kernel.open(new EpollSet(), expected));

/** `epoll_ctl(epfd, operation, fd, {events=EPOLLIN, fd=4})` */
export const epollControlCall: Handler = (kernel, list) => {
  const { evaluator } = kernel;
  const set = kernel.epollSet(evaluator.number(list[0]));
  const operation = evaluator.number(list[1]);
  const descriptor = evaluator.number(list[2]);
  return () => {
    if (kernel.socket(descriptor) === undefined) return failWith("EBADF");
    if (operation === symbols["EPOLL_CTL_DEL"]) {
      set.entries.delete(descriptor);
      return succeed();
    }
    set.entries.set(descriptor, { ...entryOf(kernel, list[3]), edges: -1, told: 0 });
    return succeed();
  };
};

function entryOf(
  kernel: Kernel,
  expression: Expression | undefined,
): { events: number; data: number } {
  if (expression?.kind !== "struct") throw new Unsupported("an epoll_event that is no structure");
  const { fields } = expression;
  const data = fields.get("fd") ?? fields.get("u32") ?? fields.get("u64") ?? fields.get("ptr");
  return {
    events: kernel.evaluator.number(fields.get("events")) >>> 0,
    data: kernel.evaluator.number(data),
  };
}

/** `epoll_wait(epfd, [{events=EPOLLIN, fd=4}], maximum, milliseconds)` */
export const epollWaitCall: Handler = (kernel, list) => {
  const { evaluator } = kernel;
  const set = kernel.epollSet(evaluator.number(list[0]));
  const items = list[1]?.kind === "list" ? list[1].items : [list[1]];
  const wanted = items.filter((item) => item?.kind === "struct").map((item) =>
    entryOf(kernel, item)
  );
  const timeout = evaluator.number(list[3]);
  const until = timeout < 0 ? Infinity : kernel.world.now + timeout * 1000;
  return () => {
    const got: { events: number; data: number }[] = [];
    for (const [descriptor, entry] of set.entries) {
      const events = eventsOf(kernel, descriptor, entry);
      if (events !== 0) got.push({ events, data: entry.data });
    }
    if (got.length === 0 && kernel.world.now < until) return null;
    wanted.forEach(({ events, data }, i) => {
      const given = got[i];
      if (given === undefined) return;
      if (given.events !== events || given.data !== data) {
        throw new Mismatch(
          "epoll_wait tells other events",
          `${formatEvents(events)} of ${data}`,
          `${formatEvents(given.events)} of ${given.data}`,
        );
      }
    });
    return succeed(got.length);
  };
};

function eventsOf(kernel: Kernel, descriptor: number, entry: EpollEntry): number {
  const socket = kernel.socket(descriptor);
  if (socket === undefined) return 0;
  const mask = (entry.events & ~edgeTriggered & ~oneShot) | always;
  const events = socket.events & mask;
  if ((entry.events & edgeTriggered) !== 0) {
    const isNew = socket.edges !== entry.edges || (events & ~entry.told) !== 0;
    if (!isNew) return 0;
    entry.edges = socket.edges;
    entry.told = events;
  }
  if (events !== 0 && (entry.events & oneShot) !== 0) entry.events = 0;
  return events;
}

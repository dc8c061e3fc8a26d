/**
 * One sleep for all devices of a process: an `epoll` on a thread of the runtime's pool (epoll(7)). Who waits joins it and who
 * is woken leaves it by a system call that does not wait, while the thread sleeps on; a `timerfd` in it is the
 * alarm clock. To begin a sleep costs some 60 µs, so it is for when there is nothing to do.
 *
 * @module
 */
import { writeHost32 } from "@octet/netlink/host-order";
import { systemError } from "@octet/netlink/libc";
import { acquireLibc, type DeviceLibc, OpenFlag, releaseLibc } from "./libc.ts";
import { keepAlive } from "./keep_alive.ts";

const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;
const EPOLLIN = 1;
/** The descriptor falls silent with its first event, until it is asked about anew. */
const EPOLLONESHOT = 0x4000_0000;
const CLOCK_MONOTONIC = 1;
/** Events taken at once. */
const eventCount = 32;
/** What the timer's events carry; sleepers count from 1. */
const timerId = 0;

/** Who is told by a {@linkcode Poller}. */
export interface Sleeper {
  /** Until when it waits, in milliseconds of `performance.now()`; Infinity for ever. */
  readonly deadline: number;
  /** Whether its waiting keeps the process alive. */
  readonly isRef: boolean;
  /** Ends its wait. */
  rouse(events: number): void;
}

let shared: Poller | null = null;

/**
 * Gives the process's poller, and opens it for the first.
 *
 * @param action What the error says when it cannot be.
 */
export function sharedPoller(action: string): Poller {
  return shared ??= new Poller(action);
}

/** The descriptors of a process that are waited on. */
export class Poller {
  readonly #libc: DeviceLibc;
  readonly #epoll: number;
  readonly #timer: number;
  /** `struct epoll_event`: 32 bits of events, 64 of ours; packed on x86-64 alone. */
  readonly #eventLength = Deno.build.arch === "x86_64" ? 12 : 16;
  readonly #dataOffset = this.#eventLength - 8;
  // They outlive the call that fills them.
  readonly #events = new Uint8Array(this.#eventLength * eventCount);
  readonly #event = new Uint8Array(this.#eventLength);
  readonly #alarm = new Uint8Array(32);
  readonly #expirations = new Uint8Array(8);
  readonly #sleepers = new Map<number, Sleeper>();
  /** Those that sleep; and of them, those that have a deadline. */
  readonly #asleep = new Set<Sleeper>();
  readonly #timed = new Set<Sleeper>();
  /** When the alarm goes off; it is never put off, as most sleeps end early and the next one wants it again. */
  #alarmAt = Infinity;
  #lastId = timerId;
  #call: Promise<number> | null = null;
  /** How many of those that sleep keep the process alive. */
  #refs = 0;

  /**
   * Opens it; {@linkcode sharedPoller} is the way to one.
   *
   * @param action What the error says when it cannot be.
   */
  constructor(action: string) {
    const libc = acquireLibc("wait for a device");
    this.#libc = libc;
    const { epoll_create1, timerfd_create, close } = libc.symbols;
    this.#epoll = epoll_create1(OpenFlag.CloseOnExec);
    this.#timer = timerfd_create(CLOCK_MONOTONIC, OpenFlag.NonBlocking | OpenFlag.CloseOnExec);
    const isOpen = this.#epoll >= 0 && this.#timer >= 0;
    if (!isOpen || !this.#control(EPOLL_CTL_ADD, this.#timer, EPOLLIN, timerId)) {
      const errno = libc.errno();
      if (this.#epoll >= 0) close(this.#epoll);
      if (this.#timer >= 0) close(this.#timer);
      releaseLibc();
      throw systemError(action, errno);
    }
  }

  /**
   * Takes somebody in.
   *
   * @returns The number by which the others are called.
   */
  add(sleeper: Sleeper): number {
    this.#sleepers.set(++this.#lastId, sleeper);
    return this.#lastId;
  }

  /**
   * Asks for the next event of a descriptor.
   *
   * @returns `false` when the kernel knows of no way to wait for it.
   */
  arm(id: number, descriptor: number, events: number): boolean {
    // A descriptor that was closed has left by itself, and another one may have its number.
    return this.#control(EPOLL_CTL_MOD, descriptor, events | EPOLLONESHOT, id) ||
      this.#control(EPOLL_CTL_ADD, descriptor, events | EPOLLONESHOT, id);
  }

  /** Lets somebody go, and the descriptor, -1 for none; with the last one the poller ends. */
  remove(id: number, descriptor: number): void {
    const sleeper = this.#sleepers.get(id);
    if (sleeper === undefined) return;
    this.leave(sleeper);
    if (descriptor >= 0) this.#control(EPOLL_CTL_DEL, descriptor, 0, id);
    this.#sleepers.delete(id);
    if (this.#sleepers.size === 0) this.#close();
  }

  /** Puts somebody to sleep whose descriptor is armed. */
  join(sleeper: Sleeper): void {
    this.#asleep.add(sleeper);
    if (sleeper.isRef && this.#refs++ === 0) this.#keepAlive();
    if (sleeper.deadline < Infinity) {
      this.#timed.add(sleeper);
      if (sleeper.deadline < this.#alarmAt) this.#setAlarm(sleeper.deadline);
    }
    if (this.#call === null) void this.#sleep();
  }

  /** Takes somebody out of those that sleep. The thread may sleep on: the next one joins it at no cost. */
  leave(sleeper: Sleeper): void {
    if (!this.#asleep.delete(sleeper)) return;
    this.#timed.delete(sleeper);
    if (sleeper.isRef && --this.#refs === 0) this.#keepAlive();
  }

  async #sleep(): Promise<void> {
    const { epoll_wait } = this.#libc.symbols;
    while (this.#asleep.size > 0) {
      this.#call = epoll_wait(this.#epoll, this.#events, eventCount, -1);
      this.#keepAlive();
      // An interrupted call gives a negative count, and is begun anew.
      const count = await this.#call;
      for (let i = 0; i < count; i++) this.#dispatch(i * this.#eventLength);
    }
    this.#call = null;
    if (this.#sleepers.size === 0) this.#release();
  }

  #dispatch(at: number): void {
    const events = this.#events;
    const id = word(events, at + this.#dataOffset);
    if (id === timerId) this.#expire();
    else this.#sleepers.get(id)?.rouse(word(events, at));
  }

  #expire(): void {
    this.#libc.symbols.read(this.#timer, this.#expirations, 8);
    this.#alarmAt = Infinity;
    const now = performance.now();
    let next = Infinity;
    for (const sleeper of this.#timed) {
      if (sleeper.deadline <= now) sleeper.rouse(0);
      else next = Math.min(next, sleeper.deadline);
    }
    if (next < this.#alarmAt) this.#setAlarm(next);
  }

  #setAlarm(time: number): void {
    this.#alarmAt = time;
    // A time of 0 would switch it off.
    const microseconds = Math.max(1, Math.ceil((time - performance.now()) * 1000));
    writeHost32(this.#alarm, 16, Math.floor(microseconds / 1e6));
    writeHost32(this.#alarm, 24, (microseconds % 1e6) * 1000);
    this.#libc.symbols.timerfd_settime(this.#timer, 0, this.#alarm, null);
  }

  #keepAlive(): void {
    if (this.#call !== null) keepAlive(this.#call, this.#refs > 0);
  }

  #control(operation: number, descriptor: number, events: number, id: number): boolean {
    writeHost32(this.#event, 0, events);
    writeHost32(this.#event, this.#dataOffset, id);
    return this.#libc.symbols.epoll_ctl(this.#epoll, operation, descriptor, this.#event) === 0;
  }

  #close(): void {
    shared = null;
    // The thread that sleeps is called back, and the rest happens then.
    if (this.#call !== null) this.#setAlarm(performance.now());
    else this.#release();
  }

  #release(): void {
    this.#libc.symbols.close(this.#epoll);
    this.#libc.symbols.close(this.#timer);
    releaseLibc();
  }
}

function word(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) |
    (bytes[offset + 3]! << 24);
}

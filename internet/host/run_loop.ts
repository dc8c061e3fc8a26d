/**
 * The loop between devices and a stack: drain the devices, let the readers run, send what there is
 * to send, and sleep until something happens or a timer is due.
 *
 * @module
 */
import { Packet } from "@octet/wire";
import { type Device, frameCapacity } from "../device/device.ts";
import type { Interface } from "../interface.ts";
import type { Stack } from "../stack.ts";
import { DevicePort } from "./device_port.ts";
import { interrupted, networkError } from "./errors.ts";
import { Liveness } from "./liveness.ts";

/** Frames taken before the readers get a turn: what a switch or the kernel hands over at once. */
const batch = 64;
/**
 * How many of them at most are each acknowledged before the next is taken, where that is called for. A loss of acknowledgements
 * hurts small flights; where more frames wait, the next acknowledgement is near, and we are behind.
 */
const urgentBatch = 8;
/**
 * Microtasks that readers have before a device is asked again where that takes a system call: an answer is often some away,
 * behind the write and the read awaited before. With one, a round trip of an octet over a TAP took 17.9 µs instead of 16.3:
 * to ask too early costs a microsecond, and to find nothing the way round the event loop.
 */
const patience = 4;
/** How long the loop runs without letting timers and other events of the process run, in milliseconds. */
const maxTurn = 4;

/** What is to be closed when the loop ends. */
export type Held = Disposable;

/** Runs one stack on its devices: one to begin with. */
export class RunLoop {
  /** The stack. */
  readonly stack: Stack;
  /** The first device. */
  readonly device: Device;
  /** Why frames come and go no more, where the last device was lost. */
  failure: unknown = undefined;
  /** Called when a device is gone while others go on; its interface is down then. */
  onDeviceLost: ((device: Device, error: unknown) => void) | null = null;
  /** Whether waiting for the devices keeps the process alive. */
  readonly liveness: Liveness = new Liveness((isAlive) => {
    for (const { device } of this.#ports) setRef(device, isAlive);
  });
  readonly #ports: DevicePort[] = [];
  /** The same by their interfaces' indices. */
  readonly #byIndex: (DevicePort | null)[] = [];
  #ingress: Packet;
  #egress: Packet;
  readonly #held: Set<Held> = new Set();
  readonly #onFailure: (error: unknown) => void;
  readonly #done: Promise<void>;
  /**
   * The way round the event loop, where the runtime has it: 4 µs. A message costs 6, and a port that listens keeps the process
   * alive; a timer costs a millisecond. Who only imports us does not look: Deno loads 3 ms of code for whoever asks first.
   */
  readonly #setImmediate: ((done: () => void) => unknown) | undefined = (globalThis as {
    setImmediate?: (done: () => void) => unknown;
  }).setImmediate;
  #yielder: MessageChannel | null = null;
  #yielded: (() => void) | null = null;
  /** The longest of the devices' spin times. */
  #spinTime = 0;
  /** How many microtasks readers have. */
  #patience = 1;
  /** How many devices had no room for a frame. */
  #full = 0;
  #inside = false;
  #closing = false;
  #sleepsUntil = -Infinity;
  /**
   * The time that the stack was told last. Reading the clock costs up to a quarter of a microsecond, and a round trip
   * through a loop that reads it at each step took twice as long.
   */
  #time: number = performance.now();

  /**
   * Begins to run, with the stack's first interface on a device.
   *
   * @param onFailure Called once when the last device is gone for good, or closed by somebody else.
   */
  constructor(stack: Stack, device: Device, onFailure: (error: unknown) => void) {
    this.stack = stack;
    this.device = device;
    this.#onFailure = onFailure;
    this.#ingress = new Packet(frameCapacity(device));
    this.#egress = new Packet(frameCapacity(device));
    this.#add(device, stack.interfaces[0]!);
    this.#done = this.#run();
  }

  /** The time that the stack sees, in milliseconds. */
  now(): number {
    return this.#time = performance.now();
  }

  /** Remembers something that is to be closed when the loop ends. */
  hold(held: Held): void {
    this.#held.add(held);
  }

  /** Forgets it again. */
  release(held: Held): void {
    this.#held.delete(held);
  }

  /**
   * Waits for something that the network decides, or for the loop's end.
   *
   * @param pending What to wait for; rejected when the loop ends first.
   * @throws {Deno.errors.Interrupted} When the loop ends first.
   */
  async wait<T>(pending: PromiseWithResolvers<T>): Promise<T> {
    const held = { [Symbol.dispose]: () => pending.reject(interrupted(this.failure)) };
    this.hold(held);
    this.liveness.retain();
    try {
      return await pending.promise;
    } finally {
      this.liveness.letGo();
      this.release(held);
    }
  }

  /**
   * Does something with code that is loaded for it, unless the loop ends before it is there.
   *
   * @param use Called as soon as the code is there.
   * @throws {Error} When the loop does not run, or ends meanwhile.
   */
  async load<Code, Result>(
    code: Promise<Code>,
    use: (code: Code) => Result,
  ): Promise<Awaited<Result>> {
    this.expectRunning();
    const loaded = Promise.withResolvers<Code>();
    let hasEnded = false;
    const end = () => {
      hasEnded = true;
      loaded.reject(interrupted(this.failure));
    };
    const held = { [Symbol.dispose]: end };
    this.hold(held);
    this.liveness.retain();
    code.then(loaded.resolve, loaded.reject);
    try {
      const it = await loaded.promise;
      if (hasEnded) throw interrupted(this.failure);
      return await use(it);
    } finally {
      this.liveness.letGo();
      this.release(held);
    }
  }

  /** Sends what the stack has to send, now; call it after anything was asked of the stack. */
  flush(): void {
    if (this.#inside || this.#closing) return;
    this.now();
    this.flushNow();
  }

  /** The same for who has just asked for the time. */
  flushNow(): void {
    if (this.#inside || this.#closing) return;
    this.#send();
    if (this.stack.deadline() < this.#sleepsUntil || this.#full > 0) this.#wake();
  }

  /**
   * Runs another device. It stays its owner's to close.
   *
   * @param device The device.
   * @param via The interface that stands on it.
   */
  attach(device: Device, via: Interface): void {
    this.expectRunning();
    this.#add(device, via);
    const capacity = frameCapacity(device);
    if (this.#egress.bytes.length < capacity) {
      // Whoever is in the middle of a frame keeps the packets that there were.
      if (!this.#inside) {
        this.#ingress.release();
        this.#egress.release();
      }
      this.#ingress = new Packet(capacity);
      this.#egress = new Packet(capacity);
    }
    this.#wake();
  }

  /** Runs a device no more. */
  detach(device: Device): void {
    const index = this.#ports.findIndex((port) => port.device === device);
    if (index < 0) return;
    const [port] = this.#ports.splice(index, 1);
    if (port!.isFull) this.#full--;
    port!.release();
    const { via } = port!;
    this.#byIndex[via.index] = null;
    if (via.link !== null) via.link.onGroupsChanged = null;
    this.#settleSpin();
    device.wake();
    this.#wake();
  }

  /** Whether frames still come and go. */
  get isRunning(): boolean {
    return !this.#closing;
  }

  /**
   * Refuses what is asked of a host that has ended.
   *
   * @throws {Deno.errors.NotConnected} When frames no longer come and go.
   */
  expectRunning(): void {
    if (this.#closing) throw networkError("NotConnected", "Host has been closed");
  }

  /** Closes everything that is held, and sends what that leads to. */
  closeHeld(): void {
    for (const held of [...this.#held]) held[Symbol.dispose]();
    this.flush();
  }

  /** Ends the loop; what was to be sent goes out before. The device stays open. */
  async close(): Promise<void> {
    this.flush();
    this.#closing = true;
    this.#wake();
    await this.#done;
  }

  async #run(): Promise<void> {
    // Whoever makes the host sets it up first: frames that wait already find its address.
    await null;
    let lastFrame = this.now();
    let lastYield = lastFrame;
    let hasSlept = true;
    try {
      while (!this.#closing) {
        const received = this.#receive();
        // Whoever waited for what has come runs now, and may write an answer that the next frames carry.
        for (let i = 0; received > 0 && i < this.#patience; i++) await null;
        if (this.#closing) break;
        // Behind frames the time is theirs still; who spins, or has slept, must look. Between, nothing has come and no time
        // has passed, and whoever asked the stack for something has flushed it.
        const hasWaited = received === 0 && (hasSlept || this.#spinTime > 0);
        if (hasWaited) this.now();
        if (hasWaited || received > 0) this.#send();
        const now = this.#time;
        if (hasSlept) lastYield = now;
        hasSlept = false;
        if (received > 0) {
          lastFrame = now;
          if (now - lastYield < maxTurn) continue;
        } else if (now - lastFrame >= this.#spinTime && !this.#isDueSoon(now)) {
          await this.#sleep(now);
          this.#sleepsUntil = -Infinity;
          hasSlept = true;
          continue;
        }
        await this.#yield();
        hasSlept = true;
      }
    } catch (error) {
      this.#closing = true;
      this.failure = error;
      this.closeHeld();
      this.#onFailure(error);
    } finally {
      this.#yielder?.port1.close();
      this.#yielder?.port2.close();
      this.#ingress.release();
      this.#egress.release();
      for (const port of this.#ports) port.release();
    }
  }

  /** Whether something is to be done before a sleep would be over: timers of the stack, frames of an impaired device. */
  #isDueSoon(now: number): boolean {
    const ports = this.#ports;
    let due = this.stack.deadline();
    for (let i = 0; i < ports.length; i++) due = Math.min(due, ports[i]!.device.deadline());
    return due - now < this.#spinTime;
  }

  #receive(): number {
    const ports = this.#ports;
    let count = 0;
    for (let i = 0; i < ports.length; i++) count += this.#drain(ports[i]!);
    return count;
  }

  #drain(port: DevicePort): number {
    const { stack } = this;
    const { device } = port;
    const { index } = port.via;
    const packet = this.#ingress;
    this.#inside = true;
    try {
      if (!device.receive(packet)) return 0;
      const now = this.now();
      let count = 0;
      do {
        packet.interfaceIndex = index;
        stack.ingress(packet, now);
        count++;
        if (stack.tcp.isUrgent && count <= urgentBatch) {
          this.#send();
          this.#inside = true;
        }
      } while (count < batch && device.receive(packet));
      return count;
    } finally {
      this.#inside = false;
    }
  }

  #send(): void {
    const { stack } = this;
    const packet = this.#egress;
    const ports = this.#ports;
    this.#inside = true;
    try {
      if (this.#full > 0) this.#retry();
      const now = this.#time;
      stack.tcp.isUrgent = false;
      // While no device has room, what the stack has to say stays with who says it.
      while (this.#full < ports.length && stack.egress(packet, now) > 0) {
        const port = this.#byIndex[packet.interfaceIndex];
        if (port === null || port === undefined) continue;
        port.transmit(packet);
        if (port.isFull) this.#full++;
      }
    } finally {
      this.#inside = false;
    }
  }

  #retry(): void {
    for (const port of this.#ports) {
      if (!port.isFull) continue;
      port.retry();
      if (!port.isFull) this.#full--;
    }
  }

  /** Begins a sleep; `undefined` when there is no time for one. */
  #sleep(now: number): Promise<void> | undefined {
    this.#dropLost();
    const until = this.stack.deadline();
    const isFull = this.#full > 0;
    if (until <= now && this.#full < this.#ports.length) return undefined;
    this.#sleepsUntil = until;
    const timeout = isFull ? 1 : until - now;
    const ports = this.#ports;
    if (ports.length === 1) return ports[0]!.device.ready(timeout);
    return Promise.race(ports.map((port) => port.ready(timeout)));
  }

  /**
   * Takes the interfaces of devices that are gone down.
   *
   * @throws {Error} When there is no other device.
   */
  #dropLost(): void {
    const ports = this.#ports;
    for (let i = 0; i < ports.length;) {
      const port = ports[i]!;
      if (!port.isLost) {
        i++;
        continue;
      }
      const { device, via, failure } = port;
      const error = failure === null
        ? networkError("NotConnected", `Cannot go on as device ${device.name} has been closed`)
        : failure.error;
      if (ports.length === 1) throw error;
      this.detach(device);
      via.down();
      this.onDeviceLost?.(device, error);
    }
  }

  #add(device: Device, via: Interface): void {
    const port = new DevicePort(device, via);
    this.#ports.push(port);
    this.#byIndex[via.index] = port;
    this.#settleSpin();
    if (!this.liveness.isAlive) setRef(device, false);
    const { link } = via;
    if (link === null || device.setGroups === undefined) return;
    link.onGroupsChanged = () => device.setGroups?.(link.groups);
    link.onGroupsChanged();
  }

  #settleSpin(): void {
    this.#spinTime = Math.max(0, ...this.#ports.map(({ device }) => device.spinTime));
    this.#patience = this.#spinTime > 0 ? patience : 1;
  }

  #wake(): void {
    for (const { device } of this.#ports) device.wake();
  }

  /** Lets the event loop go round once. */
  #yield(): Promise<void> {
    if (this.#setImmediate !== undefined) return new Promise(this.#setImmediate);
    if (this.#yielder === null) {
      this.#yielder = new MessageChannel();
      this.#yielder.port1.onmessage = () => this.#yielded?.();
    }
    return new Promise((resolve) => {
      this.#yielded = resolve;
      this.#yielder!.port2.postMessage(0);
    });
  }
}

function setRef(device: Device, isRef: boolean): void {
  if (isRef) device.ref?.();
  else device.unref?.();
}

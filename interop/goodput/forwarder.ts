/**
 * A switch of TAP devices in one process, so that two kernels talk through the same impairment, at the same
 * cost per frame, as a kernel and a stack of ours do.
 *
 * `deno run -A forwarder.ts IMPAIRMENT NAME NAME…` opens the TAP devices named, the first behind the
 * impairment, says `open`, and forwards frames until it is killed. Once open a device may be moved to
 * another network namespace.
 *
 * @module
 */
import { type Device, frameCapacity, impair, openTun } from "@octet/internet";
import { Packet } from "@octet/wire";

/** Frames taken from one port before the next has its turn. */
const batch = 64;
/** How long it looks again before it sleeps, in milliseconds: about what a sleep costs. */
const spinTime = 0.1;
const macLength = 6;

/** Forwards Ethernet frames between devices, each to the port where its destination was seen last. */
export class Forwarder {
  /** Frames forwarded. */
  forwarded = 0;
  /** Frames dropped as their port was full. */
  dropped = 0;

  readonly #ports: readonly Device[];
  readonly #packet: Packet;
  readonly #stations = new Map<number, Device>();

  /** Makes a switch; the devices stay the caller's. */
  constructor(ports: readonly Device[]) {
    this.#ports = ports;
    this.#packet = new Packet(Math.max(...ports.map(frameCapacity)));
  }

  /** Forwards what has arrived, without waiting; gives the number of frames. */
  turn(): number {
    const packet = this.#packet;
    let count = 0;
    for (const port of this.#ports) {
      for (let i = 0; i < batch && port.receive(packet); i++) {
        this.#forward(packet, port);
        count++;
      }
    }
    return count;
  }

  /** Forwards until a device is lost, which it throws, or is closed. */
  async run(): Promise<void> {
    let last = performance.now();
    while (this.#ports.every((port) => !port.isClosed)) {
      const count = this.turn();
      const now = performance.now();
      if (count > 0) last = now;
      else if (now - last >= spinTime && this.#deadline() - now >= spinTime) await this.#park(now);
    }
  }

  #deadline(): number {
    return Math.min(...this.#ports.map((port) => port.deadline()));
  }

  /** Sleeps until one of the ports has something to do; none still sleeps afterwards. */
  async #park(now: number): Promise<void> {
    const ports = this.#ports;
    const timeout = this.#deadline() - now;
    await Promise.all(ports.map(async (port) => {
      await port.ready(timeout);
      for (const other of ports) if (other !== port) other.wake();
    }));
  }

  #forward(packet: Packet, from: Device): void {
    const { bytes } = packet;
    this.#stations.set(station(bytes, macLength), from);
    const isGroup = (bytes[0]! & 1) !== 0;
    const only = isGroup ? undefined : this.#stations.get(station(bytes, 0));
    for (const port of this.#ports) {
      if (port === from || (only !== undefined && port !== only)) continue;
      if (port.transmit(packet)) this.forwarded++;
      else this.dropped++;
    }
  }
}

/** An Ethernet address as a number. */
function station(bytes: Uint8Array, offset: number): number {
  let value = 0;
  for (let i = 0; i < macLength; i++) value = value * 256 + bytes[offset + i]!;
  return value;
}

if (import.meta.main) {
  const [impairment, ...names] = Deno.args;
  if (impairment === undefined || names.length < 2) {
    console.error("Usage: forwarder.ts IMPAIRMENT NAME NAME…");
    Deno.exit(2);
  }
  const ports = names.map((name) => openTun({ name, offload: false }));
  const forwarder = new Forwarder([impair(ports[0]!, impairment), ...ports.slice(1)]);
  console.log("open");
  await forwarder.run();
}

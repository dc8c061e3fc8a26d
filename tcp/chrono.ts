/**
 * How long a sender was busy, and what held it up, as `busy_time`, `rwnd_limited` and `sndbuf_limited` of Linux's
 * `tcp_info` say. Measured from when somebody first asks; who never does pays nothing.
 *
 * @module
 */
import type { TcpConnection } from "./connection.ts";
import type { Sender } from "./sender.ts";

/** What a sender is waiting for. */
const Waiting = {
  /** Nothing: there is no data. */
  Idle: 0,
  /** The network. */
  Busy: 1,
  /** The peer's window. */
  Window: 2,
  /** The application, whose data does not fit into the send buffer. */
  Buffer: 3,
} as const;
type Waiting = (typeof Waiting)[keyof typeof Waiting];

/** The times of one connection, in milliseconds. */
export class Chrono {
  /** How long there was data to send or to be acknowledged, the other two included. */
  busy: number = 0;
  /** How long the peer's window alone held data up. */
  windowLimited: number = 0;
  /** How long the send buffer was too small for what the application had. */
  bufferLimited: number = 0;
  #waiting: Waiting = Waiting.Idle;
  #since: number = 0;

  /** Something may have changed: what has passed is accounted for. */
  look(sender: Sender, now: number): void {
    const passed = now - this.#since;
    if (this.#waiting !== Waiting.Idle) this.busy += passed;
    if (this.#waiting === Waiting.Window) this.windowLimited += passed;
    else if (this.#waiting === Waiting.Buffer) this.bufferLimited += passed;
    this.#since = now;
    this.#waiting = waitingOf(sender);
  }
}

/**
 * Whose times are measured, also while they sleep. Few are, so that it takes no room in each connection; while there are
 * none, nobody looks here.
 */
let chronos: WeakMap<TcpConnection, Chrono> | null = null;

/** What measures the times of a connection; `null` when nobody has asked for them. */
export function knownChrono(connection: TcpConnection): Chrono | null {
  return chronos === null ? null : chronos.get(connection) ?? null;
}

/** A connection begins anew: nobody has asked for its times. */
export function forgetChrono(connection: TcpConnection): void {
  if (chronos !== null) chronos.delete(connection);
}

/** The times of a connection up to now; the first call begins to measure them. */
export function chronoOf(connection: TcpConnection, now: number): Chrono {
  chronos ??= new WeakMap();
  let chrono = chronos.get(connection);
  if (chrono === undefined) {
    chrono = new Chrono();
    chronos.set(connection, chrono);
  }
  chrono.look(connection.sender, now);
  connection.sender.chrono = chrono;
  return chrono;
}

function waitingOf(sender: Sender): Waiting {
  const { unsent, flight, wnd, buffer, mss } = sender;
  if (unsent === 0 && flight === 0) return Waiting.Idle;
  const needed = Math.min(unsent, mss);
  if (unsent > 0 && wnd - flight < needed && sender.cwnd - sender.pipe >= needed) {
    return Waiting.Window;
  }
  return unsent === 0 && buffer.free === 0 ? Waiting.Buffer : Waiting.Busy;
}

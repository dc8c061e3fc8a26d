/**
 * Connections by their two ends: an open-addressed table, so that a lookup neither allocates nor
 * depends on how many connections there are.
 *
 * @module
 */
import type { TcpConnection } from "./connection.ts";

/** Connections by local address and port, remote address and port. */
export class ConnectionTable {
  #slots: (TcpConnection | null)[] = new Array(16).fill(null);
  #size = 0;

  /** How many connections there are. */
  get size(): number {
    return this.#size;
  }

  /** The connection between these two ends, or `null`. */
  find(
    localAddress: number,
    localPort: number,
    remoteAddress: number,
    remotePort: number,
  ): TcpConnection | null {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = hash(localPort, remoteAddress, remotePort) & mask;
    for (;;) {
      const connection = slots[at]!;
      if (connection === null) return null;
      if (
        connection.remotePort === remotePort && connection.localPort === localPort &&
        connection.remoteAddress === remoteAddress && connection.localAddress === localAddress
      ) {
        return connection;
      }
      at = (at + 1) & mask;
    }
  }

  /** Adds a connection whose ends are not in the table. */
  add(connection: TcpConnection): void {
    if ((this.#size + 1) * 2 > this.#slots.length) this.#grow();
    this.#size++;
    this.#place(connection);
  }

  /** Takes a connection out; nothing happens when it is not in. */
  remove(connection: TcpConnection): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = home(connection) & mask;
    while (slots[at] !== connection) {
      if (slots[at] === null) return;
      at = (at + 1) & mask;
    }
    this.#size--;
    // Close the gap: whatever probed past it moves back.
    let gap = at;
    for (;;) {
      at = (at + 1) & mask;
      const other = slots[at]!;
      if (other === null) break;
      const distance = (at - (home(other) & mask)) & mask;
      if (distance >= ((at - gap) & mask)) {
        slots[gap] = other;
        gap = at;
      }
    }
    slots[gap] = null;
  }

  /** All connections, in no order. */
  *[Symbol.iterator](): IterableIterator<TcpConnection> {
    for (const connection of this.#slots) if (connection !== null) yield connection;
  }

  #place(connection: TcpConnection): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = home(connection) & mask;
    while (slots[at] !== null) at = (at + 1) & mask;
    slots[at] = connection;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array(old.length * 2).fill(null);
    for (const connection of old) if (connection !== null) this.#place(connection);
  }
}

function home(connection: TcpConnection): number {
  return hash(connection.localPort, connection.remoteAddress, connection.remotePort);
}

/** Murmur's finaliser over what differs between connections of one host. */
function hash(localPort: number, remoteAddress: number, remotePort: number): number {
  let h = Math.imul(remoteAddress | 0, 0x9e3779b1) ^ ((localPort << 16) | remotePort);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * Connections by their two ends: an open-addressed table, so that a lookup neither allocates nor
 * depends on how many connections there are. The hash is keyed: no peer can choose addresses and ports
 * that fall together.
 *
 * @module
 */
import type { TcpConnection } from "./connection.ts";
import type { KeyedHash } from "./isn.ts";

/** Connections by local address and port, remote address and port. */
export class ConnectionTable {
  #slots: (TcpConnection | null)[] = new Array(16).fill(null);
  #size = 0;
  /** What was found or added last: segments of one connection come in a row. */
  #recent: TcpConnection | null = null;
  /** The ends that were last hashed: who finds nobody between them asks again, or adds. */
  #local = 0;
  #remote = 0;
  #ports = 0;
  #hashed = 0;
  readonly #hash: KeyedHash;

  /** Makes an empty table. */
  constructor(hash: KeyedHash) {
    this.#hash = hash;
    this.#hashed = hash.quick(0, 0, 0);
  }

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
    const recent = this.#recent;
    return recent !== null &&
        isBetween(recent, localAddress, localPort, remoteAddress, remotePort)
      ? recent
      : this.#search(localAddress, localPort, remoteAddress, remotePort);
  }

  #search(
    localAddress: number,
    localPort: number,
    remoteAddress: number,
    remotePort: number,
  ): TcpConnection | null {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = this.#hashOf(localAddress, remoteAddress, (localPort << 16) | remotePort) & mask;
    for (;;) {
      const connection = slots[at]!;
      if (connection === null) return null;
      if (isBetween(connection, localAddress, localPort, remoteAddress, remotePort)) {
        this.#recent = connection;
        return connection;
      }
      at = (at + 1) & mask;
    }
  }

  /** Adds a connection whose ends are not in the table. */
  add(connection: TcpConnection): void {
    if ((this.#size + 1) * 2 > this.#slots.length) this.#grow();
    this.#size++;
    connection.hash = this.#hashOf(
      connection.localAddress,
      connection.remoteAddress,
      (connection.localPort << 16) | connection.remotePort,
    );
    this.#place(connection);
    this.#recent = connection;
  }

  /** Takes a connection out; nothing happens when it is not in. */
  remove(connection: TcpConnection): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let at = connection.hash & mask;
    while (slots[at] !== connection) {
      if (slots[at] === null) return;
      at = (at + 1) & mask;
    }
    this.#size--;
    if (this.#recent === connection) this.#recent = null;
    // Close the gap: whatever probed past it moves back.
    let gap = at;
    for (;;) {
      at = (at + 1) & mask;
      const other = slots[at]!;
      if (other === null) break;
      const distance = (at - (other.hash & mask)) & mask;
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
    let at = connection.hash & mask;
    while (slots[at] !== null) at = (at + 1) & mask;
    slots[at] = connection;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array(old.length * 2).fill(null);
    for (const connection of old) if (connection !== null) this.#place(connection);
  }

  #hashOf(local: number, remote: number, ports: number): number {
    if (ports !== this.#ports || remote !== this.#remote || local !== this.#local) {
      this.#local = local;
      this.#remote = remote;
      this.#ports = ports;
      this.#hashed = this.#hash.quick(ports, remote, local);
    }
    return this.#hashed;
  }
}

function isBetween(
  connection: TcpConnection,
  localAddress: number,
  localPort: number,
  remoteAddress: number,
  remotePort: number,
): boolean {
  return connection.remotePort === remotePort && connection.localPort === localPort &&
    connection.remoteAddress === remoteAddress && connection.localAddress === localAddress;
}

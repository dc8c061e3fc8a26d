/**
 * From port to node in two steps, whatever the number of ports: a table of pages that come into
 * being as their ports are bound.
 *
 * @module
 */
import type { BaseNode } from "@octet/wire";

const pageBits = 8;
const pageSize = 1 << pageBits;
const pageMask = pageSize - 1;

interface Page {
  readonly nodes: (BaseNode | null)[];
  /** Each node's `connectionId` when it was bound: another one means that its life has ended. */
  readonly ids: number[];
}

/** The bound ports. */
export class PortTable {
  readonly #pages: (Page | null)[] = new Array(pageSize).fill(null);
  #count = 0;

  /** How many ports are bound. */
  get count(): number {
    return this.#count;
  }

  /** Who is bound to a port, `null` when nobody is. */
  get(port: number): BaseNode | null {
    const page = this.#pages[port >>> pageBits]!;
    if (page === null) return null;
    const node = page.nodes[port & pageMask]!;
    if (node === null || node.connectionId === page.ids[port & pageMask]) return node;
    this.delete(port);
    node.detach();
    return null;
  }

  /** Binds a port that is free, or puts a node in the place of another. */
  set(port: number, node: BaseNode): void {
    const index = port >>> pageBits;
    const page = this.#pages[index] ??= {
      nodes: new Array(pageSize).fill(null),
      ids: new Array(pageSize).fill(0),
    };
    if (page.nodes[port & pageMask] === null) this.#count++;
    page.nodes[port & pageMask] = node;
    page.ids[port & pageMask] = node.connectionId;
  }

  /** Frees a port. */
  delete(port: number): void {
    const page = this.#pages[port >>> pageBits]!;
    if (page === null || page.nodes[port & pageMask] === null) return;
    page.nodes[port & pageMask] = null;
    this.#count--;
  }
}

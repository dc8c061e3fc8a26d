/**
 * One UDP port of a host with several interfaces: on each a node of its own.
 *
 * @module
 */
import { type BaseNode, BranchNode, type Packet, Verdict } from "@octet/wire";

/** The node on a UDP port: its children hear what comes in by their interface, and speak by it alone. */
export class InterfacePort extends BranchNode {
  readonly #nodes: (BaseNode | null | undefined)[] = [];

  /**
   * Makes a port without nodes.
   *
   * @param port The UDP port, 1 to 65,535.
   */
  constructor(port: number) {
    super();
    this.localPort = port;
  }

  /** Whether no interface has a node. */
  get isEmpty(): boolean {
    return this.#nodes.every((node) => node === null || node === undefined);
  }

  /** The node of an interface, or `null`. */
  nodeOn(interfaceIndex: number): BaseNode | null {
    return this.#nodes[interfaceIndex] ?? null;
  }

  /** Sets the node of an interface, in place of the one it had. */
  register(node: BaseNode, interfaceIndex: number): void {
    this.#nodes[interfaceIndex]?.detach();
    node.attach(this);
    this.#nodes[interfaceIndex] = node;
  }

  /** Takes the node of an interface away. */
  unregister(interfaceIndex: number): void {
    this.#nodes[interfaceIndex]?.detach();
    this.#nodes[interfaceIndex] = null;
  }

  /** Hands a message to the node of its interface; see {@linkcode BaseNode.demux}. */
  override demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const node = this.nodeOn(packet.interfaceIndex);
    return node === null ? Verdict.NoPort : node.demux(packet, offset, end, now);
  }

  /** Writes a node's next message; see {@linkcode BaseNode.encapsulate}. */
  override encapsulate(packet: Packet, ipOffset: number, offset: number, now: number): number {
    const { readyList } = this;
    for (;;) {
      const turn = readyList.first;
      if (turn === null) return 0;
      const { node } = turn;
      const length = node.encapsulate(packet, ipOffset, offset, now);
      readyList.served(turn, length !== 0);
      if (length === 0) continue;
      packet.interfaceIndex = this.#nodes.indexOf(node);
      this.turn.hasMore = !readyList.isEmpty;
      return length;
    }
  }
}

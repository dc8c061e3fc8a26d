/**
 * When whose turn comes: a binary heap over the nodes of one stack. A deadline that moves later, as
 * a retransmission timer does with every acknowledgement, costs one store; the heap learns of it
 * when the old time comes round.
 *
 * @module
 */
import type { BaseNode } from "./node.ts";

/** Nodes ordered by when they want their next turn. */
export class TimerQueue {
  readonly #nodes: (BaseNode | null)[] = [];
  #keys: Float64Array = new Float64Array(64);
  #length = 0;

  /** How many nodes stand in the queue, those included whose deadline has been taken back. */
  get size(): number {
    return this.#length;
  }

  /**
   * Records when `node` wants its turn: at its `wakeTime`, Infinity for never. The time is no argument, as
   * a double that is passed on is boxed: 16 bytes a packet.
   */
  schedule(node: BaseNode): void {
    const index = node.timerIndex;
    if (index >= 0) {
      if (node.wakeTime < this.#keys[index]!) {
        this.#keys[index] = node.wakeTime;
        this.#siftUp(index);
      }
      return;
    }
    if (node.wakeTime === Infinity) return;
    if (this.#length === this.#keys.length) this.#grow();
    const last = this.#length++;
    this.#nodes[last] = node;
    this.#keys[last] = node.wakeTime;
    this.#siftUp(last);
  }

  /** Takes a node out for good. */
  remove(node: BaseNode): void {
    const index = node.timerIndex;
    if (index < 0) return;
    node.timerIndex = -1;
    const last = --this.#length;
    const moved = this.#nodes[last]!;
    // Shortening the array would give its memory back, only to take it again with the next timer.
    this.#nodes[last] = null;
    if (index === last) return;
    this.#nodes[index] = moved;
    this.#keys[index] = this.#keys[last]!;
    this.#siftUp(index);
    this.#siftDown(moved.timerIndex);
  }

  /** The earliest deadline in milliseconds; Infinity when nobody waits. */
  next(): number {
    while (this.#length > 0) {
      const node = this.#nodes[0]!;
      if (node.wakeTime === this.#keys[0]!) return node.wakeTime;
      this.#refresh(node);
    }
    return Infinity;
  }

  /** Gives every node whose time has come its turn: it is asked to write when the stack is next asked for frames. */
  expire(now: number): void {
    while (this.#length > 0 && this.#keys[0]! <= now) {
      const node = this.#nodes[0]!;
      if (node.wakeTime <= now) {
        this.remove(node);
        node.wakeTime = Infinity;
        node.requestTurn();
      } else {
        this.#refresh(node);
      }
    }
  }

  /**
   * Moves nodes that wait here to another queue.
   *
   * @param other The other queue.
   * @param belongs Which nodes to move; all when not given.
   */
  moveTo(other: TimerQueue, belongs: (node: BaseNode) => boolean = () => true): void {
    const moving: BaseNode[] = [];
    for (let i = 0; i < this.#length; i++) {
      const node = this.#nodes[i]!;
      if (belongs(node)) moving.push(node);
    }
    for (const node of moving) {
      this.remove(node);
      other.schedule(node);
    }
  }

  /** The node at the top has moved its deadline since: put it where it belongs now. */
  #refresh(node: BaseNode): void {
    if (node.wakeTime === Infinity) {
      this.remove(node);
    } else {
      this.#keys[0] = node.wakeTime;
      this.#siftDown(0);
    }
  }

  #siftUp(from: number): void {
    const nodes = this.#nodes;
    const keys = this.#keys;
    const node = nodes[from]!;
    const key = keys[from]!;
    let index = from;
    while (index > 0) {
      const up = (index - 1) >> 1;
      if (keys[up]! <= key) break;
      keys[index] = keys[up]!;
      this.#put(index, nodes[up]!);
      index = up;
    }
    keys[index] = key;
    this.#put(index, node);
  }

  #siftDown(from: number): void {
    const nodes = this.#nodes;
    const keys = this.#keys;
    const length = this.#length;
    const node = nodes[from]!;
    const key = keys[from]!;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[index] = keys[child]!;
      this.#put(index, nodes[child]!);
      index = child;
    }
    keys[index] = key;
    this.#put(index, node);
  }

  #put(index: number, node: BaseNode): void {
    this.#nodes[index] = node;
    node.timerIndex = index;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#keys = keys;
  }
}

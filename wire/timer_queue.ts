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
  #nodes: BaseNode[] = [];
  #keys: Float64Array = new Float64Array(64);
  #length = 0;

  /** How many nodes stand in the queue, those included whose deadline has been taken back. */
  get size(): number {
    return this.#length;
  }

  /**
   * Records that `node` (its `wakeTime` already set) wants a turn at `time`.
   *
   * @param node The node.
   * @param time In milliseconds; Infinity takes the wish back.
   */
  schedule(node: BaseNode, time: number): void {
    const index = node.timerIndex;
    if (index >= 0) {
      if (time < this.#keys[index]!) this.#siftUp(index, node, time);
      return;
    }
    if (time === Infinity) return;
    if (this.#length === this.#keys.length) this.#grow();
    this.#siftUp(this.#length++, node, time);
  }

  /** Takes a node out for good. */
  remove(node: BaseNode): void {
    const index = node.timerIndex;
    if (index < 0) return;
    node.timerIndex = -1;
    const last = --this.#length;
    const moved = this.#nodes[last]!;
    const key = this.#keys[last]!;
    this.#nodes.length = last;
    if (index === last) return;
    if (index > 0 && key < this.#keys[(index - 1) >> 1]!) this.#siftUp(index, moved, key);
    else this.#siftDown(index, moved, key);
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

  /** Moves all that wait here to another queue. */
  moveTo(other: TimerQueue): void {
    for (let i = 0; i < this.#length; i++) {
      const node = this.#nodes[i]!;
      node.timerIndex = -1;
      other.schedule(node, node.wakeTime);
    }
    this.#length = 0;
    this.#nodes.length = 0;
  }

  /** The node at the top has moved its deadline since: put it where it belongs now. */
  #refresh(node: BaseNode): void {
    if (node.wakeTime === Infinity) this.remove(node);
    else this.#siftDown(0, node, node.wakeTime);
  }

  #siftUp(index: number, node: BaseNode, key: number): void {
    const nodes = this.#nodes;
    const keys = this.#keys;
    while (index > 0) {
      const up = (index - 1) >> 1;
      if (keys[up]! <= key) break;
      this.#place(index, nodes[up]!, keys[up]!);
      index = up;
    }
    this.#place(index, node, key);
  }

  #siftDown(index: number, node: BaseNode, key: number): void {
    const nodes = this.#nodes;
    const keys = this.#keys;
    const length = this.#length;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      this.#place(index, nodes[child]!, keys[child]!);
      index = child;
    }
    this.#place(index, node, key);
  }

  #place(index: number, node: BaseNode, key: number): void {
    this.#nodes[index] = node;
    this.#keys[index] = key;
    node.timerIndex = index;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#keys = keys;
  }
}

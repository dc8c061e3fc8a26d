/**
 * When whose turn comes: a binary heap over the nodes of one stack. A deadline that moves later, as
 * a retransmission timer does with every acknowledgement, costs one store; the heap learns of it
 * when the old time comes round.
 *
 * @module
 */
import type { BaseNode } from "./node.ts";
import type { Turn } from "./turn.ts";

/** Nodes ordered by when they want their next turn. */
export class TimerQueue {
  readonly #turns: (Turn | null)[] = [];
  #keys: Float64Array = new Float64Array(64);
  #length = 0;

  /** How many nodes stand in the queue, those included whose deadline has been taken back. */
  get size(): number {
    return this.#length;
  }

  /**
   * Records when a node wants its turn: at `turn.wakeTime`, Infinity for never. The time is no argument, as
   * a double that is passed on is boxed: 16 bytes a packet.
   */
  schedule(turn: Turn): void {
    const index = turn.timerIndex;
    if (index >= 0) {
      if (turn.wakeTime < this.#keys[index]!) {
        this.#keys[index] = turn.wakeTime;
        this.#siftUp(index);
      }
      return;
    }
    if (turn.wakeTime === Infinity) return;
    if (this.#length === this.#keys.length) this.#grow();
    const last = this.#length++;
    this.#turns[last] = turn;
    this.#keys[last] = turn.wakeTime;
    this.#siftUp(last);
  }

  /** Takes a node out for good. */
  remove(turn: Turn): void {
    const index = turn.timerIndex;
    if (index < 0) return;
    turn.timerIndex = -1;
    const last = --this.#length;
    const moved = this.#turns[last]!;
    // Shortening the array would give its memory back, only to take it again with the next timer.
    this.#turns[last] = null;
    if (index === last) return;
    this.#turns[index] = moved;
    this.#keys[index] = this.#keys[last]!;
    this.#siftUp(index);
    this.#siftDown(moved.timerIndex);
  }

  /** The earliest deadline in milliseconds; Infinity when nobody waits. */
  next(): number {
    while (this.#length > 0) {
      const turn = this.#turns[0]!;
      if (turn.wakeTime === this.#keys[0]!) return turn.wakeTime;
      this.#refresh(turn);
    }
    return Infinity;
  }

  /** Gives every turn whose time has come its turn: it is asked to write when the stack is next asked for frames. */
  expire(now: number): void {
    while (this.#length > 0 && this.#keys[0]! <= now) {
      const turn = this.#turns[0]!;
      if (turn.wakeTime <= now) {
        this.remove(turn);
        turn.wakeTime = Infinity;
        turn.request();
      } else {
        this.#refresh(turn);
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
    const moving: Turn[] = [];
    for (let i = 0; i < this.#length; i++) {
      const turn = this.#turns[i]!;
      if (belongs(turn.node)) moving.push(turn);
    }
    for (const turn of moving) {
      this.remove(turn);
      other.schedule(turn);
    }
  }

  /** The node at the top has moved its deadline since: put it where it belongs now. */
  #refresh(turn: Turn): void {
    if (turn.wakeTime === Infinity) {
      this.remove(turn);
    } else {
      this.#keys[0] = turn.wakeTime;
      this.#siftDown(0);
    }
  }

  #siftUp(from: number): void {
    const turns = this.#turns;
    const keys = this.#keys;
    const turn = turns[from]!;
    const key = keys[from]!;
    let index = from;
    while (index > 0) {
      const up = (index - 1) >> 1;
      if (keys[up]! <= key) break;
      keys[index] = keys[up]!;
      this.#put(index, turns[up]!);
      index = up;
    }
    keys[index] = key;
    this.#put(index, turn);
  }

  #siftDown(from: number): void {
    const turns = this.#turns;
    const keys = this.#keys;
    const length = this.#length;
    const turn = turns[from]!;
    const key = keys[from]!;
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[index] = keys[child]!;
      this.#put(index, turns[child]!);
      index = child;
    }
    keys[index] = key;
    this.#put(index, turn);
  }

  #put(index: number, turn: Turn): void {
    this.#turns[index] = turn;
    turn.timerIndex = index;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#keys = keys;
  }
}

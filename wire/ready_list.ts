/**
 * The intrusive list of nodes that want a turn, and the node that has such a list below it.
 *
 * @module
 */
import { BaseNode, type NodeParent } from "./node.ts";
import type { Packet } from "./packet.ts";
import { TimerQueue } from "./timer_queue.ts";

/** First in, first out, linked through the nodes themselves: no allocation, O(1) both ways. */
export class ReadyList {
  #head: BaseNode | null = null;
  #tail: BaseNode | null = null;

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#head === null;
  }

  /** Appends a node that is not on a list yet. */
  push(node: BaseNode): void {
    node.isReady = true;
    node.previousReady = this.#tail;
    if (this.#tail === null) this.#head = node;
    else this.#tail.nextReady = node;
    this.#tail = node;
  }

  /** Takes a node that stands on this list off it. */
  remove(node: BaseNode): void {
    const next = node.nextReady;
    const previous = node.previousReady;
    if (previous === null) this.#head = next;
    else previous.nextReady = next;
    if (next === null) this.#tail = previous;
    else next.previousReady = previous;
    node.nextReady = null;
    node.previousReady = null;
    node.isReady = false;
  }

  /** Takes the first node off the list, or gives `null`. */
  shift(): BaseNode | null {
    const node = this.#head;
    if (node !== null) this.remove(node);
    return node;
  }
}

/**
 * A node with nodes below it: it gives the ready ones their turns one after another, and passes
 * their wish for a turn on to its own parent.
 */
export abstract class BranchNode extends BaseNode implements NodeParent {
  /** The children that want a turn. */
  protected readonly readyList: ReadyList = new ReadyList();
  /** The queue of a tree whose root this is; unused while there is a parent. */
  #ownTimers: TimerQueue | null = null;

  /** The timers of the whole stack; a branch without a parent has a queue of its own. */
  get timers(): TimerQueue {
    // Looked up each time: a copy kept here would be out of date when a parent gets a parent.
    return this.parent === null ? this.#ownTimers ??= new TimerQueue() : this.parent.timers;
  }

  /** Takes this branch out of its parent; what stands below it stays, and its timers come along. */
  override detach(): void {
    const shared = this.parent?.timers;
    super.detach();
    shared?.moveTo(this.timers, (node) => this.#isAbove(node));
  }

  /** Hands what the children asked for before this branch had a parent on to the parent. */
  protected override attached(): void {
    this.#ownTimers?.moveTo(this.timers);
    this.#ownTimers = null;
    if (!this.readyList.isEmpty) this.isReady = true;
  }

  /** Puts a child on the ready list, and this node on its parent's. */
  enqueue(node: BaseNode): void {
    this.readyList.push(node);
    this.requestTurn();
  }

  /** Takes a child off the ready list. */
  dequeue(node: BaseNode): void {
    this.readyList.remove(node);
  }

  /**
   * Gives ready children turns until one writes a frame.
   *
   * @param packet Where the frame goes.
   * @param ipOffset Where the IP header is going to stand.
   * @param offset Where the child's frame begins.
   * @param now Milliseconds.
   * @returns The length of the child's frame in bytes, 0 when none had anything to say. The child stands at
   *     the end of the list then, so that its siblings come first.
   */
  protected turn(packet: Packet, ipOffset: number, offset: number, now: number): number {
    for (;;) {
      const node = this.readyList.shift();
      if (node === null) return 0;
      const length = node.encapsulate(packet, ipOffset, offset, now);
      if (length !== 0) {
        if (node.parent === this) node.requestTurn();
        return length;
      }
    }
  }

  #isAbove(node: BaseNode): boolean {
    let { parent } = node;
    while (parent !== null && parent !== this) {
      parent = parent instanceof BaseNode ? parent.parent : null;
    }
    return parent === this;
  }
}

/**
 * The intrusive list of those that want a turn, and the node that has such a list below it.
 *
 * @module
 */
import { BaseNode, type NodeParent } from "./node.ts";
import type { Packet } from "./packet.ts";
import { TimerQueue } from "./timer_queue.ts";
import type { Turn } from "./turn.ts";

/** How often a branch has got or lost its parent: what was known of the root before may be wrong. */
let treeChanges = 0;

/** First in, first out, linked through the turns themselves: no allocation, O(1) both ways. */
export class ReadyList {
  /** Whose turn follows from one of these; `null` for a list that stands alone. */
  declare readonly owner: Turn | null;
  /** Whether those below have to wait, so that the owner does not ask for them. */
  isHeld = false;
  #head: Turn | null = null;
  #tail: Turn | null = null;
  #timers: TimerQueue | null = null;
  #timersSince = -1;

  /** Makes an empty list. */
  constructor(owner: Turn | null = null) {
    this.owner = owner;
  }

  /** Whether nobody waits. */
  get isEmpty(): boolean {
    return this.#head === null;
  }

  /** The one that has waited longest, or `null`. */
  get first(): Turn | null {
    return this.#head;
  }

  /** The timers of the owner's tree. A walk up to the root for each segment cost 5 % of a round trip. */
  get timers(): TimerQueue {
    if (this.#timersSince !== treeChanges) {
      this.#timers = (this.owner!.node as BaseNode & NodeParent).timers;
      this.#timersSince = treeChanges;
    }
    return this.#timers!;
  }

  /**
   * The first has had its turn: it leaves the list, or goes to its end when it has more to say.
   *
   * @param turn Who was {@linkcode ReadyList.first}; if it has left the list meanwhile, nothing happens.
   * @param hasWritten Whether it has written a frame.
   */
  served(turn: Turn, hasWritten: boolean): void {
    if (turn !== this.#head) return;
    const stays = hasWritten && turn.hasMore;
    if (stays && turn === this.#tail) return;
    this.remove(turn);
    if (stays) this.push(turn);
  }

  /** Appends a turn that is not on a list yet. */
  push(turn: Turn): void {
    const last = this.#tail;
    turn.isReady = true;
    if (last === null) {
      this.#head = turn;
    } else {
      turn.previous = last;
      last.next = turn;
    }
    this.#tail = turn;
  }

  /** Takes a turn that stands on this list off it. */
  remove(turn: Turn): void {
    turn.isReady = false;
    if (this.#head === this.#tail) {
      // Who stands there alone, as most do, has no neighbour to be joined.
      this.#head = null;
      this.#tail = null;
      return;
    }
    const { next, previous } = turn;
    if (previous === null) this.#head = next;
    else previous.next = next;
    if (next === null) this.#tail = previous;
    else next.previous = previous;
    turn.next = null;
    turn.previous = null;
  }

  /** Takes the first off the list, or gives `null`. */
  shift(): Turn | null {
    const turn = this.#head;
    if (turn !== null) this.remove(turn);
    return turn;
  }
}

/**
 * A node with nodes below it: it gives the ready ones their turns one after another, and passes
 * their wish for a turn on to its own parent.
 */
export abstract class BranchNode extends BaseNode implements NodeParent {
  /** The children that want a turn. */
  readonly readyList: ReadyList = new ReadyList(this.turn);
  /** The queue of a tree whose root this is; unused while there is a parent. */
  #ownTimers: TimerQueue | null = null;

  /** The timers of the whole stack; a branch without a parent has a queue of its own. */
  get timers(): TimerQueue {
    return this.parent === null ? this.#ownTimers ??= new TimerQueue() : this.parent.timers;
  }

  /** Takes this branch out of its parent; what stands below it stays, and its timers come along. */
  override detach(): void {
    const shared = this.parent?.timers;
    super.detach();
    treeChanges++;
    shared?.moveTo(this.timers, (node) => this.#isAbove(node));
  }

  /** Hands what the children asked for before this branch had a parent on to the parent. */
  protected override attached(): void {
    treeChanges++;
    this.#ownTimers?.moveTo(this.timers);
    this.#ownTimers = null;
    if (!this.readyList.isEmpty) this.isReady = true;
  }

  /** Puts a child on the ready list, and this node on its parent's. */
  enqueue(node: BaseNode): void {
    this.readyList.push(node.turn);
    if (!this.readyList.isHeld) this.requestTurn();
  }

  /** Takes a child off the ready list. */
  dequeue(node: BaseNode): void {
    this.readyList.remove(node.turn);
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
  protected giveTurns(packet: Packet, ipOffset: number, offset: number, now: number): number {
    const { readyList } = this;
    for (;;) {
      const turn = readyList.shift();
      if (turn === null) return 0;
      const length = turn.node.encapsulate(packet, ipOffset, offset, now);
      if (length !== 0) {
        if (turn.hasMore && turn.list === readyList) turn.request();
        this.turn.hasMore = !readyList.isEmpty;
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

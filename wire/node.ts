/**
 * The one interface of every protocol, and the two things every protocol needs from its parent: a
 * turn when it has something to say, and a turn when its time has come.
 *
 * @module
 */
import type { Packet } from "./packet.ts";
import type { ReadyList } from "./ready_list.ts";
import type { TimerQueue } from "./timer_queue.ts";
import { Turn } from "./turn.ts";
import type { Verdict } from "./verdict.ts";

/**
 * What every protocol controller is: a DHCP client, a TCP connection and a whole Ethernet stack
 * alike. A stack is composed by registering nodes in nodes. No node knows a clock: time comes in
 * as `now`, in milliseconds, monotonic, fractions allowed.
 */
export interface StackNode {
  /** EtherType or IP protocol number this node answers to, or 0. */
  readonly protocol: number;
  /** Local port, or 0 where ports mean nothing. */
  readonly localPort: number;
  /** Changes when this node's life ends; its parent then drops it. */
  readonly connectionId: number;
  /** Reads the frame at `packet.bytes[offset…end)` and hands its payload on. Never throws on what the network sent. */
  demux(packet: Packet, offset: number, end: number, now: number): Verdict;
  /**
   * Writes at most one frame at `offset` of `packet.bytes`; returns its length in bytes, 0 when there is nothing
   * to say. `ipOffset` is where the IP header is going to stand.
   */
  encapsulate(packet: Packet, ipOffset: number, offset: number, now: number): number;
  /** When this node next wants a turn, in milliseconds; Infinity for never. */
  deadline(): number;
}

/** What a {@linkcode BaseNode} needs of the node above it. */
export interface NodeParent {
  /** The timers of the whole stack. */
  readonly timers: TimerQueue;
  /** Where children stand that want their turn; a parent without such a list is told of each. */
  readonly readyList?: ReadyList;
  /** A child's `encapsulate` wants to be called. Not called where there is a {@linkcode NodeParent.readyList}. */
  enqueue(node: BaseNode): void;
  /** It does not any more. Not called where there is a {@linkcode NodeParent.readyList}. */
  dequeue(node: BaseNode): void;
}

/**
 * A node that can ask its parent for a turn. The list of the ready is intrusive (the links stand in
 * each node's {@linkcode Turn}), so asking allocates nothing and the idle cost nothing.
 */
export abstract class BaseNode implements StackNode {
  /** EtherType or IP protocol number this node answers to, or 0. */
  protocol = 0;
  /** Local port, or 0 where ports mean nothing. */
  localPort = 0;
  /** Changes when this node's life ends; its parent then drops it. */
  connectionId = 0;
  /** The node this one is registered in, or `null`. */
  parent: NodeParent | null = null;
  /** When this node wants its turn. */
  readonly turn: Turn = new Turn(this);

  /** Reads the frame at `packet.bytes[offset…end)`. See {@linkcode StackNode.demux}. */
  abstract demux(packet: Packet, offset: number, end: number, now: number): Verdict;
  /** Writes at most one frame at `offset`. See {@linkcode StackNode.encapsulate}. */
  abstract encapsulate(packet: Packet, ipOffset: number, offset: number, now: number): number;

  /** Whether this node wants its turn now; see {@linkcode Turn.isReady}. */
  get isReady(): boolean {
    return this.turn.isReady;
  }

  set isReady(isReady: boolean) {
    this.turn.isReady = isReady;
  }

  /** Whether this node may have more to say after the frame that it has just written; see {@linkcode Turn.hasMore}. */
  get hasMore(): boolean {
    return this.turn.hasMore;
  }

  set hasMore(hasMore: boolean) {
    this.turn.hasMore = hasMore;
  }

  /** When this node wants its next turn, in milliseconds; change it by {@linkcode BaseNode.wakeAt}. */
  get wakeTime(): number {
    return this.turn.wakeTime;
  }

  /** When this node next wants a turn, in milliseconds: at once when it is ready, Infinity for never. */
  deadline(): number {
    return this.turn.isReady ? -Infinity : this.turn.wakeTime;
  }

  /**
   * Registers this node under `parent`; what it asked for before takes effect now.
   *
   * @throws {TypeError} When it already has a parent.
   */
  attach(parent: NodeParent): void {
    if (this.parent !== null) {
      throw new TypeError("Cannot attach node as it is already registered in a parent");
    }
    const { turn } = this;
    this.parent = parent;
    turn.list = parent.readyList ?? null;
    if (turn.wakeTime !== Infinity) turn.reschedule();
    this.attached();
    if (turn.isReady) {
      turn.isReady = false;
      turn.request();
    }
  }

  /** Takes this node out of its parent: no further turn, no timer. */
  detach(): void {
    const { parent, turn } = this;
    if (parent === null) return;
    if (turn.timerIndex >= 0) (turn.list ?? parent).timers.remove(turn);
    if (turn.isReady) {
      if (turn.list !== null) turn.list.remove(turn);
      else parent.dequeue(this);
    }
    turn.wakeTime = Infinity;
    turn.list = null;
    this.parent = null;
  }

  /** Called when the node got its parent, for those that pass something on to nodes below. */
  protected attached(): void {}

  /** Asks for a call of `encapsulate` as soon as the parent is asked for frames. Cheap, and idempotent. */
  requestTurn(): void {
    this.turn.request();
  }

  /** Asks a parent that keeps no {@linkcode ReadyList}; without a parent the wish is kept. */
  askParent(): void {
    if (this.parent === null) this.turn.isReady = true;
    else this.parent.enqueue(this);
  }

  /**
   * Asks for a call of `encapsulate` at a time; replaces what was asked for before.
   *
   * @param time In milliseconds, on the same clock as `now`; Infinity for never.
   */
  wakeAt(time: number): void {
    const { turn } = this;
    if (time === turn.wakeTime) return;
    turn.wakeTime = time;
    turn.reschedule();
  }
}

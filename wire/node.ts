/**
 * The one interface of every protocol, and the two things every protocol needs from its parent: a
 * turn when it has something to say, and a turn when its time has come.
 *
 * @module
 */
import type { Packet } from "./packet.ts";
import type { TimerQueue } from "./timer_queue.ts";
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
  /** Puts `node` on the list of those whose `encapsulate` wants to be called. */
  enqueue(node: BaseNode): void;
  /** Takes `node` off that list. */
  dequeue(node: BaseNode): void;
}

/**
 * A node that can ask its parent for a turn. The list of the ready is intrusive (the links stand in
 * the nodes), so asking allocates nothing and the idle cost nothing.
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
  /** Whether this node stands in its parent's ready list. Kept by {@linkcode ReadyList}. */
  isReady = false;
  /** The next in the parent's ready list. Kept by {@linkcode ReadyList}. */
  nextReady: BaseNode | null = null;
  /** The one before in the parent's ready list. Kept by {@linkcode ReadyList}. */
  previousReady: BaseNode | null = null;
  /** When this node wants its next turn, in milliseconds. Kept by {@linkcode BaseNode.wakeAt}. */
  wakeTime: number = Infinity;
  /** Where this node stands in the timer queue, -1 when it does not. Kept by {@linkcode TimerQueue}. */
  timerIndex: number = -1;

  /** Reads the frame at `packet.bytes[offset…end)`. See {@linkcode StackNode.demux}. */
  abstract demux(packet: Packet, offset: number, end: number, now: number): Verdict;
  /** Writes at most one frame at `offset`. See {@linkcode StackNode.encapsulate}. */
  abstract encapsulate(packet: Packet, ipOffset: number, offset: number, now: number): number;

  /** When this node next wants a turn, in milliseconds: at once when it is ready, Infinity for never. */
  deadline(): number {
    return this.isReady ? -Infinity : this.wakeTime;
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
    this.parent = parent;
    if (this.wakeTime !== Infinity) parent.timers.schedule(this);
    this.attached();
    if (this.isReady) {
      this.isReady = false;
      this.requestTurn();
    }
  }

  /** Takes this node out of its parent: no further turn, no timer. */
  detach(): void {
    const parent = this.parent;
    if (parent === null) return;
    parent.timers.remove(this);
    if (this.isReady) parent.dequeue(this);
    this.wakeTime = Infinity;
    this.parent = null;
  }

  /** Called when the node got its parent, for those that pass something on to nodes below. */
  protected attached(): void {}

  /** Asks for a call of `encapsulate` as soon as the parent is asked for frames. Cheap, and idempotent. */
  requestTurn(): void {
    if (this.isReady) return;
    if (this.parent === null) this.isReady = true;
    else this.parent.enqueue(this);
  }

  /**
   * Asks for a call of `encapsulate` at a time; replaces what was asked for before.
   *
   * @param time In milliseconds, on the same clock as `now`; Infinity for never.
   */
  wakeAt(time: number): void {
    if (time === this.wakeTime) return;
    this.wakeTime = time;
    const parent = this.parent;
    if (parent !== null) parent.timers.schedule(this);
  }
}

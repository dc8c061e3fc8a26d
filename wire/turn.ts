/**
 * When a node wants its turn: now, or at a time.
 *
 * Every node has one, and all are of one shape. That is the reason why these few fields do not stand in the nodes
 * themselves: there are more kinds of nodes than V8 remembers in one place (four), and a list or a queue that touched
 * the nodes took 250 ns more for each round trip.
 *
 * @module
 */
import type { BaseNode } from "./node.ts";
import type { ReadyList } from "./ready_list.ts";

/** The turn of one node, and its links in the two orders it may stand in. */
export class Turn {
  /** Whose it is. */
  declare readonly node: BaseNode;
  /** Where it stands while the node wants its turn now; `null` without a parent that keeps such a list. */
  list: ReadyList | null = null;
  /** Whether the node wants its turn now. */
  isReady = false;
  /**
   * Whether the node may have more to say after the frame that it has just written: who knows that it has not says
   * so, and is not asked in vain.
   */
  hasMore = true;
  /** The next in the list. */
  next: Turn | null = null;
  /** The one before in the list. */
  previous: Turn | null = null;
  /** When the node wants its next turn, in milliseconds; Infinity for never. */
  wakeTime: number = Infinity;
  /** Where it stands in the timer queue, -1 when it does not. */
  timerIndex: number = -1;

  /** Makes the turn of a node. */
  constructor(node: BaseNode) {
    this.node = node;
  }

  /** Asks for a call of `encapsulate` as soon as the parent is asked for frames: its own turn follows from that. */
  request(): void {
    climb(this);
  }

  /** {@linkcode Turn.wakeTime} has changed. The time is no argument, as a double that is passed on is boxed. */
  reschedule(): void {
    const { list } = this;
    if (list !== null) list.timers.schedule(this);
    else this.node.parent?.timers.schedule(this);
  }
}

/** Enters a turn in its list, and those above in theirs, up to the first that stands there already. */
function climb(from: Turn): void {
  let turn = from;
  while (!turn.isReady) {
    const { list } = turn;
    if (list === null) {
      turn.node.askParent();
      return;
    }
    list.push(turn);
    if (list.owner === null || list.isHeld) return;
    turn = list.owner;
  }
}

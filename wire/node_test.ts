import { assert, assertEquals, assertThrows } from "@std/assert";
import { BaseNode } from "./node.ts";
import { Packet } from "./packet.ts";
import { BranchNode } from "./ready_list.ts";
import { TimerQueue } from "./timer_queue.ts";
import { Verdict } from "./verdict.ts";

/** Says the lengths it was given, one a turn. */
class Leaf extends BaseNode {
  turns = 0;
  readonly #lengths: number[];

  constructor(...lengths: number[]) {
    super();
    this.#lengths = lengths;
  }

  say(length: number): void {
    this.#lengths.push(length);
    this.requestTurn();
  }

  override demux(): Verdict {
    return Verdict.Ok;
  }

  override encapsulate(): number {
    this.turns++;
    return this.#lengths.shift() ?? 0;
  }
}

class Branch extends BranchNode {
  override demux(): Verdict {
    return Verdict.Ok;
  }

  override encapsulate(packet: Packet, ipOffset: number, offset: number, now: number): number {
    return this.giveTurns(packet, ipOffset, offset, now);
  }
}

const packet = new Packet(64);

/** What the tree says from now on, until it is silent. */
function drain(root: Branch, now: number = 0): number[] {
  const said: number[] = [];
  for (;;) {
    root.timers.expire(now);
    const length = root.encapsulate(packet, 0, 0, now);
    if (length === 0) return said;
    said.push(length);
  }
}

Deno.test("a node asks for a turn before and after it has a parent", () => {
  const root = new Branch();
  const early = new Leaf(1);
  early.requestTurn();
  assertEquals([early.isReady, early.deadline()], [true, -Infinity]);
  early.attach(root);
  assertEquals([root.isReady, early.isReady], [true, true]);

  const late = new Leaf(2);
  late.attach(root);
  late.requestTurn();
  late.requestTurn();
  assertEquals(drain(root), [1, 2]);
  assertEquals([early.isReady, late.isReady], [false, false]);
  assertEquals(late.deadline(), Infinity);
});

Deno.test("a node has one parent", () => {
  const [a, b] = [new Branch(), new Branch()];
  const leaf = new Leaf();
  leaf.attach(a);
  for (const parent of [a, b]) {
    assertThrows(
      () => leaf.attach(parent),
      TypeError,
      "Cannot attach node as it is already registered in a parent",
    );
  }
  leaf.detach();
  leaf.attach(b);
  leaf.say(3);
  assertEquals([drain(a), drain(b)], [[], [3]]);
});

Deno.test("a detached node has neither turn nor timer; a second detach does nothing", () => {
  const root = new Branch();
  const [first, middle, last] = [new Leaf(1), new Leaf(2), new Leaf(3)];
  for (const leaf of [first, middle, last]) {
    leaf.attach(root);
    leaf.requestTurn();
    leaf.wakeAt(10);
  }
  middle.detach();
  middle.detach();
  assertEquals([middle.isReady, middle.parent, middle.wakeTime, middle.turn.timerIndex], [
    false,
    null,
    Infinity,
    -1,
  ]);
  assertEquals([middle.turn.next, middle.turn.previous], [null, null]);
  assertEquals(drain(root, 20), [1, 3]);
  assertEquals(middle.turns, 0);
  assertEquals(root.timers.next(), Infinity);
});

Deno.test("a node that is detached after its parent was told leaves an empty turn behind", () => {
  const root = new Branch();
  const branch = new Branch();
  branch.attach(root);
  const leaf = new Leaf(1);
  leaf.attach(branch);
  leaf.requestTurn();
  leaf.detach();
  assertEquals(drain(root), []);
  leaf.attach(branch);
  leaf.requestTurn();
  assertEquals(drain(root), [1]);
});

Deno.test("turns go round: one frame each, whoever has more stands in line again", () => {
  const root = new Branch();
  const leaves = [new Leaf(11, 12, 13), new Leaf(21), new Leaf(31, 32)];
  for (const leaf of leaves) {
    leaf.attach(root);
    leaf.requestTurn();
  }
  assertEquals(drain(root), [11, 21, 31, 12, 32, 13]);
});

Deno.test("turns go round between branches and within them", () => {
  const root = new Branch();
  const branches = [new Branch(), new Branch()];
  branches.forEach((branch, i) => {
    branch.attach(root);
    for (let j = 0; j < 2; j++) {
      const leaf = new Leaf(100 * i + 10 * j + 1, 100 * i + 10 * j + 2);
      leaf.attach(branch);
      leaf.requestTurn();
    }
  });
  assertEquals(drain(root), [1, 101, 11, 111, 2, 102, 12, 112]);
});

Deno.test("a node that says nothing costs the others nothing", () => {
  const root = new Branch();
  const [silent, speaker] = [new Leaf(), new Leaf(5)];
  for (const leaf of [silent, speaker]) {
    leaf.attach(root);
    leaf.requestTurn();
  }
  assertEquals(root.encapsulate(packet, 0, 0, 0), 5);
  assertEquals(silent.turns, 1);
  assertEquals(drain(root), []);
});

Deno.test("a request during one's own turn is kept", () => {
  class Insistent extends Leaf {
    override encapsulate(): number {
      if (this.turns < 3) this.requestTurn();
      return super.encapsulate();
    }
  }
  const root = new Branch();
  const node = new Insistent(1, 2, 3);
  node.attach(root);
  node.requestTurn();
  const other = new Leaf(9);
  other.attach(root);
  other.requestTurn();
  assertEquals(drain(root), [1, 9, 2, 3]);
  assertEquals(node.isReady, false);
});

Deno.test("a node may leave, and send a sibling away, during its own turn", () => {
  class Leaver extends Leaf {
    sibling: Leaf | null = null;
    override encapsulate(): number {
      this.detach();
      this.sibling?.detach();
      return super.encapsulate();
    }
  }
  const root = new Branch();
  const leaver = new Leaver(1, 2);
  const sibling = new Leaf(7);
  leaver.sibling = sibling;
  for (const leaf of [leaver, sibling]) {
    leaf.attach(root);
    leaf.requestTurn();
  }
  const after = new Leaf(8);
  after.attach(root);
  after.requestTurn();
  assertEquals(drain(root), [1, 8]);
  assertEquals([leaver.turns, sibling.turns, leaver.isReady], [1, 0, false]);
});

Deno.test("a time replaces the one before it, and gives one turn", () => {
  const root = new Branch();
  const leaf = new Leaf(1, 2);
  leaf.attach(root);
  leaf.wakeAt(10);
  leaf.wakeAt(30);
  assertEquals([leaf.deadline(), root.timers.next()], [30, 30]);
  leaf.wakeAt(20);
  assertEquals(drain(root, 19.9), []);
  assertEquals(leaf.turns, 0);
  assertEquals(drain(root, 20), [1, 2]);
  assertEquals([leaf.wakeTime, root.timers.next()], [Infinity, Infinity]);
  leaf.wakeAt(40);
  leaf.wakeAt(Infinity);
  const { turns } = leaf;
  drain(root, 50);
  assertEquals(leaf.turns, turns);
});

// In every order in which a tree of three floors can be put together.
const orders: [string, (root: Branch, upper: Branch, lower: Branch, leaf: Leaf) => void][] = [
  ["downwards", (root, upper, lower, leaf) => {
    upper.attach(root);
    lower.attach(upper);
    leaf.attach(lower);
  }],
  ["upwards", (root, upper, lower, leaf) => {
    leaf.attach(lower);
    lower.attach(upper);
    upper.attach(root);
  }],
  ["the middle first", (root, upper, lower, leaf) => {
    lower.attach(upper);
    upper.attach(root);
    leaf.attach(lower);
  }],
  ["the middle last", (root, upper, lower, leaf) => {
    leaf.attach(lower);
    upper.attach(root);
    lower.attach(upper);
  }],
];

for (const [name, compose] of orders) {
  Deno.test(`timers of a tree are one queue, the root's: composed ${name}`, () => {
    const [root, upper, lower] = [new Branch(), new Branch(), new Branch()];
    const before = new Leaf(1);
    before.attach(lower);
    before.wakeAt(5);
    const leaf = new Leaf(2);
    leaf.wakeAt(7);
    leaf.requestTurn();
    compose(root, upper, lower, leaf);
    assert(upper.timers === root.timers);
    assert(lower.timers === root.timers);
    assertEquals(root.timers.size, 2);
    assertEquals(drain(root, 0), [2]);
    assertEquals(root.timers.next(), 5);
    assertEquals(drain(root, 5), [1]);
    leaf.say(3);
    leaf.wakeAt(6);
    before.wakeAt(8);
    assertEquals([root.timers.next(), lower.timers.next()], [6, 6]);
    assertEquals(drain(root, 6), [3]);
    assertEquals(root.timers.next(), 8);
    before.detach();
    assertEquals(root.timers.next(), Infinity);
  });
}

Deno.test("a branch that leaves takes its own timers and wishes along, and nobody else's", () => {
  const [old, next] = [new Branch(), new Branch()];
  const [upper, lower] = [new Branch(), new Branch()];
  upper.attach(old);
  lower.attach(upper);
  const [inside, outside] = [new Leaf(1), new Leaf(2)];
  inside.attach(lower);
  outside.attach(old);
  inside.wakeAt(10);
  outside.wakeAt(11);
  lower.wakeAt(9);
  inside.requestTurn();

  upper.detach();
  assertEquals(old.timers.next(), 11);
  assertEquals(upper.timers.next(), 9);
  assertEquals(drain(old, 20), [2]);
  assertEquals([inside.turns, inside.wakeTime], [0, 10]);

  upper.attach(next);
  assert(lower.timers === next.timers);
  assertEquals(drain(next, 0), [1]);
  assertEquals([old.timers.size, next.timers.size], [0, 2]);
  inside.say(4);
  inside.requestTurn();
  assertEquals(drain(next, 0), [4]);
  inside.wakeAt(12);
  assertEquals(inside.turns, 4);
  drain(next, 12);
  assertEquals(inside.turns, 5);
});

Deno.test("a parent need not be a branch", () => {
  const log: string[] = [];
  const timers = new TimerQueue();
  const leaf = new Leaf();
  leaf.attach({
    timers,
    enqueue: () => log.push("enqueue"),
    dequeue: () => log.push("dequeue"),
  });
  leaf.requestTurn();
  leaf.wakeAt(3);
  assertEquals([log, timers.next()], [["enqueue"], 3]);
});

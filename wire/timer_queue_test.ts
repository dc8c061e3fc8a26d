import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BaseNode, type NodeParent } from "./node.ts";
import { TimerQueue } from "./timer_queue.ts";
import { Verdict } from "./verdict.ts";

class Sleeper extends BaseNode {
  readonly id: number;

  constructor(id: number) {
    super();
    this.id = id;
  }

  override demux(): Verdict {
    return Verdict.Ok;
  }

  override encapsulate(): number {
    return 0;
  }
}

/** A parent that notes who is given a turn. */
class Clock implements NodeParent {
  timers = new TimerQueue();
  woken: number[] = [];

  enqueue(node: BaseNode): void {
    this.woken.push((node as Sleeper).id);
  }

  dequeue(): void {}

  expire(now: number): number[] {
    this.woken = [];
    this.timers.expire(now);
    return this.woken;
  }
}

function sleepers(clock: Clock, count: number): Sleeper[] {
  return Array.from({ length: count }, (_, id) => {
    const node = new Sleeper(id);
    node.attach(clock);
    return node;
  });
}

Deno.test("an empty queue has nothing to wait for", () => {
  const clock = new Clock();
  assertEquals([clock.timers.next(), clock.timers.size], [Infinity, 0]);
  assertEquals(clock.expire(Infinity), []);
});

Deno.test("turns come in the order of their times, those due and no others", () => {
  const clock = new Clock();
  const nodes = sleepers(clock, 6);
  [50, 10, 30, 20, 60, 40].forEach((time, id) => nodes[id]!.wakeAt(time));
  assertEquals(clock.timers.next(), 10);
  assertEquals(clock.expire(9.999), []);
  assertEquals(clock.expire(30), [1, 3, 2]);
  assertEquals(clock.timers.next(), 40);
  assertEquals(clock.expire(1000), [5, 0, 4]);
  assertEquals([clock.timers.next(), clock.timers.size], [Infinity, 0]);
  assert(nodes.every(({ turn }) => turn.wakeTime === Infinity && turn.timerIndex === -1));
});

Deno.test("a deadline that moves later is learnt when the old one comes round", () => {
  const clock = new Clock();
  const [node, other] = sleepers(clock, 2);
  node!.wakeAt(10);
  other!.wakeAt(15);
  for (let time = 11; time <= 20; time++) node!.wakeAt(time);
  assertEquals(clock.timers.next(), 15);
  assertEquals(clock.expire(14), []);
  assertEquals(clock.expire(15), [1]);
  assertEquals(clock.timers.next(), 20);
  assertEquals(clock.expire(19), []);
  assertEquals(clock.expire(20), [0]);
});

Deno.test("a deadline that moves earlier counts at once", () => {
  const clock = new Clock();
  const [node, other] = sleepers(clock, 2);
  other!.wakeAt(10);
  node!.wakeAt(20);
  node!.wakeAt(30);
  node!.wakeAt(5);
  assertEquals(clock.timers.next(), 5);
  assertEquals(clock.expire(5), [0]);
  assertEquals(clock.timers.next(), 10);
});

Deno.test("what was taken back does not come, and may be asked for again", () => {
  const clock = new Clock();
  const [node] = sleepers(clock, 1);
  node!.wakeAt(10);
  node!.wakeAt(Infinity);
  assertEquals(clock.timers.size, 1);
  assertEquals(clock.timers.next(), Infinity);
  assertEquals(clock.timers.size, 0);
  node!.wakeAt(10);
  node!.wakeAt(Infinity);
  assertEquals(clock.expire(10), []);
  node!.wakeAt(12);
  assertEquals(clock.expire(12), [0]);
});

Deno.test("times in the past, -Infinity and equal ones", () => {
  const clock = new Clock();
  const nodes = sleepers(clock, 4);
  nodes[0]!.wakeAt(-Infinity);
  nodes[1]!.wakeAt(-5);
  nodes[2]!.wakeAt(0);
  nodes[3]!.wakeAt(0);
  assertEquals(clock.timers.next(), -Infinity);
  const woken = clock.expire(0);
  assertEquals(woken.slice(0, 2), [0, 1]);
  assertEquals(woken.slice(2).sort(), [2, 3]);
});

Deno.test("a node that asks again while turns are given waits for the next round", () => {
  const clock = new Clock();
  const [node] = sleepers(clock, 1);
  clock.enqueue = () => {
    clock.woken.push(0);
    if (clock.woken.length < 5) node!.wakeAt(20);
  };
  node!.wakeAt(10);
  assertEquals(clock.expire(15), [0]);
  assertEquals(clock.timers.next(), 20);
});

Deno.test("a re-armed timer does not make the queue grow", () => {
  const clock = new Clock();
  const nodes = sleepers(clock, 100);
  for (let time = 1; time < 5000; time++) nodes[time % 100]!.wakeAt(time + 200);
  assertEquals(clock.timers.size, 100);
});

Deno.test("any sequence of operations, against a map that is searched", () => {
  type Step = (world: { clock: Clock; nodes: Sleeper[]; due: Map<number, number> }) => void;
  const count = 100;
  const id = fc.nat(count - 1);
  const time = fc.oneof(fc.nat(50), fc.nat(5000).map((n: number) => n / 8), fc.constant(Infinity));
  const wakeAt = fc.tuple(id, time).map(
    ([id, time]: [number, number]): Step => ({ nodes, due }) => {
      nodes[id]!.wakeAt(time);
      if (time === Infinity) due.delete(id);
      else due.set(id, time);
    },
  );
  const remove = id.map((id: number): Step => ({ clock, nodes, due }) => {
    nodes[id]!.detach();
    nodes[id]!.attach(clock);
    due.delete(id);
  });
  const expire = fc.nat(600).map((now: number): Step => ({ clock, due }) => {
    const expected = [...due].filter(([, time]) => time <= now).map(([id]) => id);
    // In any order: one that has moved later, but not beyond now, may come with its old time.
    const woken = clock.expire(now);
    assertEquals(woken.toSorted(), expected.toSorted());
    for (const id of woken) due.delete(id);
  });
  const next = fc.constant<Step>(({ clock, due }) => {
    assertEquals(clock.timers.next(), Math.min(Infinity, ...due.values()));
  });
  const move = fc.boolean().map((all: boolean): Step => ({ clock, nodes, due }) => {
    const other = new TimerQueue();
    if (all) clock.timers.moveTo(other);
    else clock.timers.moveTo(other, (node) => (node as Sleeper).id % 2 === 0);
    const moved = [...due].filter(([id]) => all || id % 2 === 0).map(([, time]) => time);
    assertEquals(other.next(), Math.min(Infinity, ...moved));
    assertEquals(other.size, moved.length);
    // Those that stayed go back the other way.
    clock.timers.moveTo(other);
    assertEquals(clock.timers.size, 0);
    clock.timers = other;
    assertEquals(nodes.filter(({ turn }) => turn.timerIndex >= 0).length, due.size);
  });
  const step = fc.oneof(
    { weight: 12, arbitrary: wakeAt },
    { weight: 2, arbitrary: remove },
    { weight: 2, arbitrary: expire },
    { weight: 2, arbitrary: next },
    { weight: 1, arbitrary: move },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400, size: "max" }), (steps: Step[]) => {
      const clock = new Clock();
      const world = { clock, nodes: sleepers(clock, count), due: new Map<number, number>() };
      for (const step of steps) step(world);
      assertEquals(clock.expire(1e9).length, world.due.size);
    }),
    { numRuns: 200 },
  );
});

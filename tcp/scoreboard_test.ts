import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { checkScoreboard } from "./_invariants.ts";
import { Rack } from "./rack.ts";
import { RttEstimator } from "./rtt.ts";
import { enterSack, isDuplicateSack } from "./sack.ts";
import { Scoreboard } from "./scoreboard.ts";
import { Segment } from "./segment.ts";
import { TcpFlag } from "./frame.ts";

const State = { Flight: "flight", Lost: "lost", Held: "held" } as const;

/** A segment that acknowledges `ack` and tells of blocks. */
function sack(ack: number, ...edges: number[]): Segment {
  const segment = new Segment();
  segment.flags = TcpFlag.Ack;
  segment.acknowledgment = ack | 0;
  segment.sackCount = edges.length / 2;
  segment.sackEdges.set(edges.map((edge) => edge | 0));
  return segment;
}

/** A scoreboard with what `enterSack` needs, beside a naive one: the state of each octet. */
class Twin {
  readonly scoreboard = new Scoreboard();
  readonly rtt = new RttEstimator();
  readonly rack = new Rack();
  /** So small that the limit on records stays out of the way. */
  mss = 1;
  readonly octets: string[] = [];
  readonly base: number;
  una: number;
  nxt: number;
  now = 0;

  constructor(base: number) {
    this.base = base | 0;
    this.una = this.base;
    this.nxt = this.base;
    this.rack.reset(base | 0);
  }

  send(length: number): void {
    const end = (this.nxt + length) | 0;
    this.scoreboard.add(this.nxt, end, ++this.now);
    this.nxt = end;
    for (let i = 0; i < length; i++) this.octets.push(State.Flight);
  }

  hold(from: number, to: number): void {
    const length = (this.nxt - this.base) | 0;
    const una = (this.una - this.base) | 0;
    enterSack(this, sack(this.una, this.base + from, this.base + to), false, ++this.now);
    if (from < una || to > length) return;
    for (let at = from; at < to; at++) this.octets[at] = State.Held;
  }

  acknowledge(octets: number): void {
    this.una = (this.una + octets) | 0;
    while (this.scoreboard.covered(this.una) !== null) this.scoreboard.removeFirst();
  }

  loseFirst(): void {
    const record = this.scoreboard.inFlight.first;
    if (record === null) return;
    this.scoreboard.markLost(record);
    this.#paint(record.start, record.end, State.Lost);
  }

  loseAll(forgets: boolean): void {
    if (forgets) this.scoreboard.forgetSacked();
    this.scoreboard.markAllLost();
    for (let at = (this.una - this.base) | 0; at < this.octets.length; at++) {
      if (forgets || this.octets[at] !== State.Held) this.octets[at] = State.Lost;
    }
  }

  repair(part: number): void {
    const record = this.scoreboard.lost.first;
    if (record === null) return;
    if (part < record.length) this.scoreboard.split(record, (record.start + part) | 0);
    this.scoreboard.sentAgain(record, ++this.now);
    this.#paint(record.start, record.end, State.Flight);
  }

  #paint(start: number, end: number, state: string): void {
    for (let at = start; at !== end; at = (at + 1) | 0) this.octets[(at - this.base) | 0] = state;
  }

  check(): void {
    checkScoreboard(this.scoreboard);
    const counts = { flight: 0, lost: 0, held: 0 } as Record<string, number>;
    let record = this.scoreboard.first;
    for (let at = (this.una - this.base) | 0; at < this.octets.length; at++) {
      const sequence = (this.base + at) | 0;
      while (record !== null && ((record.end - sequence) | 0) <= 0) record = record.next;
      const found = record!.isSacked ? State.Held : record!.isLost ? State.Lost : State.Flight;
      assertEquals(found, this.octets[at], `octet ${at}`);
      assertEquals(this.scoreboard.find(sequence), record, `finds octet ${at}`);
      counts[found]!++;
    }
    assertEquals(this.scoreboard.pipe, counts[State.Flight]);
    assertEquals(this.scoreboard.lost.octets, counts[State.Lost]);
    assertEquals(this.scoreboard.sackedOctets, counts[State.Held]);
    assertEquals(this.scoreboard.isEmpty, this.una === this.nxt);
  }
}

const step = fc.record({
  kind: fc.constantFrom(
    "send",
    "send",
    "hold",
    "hold",
    "ack",
    "lose",
    "loseAll",
    "forget",
    "repair",
  ),
  a: fc.nat(250),
  b: fc.integer({ min: 1, max: 60 }),
});

Deno.test("the scoreboard tells of each octet what a naive one does (RFC 6675 §3)", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, -100, 0x7fffffff - 100, 5000),
      fc.array(step, { maxLength: 60 }),
      (base: number, steps: { kind: string; a: number; b: number }[]) => {
        const twin = new Twin(base);
        for (const { kind, a, b } of steps) {
          const flight = (twin.nxt - twin.una) | 0;
          const una = (twin.una - twin.base) | 0;
          if (kind === "send") twin.send(b);
          else if (kind === "hold") twin.hold(una + 1 + a % Math.max(flight, 1), una + 1 + a + b);
          else if (kind === "ack") twin.acknowledge(Math.min(flight, b));
          else if (kind === "lose") twin.loseFirst();
          else if (kind === "loseAll") twin.loseAll(false);
          else if (kind === "forget") twin.loseAll(true);
          else twin.repair(b);
          twin.check();
        }
        twin.scoreboard.clear();
        checkScoreboard(twin.scoreboard);
        assert(twin.scoreboard.isEmpty);
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("neighbours that the peer holds become one record", () => {
  const twin = new Twin(0);
  for (let i = 0; i < 5; i++) twin.send(100);
  twin.hold(100, 200);
  twin.hold(300, 400);
  twin.hold(200, 300);
  twin.check();
  assertEquals(twin.scoreboard.count, 3);
});

Deno.test("blocks outside of the flight, or before what is acknowledged, are ignored (RFC 2018 §5)", () => {
  const twin = new Twin(-50);
  twin.send(100);
  twin.acknowledge(20);
  for (const [from, to] of [[0, 30], [19, 40], [50, 101], [200, 300], [-0x7fffff00, 50]] as const) {
    twin.hold(from, to);
    twin.check();
    assertEquals(twin.scoreboard.sackedOctets, 0, `${from}:${to}`);
  }
});

Deno.test("a peer that reports every other octet cannot make a record of each", () => {
  const twin = new Twin(0);
  twin.mss = 100;
  for (let i = 0; i < 100; i++) twin.send(100);
  for (let at = 1; at < 10_000; at += 2) {
    enterSack(twin, sack(0, at, at + 1), false, 1);
  }
  checkScoreboard(twin.scoreboard);
  assert(twin.scoreboard.count <= 202, `${twin.scoreboard.count} records`);
  enterSack(twin, sack(0, 1, 10_000), false, 1);
  checkScoreboard(twin.scoreboard);
});

Deno.test("blocks that became known by one acknowledgement are no reordering; a hole filled by the first copy is", () => {
  const twin = new Twin(0);
  twin.mss = 10;
  for (let i = 0; i < 8; i++) twin.send(10);
  // 0 and 20 are lost, and so are all acknowledgements but the one for 50, which tells of 10 and 30, too.
  enterSack(twin, sack(0, 50, 60, 30, 40, 10, 20), false, 9);
  assert(!twin.rack.reorderingSeen);
  assertEquals(twin.scoreboard.sackedOctets, 30);
  enterSack(twin, sack(0, 20, 40, 50, 60, 10, 20), false, 10);
  assert(twin.rack.reorderingSeen);
});

Deno.test("which first block tells of a duplicate (RFC 2883 §4)", () => {
  for (
    const [what, segment, isDuplicate] of [
      ["no block", sack(100), false],
      ["below the acknowledgement (4.1)", sack(4000, 3000, 3500), true],
      ["part below (4.1.3)", sack(1500, 1000, 1500, 2000, 2500), true],
      ["inside the second (4.2)", sack(3000, 4000, 4500, 3500, 5000), true],
      ["equal to the second", sack(3000, 3500, 5000, 3500, 5000), true],
      ["beside the second", sack(3000, 6000, 6500, 3500, 5000), false],
      ["reaching out of the second", sack(3000, 4500, 5500, 3500, 5000), false],
      ["a block alone", sack(3000, 3500, 5000), false],
      ["wrapped", sack(5, -10, 0), true],
    ] as const
  ) assertEquals(isDuplicateSack(segment), isDuplicate, what);
});

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Reassembly } from "./reassembly.ts";

/** The same with a set of octets. */
class Model {
  readonly octets = new Set<number>();
  /** When each octet's range last grew. */
  readonly stamps = new Map<number, number>();
  #clock = 0;

  runs(): [number, number][] {
    const sorted = [...this.octets].sort((a, b) => a - b);
    const runs: [number, number][] = [];
    for (const at of sorted) {
      const last = runs.at(-1);
      if (last !== undefined && last[1] === at) last[1]++;
      else runs.push([at, at + 1]);
    }
    return runs;
  }

  add(left: number, right: number): void {
    for (let at = left; at < right; at++) this.octets.add(at);
    const run = this.runs().find(([from, to]) => from <= left && right <= to)!;
    const stamp = ++this.#clock;
    for (let at = run[0]; at < run[1]; at++) this.stamps.set(at, stamp);
  }

  advance(next: number): number {
    let reached = next;
    while (this.octets.has(reached)) reached++;
    // A range that begins before the number and reaches beyond it takes it along.
    for (const [from, to] of this.runs()) if (from <= reached && to > reached) reached = to;
    for (const at of [...this.octets]) if (at < reached) this.octets.delete(at);
    return reached;
  }

  latest(limit: number): [number, number][] {
    return this.runs()
      .sort((a, b) => this.stamps.get(b[0])! - this.stamps.get(a[0])!)
      .slice(0, limit);
  }
}

const step = fc.oneof(
  fc.record({ kind: fc.constant("add"), at: fc.nat(300), length: fc.integer({ min: 1, max: 40 }) }),
  fc.record({
    kind: fc.constant("advance"),
    at: fc.integer({ min: 1, max: 30 }),
    length: fc.nat(1),
  }),
);

Deno.test("keeps ranges, and reports the latest first, as a set of octets does (RFC 2018 §4)", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, -150, 0x7fffffff - 150, -0x80000000, 1000),
      fc.array(step, { maxLength: 80 }),
      (base: number, steps: { kind: string; at: number; length: number }[]) => {
        const reassembly = new Reassembly();
        const model = new Model();
        const wrap = (at: number) => (base + at) | 0;
        const blocks = new Int32Array(8);
        let next = 0;
        for (const { kind, at, length } of steps) {
          if (kind === "add") {
            // As the receiver does: nothing before RCV.NXT, and nothing that touches it.
            const left = next + 1 + at;
            assert(reassembly.add(wrap(left), wrap(left + length)));
            model.add(left, left + length);
            assert(reassembly.contains(wrap(left), wrap(left + length)));
          } else {
            const reached = reassembly.advance(wrap(next + at));
            next = model.advance(next + at);
            assertEquals(reached, wrap(next));
          }
          const runs = model.runs();
          assertEquals(reassembly.count, runs.length);
          for (const [i, [left, right]] of runs.entries()) {
            assertEquals([reassembly.left(i), reassembly.right(i)], [wrap(left), wrap(right)]);
            assert(!reassembly.contains(wrap(left), wrap(right + 1)));
          }
          const limit = 1 + steps.length % 4;
          const latest = model.latest(limit);
          assertEquals(reassembly.report(blocks, 0, limit), latest.length);
          for (const [i, [left, right]] of latest.entries()) {
            assertEquals([blocks[2 * i], blocks[2 * i + 1]], [wrap(left), wrap(right)]);
          }
        }
      },
    ),
    { numRuns: 400 },
  );
});

Deno.test("no more than 128 ranges are kept; one more changes nothing", () => {
  const reassembly = new Reassembly();
  for (let i = 0; i < 128; i++) assert(reassembly.add(10 + 4 * i, 12 + 4 * i));
  assert(!reassembly.add(1000, 1001));
  assertEquals([reassembly.count, reassembly.left(127), reassembly.right(127)], [128, 518, 520]);
  assert(reassembly.add(12, 14), "what joins two is taken");
  assertEquals(reassembly.count, 127);
  assert(reassembly.add(1000, 1001));
  reassembly.clear();
  assertEquals(reassembly.count, 0);
});

Deno.test("blocks after those that stand there already", () => {
  const reassembly = new Reassembly();
  reassembly.add(10, 20);
  reassembly.add(30, 40);
  const blocks = Int32Array.of(1, 2, 0, 0, 0, 0, 0, 0);
  assertEquals(reassembly.report(blocks, 1, 2), 2);
  assertEquals([...blocks.subarray(0, 4)], [1, 2, 30, 40]);
});

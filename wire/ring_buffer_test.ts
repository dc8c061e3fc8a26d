import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { allocate, release } from "./memory.ts";
import { RingBuffer } from "./ring_buffer.ts";
import { SeededRandom } from "./random.ts";

const noise = new SeededRandom(8);
const source = allocate(65_536);
for (let i = 0; i < source.bytes.length; i++) source.bytes[i] = noise.uint32();
const heap = source.bytes.slice();

/** What a {@linkcode RingBuffer} should be: the queue, and what was placed beyond its end. */
interface Model {
  queue: number[];
  /** By distance from the end; a hole is `undefined`. */
  placed: (number | undefined)[];
  limit: number;
}

interface Step {
  run(model: Model, ring: RingBuffer): void;
}

/** Runs steps one after another, and compares everything that shows after each. */
function runSteps(limit: number, steps: Step[]): void {
  const model: Model = { queue: [], placed: [], limit };
  const ring = new RingBuffer(limit);
  for (const step of steps) {
    step.run(model, ring);
    const { queue } = model;
    assertEquals([ring.length, ring.limit, ring.free], [
      queue.length,
      model.limit,
      Math.max(0, model.limit - queue.length),
    ]);
    assert(ring.capacity >= queue.length + model.placed.length);
    if (queue.length + model.placed.length === 0) assertEquals(ring.capacity, 0);
    const seen = new Uint8Array(queue.length);
    ring.peek(0, seen, -1, 0, queue.length);
    assertEquals(seen, Uint8Array.from(queue));
  }
  ring.clear();
}

function pick(from: number, length: number): number[] {
  return [...heap.subarray(from, from + length)];
}

const at = fc.nat(30_000);
const size = fc.oneof(fc.nat(40), fc.nat(3000), fc.nat(20_000));

const write = fc.tuple(at, size).map(([from, length]: [number, number]): Step => ({
  run(model, ring) {
    const taken = Math.min(length, Math.max(0, model.limit - model.queue.length));
    assertEquals(ring.write(heap, from, from + length), taken);
    model.queue.push(...pick(from, taken));
    model.placed.splice(0, taken);
  },
}));

const place = fc.tuple(fc.nat(8000), at, size, fc.boolean()).map((
  [distance, from, wanted, inSlab]: [number, number, number, boolean],
): Step => ({
  run(model, ring) {
    const length = Math.min(wanted, Math.max(0, model.limit - model.queue.length) - distance);
    if (length <= 0) return;
    if (inSlab) ring.place(distance, source.bytes, source.address, from, length);
    else ring.place(distance, heap, -1, from, length);
    while (model.placed.length < distance + length) model.placed.push(undefined);
    model.placed.splice(distance, length, ...pick(from, length));
  },
}));

/** Takes in what was placed, up to the first hole. */
const commit = fc.nat(30_000).map((most: number): Step => ({
  run(model, ring) {
    const hole = model.placed.indexOf(undefined);
    const length = Math.min(most, hole < 0 ? model.placed.length : hole);
    ring.commit(length);
    model.queue.push(...model.placed.splice(0, length) as number[]);
  },
}));

const read = fc.tuple(size, fc.nat(20)).map(([length, offset]: [number, number]): Step => ({
  run(model, ring) {
    const target = new Uint8Array(offset + length + 1).fill(0xa5);
    const given = model.queue.splice(0, length);
    assertEquals(ring.read(target, offset, offset + length), given.length);
    const expected = new Uint8Array(target.length).fill(0xa5);
    expected.set(given, offset);
    assertEquals(target, expected);
  },
}));

const peek = fc.tuple(fc.nat(), fc.nat(), fc.boolean()).map((
  [first, second, inSlab]: [number, number, boolean],
): Step => ({
  run({ queue }, ring) {
    const position = first % (queue.length + 1);
    const length = second % (queue.length - position + 1);
    const target = inSlab
      ? allocate(length + 2)
      : { bytes: new Uint8Array(length + 2), address: -1 };
    target.bytes.fill(0xa5);
    ring.peek(position, target.bytes, target.address, 1, length);
    const expected = [0xa5, ...queue.slice(position, position + length), 0xa5];
    assertEquals(target.bytes.subarray(0, length + 2), Uint8Array.from(expected));
    release(target);
  },
}));

const discard = fc.nat().map((number: number): Step => ({
  run(model, ring) {
    const length = number % (model.queue.length + 1);
    ring.discard(length);
    model.queue.splice(0, length);
  },
}));

const changeLimit = fc.nat(40_000).map((limit: number): Step => ({
  run(model, ring) {
    ring.limit = limit;
    model.limit = limit;
  },
}));

const clear = fc.constant<Step>({
  run(model, ring) {
    ring.clear();
    model.queue = [];
    model.placed = [];
  },
});

Deno.test("any sequence of operations, against an array", () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: write },
    { weight: 4, arbitrary: place },
    { weight: 4, arbitrary: commit },
    { weight: 4, arbitrary: read },
    { weight: 2, arbitrary: peek },
    { weight: 3, arbitrary: discard },
    { weight: 1, arbitrary: changeLimit },
    { weight: 1, arbitrary: clear },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40_000 }), fc.array(step, { maxLength: 40 }), runSteps),
    { numRuns: 150 },
  );
});

Deno.test("an empty queue holds no memory, and takes it up again", () => {
  const ring = new RingBuffer(1 << 20);
  assertEquals(ring.capacity, 0);
  for (let round = 0; round < 3; round++) {
    ring.write(heap, 0, 1);
    assertEquals(ring.capacity, 2048);
    ring.write(heap, 1, 3000);
    assertEquals(ring.capacity, 4096);
    ring.discard(2999);
    assertEquals(ring.capacity, 4096);
    ring.discard(1);
    assertEquals(ring.capacity, 0);
  }
});

Deno.test("memory that a queue gave back serves the next one", () => {
  const ring = new RingBuffer(1 << 20);
  ring.write(heap, 0, 50_000);
  ring.clear();
  const block = allocate(65_536);
  block.bytes.set(heap);
  const other = new RingBuffer(1 << 20);
  other.write(heap, 0, 50_000);
  other.write(heap, 0, 50_000);
  assertEquals(block.bytes, heap);
  other.clear();
  release(block);
});

Deno.test("a queue that is full takes nothing, and what it holds outlives a smaller limit", () => {
  const ring = new RingBuffer(100);
  assertEquals(ring.write(heap, 0, 150), 100);
  assertEquals(ring.write(heap, 0, 1), 0);
  ring.limit = 10;
  assertEquals([ring.length, ring.free], [100, 0]);
  assertEquals(ring.write(heap, 0, 1), 0);
  ring.discard(95);
  assertEquals(ring.free, 5);
  assertEquals(ring.write(heap, 0, 50), 5);
  ring.limit = 1000;
  assertEquals(ring.free, 990);
  ring.clear();
});

Deno.test("what was placed out of order survives growth, wrap-around and reading", () => {
  const ring = new RingBuffer(1 << 20);
  // The start moves to 1900 of 2048, so that what follows wraps.
  ring.write(heap, 0, 2000);
  ring.discard(1900);
  ring.place(50, heap, -1, 3000, 60);
  ring.discard(100);
  assertEquals([ring.length, ring.capacity], [0, 2048]);
  // Growth carries it along.
  ring.place(5000, source.bytes, source.address, 9000, 10);
  assertEquals(ring.capacity, 8192);
  ring.place(0, heap, -1, 7000, 50);
  ring.commit(110);
  const target = new Uint8Array(110);
  assertEquals(ring.read(target), 110);
  assertEquals([...target], [...pick(7000, 50), ...pick(3000, 60)]);
  ring.place(0, heap, -1, 0, 4890);
  ring.commit(4900);
  ring.discard(4890);
  assertEquals(ring.read(target, 0, 10), 10);
  assertEquals([...target.subarray(0, 10)], pick(9000, 10));
  assertEquals(ring.capacity, 0);
});

Deno.test("a queue beyond the slab's largest block", () => {
  const ring = new RingBuffer(1 << 26);
  for (let i = 0; i < 300; i++) assertEquals(ring.write(heap), heap.length);
  assertEquals(ring.capacity, 1 << 25);
  const target = new Uint8Array(heap.length);
  for (let i = 0; i < 300; i++) {
    assertEquals(ring.read(target), heap.length);
    assertEquals(target, heap);
  }
  assertEquals(ring.capacity, 0);
});

Deno.test("nothing is asked of an empty queue in vain", () => {
  const ring = new RingBuffer(10);
  ring.discard(0);
  ring.commit(0);
  ring.clear();
  assertEquals(ring.read(new Uint8Array(5)), 0);
  assertEquals(ring.write(new Uint8Array(0)), 0);
  ring.peek(0, new Uint8Array(0), -1, 0, 0);
  assertEquals([ring.length, ring.capacity], [0, 0]);
});

Deno.test("memory begins with half of what it came to the last time", () => {
  const ring = new RingBuffer(1 << 20);
  const capacities: number[] = [];
  for (const length of [60_000, 60_000, 1, 1, 30_000, 1, 1, 1, 1, 1]) {
    ring.write(heap, 0, 1);
    capacities.push(ring.capacity);
    ring.write(heap, 0, length - 1);
    ring.discard(length);
    assertEquals(ring.capacity, 0);
  }
  assertEquals(capacities, [2048, 32_768, 32_768, 16_384, 8192, 16_384, 8192, 4096, 2048, 2048]);
  ring.write(heap, 0, 60_000);
  ring.clear();
  ring.limit = 4096;
  ring.write(heap, 0, 1);
  assertEquals(ring.capacity, 2048, "who allows less begins small");
  ring.clear();
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { allocatedBytes } from "./allocation.ts";
import { measure } from "./measure.ts";
import { formatTable } from "./table.ts";

Deno.test("measure tells time per operation, not per call", async () => {
  let calls = 0;
  const one = await measure("busy", () => {
    const end = performance.now() + 0.2;
    while (performance.now() < end) calls++;
  }, { operations: 10, time: 40, rounds: 3 });
  assert(one.nsPerOp >= 20_000, `${one.nsPerOp} ns`);
  assert(one.nsPerOpBest <= one.nsPerOp);
  assertEquals(one.operations % 30, 0);
});

Deno.test("measure tells bytes per operation of what allocates, and none of what does not", async () => {
  const bytes = new Uint8Array(64);
  let sum = 0;
  const frugal = await measure("frugal", () => {
    for (let i = 0; i < bytes.length; i++) sum = (sum + bytes[i]!) | 0;
  }, { time: 60 });
  assert(frugal.bytesPerOp < 0.5, `${frugal.bytesPerOp} B/op`);

  let kept: unknown;
  const generous = await measure("generous", () => {
    kept = bytes.subarray(1);
  }, { time: 60 });
  assert(kept instanceof Uint8Array);
  assert(generous.bytesPerOp > 60 && generous.bytesPerOp < 160, `${generous.bytesPerOp} B/op`);
});

Deno.test("array buffers count", async () => {
  const kept: Uint8Array[] = [];
  const bytes = await allocatedBytes(() => kept.push(new Uint8Array(10_000)), 1000);
  assert(bytes / 1000 > 10_000, `${bytes / 1000} B a call`);
});

Deno.test("an asynchronous operation is awaited", async () => {
  let done = 0;
  const one = await measure("async", async () => {
    await Promise.resolve();
    done++;
  }, { time: 10, rounds: 2 });
  assert(done >= one.operations);
});

Deno.test("payload becomes Gbit/s", async () => {
  const one = await measure("copy", () => {}, { bytes: 1000, time: 10 });
  assertEquals(one.gbitPerSecond, 8000 / one.nsPerOp);
});

Deno.test("measure refuses a count that is not positive", async () => {
  await assertRejects(() => measure("none", () => {}, { operations: 0 }), RangeError, "they are 0");
});

const base = { nsPerOpBest: 1, operations: 1, target: undefined, perSecond: false };

Deno.test("the table keeps groups apart and leaves a peer's place empty", () => {
  const text = formatTable([
    {
      ...base,
      name: "a",
      group: "g",
      nsPerOp: 1318,
      nsPerOpMedian: 1400,
      bytesPerOp: 12.34,
      gbitPerSecond: undefined,
      peers: { lneto: 1318 },
    },
    {
      ...base,
      name: "b",
      group: "h",
      nsPerOp: 2,
      nsPerOpMedian: 2,
      bytesPerOp: 0.01,
      gbitPerSecond: 9,
      peers: {},
      target: 1.8,
    },
    {
      ...base,
      name: "c",
      group: "g",
      nsPerOp: 2,
      nsPerOpMedian: 3,
      bytesPerOp: 0,
      gbitPerSecond: undefined,
      peers: {},
      target: 4,
      perSecond: true,
    },
  ], 2);
  assertEquals(
    text,
    [
      "g  ns/op  median  B/op   per second              reach            lneto",
      "a  1,318   1,400  12.3      758,725                     2,636 ns (2.0×)",
      "c      2       3     0  500,000,000  ≥ 125,000,000/s ✓",
      "",
      "h  ns/op  median  B/op  per second         reach",
      "b      2       2     0   9.00 Gbit  ≥ 5 Gbit/s ✓",
      "",
    ].join("\n"),
  );
});

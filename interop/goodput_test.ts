/** The measurement of goodput, on its smallest scale: that it measures, not what it finds. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { measure, pairings } from "./goodput/cell.ts";
import { jainIndex, share } from "./goodput/fairness.ts";
import { rowOf } from "./goodput/grid.ts";
import { median, ratios, replaceBetween, type Row, summary, tableLines } from "./goodput/table.ts";

const wire = { loss: 1, delay: 2, rate: 50, seed: 1 };
const times = { ramp: 50, window: 200 };

for (const pairing of ["ours → kernel", "kernel → ours", "kernel → kernel"] as const) {
  Deno.test(`${pairing}: every byte arrives over an impaired wire`, async () => {
    // It throws at the first byte that is not what was sent.
    const report = await measure(pairing, wire, times);
    assert(report.hasEnded);
    assert(report.bytes > 0 && report.bytes < report.total);
    assert(report.goodput < 50e6);
  });
}

Deno.test("two senders share a bottleneck, and what each gets is counted", async () => {
  const { goodputs, index } = await share(["ours", "kernel"], { ...wire, loss: 0 }, {
    ramp: 200,
    // Longer than a retransmission timeout, as one may drive the other out of the queue at first.
    window: 1500,
  });
  assert(goodputs.every((goodput) => goodput > 0 && goodput < 50e6), String(goodputs));
  assert(index >= 0.5 && index <= 1);
});

Deno.test("Jain's index is 1 for equal shares and 1/n when one has all", () => {
  assertEquals(jainIndex([5, 5, 5]), 1);
  assertEquals(jainIndex([7, 0]), 0.5);
  assertAlmostEquals(jainIndex([3, 1]), 0.8, 1e-12);
});

Deno.test("the table has a line for each wire, and the ratios of both directions", () => {
  const rows: Row[] = [
    {
      loss: 0,
      delay: 10,
      oursToKernel: 180e6,
      besideSending: 180e6,
      kernelToOurs: 90e6,
      besideReceiving: 180e6,
    },
    {
      loss: 0.1,
      delay: 50,
      oursToKernel: 3e6,
      besideSending: 2e6,
      kernelToOurs: 1e6,
      besideReceiving: 2e6,
    },
  ];
  assertEquals(rows.map(ratios), [[1, 0.5], [1.5, 0.5]]);
  assertEquals(tableLines(rows), [
    "|  loss | delay | ours → kernel | kernels | sending | kernel → ours | kernels | receiving |",
    "| ----: | ----: | ------------: | ------: | ------: | ------------: | ------: | --------: |",
    "|   0 % | 10 ms |           180 |     180 |    1.00 |          90.0 |     180 |      0.50 |",
    "| 0.1 % | 50 ms |          3.00 |    2.00 |    1.50 |          1.00 |    2.00 |      0.50 |",
  ]);
  assertEquals(
    summary(rows),
    "Median of all ratios 0.75, sending 1.25, receiving 0.50; the least is 0.50.",
  );
  assertEquals(median([3, 1, 2]), 2);
});

Deno.test("a line has the median of each pairing, whatever the order of measuring", () => {
  const found = [[3, 1], [1, 2], [2, 30]].flatMap(([times, seed]) =>
    pairings.map((pairing, i) => {
      const goodput = times! * 10 ** i;
      const report = { bytes: 1, goodput, total: 1, wrongAt: -1, hasEnded: true };
      return { pairing, loss: 1, delay: 10, rate: 200, seed: seed!, report };
    })
  );
  const { oursToKernel, besideSending, kernelToOurs, besideReceiving } = rowOf(found.reverse());
  assertEquals([oursToKernel, besideSending, kernelToOurs, besideReceiving], [2, 20, 200, 2000]);
});

Deno.test("the table goes between its markers, and nowhere else", () => {
  const page = "a\n<!-- goodput -->\nold\n<!-- /goodput -->\nb";
  const once = replaceBetween(page, "goodput", "new");
  assertEquals(once, "a\n<!-- goodput -->\n\nnew\n\n<!-- /goodput -->\nb");
  assertEquals(replaceBetween(once, "goodput", "new"), once);
  assertThrows(() => replaceBetween("a", "goodput", "new"), SyntaxError, "<!-- goodput -->");
});

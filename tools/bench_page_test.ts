import { assertEquals } from "@std/assert";
import { section } from "./bench_page.ts";
import type { Report } from "./bench_report.ts";

const machine = {
  date: "2026-11-20T10:00:00Z",
  deno: "2",
  cpu: "Some Processor",
  cores: 2,
  system: "linux 6 x86_64",
  load: 0.25,
};

Deno.test("a report becomes a table a group, peers and targets scaled to the machine", () => {
  const report: Report = {
    kind: "bench",
    machine,
    calibration: 2,
    figures: [
      {
        name: "ARP",
        group: "stack",
        value: 300,
        unit: "ns",
        better: "less",
        target: 200,
        peers: { lneto: 256 },
        bytesPerOp: 0.2,
      },
      { name: "other", group: "stack", value: 1, unit: "ns", better: "less", bytesPerOp: 1234 },
      { name: "idle", group: "memory", value: 900, unit: "B", better: "less", target: 800 },
    ],
  };
  assertEquals(section("In one process", report).split("\n").slice(2), [
    "Taken on 2026-11-20, 2 × Some Processor, linux 6 x86_64, Deno 2, load 0.25; it takes 2.00 " +
    "times as long as the machine of the peers' figures.",
    "",
    "| stack | figure | B/op | reach | lneto |",
    "| --- | ---: | ---: | ---: | ---: |",
    "| ARP | 300 ns | 0 | ≤ 400 ns ✓ | 512 ns |",
    "| other | 1 ns | 1,234 |  |  |",
    "",
    "| memory | figure | reach |",
    "| --- | ---: | ---: |",
    "| idle | 900 B | ≤ 800 B ✗ |",
  ]);
});

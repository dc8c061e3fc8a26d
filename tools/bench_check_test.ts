import { assertEquals } from "@std/assert";
import type { Figure } from "@octet/testing/bench";
import { compare } from "./bench_check.ts";
import type { Report } from "./bench_report.ts";
import { runDeno } from "./terminal.ts";

const machine = { date: "2026-11-20", deno: "", cpu: "", cores: 2, system: "", load: 0 };

function report(...figures: Partial<Figure>[]): Report {
  const base = { group: "g", unit: "ns", better: "less" as const, value: 100 };
  return {
    kind: "bench",
    machine,
    calibration: 1,
    figures: figures.map((one, i) => ({ name: String(i), ...base, ...one })),
  };
}

function complaints(before: Report, after: Report): string[] {
  return compare(before, after, 10).map((one) => one.complaint);
}

Deno.test("a time that grows by more than a tenth is flagged, one that shrinks is not", () => {
  const before = report({ value: 100 }, { value: 100 }, { value: 100 });
  const after = report({ value: 111 }, { value: 110 }, { value: 1 });
  assertEquals(complaints(before, after), ["is 11 % worse", "", ""]);
});

Deno.test("a rate that shrinks is flagged, one that grows is not", () => {
  const rate = { unit: "Gbit/s", better: "more" as const };
  const before = report({ ...rate, value: 10 }, { ...rate, value: 10 });
  const after = report({ ...rate, value: 5 }, { ...rate, value: 20 });
  assertEquals(complaints(before, after), ["is 100 % worse", ""]);
});

Deno.test("code that begins to allocate is flagged, a fraction of a byte is not", () => {
  const before = report({ bytesPerOp: 0 }, { bytesPerOp: 0.1 }, { bytesPerOp: 100 });
  const after = report({ bytesPerOp: 16 }, { bytesPerOp: 0.9 }, { bytesPerOp: 105 });
  assertEquals(complaints(before, after), ["allocates 16.0 B/op where it was 0.0", "", ""]);
});

Deno.test("a figure that is gone is flagged, a new one is not", () => {
  assertEquals(complaints(report({}, {}), report({})), ["", "is gone"]);
  assertEquals(complaints(report({}), report({}, {})), [""]);
});

Deno.test("bench:check ends with 1 for worse, 0 for as good, 2 for what is no report", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const good = `${folder}/good.json`;
    const bad = `${folder}/bad.json`;
    const none = `${folder}/none.json`;
    await Deno.writeTextFile(good, JSON.stringify(report({ value: 100 })));
    await Deno.writeTextFile(bad, JSON.stringify(report({ value: 200 })));
    await Deno.writeTextFile(none, "{}");
    const run = async (...files: string[]) =>
      (await runDeno(["run", "-A", "--no-check", "tools/bench_check.ts", ...files], {
        show: false,
      })).code;
    assertEquals(
      await Promise.all([
        run(good, bad),
        run(bad, good),
        run(good, bad, "--tolerance", "100"),
        run(good, none),
        run(good, `${folder}/missing.json`),
        run(good),
      ]),
      [1, 0, 0, 2, 2, 2],
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

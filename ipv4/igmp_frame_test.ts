import { assert, assertEquals } from "@std/assert";
import { Verdict } from "@octet/wire";
import fc from "fast-check";
import {
  encodeIgmpQuery,
  encodeIgmpReport,
  GroupRecordType,
  IgmpFrame,
  IgmpRecords,
  IgmpType,
  writeIgmpMessage,
} from "./igmp_frame.ts";

function read(bytes: Uint8Array): IgmpFrame {
  const frame = new IgmpFrame();
  frame.reset(bytes, 0, bytes.length);
  return frame;
}

Deno.test("messages of each version are taken apart", () => {
  const cases: [string, string, Partial<Record<keyof IgmpFrame, unknown>>][] = [
    ["a query of version 1", "1100eeff00000000", { queryVersion: 1, maxResponseTime: 10_000 }],
    ["a query of version 2", "1164ee9b00000000", { queryVersion: 2, maxResponseTime: 10_000 }],
    ["about a group", "110a0df9e00000fb", {
      queryVersion: 2,
      maxResponseTime: 1000,
      group: 0xe00000fb,
    }],
    ["a query of version 3", "1164ec1e00000000027d0000", {
      queryVersion: 3,
      maxResponseTime: 10_000,
      robustness: 2,
      queryInterval: 125_000,
      sourceCount: 0,
    }],
    ["a report of version 2", "160008f9e10000" + "05", { type: 0x16, group: 0xe1000005 }],
  ];
  for (const [name, hex, fields] of cases) {
    const frame = read(Uint8Array.fromHex(hex));
    assertEquals(frame.validate(), Verdict.Ok, name);
    for (const [field, value] of Object.entries(fields)) {
      assertEquals(frame[field as keyof IgmpFrame], value, `${name}: ${field}`);
    }
  }
});

Deno.test("a report with sources is built to the byte, and read again", () => {
  const bytes = encodeIgmpReport([
    { type: GroupRecordType.ModeIsInclude, group: 0xe8010101, sources: [0x0a000001, 0xc0000201] },
    { type: GroupRecordType.ChangeToExclude, group: 0xe00000fb, sources: [] },
  ]);
  const text = "220042fa00000002" + "01000002e80101010a000001c0000201" + "04000000e00000fb";
  assertEquals(bytes.toHex(), text);
  const frame = read(bytes);
  assertEquals([frame.validate(), frame.hasValidChecksum, frame.recordCount], [0, true, 2]);
  const records = new IgmpRecords();
  records.reset(bytes, frame.recordsOffset, frame.recordCount);
  assert(records.next());
  assertEquals([records.type, records.group, records.sourceCount], [1, 0xe8010101, 2]);
  assertEquals([0, 1, 2].map((i) => records.source(i)), [0x0a000001, 0xc0000201, 0]);
  assert(records.next());
  assertEquals([records.type, records.group, records.sourceCount], [4, 0xe00000fb, 0]);
  assert(!records.next());
});

Deno.test("queries are built for each version", () => {
  assertEquals(encodeIgmpQuery({ version: 1 }).toHex(), "1100eeff00000000");
  assertEquals(encodeIgmpQuery({ version: 3 }).toHex(), "1164ec1e00000000027d0000");
  const query = encodeIgmpQuery({ version: 3, group: 0xe8010101, sources: [1, 2], robustness: 7 });
  const frame = read(query);
  assertEquals([frame.validate(), frame.hasValidChecksum], [Verdict.Ok, true]);
  assertEquals([frame.group, frame.source(0), frame.source(1), frame.source(2)], [
    0xe8010101,
    1,
    2,
    0,
  ]);
  assertEquals([frame.robustness, frame.suppressesRouters], [7, false]);
});

Deno.test("times beyond 127 are small floating-point numbers (RFC 3376 §4.1.1)", () => {
  const cases: [number, number][] = [
    [0, 0],
    [12_700, 12_700],
    [12_800, 12_800],
    [100_000, 99_200],
    [3_174_400, 3_174_400],
    [9_999_999, 3_174_400],
  ];
  for (const [wanted, got] of cases) {
    const frame = read(encodeIgmpQuery({ version: 3, maxResponseTime: wanted }));
    assertEquals(frame.maxResponseTime, got, `${wanted}`);
  }
});

Deno.test("lengths that cannot be", () => {
  const report = encodeIgmpReport([{ type: 1, group: 0xe8010101, sources: [1] }]);
  const cases: [string, Uint8Array, Verdict][] = [
    ["seven bytes", new Uint8Array(7), Verdict.Short],
    ["a query of ten bytes", Uint8Array.of(0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0), Verdict.BadLength],
    ["sources that are not there", encodeIgmpQuery({ version: 3, sources: [1] }).slice(0, 15), 3],
    ["a record cut off", report.slice(0, 15), Verdict.BadLength],
    ["a source cut off", report.slice(0, 19), Verdict.BadLength],
    ["a record that is not there", Uint8Array.of(0x22, 0, 0, 0, 0, 0, 0, 1), Verdict.BadLength],
    ["auxiliary data that is not there", report.with(9, 1), Verdict.BadLength],
    ["what follows the sources of a query", new Uint8Array([0x11, ...new Uint8Array(20)]), 0],
    ["what nobody knows", new Uint8Array([0x99, ...new Uint8Array(7)]), Verdict.Ok],
  ];
  for (const [name, bytes, verdict] of cases) assertEquals(read(bytes).validate(), verdict, name);
});

Deno.test("messages of eight bytes are written over what stood there", () => {
  const bytes = new Uint8Array(12).fill(0xa5);
  writeIgmpMessage(bytes, 2, IgmpType.Leave, 0xe1000005);
  assertEquals(bytes.toHex(), "a5a5" + "170007fae1000005" + "a5a5");
});

Deno.test("whatever the bytes, a verdict comes, and after ok nothing outside is read", () => {
  const types = fc.constantFrom(0x11, 0x12, 0x16, 0x17, 0x22, 0x99);
  fc.assert(
    fc.property(types, fc.uint8Array({ maxLength: 60 }), (type: number, rest: Uint8Array) => {
      const bytes = new Uint8Array([type, ...rest]);
      let outside = false;
      const guarded = new Proxy(bytes, {
        get(target, name) {
          const index = typeof name === "string" ? Number(name) : NaN;
          if (index >= target.length || index < 0) outside = true;
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
      const frame = read(guarded);
      if (frame.validate() !== Verdict.Ok) return;
      const values = [frame.group, frame.maxResponseTime, frame.robustness, frame.queryInterval];
      for (let i = 0; i < frame.sourceCount; i++) values.push(frame.source(i));
      const records = new IgmpRecords();
      records.reset(guarded, frame.recordsOffset, frame.recordCount);
      while (records.next()) {
        values.push(records.type, records.group);
        for (let i = 0; i < records.sourceCount; i++) values.push(records.source(i));
      }
      assert(values.every((value) => Number.isInteger(value) && value >= 0));
      assert(!outside);
    }),
    { numRuns: 2000 },
  );
});

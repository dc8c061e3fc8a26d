import { assertEquals } from "@std/assert";
import { Verdict, verdictName, writeU32 } from "@octet/wire";
import { Dhcpv4Frame } from "./frame.ts";
import { Dhcpv4OptionCursor } from "./options.ts";

function walk(cursor: Dhcpv4OptionCursor, bytes: Uint8Array): string {
  const seen: string[] = [];
  while (cursor.next()) {
    seen.push(`${cursor.code}=${[...bytes.subarray(cursor.valueOffset, cursor.valueEnd)]}`);
  }
  assertEquals(cursor.next(), false);
  return `${seen.join(" ")} ${verdictName(cursor.verdict)}`.trim();
}

const lists: [name: string, bytes: number[], expected: string][] = [
  ["nothing", [], "Ok"],
  ["end only", [255], "Ok"],
  ["pads only", [0, 0, 0], "Ok"],
  ["no end", [53, 1, 2], "53=2 Ok"],
  ["pads around", [0, 53, 1, 2, 0, 0, 51, 0, 255], "53=2 51= Ok"],
  ["after the end nothing counts", [53, 1, 2, 255, 54, 200], "53=2 Ok"],
  ["the same code again is shown again", [12, 1, 65, 12, 1, 66, 255], "12=65 12=66 Ok"],
  ["code without length", [53, 1, 2, 54], "53=2 BadOption"],
  ["value cut", [53, 1, 2, 54, 4, 10, 0, 0], "53=2 BadOption"],
  ["length beyond end", [54, 255, 1], "BadOption"],
  ["value that holds End", [54, 2, 255, 255, 53, 1, 1, 255], "54=255,255 53=1 Ok"],
  ["option 52 in a bare list is an option", [52, 1, 3, 255], "52=3 Ok"],
];

Deno.test("a bare list of options", async (t) => {
  for (const [name, list, expected] of lists) {
    await t.step(name, () => {
      const bytes = new Uint8Array(list.length + 20).fill(1);
      bytes.set(list, 10);
      const cursor = new Dhcpv4OptionCursor().reset(bytes, 10, 10 + list.length);
      assertEquals(walk(cursor, bytes), expected);
    });
  }
});

/** A message with the given fields, filled up with zeros. */
function overloaded(options: number[], file: number[], sname: number[]): Dhcpv4Frame {
  const bytes = new Uint8Array(240 + options.length);
  const frame = new Dhcpv4Frame().reset(bytes, 0, bytes.length);
  frame.clear();
  frame.op = 2;
  bytes.set(options, 240);
  bytes.set(file, frame.fileOffset);
  bytes.set(sname, frame.snameOffset);
  assertEquals(frame.validate(), Verdict.Ok);
  return frame;
}

const [a, b, c] = [[1, 1, 11], [2, 1, 22], [3, 1, 33]] as const;
// RFC 2131 §4.1: the options field first, then file, then sname, each with an end of its own.
const messages: [name: string, options: number[], file: number[], sname: number[], string][] = [
  ["no overload", [...a, 255], [...b, 255], [...c, 255], "1=11 Ok"],
  ["file", [52, 1, 1, ...a, 255], [...b, 255], [...c, 255], "1=11 2=22 Ok"],
  ["sname", [52, 1, 2, ...a, 255], [...b, 255], [...c, 255], "1=11 3=33 Ok"],
  [
    "both, in the order file, sname",
    [...a, 52, 1, 3, 255],
    [...b, 255],
    [...c, 255],
    "1=11 2=22 3=33 Ok",
  ],
  [
    "option 52 in the file field has no effect",
    [52, 1, 1, 255],
    [52, 1, 3, 255],
    [...c, 255],
    "52=3 Ok",
  ],
  ["an unknown overload", [52, 1, 4, 255], [], [], "BadOption"],
  ["overload 0", [52, 1, 0, 255], [], [], "BadOption"],
  ["an overload of two bytes", [52, 2, 1, 1, 255], [], [], "BadOption"],
  ["file runs into no other field", [52, 1, 1, 255], [9, 127], [], "BadOption"],
  ["a bad file ends the walk before sname", [52, 1, 3, 255], [9, 127], [...c, 255], "BadOption"],
  [
    "a full file without End",
    [52, 1, 3, 255],
    [9, 126, ...new Array(126).fill(7)],
    [...c, 255],
    `9=${new Array(126).fill(7)} 3=33 Ok`,
  ],
];

Deno.test("options of a message, in all three fields", async (t) => {
  for (const [name, options, file, sname, expected] of messages) {
    await t.step(name, () => {
      const frame = overloaded(options, file, sname);
      assertEquals(walk(new Dhcpv4OptionCursor().resetFrame(frame), frame.bytes), expected);
    });
  }
});

Deno.test("a cursor is fit for the next message after a bad one", () => {
  const cursor = new Dhcpv4OptionCursor();
  const bad = overloaded([52, 1, 3, 9, 200], [...b, 255], [...c, 255]);
  assertEquals(walk(cursor.resetFrame(bad), bad.bytes), "BadOption");
  const good = overloaded([...a, 255], [...b, 255], [...c, 255]);
  assertEquals(walk(cursor.resetFrame(good), good.bytes), "1=11 Ok");
});

Deno.test("numbers of the wrong length become the verdict and end the walk", () => {
  const bytes = Uint8Array.of(53, 2, 1, 1, 51, 4, 0, 0, 0, 9);
  const cursor = new Dhcpv4OptionCursor().reset(bytes, 0, bytes.length);
  assertEquals([cursor.next(), cursor.u8(), cursor.verdict], [true, 0, Verdict.BadOption]);
  assertEquals(cursor.next(), false);
  cursor.reset(bytes, 4, bytes.length);
  assertEquals([cursor.next(), cursor.u32(), cursor.u16()], [true, 9, 0]);
  assertEquals(cursor.verdict, Verdict.BadOption);
});

Deno.test("frame: verdicts", async (t) => {
  const bytes = new Uint8Array(250);
  const frame = new Dhcpv4Frame().reset(bytes, 5, 245);
  frame.clear();
  frame.op = 1;
  frame.hardwareLength = 6;
  assertEquals(frame.validate(), Verdict.Ok);
  await t.step("short", () => {
    for (let end = 5; end < 245; end++) {
      assertEquals(new Dhcpv4Frame().reset(bytes, 5, end).validate(), Verdict.Short);
    }
    assertEquals(new Dhcpv4Frame().reset(bytes, 20, 260).validate(), Verdict.Short);
  });
  await t.step("op", () => {
    for (let op = 0; op < 256; op++) {
      frame.op = op;
      assertEquals(frame.validate(), op === 1 || op === 2 ? Verdict.Ok : Verdict.BadValue);
    }
    frame.op = 2;
  });
  await t.step("hardware length", () => {
    for (let length = 0; length < 256; length++) {
      frame.hardwareLength = length;
      assertEquals(frame.validate(), length <= 16 ? Verdict.Ok : Verdict.BadLength);
    }
    frame.hardwareLength = 6;
  });
  await t.step("magic cookie", () => {
    writeU32(bytes, 5 + 236, 0x63825362);
    assertEquals(frame.validate(), Verdict.BadValue);
  });
});

Deno.test("frame: every field lies where RFC 2131 figure 1 has it", () => {
  const bytes = new Uint8Array(300).fill(0xa5);
  const frame = new Dhcpv4Frame().reset(bytes, 10, 300);
  frame.clear();
  frame.op = 1;
  frame.hardwareType = 2;
  frame.hardwareLength = 3;
  frame.hops = 4;
  frame.xid = 0x05060708;
  frame.secs = 0x090a;
  frame.flags = 0x8b0c;
  frame.ciaddr = 0x0d0e0f10;
  frame.yiaddr = 0x91121314;
  frame.siaddr = 0x15161718;
  frame.giaddr = 0x191a1b1c;
  const expected = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0x8b, 12, 13, 14, 15, 16, 0x91, 18, 19, 20]
    .concat([21, 22, 23, 24, 25, 26, 27, 28], new Array(208).fill(0), [99, 130, 83, 99]);
  assertEquals([...bytes.subarray(10, 250)], expected);
  assertEquals([bytes[9], bytes[250]], [0xa5, 0xa5]);
  assertEquals(
    [frame.op, frame.hardwareType, frame.hardwareLength, frame.hops, frame.xid, frame.secs],
    [1, 2, 3, 4, 0x05060708, 0x090a],
  );
  assertEquals(
    [frame.flags, frame.ciaddr, frame.yiaddr, frame.siaddr, frame.giaddr],
    [0x8b0c, 0x0d0e0f10, 0x91121314, 0x15161718, 0x191a1b1c],
  );
  assertEquals(
    [frame.hardwareAddressOffset, frame.snameOffset, frame.snameEnd, frame.fileOffset],
    [38, 54, 118, 118],
  );
  assertEquals([frame.fileEnd, frame.payloadOffset, frame.payloadEnd], [246, 250, 300]);
});

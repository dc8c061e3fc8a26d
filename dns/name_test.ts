import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  canonicalName,
  checkName,
  countLabels,
  equalNames,
  formatName,
  isSubdomain,
  parentName,
  parseName,
} from "./mod.ts";

/** A message body behind a header of zeros. */
function body(...bytes: number[]): Uint8Array {
  return Uint8Array.of(...new Array(12).fill(0), ...bytes);
}

Deno.test("checkName takes names and refuses what RFC 1035 §4.1.4 does not allow", () => {
  const long = new Array(63).fill(0x61);
  const cases: [what: string, bytes: number[], at: number, after: number][] = [
    ["the root", [0], 12, 13],
    ["labels", [1, 0x61, 2, 0x62, 0x63, 0], 12, 18],
    ["a label of 63", [63, ...long, 0], 12, 77],
    ["a pointer back", [1, 0x61, 0, 0xc0, 12], 15, 17],
    ["labels, then a pointer", [1, 0x61, 0, 1, 0x62, 0xc0, 12], 15, 19],
    ["a pointer to a pointer", [0, 0xc0, 12, 0xc0, 13], 15, 17],
    ["nothing", [], 12, -1],
    ["no root", [1, 0x61], 12, -1],
    ["a label cut short", [3, 0x61, 0x61], 12, -1],
    ["a label of 64", [64, ...long, 0x61, 0], 12, -1],
    ["label type 10", [0x80, 0], 12, -1],
    ["half a pointer", [0, 0xc0], 13, -1],
    ["a pointer to itself", [0xc0, 12], 12, -1],
    ["a pointer forward", [0xc0, 14, 0], 12, -1],
    ["a pointer into the header", [0xc0, 11], 12, -1],
    ["two that point at each other", [0xc0, 14, 0xc0, 12], 14, -1],
    ["a loop through a label", [1, 0x61, 0xc0, 12], 12, -1],
    ["a loop entered from outside", [1, 0x61, 0xc0, 12, 0xc0, 12], 16, -1],
  ];
  for (const [what, bytes, at, after] of cases) {
    const message = body(...bytes);
    assertEquals(checkName(message, 0, at, message.length), after, what);
    // The same message further on in a buffer: pointers count from its own start.
    const shifted = Uint8Array.of(9, 9, 9, ...message);
    const moved = checkName(shifted, 3, at + 3, shifted.length);
    assertEquals(moved, after < 0 ? -1 : after + 3, `${what}, shifted`);
  }
});

Deno.test("checkName counts 255 bytes over all pointers", () => {
  const label = [49, ...new Array(49).fill(0x61)];
  // 5 × 50 + 1 = 251 bytes at 12.
  const first = [...label, ...label, ...label, ...label, ...label, 0];
  const at = 12 + first.length;
  const fits = body(...first, 3, 1, 2, 3, 0xc0, 12);
  assertEquals(checkName(fits, 0, at, fits.length), fits.length, "255 bytes");
  const tooLong = body(...first, 4, 1, 2, 3, 4, 0xc0, 12);
  assertEquals(checkName(tooLong, 0, at, tooLong.length), -1, "256 bytes");
});

Deno.test("checkName gives up on an endless staircase of pointers", () => {
  const bytes = [0];
  for (let i = 0; i < 200; i++) {
    const to = i === 0 ? 12 : 13 + 2 * (i - 1);
    bytes.push(0xc0 | (to >> 8), to & 255);
  }
  const message = body(...bytes);
  assertEquals(checkName(message, 0, 13 + 2 * 126, message.length), 13 + 2 * 127);
  assertEquals(checkName(message, 0, 13 + 2 * 127, message.length), -1);
});

Deno.test("names as text: escapes of RFC 1035 §5.1 and RFC 4343 §2.1", () => {
  const cases: [text: string, wire: number[], back: string][] = [
    [".", [0], "."],
    ["a", [1, 0x61, 0], "a."],
    ["WWW.test.", [3, 0x57, 0x57, 0x57, 4, 0x74, 0x65, 0x73, 0x74, 0], "WWW.test."],
    ["a\\.b.c", [3, 0x61, 0x2e, 0x62, 1, 0x63, 0], "a\\.b.c."],
    ["\\000\\255.", [2, 0, 255, 0], "\\000\\255."],
    ["\\097", [1, 0x61, 0], "a."],
    ["\\\\.", [1, 0x5c, 0], "\\\\."],
    ["a\\032b", [3, 0x61, 0x20, 0x62, 0], "a\\032b."],
    ['\\"\\;\\(\\)\\@\\$', [6, 0x22, 0x3b, 0x28, 0x29, 0x40, 0x24, 0], '\\"\\;\\(\\)\\@\\$.'],
    ["_sip._udp", [4, 0x5f, 0x73, 0x69, 0x70, 4, 0x5f, 0x75, 0x64, 0x70, 0], "_sip._udp."],
  ];
  for (const [text, wire, back] of cases) {
    assertEquals([...parseName(text)], wire, text);
    assertEquals(formatName(Uint8Array.from(wire), 0, 0), back, text);
  }
});

Deno.test("parseName refuses what is not a name", () => {
  const label = "a".repeat(63);
  const cases = ["", "..", ".a", "a..b", "a..", " ", "a b", "é.test", "a\\", "a\\25", "a\\256"];
  cases.push(`${label}a.test`, `${label}.${label}.${label}.${label}.`, "a\n", "a\u0000", "a\\é");
  for (const text of cases) {
    assertThrows(() => parseName(text), SyntaxError, "Cannot parse domain name", text);
  }
  const longest = `${label}.${label}.${label}.${"a".repeat(61)}`;
  assertEquals(parseName(longest).length, 255);
  assertEquals(parseName(longest + ".").length, 255);
});

Deno.test("any label comes back from text", () => {
  const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
  fc.assert(fc.property(fc.array(label, { maxLength: 3 }), (labels: Uint8Array[]) => {
    const wire = Uint8Array.from([...labels.flatMap((each) => [each.length, ...each]), 0]);
    assertEquals(parseName(formatName(wire, 0, 0)), wire);
    assertEquals(countLabels(canonicalName(formatName(wire, 0, 0))), labels.length);
  }));
});

Deno.test("canonicalName has one spelling for each name, and refuses what is none", () => {
  const cases: [text: string, canonical: string][] = [
    [".", "."],
    ["a", "a."],
    ["a.", "a."],
    ["_x-1.a.", "_x-1.a."],
    ["A.b.", "a.b."],
    ["\\065.", "a."],
    ["*.a.", "*.a."],
    ["\\.A", "\\.a."],
  ];
  for (const [text, canonical] of cases) assertEquals(canonicalName(text), canonical, text);
  const label = "a".repeat(63);
  const longest = `${label}.${label}.${label}.${"a".repeat(61)}.`;
  assertEquals(canonicalName(longest), longest);
  for (const text of ["", "a..", ".a.", "..", `${label}a.`, `a${longest}`, "a b."]) {
    assertThrows(() => canonicalName(text), SyntaxError, "Cannot parse", text);
  }
});

Deno.test("equalNames folds ASCII letters alone, and follows pointers", () => {
  const equal = (a: string, b: string): boolean =>
    equalNames(parseName(a), 0, 0, parseName(b), 0, 0);
  assert(equal("WWW.Example.COM", "www.example.com"));
  assert(!equal("www.example.com", "www.example.org"));
  assert(!equal("www.example.com", "example.com"));
  assert(!equal("example", "example.com"));
  // RFC 4343 §3: only A to Z. "@" and "`", "[" and "{" differ by the same bit.
  assert(!equal("\\064", "\\096"));
  assert(!equal("\\091", "\\123"));
  assert(!equal("\\193", "\\225"));
  assert(!equal("a\\.b", "a.b"));
  const message = body(1, 0x41, 1, 0x62, 0, 1, 0x61, 0xc0, 14);
  assert(equalNames(message, 0, 12, message, 0, 17));
});

Deno.test("parentName and isSubdomain respect escaped dots", () => {
  assertEquals(parentName("a\\.b.c."), "c.");
  assertEquals(parentName("a\\\\.b."), "b.");
  assertEquals(parentName("."), ".");
  const cases: [name: string, ancestor: string, below: boolean][] = [
    ["a.test.", "test.", true],
    ["test.", "test.", true],
    ["test.", ".", true],
    ["atest.", "test.", false],
    ["a\\.test.", "test.", false],
    ["a\\\\.test.", "test.", true],
    ["test.", "a.test.", false],
  ];
  for (const [name, ancestor, below] of cases) {
    assertEquals(isSubdomain(name, ancestor), below, `${name} ${ancestor}`);
  }
});

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { formatHttpDate, parseHttpDate } from "./date.ts";
import { RequestHead, ResponseHead } from "./head.ts";
import { formatContentRange, parseContentRange, parseRange } from "./range.ts";
import { HttpVerdict } from "./verdict.ts";
import { HeadWriter, reasonPhrase } from "./write.ts";

function writer(size = 1000): { writer: HeadWriter; text: () => string; bytes: Uint8Array } {
  const bytes = new Uint8Array(size + 2).fill(0xa5);
  const head = new HeadWriter();
  head.reset(bytes, 1, size + 1);
  return {
    writer: head,
    bytes,
    text: () => String.fromCharCode(...bytes.subarray(1, head.position)),
  };
}

Deno.test("a head is written byte for byte", () => {
  const request = writer();
  request.writer.requestLine("GET", "/a?b", 0);
  request.writer.field("X-\u0041", "caf\xe9 \t x");
  assertEquals(request.writer.end(), request.writer.position);
  assertEquals(request.text(), "GET /a?b HTTP/1.0\r\nX-A: caf\xe9 \t x\r\n\r\n");
  assertEquals([request.bytes[0], request.bytes[request.writer.position]], [0xa5, 0xa5]);

  const response = writer();
  response.writer.statusLine(204, "");
  response.writer.end();
  assertEquals(response.text(), "HTTP/1.1 204 \r\n\r\n");
});

Deno.test("what would be read as another message is refused, and nothing of it written", () => {
  const cases: [string, (writer: HeadWriter) => void][] = [
    ["CR LF in a value", (w) => w.field("A", "b\r\nSet-Cookie: c")],
    ["LF in a value", (w) => w.field("A", "b\nc")],
    ["CR in a value", (w) => w.field("A", "b\rc")],
    ["NUL in a value", (w) => w.field("A", "b\0")],
    ["DEL in a value", (w) => w.field("A", "\x7f")],
    ["U+010A, an LF in its low byte", (w) => w.field("A", "\u010a")],
    ["CR LF in a name", (w) => w.field("A\r\nB", "c")],
    ["colon in a name", (w) => w.field("A:", "c")],
    ["space in a name", (w) => w.field("A ", "c")],
    ["no name", (w) => w.field("", "c")],
    ["U+0141 in a name", (w) => w.field("\u0141", "c")],
    ["space in a method", (w) => w.requestLine("GET /x", "/")],
    ["space in a target", (w) => w.requestLine("GET", "/ HTTP/1.1")],
    ["CR LF in a target", (w) => w.requestLine("GET", "/\r\nA: b")],
    ["no target", (w) => w.requestLine("GET", "")],
    ["a letter above ASCII in a target", (w) => w.requestLine("GET", "/\xe4")],
    ["CR LF in a reason", (w) => w.statusLine(200, "OK\r\nA: b")],
  ];
  for (const [name, act] of cases) {
    const { writer: head } = writer();
    assertThrows(() => act(head), TypeError, "Cannot write", name);
    assertEquals(head.position, 1, name);
  }
  const { writer: head } = writer();
  assertThrows(() => head.statusLine(99, ""), RangeError, "100 to 999");
  assertThrows(() => head.statusLine(1000, ""), RangeError);
  assertThrows(() => head.requestLine("GET", "/", 2), RangeError, "HTTP/1.2");
});

Deno.test("a head that does not fit is a RangeError at every size", () => {
  const write = (head: HeadWriter): void => {
    head.requestLine("GET", "/");
    head.field("Host", "a");
    head.end();
  };
  const whole = writer();
  write(whole.writer);
  const length = whole.writer.position - 1;
  for (let size = 0; size < length; size++) {
    const small = writer(size);
    assertThrows(() => write(small.writer), RangeError, "does not fit");
    assertEquals(small.bytes[size + 1], 0xa5);
  }
  write(writer(length).writer);
  assertThrows(() => whole.writer.reset(new Uint8Array(4), 0, 5), RangeError, "buffer has 4");
});

Deno.test("what is written is read back", () => {
  const token = fc.string({ minLength: 1, maxLength: 12 }).map((text: string) =>
    text.replace(/[^!#$%&'*+\-.^_`|~0-9A-Za-z]/g, "x")
  );
  const value = fc.string({ maxLength: 20 }).map((text: string) =>
    text.replace(/[^\x20-\x7e\x80-\xff]/g, "y").trim()
  );
  const fields = fc.array(fc.tuple(token, value), { maxLength: 10 });
  fc.assert(fc.property(token, fields, (method: string, pairs: [string, string][]) => {
    const request = writer(2000);
    request.writer.requestLine(method, "/x");
    for (const [name, text] of pairs) request.writer.field(name, text);
    const end = request.writer.end();
    const head = new RequestHead();
    assertEquals(head.parse(request.bytes, 1, request.bytes.length), HttpVerdict.Ok);
    assertEquals([head.method, head.target, head.end], [method, "/x", end]);
    assertEquals([...head.fields()], pairs);
  }));
});

Deno.test("every status with a phrase is written and read back", () => {
  let count = 0;
  for (let status = 100; status < 600; status++) {
    const phrase = reasonPhrase(status);
    if (phrase !== "") count++;
    const response = writer();
    response.writer.statusLine(status, phrase);
    response.writer.end();
    const head = new ResponseHead();
    assertEquals(head.parse(response.bytes, 1, response.writer.position), HttpVerdict.Ok);
    assertEquals([head.status, head.reason], [status, phrase]);
  }
  assertEquals(count > 50, true);
});

const dates: [string, number | undefined][] = [
  ["Sun, 06 Nov 1994 08:49:37 GMT", 784111777000],
  ["Sunday, 06-Nov-94 08:49:37 GMT", 784111777000],
  ["Sun Nov  6 08:49:37 1994", 784111777000],
  ["Wed Nov 16 08:49:37 1994", 784975777000],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["Thu, 29 Feb 2024 23:59:59 GMT", Date.UTC(2024, 1, 29, 23, 59, 59)],
  ["Sat, 31 Dec 2016 23:59:60 GMT", Date.UTC(2017, 0, 1)],
  ["Wednesday, 01-Jan-76 00:00:00 GMT", Date.UTC(2076, 0, 1)],
  ["Saturday, 01-Jan-77 00:00:00 GMT", Date.UTC(1977, 0, 1)],
  ["Wed, 29 Feb 2023 00:00:00 GMT", undefined],
  ["Mon, 06 Nov 1994 08:49:37 GMT", undefined],
  ["sun, 06 nov 1994 08:49:37 gmt", undefined],
  ["Sun, 6 Nov 1994 08:49:37 GMT", undefined],
  ["Sun, 06 Nov 1994 08:49:37 UTC", undefined],
  ["Sun, 06 Nov 1994 08:49:37 +0000", undefined],
  ["Sun, 06 Nov 1994 24:00:00 GMT", undefined],
  ["Sun, 06 Nov 1994 08:60:00 GMT", undefined],
  ["Sun, 06 Nov 1994 08:49:61 GMT", undefined],
  ["Sun, 06 Nov 1994 08:49:37 GMT ", undefined],
  ["Sun, 06 Nov 94 08:49:37 GMT", undefined],
  ["Sun, 00 Nov 1994 08:49:37 GMT", undefined],
  ["1994-11-06T08:49:37Z", undefined],
  ["0", undefined],
  ["-1", undefined],
  ["", undefined],
];

Deno.test("dates are read in three forms and no other (RFC 9110 §5.6.7)", () => {
  const now = Date.UTC(2026, 5);
  for (const [text, expected] of dates) assertEquals(parseHttpDate(text, now), expected, text);
});

Deno.test("dates are written and read back", () => {
  const year9999 = Date.UTC(9999, 11, 31, 23, 59, 59);
  const from0 = new Date(0).setUTCFullYear(0, 0, 1);
  fc.assert(
    fc.property(fc.integer({ min: from0 / 1000, max: year9999 / 1000 }), (seconds: number) => {
      const text = formatHttpDate(seconds * 1000 + 999);
      assertEquals(text.length, 29);
      assertEquals(text, new Date(seconds * 1000).toUTCString());
      assertEquals(parseHttpDate(text), seconds * 1000);
    }),
  );
  assertThrows(() => formatHttpDate(year9999 + 1000), RangeError, "year is 10000");
  assertThrows(() => formatHttpDate(NaN), RangeError);
});

const ranges: [string, number, [number, number][] | undefined][] = [
  ["bytes=0-499", 10_000, [[0, 499]]],
  ["bytes=500-999", 10_000, [[500, 999]]],
  ["bytes=-500", 10_000, [[9500, 9999]]],
  ["bytes=9500-", 10_000, [[9500, 9999]]],
  ["bytes=0-0,-1", 10_000, [[0, 0], [9999, 9999]]],
  ["bytes= 0-999, 4500-5499, -1000", 10_000, [[0, 999], [4500, 5499], [9000, 9999]]],
  ["bytes=0-99999", 10_000, [[0, 9999]]],
  ["bytes=-99999", 10_000, [[0, 9999]]],
  ["BYTES=1-2", 10, [[1, 2]]],
  ["bytes=1-2,,5-6,", 10, [[1, 2], [5, 6]]],
  ["bytes=10-20", 10, []],
  ["bytes=10-20,1-2", 10, [[1, 2]]],
  ["bytes=-0", 10, []],
  ["bytes=0-", 0, []],
  ["bytes=-5", 0, []],
  ["bytes=2-1", 10, undefined],
  ["bytes=", 10, undefined],
  ["bytes=,", 10, undefined],
  ["bytes=-", 10, undefined],
  ["bytes=a-b", 10, undefined],
  ["bytes=1 -2", 10, undefined],
  ["bytes=1--2", 10, undefined],
  ["bytes=+1-2", 10, undefined],
  ["bytes 1-2", 10, undefined],
  ["bytes =1-2", 10, undefined],
  ["items=1-2", 10, undefined],
  ["bytes=" + "0-1,".repeat(17), 10, undefined],
  ["bytes=99999999999999999999-", 10, []],
];

Deno.test("ranges are cut to the size, refused or ignored (RFC 9110 §14)", () => {
  for (const [value, size, expected] of ranges) {
    const found = parseRange(value, size)?.map(({ first, last }) => [first, last]);
    assertEquals(found as [number, number][] | undefined, expected, value);
  }
  assertEquals(parseRange("bytes=0-1,2-3", 10, { maxRanges: 1 }), undefined);
});

Deno.test("content ranges", () => {
  assertEquals(parseContentRange("bytes 0-499/1234"), {
    range: { first: 0, last: 499 },
    size: 1234,
  });
  assertEquals(parseContentRange("bytes 0-499/*"), { range: { first: 0, last: 499 }, size: null });
  assertEquals(parseContentRange("bytes */1234"), { range: null, size: 1234 });
  for (
    const wrong of ["bytes */*", "bytes 5-4/10", "bytes 0-10/10", "items 0-1/2", "bytes=0-1/2"]
  ) {
    assertEquals(parseContentRange(wrong), undefined, wrong);
  }
  assertEquals(formatContentRange(null, 0), "bytes */0");
  assertThrows(() => formatContentRange({ first: 0, last: 10 }, 10), RangeError, "there are 10");
  assertThrows(() => formatContentRange({ first: 3, last: 2 }, 10), RangeError);
});

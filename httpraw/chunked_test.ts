import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { BodyWriter } from "./body_writer.ts";
import { ChunkedDecoder, chunkHeaderLength, writeChunkHeader, writeLastChunk } from "./chunked.ts";
import { HttpEvent } from "./event.ts";
import { BodyKind } from "./framing.ts";
import { httpVerdictName } from "./verdict.ts";

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

interface Decoded {
  data: string;
  trailers: [string, string][];
  /** "End" or the verdict's name, or "NeedMore". */
  result: string;
  /** How many bytes were read. */
  read: number;
}

/** Decodes bytes that come in pieces of these lengths (the last one takes the rest), as a caller with a buffer would. */
function decode(
  bytes: Uint8Array,
  cuts: readonly number[] = [],
  decoder = new ChunkedDecoder(),
): Decoded {
  const decoded: Decoded = { data: "", trailers: [], result: "NeedMore", read: 0 };
  for (const end of [...cuts, bytes.length]) {
    for (;;) {
      const event = decoder.next(bytes, decoded.read, end);
      decoded.read = decoder.position;
      if (event === HttpEvent.Data) {
        const piece = bytes.subarray(decoder.dataOffset, decoder.dataEnd);
        decoded.data += String.fromCharCode(...piece);
        continue;
      }
      if (event === HttpEvent.NeedMore) break;
      decoded.result = event === HttpEvent.End ? "End" : httpVerdictName(decoder.verdict);
      if (event === HttpEvent.End) decoded.trailers = [...decoder.trailers.fields()];
      return decoded;
    }
  }
  return decoded;
}

const good: [string, string, string, [string, string][]][] = [
  ["empty", "0\r\n\r\n", "", []],
  ["two chunks", "4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", "Wikipedia", []],
  [
    "hexadecimal, both cases",
    "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
    "0123456789".repeat(2),
    [],
  ],
  ["leading zeros", "0003\r\nabc\r\n000\r\n\r\n", "abc", []],
  ["CR LF in the data", "6\r\n\r\n0\r\n\r\r\n0\r\n\r\n", "\r\n0\r\n\r", []],
  ["extensions", '3;a;b=c;d="e\\"f;\t\xe4";g = h \t; i\r\nabc\r\n0;x\r\n\r\n', "abc", []],
  ["blank before an extension", "3 ;a\r\nabc\r\n0\t;b\r\n\r\n", "abc", []],
  ["trailers", "1\r\na\r\n0\r\nExpires: 0\r\nX:  y \r\n\r\n", "a", [["Expires", "0"], ["X", "y"]]],
];

Deno.test("chunked bodies are decoded, whole and in two pieces cut anywhere", () => {
  for (const [name, text, data, trailers] of good) {
    const bytes = bytesOf(text + "GET");
    const expected = { data, trailers, result: "End", read: text.length };
    assertEquals(decode(bytes), expected, name);
    for (let cut = 0; cut <= bytes.length; cut++) {
      assertEquals(decode(bytes, [cut]), expected, `${name}, cut at ${cut}`);
    }
    const everywhere = Array.from({ length: bytes.length }, (_, i) => i);
    assertEquals(decode(bytes, everywhere), expected, `${name}, byte by byte`);
    for (let length = 0; length < text.length; length++) {
      assertEquals(decode(bytesOf(text.slice(0, length))).result, "NeedMore", `${name}, ${length}`);
    }
  }
});

const bad: [string, string, string][] = [
  ["no size", "\r\n\r\n", "BadChunk"],
  ["an extension without a size", ";a\r\n", "BadChunk"],
  ["a sign", "-1\r\n", "BadChunk"],
  ["a plus", "+1\r\na\r\n0\r\n\r\n", "BadChunk"],
  ["0x", "0x1\r\na\r\n0\r\n\r\n", "BadChunk"],
  ["a blank before the size", " 1\r\na\r\n0\r\n\r\n", "BadChunk"],
  ["a blank after the size", "1 \r\na\r\n0\r\n\r\n", "BadChunk"],
  ["an underscore", "1_0\r\n", "BadChunk"],
  ["LF alone after the size", "1\na\r\n0\r\n\r\n", "BadChunk"],
  ["CR alone after the size", "1\ra\r\n", "BadChunk"],
  ["LF alone after the data", "1\r\na\n0\r\n\r\n", "BadChunk"],
  ["no line end after the data", "1\r\nab\r\n0\r\n\r\n", "BadChunk"],
  ["LF alone in an extension", "1;a\nb\r\na\r\n0\r\n\r\n", "BadChunk"],
  ["an extension without a name", "1;\r\na\r\n0\r\n\r\n", "BadChunk"],
  ["an extension without a value", "1;a=\r\na\r\n0\r\n\r\n", "BadChunk"],
  ["two values", "1;a=b=c\r\na\r\n0\r\n\r\n", "BadChunk"],
  ["a control in an extension", "1;a\x01\r\na\r\n0\r\n\r\n", "BadChunk"],
  ["a line end in a quoted value", '1;a="b\r\n"\r\na\r\n0\r\n\r\n', "BadChunk"],
  ["letters after a quoted value", '1;a="b"c\r\na\r\n0\r\n\r\n', "BadChunk"],
  ["53 bits and one more", "20000000000000\r\n", "BadChunk"],
  ["64 bits", "ffffffffffffffff\r\n", "BadChunk"],
  ["a size that wraps round at 64 bits", "10000000000000001\r\na\r\n0\r\n\r\n", "BadChunk"],
  ["zeros without end", "0".repeat(17), "BadChunk"],
  ["a malformed trailer", "0\r\nA b\r\n\r\n", "BadField"],
  ["a folded trailer", "0\r\nA: b\r\n c\r\n\r\n", "BadField"],
  ["LF alone in the trailers", "0\r\nA: b\n\r\n", "BadLineEnd"],
  ["LF alone at the end", "0\r\n\n", "BadLineEnd"],
];

Deno.test("malformed chunks are refused, whole and byte by byte, and stay refused", () => {
  for (const [name, text, verdict] of bad) {
    const bytes = bytesOf(text);
    const decoder = new ChunkedDecoder();
    assertEquals(decode(bytes, [], decoder).result, verdict, name);
    assertEquals(decoder.next(bytes, 0, 0), HttpEvent.Error, name);
    const everywhere = Array.from({ length: bytes.length }, (_, i) => i);
    assertEquals(decode(bytes, everywhere).result, verdict, `${name}, byte by byte`);
  }
});

Deno.test("the largest size is 2^53 - 1", () => {
  const decoder = new ChunkedDecoder();
  const bytes = bytesOf("1fffffffffffff\r\nabc");
  assertEquals(decode(bytes, [], decoder), {
    data: "abc",
    trailers: [],
    result: "NeedMore",
    read: bytes.length,
  });
});

Deno.test("extensions may not go on for ever", () => {
  const chunk = bytesOf(`1;${"a".repeat(1000)}\r\nx\r\n`);
  const decoder = new ChunkedDecoder();
  let result = "NeedMore";
  let chunks = 0;
  while (result === "NeedMore" && chunks < 100) {
    result = decode(chunk, [], decoder).result;
    chunks++;
  }
  assertEquals([result, chunks], ["BadChunk", 17]);
});

Deno.test("trailers have the limits of a head", () => {
  const bytes = bytesOf(`0\r\nA: ${"b".repeat(100)}\r\n\r\n`);
  assertEquals(decode(bytes, [], new ChunkedDecoder({ maxLength: 50 })).result, "HeadTooLong");
  const two = bytesOf("0\r\nA: b\r\nC: d\r\n\r\n");
  assertEquals(decode(two, [], new ChunkedDecoder({ maxFields: 1 })).result, "TooManyFields");
});

Deno.test("reset begins a new body, whatever was before", () => {
  const decoder = new ChunkedDecoder();
  const [, text] = good[1]!;
  for (const before of ["5\r\nab", "x", "0\r\nA: b\r\n", '3;a="b', "0\r\n\r\n"]) {
    decode(bytesOf(before), [], decoder);
    decoder.reset();
    assertEquals(decode(bytesOf(text), [], decoder).data, "Wikipedia", before);
  }
});

Deno.test("chunk sizes are written as they are read", () => {
  const bytes = new Uint8Array(40).fill(0xa5);
  for (const size of [1, 9, 10, 15, 16, 255, 256, 65_536, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    const length = writeChunkHeader(bytes, 3, size);
    const text = String.fromCharCode(...bytes.subarray(3, 3 + length));
    assertEquals(text, size.toString(16) + "\r\n");
    assertEquals(length, chunkHeaderLength(size));
    assertEquals([bytes[2], bytes[3 + length]], [0xa5, 0xa5]);
    bytes.fill(0xa5);
  }
  assertThrows(() => writeChunkHeader(bytes, 0, 0), RangeError, "Cannot write chunk");
  assertThrows(() => writeChunkHeader(bytes, 0, 1.5), RangeError);
  assertThrows(() => writeChunkHeader(bytes, 38, 1), RangeError, "the buffer has 40");
  assertThrows(() => writeLastChunk(bytes, 36), RangeError);
});

Deno.test("what a writer frames a decoder gives back, cut anywhere", () => {
  const chunks = fc.array(fc.uint8Array({ minLength: 0, maxLength: 40 }), { maxLength: 6 });
  fc.assert(
    fc.property(
      chunks,
      fc.array(fc.nat(300), { maxLength: 5 }),
      (pieces: Uint8Array[], cuts: number[]) => {
        const bytes = new Uint8Array(600).fill(0xa5);
        const body = new BodyWriter();
        body.begin(BodyKind.Chunked, 0);
        let position = 0;
        let data = "";
        for (const piece of pieces) {
          position += body.open(bytes, position, piece.length);
          bytes.set(piece, position);
          position += piece.length;
          if (piece.length > 0) position += body.close(bytes, position);
          data += String.fromCharCode(...piece);
        }
        position += body.finish(bytes, position);
        const ends = cuts.map((cut) => Math.min(cut, position)).sort((a, b) => a - b);
        assertEquals(decode(bytes.subarray(0, position), ends), {
          data,
          trailers: [],
          result: "End",
          read: position,
        });
      },
    ),
  );
});

Deno.test("any bytes are decoded without an exception, the same however they are cut", () => {
  const text = fc.array(
    fc.constantFrom("\r\n", "\r", "\n", "0", "1", "a", ";", "=", '"', " ", "ab", "\\", "A: b"),
    { maxLength: 30 },
  ).map((parts: string[]) => bytesOf(parts.join("")));
  fc.assert(
    fc.property(text, fc.nat(60), (bytes: Uint8Array, cut: number) => {
      assertEquals(decode(bytes, [Math.min(cut, bytes.length)]), decode(bytes));
    }),
    { numRuns: 3000 },
  );
});

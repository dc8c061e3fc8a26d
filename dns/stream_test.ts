import { assert, assertEquals, assertThrows } from "@std/assert";
import { Verdict } from "@octet/wire";
import { encodeMessage } from "./mod.ts";
import { DnsStreamDecoder, frameForStream } from "./mod_resolver.ts";

Deno.test("messages come out the same however the stream is cut", () => {
  const messages = [1, 2, 3].map((id) =>
    encodeMessage({ id, questions: [{ name: "octet.test.", type: "A" }] })
  );
  messages.push(new Uint8Array(65535).fill(7));
  const stream = Uint8Array.from(messages.flatMap((message) => [...frameForStream(message)]));
  for (const size of [1, 2, 3, 7, 30, 31, 1000, 65536, stream.length]) {
    const decoder = new DnsStreamDecoder();
    const found: Uint8Array[] = [];
    for (let at = 0; at < stream.length; at += size) {
      decoder.push(stream, at, Math.min(at + size, stream.length));
      while (decoder.next()) found.push(decoder.bytes.slice(decoder.offset, decoder.end));
    }
    assertEquals(found.length, messages.length, String(size));
    found.forEach((message, i) => assertEquals(message, messages[i]));
    assert(decoder.bytes.length <= 4 * 65537, "no more than is needed is kept");
  }
});

Deno.test("a length below a header's ends the stream", () => {
  const decoder = new DnsStreamDecoder();
  decoder.push(Uint8Array.of(0, 11, ...new Array(20).fill(0)), 0, 22);
  assert(!decoder.next());
  assertEquals(decoder.verdict, Verdict.BadLength);
  decoder.push(frameForStream(new Uint8Array(12)), 0, 14);
  assert(!decoder.next());
  assertThrows(() => frameForStream(new Uint8Array(65536)), RangeError, "65536 bytes");
});

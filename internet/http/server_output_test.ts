import { assertEquals } from "@std/assert";
import { placeText } from "./server_output.ts";

Deno.test("placeText writes what the platform's encoder does", () => {
  for (const unit of ["a", "é", "€", "😀", "ab\u0000\x7f", "\ud800"]) {
    for (const count of [0, 1, 2, 15, 16, 17, 63, 64, 65, 300]) {
      for (const text of [unit.repeat(count), `${"x".repeat(count)}${unit}`]) {
        const bytes = new Uint8Array(5 + 3 * text.length).fill(0xa5);
        const size = placeText(text, bytes, 5);
        const expected = new TextEncoder().encode(text);
        assertEquals(bytes.subarray(5, 5 + size), expected);
        assertEquals(bytes[4], 0xa5);
      }
    }
  }
});

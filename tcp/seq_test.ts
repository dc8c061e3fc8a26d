import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { seqAdd, seqAfter, seqBefore, seqBeforeOrAt, seqDistance, seqMax } from "./seq.ts";

const borders = [0, 1, 2, -1, -2, 0x7fffffff, 0x7ffffffe, -0x80000000, -0x7fffffff];

Deno.test("order holds across 2^31 and 2^32 (RFC 9293 §3.4)", () => {
  for (const a of borders) {
    for (const step of [1, 1000, 0x7fffffff]) {
      const b = seqAdd(a, step);
      assertEquals(b, (a + step) | 0);
      assert(seqBefore(a, b) && seqAfter(b, a) && seqBeforeOrAt(a, b), `${a} + ${step}`);
      assert(!seqBefore(b, a) && !seqAfter(a, b) && !seqBeforeOrAt(b, a), `${a} + ${step}`);
      assertEquals([seqDistance(a, b), seqDistance(b, a)], [step, -step]);
      assertEquals([seqMax(a, b), seqMax(b, a)], [b, b]);
    }
    assert(!seqBefore(a, a) && !seqAfter(a, a) && seqBeforeOrAt(a, a));
    assertEquals([seqDistance(a, a), seqMax(a, a)], [0, a]);
  }
});

Deno.test("any two numbers less than 2^31 apart compare as their distance does", () => {
  fc.assert(fc.property(
    fc.integer({ min: -0x80000000, max: 0x7fffffff }),
    fc.integer({ min: -0x7fffffff, max: 0x7fffffff }),
    (a: number, distance: number) => {
      const b = seqAdd(a, distance);
      assertEquals(seqDistance(a, b), distance);
      assertEquals(seqBefore(a, b), distance > 0);
      assertEquals(seqAfter(a, b), distance < 0);
      assertEquals(seqBeforeOrAt(a, b), distance >= 0);
      assertEquals(b, b | 0);
    },
  ));
});

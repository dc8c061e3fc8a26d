import { assert, assertEquals } from "@std/assert";
import { Cubic } from "./cubic.ts";
import { HyStart } from "./hystart.ts";

/** A round of `count` samples; gives whether slow start ended. */
function round(hystart: HyStart, rtt: number, count = 10): boolean {
  let ended = hystart.acknowledged(rtt, true);
  for (let i = 1; i < count; i++) ended ||= hystart.acknowledged(rtt, false);
  return ended;
}

Deno.test("a round trip that grows by an eighth begins conservative slow start; five rounds end it (RFC 9406 §4.2)", () => {
  const hystart = new HyStart();
  assertEquals(round(hystart, 100), false);
  assertEquals(round(hystart, 100), false);
  assertEquals(hystart.isConservative, false);
  assertEquals(round(hystart, 112), false);
  assertEquals(hystart.isConservative, false, "below an eighth");
  assertEquals(round(hystart, 127), false);
  assertEquals(hystart.isConservative, true);
  assertEquals(hystart.growth(4000), 1000);
  for (let i = 0; i < 4; i++) assertEquals(round(hystart, 130), false);
  assertEquals(round(hystart, 130), true);
});

Deno.test("growth that passes was jitter: slow start goes on (RFC 9406 §4.2)", () => {
  const hystart = new HyStart();
  round(hystart, 100);
  round(hystart, 120);
  assertEquals(hystart.isConservative, true);
  round(hystart, 100);
  assertEquals([hystart.isConservative, hystart.growth(4000)], [false, 4000]);
});

Deno.test("the threshold lies between 4 and 16 ms, and eight samples are wanted (RFC 9406 §4.3)", () => {
  for (const [base, below, above] of [[8, 11.9, 12], [1000, 1015, 1016]] as const) {
    for (const [rtt, expected] of [[below, false], [above, true]] as const) {
      const hystart = new HyStart();
      round(hystart, base);
      round(hystart, rtt, 7);
      assertEquals(hystart.isConservative, false, "seven samples tell nothing");
      hystart.acknowledged(rtt, false);
      assertEquals(hystart.isConservative, expected, `${base} to ${rtt} ms`);
    }
  }
});

Deno.test("CUBIC leaves its first slow start by the round trip, before a loss", () => {
  const cubic = new Cubic();
  cubic.start(1000);
  const turn = (rtt: number) => {
    for (let i = 0; i < 10; i++) cubic.roundTrip(rtt, i === 0);
    cubic.acknowledged(cubic.cwnd, rtt, 0);
  };
  turn(50);
  turn(50);
  assertEquals(cubic.cwnd, 40_000);
  for (let i = 0; i < 6; i++) turn(60);
  assert(cubic.ssthresh < Infinity);
  assert(cubic.cwnd < 200_000, String(cubic.cwnd));
});

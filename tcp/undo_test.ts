import { assertEquals } from "@std/assert";
import { Cubic } from "./cubic.ts";
import { NewReno } from "./new_reno.ts";
import { Pair } from "./_pair.ts";
import { Undo } from "./undo.ts";

Deno.test("an echo older than the first retransmission answers the original (RFC 3522 §3.2)", () => {
  const undo = new Undo();
  assertEquals(undo.isSpurious(5), false, "nothing was reduced");
  undo.arm(100);
  assertEquals(undo.isSpurious(5), false, "nothing was sent again");
  undo.retransmitted(10, true);
  undo.retransmitted(20, true);
  assertEquals([undo.isSpurious(9), undo.isSpurious(10), undo.isSpurious(15)], [
    true,
    false,
    false,
  ]);
  undo.arm(200);
  undo.retransmitted(-0x8000_0000, true);
  assertEquals(undo.isSpurious(0x7fff_ffff), true, "the clock has wrapped");
});

Deno.test("without timestamps all retransmissions must come back as duplicates (RFC 3708 §3)", () => {
  const undo = new Undo();
  undo.arm(100);
  undo.retransmitted(0, false);
  undo.retransmitted(0, false);
  assertEquals(undo.isSpurious(-1), false);
  assertEquals(undo.duplicate(90), false, "of before the episode");
  assertEquals([undo.duplicate(100), undo.duplicate(150)], [false, true]);
});

Deno.test("controllers take their last reduction back (RFC 9438 §4.9)", () => {
  for (const controller of [new Cubic(), new NewReno()]) {
    controller.start(1000);
    controller.lost(10_000, 0);
    const { cwnd, ssthresh } = controller;
    controller.timedOut(5000, 10);
    assertEquals(controller.cwnd, 1000);
    controller.undo();
    assertEquals([controller.cwnd, controller.ssthresh], [cwnd, ssthresh]);
  }
});

Deno.test("a delay that outlasts the timeout costs no window: the answer to the original undoes it", () => {
  const pair = new Pair({ delay: 20 });
  const { client, server } = pair.open();
  const chunk = new Uint8Array(100_000);
  let left = 400_000;
  const pump = () => {
    if (left > 0) left -= client.write(chunk, 0, Math.min(left, chunk.length));
    server.read(chunk);
    return false;
  };
  pair.run(pair.now + 200, pump);
  const before = client.sender.congestion.cwnd;
  left = 20_000;
  client.write(chunk, 0, 20_000);
  left = 0;
  pair.step();
  // Everything under way is held back for a second, longer than the timeout.
  pair.holdUntil(pair.now + 1000);
  pair.run(pair.now + 3000, pump);
  assertEquals(client.sender.undone, 1);
  assertEquals(client.sender.congestion.cwnd >= before, true);
  assertEquals(client.sender.recovery.state, 0);
});

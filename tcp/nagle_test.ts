import { assertEquals } from "@std/assert";
import { accepted, Script } from "./_script.ts";
import { Nagle } from "./nagle.ts";

Deno.test("a second small segment waits for the first one's acknowledgement (RFC 9293 §3.7.4)", () => {
  new Script().run(`${accepted}
    write 10
    > P. 1:11(10) ack 1
    write 20
    > -
    write 30
    > -
    < . 1:1(0) ack 11
    > P. 11:61(50) ack 1
    > -
  `);
});

Deno.test("a full segment never waits, and its tail waits for small ones only (Minshall)", () => {
  new Script().run(`${accepted}
    write 10
    > P. 1:11(10) ack 1
    write 1500
    > . 11:1011(1000) ack 1
    > -
    < . 1:1(0) ack 11
    > P. 1011:1511(500) ack 1
  `);
  new Script().run(`${accepted}
    write 2500
    > . 1:1001(1000) ack 1
    > . 1001:2001(1000) ack 1
    > P. 2001:2501(500) ack 1
    > -
  `);
});

Deno.test("without delay each piece goes at once (RFC 1122 §4.2.3.4)", () => {
  new Script().run(`${accepted}
    nodelay
    write 10
    > P. 1:11(10) ack 1
    write 20
    > P. 11:31(20) ack 1
    write 1
    > P. 31:32(1) ack 1
  `);
});

Deno.test("switching the delay off lets go what waits at the next occasion", () => {
  const script = new Script().run(`${accepted}
    write 10
    > P. 1:11(10) ack 1
    write 20
    > -
    nodelay
  `);
  script.connection.requestTurn();
  script.run("> P. 11:31(20) ack 1");
});

Deno.test("a FIN takes waiting data along", () => {
  new Script().run(`${accepted}
    write 10
    > P. 1:11(10) ack 1
    write 20
    > -
    shutdown
    > FP. 11:31(20) ack 1
  `);
});

Deno.test("a small segment that was lost and repeated still holds the next", () => {
  new Script().run(`${accepted}
    write 10
    > P. 1:11(10) ack 1
    write 20
    > -
    +201
    > P. 1:11(10) ack 1
    > -
    < . 1:1(0) ack 11
    > P. 11:31(20) ack 1
  `);
});

Deno.test("super-segments: whole MSS go, the tail obeys the rule", () => {
  new Script({ maxSegment: 65_535 }).run(`${accepted}
    write 10
    > P. 1:11(10) ack 1
    write 3500
    > . 11:3011(3000) ack 1
    > -
    < . 1:1(0) ack 3011
    > P. 3011:3511(500) ack 1
  `);
});

Deno.test("the rule alone: numbers wrap", () => {
  const nagle = new Nagle();
  nagle.reset(-1);
  assertEquals(nagle.holds(-1), false);
  nagle.sentSmall(5);
  assertEquals([nagle.holds(-1), nagle.holds(4), nagle.holds(5)], [true, true, false]);
  nagle.noDelay = true;
  assertEquals(nagle.holds(-1), false);
});

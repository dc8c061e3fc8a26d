import { assertEquals } from "@std/assert";
import { accepted, Script } from "./_script.ts";
import { KeepAlive } from "./keepalive.ts";
import { defaultTuning } from "./settings.ts";
import { TcpError } from "./state.ts";

const hours = 3_600_000;

Deno.test("off unless asked for (RFC 9293 §3.8.4 MUST-25)", () => {
  const script = new Script().run(`${accepted}\n+100000000\n> -\nstate ESTABLISHED`);
  assertEquals(script.deadline(), Infinity);
});

Deno.test("after two idle hours an octet that is known already asks for an answer (RFC 1122 §4.2.3.6)", () => {
  const script = new Script().run(accepted);
  script.connection.setKeepAlive(true, script.now);
  script.connection.rearm();
  script.run(`
    +${2 * hours - 1}
    > -
    +1
    > . 0:0(0) ack 1
    < . 1:1(0) ack 1
    +${2 * hours - 1}
    > -
    +1
    > . 0:0(0) ack 1
  `);
});

Deno.test("nine unanswered probes end the connection with a reset", () => {
  const script = new Script().run(accepted);
  script.connection.setKeepAlive(true, script.now);
  script.connection.rearm();
  script.run(`+${2 * hours}\n> . 0:0(0) ack 1`);
  for (let i = 0; i < 8; i++) script.run("+75000\n> . 0:0(0) ack 1\n> -");
  script.run(`+74999\nstate ESTABLISHED\n+1\n> R. 1:1(0) ack 1\nstate CLOSED`);
  assertEquals(script.connection.error, TcpError.TimedOut);
  assertEquals(script.deadline(), Infinity);
});

Deno.test("the reason is known when the application is told", () => {
  const script = new Script().run(accepted);
  const { connection } = script;
  let error: number = TcpError.None;
  connection.onEvent = () => void (error = connection.error);
  connection.keepAlive.start(script.now);
  connection.rearm();
  script.run(`+${3 * hours}`);
  assertEquals(error, TcpError.TimedOut);
});

Deno.test("whatever comes from the peer counts as life", () => {
  const script = new Script().run(accepted);
  script.connection.setKeepAlive(true, script.now);
  script.connection.rearm();
  script.run(`
    +${2 * hours - 1}
    < P. 1:11(10) ack 1
    > . 1:1(0) ack 11
    +${2 * hours - 1}
    > -
    +1
    > . 0:0(0) ack 11
  `);
});

Deno.test("we answer the peer's probes, with or without an octet", () => {
  new Script().run(`${accepted}
    < . 0:0(0) ack 1
    > . 1:1(0) ack 1
    < . 0:1(1) ack 1
    > . 1:1(0) ack 1
  `);
});

Deno.test("the timer alone", () => {
  const keepAlive = new KeepAlive();
  assertEquals([keepAlive.at, keepAlive.takeProbe(1e12, defaultTuning, false)], [Infinity, false]);
  keepAlive.heard(5, defaultTuning);
  assertEquals(keepAlive.at, Infinity, "hearing does not switch it on");
  keepAlive.start(0);
  for (let i = 0; i < 9; i++) {
    assertEquals(keepAlive.isDead(keepAlive.at, defaultTuning, 0, 0), false);
    assertEquals(keepAlive.takeProbe(keepAlive.at - 1, defaultTuning, false), false);
    assertEquals(keepAlive.takeProbe(keepAlive.at, defaultTuning, false), true);
  }
  assertEquals(keepAlive.isDead(keepAlive.at - 1, defaultTuning, 0, 0), false);
  assertEquals(keepAlive.isDead(keepAlive.at, defaultTuning, 0, 0), true);
  keepAlive.stop();
  assertEquals(keepAlive.at, Infinity);
});

Deno.test("in TIME-WAIT there is nothing to keep alive, and no timer that comes due for ever", () => {
  const script = new Script({ options: { keepAliveIdle: 100 } }).run(`
    ${accepted}
    shutdown
    > F. 1:1(0) ack 1
    < F. 1:1(0) ack 2
    > . 2:2(0) ack 2
    state TIME-WAIT
  `);
  script.connection.setKeepAlive(true, script.now);
  assertEquals(script.deadline(), script.now + 60_000);
  script.run("+60000\n> -\nstate CLOSED");
});

import { assert, assertEquals } from "@std/assert";
import { accepted, Script } from "./_script.ts";
import { TcpError } from "./state.ts";

Deno.test("one orphan too many is reset, and counted", () => {
  const script = new Script({ options: { maxOrphans: 0 } }).run(`
    ${accepted}
    write 10
    > P. 1:11(10) ack 1
    close
    > R. 11:11(0) ack 1
    state CLOSED
  `);
  assertEquals(script.tcp.counters.TcpExtTCPAbortOnMemory, 1);
  assertEquals(script.tcp.lingerers.orphans, 0);
});

Deno.test("one connection too many in TIME-WAIT answers the FIN, and is gone", () => {
  const script = new Script({ options: { maxTimeWaits: 0 } }).run(`
    ${accepted}
    close
    > F. 1:1(0) ack 1
    < F. 1:1(0) ack 2
    > . 2:2(0) ack 2
    state TIME-WAIT
    +1
    state CLOSED
  `);
  assertEquals(script.tcp.counters.TcpExtTCPTimeWaitOverflow, 1);
  assertEquals([script.tcp.lingerers.timeWaits, script.tcp.lingerers.orphans], [0, 0]);
});

Deno.test("each way a connection may end leaves the numbers of those without an owner at 0", () => {
  const ends = [
    "close\n> F. 1:1(0) ack 1\n< F. 1:1(0) ack 2\n> . 2:2(0) ack 2\n+60000",
    "close\n> F. 1:1(0) ack 1\n< . 1:1(0) ack 2\n+60000",
    "close\n> F. 1:1(0) ack 1\n< R. 1:1(0) ack 2",
    "< F. 1:1(0) ack 1\n> . 1:1(0) ack 2\nclose\n> F. 1:1(0) ack 2\n< . 2:2(0) ack 2",
    "< F. 1:1(0) ack 1\n> . 1:1(0) ack 2\nclose\n> F. 1:1(0) ack 2\n< R. 2:2(0) ack 2",
    "close\n> F. 1:1(0) ack 1\n< F. 1:1(0) ack 1\n> . 2:2(0) ack 2\n< . 2:2(0) ack 2\n+60000",
    "abort\n> R. 1:1(0) ack 1\nclose",
    "< . 1:11(10) ack 1\n> . 1:1(0) ack 11\nclose\n> R. 1:1(0) ack 11",
  ];
  for (const end of ends) {
    const script = new Script().run(`${accepted}\n${end}\nstate CLOSED`);
    const { orphans, timeWaits } = script.tcp.lingerers;
    assertEquals([orphans, timeWaits, script.tcp.size], [0, 0, 0], end);
  }
});

Deno.test("linger: 0 resets at once, a time resets what is not delivered in it, and only that", () => {
  new Script({ options: { linger: 0 } }).run(
    `${accepted}\nclose\n> R. 1:1(0) ack 1\nstate CLOSED`,
  );
  const script = new Script({ options: { linger: 250 } }).run(`
    ${accepted}
    write 10
    > P. 1:11(10) ack 1
    close
    > F. 11:11(0) ack 1
    +249
    state FIN-WAIT-1
    +1
    state CLOSED
  `);
  assertEquals(script.connection.error, TcpError.Aborted);
  assert(script.drainSegments().length > 0, "the peer is told");
  assertEquals(script.tcp.counters.TcpExtTCPAbortOnLinger, 1);
  new Script({ options: { linger: 250 } }).run(`
    ${accepted}
    close
    > F. 1:1(0) ack 1
    < . 1:1(0) ack 2
    +10000
    state FIN-WAIT-2
  `);
});

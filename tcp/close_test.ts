import { assert, assertEquals, assertThrows } from "@std/assert";
import { Pair } from "./_pair.ts";
import { accepted, Script } from "./_script.ts";
import { TcpEvent } from "./event.ts";
import { TcpError, TcpState } from "./state.ts";

Deno.test("normal close, ours first (RFC 9293 figure 12)", () => {
  new Script().run(`${accepted}
    shutdown
    > F. 1:1(0) ack 1
    state FIN-WAIT-1
    < . 1:1(0) ack 2
    state FIN-WAIT-2
    < F. 1:1(0) ack 2
    state TIME-WAIT
    > . 2:2(0) ack 2
    +59999
    state TIME-WAIT
    +1
    state CLOSED
    error 0
  `);
});

Deno.test("normal close, the peer's first (RFC 9293 figure 12, right side)", () => {
  const script = new Script().run(`${accepted}
    < F. 1:1(0) ack 1
    > . 1:1(0) ack 2
    state CLOSE-WAIT
    shutdown
    > F. 1:1(0) ack 2
    state LAST-ACK
    < . 2:2(0) ack 2
    state CLOSED
    error 0
    > -
  `);
  assertEquals(script.deadline(), Infinity);
  assertEquals(script.tcp.size, 0);
});

Deno.test("simultaneous close (RFC 9293 figure 13)", () => {
  new Script().run(`${accepted}
    shutdown
    > F. 1:1(0) ack 1
    < F. 1:1(0) ack 1
    state CLOSING
    > . 2:2(0) ack 2
    < . 2:2(0) ack 2
    state TIME-WAIT
  `);
});

Deno.test("FIN and its acknowledgement in one segment: FIN-WAIT-1 to TIME-WAIT at once", () => {
  new Script().run(`${accepted}
    shutdown
    > F. 1:1(0) ack 1
    < F. 1:1(0) ack 2
    state TIME-WAIT
    > . 2:2(0) ack 2
  `);
});

Deno.test("half-close: after our FIN data still comes in, after theirs it still goes out", () => {
  new Script().run(`${accepted}
    shutdown
    > F. 1:1(0) ack 1
    < . 1:1(0) ack 2
    < P. 1:101(100) ack 2
    > . 2:2(0) ack 101
    read 100
    < FP. 101:151(50) ack 2
    > . 2:2(0) ack 152
    state TIME-WAIT
    read 50
  `);
  new Script().run(`${accepted}
    < F. 1:1(0) ack 1
    > . 1:1(0) ack 2
    write 100
    > P. 1:101(100) ack 2
    < . 2:2(0) ack 101
    state CLOSE-WAIT
    write 10
    shutdown
    > FP. 101:111(10) ack 2
    state LAST-ACK
    < . 2:2(0) ack 112
    state CLOSED
  `);
});

Deno.test("the FIN follows what was written, in the same segment as the last of it", () => {
  new Script().run(`${accepted}
    write 1500
    shutdown
    > . 1:1001(1000) ack 1
    > FP. 1001:1501(500) ack 1
    < . 1:1(0) ack 1502
    state FIN-WAIT-2
  `);
});

Deno.test("a lost FIN goes again, alone or with its data (RFC 6298 §5.4)", () => {
  new Script().run(`${accepted}
    shutdown
    > F. 1:1(0) ack 1
    +201
    > F. 1:1(0) ack 1
    > -
    +400
    > F. 1:1(0) ack 1
    > -
    < . 1:1(0) ack 2
    state FIN-WAIT-2
    +100000
    > -
  `);
  new Script().run(`${accepted}
    write 10
    shutdown
    > FP. 1:11(10) ack 1
    +201
    > FP. 1:11(10) ack 1
    > -
    < . 1:1(0) ack 11
    state FIN-WAIT-1
    +401
    > F. 11:11(0) ack 1
    < . 1:1(0) ack 12
    state FIN-WAIT-2
  `);
});

Deno.test("a FIN out of order waits for what lies before it (RFC 9293 §3.10.7.4, eighth)", () => {
  const script = new Script().run(`${accepted}
    < FP. 11:21(10) ack 1
    > . 1:1(0) ack 1
    state ESTABLISHED
    < P. 1:11(10) ack 1
    > . 1:1(0) ack 22
    state CLOSE-WAIT
    read 20
  `);
  assert(script.connection.isEndOfStream);
});

Deno.test("a FIN that comes again is acknowledged again", () => {
  new Script().run(`${accepted}
    < FP. 1:11(10) ack 1
    > . 1:1(0) ack 12
    < FP. 1:11(10) ack 1
    > . 1:1(0) ack 12
    < F. 11:11(0) ack 1
    > . 1:1(0) ack 12
    state CLOSE-WAIT
    read 10
  `);
});

Deno.test("data beyond the peer's FIN is ignored (RFC 9293 §3.10.7.4, seventh)", () => {
  const script = new Script().run(`${accepted}
    < F. 1:1(0) ack 1
    > . 1:1(0) ack 2
    < P. 2:12(10) ack 1
    state CLOSE-WAIT
  `);
  assertEquals(script.connection.readable, 0);
});

Deno.test("our FIN waits for room in the peer's window, and survives a window that stays closed", () => {
  const script = new Script().run(`${accepted}
    < . 1:1(0) ack 1 win 10
    write 10
    shutdown
    > P. 1:11(10) ack 1
    > -
    < . 1:1(0) ack 11 win 0
    > -
    state FIN-WAIT-1
  `);
  let probes = 0;
  for (let minutes = 0; minutes < 600; minutes++) {
    script.run("+60000");
    for (const _ of script.drainSegments()) {
      probes++;
      script.run("< . 1:1(0) ack 11 win 0");
    }
  }
  assert(probes > 200, `${probes} probes`);
  script.run(`
    state FIN-WAIT-1
    < . 1:1(0) ack 11 win 1
    > F. 11:11(0) ack 1
    < . 1:1(0) ack 12 win 0
    state FIN-WAIT-2
  `);
});

Deno.test("a connection that nobody holds does not wait for a closed window without end", () => {
  const script = new Script().run(`${accepted}
    < . 1:1(0) ack 1 win 0
    write 10
    close
    state FIN-WAIT-1
  `);
  for (let minutes = 0; minutes < 60; minutes++) {
    script.run("+60000");
    for (const _ of script.drainSegments()) {
      if (script.connection.state !== TcpState.Closed) script.run("< . 1:1(0) ack 1 win 0");
    }
  }
  script.run(`state CLOSED\nerror ${TcpError.TimedOut}`);
  assertEquals(script.deadline(), Infinity);
});

Deno.test("close with unread data, or data after it, tells the peer by a reset (RFC 1122 §4.2.2.13)", () => {
  new Script().run(`${accepted}
    < P. 1:11(10) ack 1
    > . 1:1(0) ack 11
    close
    > R. 1:1(0) ack 11
    state CLOSED
  `);
  const script = new Script().run(`${accepted}
    close
    > F. 1:1(0) ack 1
    < . 1:1(0) ack 2
    state FIN-WAIT-2
    < P. 1:11(10) ack 2
    > R. 2:2(0) ack 1
    state CLOSED
  `);
  assertEquals(script.tcp.counters.TcpExtTCPAbortOnData, 1);
});

Deno.test("an orphan waits a minute for the peer's FIN, no longer", () => {
  const script = new Script().run(`${accepted}
    close
    > F. 1:1(0) ack 1
    < . 1:1(0) ack 2
    +59999
    state FIN-WAIT-2
    +1
    state CLOSED
    > -
  `);
  assertEquals(script.deadline(), Infinity);
  const held = new Script().run(`${accepted}
    shutdown
    > F. 1:1(0) ack 1
    < . 1:1(0) ack 2
    +10000000
    state FIN-WAIT-2
  `);
  held.run("close\n+59999\nstate FIN-WAIT-2\n+1\nstate CLOSED");
});

Deno.test("close before the handshake is over", () => {
  const unsent = new Script().run("connect\nclose\nstate CLOSED\n> -\nerror 0");
  assertEquals(unsent.deadline(), Infinity);
  new Script().run("connect\n> S 0:0(0)\nclose\nstate CLOSED\n> -");
  new Script().run(`
    connect
    write 5
    > S 0:0(0)
    shutdown
    state SYN-SENT
    < S. 0:0(0) ack 1
    state FIN-WAIT-1
    > FP. 1:6(5) ack 1
  `);
  new Script().run(`
    listen
    < S 0:0(0) <mss 1000>
    > S. 0:0(0) ack 1
    shutdown
    > -
    < . 1:1(0) ack 1
    state FIN-WAIT-1
    > F. 1:1(0) ack 1
  `);
});

Deno.test("closing twice is closing once; writing after is refused; reading goes on", () => {
  const script = new Script().run(`${accepted}
    < P. 1:11(10) ack 1
    > . 1:1(0) ack 11
    shutdown
    > F. 1:1(0) ack 11
    shutdown
    > -
    read 10
    close
    close
    > -
  `);
  assertThrows(
    () => script.connection.write(Uint8Array.of(1)),
    TypeError,
    "Cannot write to connection as it is closed for writing",
  );
  assertEquals(script.connection.writable, 0);
  const ended = new Script().run(`${accepted}\nabort`);
  assertThrows(() => ended.connection.write(Uint8Array.of(1)), TypeError, "CLOSED");
  assertEquals(ended.connection.read(new Uint8Array(1)), 0);
  assert(ended.connection.isEndOfStream);
});

Deno.test("what was received before an orderly end stays readable after it", () => {
  const script = new Script().run(`${accepted}
    < FP. 1:11(10) ack 1
    > . 1:1(0) ack 12
    shutdown
    > F. 1:1(0) ack 12
    < . 12:12(0) ack 2
    state CLOSED
  `);
  assert(!script.connection.isEndOfStream);
  script.run("read 10");
  assert(script.connection.isEndOfStream);
});

Deno.test("unanswered data is given up after fifteen retransmissions, with one Closed event", () => {
  const script = new Script().run(`${accepted}\nwrite 10\n> P. 1:11(10) ack 1`);
  script.run("+10000000");
  assertEquals(script.drainSegments().length, 15);
  script.run(`state CLOSED\nerror ${TcpError.TimedOut}`);
  assertEquals(script.events.filter((events) => (events & TcpEvent.Closed) !== 0).length, 1);
  assertEquals(script.deadline(), Infinity);
  assertEquals(script.tcp.counters.TcpExtTCPAbortOnTimeout, 1);
});

Deno.test("a reader and a writer that wait are woken by whatever ends the connection", () => {
  for (const how of ["< R. 1:1(0) ack 1", "abort", "+10000000"]) {
    const script = new Script().run(`${accepted}\nwrite 10\n> P. 1:11(10) ack 1`);
    script.events.length = 0;
    script.run(how);
    const told = script.events.reduce((all, events) => all | events, 0);
    assertEquals(told & (TcpEvent.Readable | TcpEvent.Writable | TcpEvent.Closed), 14, how);
  }
});

Deno.test("closing from within each event is borne", () => {
  for (const event of [TcpEvent.Opened, TcpEvent.Readable, TcpEvent.Writable, TcpEvent.Closed]) {
    for (const deed of ["close", "abort", "closeWrite"] as const) {
      const pair = new Pair({ delay: 1 });
      const listener = pair.server.listen(80);
      const client = pair.client.connect({ address: 0x0a000002, port: 80 }, pair.now);
      client.onEvent = (events) => {
        if ((events & event) !== 0) client[deed](pair.now);
      };
      client.write(new Uint8Array(3000));
      pair.run(pair.now + 50);
      const server = listener.accept();
      if (server !== null && server.mayWrite) {
        server.write(new Uint8Array(3000));
        pair.run(pair.now + 50);
        server.close(pair.now);
      }
      pair.run(pair.now + 200_000);
      if (client.state !== TcpState.Closed) client.abort(pair.now);
      pair.run(pair.now + 200_000);
      assertEquals(client.state, TcpState.Closed, `${event} ${deed}`);
      assertEquals(pair.deadline(), Infinity, `${event} ${deed}`);
      assertEquals(pair.client.size, 0);
    }
  }
});

Deno.test("two of us close in every order and with every delay: both end, no timer is left", () => {
  for (let delay = 0; delay < 5; delay++) {
    for (let between = 0; between < 12; between++) {
      for (const bytes of [0, 1, 5000]) {
        const pair = new Pair({ delay });
        const { client, server } = pair.open();
        client.write(new Uint8Array(bytes));
        server.write(new Uint8Array(bytes));
        client.closeWrite();
        pair.run(pair.now + between);
        server.closeWrite();
        pair.run();
        assertEquals([client.readable, server.readable], [bytes, bytes]);
        assertEquals([client.state, server.state], [TcpState.Closed, TcpState.Closed]);
        assertEquals([client.error, server.error], [0, 0]);
        assertEquals(pair.deadline(), Infinity);
        assertEquals(pair.client.size + pair.server.size, 0);
      }
    }
  }
});

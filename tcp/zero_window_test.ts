import { assert, assertEquals } from "@std/assert";
import { accepted, Script } from "./_script.ts";
import { Pair } from "./_pair.ts";
import { isWorthAdvertising, isWorthUpdating } from "./window.ts";

Deno.test("a closed window is probed with an octet that is known already, ever more rarely (RFC 9293 §3.8.6.1)", () => {
  const script = new Script().run(`${accepted}
    < . 1:1(0) ack 1 win 0
    write 10
    > -
  `);
  let last = script.now;
  const gaps: number[] = [];
  while (gaps.length < 12) {
    script.run("+1");
    for (const segment of script.drainSegments()) {
      assertEquals([segment.length, segment[13]], [20, 0x10]);
      gaps.push(script.now - last);
      last = script.now;
      script.run("< . 1:1(0) ack 1 win 0");
    }
  }
  assertEquals(gaps.slice(0, 8), [201, 400, 800, 1600, 3200, 6400, 12_800, 25_600]);
  assertEquals(Math.max(...gaps), 120_000);
  script.run(`
    < . 1:1(0) ack 1 win 100
    > P. 1:11(10) ack 1
  `);
});

Deno.test("the probe bears the number before SND.UNA", () => {
  new Script().run(`${accepted}
    < . 1:1(0) ack 1 win 0
    write 10
    > -
    +201
    > . 0:0(0) ack 1
  `);
});

Deno.test("the backed-off timer of probes does not delay what follows (RFC 6298 §5.5)", () => {
  const script = new Script().run(`${accepted}
    < . 1:1(0) ack 1 win 0
    write 10
    > -
  `);
  for (let i = 0; i < 60; i++) {
    script.run("+10000");
    for (const _ of script.drainSegments()) script.run("< . 1:1(0) ack 1 win 0");
  }
  script.run(`
    < . 1:1(0) ack 1 win 100
    > P. 1:11(10) ack 1
    +201
    > P. 1:11(10) ack 1
  `);
});

Deno.test("a peer that is silent behind a closed window is given up in the end", () => {
  const script = new Script().run(`${accepted}
    < . 1:1(0) ack 1 win 0
    write 10
    +3000000
    state CLOSED
  `);
  assertEquals(script.deadline(), Infinity);
});

Deno.test("data in flight into a window that closes is not given up while the peer answers (RFC 9293 §3.8.6)", () => {
  const script = new Script().run(`${accepted}\nwrite 10\n> P. 1:11(10) ack 1`);
  for (let minutes = 0; minutes < 600; minutes++) {
    script.run("+60000");
    for (const _ of script.drainSegments()) script.run("< . 1:1(0) ack 1 win 0");
  }
  script.run("state ESTABLISHED\n< . 1:1(0) ack 11 win 1000\n> -");
});

Deno.test("a window that shrinks: nothing new beyond it, what is out comes back in (RFC 9293 §3.8.6)", () => {
  new Script().run(`${accepted}
    < . 1:1(0) ack 1 win 3000
    write 5000
    > . 1:1001(1000) ack 1
    > . 1001:2001(1000) ack 1
    > . 2001:3001(1000) ack 1
    > -
    < . 1:1(0) ack 1001 win 500
    > -
    < . 1:1(0) ack 3001 win 0
    > -
    < . 1:1(0) ack 3001 win 4000
    > . 3001:4001(1000) ack 1
    > P. 4001:5001(1000) ack 1
  `);
});

Deno.test("the window is read from acknowledgements of what is out only, the newest first (RFC 9293 §3.10.7.4)", () => {
  const script = new Script().run(`${accepted}
    write 2000
    > . 1:1001(1000) ack 1
    > P. 1001:2001(1000) ack 1
    < P. 1:11(10) ack 2001 win 5000
    > . 2001:2001(0) ack 11
  `);
  const { sender } = script.connection;
  assertEquals(sender.wnd, 5000);
  // A later number with an older acknowledgement was sent before the window that we know.
  script.run("< P. 21:31(10) ack 1 win 9000");
  assertEquals(sender.wnd, 5000);
  script.run("< . 31:31(0) ack 2001 win 7000");
  assertEquals(sender.wnd, 7000);
  script.run("< . 11:11(0) ack 2001 win 8000");
  assertEquals(sender.wnd, 7000);
});

Deno.test("the sender waits for a full segment, or half of the largest window (RFC 9293 §3.8.6.2.1)", () => {
  new Script().run(`
    listen
    < S 0:0(0) win 1500 <mss 1000>
    > S. 0:0(0) ack 1
    < . 1:1(0) ack 1 win 1500
    accept
    write 5000
    > . 1:1001(1000) ack 1
    > -
    < . 1:1(0) ack 1001 win 500
    > -
    < . 1:1(0) ack 1001 win 750
    > . 1001:1751(750) ack 1
    < . 1:1(0) ack 1751 win 100
    > -
    +1000
    > . 1751:1851(100) ack 1
  `);
});

Deno.test("our window closes as the reader stops, and opens by a segment at least (RFC 9293 §3.8.6.2.2)", () => {
  const script = new Script({ options: { receiveBuffer: 4000 } }).run(`
    listen
    < S 0:0(0) <mss 1000>
    > S. 0:0(0) ack 1 win 4000
    < . 1:1(0) ack 1
    accept
    < . 1:1001(1000) ack 1
    > . 1:1(0) ack 1001 win 3000
    < . 1001:2001(1000) ack 1
    > . 1:1(0) ack 2001 win 2000
    < . 2001:3001(1000) ack 1
    +40
    > . 1:1(0) ack 3001 win 1000
    < . 3001:4001(1000) ack 1
    +40
    > . 1:1(0) ack 4001 win 0
    < . 4000:4000(0) ack 1
    > . 1:1(0) ack 4001 win 0
    read 900
    > -
    < . 4000:4000(0) ack 1
    > . 1:1(0) ack 4001 win 0
    read 600
    > -
    < . 4000:4000(0) ack 1
    > . 1:1(0) ack 4001 win 1500
    read 2500
    > . 1:1(0) ack 4001 win 4000
  `);
  assertEquals(script.connection.readable, 0);
});

Deno.test("reading out a full buffer tells the peer at once", () => {
  new Script({ options: { receiveBuffer: 4000 } }).run(`
    listen
    < S 0:0(0) <mss 1000>
    > S. 0:0(0) ack 1
    < . 1:1(0) ack 1
    accept
    < . 1:2001(2000) ack 1
    > . 1:1(0) ack 2001 win 2000
    < . 2001:4001(2000) ack 1
    > . 1:1(0) ack 4001 win 0
    read 1999
    > -
    read 1
    > . 1:1(0) ack 4001 win 2000
    read 1000
    > -
    read 1000
    > -
  `);
});

Deno.test("a probe with an octet of data at a closed window is answered and not taken (RFC 9293 §3.10.7.4)", () => {
  const script = new Script({ options: { receiveBuffer: 1000 } }).run(`
    listen
    < S 0:0(0) <mss 1000>
    > S. 0:0(0) ack 1
    < . 1:1(0) ack 1
    accept
    write 5
    > P. 1:6(5) ack 1
    < . 1:1001(1000) ack 1
    > . 6:6(0) ack 1001 win 0
    < . 1001:1002(1) ack 6
    > . 6:6(0) ack 1001 win 0
  `);
  assertEquals(script.connection.readable, 1000);
  assertEquals(script.connection.sender.una, script.connection.sender.nxt, "its ACK counts");
});

Deno.test("a bare FIN is taken at a closed window; an acknowledgement from the edge counts before a gap", () => {
  new Script({ options: { receiveBuffer: 1000 } }).run(`
    listen
    < S 0:0(0) <mss 1000>
    > S. 0:0(0) ack 1
    < . 1:1(0) ack 1
    accept
    < . 1:1001(1000) ack 1
    > . 1:1(0) ack 1001 win 0
    < F. 1001:1001(0) ack 1
    > . 1:1(0) ack 1002 win 0
    state CLOSE-WAIT
    read 1000
  `);
  const script = new Script({ options: { receiveBuffer: 2000 } }).run(`
    listen
    < S 0:0(0) <mss 1000>
    > S. 0:0(0) ack 1
    < . 1:1(0) ack 1
    accept
    write 5
    > P. 1:6(5) ack 1
    < . 1001:2001(1000) ack 1
    > . 6:6(0) ack 1
    < . 2001:2001(0) ack 6
    > -
  `);
  assertEquals(script.connection.sender.flight, 0);
});

Deno.test("what exceeds the window is cut off, and comes again (RFC 9293 §3.10.7.4, seventh)", () => {
  new Script({ options: { receiveBuffer: 1000 } }).run(`
    listen
    < S 0:0(0) <mss 2000>
    > S. 0:0(0) ack 1 win 1000
    < . 1:1(0) ack 1
    accept
    < FP. 1:1501(1500) ack 1
    > . 1:1(0) ack 1001 win 0
    state ESTABLISHED
    read 1000
    > . 1:1(0) ack 1001 win 1000
    < FP. 1001:1501(500) ack 1
    > . 1:1(0) ack 1502
    state CLOSE-WAIT
    read 500
  `);
});

Deno.test("no reader, then one: a transfer through every buffer size, one octet upward", () => {
  for (const size of [1, 2, 3, 100, 1459, 1460, 1461, 4096, 65_535, 65_536]) {
    const pair = new Pair({ delay: 1, options: { receiveBuffer: size, sendBuffer: size } });
    const { client, server } = pair.open();
    const total = Math.min(3 * size + 1, 200_000);
    const chunk = new Uint8Array(size);
    let written = 0;
    let read = 0;
    for (let round = 0; read < total; round++) {
      assert(round < 5000, `stalls at ${read} of ${total} with ${size}`);
      written += client.write(chunk, 0, Math.min(size, total - written));
      pair.run(pair.now + 300);
      // Half of the rounds nobody reads.
      if (round % 2 === 1) read += server.read(chunk);
    }
    client.closeWrite();
    server.closeWrite();
    pair.run();
    assertEquals(pair.deadline(), Infinity);
  }
});

Deno.test("the receiver's rules as numbers", () => {
  // Now, free, buffer, MSS: may the edge move; is it worth a segment of its own.
  for (
    const [current, available, limit, mss, advertise, update] of [
      [0, 999, 4000, 1000, false, false],
      [0, 1000, 4000, 1000, true, false],
      [0, 2000, 4000, 1000, true, true],
      [2000, 4000, 4000, 1000, true, false],
      [1999, 4000, 4000, 1000, true, true],
      [0, 499, 1000, 1460, false, false],
      [0, 500, 1000, 1460, true, true],
      [0, 1, 1, 1460, true, true],
    ] as const
  ) {
    const told = `${current} ${available} ${limit} ${mss}`;
    assertEquals(isWorthAdvertising(current, available, limit, mss), advertise, told);
    assertEquals(isWorthUpdating(current, available, limit, mss), update, told);
  }
});

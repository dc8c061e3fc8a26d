import { assert, assertEquals, assertThrows } from "@std/assert";
import { Pair, serverAddress } from "./_pair.ts";
import { accepted, Script } from "./_script.ts";
import { seqBefore } from "./seq.ts";
import { TcpState } from "./state.ts";

/** Leads into TIME-WAIT; the peer's next number is 2. */
const inTimeWait = `${accepted}
  shutdown
  > F. 1:1(0) ack 1
  < F. 1:1(0) ack 2
  > . 2:2(0) ack 2
  state TIME-WAIT
`;

/** The same with timestamps; the peer's last was 500. */
const stamped = `
  listen
  < S 0:0(0) win 65535 <mss 1000, TS 100 0>
  > S. 0:0(0) ack 1 <TS * 100>
  < . 1:1(0) ack 1 <TS 200 0>
  accept
  shutdown
  > F. 1:1(0) ack 1 <TS * 200>
  < F. 1:1(0) ack 2 <TS 500 0>
  > . 2:2(0) ack 2 <TS * 500>
  state TIME-WAIT
`;

Deno.test("the peer's FIN again: acknowledged, and 2 MSL begin anew (RFC 9293 §3.10.7.4)", () => {
  const script = new Script().run(`${inTimeWait}
    +30000
    < F. 1:1(0) ack 2
    > . 2:2(0) ack 2
    +59999
    state TIME-WAIT
    +1
    state CLOSED
    > -
  `);
  assertEquals(script.deadline(), Infinity);
  assertEquals(script.tcp.size, 0);
});

Deno.test("old data in TIME-WAIT is acknowledged, and does not prolong it", () => {
  new Script().run(`${inTimeWait}
    +30000
    < P. 0:2(2) ack 2
    > . 2:2(0) ack 2
    +30000
    state CLOSED
  `);
});

Deno.test("a SYN above the old connection opens a new one, and ours begins above too (RFC 1122 §4.2.2.13)", () => {
  for (const iss of [-1, 0x7ffffff0, 5]) {
    const script = new Script({ iss }).run(inTimeWait);
    const old = script.connection;
    const last = old.sender.nxt;
    script.run("< S 1000:1000(0) win 1000 <mss 1000>");
    const next = script.connection;
    assert(next !== old);
    assertEquals([next.isPassive, script.tcp.size], [true, 1]);
    assert(seqBefore(last, next.sender.iss), `${last} ${next.sender.iss}`);
  }
});

Deno.test("a SYN at or below the old connection's end does not (RFC 9293 §3.10.7.4)", () => {
  for (const at of [2, 1, -100]) {
    new Script().run(`${inTimeWait}
      < S ${at}:${at}(0) win 1000 <mss 1000>
      > . 2:2(0) ack 2
      state TIME-WAIT
    `);
  }
});

Deno.test("a later timestamp opens whatever the number, an earlier one never does (RFC 6191 §2)", () => {
  for (
    const [stamp, at, opens] of [
      [501, -1000, true],
      [501, 1000, true],
      [500, 1000, true],
      [500, -1000, false],
      [499, 1000, false],
      [499, -1000, false],
    ] as const
  ) {
    const script = new Script().run(`${stamped}
      < S ${at}:${at}(0) win 1000 <mss 1000, TS ${stamp} 0>
    `);
    const [connection] = [...script.tcp.connections()];
    assertEquals(connection!.state === 3, opens, `${stamp} at ${at}`);
  }
});

Deno.test("a SYN-ACK or a reset never opens", () => {
  for (const flags of ["S.", "SR"]) {
    new Script().run(`${inTimeWait}
      < ${flags} 1000:1000(0) ack 2
      state TIME-WAIT
    `);
  }
});

Deno.test("a connection in TIME-WAIT holds its ports, and connect passes over them", () => {
  const script = new Script().run(inTimeWait);
  const target = { address: 0x0a000002, port: 4000, localPort: 80 };
  let message = "";
  try {
    script.tcp.connect(target, script.now);
  } catch (error) {
    message = String(error);
  }
  assertEquals(message, "TypeError: Cannot connect from port 80 as the connection exists");
  script.run("+60000");
  script.tcp.connect(target, script.now);
});

Deno.test("connect takes the ends of a connection in TIME-WAIT over once the timestamps have moved on (RFC 6191)", () => {
  const pair = new Pair({ delay: 1 });
  const listener = pair.server.listen(80);
  const target = { address: serverAddress, port: 80, localPort: 40_000 };
  const open = () => {
    const client = pair.client.connect(target, pair.now);
    pair.run(pair.now + 10);
    return { client, server: listener.accept()! };
  };
  const close = ({ client, server }: ReturnType<typeof open>) => {
    client.close(pair.now);
    pair.run(pair.now + 10);
    server.close(pair.now);
    pair.run(pair.now + 10);
    assertEquals([client.state, server.state], [TcpState.TimeWait, TcpState.Closed]);
  };
  const first = open();
  const { nxt } = first.client.sender;
  close(first);
  assertThrows(() => pair.client.connect(target, pair.now), TypeError, "the connection exists");
  pair.run(pair.now + 1000);
  const second = open();
  assertEquals([second.client.state, first.client.state], [TcpState.Established, TcpState.Closed]);
  assert(((second.client.sender.iss - nxt) | 0) > 0xffff, "begins above what the old one has sent");
  close(second);
});

Deno.test("without timestamps the ends rest for the whole of TIME-WAIT", () => {
  const pair = new Pair({ delay: 1, options: { timestamps: false } });
  const listener = pair.server.listen(80);
  const target = { address: serverAddress, port: 80, localPort: 40_000 };
  const client = pair.client.connect(target, pair.now);
  pair.run(pair.now + 10);
  client.close(pair.now);
  pair.run(pair.now + 10);
  listener.accept()!.close(pair.now);
  pair.run(pair.now + 5000);
  assertEquals(client.state, TcpState.TimeWait);
  assertThrows(() => pair.client.connect(target, pair.now), TypeError, "the connection exists");
  pair.run();
  pair.client.connect(target, pair.now).abort(pair.now);
});

Deno.test("20,000 connections a second from one address to one port, for two seconds", () => {
  const pair = new Pair({ delay: 0 });
  const listener = pair.server.listen(80);
  const perTick = 20;
  for (let tick = 0; tick < 2000; tick++) {
    for (let i = 0; i < perTick; i++) {
      const client = pair.client.connect({ address: serverAddress, port: 80 }, pair.now);
      pair.run(pair.now);
      const server = listener.accept()!;
      client.close(pair.now);
      pair.run(pair.now);
      server.close(pair.now);
      pair.run(pair.now);
      assertEquals(client.state, TcpState.TimeWait);
    }
    pair.now++;
  }
  assert(pair.client.size <= 32_768, `${pair.client.size}`);
});

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Verdict } from "@octet/wire";
import { Pair, serverAddress } from "./_pair.ts";
import { accepted, localAddress, Script } from "./_script.ts";
import type { TcpConnection } from "./connection.ts";
import { encodeTcp, TcpFlag } from "./frame.ts";
import { TcpError, TcpState } from "./state.ts";

/** A SYN from one of the peer's ports. */
function syn(port: number): Uint8Array {
  return encodeTcp({
    sourcePort: port,
    destinationPort: 80,
    sequence: 100,
    flags: TcpFlag.Syn,
    window: 1000,
  });
}

Deno.test("a port is bound once for each address, and once for all (RFC 9293 §3.9.1.1)", () => {
  const { tcp } = new Script();
  const one = tcp.listen(80, { address: 1 });
  tcp.listen(80, { address: 2 });
  tcp.listen(81);
  assertThrows(() => tcp.listen(80, { address: 1 }), TypeError, "Cannot listen on TCP port 80");
  assertThrows(() => tcp.listen(80), TypeError);
  assertThrows(() => tcp.listen(81, { address: 3 }), TypeError);
  one.close(0);
  assert(one.isClosed);
  tcp.listen(80, { address: 1 });
  for (const port of [0, -1, 65_536, 1.5, NaN]) {
    assertThrows(() => tcp.listen(port), RangeError, "Cannot listen");
  }
});

Deno.test("a listener at one address takes only what is meant for it", () => {
  const script = new Script();
  script.tcp.listen(80, { address: localAddress + 5 });
  assertEquals(script.inject(syn(4000)), Verdict.NoPort);
  script.tcp.listen(80, { address: localAddress });
  assertEquals(script.inject(syn(4000)), Verdict.Ok);
});

Deno.test("LISTEN: which segments do what (RFC 9293 §3.10.7.2)", () => {
  for (
    const [what, rest] of [
      ["reset", "< R 5:5(0)\n> -"],
      ["reset with ACK", "< R. 5:5(0) ack 1\n> -"],
      ["ACK", "< . 5:5(0) ack 300\n> R 300:300(0)"],
      ["SYN-ACK", "< S. 5:5(0) ack 300\n> R 300:300(0)"],
      ["FIN", "< F 5:5(0)\n> -"],
      ["data", "< P 5:8(3)\n> -"],
      ["nothing at all", "< - 5:5(0)\n> -"],
    ]
  ) {
    const script = new Script();
    try {
      script.run(`listen\n${rest}`);
    } catch (error) {
      throw new Error(what, { cause: error });
    }
    assertEquals(script.tcp.size, 0, what);
  }
});

Deno.test("a SYN for a port without a listener is reset, SEG.LEN counted (RFC 9293 §3.10.7.1)", () => {
  new Script().run(`
    < S 0:0(0)
    > R. 0:0(0) ack 1 win 0 <nothing>
    < SF 0:5(5)
    > R. 0:0(0) ack 7
    < P 9:12(3)
    > R. 0:0(0) ack 12
    < . 9:9(0) ack 44
    > R 44:44(0)
    < R 9:9(0)
    > -
  `);
});

Deno.test("what came by broadcast, or from or to a group, is not answered (RFC 9293 §3.9.2.3)", () => {
  for (
    const [source, destination, isLinkBroadcast] of [
      [0x0a000002, localAddress, true],
      [0, localAddress, false],
      [0xe0000001, localAddress, false],
      [0xffffffff, localAddress, false],
      [0x0a000002, 0xe0000001, false],
      [0x0a000002, 0xffffffff, false],
    ] as const
  ) {
    const script = new Script();
    script.tcp.listen(80);
    const verdict = script.inject(syn(4000), { source, destination, isLinkBroadcast });
    assertEquals(verdict, Verdict.Filtered, `${source} to ${destination}`);
    script.run("> -");
  }
});

Deno.test("a full accept queue: SYNs are dropped, a handshake under way completes later", () => {
  const script = new Script({ backlog: 1 });
  script.run("listen");
  for (const port of [4001, 4002]) assertEquals(script.inject(syn(port)), Verdict.Ok);
  assertEquals(script.listener!.pending, 2);
  const [first, second] = script.handshakes();
  assertEquals(first!(), Verdict.Ok);
  assertEquals(second!(), Verdict.QueueFull);
  assertEquals(script.tcp.counters.TcpExtListenOverflows, 1);
  assertEquals(script.inject(syn(4003)), Verdict.QueueFull);
  assertEquals(script.tcp.counters.TcpExtListenDrops, 1);
  assertEquals(script.listener!.accept()!.remotePort, 4001);
  assertEquals(second!(), Verdict.Ok);
  assertEquals(script.listener!.accept()!.remotePort, 4002);
  assertEquals(script.listener!.pending, 0);
});

Deno.test("no more handshakes are remembered than the backlog allows, and time frees their places (RFC 4987 §3.6)", () => {
  const script = new Script({ backlog: 20 });
  script.run("listen");
  for (let i = 0; i < 30; i++) {
    assertEquals(script.inject(syn(4000 + i)), Verdict.Ok);
  }
  assertEquals(script.tcp.counters.TcpExtSyncookiesSent, 10);
  assertEquals([script.listener!.pending, script.tcp.size], [20, 20]);
  script.run("+70000");
  assertEquals([script.listener!.pending, script.tcp.size], [0, 0]);
  assertEquals(script.deadline(), Infinity);
  assertEquals(script.inject(syn(4000)), Verdict.Ok);
});

Deno.test("a connection that ends while it waits to be accepted is handed out ended", () => {
  const script = new Script().run(`
    listen
    < S 0:0(0) win 1000 <mss 1000>
    > S. 0:0(0) ack 1
    < P. 1:4(3) ack 1
    > . 1:1(0) ack 4
    < R. 4:4(0) ack 1
  `);
  assertEquals([script.listener!.queued, script.tcp.size], [1, 0]);
  const connection = script.listener!.accept()!;
  assertEquals([connection.state, connection.error], [TcpState.Closed, TcpError.Reset]);
  assertEquals(script.deadline(), Infinity);
});

Deno.test("data and FIN wait in the connection until it is accepted", () => {
  const script = new Script().run(`
    listen
    < S 0:0(0) win 1000 <mss 1000>
    > S. 0:0(0) ack 1
    < FP. 1:4(3) ack 1
    > . 1:1(0) ack 5
    state CLOSE-WAIT
    accept
    read 3
  `);
  assert(script.connection.isEndOfStream);
});

Deno.test("closing a listener ends all its handshakes, and resets what was not accepted", () => {
  const script = new Script({ backlog: 300 });
  script.run("listen");
  for (let port = 1000; port < 1200; port++) assertEquals(script.inject(syn(port)), Verdict.Ok);
  const handshakes = script.handshakes();
  for (let i = 0; i < 100; i++) assertEquals(handshakes[i]!(), Verdict.Ok);
  assertEquals([script.listener!.queued, script.listener!.pending], [100, 100]);
  script.listener!.close(script.now);
  assertEquals(script.tcp.size, 0);
  assertEquals([script.listener!.queued, script.listener!.pending], [0, 0]);
  const resets = script.drainSegments().filter((segment) => (segment[13]! & TcpFlag.Rst) !== 0);
  assertEquals(resets.length, 100);
  assertEquals(script.deadline(), Infinity);
  assertEquals(script.inject(syn(5000)), Verdict.NoPort);
  script.listener!.close(script.now);
});

Deno.test("accepted connections outlive their listener", () => {
  const script = new Script().run(accepted);
  script.listener!.close(script.now);
  script.run(`
    state ESTABLISHED
    < P. 1:4(3) ack 1
    > . 1:1(0) ack 4
  `);
});

Deno.test("onConnection is told once for each; what it does to the connection is borne", () => {
  for (const deed of ["close", "abort", "write", "listener"] as const) {
    const script = new Script().run(`
      listen
      < S 0:0(0) win 1000 <mss 1000>
      > S. 0:0(0) ack 1
    `);
    let told = 0;
    let connection: TcpConnection | null = null;
    script.listener!.onConnection = () => {
      told++;
      connection = script.listener!.accept();
      if (deed === "close") connection!.close(script.now);
      else if (deed === "abort") connection!.abort(script.now);
      else if (deed === "write") connection!.write(Uint8Array.of(0, 1, 2));
      else script.listener!.close(script.now);
    };
    script.run("< P. 1:4(3) ack 1");
    assertEquals(told, 1);
    script.run(
      {
        close: "> R. 1:1(0) ack 1\nstate CLOSED",
        abort: "> R. 1:1(0) ack 1\nstate CLOSED",
        write: "> P. 1:4(3) ack 4\nstate ESTABLISHED",
        listener: "> . 1:1(0) ack 4\nstate ESTABLISHED",
      }[deed],
    );
  }
});

Deno.test("an unused port is one on which nobody listens", () => {
  const { tcp } = new Script();
  const ports = new Set(Array.from({ length: 100 }, () => tcp.listen(tcp.unusedPort()).port));
  assertEquals(ports.size, 100);
  for (const port of ports) assert(port >= 32_768 && port <= 65_535);
});

Deno.test("ephemeral ports differ, and are told apart by the peer (RFC 6056 §3.3.3)", () => {
  const pair = new Pair();
  const ports = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    ports.add(pair.client.connect({ address: serverAddress, port: 80 }, pair.now).localPort);
  }
  assertEquals(ports.size, 1000);
  assert(Math.min(...ports) >= 32_768);
  assertEquals(pair.client.size, 1000);
});

Deno.test("connect refuses what cannot be: ports out of range, no route, a pair that exists", () => {
  const { tcp, now } = new Script();
  const address = 0x0a000002;
  for (const port of [0, 65_536, -1, 0.5]) {
    assertThrows(() => tcp.connect({ address, port }, now), RangeError, "Cannot connect");
    const target = { address, port: 80, localPort: port };
    assertThrows(() => tcp.connect(target, now), RangeError, "Cannot connect");
  }
  const target = { address, port: 80, localPort: 1000 };
  const connection = tcp.connect(target, now);
  assertThrows(() => tcp.connect(target, now), TypeError, "as the connection exists");
  const again = { address, port: 81 };
  assertThrows(() => tcp.connect(again, now, connection), TypeError, "Cannot open");
  assertThrows(() => tcp.recycle(connection), TypeError, "Cannot recycle");
  assertEquals(tcp.size, 1);
  connection.abort(now);
  tcp.recycle(connection);
  assertThrows(() => tcp.recycle(connection), TypeError, "Cannot recycle");
  assertThrows(() => tcp.connect(again, now, connection), TypeError, "Cannot open");
  assertEquals(tcp.connect(again, now), connection);
});

Deno.test("a cookie offers what our settings allow, and what comes of it speaks as the SYN-ACK said", () => {
  for (
    const [options, offer] of [
      [{}, "sackOK, TS * 9, wscale *"],
      [{ sack: false }, "!sackOK, TS * 9, wscale *"],
      [{ windowScaling: false }, "sackOK, TS * 9, !wscale"],
      [{ timestamps: false }, "!sackOK, !TS, !wscale"],
    ] as const
  ) {
    const script = new Script({ options, backlog: 16 });
    script.run("listen");
    for (let port = 5000; port < 5016; port++) assertEquals(script.inject(syn(port)), Verdict.Ok);
    assertEquals(script.drainSegments().length, 16);
    script.run(`
      < S 0:0(0) win 1000 <mss 1460, sackOK, TS 9 0, wscale 3>
      > S. 0:0(0) ack 1 <${offer}>
    `);
    assertEquals(script.tcp.counters.TcpExtSyncookiesSent, 1);
    assertEquals(script.tcp.size, 16, "nothing is remembered");
  }
});

Deno.test("a cookie's SYN-ACK announces what the link to the peer carries (RFC 9293 §3.7.1)", () => {
  for (const [mtu, mss] of [[576, 536], [1500, 1460], [9000, 8960]] as const) {
    const script = new Script({ mtu, backlog: 16 }).run("listen");
    for (let port = 5000; port < 5016; port++) script.inject(syn(port));
    script.drainSegments();
    script.run(`< S 0:0(0) win 1000 <mss 1460>\n> S. 0:0(0) ack 1 <mss ${mss}>`);
    assertEquals(script.tcp.counters.TcpExtSyncookiesSent, 1);
  }
});

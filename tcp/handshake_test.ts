import { assertEquals } from "@std/assert";
import { Verdict } from "@octet/wire";
import { accepted, Script } from "./_script.ts";
import { Pair, serverAddress } from "./_pair.ts";
import { TcpEvent } from "./event.ts";
import { windowScaleFor } from "./handshake.ts";
import { TcpError, TcpState } from "./state.ts";

/** Initial sequence numbers at which the first or second octet wraps, as signed or as unsigned number. */
const borders = [0, 1, -1, -2, 0x7fffffff, 0x7ffffffe, -0x80000000] as const;

Deno.test("active open: SYN, SYN-ACK, ACK (RFC 9293 §3.5, figure 6)", () => {
  const script = new Script().run(`
    connect
    state SYN-SENT
    > S 0:0(0) win 65535 <mss 1460, sackOK, wscale 7, TS * 0>
    > -
    < S. 0:0(0) ack 1 win 1000 <mss 1000>
    state ESTABLISHED
    > . 1:1(0) ack 1 <nothing>
    > -
  `);
  assertEquals(script.events, [TcpEvent.Opened | TcpEvent.Writable]);
});

Deno.test("passive open: SYN-RECEIVED until our SYN is acknowledged (RFC 9293 §3.5)", () => {
  const script = new Script().run(`
    listen
    < S 0:0(0) win 65535 <mss 1000>
    state SYN-RECEIVED
    > S. 0:0(0) ack 1 win 65535 <mss 1460, !sackOK, !wscale, !TS>
    < . 1:1(0) ack 1
    state ESTABLISHED
    > -
  `);
  assertEquals(script.listener!.accept(), script.connection);
  assertEquals(script.listener!.accept(), null);
});

Deno.test("a SYN-ACK offers only what the SYN offered (RFC 7323 §2.2, §3.2; RFC 2018 §2)", () => {
  for (
    const [offered, answered] of [
      ["mss 1000, sackOK", "mss 1460, sackOK, !wscale, !TS"],
      ["mss 1000, wscale 3", "mss 1460, wscale 7, !sackOK, !TS"],
      ["mss 1000, TS 77 0", "mss 1460, TS * 77, !sackOK, !wscale"],
      ["mss 1000, sackOK, TS 77 0, wscale 0", "mss 1460, sackOK, TS * 77, wscale 7"],
    ]
  ) {
    new Script().run(`
      listen
      < S 0:0(0) win 65535 <${offered}>
      > S. 0:0(0) ack 1 <${answered}>
    `);
  }
});

Deno.test("what our settings switch off is neither offered nor answered", () => {
  const options = { sack: false, timestamps: false, windowScaling: false };
  new Script({ options }).run(`
    connect
    > S 0:0(0) <mss 1460, !sackOK, !wscale, !TS>
  `);
  new Script({ options }).run(`
    listen
    < S 0:0(0) win 65535 <mss 1000, sackOK, wscale 2, TS 1 0>
    > S. 0:0(0) ack 1 <mss 1460, !sackOK, !wscale, !TS>
  `);
});

Deno.test("simultaneous open ends ESTABLISHED with one SYN-ACK each (RFC 9293 figure 7)", () => {
  new Script().run(`
    connect
    > S 0:0(0)
    < S 0:0(0) win 65535 <mss 1000>
    state SYN-RECEIVED
    > S. 0:0(0) ack 1
    < S. 0:0(0) ack 1 <mss 1000>
    state ESTABLISHED
    > -
    write 10
    > P. 1:11(10) ack 1
  `);
});

Deno.test("simultaneous open between two of us: no storm, and data flows", () => {
  const pair = new Pair({ delay: 10 });
  const client = pair.client.connect(
    { address: serverAddress, port: 5000, localPort: 6000 },
    pair.now,
  );
  const server = pair.server.connect(
    { address: client.localAddress, port: 6000, localPort: 5000 },
    pair.now,
  );
  pair.run(pair.now + 100);
  assertEquals([client.state, server.state], [TcpState.Established, TcpState.Established]);
  assertEquals(pair.sent <= 6, true, `${pair.sent} segments`);
  client.write(Uint8Array.of(1, 2, 3));
  pair.run(pair.now + 100);
  assertEquals(server.readable, 3);
});

Deno.test("a simultaneous open whose SYN-ACK is lost is repaired by our acknowledgement", () => {
  new Script().run(`
    connect
    > S 0:0(0)
    < S 0:0(0) win 65535 <mss 1000>
    > S. 0:0(0) ack 1
    < S. 0:0(0) ack 1 <mss 1000>
    state ESTABLISHED
    < S. 0:0(0) ack 1 <mss 1000>
    > . 1:1(0) ack 1
    state ESTABLISHED
  `);
});

Deno.test("recovery from an old duplicate SYN (RFC 9293 figure 8)", () => {
  new Script().run(`
    listen
    < S 90:90(0) win 65535 <mss 1000>
    > S. 0:0(0) ack 91
    < R 91:91(0)
  `).run(`
    < S 100:100(0) win 65535 <mss 1000>
    > S. 0:0(0) ack 101
    < . 101:101(0) ack 1
    state ESTABLISHED
  `);
});

Deno.test("half-open connection: an acknowledgement of nothing we sent is reset (RFC 9293 figure 9)", () => {
  new Script().run(`
    connect
    > S 0:0(0)
    < . 100:100(0) ack 300
    > R 300:300(0)
    state SYN-SENT
    < S. 0:0(0) ack 1 <mss 1000>
    state ESTABLISHED
  `);
});

Deno.test("SYN-SENT: which segments do what (RFC 9293 §3.10.7.3)", () => {
  const sent = "connect\n> S 0:0(0)\n";
  for (
    const [what, rest] of [
      ["ACK of the ISS alone", "< . 0:0(0) ack 0\n> R 0:0(0)\nstate SYN-SENT"],
      ["SYN-ACK of something else", "< S. 0:0(0) ack 2\n> R 2:2(0)\nstate SYN-SENT"],
      ["reset with a wrong ACK", "< R. 0:0(0) ack 2\n> -\nstate SYN-SENT"],
      ["reset without ACK", "< R 0:0(0)\n> -\nstate SYN-SENT"],
      ["reset with our ACK", "< R. 0:0(0) ack 1\n> -\nstate CLOSED\nerror 1"],
      ["ACK alone", "< . 0:0(0) ack 1\n> -\nstate SYN-SENT"],
      ["FIN", "< F. 0:0(0) ack 1\n> -\nstate SYN-SENT"],
      ["neither ACK nor SYN", "< P 0:5(5)\n> -\nstate SYN-SENT"],
    ]
  ) {
    const script = new Script();
    try {
      script.run(sent + rest);
    } catch (error) {
      throw new Error(what, { cause: error });
    }
  }
});

Deno.test("SYN-RECEIVED: which segments do what (RFC 9293 §3.10.7.4)", () => {
  const received = "listen\n< S 0:0(0) win 65535 <mss 1000>\n> S. 0:0(0) ack 1\n";
  for (
    const [what, rest] of [
      ["ACK of nothing sent", "< . 1:1(0) ack 2\n> R 2:2(0)\nstate SYN-RECEIVED"],
      ["ACK of the ISS", "< . 1:1(0) ack 0\n> R 0:0(0)\nstate SYN-RECEIVED"],
      ["the SYN again", "< S 0:0(0) <mss 1000>\n> S. 0:0(0) ack 1\nstate SYN-RECEIVED"],
      ["a SYN in the window", "< S 5:5(0) <mss 1000>\n> . 1:1(0) ack 1\nstate SYN-RECEIVED"],
      ["a SYN before the window", "< S -9:-9(0)\n> . 1:1(0) ack 1\nstate SYN-RECEIVED"],
      ["reset", "< R 1:1(0)\n> -\nstate CLOSED"],
      ["reset in the window", "< R 9:9(0)\n> . 1:1(0) ack 1\nstate SYN-RECEIVED"],
      ["no ACK", "< P 1:5(4)\n> -\nstate SYN-RECEIVED"],
      ["data with the ACK", "< P. 1:5(4) ack 1\nstate ESTABLISHED\n> . 1:1(0) ack 5"],
      ["FIN with the ACK", "< F. 1:1(0) ack 1\nstate CLOSE-WAIT\n> . 1:1(0) ack 2"],
    ]
  ) {
    try {
      new Script().run(received + rest);
    } catch (error) {
      throw new Error(what, { cause: error });
    }
  }
});

Deno.test("numbers wrap: a connection opens, carries data and closes at every border", () => {
  for (const iss of borders) {
    for (const peerIss of borders) {
      new Script({ iss, peerIss }).run(`
        connect
        > S 0:0(0)
        < S. 0:0(0) ack 1 <mss 1000>
        > . 1:1(0) ack 1
        write 3
        > P. 1:4(3) ack 1
        < P. 1:8(7) ack 4
        > . 4:4(0) ack 8
        read 7
        close
        > F. 4:4(0) ack 8
        < F. 8:8(0) ack 5
        > . 5:5(0) ack 9
        state TIME-WAIT
      `);
    }
  }
});

Deno.test("a SYN goes again after 1, 2, 4 … s, and is given up after six (RFC 6298 §2.1, §5.5)", () => {
  const script = new Script().run("connect\n> S 0:0(0)");
  for (const seconds of [1, 2, 4, 8, 16, 32]) {
    script.run(`+${seconds * 1000 - 1}\n> -\n+1\n> S 0:0(0)`);
  }
  script.run(`+63999\n> -\nstate SYN-SENT\n+1\nstate CLOSED\n> -`);
  assertEquals(script.connection.error, TcpError.TimedOut);
  assertEquals(script.deadline(), Infinity);
});

Deno.test("a SYN-ACK is given up after five", () => {
  const script = new Script().run("listen\n< S 0:0(0) <mss 1000>\n> S. 0:0(0) ack 1");
  for (const seconds of [1, 2, 4, 8, 16]) script.run(`+${seconds * 1000}\n> S. 0:0(0) ack 1`);
  script.run("+32000\n> -");
  assertEquals(script.tcp.size, 0);
  assertEquals(script.listener!.pending, 0);
  assertEquals(script.deadline(), Infinity);
});

Deno.test("the loss of a SYN or SYN-ACK does not shrink the first window (RFC 6928 §2)", () => {
  const script = new Script().run(`
    listen
    < S 0:0(0) win 65535 <mss 1000>
    > S. 0:0(0) ack 1
    +1000
    > S. 0:0(0) ack 1
    < . 1:1(0) ack 1
    accept
    state ESTABLISHED
  `);
  assertEquals(script.connection.sender.cwnd, 10_000);
  assertEquals(script.connection.sender.congestion.ssthresh, Infinity);
});

Deno.test("MSS: 536 when the peer says nothing, never above the MTU's, never below 88 (RFC 9293 §3.7.1)", () => {
  for (
    const [option, mtu, mss] of [
      ["", 1500, 536],
      ["mss 0", 1500, 536],
      ["mss 1", 1500, 88],
      ["mss 65535", 1500, 1460],
      ["mss 65535", 9000, 8960],
      ["mss 1000", 1500, 1000],
      ["mss 1460", 576, 536],
    ] as const
  ) {
    const script = new Script({ mtu }).run(`
      listen
      < S 0:0(0) win 65535 <${option}>
      > S. 0:0(0) ack 1 <mss ${mtu - 40}>
      < . 1:1(0) ack 1
    `);
    assertEquals(script.connection.sender.mss, mss, `${option} at MTU ${mtu}`);
  }
});

Deno.test("the timestamps option comes off each segment's payload (RFC 6691 §3)", () => {
  const script = new Script().run(`
    listen
    < S 0:0(0) win 65535 <mss 1000, TS 5 0>
    > S. 0:0(0) ack 1
    < . 1:1(0) ack 1 <TS 6 0>
    accept
    write 1500
    > . 1:989(988) ack 1
  `);
  assertEquals(script.connection.sender.mss, 988);
});

Deno.test("a window scale above 14 is taken as 14 (RFC 7323 §2.3); a SYN's window is never scaled (§2.2)", () => {
  const script = new Script().run(`
    listen
    < S 0:0(0) win 1000 <mss 1000, wscale 200>
    > S. 0:0(0) ack 1 win 65535 <wscale 7>
  `);
  assertEquals(script.connection.sender.scale, 14);
  assertEquals(script.connection.sender.wnd, 1000);
  script.run("< . 1:1(0) ack 1 win 3");
  assertEquals(script.connection.sender.wnd, 3 << 14);
});

Deno.test("the smallest shift that expresses the buffer is offered (RFC 7323 §2.3)", () => {
  for (
    const [limit, shift] of [
      [1, 0],
      [65_535, 0],
      [65_536, 1],
      [65_535 << 4, 4],
      [(65_535 << 4) + 1, 5],
      [2 ** 30, 14],
    ] as const
  ) assertEquals(windowScaleFor(limit), shift, `${limit}`);
});

Deno.test("data written before the handshake is over follows it", () => {
  new Script().run(`
    connect
    write 20
    > S 0:0(0)
    > -
    < S. 0:0(0) ack 1 <mss 1000>
    > P. 1:21(20) ack 1
    > -
  `);
});

Deno.test("an ICMP error ends a connection that is being opened, and no other (RFC 1122 §4.2.3.9)", () => {
  const opening = new Script().run("connect\n> S 0:0(0)");
  opening.connection.networkError(TcpError.HostUnreachable);
  opening.run(`state CLOSED\nerror ${TcpError.HostUnreachable}`);
  const open = new Script().run(accepted);
  open.connection.networkError(TcpError.HostUnreachable);
  open.run("state ESTABLISHED\nerror 0");
});

Deno.test("the verdict says what a handshake's segment came to", () => {
  const script = new Script().run("listen\n< S 0:0(0) <mss 1000>");
  assertEquals(script.verdict, Verdict.Ok);
  script.run("< . 1:1(0) ack 77");
  assertEquals(script.verdict, Verdict.Unexpected);
});

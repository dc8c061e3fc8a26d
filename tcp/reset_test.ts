import { assert, assertEquals } from "@std/assert";
import { Verdict } from "@octet/wire";
import { accepted, Script } from "./_script.ts";
import { TcpEvent } from "./event.ts";
import { encodeTcp, TcpFlag } from "./frame.ts";
import { TcpError, TcpState, tcpStateName } from "./state.ts";

/** Scripts that lead from nothing into each synchronised state; the peer's next number is 1, or 2 after its FIN. */
const ways: Readonly<Record<string, string>> = {
  "ESTABLISHED": accepted,
  "FIN-WAIT-1": `${accepted}\nshutdown\n> F. 1:1(0) ack 1`,
  "FIN-WAIT-2": `${accepted}\nshutdown\n> F. 1:1(0) ack 1\n< . 1:1(0) ack 2`,
  "CLOSE-WAIT": `${accepted}\n< F. 1:1(0) ack 1\n> . 1:1(0) ack 2`,
  "CLOSING": `${accepted}\nshutdown\n> F. 1:1(0) ack 1\n< F. 1:1(0) ack 1\n> . 2:2(0) ack 2`,
  "LAST-ACK": `${accepted}\n< F. 1:1(0) ack 1\n> . 1:1(0) ack 2\nshutdown\n> F. 1:1(0) ack 2`,
  "TIME-WAIT": `${accepted}\nshutdown\n> F. 1:1(0) ack 1\n< F. 1:1(0) ack 2\n> . 2:2(0) ack 2`,
};

/** A script in a state, and the peer's next number. */
function inState(name: string): { script: Script } {
  const script = new Script().run(`${ways[name]}\nstate ${name}`);
  return { script };
}

/** The peer's next sequence number in a state. */
function peerNext(script: Script): number {
  return script.connection.receiver.finReached ? 2 : 1;
}

Deno.test("a reset that stands at RCV.NXT ends the connection, in each state as RFC 9293 §3.10.7.4 says", () => {
  for (
    const [name, error] of [
      ["ESTABLISHED", TcpError.Reset],
      ["FIN-WAIT-1", TcpError.Reset],
      ["FIN-WAIT-2", TcpError.Reset],
      ["CLOSE-WAIT", TcpError.Reset],
      ["CLOSING", TcpError.None],
      ["LAST-ACK", TcpError.None],
    ] as const
  ) {
    const { script } = inState(name);
    const at = peerNext(script);
    script.run(`< R ${at}:${at}(0)\n> -\nstate CLOSED`);
    assertEquals(script.connection.error, error, name);
    assertEquals(script.deadline(), Infinity, name);
    assertEquals(script.tcp.size, 0, name);
    const closed = script.events.filter((events) => (events & TcpEvent.Closed) !== 0);
    assertEquals(closed.length, 1, name);
  }
});

Deno.test("a reset does not cut TIME-WAIT short (RFC 1337 §3)", () => {
  const { script } = inState("TIME-WAIT");
  script.run("< R 2:2(0)\n> -\nstate TIME-WAIT\n+59999\nstate TIME-WAIT\n+1\nstate CLOSED\n> -");
});

Deno.test("a reset elsewhere in the window is challenged, one outside is dropped (RFC 5961 §3.2)", () => {
  for (const name of Object.keys(ways)) {
    const { script } = inState(name);
    const at = peerNext(script);
    const { una, nxt } = script.connection.sender;
    assert(una !== undefined);
    const ours = (nxt - script.connection.sender.iss) | 0;
    script.run(`
      < R ${at + 1}:${at + 1}(0)
      > . ${ours}:${ours}(0) ack ${at}
      < R ${at + 60_000}:${at + 60_000}(0)
      > . ${ours}:${ours}(0) ack ${at}
      < R ${at + 70_000}:${at + 70_000}(0)
      > -
      < R ${at - 2}:${at - 2}(0)
      > -
      state ${name}
    `);
    assertEquals(script.verdict, Verdict.Unexpected);
  }
});

Deno.test("a reset at the peer's FIN counts as exact: some stacks number it so after a FIN", () => {
  const { script } = inState("CLOSE-WAIT");
  script.run("< R 1:1(0)\n> -\nstate CLOSED\nerror 2");
});

Deno.test("a SYN in any synchronised state is challenged and changes nothing (RFC 5961 §4.2)", () => {
  for (const name of Object.keys(ways)) {
    if (name === "TIME-WAIT") continue;
    for (const offset of [0, 5, -100, 100_000]) {
      const { script } = inState(name);
      const at = peerNext(script);
      const ours = (script.connection.sender.nxt - script.connection.sender.iss) | 0;
      script.run(`
        < S ${at + offset}:${at + offset}(0)
        > . ${ours}:${ours}(0) ack ${at}
        state ${name}
      `);
    }
  }
});

Deno.test("no more than ten challenges a second (RFC 5961 §7)", () => {
  const { script } = inState("ESTABLISHED");
  for (let i = 0; i < 100; i++) script.run("< S 5:5(0)");
  for (let i = 0; i < 30; i++) script.run("< R 9:9(0)\n< . 9:9(0) ack 999999");
  assertEquals(script.drainSegments().length, 10);
  assertEquals(script.tcp.counters.TcpExtTCPChallengeACK, 10);
  script.run("+1000\n< S 5:5(0)\n> . 1:1(0) ack 1\n> -");
  assertEquals(script.tcp.counters.TcpExtTCPChallengeACK, 11);
});

Deno.test("two ends that disagree do not answer each other's acknowledgements for ever", () => {
  const { script } = inState("ESTABLISHED");
  let answers = 0;
  for (let i = 0; i < 1000; i++) {
    script.run("< . 100000:100000(0) ack 1");
    answers += script.drainSegments().length;
  }
  assertEquals(answers, 10);
});

Deno.test("an ACK of what was never sent, or is older than any window, is challenged (RFC 5961 §5.2)", () => {
  for (const ack of [2, 1000, -70_000, 0x7fffffff]) {
    const { script } = inState("ESTABLISHED");
    script.run(`
      < P. 1:4(3) ack ${ack}
      > . 1:1(0) ack 1
      state ESTABLISHED
    `);
    assertEquals(script.connection.readable, 0);
  }
});

Deno.test("a segment without ACK is dropped (RFC 9293 §3.10.7.4, fifth)", () => {
  const { script } = inState("ESTABLISHED");
  script.run("< P 1:4(3)\n> -\n< F 1:1(0)\n> -\nstate ESTABLISHED");
});

Deno.test("abort: a reset where the peer could still be waiting, silence where both have closed (RFC 9293 §3.10.5)", () => {
  for (
    const [name, reset] of [
      ["ESTABLISHED", "> R. 1:1(0) ack 1"],
      ["FIN-WAIT-1", "> R. 2:2(0) ack 1"],
      ["FIN-WAIT-2", "> R. 2:2(0) ack 1"],
      ["CLOSE-WAIT", "> R. 1:1(0) ack 2"],
      ["CLOSING", "> -"],
      ["LAST-ACK", "> -"],
      ["TIME-WAIT", "> -"],
    ] as const
  ) {
    const { script } = inState(name);
    script.run(`abort\nstate CLOSED\nerror ${TcpError.Aborted}\n${reset}\n> -\nabort`);
    assertEquals(script.deadline(), Infinity, name);
    assertEquals(script.tcp.size, 0, name);
  }
  new Script().run("connect\n> S 0:0(0)\nabort\nstate CLOSED\n> -");
  const script = new Script().run(
    "listen\n< S 0:0(0)\n> S. 0:0(0) ack 1\nabort\n> R. 1:1(0) ack 1",
  );
  assertEquals(script.listener!.pending, 0);
});

Deno.test("abort drops what was not sent", () => {
  new Script().run(`${accepted}
    write 5000
    abort
    > R. 1:1(0) ack 1
    > -
    +100000
    > -
  `);
});

Deno.test("the peer of a connection that is gone gets a reset (RFC 9293 figure 10)", () => {
  new Script().run(`${accepted}
    abort
    > R. 1:1(0) ack 1
    < P. 1:11(10) ack 1
    > R 1:1(0)
  `);
});

Deno.test("few answers to strangers are kept, and every reset of our own", () => {
  const script = new Script({ backlog: 100 });
  script.run("listen");
  const syn = (port: number) =>
    encodeTcp({ sourcePort: port, destinationPort: 80, flags: TcpFlag.Syn, window: 1000 });
  for (let port = 1; port <= 100; port++) script.inject(syn(port));
  for (const handshake of script.handshakes()) assertEquals(handshake(), Verdict.Ok);
  const stray = encodeTcp({ sourcePort: 4000, destinationPort: 80, flags: TcpFlag.Ack });
  for (let i = 0; i < 100; i++) script.inject(stray);
  for (const connection of [...script.tcp.connections()]) connection.abort(script.now);
  const ports = script.drainSegments().map((segment) => {
    assert((segment[13]! & TcpFlag.Rst) !== 0);
    return segment[2]! * 256 + segment[3]!;
  });
  assertEquals(ports.filter((port) => port === 4000).length, 32);
  assertEquals(new Set(ports).size, 101);
  assertEquals(ports.length, 132);
});

Deno.test("in every state the peer's garbage leaves the connection as it is", () => {
  for (const name of Object.keys(ways)) {
    for (let flags = 0; flags < 64; flags++) {
      const { script } = inState(name);
      let letters = "";
      for (const [i, letter] of ["F", "S", "R", "P", ".", "U"].entries()) {
        if ((flags & (1 << i)) !== 0) letters += letter;
      }
      if (letters === "") letters = "-";
      // A SYN beyond the old connection opens a new one (RFC 1122 §4.2.2.13).
      if (name === "TIME-WAIT" && /^F?SP?U?$/.test(letters)) continue;
      const far = 1_000_000;
      script.run(`< ${letters} ${far}:${far + 10}(10) ack 1`);
      assertEquals(tcpStateName(script.connection.state), name, letters);
    }
  }
});

Deno.test("a connection that was reset can be opened again", () => {
  const script = new Script().run(`connect\n> S 0:0(0)\n< R. 0:0(0) ack 1\nstate CLOSED`);
  const { connection } = script;
  script.tcp.connect({ address: 0x0a000002, port: 4000, localPort: 80 }, script.now, connection);
  assertEquals([connection.state, connection.error], [TcpState.SynSent, TcpError.None]);
  script.run("> S 0:0(0)\n< S. 0:0(0) ack 1\n> . 1:1(0) ack 1\nstate ESTABLISHED");
});

import { assertEquals } from "@std/assert";
import { Packet } from "@octet/wire";
import { accepted, localAddress, localPort, peerAddress, peerPort, Script } from "./_script.ts";
import { encodeTcp } from "./frame.ts";
import { TcpError, TcpState } from "./state.ts";

/** An ICMP message that quotes our segment with this sequence number, and `length` bytes of it. */
function report(script: Script, type: number, code: number, sequence: number, length = 8): void {
  const packet = new Packet(100);
  packet.clear();
  packet.bytes.set(encodeTcp({ sourcePort: localPort, destinationPort: peerPort, sequence }));
  packet.source = localAddress;
  packet.destination = peerAddress;
  script.tcp.networkError(type, code, 0, packet, 0, length, script.now);
  packet.release();
}

Deno.test("what each message means for a connection that is being opened (RFC 1122 §4.2.3.9)", () => {
  for (
    const [type, code, error] of [
      [3, 0, TcpError.NetworkUnreachable],
      [3, 1, TcpError.HostUnreachable],
      [3, 2, TcpError.Refused],
      [3, 3, TcpError.Refused],
      [3, 4, TcpError.None],
      [3, 5, TcpError.HostUnreachable],
      [3, 6, TcpError.NetworkUnreachable],
      [3, 13, TcpError.HostUnreachable],
      [11, 0, TcpError.HostUnreachable],
      [4, 0, TcpError.None],
      [5, 1, TcpError.None],
      [0, 0, TcpError.None],
    ] as const
  ) {
    const script = new Script().run("connect\n> S 0:0(0)");
    report(script, type, code, script.connection.sender.iss);
    const state = error === TcpError.None ? TcpState.SynSent : TcpState.Closed;
    assertEquals(
      [script.connection.error, script.connection.state],
      [error, state],
      `${type}/${code}`,
    );
  }
});

Deno.test("an open connection goes on", () => {
  for (const [type, code] of [[3, 0], [3, 1], [3, 3], [11, 0]] as const) {
    const script = new Script().run(`${accepted}\nwrite 10\n> P. 1:11(10) ack 1`);
    report(script, type, code, script.connection.sender.una);
    script.run("state ESTABLISHED\nerror 0");
  }
});

Deno.test("a quote of what is not in flight is from somebody who guesses (RFC 5927 §4.1)", () => {
  for (const offset of [-1, 1, 1000, 0x7fffffff]) {
    const script = new Script({ iss: -1 }).run("connect\n> S 0:0(0)");
    report(script, 3, 3, script.connection.sender.iss + offset);
    script.run("state SYN-SENT");
  }
  const idle = new Script().run(accepted);
  const { mss } = idle.connection.sender;
  report(idle, 3, 4, idle.connection.sender.nxt);
  assertEquals(idle.connection.sender.mss, mss);
});

Deno.test("a quote too short for the sequence number, or of no connection, is ignored", () => {
  const script = new Script().run("connect\n> S 0:0(0)");
  report(script, 3, 3, script.connection.sender.iss, 7);
  script.run("state SYN-SENT");
  script.run("abort");
  report(script, 3, 3, script.connection.sender.iss);
});

Deno.test("what the network reported last is why a silent connection was given up (RFC 1122 §4.2.3.9)", () => {
  const silent = () => {
    const script = new Script({ options: { retries: 2 } });
    return script.run(`${accepted}\nwrite 10\n> P. 1:11(10) ack 1\n+1`);
  };
  const told = silent();
  report(told, 3, 1, told.connection.sender.una);
  told.run("+300000\nstate CLOSED");
  assertEquals(told.connection.error, TcpError.HostUnreachable);
  const untold = silent().run("+300000\nstate CLOSED");
  assertEquals(untold.connection.error, TcpError.TimedOut);
  const healed = silent();
  report(healed, 3, 1, healed.connection.sender.una);
  healed.run("+1\n< . 1:1(0) ack 11\nwrite 10\n+300000\nstate CLOSED");
  assertEquals(healed.connection.error, TcpError.TimedOut);
});

Deno.test("a retransmission that a router sends back does not double the timeout (RFC 6069 §4.2)", () => {
  const script = new Script().run(`${accepted}\nwrite 10\n> P. 1:11(10) ack 1`);
  const { sender } = script.connection;
  for (let i = 0; i < 4; i++) {
    const rto = sender.rtt.baseRto;
    script.run(`+${Math.ceil(rto)}\n> P. 1:11(10) ack 1`);
    assertEquals(sender.rtt.backoff, 1);
    report(script, 3, i % 2, sender.una);
    assertEquals(sender.rtt.backoff, 0);
  }
  script.run(`+${Math.ceil(sender.rtt.baseRto)}\n> P. 1:11(10) ack 1`);
  report(script, 3, 3, sender.una);
  report(script, 3, 1, (sender.una + 1) | 0);
  assertEquals(sender.rtt.backoff, 1, "neither a port, nor another segment");
});

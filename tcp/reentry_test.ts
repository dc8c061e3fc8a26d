import { assertEquals, assertThrows } from "@std/assert";
import { checkConnection } from "./_invariants.ts";
import { Pair, serverAddress } from "./_pair.ts";
import { accepted, Script } from "./_script.ts";
import type { TcpConnection } from "./connection.ts";
import { TcpEvent } from "./event.ts";
import { settleOptions } from "./settings.ts";
import { TcpState } from "./state.ts";

const target = { address: serverAddress, port: 80 };

/** Notes what a connection is told. */
function listen(connection: TcpConnection): number[] {
  const events: number[] = [];
  connection.onEvent = (bits) => events.push(bits);
  return events;
}

Deno.test("a listener closed by whom it tells of a connection: nothing follows the end", () => {
  const pair = new Pair({ delay: 1 });
  const listener = pair.server.listen(80);
  let events: number[] = [];
  listener.onConnection = () => {
    for (const connection of pair.server.connections()) events = listen(connection);
    listener.close(pair.now);
  };
  const client = pair.client.connect(target, pair.now);
  pair.run();
  assertEquals(events, [TcpEvent.Closed | TcpEvent.Readable | TcpEvent.Writable]);
  assertEquals([pair.server.size, listener.pending, listener.queued], [0, 0, 0]);
  assertEquals(client.state, TcpState.Closed);
  assertEquals(pair.deadline(), Infinity);
});

Deno.test("a connection given back and opened again in the middle of a segment is another one", () => {
  for (const when of [TcpEvent.Opened, TcpEvent.Writable, TcpEvent.Readable]) {
    const pair = new Pair({ delay: 5, options: { sendBuffer: 3000 } });
    const listener = pair.server.listen(80);
    const other = pair.server.listen(81);
    const client = pair.client.connect(target, pair.now);
    client.write(new Uint8Array(3000));
    client.onEvent = (events) => {
      if ((events & when) === 0 || (when === TcpEvent.Writable && events !== when)) return;
      client.onEvent = null;
      client.abort(pair.now);
      pair.client.recycle(client);
      assertEquals(pair.client.connect({ ...target, port: 81 }, pair.now), client);
    };
    pair.run(pair.now + 8);
    pair.run(pair.now + 100, () => {
      const server = listener.accept();
      if (server !== null) server.write(Uint8Array.of(1, 2, 3));
      return false;
    });
    assertEquals(client.remotePort, 81, `${when}`);
    assertEquals(client.state, TcpState.Established, `${when}`);
    const { una, nxt, iss } = client.sender;
    assertEquals([una - nxt, (nxt - iss) | 0], [0, 1]);
    checkConnection(client);
    const server = other.accept()!;
    client.write(Uint8Array.of(9, 8));
    pair.run(pair.now + 100);
    assertEquals(server.readable, 2);
  }
});

Deno.test("ends that were taken in the moment in which they came free are taken", () => {
  const pair = new Pair({ delay: 1 });
  const listener = pair.server.listen(80);
  const ends = { ...target, localPort: 5000 };
  const first = pair.client.connect(ends, pair.now);
  pair.run(pair.now + 10);
  first.closeWrite();
  pair.run(pair.now + 10);
  listener.accept()!.close(pair.now);
  pair.run(pair.now + 2000);
  assertEquals(first.state, TcpState.TimeWait);
  let second: TcpConnection | null = null;
  first.onEvent = (events) => {
    if ((events & TcpEvent.Closed) !== 0) second = pair.client.connect(ends, pair.now);
  };
  assertThrows(() => pair.client.connect(ends, pair.now), TypeError, "taken meanwhile");
  assertEquals(pair.client.size, 1);
  pair.run(pair.now + 10);
  assertEquals(second!.state, TcpState.Established);
});

Deno.test("a SYN that finds its ends taken while TIME-WAIT gives way meets the connection that took them", () => {
  const script = new Script().run(`
    ${accepted}
    shutdown
    > F. 1:1(0) ack 1
    < F. 1:1(0) ack 2
    > . 2:2(0) ack 2
    state TIME-WAIT
  `);
  const { connection, tcp } = script;
  let second: TcpConnection | null = null;
  connection.onEvent = () => {
    const ends = { address: 0x0a000002, port: 4000, localPort: 80 };
    second = tcp.connect(ends, script.now);
  };
  script.run("< S 100000:100000(0) win 1000");
  assertEquals(tcp.size, 1);
  assertEquals(second!.state, TcpState.SynReceived, "both have opened at the same time");
});

Deno.test("callbacks that write to those that sleep, abort others and close: all ends are orderly", () => {
  const pair = new Pair({ delay: 2, options: { sendBuffer: 4000 } });
  pair.client.hibernation.limit = pair.server.hibernation.limit = 0;
  const listener = pair.server.listen(80, { backlog: 100 });
  const clients: TcpConnection[] = [];
  const servers: TcpConnection[] = [];
  for (let i = 0; i < 40; i++) {
    clients.push(pair.client.connect(target, pair.now));
    pair.run(pair.now + 20);
    servers.push(listener.accept()!);
  }
  // Whoever hears something passes it on to the next two, which sleep.
  const told = new Set<TcpConnection>();
  for (const [i, server] of servers.entries()) {
    server.onEvent = (events) => {
      if ((events & TcpEvent.Readable) === 0) return;
      const bytes = new Uint8Array(10);
      server.read(bytes);
      told.add(server);
      for (const next of [i + 1, i + 2]) {
        const client = clients[next];
        if (client !== undefined && client.mayWrite && !told.has(servers[next]!)) {
          client.write(Uint8Array.of(next));
        }
      }
      if (i % 7 === 3) clients[i]!.abort(pair.now);
      if (i % 5 === 4) server.close(pair.now);
    };
  }
  clients[0]!.write(Uint8Array.of(0));
  pair.run(pair.now + 5000);
  assertEquals(told.size, 40);
  for (const connection of [...clients, ...servers]) {
    checkConnection(connection);
    connection.onEvent = null;
    connection.close(pair.now);
  }
  pair.run();
  assertEquals([pair.client.size, pair.server.size, pair.deadline()], [0, 0, Infinity]);
  assertEquals([pair.client.lingerers.orphans, pair.server.lingerers.orphans], [0, 0]);
});

Deno.test("a connection that is opened again is set up as its new listener says", () => {
  const pair = new Pair({ delay: 1 });
  const listener = pair.server.listen(80);
  const accept = () => {
    const client = pair.client.connect(target, pair.now);
    pair.run(pair.now + 10);
    return { client, server: listener.accept()! };
  };
  const { client, server } = accept();
  server.sender.nagle.isCorked = true;
  server.sender.nagle.noDelay = true;
  server.tune({ pacing: 5000, trafficClass: 8 }, pair.now);
  client.abort(pair.now);
  pair.run(pair.now + 10);
  pair.server.recycle(server);
  listener.settings = settleOptions({ sendBuffer: 4000, receiveBuffer: 5000, trafficClass: 4 });
  const again = accept().server;
  assertEquals(again, server, "the same object");
  const { sender, receiver } = again;
  assertEquals([sender.buffer.limit, sender.maxBuffer], [4000, 4000]);
  assertEquals([receiver.buffer.limit, sender.trafficClass, sender.pacing], [5000, 4, null]);
  assertEquals([sender.nagle.isCorked, sender.nagle.noDelay], [false, false]);
});

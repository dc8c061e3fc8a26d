import { assert, assertEquals, assertThrows } from "@std/assert";
import { Archive, archiveInts, archiveReals } from "./archive.ts";
import { Pair, type PipeOptions, serverAddress } from "./_pair.ts";
import type { TcpConnection } from "./connection.ts";
import type { TcpConnectionOptions } from "./settings.ts";
import { NewReno } from "./new_reno.ts";
import { challenge } from "./reset.ts";
import { TcpState } from "./state.ts";

const text = new TextEncoder().encode("octet");

interface Both {
  readonly pair: Pair;
  readonly client: TcpConnection;
  readonly server: TcpConnection;
}

function open(options: TcpConnectionOptions = {}, pipe: PipeOptions = {}): Both {
  const pair = new Pair({ delay: 10, ...pipe, options });
  const listener = pair.server.listen(80);
  const client = pair.client.connect({ address: serverAddress, port: 80 }, pair.now);
  pair.run();
  return { pair, client, server: listener.accept()! };
}

/** Lets both ends fall asleep, as if thousands of others had been used since. */
function sleep({ pair, client, server }: Both): void {
  for (const tcp of [pair.client, pair.server]) {
    tcp.hibernation.limit = 0;
    for (let turn = 0; turn < 8; turn++) tcp.hibernation.settle();
    tcp.hibernation.limit = 1024;
    assertEquals(tcp.hibernation.awake, 0);
  }
  assert(!client.mayHibernate && !server.mayHibernate, "still awake");
}

function carry({ pair, client, server }: Both): void {
  const back = new Uint8Array(64);
  client.write(text);
  pair.run();
  assertEquals(server.read(back), text.length);
  assertEquals(back.subarray(0, text.length), text);
  server.write(text);
  pair.run();
  assertEquals(client.read(back), text.length);
}

Deno.test("what a connection knows outlives its sleep", () => {
  for (const ecn of ["on", "off"] as const) {
    const both = open({ ecn }, { loss: 0.02, seed: 3 });
    const { pair, client, server } = both;
    client.sender.nagle.noDelay = true;
    const large = new Uint8Array(200_000);
    for (let round = 0; round < 4; round++) {
      let sent = client.write(large);
      const target = new Uint8Array(300_000);
      for (let got = 0; got < large.length;) {
        pair.run(pair.now + 5);
        got += server.read(target);
        if (sent < large.length) sent += client.write(large, sent);
      }
      pair.run();
    }
    const before = [client.tcpInfo(pair.now), server.tcpInfo(pair.now)];
    assert(before[0]!.total_retrans > 0, "nothing was lost");
    sleep(both);
    assertEquals([client.tcpInfo(pair.now), server.tcpInfo(pair.now)], before);
    assertEquals(client.sender.nagle.noDelay, true);
    assertEquals(server.sender.nagle.noDelay, false);
    carry(both);
  }
});

Deno.test("a segment wakes the one end, a write the other", () => {
  const both = open();
  for (let round = 0; round < 5; round++) {
    carry(both);
    sleep(both);
  }
  both.client.closeWrite();
  both.pair.run();
  sleep(both);
  assertEquals(both.server.state, TcpState.CloseWait);
  assert(both.server.isEndOfStream);
  both.server.closeWrite();
  both.pair.run();
  assertEquals([both.client.state, both.server.state], [TcpState.Closed, TcpState.Closed]);
});

Deno.test("a keep-alive probe is sent by a connection that sleeps", () => {
  const both = open();
  const { pair, client } = both;
  client.setKeepAlive(true, pair.now);
  sleep(both);
  const sent = pair.sent;
  pair.run(pair.now + 7_200_100);
  assertEquals(pair.sent, sent + 2, "a probe and its answer");
  assertEquals(client.state, TcpState.Established);
  client.abort(pair.now);
});

Deno.test("TIME-WAIT may be slept through", () => {
  const both = open();
  both.client.close(both.pair.now);
  both.pair.run(both.pair.now + 1000);
  both.server.close(both.pair.now);
  both.pair.run(both.pair.now + 1000);
  assertEquals(both.client.state, TcpState.TimeWait);
  sleep(both);
  assertEquals(both.client.state, TcpState.TimeWait);
  both.pair.run();
  assertEquals(both.client.state, TcpState.Closed);
});

Deno.test("who has data or timers stays awake", () => {
  const { pair, client, server } = open();
  client.write(text);
  assert(!client.mayHibernate, "something to send");
  pair.step();
  assert(!client.mayHibernate, "something in flight");
  pair.run();
  assert(!server.mayHibernate, "something to read");
});

Deno.test("what is tuned while a connection sleeps holds when it wakes", () => {
  const both = open();
  const { pair, client } = both;
  sleep(both);
  client.tune({ trafficClass: 0x10, pacing: 5000, slowStartAfterIdle: false }, pair.now);
  const { sender } = client;
  assertEquals([sender.trafficClass, sender.decaysIdle], [0x10, false]);
  assertEquals(sender.pacing?.limit, 5000);
});

Deno.test("who wakes has nothing of those whom the same objects have served", () => {
  const both = open();
  const { pair, client, server } = both;
  sleep(both);
  // On another stack, in another time, with everything on.
  const other = open({ pacing: 1e6 }, { start: 1e12 });
  other.client.sender.nagle.isCorked = true;
  other.client.sender.nagle.expectsMore = true;
  other.client.tcpInfo(other.pair.now);
  for (let i = 0; i < 20; i++) challenge(other.client, other.pair.now);
  other.pair.run();
  sleep(other);
  const { sender } = client;
  assertEquals([sender.nagle.isCorked, sender.nagle.expectsMore], [false, false]);
  assertEquals([sender.pacing, sender.chrono], [null, null]);
  assert(sender.progressAt <= pair.now, "progress of the other's time");
  const { TcpExtTCPChallengeACK } = pair.client.counters;
  for (let i = 0; i < 20; i++) challenge(client, pair.now);
  pair.now += 1000;
  for (let i = 0; i < 20; i++) challenge(client, pair.now);
  assertEquals(pair.client.counters.TcpExtTCPChallengeACK, TcpExtTCPChallengeACK + 20);
  carry({ pair, client, server });
  const woken = other.client.sender.nagle;
  assertEquals([woken.isCorked, woken.expectsMore], [true, true]);
});

Deno.test("an end that nobody owns any more knows nothing, rather than what others do", () => {
  const both = open();
  const { pair, client, server } = both;
  carry(both);
  client.close(pair.now);
  server.close(pair.now);
  pair.run();
  pair.client.hibernation.settle();
  const other = open();
  carry(other);
  sleep(other);
  assertEquals([client.state, client.isEndOfStream], [TcpState.Closed, true]);
  const { bytes_sent, bytes_received, segs_out, snd_wscale } = client.tcpInfo(pair.now);
  assertEquals([bytes_sent, bytes_received, segs_out, snd_wscale], [0, 0, 0, 0]);
});

Deno.test("times are measured on after a sleep, and not beyond the connection's end", () => {
  const both = open();
  const { pair, client, server } = both;
  const busy = () => client.tcpInfo(pair.now).busy_time / 1000;
  assertEquals(busy(), 0);
  sleep(both);
  carry(both);
  assertEquals(busy(), 20);
  client.abort(pair.now);
  server.abort(pair.now);
  pair.client.recycle(client);
  pair.client.connect({ address: serverAddress, port: 80, localPort: 5 }, pair.now, undefined);
  assertEquals(client.state, TcpState.SynSent);
  assertEquals(busy(), 0);
});

Deno.test("a thousand in TIME-WAIT end at the same time and none wakes for it", () => {
  const pair = new Pair();
  const listener = pair.server.listen(80, { backlog: 2000 });
  for (let i = 0; i < 1000; i++) {
    const client = pair.client.connect({ address: serverAddress, port: 80 }, pair.now);
    pair.run(pair.now);
    client.close(pair.now);
    listener.accept()!.close(pair.now);
    pair.run(pair.now);
  }
  assertEquals(pair.client.lingerers.timeWaits, 1000);
  assert(pair.client.hibernation.awake <= pair.client.hibernation.limit + 1);
  const ended = pair.client.hibernation.awake;
  pair.run();
  assertEquals([pair.client.size, pair.client.lingerers.timeWaits], [0, 0]);
  assert(pair.client.hibernation.awake <= ended);
});

Deno.test("parts that served one controller serve another", () => {
  const reno = open({ congestionControl: () => new NewReno() });
  carry(reno);
  sleep(reno);
  const cubic = open();
  carry(cubic);
  assertEquals(cubic.client.sender.congestion.name, "cubic");
  sleep(cubic);
  carry(reno);
  assertEquals(reno.client.sender.congestion.name, "reno");
});

Deno.test("many connections used in turn: each wakes in time, and no more stay awake than may", () => {
  const pair = new Pair({ delay: 1 });
  pair.client.hibernation.limit = 8;
  pair.server.hibernation.limit = 8;
  const listener = pair.server.listen(80);
  const clients: TcpConnection[] = [];
  const servers: TcpConnection[] = [];
  for (let i = 0; i < 100; i++) {
    clients.push(pair.client.connect({ address: serverAddress, port: 80 }, pair.now));
    pair.run();
    servers.push(listener.accept()!);
  }
  for (let round = 0; round < 300; round++) {
    const i = (round * 37) % 100;
    carry({ pair, client: clients[i]!, server: servers[i]! });
  }
  assert(pair.client.hibernation.awake <= 16, `${pair.client.hibernation.awake} awake`);
  for (const connection of [...clients, ...servers]) connection.abort(pair.now);
  pair.run();
  assertEquals([pair.client.size, pair.server.size], [0, 0]);
});

Deno.test("an archive gives back what it was given, by the same list", () => {
  const ints = new Int32Array(2 * archiveInts);
  const reals = new Float64Array(2 * archiveReals);
  const archive = new Archive();
  archive.open(ints, reals, 1, false);
  archive.int(-7);
  archive.flag(true);
  archive.real(0.25);
  archive.flag(false);
  archive.flag(true);
  archive.real(Infinity);
  archive.open(ints, reals, 1, true);
  assertEquals([archive.int(0), archive.flag(false), archive.real(0)], [-7, true, 0.25]);
  assertEquals([archive.flag(true), archive.flag(false), archive.real(0)], [false, true, Infinity]);
  assert(ints.subarray(0, archiveInts).every((value) => value === 0), "another's numbers");
  for (let i = 1; i < archiveInts - 1; i++) archive.int(0);
  assertThrows(() => archive.int(0), RangeError, "too many");
});
